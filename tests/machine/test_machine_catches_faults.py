"""The machine earns its place: each fault, planted alone in a brain that is honest otherwise, is caught."""

import asyncio
import random
from contextlib import asynccontextmanager

import pytest

from neuro.connectome import Connectome
from neuro.engram import canonical_content
from neuro.pathways import perceiving
from neuro.pathways.life import Life
from neuro.pathways.oblivion import Oblivion
from neuro.pathways.perceiving import Perceiving
from neuro.regions.anatomy import Anatomy, Answers, Changed, Moved
from neuro.regions.cerebellum import Cerebellum
from neuro.regions.hippocampus import Hippocampus
from neuro.regions.memory_region import MemoryRegion
from neuro.regions.prefrontal_cortex import PrefrontalCortex
from neuro.sleep.consolidation import Consolidation
from neuro.stores.base import Placed
from neuro.stores.memory import MemoryEngrams, MemoryStore
from neuro.testing.doubles import EngramsWrapper, StoreWrapper
from neuro.testing.machine import draw_program, live, memory_place

PROGRAMS = 60
"""Programs within which every fault must be caught; most are within five."""


class Fault:
    """One fault. `plant` patches a region; a store double replaces `engrams`."""

    def __init__(self, plant=None, engrams=None, *, trouble=False):
        self.plant = plant
        self.engrams = engrams
        self.trouble = trouble

    def place(self):
        """A fresh place, whose regions are the double if there is one."""
        return memory_place(MemoryStore() if self.engrams is None else _Faulty(self.engrams))


class _Faulty(StoreWrapper):
    def __init__(self, engrams):
        super().__init__(MemoryStore())
        self._engrams = engrams

    def wrap(self, inner):
        return self._engrams(inner, self)


FAULTS = {}


def fault(**kinds):
    """Registers a fault by the name of what plants it."""

    def register(planted):
        FAULTS[planted.__name__] = (
            Fault(engrams=planted, **kinds) if isinstance(planted, type) else Fault(planted, **kinds)
        )
        return planted

    return register


# Counting and strengthening


@fault()
def a_recall_strengthens_a_copy_of_what_is_remote(patch):
    async def reconsolidate(self, engram_ids, change, op_id):
        return [change(e) for e in await self.reinstate(engram_ids) if e is not None]

    patch(MemoryRegion, "reconsolidate", reconsolidate)


@fault()
def a_recall_strengthens_the_copy_that_is_about_to_leave(patch):
    def change(self, engram_id, change, op_id):
        return self.recent.change(engram_id, lambda engram: self.place(change(engram)), op_id)

    async def settled(self, engram_id, silent):
        return True

    patch(Hippocampus, "change", change)
    patch(Anatomy, "_settled", settled)


@fault()
class AmendLosesACountBetweenTwoTasks(EngramsWrapper):
    async def amend(self, engram_ids, change, *, op_id):
        read = {e.engram_id: e for e in await self.inner.get(engram_ids) if e is not None}
        for _ in range(10):  # without compare-and-set, what another task writes here is overwritten
            await asyncio.sleep(0)
        return await self.inner.amend(engram_ids, lambda e: change(read.get(e.engram_id, e)), op_id=op_id)


@fault()
class AmendAppliesAChangeTwice(EngramsWrapper):
    async def amend(self, engram_ids, change, *, op_id):
        await self.inner.amend(engram_ids, change, op_id=f"{op_id} again")
        return await self.inner.amend(engram_ids, change, op_id=op_id)


@fault()
def a_recall_counts_only_the_first(patch):
    honest = Anatomy.reconsolidate

    async def reconsolidate(self, engram_ids, change, op_id):
        changed = await honest(self, engram_ids[:1], change, op_id)
        others = await self.owners(engram_ids[1:])
        return Changed({**{i: e for i, (_, e) in others.items()}, **changed.engrams}, changed.silent)

    patch(Anatomy, "reconsolidate", reconsolidate)


# Moving


@fault()
def a_move_ignores_what_happened_meanwhile(patch):
    def depart(self, engram_id, revision, region):
        self._forwarding[engram_id] = region
        return True

    patch(Hippocampus, "depart", depart)


@fault()
def a_recall_resurrects_what_has_moved(patch):
    honest = Anatomy.reconsolidate

    async def reconsolidate(self, engram_ids, change, op_id):
        read = [e for e in await self.hippocampus.reinstate(engram_ids) if e is not None]
        await asyncio.sleep(0)
        changed = await honest(self, engram_ids, change, op_id)
        for engram in read:
            if engram.engram_id not in self.hippocampus.recent:
                self.hippocampus.recent.put(change(engram), self.hippocampus.forgotten_at(engram))
        return changed

    patch(Anatomy, "reconsolidate", reconsolidate)


