"""The machine catches engrams that are lost, doubled, brought back or not found."""

import asyncio
from contextlib import asynccontextmanager

from catching import Faults, assert_caught

from neuro.connectome import Connectome
from neuro.engram import canonical_content
from neuro.pathways import perceiving
from neuro.pathways.life import Life
from neuro.pathways.oblivion import Oblivion
from neuro.pathways.perceiving import Perceiving
from neuro.regions.anatomy import Anatomy, Moved
from neuro.regions.hippocampus import Hippocampus
from neuro.regions.memory_index import MemoryIndex
from neuro.regions.memory_region import MemoryRegion
from neuro.regions.prefrontal_cortex import PrefrontalCortex
from neuro.stores.memory import MemoryEngrams, MemoryStore
from neuro.testing.doubles import EngramsWrapper

faults = Faults()


# Moving


@faults.caught()
def a_move_ignores_what_happened_meanwhile(patch):
    def depart(self, engram_id, revision, region):
        self._forwarding[engram_id] = region
        return True

    patch(Hippocampus, "depart", depart)


@faults.caught()
def a_recall_resurrects_what_has_moved(patch):
    honest = Anatomy.reconsolidate

    async def reconsolidate(self, engram_ids, step, op_id):
        read = [e for e in await self.hippocampus.reinstate(engram_ids) if e is not None]
        await asyncio.sleep(0)
        changed = await honest(self, engram_ids, step, op_id)
        for engram in read:
            if engram.engram_id not in self.hippocampus.recent:
                changed_here = step(engram, self.hippocampus.fading)
                self.hippocampus.recent.put(*self.hippocampus.place(changed_here))
        return changed

    patch(Anatomy, "reconsolidate", reconsolidate)


@faults.caught()
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


@faults.caught()
def a_move_leaves_the_source_behind(patch):
    def departed(self, engram_ids):
        for engram_id in engram_ids:
            self._forwarding.pop(engram_id, None)

    patch(Hippocampus, "departed", departed)


@faults.caught()
def a_move_lets_go_before_the_copy_has_arrived(patch):
    async def admit(self, engrams):
        return None

    patch(MemoryRegion, "admit", admit)


@faults.caught()
def an_abandoned_move_leaves_a_copy_arriving(patch):
    async def release(self, engram_id):
        return await self.store.delete(engram_id) if await self.store.get([engram_id]) != [None] else False

    patch(MemoryRegion, "release", release)


@faults.caught()
def everything_moves_to_the_neocortex(patch):
    patch(Anatomy, "home", lambda self, memory_type: self.long_term[0])


@faults.caught()
def settle_is_applied_twice(patch):
    async def admit(self, engrams):
        await self.store.insert([self.place(self.settle(self.settle(e))) for e in engrams], arriving=True)

    patch(MemoryRegion, "admit", admit)


@faults.caught(trouble=True)
def a_move_that_was_interrupted_is_never_finished(patch):
    async def settle_moves(self):
        return None

    patch(Anatomy, "settle_moves", settle_moves)


# Keeping and forgetting


@faults.caught()
class InsertOverwritesWhatIsAlike(EngramsWrapper):
    async def insert(self, items, *, arriving=False):
        for engram, *_ in items:
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


@faults.caught()
def a_night_undoes_a_forget(patch):
    honest = Hippocampus.depart

    def depart(self, engram_id, revision, region):
        gone = engram_id not in self.recent
        return gone or honest(self, engram_id, revision, region)

    patch(Anatomy, "forget", _forget_without_looking_elsewhere)
    patch(Hippocampus, "depart", depart)


@faults.caught(trouble=True)
def a_forget_leaves_the_copy_of_a_failed_move(patch):
    async def forget(self, engram_id):
        async with self._moving:
            return await _forget_without_looking_elsewhere(self, engram_id)

    patch(Anatomy, "forget", forget)


@faults.caught()
def an_act_that_is_under_way_brings_back_what_was_forgotten(patch):
    patch(Oblivion, "__contains__", lambda self, engram_id: False)


@faults.caught()
def a_restart_undoes_a_forget(patch):
    honest = MemoryStore.write_journal

    async def write_journal(self, engrams, *, drop=()):
        await honest(self, engrams)

    patch(MemoryStore, "write_journal", write_journal)


@faults.caught()
def a_forgotten_engram_stays_in_mind(patch):
    patch(PrefrontalCortex, "release", lambda self, engram_id: False)


@faults.caught()
def a_forgotten_engram_stays_wired(patch):
    @asynccontextmanager
    async def forgetting(self, engram_id):
        yield

    patch(Connectome, "forgetting", forgetting)


@faults.caught()
def decay_deletes(patch):
    async def fade(self, now):
        faded = await self.store.due(now, limit=100)
        for engram_id in faded:
            await self.store.delete(engram_id)
        return faded

    patch(MemoryRegion, "fade", fade)


@faults.caught()
def the_close_writes_nothing_down(patch):
    async def write_journal(self, engrams, *, drop=()):
        return None

    patch(MemoryStore, "write_journal", write_journal)


# Finding


@faults.caught()
def what_is_new_is_not_found_before_a_restart(patch):
    honest = MemoryIndex.add

    def add(self, engram):
        if not self._filled:
            honest(self, engram)

    patch(MemoryIndex, "add", add)


@faults.caught()
def a_restart_finds_nothing_of_one_region(patch):
    honest = MemoryIndex._read

    async def read(self, region):
        if region.name != "cerebellum":
            await honest(self, region)

    patch(MemoryIndex, "_read", read)


@faults.caught()
def the_dormant_do_not_answer(patch):
    honest = Anatomy.retrieve

    async def retrieve(self, reading, features, limit):
        answers = await honest(self, reading, features, limit)
        now = self.hippocampus._clock.now()
        awake = [e for e in answers.echoes if not self.dormant(e.engram, now)]
        return answers._replace(echoes=awake)

    patch(Anatomy, "retrieve", retrieve)


@faults.caught()
def who_asks_during_a_move_may_miss_it(patch):
    async def reach(self, engram_ids):
        found = {}
        for region in (*self.long_term, self.hippocampus):  # the hippocampus must be asked first
            for engram in await region.reinstate(engram_ids):
                if engram is not None:
                    found[engram.engram_id] = (region, engram)
        return found, {}

    patch(Anatomy, "_reach", reach)


@faults.caught()
def a_list_leaves_out_the_hippocampus(patch):
    honest = Anatomy.browse

    async def browse(self, shown, limit, after):
        return await honest(
            self, lambda e: shown(e) and e.engram_id not in self.hippocampus.recent, limit, after
        )

    patch(Anatomy, "browse", browse)


# Repeats


@faults.caught()
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


@faults.caught()
def a_repeat_of_what_is_remote_is_not_recognised(patch):
    async def find(self, digests):
        return [None] * len(digests)

    patch(Anatomy, "find", find)


@faults.caught()
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


@faults.parametrize()
async def test_the_machine_catches_it_when(fault, trouble, monkeypatch):
    await assert_caught(fault, trouble, monkeypatch)
