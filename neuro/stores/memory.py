"""The store that keeps nothing: dicts of one process, the reference for all others.

`MemoryEngrams` also answers at once (`put`, `change`, `drop`, `look_up`): the hippocampus lives on it.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from neuro.engram import Engram
from neuro.errors import StaleEngramError, StoreClosedError
from neuro.stores.base import Agenda, Change, Link, Placed

OPERATIONS_REMEMBERED = 8
"""How many operation ids an engram remembers, so that a write repeated after a lost reply counts once."""


def same_memory(a: Engram, b: Engram) -> bool:
    """Whether two records of one id are the same memory, whatever happened to their traces."""
    return a.digest == b.digest and a.content == b.content and a.encoded_at == b.encoded_at


@dataclass(slots=True)
class _Held:
    placed: Placed
    dormant: bool = False
    operations: list[str] = field(default_factory=list[str])


class _Timetable:
    """Ids in order of their instants, ties by id; what never comes (``inf``) is not in it."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, str]] = []

    def add(self, at: float, engram_id: str) -> None:
        if at < math.inf:
            insort(self._entries, (at, engram_id))

    def remove(self, at: float, engram_id: str) -> None:
        if at < math.inf:
            del self._entries[bisect_left(self._entries, (at, engram_id))]

    def count(self, before: float) -> int:
        return bisect_left(self._entries, (before, ""))

    def earliest(self, before: float, limit: int) -> list[tuple[str, float]]:
        return [(engram_id, at) for at, engram_id in self._entries[: min(self.count(before), limit)]]


class MemoryEngrams:
    """The engrams of one region in memory; `neuro.stores.base.EngramStore`, and the same without awaiting."""

    def __init__(self, region: str, journal: dict[str, Engram] | None = None) -> None:
        self.region = region
        self._journal = {} if journal is None else journal
        self._held: dict[str, _Held] = {}
        self._arriving: dict[str, Placed] = {}
        self._digests: dict[str, list[str]] = {}
        self._order: list[str] = []
        self._fading = _Timetable()
        self._dormant = _Timetable()
        self._agendas = {agenda: _Timetable() for agenda in Agenda}
        self._closed = False

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, engram_id: object) -> bool:
        return engram_id in self._held

    def _open(self) -> None:
        if self._closed:
            raise StoreClosedError("this store is closed")

    # At once

    def put(
        self,
        engram: Engram,
        forgotten_at: float,
        review_at: float = math.inf,
        rehearse_at: float = math.inf,
    ) -> None:
        """`insert` of one visible engram."""
        held = _Held(Placed(engram, forgotten_at, review_at, rehearse_at))
        self._held[engram.engram_id] = held
        self._schedule(held)
        self._digests.setdefault(engram.digest, []).append(engram.engram_id)
        if not self._order or engram.engram_id > self._order[-1]:
            self._order.append(engram.engram_id)
        else:
            insort(self._order, engram.engram_id)

    def change(self, engram_id: str, change: Change, op_id: str | None = None) -> Engram | None:
        """`amend` of one engram; None when it is not here."""
        held = self._held.get(engram_id)
        if held is None:
            return None
        if op_id is None or op_id not in held.operations:
            placed = change(held.placed.engram)
            self._reschedule(held, placed, held.dormant and placed.forgotten_at == held.placed.forgotten_at)
            if op_id is not None:
                held.operations = [*held.operations, op_id][-OPERATIONS_REMEMBERED:]
        return held.placed.engram

    def drop(self, engram_id: str, revision: int | None = None) -> bool:
        """`delete`."""
        if (placed := self._arriving.get(engram_id)) is not None:
            _check_revision(placed.engram, revision)
            del self._arriving[engram_id]
            return True
        held = self._held.get(engram_id)
        if held is None:
            return False
        engram = held.placed.engram
        _check_revision(engram, revision)
        del self._held[engram_id]
        self._unschedule(held)
        twins = self._digests[engram.digest]
        twins.remove(engram_id)
        if not twins:
            del self._digests[engram.digest]
        self._order.pop(bisect_right(self._order, engram_id) - 1)
        return True

    def _timetables(self, held: _Held) -> list[tuple[_Timetable, float]]:
        """Where what is held belongs now, and its key there."""
        fading = self._dormant if held.dormant else self._fading
        agendas = [(table, held.placed.key(agenda)) for agenda, table in self._agendas.items()]
        return [(fading, held.placed.forgotten_at), *agendas]

    def _schedule(self, held: _Held) -> None:
        for table, at in self._timetables(held):
            table.add(at, held.placed.engram.engram_id)

    def _unschedule(self, held: _Held) -> None:
        for table, at in self._timetables(held):
            table.remove(at, held.placed.engram.engram_id)

    def _reschedule(self, held: _Held, placed: Placed, dormant: bool) -> None:
        self._unschedule(held)
        held.placed, held.dormant = placed, dormant
        self._schedule(held)

    def look_up(self, engram_id: str) -> Engram | None:
        """`get` of one engram."""
        held = self._held.get(engram_id)
        return None if held is None else held.placed.engram

    def look_for(self, digest: str) -> Engram | None:
        """`find` and `get` of one digest."""
        twins = self._digests.get(digest)
        return self._held[twins[0]].placed.engram if twins else None

    def look_ahead(self, agenda: Agenda, before: float, limit: int) -> list[tuple[str, float]]:
        """`upcoming`."""
        return self._agendas[agenda].earliest(before, limit)

    def everything(self) -> list[Engram]:
        """All visible engrams in order of id."""
        return [self._held[engram_id].placed.engram for engram_id in self._order]

    # The port

    async def insert(self, items: Sequence[Placed], *, arriving: bool = False) -> None:
        self._open()
        for placed in items:
            engram = placed.engram
            known = self._known(engram.engram_id)
            if known is not None and not same_memory(known, engram):
                raise StaleEngramError(f"{engram.engram_id}: exists already with other content")
        for placed in items:
            engram_id = placed.engram.engram_id
            if self._known(engram_id) is None:
                if arriving:
                    self._arriving[engram_id] = placed
                else:
                    self.put(*placed)

    def _known(self, engram_id: str) -> Engram | None:
        arriving = self._arriving.get(engram_id)
        return self.look_up(engram_id) if arriving is None else arriving.engram

    async def reveal(self, engram_ids: Sequence[str]) -> None:
        self._open()
        for engram_id in engram_ids:
            placed = self._arriving.pop(engram_id, None)
            if placed is not None:
                self.put(*placed)
                self._journal.pop(engram_id, None)

    async def arrivals(self) -> list[str]:
        self._open()
        return sorted(self._arriving)

    async def amend(self, engram_ids: Sequence[str], change: Change, *, op_id: str) -> list[Engram]:
        self._open()
        changed = (self.change(engram_id, change, op_id) for engram_id in engram_ids)
        return [engram for engram in changed if engram is not None]

    async def delete(self, engram_id: str, *, revision: int | None = None) -> bool:
        self._open()
        return self.drop(engram_id, revision)

    async def get(self, engram_ids: Sequence[str]) -> list[Engram | None]:
        self._open()
        return [self.look_up(engram_id) for engram_id in engram_ids]

    async def find(self, digests: Sequence[str]) -> list[str | None]:
        self._open()
        found = (self.look_for(digest) for digest in digests)
        return [None if engram is None else engram.engram_id for engram in found]

    async def scan(self, *, after: str | None = None, limit: int = 500) -> list[Engram]:
        self._open()
        start = 0 if after is None else bisect_right(self._order, after)
        return [self._held[engram_id].placed.engram for engram_id in self._order[start : start + limit]]

    async def due(self, before: float, *, limit: int) -> list[str]:
        self._open()
        return [engram_id for engram_id, _ in self._fading.earliest(before, limit)]

    async def demote(self, engram_ids: Sequence[str], before: float) -> list[str]:
        self._open()
        demoted: list[str] = []
        for engram_id in engram_ids:
            held = self._held.get(engram_id)
            if held is not None and not held.dormant and held.placed.forgotten_at < before:
                self._reschedule(held, held.placed, dormant=True)
                demoted.append(engram_id)
        return demoted

    async def upcoming(self, agenda: Agenda, before: float, *, limit: int) -> list[tuple[str, float]]:
        self._open()
        return self.look_ahead(agenda, before, limit)

    async def count(self, before: float) -> tuple[int, int]:
        self._open()
        return len(self._held), self._fading.count(before) + self._dormant.count(before)

    def close(self) -> None:
        """Every verb of the port raises from here on."""
        self._closed = True