@fault()
def a_move_shows_the_copy_before_the_source_lets_go(patch):
    async def move(self, engram_ids, destination):
        async with self._moving:
            held = [e for i in engram_ids if (e := self.hippocampus.recent.look_up(i)) is not None]
            await destination.admit(held)
            await destination.reveal([e.engram_id for e in held])
            gone = [
                e.engram_id
                for e in held
                if self.hippocampus.depart(e.engram_id, e.revision, destination.name)
            ]
            self.hippocampus.departed(gone)
        return Moved(tuple(gone), len(held) - len(gone))

    patch(Anatomy, "move", move)


@fault()
def a_move_leaves_the_source_behind(patch):
    def departed(self, engram_ids):
        for engram_id in engram_ids:
            self._forwarding.pop(engram_id, None)

    patch(Hippocampus, "departed", departed)


@fault()
def a_move_lets_go_before_the_copy_has_arrived(patch):
    async def admit(self, engrams):
        return None

    patch(MemoryRegion, "admit", admit)


@fault()
def an_abandoned_move_leaves_a_copy_arriving(patch):
    async def release(self, engram_id):
        return await self.store.delete(engram_id) if await self.store.get([engram_id]) != [None] else False

    patch(MemoryRegion, "release", release)


@fault()
def everything_moves_to_the_neocortex(patch):
    patch(Anatomy, "home", lambda self, memory_type: self.long_term[0])


@fault()
def settle_is_applied_twice(patch):
    async def admit(self, engrams):
        await self.store.insert([self.place(self.settle(self.settle(e))) for e in engrams], arriving=True)

    patch(MemoryRegion, "admit", admit)


@fault(trouble=True)
def a_move_that_was_interrupted_is_never_finished(patch):
    async def settle_moves(self):
        return None

    patch(Anatomy, "settle_moves", settle_moves)


# Keeping and forgetting


@fault()
class InsertOverwritesWhatIsAlike(EngramsWrapper):
    async def insert(self, items, *, arriving=False):
        for engram, _ in items:
            for other in await self.inner.scan():
                if (
                    other.content.split()[:3] == engram.content.split()[:3]
                    and other.engram_id != engram.engram_id
                ):
                    await self.inner.delete(other.engram_id)
        await self.inner.insert(items, arriving=arriving)


async def _forget_without_looking_elsewhere(self, engram_id):
    if engram_id in self.hippocampus.recent:  # though a copy may be arriving somewhere, and be revealed
        self.hippocampus.forget(engram_id)
        return self.hippocampus.name
    deleted = [region.name for region in self.long_term if await region.release(engram_id)]
    self.hippocampus.forget(engram_id)
    return deleted[0] if deleted else None


@fault()
def a_night_undoes_a_forget(patch):
    honest = Hippocampus.depart

    def depart(self, engram_id, revision, region):
        gone = engram_id not in self.recent
        return gone or honest(self, engram_id, revision, region)

    patch(Anatomy, "forget", _forget_without_looking_elsewhere)
    patch(Hippocampus, "depart", depart)


@fault(trouble=True)
def a_forget_leaves_the_copy_of_a_failed_move(patch):
    async def forget(self, engram_id):
        async with self._moving:
            return await _forget_without_looking_elsewhere(self, engram_id)

    patch(Anatomy, "forget", forget)


@fault()
def an_act_that_is_under_way_brings_back_what_was_forgotten(patch):
    patch(Oblivion, "__contains__", lambda self, engram_id: False)


@fault()
def a_restart_undoes_a_forget(patch):
    honest = MemoryStore.write_journal

    async def write_journal(self, engrams, *, drop=()):
        await honest(self, engrams)

    patch(MemoryStore, "write_journal", write_journal)


@fault()
def a_forgotten_engram_stays_in_mind(patch):
    patch(PrefrontalCortex, "release", lambda self, engram_id: False)


@fault()
def a_forgotten_engram_stays_wired(patch):
    @asynccontextmanager
    async def forgetting(self, engram_id):
        yield

    patch(Connectome, "forgetting", forgetting)


@fault()
def decay_deletes(patch):
    async def fade(self, now):
        faded = await self.store.due(now, limit=100)
        for engram_id in faded:
            await self.store.delete(engram_id)
        return faded

    patch(MemoryRegion, "fade", fade)


@fault()
def the_close_writes_nothing_down(patch):
    async def write_journal(self, engrams, *, drop=()):
        return None

    patch(MemoryStore, "write_journal", write_journal)


# Finding


@fault()
def a_search_omits_one_region(patch):
    async def retrieve(self, probe, limit):
        return []

    patch(Cerebellum, "retrieve", retrieve)


@fault()
class SearchOmitsTheDormant(EngramsWrapper):
    async def search(self, probe, *, limit):
        found = await self.inner.search(probe, limit=limit)
        dormant = self.inner._dormant
        return [match for match in found if all(match.engram_id != engram_id for _, engram_id in dormant)]


