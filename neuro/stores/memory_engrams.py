"""The engrams of one region in dicts of this process, and how several writes to them happen as one.

`MemoryEngrams` answers at once (`put`, `change`, `drop`, `look_up`), and the same by the port. A `Plan` works out
what writes would leave behind, and only then changes anything.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from neuro.engram import Engram
from neuro.errors import FeatureMismatchError, StaleEngramError
from neuro.stores.base import Agenda, Change, Happening, Kept, Placed
from neuro.stores.memory_ledger import Ledger

OPERATIONS_REMEMBERED = 8
"""How many operation ids an engram remembers, so that a write repeated after a lost reply counts once."""


def same_memory(a: Engram, b: Engram) -> bool:
    """Whether two records of one id are the same memory, whatever happened to their traces."""
    return a.digest == b.digest and a.content == b.content and a.encoded_at == b.encoded_at


@dataclass(frozen=True, slots=True)
class Held:
    """An engram as it is kept."""

    placed: Placed
    writer: str | None = None
    dormant: bool = False
    operations: tuple[str, ...] = ()

    @property
    def engram(self) -> Engram:
        return self.placed.engram

    def changed(self, placed: Placed, *operation: str) -> Held:
        """With another engram and other keys; a key that moves wakes it."""
        dormant = self.dormant and placed.forgotten_at == self.placed.forgotten_at
        operations = (*self.operations, *operation)[-OPERATIONS_REMEMBERED:]
        return Held(placed, self.writer, dormant, operations)


def _tally(dimensions: Counter[int], before: Held | None, after: Held | None) -> None:
    """Counts what becomes of an engram by the dimension of its features."""
    for held, step in ((before, -1), (after, 1)):
        if held is not None and held.engram.features is not None:
            dimensions[held.engram.features.shape[1]] += step


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
    """The engrams of one region in memory; `neuro.stores.base.EngramStore`, and the same without awaiting.

    Args:
        region: its name.
        ledger: what it shares with the other regions of its store; its own if none.
    """

    def __init__(self, region: str, ledger: Ledger | None = None) -> None:
        self.region = region
        self.ledger = Ledger() if ledger is None else ledger
        self.dimensions: Counter[int] = Counter()
        """How many engrams have features of each dimension."""
        self._held: dict[str, Held] = {}
        self._digests: dict[str, list[str]] = {}
        self._order: list[str] = []
        self._fading = _Timetable()
        self._dormant = _Timetable()
        self._agendas = {agenda: _Timetable() for agenda in Agenda}

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, engram_id: object) -> bool:
        return engram_id in self._held

    # At once

    def put(
        self,
        engram: Engram,
        forgotten_at: float,
        review_at: float = math.inf,
        rehearse_at: float = math.inf,
    ) -> None:
        """`insert` of one engram that is not here."""
        self.settle(engram.engram_id, Held(Placed(engram, forgotten_at, review_at, rehearse_at)))

    def change(self, engram_id: str, change: Change, op_id: str | None = None) -> Engram | None:
        """`amend` of one engram; None when it is not here."""
        held = self._held.get(engram_id)
        if held is None:
            return None
        if op_id is not None and op_id in held.operations:
            return held.engram
        placed = change(held.engram)
        self.settle(engram_id, held.changed(placed) if op_id is None else held.changed(placed, op_id))
        return placed.engram

    def refresh(self, placed: Placed) -> None:
        """Replaces what is here by a newer revision of it; nothing when it is not here, or not older."""
        held = self._held.get(placed.engram.engram_id)
        if held is not None and held.engram.revision < placed.engram.revision:
            self.settle(placed.engram.engram_id, held.changed(placed))

    def drop(self, engram_id: str, revision: int | None = None) -> bool:
        """`delete`."""
        held = self._held.get(engram_id)
        if held is None:
            return False
        if revision is not None and held.engram.revision != revision:
            message = f"{engram_id}: has revision {held.engram.revision} by now, not {revision}"
            raise StaleEngramError(message, (engram_id,))
        self.settle(engram_id, None)
        return True

    def look_up(self, engram_id: str) -> Engram | None:
        """`get` of one engram."""
        held = self._held.get(engram_id)
        return None if held is None else held.engram

    def look_for(self, digest: str) -> Engram | None:
        """`find` and `get` of one digest."""
        twins = self._digests.get(digest)
        return self._held[twins[0]].engram if twins else None

    def look_ahead(self, agenda: Agenda, before: float, limit: int) -> list[tuple[str, float]]:
        """`upcoming`."""
        return self._agendas[agenda].earliest(before, limit)

    def everything(self) -> list[Engram]:
        """All engrams in order of id."""
        return [self._held[engram_id].engram for engram_id in self._order]

    # What is held

    def held(self, engram_id: str) -> Held | None:
        """An engram as it is kept."""
        return self._held.get(engram_id)

    def settle(self, engram_id: str, held: Held | None) -> None:
        """Keeps this of an engram from now on; None: nothing."""
        before = self._held.get(engram_id)
        _tally(self.dimensions, before, held)
        if before is not None:
            self._unschedule(before)
            if held is None or held.engram.digest != before.engram.digest:
                self._unlist(before.engram)
                before = None
        if held is not None:
            if before is None:
                self._list(held.engram)
            self._held[engram_id] = held
            self._schedule(held)

    def take_over(self, writer: str, abandoned: Callable[[str | None], bool]) -> list[str]:
        """Makes engrams of abandoned writers this writer's own; ids in order."""
        taken = [i for i in self._order if (own := self._held[i].writer) != writer and abandoned(own)]
        for engram_id in taken:
            held = self._held[engram_id]
            self._held[engram_id] = Held(held.placed, writer, held.dormant, held.operations)
        return taken

    def _list(self, engram: Engram) -> None:
        self._digests.setdefault(engram.digest, []).append(engram.engram_id)
        if not self._order or engram.engram_id > self._order[-1]:
            self._order.append(engram.engram_id)
        else:
            insort(self._order, engram.engram_id)

    def _unlist(self, engram: Engram) -> None:
        del self._held[engram.engram_id]
        twins = self._digests[engram.digest]
        twins.remove(engram.engram_id)
        if not twins:
            del self._digests[engram.digest]
        self._order.pop(bisect_right(self._order, engram.engram_id) - 1)

    def _timetables(self, held: Held) -> list[tuple[_Timetable, float]]:
        """Where what is held belongs now, and its key there."""
        fading = self._dormant if held.dormant else self._fading
        agendas = [(table, held.placed.key(agenda)) for agenda, table in self._agendas.items()]
        return [(fading, held.placed.forgotten_at), *agendas]

    def _schedule(self, held: Held) -> None:
        for table, at in self._timetables(held):
            table.add(at, held.engram.engram_id)

    def _unschedule(self, held: Held) -> None:
        for table, at in self._timetables(held):
            table.remove(at, held.engram.engram_id)

    # The port

    async def insert(self, items: Sequence[Placed], *, writer: str | None = None) -> None:
        self.ledger.check_writable()
        plan = Plan(self.ledger)
        for placed in items:
            plan.insert(self, placed, writer)
        plan.carry_out()

    async def amend(self, engram_ids: Sequence[str], change: Change, *, op_id: str) -> list[Engram]:
        self.ledger.check_writable()
        amended: dict[str, Held] = {}
        for engram_id in dict.fromkeys(engram_ids):
            if (held := self._held.get(engram_id)) is not None:
                seen = op_id in held.operations
                amended[engram_id] = held if seen else held.changed(change(held.engram), op_id)
        for engram_id, held in amended.items():
            self.settle(engram_id, held)
        return [amended[engram_id].engram for engram_id in engram_ids if engram_id in amended]

    async def delete(self, engram_id: str, *, revision: int | None = None) -> bool:
        self.ledger.check_writable()
        deleted = self.drop(engram_id, revision)
        if deleted:
            self.ledger.note(Happening.REMOVED, engram_id)
        return deleted

    async def get(self, engram_ids: Sequence[str]) -> list[Engram | None]:
        self.ledger.check_open()
        return [self.look_up(engram_id) for engram_id in engram_ids]

    async def kept(self, engram_ids: Sequence[str]) -> list[Kept | None]:
        self.ledger.check_open()
        found = (self._held.get(engram_id) for engram_id in engram_ids)
        return [None if held is None else Kept(held.placed, held.dormant) for held in found]

    async def find(self, digests: Sequence[str]) -> list[str | None]:
        self.ledger.check_open()
        found = (self.look_for(digest) for digest in digests)
        return [None if engram is None else engram.engram_id for engram in found]

    async def scan(self, *, after: str | None = None, limit: int = 500) -> list[Engram]:
        self.ledger.check_open()
        start = 0 if after is None else bisect_right(self._order, after)
        return [self._held[engram_id].engram for engram_id in self._order[start : start + limit]]

    async def due(self, before: float, *, limit: int) -> list[str]:
        self.ledger.check_open()
        return [engram_id for engram_id, _ in self._fading.earliest(before, limit)]

    async def demote(self, engram_ids: Sequence[str], before: float) -> list[str]:
        self.ledger.check_writable()
        demoted: list[str] = []
        for engram_id in engram_ids:
            held = self._held.get(engram_id)
            if held is not None and not held.dormant and held.placed.forgotten_at < before:
                self.settle(engram_id, Held(held.placed, held.writer, True, held.operations))
                demoted.append(engram_id)
        return demoted

    async def upcoming(self, agenda: Agenda, before: float, *, limit: int) -> list[tuple[str, float]]:
        self.ledger.check_open()
        return self.look_ahead(agenda, before, limit)

    async def count(self, before: float) -> tuple[int, int]:
        self.ledger.check_open()
        return len(self._held), self._fading.count(before) + self._dormant.count(before)


