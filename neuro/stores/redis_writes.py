"""Several writes as one script on Redis.

The server answers nobody else while the script runs: some 40 us for each engram that comes, goes or moves. There is no
limit to how many writes it takes but the time for which an answer is waited (2 s): whoever has thousands should send
them by a few hundred.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from neuro.errors import CorruptRecordError, FeatureMismatchError, StaleEngramError
from neuro.stores import redis_scripts as scripts
from neuro.stores.base import Document, Insert, Link, Remove, Replace, Unlink, Write
from neuro.stores.codec import pack, pack_dynamics
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_guard import Guard, attempt_id
from neuro.stores.redis_keys import REGIONS, Keys, index_keys, number
from neuro.stores.redis_lua import Command
from neuro.stores.unreadable import Unreadable

_MANY = 20
"""Writes from which on they are packed in a thread: that takes some 50 us each."""

_ANY_BYTES = "surrogateescape"
"""So that what leads to a node whose name is no UTF-8 can be removed too."""

Look = Callable[[str, Sequence[str]], Awaitable[None]]
"""Makes sure that engrams of a region, by id, can be read, or are out of the way."""


def read_link(key: str, source: str, field: bytes, weight: bytes) -> Link:
    """A link as it is kept with its source; raises CorruptRecordError, naming ``key``, when it is none."""
    try:
        target, _, kind = field.decode().rpartition("|")
        link = Link(source, target, kind, float(weight))
    except ValueError as error:
        raise CorruptRecordError(f"{key}: {error}") from None
    if not math.isfinite(link.weight):
        raise CorruptRecordError(f"{key}: has no weight")
    return link


def _other_end(link: bytes) -> str:
    """Of what a link is kept as at one of its ends, ``other end|kind``; no kind holds a ``|``."""
    return link.decode(errors=_ANY_BYTES).rpartition("|")[0]


class Writes:
    """Carries out writes in a namespace, all of them or none."""

    def __init__(
        self, connection: RedisConnection, keys: Keys, guard: Guard, unreadable: Unreadable, look: Look
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._guard = guard
        self._unreadable = unreadable
        self._look = look

    async def carry_out(self, writes: Sequence[Write], op_id: str | None = None) -> bool:
        """`neuro.stores.base.Store.write`; whether an engram was removed, now or when the operation was new."""
        self._connection.check_open()
        if not writes:
            return False
        once, looked = attempt_id(), False
        while True:
            near = await self._neighbours(writes)
            if len(writes) < _MANY:
                batch = _Batch(self._keys, writes, near)
            else:
                batch = await asyncio.to_thread(_Batch, self._keys, writes, near)
            [[word, *rest]] = await self._guard.send([batch.command(self._guard, op_id, once, looked)])
            if word == b"done":
                self._forget_unreadable(writes)
                return rest == [b"1"]
            if word == b"dimension":
                raise FeatureMismatchError(
                    f"features: must have dimension {rest[0].decode()}, as those stored"
                )
            if word == b"stale":
                raise _stale(_chosen(writes, rest))
            if word == b"present":
                await self._look_at(_chosen(writes, rest))
                looked = True

    async def _neighbours(self, writes: Sequence[Write]) -> dict[str, list[str]]:
        """Of the engrams that are to be unlinked: themselves, whom they are linked to, and who is linked to them."""
        near = {write.engram_id: {write.engram_id} for write in writes if isinstance(write, Unlink)}
        if not near:
            return {}
        looks: list[Command] = []
        for engram_id in near:
            looks += [("HKEYS", self._keys.links(engram_id)), ("SMEMBERS", self._keys.linkers(engram_id))]
        replies = iter(await self._connection.send(looks))
        for ends in near.values():
            ends.update(_other_end(link) for link in (*next(replies), *next(replies)))
        for write in writes:
            if isinstance(write, Link):
                near.get(write.source_id, set[str]()).add(write.target_id)
                near.get(write.target_id, set[str]()).add(write.source_id)
        return {engram_id: sorted(ends) for engram_id, ends in near.items()}

    def _forget_unreadable(self, writes: Sequence[Write]) -> None:
        """What came or went is not what could not be read."""
        for write in writes if self._unreadable.reasons else ():
            if isinstance(write, Insert):
                self._unreadable.forget(self._keys.engram(write.region, write.placed.engram.engram_id)[0])
            elif isinstance(write, Remove):
                self._unreadable.forget(self._keys.engram(write.region, write.engram_id)[0])
            elif isinstance(write, Document):
                self._unreadable.forget(self._keys.document(write.key))
            elif isinstance(write, Unlink):
                self._unreadable.forget_all(f"{self._keys.links(write.engram_id)}[")

    async def _look_at(self, inserts: Sequence[Write]) -> None:
        present: dict[str, list[str]] = defaultdict(list)
        for write in inserts:
            if isinstance(write, Insert):
                present[write.region].append(write.placed.engram.engram_id)
        for region, ids in present.items():
            await self._look(region, ids)


def _chosen(writes: Sequence[Write], numbers: Iterable[int]) -> list[Write]:
    """Writes by their numbers, from 1 on."""
    return [writes[number - 1] for number in numbers]


def _stale(writes: Sequence[Write]) -> StaleEngramError:
    reasons: dict[str, str] = {}
    for write in writes:
        if isinstance(write, Insert):
            reasons[write.placed.engram.engram_id] = "exists already with other content"
        elif isinstance(write, Replace):
            reasons[write.placed.engram.engram_id] = f"does not have revision {write.revision} by now"
        elif isinstance(write, Remove):
            reasons[write.engram_id] = f"does not have revision {write.revision} by now"
    message = "; ".join(f"{engram_id}: {reason}" for engram_id, reason in reasons.items())
    return StaleEngramError(message, tuple(reasons))


class _Batch:
    """Writes as the keys and arguments of the script."""

    def __init__(self, keys: Keys, writes: Sequence[Write], near: dict[str, list[str]]) -> None:
        self._keys = keys
        self._near = near
        self._regions: dict[str, str] = {}
        self._touched: list[str | bytes] = []
        self._arguments: list[str | bytes] = []
        for write in writes:
            self._add(write)

    def command(self, guard: Guard, op_id: str | None, once: bytes, looked: bool) -> Command:
        keys: list[str | bytes] = [
            self._keys.changes,
            self._keys.documents,
            self._keys.regions,
            self._keys.linked,
        ]
        for region in self._regions:
            keys += self._keys.region(region)
        head = [str(len(self._regions)), "1" if looked else "", *self._regions]
        return guard.command(
            scripts.WRITE, [*keys, *self._touched], [*head, *self._arguments], op_id=op_id, once=once
        )

    def _add(self, write: Write) -> None:
        match write:
            case Insert():
                self._insert(write)
            case Remove(region, engram_id, revision):
                self._touched += self._keys.engram(region, engram_id)
                asked = "" if revision is None else str(revision)
                self._arguments += ("r", self._region(region), engram_id, asked)
            case Replace(region, placed, revision):
                engram = placed.engram
                self._touched += self._keys.engram(region, engram.engram_id)
                self._arguments += ("c", self._region(region), engram.engram_id, str(revision))
                self._arguments += (pack_dynamics(engram), str(engram.revision), *index_keys(placed))
            case Link(source, target, kind, weight):
                if weight:
                    for region in REGIONS:  # any may hold its ends
                        self._region(region)
                    self._touched += (self._keys.links(source), self._keys.linkers(target))
                    self._arguments += ("l", source, target, kind, number(weight))
                else:
                    self._touch_nodes(source, target)
                    self._arguments += ("x", source, target, kind)
            case Unlink(engram_id):
                near = self._near[engram_id]
                self._touch_nodes(*near)
                self._arguments += ("u", engram_id, str(len(near)), *map(_raw, near))
            case Document(key, value):
                self._arguments += ("d", key, document_text(value))

    def _touch_nodes(self, *nodes: str) -> None:
        for node in nodes:
            self._touched += (_raw(self._keys.links(node)), _raw(self._keys.linkers(node)))

    def _insert(self, write: Insert) -> None:
        engram, features = write.placed.engram, write.placed.engram.features
        packed = pack(engram)
        self._touched += self._keys.engram(write.region, engram.engram_id)
        self._arguments += ("i", self._region(write.region), engram.engram_id)
        self._arguments += (
            packed.document,
            packed.features,
            packed.dynamics,
            str(engram.revision),
            engram.digest,
        )
        self._arguments += (*index_keys(write.placed), write.writer or "")
        self._arguments.append("" if features is None else str(features.shape[1]))

    def _region(self, region: str) -> str:
        """The number of a region among those of the script."""
        return self._regions.setdefault(region, str(len(self._regions) + 1))


def _raw(name: str) -> bytes:
    """The bytes of what may hold the name of a node."""
    return name.encode(errors=_ANY_BYTES)


def document_text(value: Any) -> str:
    """A bookkeeping document as it is stored; empty for None, which is not.

    Raises:
        TypeError, ValueError: it is no JSON.
    """
    return "" if value is None else json.dumps(value)
