"""Each check of a brain earns its place: it catches a fault that is planted alone in an honest brain."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from neuro.errors import StoreUnavailableError
from neuro.pathways.life import Life
from neuro.pathways.perceiving import Perceiving
from neuro.pathways.waking import Body
from neuro.regions.anatomy import Anatomy
from neuro.regions.memory_region import MemoryRegion
from neuro.sleep import SleepCycle
from neuro.sleep.downscaling import Downscaling
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
        return None

    patch(Body, "write_down", write_down)


@caught_by(check_what_was_forgotten_stays_forgotten)
def a_restart_undoes_a_forget(patch):
    honest = MemoryStore.write_journal

    async def write_journal(self, engrams, *, drop=()):
        await honest(self, engrams)

    patch(MemoryStore, "write_journal", write_journal)


@caught_by(check_a_thousand_nights_without_waking_time_change_nothing)
def every_night_counts_in_full(patch):
    honest = Downscaling.run

    async def run(self, night):
        night.weight = 1.0
        return await honest(self, night)

    patch(Downscaling, "run", run)


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

    async def forget(self, engram_id):
        lock = self.__dict__.setdefault("_one", asyncio.Lock())
        await lock.acquire()
        region = await honest(self, engram_id)
        lock.release()
        return region

    patch(Anatomy, "forget", forget)


@caught_by(check_a_cancelled_sleep_leaves_one_owner_each)
def a_cancelled_night_is_never_made_up_for(patch):
    async def sleep(self):
        return await self._live()

    patch(SleepCycle, "sleep", sleep)
    _moves_are_not_settled(patch)


@caught_by(check_a_night_that_fails_anywhere_is_made_up_for)
def _moves_are_not_settled(patch):
    async def settle_moves(self):
        return None

    patch(Anatomy, "settle_moves", settle_moves)


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
    patch(Body, "unwritten", lambda self: 0)


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