class Plan:
    """Writes to engrams: what they would leave behind, known in full before anything changes."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._planned: dict[tuple[MemoryEngrams, str], Held | None] = {}
        self._inserted: set[tuple[MemoryEngrams, str]] = set()
        self._operations: dict[str, tuple[str, ...]] = {}
        self._stale: dict[str, str] = {}

    def insert(self, engrams: MemoryEngrams, placed: Placed, writer: str | None) -> None:
        """Plans an `Insert`."""
        engram = placed.engram
        known = self._now(engrams, engram.engram_id)
        if known is None:
            self._planned[engrams, engram.engram_id] = Held(placed, writer)
            self._inserted.add((engrams, engram.engram_id))
        elif not same_memory(known.engram, engram):
            self._stale[engram.engram_id] = "exists already with other content"

    def remove(self, engrams: MemoryEngrams, engram_id: str, revision: int | None) -> None:
        """Plans a `Remove`."""
        if revision is None or self._has_revision(engrams, engram_id, revision):
            held = self._now(engrams, engram_id)
            if held is not None and held.operations:
                self._operations[engram_id] = held.operations
            self._planned[engrams, engram_id] = None

    def replace(self, engrams: MemoryEngrams, placed: Placed, revision: int) -> None:
        """Plans a `Replace`."""
        engram_id = placed.engram.engram_id
        held = self._now(engrams, engram_id)
        if self._has_revision(engrams, engram_id, revision) and held is not None:
            self._planned[engrams, engram_id] = held.changed(placed)

    def holds(self, engrams: MemoryEngrams, engram_id: str) -> bool:
        """Whether an engram is there after the writes so far."""
        return self._now(engrams, engram_id) is not None

    def carry_out(self) -> None:
        """Changes everything, or nothing.

        Raises:
            StaleEngramError: some of it is stale.
            FeatureMismatchError: a region would hold features of two dimensions.
        """
        if self._stale:
            first, reason = next(iter(self._stale.items()))
            raise StaleEngramError(f"{first}: {reason}", tuple(self._stale))
        self._check_dimensions()
        news = list(self._news())
        for (engrams, engram_id), held in self._planned.items():
            if held is not None and (engrams, engram_id) in self._inserted:
                held = replace(held, operations=self._operations.get(engram_id, ()))
            engrams.settle(engram_id, held)
        for happening, engram_id in news:
            self._ledger.note(happening, engram_id)

    def _now(self, engrams: MemoryEngrams, engram_id: str) -> Held | None:
        """What is there after the writes so far."""
        if (engrams, engram_id) in self._planned:
            return self._planned[engrams, engram_id]
        return engrams.held(engram_id)

    def _has_revision(self, engrams: MemoryEngrams, engram_id: str, revision: int) -> bool:
        held = self._now(engrams, engram_id)
        if held is not None and held.engram.revision == revision:
            return True
        by_now = "it is gone" if held is None else f"it has revision {held.engram.revision}"
        self._stale[engram_id] = f"by now {by_now}, where revision {revision} was expected"
        return False

    def _check_dimensions(self) -> None:
        dimensions: dict[MemoryEngrams, Counter[int]] = {}
        for (engrams, engram_id), held in self._planned.items():
            counted = dimensions.setdefault(engrams, Counter(engrams.dimensions))
            _tally(counted, engrams.held(engram_id), held)
        for engrams, counted in dimensions.items():
            found = [dimension for dimension, count in counted.items() if count > 0]
            if len(found) > 1:
                message = f"features: {engrams.region} holds dimension {found[0]} (got {found[-1]})"
                raise FeatureMismatchError(message)

    def _news(self) -> Generator[tuple[Happening, str]]:
        """What happens to whom, as long as nothing has been changed yet."""
        planned = self._planned.items()
        left = {i for (engrams, i), held in planned if held is None and i in engrams}
        entered = {i for (engrams, i), held in planned if held is not None and i not in engrams}
        anew = {i for engrams, i in self._inserted if self._planned[engrams, i] is not None and i in engrams}
        for engram_id in dict.fromkeys(i for _, i in self._planned):
            if engram_id in left and engram_id in entered:
                yield Happening.MOVED, engram_id
                continue
            if engram_id in left | anew:
                yield Happening.REMOVED, engram_id
            if engram_id in entered | anew:
                yield Happening.INSERTED, engram_id
