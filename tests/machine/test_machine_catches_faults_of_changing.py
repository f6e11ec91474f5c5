"""The machine catches wrong counts, strengths and bounds, and silence about them."""

import asyncio
import uuid

from catching import Faults, assert_caught

from neuro.fading import Fading
from neuro.regions.anatomy import Anatomy, Changed
from neuro.regions.hippocampus import Hippocampus
from neuro.regions.memory_region import MemoryRegion
from neuro.regions.prefrontal_cortex import PrefrontalCortex
from neuro.sleep.consolidation import Consolidation
from neuro.stores.base import Placed
from neuro.testing.doubles import EngramsWrapper
from neuro.testing.machine import LoseReply, Perceive, Recall, Recover

KEYS = Perceive("Dana forgot the keys")

faults = Faults()


# Counting and strengthening


@faults.caught()
def a_recall_strengthens_a_copy_of_what_is_remote(patch):
    async def reconsolidate(self, engram_ids, step, op_id):
        return [step(e, self.fading) for e in await self.reinstate(engram_ids) if e is not None]

    patch(MemoryRegion, "reconsolidate", reconsolidate)


@faults.caught()
def a_recall_strengthens_only_what_the_brain_holds(patch):
    async def reconsolidate(self, engram_ids, step, op_id, *, patient=False):
        held = [engram_id for engram_id in engram_ids if engram_id in self.recent]
        return [self.recent.change(i, lambda e: self.place(step(e, self.fading)), op_id) for i in held]

    patch(Hippocampus, "reconsolidate", reconsolidate)


@faults.caught(trouble=True)
def a_change_that_waits_is_never_written(patch):
    async def pay_debts(self):
        if self.hippocampus.journal.behind:
            await self.hippocampus.journal.drain()
            while (debt := self.hippocampus.journal.next_debt()) is not None:
                self.hippocampus.journal.paid(debt)

    patch(Anatomy, "pay_debts", pay_debts)


@faults.caught(program=(KEYS, LoseReply("amend"), Recall("keys"), Recover(), Recall("keys")))
def a_change_that_waits_is_written_twice(patch):
    honest = MemoryRegion.amend

    async def amend(self, engram_ids, step, op_id):
        journal = getattr(self, "journal", None)
        owing = journal is not None and journal.next_debt() is not None
        return await honest(self, engram_ids, step, uuid.uuid4().hex if owing else op_id)

    patch(MemoryRegion, "amend", amend)


@faults.caught()
class AmendLosesACountBetweenTwoTasks(EngramsWrapper):
    async def amend(self, engram_ids, change, *, op_id):
        read = {e.engram_id: e for e in await self.inner.get(engram_ids) if e is not None}
        for _ in range(10):  # without compare-and-set, what another task writes here is overwritten
            await asyncio.sleep(0)
        return await self.inner.amend(engram_ids, lambda e: change(read.get(e.engram_id, e)), op_id=op_id)


@faults.caught()
class AmendAppliesAChangeTwice(EngramsWrapper):
    async def amend(self, engram_ids, change, *, op_id):
        await self.inner.amend(engram_ids, change, op_id=f"{op_id} again")
        return await self.inner.amend(engram_ids, change, op_id=op_id)


@faults.caught()
def a_recall_counts_only_the_first(patch):
    honest = Anatomy.reconsolidate

    async def reconsolidate(self, engram_ids, change, op_id, *, patient=False):
        changed = await honest(self, engram_ids[:1], change, op_id, patient=patient)
        others = await self.owners(engram_ids[1:])
        return Changed({**{i: e for i, (_, e) in others.items()}, **changed.engrams}, changed.silent)

    patch(Anatomy, "reconsolidate", reconsolidate)


# Strength


@faults.caught()
def a_pin_is_ignored_by_the_index_of_forgetting(patch):
    patch(Fading, "forgotten_at", lambda self, engram, below=0.05: self.plasticity.forgotten_at(engram.trace))


@faults.caught()
def a_pin_is_ignored_by_retention(patch):
    patch(Fading, "retention", lambda self, engram, now: self.plasticity.strength(engram.trace, now))


@faults.caught()
def every_recall_strengthens_by_half(patch):
    honest = Hippocampus.reconsolidate

    async def reconsolidate(self, engram_ids, step, op_id, *, patient=False):
        def more(engram, fading):
            changed = step(engram, fading)
            trace = changed.trace
            return changed.model_copy(
                update={"trace": trace.model_copy(update={"half_life": 1.5 * trace.half_life})}
            )

        return await honest(self, engram_ids, more, op_id, patient=patient)

    patch(Hippocampus, "reconsolidate", reconsolidate)


@faults.caught()
def a_change_does_not_raise_the_revision(patch):
    def place(self, engram):
        kept = engram.model_copy(update={"revision": 0})
        return Placed(kept, self.fading.forgotten_at(kept))

    patch(MemoryRegion, "place", place)


@faults.caught()
def working_memory_has_no_bound(patch):
    def hold(self, chunk, now=None):
        self._chunks.pop(chunk.engram_id, None)
        self._chunks[chunk.engram_id] = chunk

    patch(PrefrontalCortex, "hold", hold)


# Speaking up


@faults.caught(trouble=True, first=162)
def a_recall_does_not_say_who_was_silent(patch):
    honest_retrieve, honest_reconsolidate, seen = Anatomy.retrieve, Anatomy.reconsolidate, {}

    async def retrieve(self, reading, features, limit, **how):
        answers = await honest_retrieve(self, reading, features, limit, **how)
        seen.update({echo.engram.engram_id: echo.engram for echo in answers.echoes})
        return answers

    async def reconsolidate(self, engram_ids, change, op_id, *, patient=False):
        changed = await honest_reconsolidate(self, engram_ids, change, op_id, patient=patient)
        return Changed({**{i: seen[i] for i in engram_ids if i in seen}, **changed.engrams}, ())

    patch(Anatomy, "retrieve", retrieve)
    patch(Anatomy, "reconsolidate", reconsolidate)


@faults.caught()
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


@faults.parametrize()
async def test_the_machine_catches_it_when(fault, programs, monkeypatch):
    await assert_caught(fault, programs, monkeypatch)
