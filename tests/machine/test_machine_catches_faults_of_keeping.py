"""The machine catches engrams that are lost, doubled or brought back."""

import asyncio
import uuid
from collections import defaultdict

from catching import Faults, a_move_that_failed_is_not_tried_again, assert_caught

from neuro.connectome import Connectome
from neuro.pathways.oblivion import Oblivion
from neuro.pathways.sharing import Sharing
from neuro.pathways.waking import Body
from neuro.regions.anatomy import Anatomy
from neuro.regions.cerebellum import Cerebellum
from neuro.regions.journal import Journal
from neuro.regions.memory_index import MemoryIndex
from neuro.regions.memory_region import MemoryRegion, stretched
from neuro.regions.prefrontal_cortex import PrefrontalCortex
from neuro.stores.base import Happening, Insert, Remove, Unlink
from neuro.testing.doubles import StoreWrapper
from neuro.testing.machine import (
    LoseReply,
    Other,
    Outage,
    Perceive,
    Recall,
    Recover,
    Seek,
    Sleep,
    Together,
    Wait,
)
from neuro.units import DAY

KEYS = Perceive("Dana forgot the keys")
RECALLS = (Other(Recall("keys")), Other(Recall("Dana")))

faults = Faults()


# Moving


def _moving(*writes):
    """A move that makes some of these writes for each engram, one after the other."""

    async def move(self, engrams, destination):
        for engram in engrams:
            arriving = destination.place(destination.settle(engram))
            for write in writes:
                await self._store.write([write(self.hippocampus.name, engram, destination.name, arriving)])
        return [engram.engram_id for engram in engrams]

    return move


def _removed(source, engram, destination, arriving):
    return Remove(source, engram.engram_id, engram.revision)


def _removed_as_it_is_by_now(source, engram, destination, arriving):
    return Remove(source, engram.engram_id)


def _inserted(source, engram, destination, arriving):
    return Insert(destination, arriving)


@faults.caught()
def a_move_ignores_what_happened_meanwhile(patch):
    patch(Anatomy, "_move", _moving(_removed_as_it_is_by_now, _inserted))


@faults.caught()
def a_move_leaves_the_source_behind(patch):
    patch(Anatomy, "_move", _moving(_inserted))


@faults.caught()
def a_move_loses_what_it_takes(patch):
    patch(Anatomy, "_move", _moving(_removed))


@faults.caught()
def a_move_is_seen_half_done(patch):
    patch(Anatomy, "_move", _moving(_removed_as_it_is_by_now, _inserted))


@faults.caught(trouble=True)
def a_move_that_is_interrupted_leaves_both(patch):
    patch(Anatomy, "_move", _moving(_inserted, _removed_as_it_is_by_now))


faults.caught(program=(KEYS, Together((Sleep(), Outage())), Recover()))(a_move_that_failed_is_not_tried_again)


@faults.caught()
def a_recall_resurrects_what_has_moved(patch):
    honest = Anatomy.reconsolidate

    async def reconsolidate(self, engram_ids, step, op_id, *, patient=False):
        read = [e for e in await self.hippocampus.reinstate(engram_ids) if e is not None]
        await asyncio.sleep(0)
        changed = await honest(self, engram_ids, step, op_id, patient=patient)
        written = [self.hippocampus.place(step(engram, self.hippocampus.fading)) for engram in read]
        await self.hippocampus.store.insert(written, writer=self.hippocampus.journal.writer)
        return changed

    patch(Anatomy, "reconsolidate", reconsolidate)


@faults.caught()
def everything_moves_to_the_neocortex(patch):
    patch(Anatomy, "home", lambda self, memory_type: self.long_term[0])


@faults.caught()
def settle_is_applied_twice(patch):
    def settle(self, engram):
        return engram.with_trace(stretched(engram, self.params.resistance**2))

    patch(Cerebellum, "settle", settle)


# Keeping


@faults.caught()
class WriteOverwritesWhatIsAlike(StoreWrapper):
    async def write(self, writes, *, op_id=None):
        for write in writes:
            if isinstance(write, Insert):
                new, engrams = write.placed.engram, self.inner.engrams(write.region)
                for other in await engrams.scan():
                    alike = other.content.split()[:3] == new.content.split()[:3]
                    if alike and other.engram_id != new.engram_id:
                        await engrams.delete(other.engram_id)
        await self.inner.write(writes, op_id=op_id)