@fault()
def who_asks_during_a_move_may_miss_it(patch):
    async def retrieve(self, probe, limit):
        echoes = []
        for region in (*self.long_term, self.hippocampus):  # the hippocampus must be asked first
            echoes += await region.retrieve(probe, limit)
        return Answers(
            sorted({e.engram.engram_id: e for e in echoes}.values(), key=lambda e: -e.relevance), ()
        )

    patch(Anatomy, "retrieve", retrieve)


@fault()
def a_list_leaves_out_the_hippocampus(patch):
    honest = Anatomy.browse

    async def browse(self, shown, limit, after):
        return await honest(
            self, lambda e: shown(e) and e.engram_id not in self.hippocampus.recent, limit, after
        )

    patch(Anatomy, "browse", browse)


# Repeats


@fault()
def a_repeat_is_encoded_twice_at_once(patch):
    @asynccontextmanager
    async def one_at_a_time(self, keys):
        yield

    honest = Perceiving._reexpose

    async def reexpose(self, engram_id):
        await asyncio.sleep(0)
        return await honest(self, engram_id)

    patch(Life, "one_at_a_time", one_at_a_time)
    patch(Perceiving, "_reexpose", reexpose)


@fault()
def a_repeat_of_what_is_remote_is_not_recognised(patch):
    async def find(self, digests):
        return [None] * len(digests)

    patch(Anatomy, "find", find)


@fault()
def contents_that_differ_in_a_digit_are_merged(patch):
    honest = perceiving.content_digest

    def content_digest(content, memory_type, scope, speaker):
        alike = canonical_content(content).rstrip("0123456789")
        return honest(alike, memory_type, scope, speaker)

    patch(perceiving, "content_digest", content_digest)
    honest_look_for = MemoryEngrams.look_for

    def look_for(self, digest):
        for held in self.everything():
            if content_digest(held.content, held.memory_type, held.scope, held.speaker) == digest:
                return held
        return honest_look_for(self, digest)

    patch(MemoryEngrams, "look_for", look_for)


# Strength


@fault()
def a_pin_is_ignored_by_the_index_of_forgetting(patch):
    patch(MemoryRegion, "forgotten_at", lambda self, engram: self.plasticity.forgotten_at(engram.trace))


@fault()
def a_pin_is_ignored_by_retention(patch):
    patch(MemoryRegion, "retention", lambda self, engram, now: self.plasticity.strength(engram.trace, now))


@fault()
def every_recall_strengthens_by_half(patch):
    honest = Hippocampus.change

    def change(self, engram_id, change, op_id):
        def more(engram):
            changed = change(engram)
            trace = changed.trace
            return changed.model_copy(
                update={"trace": trace.model_copy(update={"half_life": 1.5 * trace.half_life})}
            )

        return honest(self, engram_id, more, op_id)

    patch(Hippocampus, "change", change)


@fault()
def a_change_does_not_raise_the_revision(patch):
    def place(self, engram):
        kept = engram.model_copy(update={"revision": 0})
        return Placed(kept, self.forgotten_at(kept))

    patch(MemoryRegion, "place", place)


@fault()
def working_memory_has_no_bound(patch):
    def hold(self, chunk, now=None):
        self._chunks.pop(chunk.engram_id, None)
        self._chunks[chunk.engram_id] = chunk

    patch(PrefrontalCortex, "hold", hold)


# Speaking up


@fault(trouble=True)
def a_recall_does_not_say_who_was_silent(patch):
    honest = Anatomy.reconsolidate

    async def reconsolidate(self, engram_ids, change, op_id):
        changed = await honest(self, engram_ids, change, op_id)
        others = await self.hippocampus.reinstate(engram_ids)
        return Changed({**{e.engram_id: e for e in others if e is not None}, **changed.engrams}, ())

    patch(Anatomy, "reconsolidate", reconsolidate)


@fault()
def a_quiet_night_leaves_something_behind(patch):
    honest = Consolidation.run

    async def run(self, night):
        staying = night.anatomy.hippocampus.staying
        night.anatomy.hippocampus.staying = lambda: staying()[1:]
        try:
            return await honest(self, night)
        finally:
            del night.anatomy.hippocampus.staying

    patch(Consolidation, "run", run)


async def lives_until_caught(fault):
    """How many programs it takes to catch a fault; None when all pass."""
    for seed in range(PROGRAMS):
        program = draw_program(random.Random(seed), trouble=fault.trouble)
        try:
            await live(program, fault.place(), seed=seed)
        except AssertionError:
            return seed + 1
    return None


@pytest.mark.parametrize("name", FAULTS)
async def test_the_machine_catches_it_when(name, monkeypatch):
    fault = FAULTS[name]
    if fault.plant is not None:
        fault.plant(monkeypatch.setattr)
    assert await lives_until_caught(fault) is not None
