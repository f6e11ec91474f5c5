"""Each check of a brain earns its place: it catches a fault that is planted alone in an honest brain."""

import asyncio
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace

import pytest
from catching import a_move_that_failed_is_not_tried_again

from neuro.errors import StoreUnavailableError
from neuro.pathways import calendar, leasing, nights, sharing
from neuro.pathways.life import Life
from neuro.pathways.mind import Mind
from neuro.pathways.perceiving import Perceiving
from neuro.pathways.sharing import Sharing
from neuro.pathways.waking import Body
from neuro.regions.anatomy import Anatomy
from neuro.regions.journal import Journal
from neuro.regions.memory_region import MemoryRegion
from neuro.sleep import SleepCycle
from neuro.stores import Lease, Remove
from neuro.stores.memory import MemoryEngrams, MemoryStore
from neuro.testing.brain import BRAIN_CHECKS, lives, memory_place
from neuro.testing.brain.giving_up import (
    check_a_cancelled_forget_happened_or_did_not,
    check_a_cancelled_perceive_happened_or_did_not,
    check_a_cancelled_recall_happened_or_did_not,
    check_a_cancelled_sleep_leaves_one_owner_each,
    check_closing_during_acts_finishes_or_refuses_them,
)
from neuro.testing.brain.keeping import (
    check_a_thousand_acts_at_once_are_safe,
    check_a_thousand_nights_without_waking_time_change_nothing,
    check_everything_perceived_is_there_after_closing,
    check_twenty_recalls_at_once_show_as_twenty,
    check_twenty_recalls_show_as_twenty,
    check_what_was_forgotten_stays_forgotten,
)
from neuro.testing.brain.outages import (
    check_a_brain_goes_on_while_its_store_is_away,
    check_a_night_that_fails_anywhere_is_made_up_for,
    check_closing_without_the_store_says_how_much_is_lost,
    check_the_sleep_cycle_tries_until_the_store_is_back,
    check_what_cannot_be_kept_did_not_happen,
    check_what_waits_is_bounded_and_written_once,
)
from neuro.testing.brain.sharing import (
    check_a_sleeper_that_was_paused_writes_nothing,
    check_one_brain_sleeps_at_a_time,
    check_recalls_of_two_brains_add_up,
    check_the_lease_of_a_brain_that_is_gone_ends,
    check_what_a_brain_leaves_is_adopted_once,
    check_what_one_forgets_the_other_does_not_recall,
    check_what_one_perceives_the_other_recalls,
    check_what_was_acknowledged_outlives_its_brain,
)
from neuro.units import DAY

PLANTED = []


def caught_by(*checks):
    """The checks that must fail in a brain with this fault."""

    def register(plant):
        PLANTED.extend((plant, check) for check in checks)
        return plant

    return register


@caught_by(check_everything_perceived_is_there_after_closing)
def the_close_writes_nothing_down(patch):
    async def write_down(self):
        await self.sharing.leave()

    patch(Body, "write_down", write_down)


def _forgetting(found_in):
    """A forget that deletes from some regions alone."""

    async def forget(self, engram_ids, also=()):
        await self._store.write([Remove(name, i) for i in engram_ids for name in found_in(self)])
        for engram_id in engram_ids:
            self.let_go(engram_id)
        return dict.fromkeys(engram_ids, self.hippocampus.name)

    return forget


@caught_by(check_what_was_forgotten_stays_forgotten)
def a_forget_forgets_one_region_only(patch):
    patch(Anatomy, "forget", _forgetting(lambda self: [self.hippocampus.name]))


@caught_by(check_what_was_forgotten_stays_forgotten)
def a_restart_undoes_a_forget(patch):
    patch(Anatomy, "forget", _forgetting(lambda self: []))


@caught_by(check_a_thousand_nights_without_waking_time_change_nothing)
def every_night_counts_in_full(patch):
    patch(calendar, "_weight", lambda waking, sleeps, full_day: 1.0)