def _check_revision(engram: Engram, revision: int | None) -> None:
    if revision is not None and engram.revision != revision:
        raise StaleEngramError(f"{engram.engram_id}: has revision {engram.revision} by now, not {revision}")


class MemoryStore:
    """`neuro.stores.base.Store` in the memory of one process; nothing is kept."""

    url = "memory://"
    durable = False

    def __init__(self) -> None:
        self._journal: dict[str, Engram] = {}
        self._regions: dict[str, MemoryEngrams] = {}
        self._links: dict[str, dict[tuple[str, str], float]] = {}
        self._documents: dict[str, str] = {}
        self._closed = False

    def _open(self) -> None:
        if self._closed:
            raise StoreClosedError("this store is closed")

    def engrams(self, region: str) -> MemoryEngrams:
        if region not in self._regions:
            self._regions[region] = MemoryEngrams(region, self._journal)
            if self._closed:
                self._regions[region].close()
        return self._regions[region]

    async def links(self, engram_ids: Sequence[str]) -> list[list[Link]]:
        self._open()
        return [
            [
                Link(source, target, kind, weight)
                for (target, kind), weight in sorted(self._links.get(source, {}).items())
            ]
            for source in engram_ids
        ]

    async def link(self, links: Sequence[Link]) -> None:
        self._open()
        for link in links:
            outgoing = self._links.setdefault(link.source_id, {})
            if link.weight == 0.0:
                outgoing.pop((link.target_id, link.kind), None)
            else:
                outgoing[link.target_id, link.kind] = link.weight

    async def unlink(self, engram_id: str) -> None:
        self._open()
        for target, _ in self._links.pop(engram_id, {}):
            back = self._links.get(target, {})
            for key in [key for key in back if key[0] == engram_id]:
                del back[key]

    async def journal(self) -> list[Engram]:
        self._open()
        return [self._journal[engram_id] for engram_id in sorted(self._journal)]

    async def write_journal(self, engrams: Sequence[Engram], *, drop: Sequence[str] = ()) -> None:
        self._open()
        for engram_id in drop:
            self._journal.pop(engram_id, None)
        self._journal.update({engram.engram_id: engram for engram in engrams})

    async def read_documents(self, keys: Sequence[str]) -> list[Any]:
        self._open()
        return [self._document(key) for key in keys]

    def _document(self, key: str) -> Any:
        return json.loads(self._documents.get(key, "null"))

    async def write_documents(self, documents: Mapping[str, Any]) -> None:
        self._open()
        self._documents.update({key: json.dumps(value) for key, value in documents.items()})

    async def amend_document(self, key: str, change: Callable[[Any], Any]) -> Any:
        self._open()
        self._documents[key] = json.dumps(change(self._document(key)))
        return self._document(key)

    async def aclose(self) -> None:
        self._closed = True
        for engrams in self._regions.values():
            engrams.close()

    def __repr__(self) -> str:
        return "MemoryStore()"
