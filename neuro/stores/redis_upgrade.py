"""The layout of a namespace on Redis: which one is there, and the way from the first to the one of today.

The first kept what the hippocampus held in a journal (a hash ``jrn``, id -> engram), and engrams on their way to
another region in a set ``arriving:<region>``. Every step leaves a namespace that the next attempt goes on from, and
several brains may take them at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from neuro.engram import Engram
from neuro.errors import CorruptRecordError
from neuro.ids import is_engram_id
from neuro.stores import redis_scripts as scripts
from neuro.stores.codec import pack, unpack
from neuro.stores.redis_care_scripts import QUARANTINE_FIELD
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_guard import SCHEMA, newer_schema
from neuro.stores.redis_keys import HIPPOCAMPUS, REGIONS, Keys
from neuro.stores.redis_lua import Command
from neuro.stores.unreadable import Unreadable

_AT_ONCE = 200
"""Entries that are read and brought over at once."""
_CONCEPTS = "concepts"
"""The node of the first layout from which links lead to others, and none back."""
_NUL = b"\0"
"""Between the pieces of an entry; JSON holds none."""


async def settle(connection: RedisConnection, keys: Keys, unreadable: Unreadable) -> None:
    """Makes sure that a namespace has the layout of today.

    Raises:
        CorruptRecordError: it has a newer one; nothing is touched.
    """
    own = [keys.schema, keys.changes, *_without_schema(keys)]
    [found] = await connection.send([scripts.OPEN(own, [str(SCHEMA)])])
    if found == b"1":
        await _Upgrade(connection, keys, unreadable).carry_out()
    elif found != str(SCHEMA).encode():
        raise newer_schema(keys.schema, found)


async def is_taken(connection: RedisConnection, keys: Keys) -> bool:
    """Whether a namespace has any layout."""
    [found] = await connection.send([("EXISTS", keys.schema, *_without_schema(keys))])
    return found > 0


def _without_schema(keys: Keys) -> list[str]:
    """Keys, some of which a namespace of the first layout has."""
    found = [keys.documents, _journal(keys)]
    for region in REGIONS:
        found += (keys.region(region).ids, _arriving(keys, region))
    return found


def _journal(keys: Keys) -> str:
    return f"{keys.prefix}jrn"


def _arriving(keys: Keys, region: str) -> str:
    return f"{keys.prefix}arriving:{region}"


class _Upgrade:
    def __init__(self, connection: RedisConnection, keys: Keys, unreadable: Unreadable) -> None:
        self._connection = connection
        self._keys = keys
        self._unreadable = unreadable
        self._journal = _journal(keys)

    async def carry_out(self) -> None:
        for region in REGIONS:  # while the journal says which of them it has still
            await self._settle_arrivals(region)
        await self._empty_journal()
        await self._list_links()
        keys = self._keys
        ends = [keys.schema, keys.changes, keys.regions, keys.operations[0]]
        ids = [keys.region(region).ids for region in REGIONS]
        await self._connection.send([scripts.UPGRADE_END([*ends, *ids], [str(SCHEMA), *REGIONS])])

    async def _settle_arrivals(self, region: str) -> None:
        arriving = _arriving(self._keys, region)
        [members] = await self._connection.send([("SMEMBERS", arriving)])
        ids = sorted(member.decode() for member in members)
        for batch in _batches(ids):
            commands: list[Command] = []
            for engram_id in batch:
                own = (*self._keys.region(region), *self._keys.engram(region, engram_id))
                commands.append(scripts.UPGRADE_ARRIVAL([*own, arriving, self._journal], [engram_id]))
            await self._connection.send(commands)

    async def _empty_journal(self) -> None:
        [fields] = await self._connection.send([("HKEYS", self._journal)])
        for batch in _batches(sorted(field.decode() for field in fields)):
            [entries] = await self._connection.send([("HMGET", self._journal, *batch)])
            there = [(i, e) for i, e in zip(batch, entries, strict=True) if e is not None]
            await self._connection.send(await asyncio.to_thread(self._moves, there))

    async def _list_links(self) -> None:
        """Lists where they lead links of engrams, and of other nodes, which are reached from them but for one."""
        looks = [("ZRANGE", self._keys.region(region).ids, 0, -1) for region in REGIONS]
        held = await self._connection.send(looks)
        seen = {_CONCEPTS, *(member.decode() for members in held for member in members)}
        waiting = sorted(seen)
        while waiting:
            reached = set[str]()
            for ids in _batches(waiting):
                own = [self._keys.linked, self._keys.linkers(), *map(self._keys.links, ids)]
                [ends] = await self._connection.send([scripts.UPGRADE_LINKS(own, ids)])
                reached |= {end.decode() for end in ends}
            waiting = sorted(node for node in reached - seen if not is_engram_id(node))
            seen |= reached

    def _moves(self, entries: Sequence[tuple[str, bytes]]) -> list[Command]:
        return [self._move(engram_id, entry) for engram_id, entry in entries]

    def _move(self, engram_id: str, entry: bytes) -> Command:
        """The step that brings an entry over, or out of the way."""
        name = f"{self._journal}[{engram_id}]"
        try:
            engram = _unpack_entry(name, entry)
        except CorruptRecordError as error:
            self._unreadable.note(name, error)
            kept = [self._journal, self._keys.quarantined(self._journal), self._keys.quarantine]
            return QUARANTINE_FIELD(kept, [engram_id, entry, name, str(error)])
        packed, features = pack(engram), engram.features
        others = [self._keys.region(region).ids for region in REGIONS if region != HIPPOCAMPUS]
        return scripts.UPGRADE_ENTRY(
            [
                *self._keys.region(HIPPOCAMPUS),
                *self._keys.engram(HIPPOCAMPUS, engram_id),
                self._journal,
                *others,
            ],
            [
                packed.document,
                packed.features,
                packed.dynamics,
                str(engram.revision),
                engram.digest,
                "" if features is None else str(features.shape[1]),
                engram_id,
            ],
        )


def _batches(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[i : i + _AT_ONCE] for i in range(0, len(ids), _AT_ONCE)]


def _unpack_entry(name: str, entry: bytes) -> Engram:
    pieces = entry.split(_NUL, 2)
    if len(pieces) != 3:
        raise CorruptRecordError(f"{name}: is not the journal entry of an engram")
    return unpack(name, *pieces)
