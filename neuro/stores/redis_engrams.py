"""The engrams of one region on Redis: what belongs together changes in one script, batches in one round trip."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from neuro.engram import Engram
from neuro.errors import CorruptRecordError, FeatureMismatchError, StaleEngramError
from neuro.stores import redis_scripts as scripts
from neuro.stores.base import Agenda, Change, Placed
from neuro.stores.codec import load_json, pack, pack_dynamics, unpack
from neuro.stores.memory import OPERATIONS_REMEMBERED, same_memory
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_scripts import Command
from neuro.stores.redis_turns import Turns

_PAGE = 1_000
"""Most engrams that one script reads: it keeps the server for some 7 us an engram."""


def number(value: float) -> str:
    """Every bit of a float in the form that Redis takes; equal numbers have one form."""
    return format(value + 0.0, ".17g")


class _Stored(NamedTuple):
    engram: Engram
    revision: bytes
    operations: list[str]
    arriving: bool


class RedisEngrams:
    """The engrams of one region on Redis; `neuro.stores.base.EngramStore`."""

    def __init__(self, region: str, connection: RedisConnection, prefix: str) -> None:
        self.region = region
        self._connection = connection
        self._documents = f"{prefix}d:{region}:"
        self._dynamics = f"{prefix}m:{region}:"
        self._ids = f"{prefix}ids:{region}"
        self._forget = f"{prefix}forget:{region}"
        self._dormant = f"{prefix}dormant:{region}"
        self._agendas = {agenda: f"{prefix}{agenda}:{region}" for agenda in Agenda}
        self._arriving = f"{prefix}arriving:{region}"
        self._digests = f"{prefix}digests:{region}"
        self._dimension = f"{prefix}dim:{region}"
        self._journal = f"{prefix}jrn"
        self._turns = Turns(connection)

    def _keys(self, engram_id: str) -> tuple[str, str]:
        return self._documents + engram_id, self._dynamics + engram_id

    @property
    def _indexes(self) -> tuple[str, ...]:
        """What finds an engram by an instant, in the order of `_index_keys`."""
        return self._forget, *self._agendas.values()

    # Coming and going

    async def insert(self, items: Sequence[Placed], *, arriving: bool = False) -> None:
        """`EngramStore.insert`, in one script: the server answers nobody else for some 10 us an engram."""
        self._connection.check_open()
        new: dict[str, Placed] = {}
        for placed in items:
            new.setdefault(placed.engram.engram_id, placed)
        while new:
            [there] = await self._connection.send([self._insertion(new.values(), arriving)])
            if not there:
                return
            if isinstance(there, bytes):
                raise FeatureMismatchError(
                    f"features: must have dimension {_text(there)}, as those that are stored"
                )
            order = list(new)
            known: list[str] = [order[position - 1] for position in there]
            for engram_id, stored in zip(known, await self._read(known), strict=True):
                if stored is None:
                    continue  # deleted meanwhile: the next attempt stores it
                if not same_memory(stored.engram, new.pop(engram_id).engram):
                    raise StaleEngramError(f"{engram_id}: exists already with other content")

    def _insertion(self, items: Collection[Placed], arriving: bool) -> Command:
        keys = [self._ids, *self._indexes, self._arriving, self._digests, self._dimension]
        arguments: list[str | bytes] = ["1" if arriving else "", _dimension(items)]
        for placed in items:
            engram = placed.engram
            packed = pack(engram)
            keys += self._keys(engram.engram_id)
            arguments += (engram.engram_id, packed.document, packed.features, packed.dynamics)
            arguments += (str(engram.revision), engram.digest, *_index_keys(placed))
        return scripts.INSERT(keys, arguments)

    async def reveal(self, engram_ids: Sequence[str]) -> None:
        region = [self._ids, *self._indexes, self._arriving, self._digests, self._journal]
        await self._connection.send([scripts.REVEAL([self._dynamics + i, *region], [i]) for i in engram_ids])

    async def arrivals(self) -> list[str]:
        [members] = await self._connection.send([("SMEMBERS", self._arriving)])
        return sorted(_text(member) for member in members)

    async def delete(self, engram_id: str, *, revision: int | None = None) -> bool:
        sorted_sets = [self._ids, self._dormant, *self._indexes]
        keys = [*self._keys(engram_id), *sorted_sets, self._arriving, self._digests, self._dimension]
        asked = "" if revision is None else str(revision)
        [reply] = await self._connection.send([scripts.DELETE(keys, [engram_id, asked])])
        if isinstance(reply, bytes):
            raise StaleEngramError(f"{engram_id}: has revision {_text(reply)} by now, not {revision}")
        return reply == 1

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
        changed: list[Engram] = []
        commands: list[Command] = []
        for held in await self._read(engram_ids):
            if held is None or held.arriving:
                continue
            if op_id in held.operations:
                done[held.engram.engram_id] = held.engram
                continue
            placed = change(held.engram)
            changed.append(placed.engram)
            commands.append(self._amendment(held, placed, op_id))
        replies = await self._connection.send(commands)
        stale: list[str] = []
        for engram, landed in zip(changed, replies, strict=True):
            if landed:
                done[engram.engram_id] = engram
            else:
                stale.append(engram.engram_id)
        return stale

    def _amendment(self, held: _Stored, placed: Placed, op_id: str) -> Command:
        engram = placed.engram
        operations = json.dumps([*held.operations, op_id][-OPERATIONS_REMEMBERED:])
        return scripts.AMEND(
            [self._dynamics + engram.engram_id, self._dormant, *self._indexes],
            [
                engram.engram_id,
                held.revision,
                pack_dynamics(engram),
                str(engram.revision),
                operations,
                *_index_keys(placed),
            ],
        )

    # Reading

    async def get(self, engram_ids: Sequence[str]) -> list[Engram | None]:
        stored = await self._read(engram_ids)
        return [None if held is None or held.arriving else held.engram for held in stored]

    async def _read(self, engram_ids: Sequence[str]) -> list[_Stored | None]:
        replies = await self._connection.send([scripts.READ(self._keys(i)) for i in engram_ids])
        return [self._stored(i, *reply) for i, reply in zip(engram_ids, replies, strict=True)]

    def _stored(
        self,
        engram_id: str,
        document: bytes | None,
        features: bytes | None,
        dynamics: bytes | None,
        revision: bytes | None,
        arriving: bytes | None,
        operations: bytes | None,
    ) -> _Stored | None:
        engram = self._unpack(engram_id, document, features, dynamics)
        if engram is None:
            return None
        key = self._documents + engram_id
        if revision is None:
            raise CorruptRecordError(f"{key}: a part of the record is missing")
        remembered = load_json(key, b"[]" if operations is None else operations)
        return _Stored(engram, revision, remembered, arriving is not None)

    def _unpack(
        self, engram_id: str, document: bytes | None, features: bytes | None, dynamics: bytes | None
    ) -> Engram | None:
        """The engram; None when nothing is stored of it."""
        if document is None and dynamics is None:
            return None
        key = self._documents + engram_id
        if document is None or features is None or dynamics is None:
            raise CorruptRecordError(f"{key}: a part of the record is missing")
        return unpack(key, document, dynamics, features)

    async def find(self, digests: Sequence[str]) -> list[str | None]:
        # Of the members from "digest:" on, before "digest;" (the next character), the first.
        replies = await self._connection.send(
            [("ZRANGEBYLEX", self._digests, f"[{d}:", f"({d};", "LIMIT", 0, 1) for d in digests]
        )
        return [_text(members[0]).partition(":")[2] if members else None for members in replies]

    async def scan(self, *, after: str | None = None, limit: int = 500) -> list[Engram]:
        found: list[Engram] = []
        keys = [self._ids, self._documents, self._dynamics]
        start = b"-" if after is None else b"(" + after.encode()
        while (wanted := min(limit - len(found), _PAGE)) > 0:
            [rows] = await self._connection.send([scripts.PAGE(keys, [start, str(wanted)])])
            found += await asyncio.to_thread(self._unpack_page, rows)
            if len(rows) < wanted:
                break
            start = b"(" + rows[-1][0]
        return found

    def _unpack_page(self, rows: Sequence[Sequence[Any]]) -> list[Engram]:
        unpacked = (self._unpack(_text(member), *pieces) for member, *pieces in rows)
        return [engram for engram in unpacked if engram is not None]

    # Fading

    async def due(self, before: float, *, limit: int) -> list[str]:
        [members] = await self._connection.send(
            [("ZRANGEBYSCORE", self._forget, "-inf", f"({number(before)}", "LIMIT", 0, limit)]
        )
        return [_text(member) for member in members]

    async def demote(self, engram_ids: Sequence[str], before: float) -> list[str]:
        replies = await self._connection.send(
            [scripts.DEMOTE([self._forget, self._dormant], [i, number(before)]) for i in engram_ids]
        )
        return [engram_id for engram_id, demoted in zip(engram_ids, replies, strict=True) if demoted]

    async def upcoming(self, agenda: Agenda, before: float, *, limit: int) -> list[tuple[str, float]]:
        [reply] = await self._connection.send(
            [scripts.UPCOMING([self._agendas[agenda]], [f"({number(before)}", str(limit)])]
        )
        return [(_text(member), float(key)) for member, key in zip(reply[::2], reply[1::2], strict=True)]

    async def count(self, before: float) -> tuple[int, int]:
        below = f"({number(before)}"
        visible, fading, dormant = await self._connection.send(
            [
                ("ZCARD", self._ids),
                ("ZCOUNT", self._forget, "-inf", below),
                ("ZCOUNT", self._dormant, "-inf", below),
            ]
        )
        return visible, fading + dormant


def _index_keys(placed: Placed) -> list[str]:
    return [number(at) for at in (placed.forgotten_at, *map(placed.key, Agenda))]


def _dimension(items: Iterable[Placed]) -> str:
    """The dimension of all features, empty if there are none."""
    found = {p.engram.features.shape[1] for p in items if p.engram.features is not None}
    if len(found) > 1:
        raise FeatureMismatchError(f"features: must all have one dimension (got {sorted(found)})")
    return str(*found)


def _text(member: bytes) -> str:
    return member.decode()
