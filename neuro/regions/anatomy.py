"""Where engrams are: finding their owner, following them while they move, moving them. No policy.

A move leaves no instant at which an engram has two owners or none: a copy arrives, invisible; the source
leaves a forwarding mark if the engram has not changed meanwhile; the copy is revealed; the mark goes. A
store that fails in between leaves the mark, and `settle_moves` finishes later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from neuro.engram import Engram, MemoryType
from neuro.errors import StoreUnavailableError, UnknownRegionError
from neuro.fading import Fading
from neuro.indexing.fragment_index import FragmentIndex
from neuro.indexing.probe import Reading
from neuro.regions.basal_ganglia import BasalGanglia
from neuro.regions.cerebellum import Cerebellum
from neuro.regions.hippocampus import Hippocampus
from neuro.regions.memory_index import MemoryIndex
from neuro.regions.memory_region import MemoryRegion, Step
from neuro.regions.neocortex import Neocortex
from neuro.signals import Echo
from neuro.stores.base import Agenda

_BATCH = 200

_Answer = TypeVar("_Answer")


class Answers(NamedTuple):
    """What regions answered, and which could not, lesioned or out of reach."""

    echoes: list[Echo]
    silent: tuple[str, ...]


class Changed(NamedTuple):
    """Engrams after a change, by id, and the regions that could not be reached."""

    engrams: dict[str, Engram]
    silent: tuple[str, ...]


class Moved(NamedTuple):
    """Ids that reached a region, and how many stayed because they changed meanwhile."""

    engram_ids: tuple[str, ...]
    stale: int


class Anatomy:
    """The four regions that keep engrams, and what lies where."""

    def __init__(
        self,
        hippocampus: Hippocampus,
        neocortex: Neocortex,
        cerebellum: Cerebellum,
        basal_ganglia: BasalGanglia,
        index: FragmentIndex,
    ) -> None:
        self.hippocampus = hippocampus
        self.long_term: tuple[MemoryRegion, ...] = (neocortex, cerebellum, basal_ganglia)
        self.index = MemoryIndex(index, self.memory_regions)
        self._moving = asyncio.Lock()

    @property
    def memory_regions(self) -> tuple[MemoryRegion, ...]:
        """All regions that keep engrams."""
        return (self.hippocampus, *self.long_term)

    def region(self, name: str) -> MemoryRegion:
        """The memory region of this name."""
        for region in self.memory_regions:
            if region.name == name:
                return region
        raise UnknownRegionError(f"no memory region is called {name!r}")

    def home(self, memory_type: MemoryType) -> MemoryRegion | None:
        """The intact long-term region that claims a type, if there is one."""
        return next((region for region in self.long_term if region.claims(memory_type)), None)

    def fading(self, engram: Engram) -> Fading:
        """How an engram fades where it lies: in the hippocampus, or at the home of its type."""
        if engram.engram_id in self.hippocampus.recent:
            return self.hippocampus.fading
        return self.region(self.hippocampus.profiles.of(engram.memory_type).home).fading

    def dormant(self, engram: Engram, now: float) -> bool:
        """Whether an engram is below the threshold of forgetting."""
        return self.fading(engram).dormant(engram, now)

    # Finding

    async def retrieve(
        self, reading: Reading, features: npt.NDArray[np.float32] | None, limit: int
    ) -> Answers:
        """The best ``limit`` echoes of a cue from the memory regions, best first; fewer when there are no more."""
        unreachable = await self.index.fill()
        silent = dict.fromkeys([*(r.name for r in self.memory_regions if not r.intact), *unreachable])
        breadth = limit
        while True:
            matches = await self.index.search(reading, features, breadth)
            owners, out_of_reach = await self._reach([match.engram_id for match in matches])
            silent.update(dict.fromkeys(out_of_reach))
            echoes = [
                Echo(owners[m.engram_id][1], owners[m.engram_id][0].name, m.relevance, m.reasons)
                for m in matches
                if m.engram_id in owners
            ]
            if not silent:
                for match in matches:
                    if match.engram_id not in owners:  # deleted by another process
                        self.index.remove(match.engram_id)
            if len(echoes) >= limit or len(matches) < breadth:
                return Answers(echoes[:limit], tuple(silent))
            breadth *= 4  # what a lesioned region keeps to itself is in the way

    async def _reach(
        self, engram_ids: Sequence[str]
    ) -> tuple[dict[str, tuple[MemoryRegion, Engram]], dict[str, StoreUnavailableError]]:
        """Region and engram of each id that can be had, and why regions cannot be reached."""
        # An engram on the move stays in the hippocampus until it is visible at its destination: whoever
        # asks here first cannot miss it.
        found: dict[str, tuple[MemoryRegion, Engram]] = {}
        for engram in await self.hippocampus.reinstate(engram_ids):
            if engram is not None:
                found[engram.engram_id] = (self.hippocampus, engram)
        missing = [engram_id for engram_id in engram_ids if engram_id not in found]
        if not missing:
            return found, {}
        answers = await _gather(region.reinstate(missing) for region in self.long_term)
        unreachable: dict[str, StoreUnavailableError] = {}
        for region, answer in zip(self.long_term, answers, strict=True):
            if isinstance(answer, StoreUnavailableError):
                unreachable[region.name] = answer
            else:
                found.update({e.engram_id: (region, e) for e in answer if e is not None})
        return found, unreachable

    async def owners(self, engram_ids: Sequence[str]) -> dict[str, tuple[MemoryRegion, Engram]]:
        """Region and engram of each id that exists; the hippocampus answers for what is on the move."""
        found, unreachable = await self._reach(engram_ids)
        for error in unreachable.values():
            raise error
        return found

    async def find(self, digests: Sequence[str]) -> list[str | None]:
        """Id of the long-term engram with each digest, if there is one."""
        answers = await asyncio.gather(*(region.find(digests) for region in self.long_term))
        return [next((i for i in ids if i is not None), None) for ids in zip(*answers, strict=True)]

    async def upcoming(self, agenda: Agenda, before: float, *, limit: int) -> list[tuple[str, float]]:
        """Ids and instants of what is on an agenda before a brain time, in intact regions, the earliest first."""
        found = await asyncio.gather(
            *(
                region.store.upcoming(agenda, before, limit=limit)
                for region in self.memory_regions
                if region.intact
            )
        )
        merged = {engram_id: at for items in found for engram_id, at in items}
        return sorted(merged.items(), key=lambda item: (item[1], item[0]))[:limit]

    async def browse(self, shown: Callable[[Engram], bool], limit: int, after: str | None) -> list[Engram]:
        """At most ``limit`` engrams of all regions that are to be shown, in order of id, beyond ``after``."""
        found: list[Engram] = []
        while len(found) < limit:
            pages = await asyncio.gather(
                *(
                    region.store.scan(after=after, limit=_BATCH)
                    for region in self.memory_regions
                    if region.intact
                )
            )
            # Beyond the end of a full page that region may hold more: go only as far as all pages reach.
            ends = [page[-1].engram_id for page in pages if len(page) == _BATCH]
            end = min(ends, default=None)
            page = {e.engram_id: e for page in pages for e in page if end is None or e.engram_id <= end}
            found += [page[engram_id] for engram_id in sorted(page) if shown(page[engram_id])]
            if end is None:
                break
            after = end
        return found[:limit]

    # Changing

    async def reconsolidate(self, engram_ids: Sequence[str], step: Step, op_id: str) -> Changed:
        """Changes each engram once, at its owner, wherever it is or moves to meanwhile; unknown ids are left out."""
        changed: dict[str, Engram] = {}
        silent: set[str] = set()
        elsewhere: list[str] = []
        for engram_id in dict.fromkeys(engram_ids):
            if await self._settled(engram_id, silent):
                engram = self.hippocampus.change(engram_id, step, op_id)
                if engram is None:
                    elsewhere.append(engram_id)
                else:
                    changed[engram_id] = engram
        if elsewhere:
            answers = await _gather(region.reconsolidate(elsewhere, step, op_id) for region in self.long_term)
            for region, answer in zip(self.long_term, answers, strict=True):
                if isinstance(answer, StoreUnavailableError):
                    silent.add(region.name)
                else:
                    changed.update({engram.engram_id: engram for engram in answer})
        # A silent region says nothing of engrams that were found elsewhere.
        return Changed(changed, tuple(sorted(silent)) if changed.keys() < set(engram_ids) else ())

    async def _settled(self, engram_id: str, silent: set[str]) -> bool:
        """Waits until an engram that moves has arrived; False if its destination is lesioned or cannot be reached."""
        while (destination := self.hippocampus.forwarding(engram_id)) is not None:
            if self._moving.locked():
                async with self._moving:
                    continue
            try:
                await self.settle_moves()
            except StoreUnavailableError:
                silent.add(destination)
                return False
            if self.hippocampus.forwarding(engram_id) is not None:
                return False
        return True

    # Moving

    async def move(self, engram_ids: Sequence[str], destination: MemoryRegion) -> Moved:
        """Moves engrams from the hippocampus to a long-term region; those that change meanwhile stay."""
        arrived: list[str] = []
        stale = 0
        for start in range(0, len(engram_ids), _BATCH):
            async with self._moving:
                held = [self.hippocampus.recent.look_up(i) for i in engram_ids[start : start + _BATCH]]
                batch = [engram for engram in held if engram is not None]
                await destination.admit(batch)
                leaving: list[str] = []
                for engram in batch:
                    if self.hippocampus.depart(engram.engram_id, engram.revision, destination.name):
                        leaving.append(engram.engram_id)
                    else:
                        stale += 1
                        await destination.release(engram.engram_id)
                await destination.reveal(leaving)
                self.hippocampus.departed(leaving)
                arrived.extend(leaving)
        return Moved(tuple(arrived), stale)

    async def settle_moves(self) -> None:
        """Finishes or undoes what a failing store left half done.

        A marked engram whose copy is there is revealed; one whose copy is gone belongs to the hippocampus
        again; an arriving copy whose source still owns it is dropped; one without a source is revealed.
        """
        async with self._moving:
            marks = self.hippocampus.marks()
            for region in self.long_term:
                if not region.intact:
                    continue
                await self._settle_region(region, [i for i, name in marks.items() if name == region.name])

    async def _settle_region(self, region: MemoryRegion, marked: Sequence[str]) -> None:
        arriving = await region.store.arrivals()
        orphans = [i for i in arriving if i not in self.hippocampus.recent]
        for engram_id in arriving:
            if engram_id in self.hippocampus.recent and engram_id not in marked:
                await region.release(engram_id)
        if not marked and not orphans:
            return
        await region.reveal([*marked, *orphans])
        there = [e.engram_id for e in await region.reinstate(marked) if e is not None]
        self.hippocampus.departed(there)
        self.hippocampus.returned([i for i in marked if i not in there])

    async def forget(self, engram_id: str) -> str | None:
        """Deletes an engram at its owner; the region's name, or None when there was none.

        Raises:
            StoreUnavailableError: a store could not be reached; the engram is still there.
        """
        async with self._moving:  # a copy may be arriving somewhere: a move ends before a deletion begins
            # A store that failed may have kept a copy of what the hippocampus owns: it goes in every case.
            answers = await _gather(region.release(engram_id) for region in self.long_term)
            owners = [
                region.name for region, answer in zip(self.long_term, answers, strict=True) if answer is True
            ]
            for answer in answers:
                if isinstance(answer, StoreUnavailableError) and not owners:
                    raise answer
            self.index.remove(engram_id)
            if self.hippocampus.forget(engram_id):
                return self.hippocampus.name
            return owners[0] if owners else None

    # Fading

    async def fade(self, now: float) -> Mapping[str, list[str]]:
        """What fell below the threshold of forgetting in each region."""
        faded = await asyncio.gather(*(region.fade(now) for region in self.memory_regions))
        return {region.name: ids for region, ids in zip(self.memory_regions, faded, strict=True)}


async def _gather(calls: Iterable[Awaitable[_Answer]]) -> list[_Answer | StoreUnavailableError]:
    """Awaits all; an unreachable store is an answer, any other error is raised."""
    answers: list[_Answer | StoreUnavailableError] = []
    for answer in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(answer, BaseException) and not isinstance(answer, StoreUnavailableError):
            raise answer
        answers.append(answer)
    return answers