@caught_by(check_twenty_recalls_show_as_twenty)
def a_recall_strengthens_a_copy_of_what_is_remote(patch):
    async def reconsolidate(self, engram_ids, step, op_id):
        return [step(e, self.fading) for e in await self.reinstate(engram_ids) if e is not None]

    patch(MemoryRegion, "reconsolidate", reconsolidate)


@caught_by(check_twenty_recalls_at_once_show_as_twenty, check_a_thousand_acts_at_once_are_safe)
def a_count_is_lost_between_two_tasks(patch):
    honest = MemoryEngrams.amend

    async def amend(self, engram_ids, change, *, op_id):
        read = {e.engram_id: e for e in await self.get(engram_ids) if e is not None}
        await asyncio.sleep(0.02)  # what another task writes meanwhile is overwritten
        return await honest(self, engram_ids, lambda e: change(read.get(e.engram_id, e)), op_id=op_id)

    patch(MemoryEngrams, "amend", amend)


def _cancellable(patch):
    async def finish(self, act):
        return await act

    patch(Life, "finish", finish)


@caught_by(check_a_cancelled_perceive_happened_or_did_not)
def a_cancelled_perceive_stays_locked(patch):
    _cancellable(patch)
    locks = {}

    @asynccontextmanager
    async def one_at_a_time(self, keys):
        for key in keys:
            await locks.setdefault(key, asyncio.Lock()).acquire()
        yield
        for key in keys:
            locks[key].release()

    patch(Life, "one_at_a_time", one_at_a_time)


@caught_by(check_a_cancelled_recall_happened_or_did_not)
def a_cancelled_recall_counts_half_of_what_it_found(patch):
    _cancellable(patch)


@caught_by(check_a_cancelled_forget_happened_or_did_not)
def a_cancelled_forget_stays_locked(patch):
    _cancellable(patch)
    honest = Anatomy.forget

    async def forget(self, engram_ids, also=()):
        lock = self.__dict__.setdefault("_one", asyncio.Lock())
        await lock.acquire()
        owners = await honest(self, engram_ids, also)
        lock.release()
        return owners

    patch(Anatomy, "forget", forget)


@caught_by(check_a_cancelled_sleep_leaves_one_owner_each)
def a_cancelled_night_is_never_made_up_for(patch):
    async def sleep(self):
        return await self._live()

    patch(SleepCycle, "sleep", sleep)
    a_move_that_failed_is_not_tried_again(patch)


caught_by(check_a_night_that_fails_anywhere_is_made_up_for)(a_move_that_failed_is_not_tried_again)


@caught_by(check_a_night_that_fails_anywhere_is_made_up_for)
def an_adoption_that_failed_is_not_tried_again(patch):
    honest = Sharing.adopt

    async def adopt(self, sleeps):
        self._adopting = False
        await honest(self, sleeps)

    patch(Sharing, "adopt", adopt)


@caught_by(check_closing_during_acts_finishes_or_refuses_them)
def a_recall_that_began_before_the_close_counts_after_it(patch):
    async def finish(self, act):
        return await asyncio.shield(asyncio.ensure_future(act))

    patch(Life, "finish", finish)


@caught_by(check_a_brain_goes_on_while_its_store_is_away)
def a_perceive_needs_the_store(patch):
    async def find(self, digests):
        return await self._body.anatomy.find(digests)

    patch(Perceiving, "_find", find)


@caught_by(check_the_sleep_cycle_tries_until_the_store_is_back)
def the_cycle_waits_for_ever_longer(patch):
    honest = SleepCycle.__init__

    def init(self, night, **options):
        honest(self, night, **options)
        self._params = self._params.model_copy(update={"longest_pause": DAY})

    patch(SleepCycle, "__init__", init)


@caught_by(check_closing_without_the_store_says_how_much_is_lost)
def the_close_says_nothing_of_what_is_lost(patch):
    patch(Journal, "unwritten", 0)


@caught_by(check_what_cannot_be_kept_did_not_happen)
def what_cannot_be_written_stays_in_mind(patch):
    patch(Sharing, "let_go", lambda self, engram_id: self._anatomy.let_go(engram_id))


@caught_by(check_what_cannot_be_kept_did_not_happen)
def a_perceive_returns_before_its_write(patch):
    async def write(self, engram_ids=()):
        return True

    patch(Journal, "write", write)


