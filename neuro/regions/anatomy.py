"""Where engrams are: finding their owner, moving them, deleting them. No policy.

A move is one write that takes an engram from where it was and puts it where it belongs, if it has not changed
meanwhile. Engrams only ever move out of the hippocampus: who asks there first cannot miss one that moves.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from neuro.engram import Engram, MemoryType
from neuro.errors import BufferFullError, StaleEngramError, StoreUnavailableError, UnknownRegionError
from neuro.fading import Fading
from neuro.ids import is_engram_id
from neuro.indexing.fragment_index import FragmentIndex
from neuro.indexing.probe import Reading
from neuro.pace import Pace
from neuro.regions.basal_ganglia import BasalGanglia
from neuro.regions.cerebellum import Cerebellum
from neuro.regions.hippocampus import Hippocampus
from neuro.regions.memory_index import MemoryIndex
from neuro.regions.memory_region import MemoryRegion, Step
from neuro.regions.neocortex import Neocortex
from neuro.signals import Echo
from neuro.stores.base import Agenda, Insert, Remove, Store, Unlink, Write

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
        store: Store,
    ) -> None:
        self.hippocampus = hippocampus
        self._store = store
        self.long_term: tuple[MemoryRegion, ...] = (neocortex, cerebellum, basal_ganglia)
        self.index = MemoryIndex(index, self.memory_regions)
        self._homes: dict[str, str] = {}
        """Names of long-term regions by ids of engrams that were seen there."""

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
        self,
        reading: Reading,
        features: npt.NDArray[np.float32] | None,
        limit: int,
        *,
        remembered: bool = False,
    ) -> Answers:
        """The best ``limit`` echoes of a cue from the memory regions, best first; fewer when there are no more.

        Args:
            remembered: see `owners`.
        """
        # The hippocampus answers with what this brain holds even when its store is away.
        unreachable = [name for name in await self.index.fill() if name != self.hippocampus.name]
        silent = dict.fromkeys([*(r.name for r in self.memory_regions if not r.intact), *unreachable])
        breadth = limit
        while True:
            matches = await self.index.search(reading, features, breadth)
            owners, out_of_reach = await self._reach(
                [match.engram_id for match in matches], remembered=remembered
            )
            silent.update(dict.fromkeys(name for name in out_of_reach if name != self.hippocampus.name))
            echoes = [
                Echo(owners[m.engram_id][1], owners[m.engram_id][0].name, m.relevance, m.reasons)
                for m in matches
                if m.engram_id in owners
            ]
            if not silent and not out_of_reach:
                for match in matches:
                    if match.engram_id not in owners:  # deleted by another process
                        self.index.remove(match.engram_id)
            if len(echoes) >= limit or len(matches) < breadth:
                return Answers(echoes[:limit], tuple(silent))
            breadth *= 4  # what a lesioned region keeps to itself is in the way

    async def _reach(
        self, engram_ids: Sequence[str], *, remembered: bool = False
    ) -> tuple[dict[str, tuple[MemoryRegion, Engram]], dict[str, StoreUnavailableError]]:
        """Region and engram of each id that can be had, and why regions cannot be reached."""
        found: dict[str, tuple[MemoryRegion, Engram]] = {}
        unreachable: dict[str, StoreUnavailableError] = {}
        if remembered:
            own = self.hippocampus.remembered(engram_ids)
            found.update({e.engram_id: (self.hippocampus, e) for e in own if e is not None})
        # What was seen in a long-term region once is there, or it is gone.
        homely = [i for i in engram_ids if i in self._homes and i not in found]
        await self._ask_homes(homely, self._homes.get, found, unreachable)
        missing = [engram_id for engram_id in engram_ids if engram_id not in found]
        try:
            recent = await self.hippocampus.reinstate(missing)
        except StoreUnavailableError as error:
            unreachable[self.hippocampus.name] = error
            recent = self.hippocampus.remembered(missing)
        found.update({e.engram_id: (self.hippocampus, e) for e in recent if e is not None})
        await self._ask_homes([i for i in missing if i not in found], None, found, unreachable)
        return found, unreachable if len(found) < len({*engram_ids}) else {}

    async def _ask_homes(
        self,
        engram_ids: Sequence[str],
        home: Callable[[str], str | None] | None,
        found: dict[str, tuple[MemoryRegion, Engram]],
        unreachable: dict[str, StoreUnavailableError],
    ) -> None:
        """Adds what the long-term regions answer: each for what is at ``home`` there, or all for everything."""
        asked = [
            (region, [i for i in engram_ids if home is None or home(i) == region.name])
            for region in self.long_term
        ]
        asked = [(region, ids) for region, ids in asked if ids]
        answers = await _gather(region.reinstate(ids) for region, ids in asked)
        for (region, _), answer in zip(asked, answers, strict=True):
            if isinstance(answer, StoreUnavailableError):
                unreachable[region.name] = answer
                continue
            for engram in answer:
                if engram is not None:
                    found[engram.engram_id] = (region, engram)
                    self._homes[engram.engram_id] = region.name

    async def owners(
        self, engram_ids: Sequence[str], *, remembered: bool = False
    ) -> dict[str, tuple[MemoryRegion, Engram]]:
        """Region and engram of each id that exists.

        Args:
            remembered: what this brain holds in the hippocampus is not read from the store, see `Hippocampus.confirm`.
        """
        found, unreachable = await self._reach(engram_ids, remembered=remembered)
        for error in unreachable.values():
            raise error
        return found

    async def stored(self, engram_ids: Sequence[str]) -> list[Engram]:
        """Those engrams that there are in the store, in lesioned regions too."""
        found: list[Engram] = []
        for region in (
            self.memory_regions if engram_ids else ()
        ):  # the hippocampus first, for they may be moving
            found += [engram for engram in await region.store.get(engram_ids) if engram is not None]
        return found

    async def find(self, digests: Sequence[str]) -> list[str | None]:
        """Id of the stored engram with each digest, if there is one."""
        answers = await self._ask(lambda region: region.find(digests))
        return [next((i for i in ids if i is not None), None) for ids in zip(*answers, strict=True)] or [
            None for _ in digests
        ]

    async def _ask(
        self, question: Callable[[MemoryRegion], Awaitable[_Answer]], *, lesioned: bool = False
    ) -> list[_Answer]:
        """Answers of intact regions, or of all, the hippocampus first: what moves meanwhile is seen once or twice."""
        asked = [region for region in self.memory_regions if region.intact or lesioned]
        first = [await question(region) for region in asked[:1]]
        return [*first, *await asyncio.gather(*map(question, asked[1:]))]

    async def upcoming(self, agenda: Agenda, before: float, *, limit: int) -> list[tuple[str, float]]:
        """Ids and instants of what is on an agenda before a brain time, in intact regions, the earliest first."""
        found = await self._ask(lambda region: region.store.upcoming(agenda, before, limit=limit))
        merged = {engram_id: at for items in found for engram_id, at in items}
        return sorted(merged.items(), key=lambda item: (item[1], item[0]))[:limit]

    async def browse(
        self, shown: Callable[[Engram], bool], limit: int, after: str | None, *, lesioned: bool = False
    ) -> list[Engram]:
        """At most ``limit`` engrams of intact regions, or of all, that are to be shown, by id, beyond ``after``."""
        found: list[Engram] = []
        while len(found) < limit:
            pages = await self._ask(
                lambda region, after=after: region.store.scan(after=after, limit=_BATCH), lesioned=lesioned
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

    async def reconsolidate(
        self, engram_ids: Sequence[str], step: Step, op_id: str, *, patient: bool = False
    ) -> Changed:
        """Changes each engram once, at its owner; unknown ids are left out.

        Args:
            patient: see `Hippocampus.reconsolidate`.

        Raises:
            StoreUnavailableError: not ``patient``, and earlier changes still wait for the store.
        """
        if not patient:
            await self.pay_debts()
        return await self._reconsolidate(engram_ids, step, op_id, patient=patient)

    async def _reconsolidate(
        self, engram_ids: Sequence[str], step: Step, op_id: str, *, patient: bool
    ) -> Changed:
        asked = [*dict.fromkeys(engram_ids)]
        changed: dict[str, Engram] = {}
        silent: set[str] = set()
        try:
            recent = await self.hippocampus.reconsolidate(asked, step, op_id, patient=patient)
            changed.update({engram.engram_id: engram for engram in recent})
        except StoreUnavailableError as error:
            full = isinstance(error, BufferFullError)
            if patient and not full:
                changed.update({e.engram_id: e for e in self.hippocampus.owed(asked)})
            if not patient or full or any(i not in changed and i not in self._homes for i in asked):
                silent.add(self.hippocampus.name)
        elsewhere = [engram_id for engram_id in asked if engram_id not in changed]
        if elsewhere:
            answers = await _gather(region.reconsolidate(elsewhere, step, op_id) for region in self.long_term)
            for region, answer in zip(self.long_term, answers, strict=True):
                if isinstance(answer, StoreUnavailableError):
                    silent.add(region.name)
                else:
                    changed.update({engram.engram_id: engram for engram in answer})
        # A silent region says nothing of engrams that were found elsewhere.
        return Changed(changed, tuple(sorted(silent)) if changed.keys() < {*asked} else ())

    async def settle(self) -> None:
        """Waits until nothing is on its way to the store, nor waits for it.

        Raises:
            StoreUnavailableError: something still does.
        """
        if self.hippocampus.journal is not None:
            await self.hippocampus.journal.write()
            await self.pay_debts()

    async def pay_debts(self) -> None:
        """Writes what waits for a store that was away.

        Raises:
            StoreUnavailableError: it still waits.
        """
        journal = self.hippocampus.journal
        if journal is None or not (journal.behind or journal.unwritten):
            return
        async with journal.paying:
            await journal.drain()
            while (debt := journal.next_debt()) is not None:
                if debt.engram_id in journal:
                    await journal.drain()
                # Lesioned or not, for it was acknowledged. The hippocampus is asked first, for it may be moving.
                amended: list[Engram] = []
                for region in self.memory_regions:
                    amended = amended or await region.amend([debt.engram_id], debt.step, debt.op_id)
                journal.paid(debt)
                self.hippocampus.refresh(amended)

    # Moving and deleting

    async def move(self, engram_ids: Sequence[str], destination: MemoryRegion) -> Moved:
        """Moves engrams from the hippocampus to a long-term region; those that change meanwhile stay."""
        arrived, stale, pace = list[str](), 0, Pace()
        for start in range(0, len(engram_ids), _BATCH):
            batch = engram_ids[start : start + _BATCH]
            held = await self.hippocampus.reinstate(batch)
            here = {engram.engram_id: engram for engram in held if engram is not None}
            moved = await self._move([*here.values()], destination)
            # What was no longer here was moved or forgotten by another brain.
            for engram_id in [*(i for i in batch if i not in here), *moved]:
                self.hippocampus.departed([engram_id])
                await pace.turn()
            arrived.extend(moved)
            stale += len(here) - len(moved)
        return Moved(tuple(arrived), stale)

    async def _move(self, engrams: Sequence[Engram], destination: MemoryRegion) -> list[str]:
        """Ids of those that moved."""
        leaving = {engram.engram_id: engram for engram in engrams}
        op_id = uuid.uuid4().hex
        while leaving:
            writes: list[Write] = []
            for engram in leaving.values():
                writes.append(Remove(self.hippocampus.name, engram.engram_id, engram.revision))
                writes.append(Insert(destination.name, destination.place(destination.settle(engram))))
            try:
                await self._store.write(writes, op_id=f"{op_id}:{len(leaving)}")
                break
            except StaleEngramError as error:
                for engram_id in error.engram_ids:
                    del leaving[engram_id]
        return [*leaving]

    async def forget(self, engram_ids: Sequence[str], also: Sequence[Write] = ()) -> dict[str, str]:
        """Deletes engrams at their owners, in one step with ``also``; of those there were, which the caller is to let
        go of, the region's name by id.

        Raises:
            StoreUnavailableError: a store could not be reached; the engrams are still there.
        """
        owners: dict[str, str] = {}
        # Lesioned or not: what must be forgotten must go. The hippocampus is asked first, for it may be moving.
        for region in self.memory_regions:
            found = await region.store.get(engram_ids)
            owners.update({engram.engram_id: region.name for engram in found if engram is not None})
        writes: list[Write] = []
        # What was not there yet when it was looked for stays, and what is no engram has no owner.
        for engram_id in [i for i in engram_ids if i in owners or not is_engram_id(i)]:
            writes.extend(Remove(region.name, engram_id) for region in self.memory_regions)
            writes.append(Unlink(engram_id))
        if writes:
            await self._store.write([*writes, *also], op_id=uuid.uuid4().hex)
        return {engram_id: owners[engram_id] for engram_id in engram_ids if engram_id in owners}

    def let_go(self, engram_id: str) -> None:
        """Nothing in this process shows an engram any more; it has been deleted."""
        self.index.remove(engram_id)
        self._homes.pop(engram_id, None)
        self.hippocampus.forget(engram_id)

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