@faults.caught(trouble=True)
def a_perceive_returns_before_its_write(patch):
    honest = Journal.write

    async def write(self, engram_ids=()):
        self.later = asyncio.ensure_future(honest(self))
        self.later.add_done_callback(lambda done: done.cancelled() or done.exception())
        return True

    patch(Journal, "write", write)
    patch(Journal, "owes", lambda self, engram_id: False)


@faults.caught(trouble=True)
def what_waits_is_dropped(patch):
    honest = Journal._write_groups

    async def write_groups(self):
        if len(self._groups) > 1:
            self._waiting.difference_update(p.engram.engram_id for p in self._groups.pop(0).items)
        await honest(self)

    patch(Journal, "_write_groups", write_groups)


@faults.caught(brains=2, program=(LoseReply("write"), KEYS, Wait(DAY), Other(Sleep()), Recover(), Sleep()))
def what_waits_is_written_twice(patch):
    honest = Journal._write_group

    async def write_group(self, group):
        group.op_id = uuid.uuid4().hex  # so the store cannot know that it has had it
        await honest(self, group)

    patch(Journal, "_write_group", write_group)


@faults.caught(trouble=True)
def what_a_killed_brain_leaves_is_nobodys(patch):
    async def adopt(self, sleeps):
        return None

    patch(Sharing, "adopt", adopt)


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
    async def write_down(self):
        await self.sharing.leave()

    patch(Body, "write_down", write_down)


@faults.caught(trouble=True, first=142)
def wires_are_written_before_what_they_lead_to(patch):
    patch(Connectome, "_ripe", lambda self, born: (self._new, defaultdict(dict)))


# Forgetting


def _forgetting(found_in, *, unlinked=True):
    """A forget that deletes from some regions alone."""

    async def forget(self, engram_ids, also=()):
        owners = {}
        for region in self.memory_regions:
            for engram in await region.store.get(engram_ids):
                if engram is not None:
                    owners[engram.engram_id] = region.name
        writes = [Remove(name, i) for i in engram_ids for name in found_in(self, owners.get(i))]
        await self._store.write([*writes, *(Unlink(i) for i in engram_ids if unlinked)])
        for engram_id in engram_ids:
            self.let_go(engram_id)
        return owners

    return forget


@faults.caught()
def a_forget_forgets_one_region_only(patch):
    patch(Anatomy, "forget", _forgetting(lambda self, owner: [self.hippocampus.name]))


@faults.caught(first=18)
def a_night_undoes_a_forget(patch):
    patch(Anatomy, "forget", _forgetting(lambda self, owner: [] if owner is None else [owner]))


@faults.caught()
def a_forget_is_not_written(patch):
    patch(Anatomy, "forget", _forgetting(lambda self, owner: []))


@faults.caught()
def a_forgotten_engram_stays_wired(patch):
    everywhere = _forgetting(lambda self, owner: [r.name for r in self.memory_regions], unlinked=False)
    patch(Anatomy, "forget", everywhere)


@faults.caught(trouble=True)
def what_is_forgotten_is_written_when_the_store_is_back(patch):
    async def settle(self):
        return None

    patch(Anatomy, "settle", settle)


@faults.caught()
def an_act_that_is_under_way_brings_back_what_was_forgotten(patch):
    patch(Oblivion, "__contains__", lambda self, engram_id: False)


@faults.caught()
def a_forgotten_engram_stays_in_mind(patch):
    patch(PrefrontalCortex, "release", lambda self, engram_id: False)


# Living with another brain


@faults.caught(brains=2)
def news_are_not_listened_to(patch):
    async def take_in(self, news):
        return None

    patch(Sharing, "_take_in", take_in)


@faults.caught(brains=2)
def it_is_not_heard_what_another_forgot(patch):
    honest = Sharing._take_in

    async def take_in(self, news):
        kept = tuple(one for one in news.happened if one[0] != Happening.REMOVED)
        await honest(self, news._replace(happened=kept))

    patch(Sharing, "_take_in", take_in)


@faults.caught(brains=2, program=(Together((*RECALLS, KEYS, *RECALLS)), Other(Seek(0))))
def what_is_heard_during_the_first_recall_is_missed(patch):
    patch(MemoryIndex, "wants", lambda self, engram_id: self.filled and engram_id not in self._index)


@faults.caught(brains=2)
def a_lease_is_never_released(patch):
    async def release(self, lease):
        return None

    patch(StoreWrapper, "release", release)


@faults.parametrize()
async def test_the_machine_catches_it_when(fault, programs, monkeypatch):
    await assert_caught(fault, programs, monkeypatch)