@caught_by(check_what_waits_is_bounded_and_written_once)
def what_waits_has_no_bound(patch):
    patch(Journal, "check_room", lambda self, count: None)


@caught_by(check_what_waits_is_bounded_and_written_once)
def a_change_that_waits_is_never_written(patch):
    honest = Journal.owe

    def owe(self, debt):
        honest(self, debt)
        self.paid(debt)

    patch(Journal, "owe", owe)


# Living with other brains


@caught_by(check_what_one_perceives_the_other_recalls, check_what_one_forgets_the_other_does_not_recall)
def news_are_not_listened_to(patch):
    async def take_in(self, news):
        return None

    patch(Sharing, "_take_in", take_in)


@caught_by(check_recalls_of_two_brains_add_up)
def each_counts_for_itself(patch):
    honest = MemoryRegion.amend

    async def amend(self, engram_ids, step, op_id):
        own = self.__dict__.setdefault("_own", {})

        def step_of_its_own(engram, fading):
            changed = step(engram.with_trace(own.get(engram.engram_id, engram.trace)), fading)
            own[engram.engram_id] = changed.trace
            return changed

        return await honest(self, engram_ids, step_of_its_own, op_id)

    patch(MemoryRegion, "amend", amend)


@caught_by(check_what_was_acknowledged_outlives_its_brain)
def what_is_perceived_is_written_by_the_next_act_or_the_close(patch):
    honest = Body.write_down

    async def write(self, engram_ids=()):
        return True

    async def write_down(self):
        await self.journal.drain()
        await honest(self)

    patch(Journal, "write", write)
    patch(Body, "write_down", write_down)


@caught_by(check_everything_perceived_is_there_after_closing, check_what_was_acknowledged_outlives_its_brain)
def the_mind_is_not_written_down(patch):
    patch(Mind, "writing", lambda self, *, whole=False: nullcontext([]))


@caught_by(check_what_a_brain_leaves_is_adopted_once)
def nobody_adopts(patch):
    async def adopt(self, sleeps):
        return None

    patch(Sharing, "adopt", adopt)


@caught_by(check_what_a_brain_leaves_is_adopted_once)
def everybody_adopts(patch):
    honest = MemoryEngrams.take_over

    def take_over(self, writer, abandoned):
        taken = honest(self, writer, abandoned)
        for engram_id in taken:
            self._held[engram_id] = replace(self._held[engram_id], writer=None)
        return taken

    patch(MemoryEngrams, "take_over", take_over)


@caught_by(check_what_a_brain_leaves_is_adopted_once)
def what_the_living_have_is_adopted(patch):
    patch(sharing, "SILENCE", -1.0)


@caught_by(check_one_brain_sleeps_at_a_time)
def a_lease_is_never_respected(patch):
    async def acquire(store, holder, clock):
        return Lease(holder, 1 << 30, clock.now())

    patch(leasing, "_acquire", acquire)


@caught_by(check_one_brain_sleeps_at_a_time)
def a_lease_is_never_released(patch):
    async def release(self, lease):
        return None

    patch(MemoryStore, "release", release)


@caught_by(check_the_lease_of_a_brain_that_is_gone_ends)
def a_lease_lasts_for_ever(patch):
    patch(leasing, "LEASE", DAY)


@caught_by(check_a_sleeper_that_was_paused_writes_nothing)
def a_late_night_goes_on(patch):
    patch(nights, "fenced", lambda fence: nullcontext())


@pytest.mark.parametrize(
    ("plant", "check"), PLANTED, ids=[f"{plant.__name__}-{check.__name__}" for plant, check in PLANTED]
)
async def test_a_check_catches_the_fault(plant, check, monkeypatch):
    monkeypatch.setattr(lives, "STUCK_AFTER", 0.2)
    plant(monkeypatch.setattr)
    with pytest.raises((AssertionError, StoreUnavailableError)):
        await check(memory_place())


def test_every_check_is_known_to_catch_something():
    assert {check for _, check in PLANTED} == {*BRAIN_CHECKS}
