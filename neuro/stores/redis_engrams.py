"""The engrams of one region on Redis: what belongs together changes in one script, batches in one round trip."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from neuro.engram import Engram
from neuro.errors import CorruptRecordError, StaleEngramError
from neuro.stores import redis_scripts as scripts
from neuro.stores.base import Agenda, Change, Insert, Kept, Placed, Remove
from neuro.stores.codec import load_operations, pack_dynamics, unpack
from neuro.stores.memory import OPERATIONS_REMEMBERED
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_guard import Guard, attempt_id
from neuro.stores.redis_keys import Keys, index_keys, number
from neuro.stores.redis_lua import Command
from neuro.stores.redis_turns import Turns
from neuro.stores.redis_writes import Writes
from neuro.stores.unreadable import Unreadable

_PAGE = 1_000
"""Most engrams that one script reads: it keeps the server for some 7 us an engram."""
_DEMOTED_AT_ONCE = 500
"""Most engrams that one script demotes."""
_TWINS = 4
"""Engrams of one digest that are looked at, where the first ones cannot be read."""


_MANY = 20
"""Engrams from which on they are unpacked or changed in a thread: that takes some 50 us each."""


_Result = TypeVar("_Result")


class _Stored(NamedTuple):
    engram: Engram
    revision: bytes
    operations: list[str]


class RedisEngrams:
    """The engrams of one region on Redis; `neuro.stores.base.EngramStore`."""

    def __init__(
        self,
        region: str,
        connection: RedisConnection,
        keys: Keys,
        guard: Guard,
        writes: Writes,
        unreadable: Unreadable,
    ) -> None:
        self.region = region
        self._connection = connection
        self._keys = keys
        self._guard = guard
        self._writes = writes
        self._unreadable = unreadable
        self._indexes = keys.region(region)
        self._turns = Turns(connection)

    # Coming and going

    async def insert(self, items: Sequence[Placed], *, writer: str | None = None) -> None:
        await self._writes.carry_out([Insert(self.region, placed, writer) for placed in items])

    async def delete(self, engram_id: str, *, revision: int | None = None) -> bool:
        try:
            return await self._writes.carry_out([Remove(self.region, engram_id, revision)])
        except StaleEngramError:
            if await self.get([engram_id]) == [None]:
                return False
            raise

    # Changing

    async def amend(self, engram_ids: Sequence[str], change: Change, *, op_id: str) -> list[Engram]:
        done: dict[str, Engram] = {}
        waiting = sorted(set(engram_ids))

        async def attempt() -> bool:
            nonlocal waiting
            waiting = await self._amend_once(waiting, change, op_id, done)
            return not waiting

        await self._turns.land(waiting, attempt)
        return [done[engram_id] for engram_id in engram_ids if engram_id in done]

    async def _amend_once(
        self, engram_ids: Sequence[str], change: Change, op_id: str, done: dict[str, Engram]
    ) -> list[str]:
        """One compare-and-set of each: ``done`` takes those that landed, the ids of the others come back."""
        read = [held for held in await self._read(engram_ids) if held is not None]
        done |= {held.engram.engram_id: held.engram for held in read if op_id in held.operations}
        waiting = [held for held in read if op_id not in held.operations]
        amendments = await _work(len(waiting), self._amendments, waiting, change, op_id)
        answers = await self._guard.send([command for _, command in amendments])
        stale: list[str] = []
        for (engram, _), [word, *_] in zip(amendments, answers, strict=True):
            if word == b"done":
                done[engram.engram_id] = engram
            else:
                stale.append(engram.engram_id)
        return stale

    def _amendments(
        self, read: Sequence[_Stored], change: Change, op_id: str
    ) -> list[tuple[Engram, Command]]:
        """Each as it will be, and the command that makes it so."""
        found = [(held, change(held.engram)) for held in read]
        return [(placed.engram, self._amendment(held, placed, op_id)) for held, placed in found]

    def _amendment(self, held: _Stored, placed: Placed, op_id: str) -> Command:
        engram = placed.engram
        operations = json.dumps([*held.operations, op_id][-OPERATIONS_REMEMBERED:])
        _, dynamics = self._keys.engram(self.region, engram.engram_id)
        return self._guard.command(
            scripts.AMEND,
            [*self._indexes, dynamics],
            [
                engram.engram_id,
                held.revision,
                pack_dynamics(engram),
                str(engram.revision),
                operations,
                *index_keys(placed),
            ],
        )

    # Reading

    async def get(self, engram_ids: Sequence[str]) -> list[Engram | None]:
        return [None if held is None else held.engram for held in await self._read(engram_ids)]

    async def _read(self, engram_ids: Sequence[str]) -> list[_Stored | None]:
        replies = await self._connection.send(
            [scripts.READ(self._keys.engram(self.region, i)) for i in engram_ids]
        )
        return await _work(len(replies), self._unpack, engram_ids, replies)

    def _unpack(self, engram_ids: Sequence[str], replies: Sequence[Sequence[Any]]) -> list[_Stored | None]:
        return [self._stored(i, *reply) for i, reply in zip(engram_ids, replies, strict=True)]

    def _stored(
        self,
        engram_id: str,
        document: bytes | None,
        features: bytes | None,
        dynamics: bytes | None,
        revision: bytes | None,
        operations: bytes | None,
    ) -> _Stored | None:
        """What is stored of an engram; None for nothing, or nothing that can be read."""
        key, _ = self._keys.engram(self.region, engram_id)
        if document is None and dynamics is None:
            self._unreadable.forget(key)
            return None
        try:
            engram = unpack_record(key, document, dynamics, features)
            if revision is None:
                raise missing_part(key)
            remembered = load_operations(key, b"[]" if operations is None else operations)
        except CorruptRecordError as error:
            self._unreadable.note(key, error)
            return None
        self._unreadable.forget(key)
        return _Stored(engram, revision, remembered)

    async def kept(self, engram_ids: Sequence[str]) -> list[Kept | None]:
        indexes = (self._indexes.dormant, self._indexes.review, self._indexes.rehearsal)
        replies = await self._connection.send(
            [scripts.KEPT([*self._keys.engram(self.region, i), *indexes], [i]) for i in engram_ids]
        )
        return await _work(len(replies), self._unpack_kept, engram_ids, replies)

    def _unpack_kept(self, engram_ids: Sequence[str], replies: Sequence[Sequence[Any]]) -> list[Kept | None]:
        found: list[Kept | None] = []
        for engram_id, (*record, forgotten_at, dormant, review_at, rehearse_at) in zip(
            engram_ids, replies, strict=True
        ):
            stored = self._stored(engram_id, *record)
            if stored is None:
                found.append(None)
                continue
            try:
                instants = [self._instant(engram_id, at) for at in (forgotten_at, review_at, rehearse_at)]
            except CorruptRecordError as error:
                self._unreadable.note(self._keys.engram(self.region, engram_id)[0], error)
                found.append(None)
                continue
            found.append(Kept(Placed(stored.engram, *instants), dormant is not None))
        return found

    def _instant(self, engram_id: str, value: bytes | float | None) -> float:
        try:
            instant = math.inf if value is None else float(value)
        except ValueError:
            instant = math.nan
        if math.isnan(instant):
            raise CorruptRecordError(
                f"{self._keys.engram(self.region, engram_id)[0]}: a key of it is no instant"
            )
        return instant

    async def find(self, digests: Sequence[str]) -> list[str | None]:
        # Of the members from "digest:" on, before "digest;" (the next character), the first that can be read.
        replies = await self._connection.send(
            [("ZRANGEBYLEX", self._indexes.digests, f"[{d}:", f"({d};", "LIMIT", 0, _TWINS) for d in digests]
        )
        found = ([_text(member).partition(":")[2] for member in members] for members in replies)
        return [next(iter(self._readable(ids)), None) for ids in found]

    def _readable(self, engram_ids: Sequence[str]) -> list[str]:
        """Without those that are known to be unreadable."""
        if not self._unreadable.reasons:
            return list(engram_ids)
        keys = [self._keys.engram(self.region, engram_id)[0] for engram_id in engram_ids]
        return [i for i, key in zip(engram_ids, keys, strict=True) if key not in self._unreadable.reasons]

    async def scan(self, *, after: str | None = None, limit: int = 500) -> list[Engram]:
        found: list[Engram] = []
        keys = [self._indexes.ids, *self._keys.engram(self.region)]
        start = b"-" if after is None else b"(" + after.encode()
        while (wanted := min(limit - len(found), _PAGE)) > 0:
            [rows] = await self._connection.send([scripts.PAGE(keys, [start, str(wanted)])])
            found += await asyncio.to_thread(self._unpack_page, rows)
            if len(rows) < wanted:
                break
            start = b"(" + rows[-1][0]
        return found

    def _unpack_page(self, rows: Sequence[Sequence[Any]]) -> list[Engram]:
        found: list[Engram] = []
        for member, document, features, dynamics in rows:
            key, _ = self._keys.engram(self.region, _text(member))
            try:
                found.append(unpack_record(key, document, dynamics, features))
                self._unreadable.forget(key)
            except CorruptRecordError as error:
                self._unreadable.note(key, error)
        return found

    # Fading

    async def due(self, before: float, *, limit: int) -> list[str]:
        more = len(self._unreadable.reasons)
        [members] = await self._connection.send(
            [("ZRANGEBYSCORE", self._indexes.forget, "-inf", f"({number(before)}", "LIMIT", 0, limit + more)]
        )
        return self._readable([_text(member) for member in members])[:limit]

    async def demote(self, engram_ids: Sequence[str], before: float) -> list[str]:
        keys = [self._indexes.forget, self._indexes.dormant]
        batches = [engram_ids[i : i + _DEMOTED_AT_ONCE] for i in range(0, len(engram_ids), _DEMOTED_AT_ONCE)]
        answers = await self._guard.send(
            [
                self._guard.command(scripts.DEMOTE, keys, [number(before), *ids], once=attempt_id())
                for ids in batches
            ]
        )
        digits = b"".join(outcome for _, outcome in answers)
        return [i for i, digit in zip(engram_ids, digits, strict=True) if digit == ord("1")]

    async def upcoming(self, agenda: Agenda, before: float, *, limit: int) -> list[tuple[str, float]]:
        more = len(self._unreadable.reasons)
        [reply] = await self._connection.send(
            [scripts.UPCOMING([self._indexes.agenda(agenda)], [f"({number(before)}", str(limit + more)])]
        )
        instants = {_text(member): float(at) for member, at in zip(reply[::2], reply[1::2], strict=True)}
        return [(i, instants[i]) for i in self._readable(list(instants))[:limit]]

    async def count(self, before: float) -> tuple[int, int]:
        below = f"({number(before)}"
        visible, fading, dormant = await self._connection.send(
            [
                ("ZCARD", self._indexes.ids),
                ("ZCOUNT", self._indexes.forget, "-inf", below),
                ("ZCOUNT", self._indexes.dormant, "-inf", below),
            ]
        )
        return visible, fading + dormant


async def _work(engrams: int, work: Callable[..., _Result], *arguments: Any) -> _Result:
    """What work on so many engrams returns; where they are many, it does not hold up the event loop."""
    if engrams < _MANY:
        return work(*arguments)
    return await asyncio.to_thread(work, *arguments)


def unpack_record(key: str, document: bytes | None, dynamics: bytes | None, features: bytes | None) -> Engram:
    """The engram in what is stored of it; raises CorruptRecordError, naming ``key``."""
    if document is None or features is None or dynamics is None:
        raise missing_part(key)
    return unpack(key, document, dynamics, features)


def missing_part(key: str) -> CorruptRecordError:
    """The error for a record of which a hash or a field is gone, or no hash at all."""
    return CorruptRecordError(f"{key}: a part of the record is missing")


def _text(member: bytes) -> str:
    return member.decode()
