"""The brain's own time over stores: closed, crashed, shared by processes, asleep, and with clocks that go back."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from telling import DAY, HOUR, OpenPlace, encoded, kept

from neuro import Brain, BrainClosedError, BrainConfig, Engram, SleepReport
from neuro.clock import SimulatedClock, TimeParams
from neuro.errors import StoreUnavailableError
from neuro.presets import human
from neuro.stores import MemoryStore
from neuro.testing import CountingStore, InterleavingStore, StoreWrapper

MINUTE = 60.0
FERRY, TRAIN = "The ferry leaves at noon", "The train is late"
WALL = human().model_copy(update={"time": TimeParams.wall()})


class SteppedClock(SimulatedClock):
    """A clock that somebody sets."""

    def set(self, now: float) -> None:
        self._now = now


async def crash(brain: Brain) -> None:
    """Nothing that the process had not written reaches the store."""
    assert isinstance(brain.store, StoreWrapper)
    brain.store.durable = False
    await brain.close()


def days(brain: Brain) -> float:
    return brain.inspect().brain_time / DAY


# Closed


@pytest.mark.parametrize(
    ("config", "cost"), [(human(), 1.5), (WALL, 30.0)], ids=["by default", "in wall time"]
)
@pytest.mark.parametrize("nights", [0, 1])
async def test_a_month_in_which_it_was_closed_costs(
    nights: int, config: BrainConfig, cost: float, place: OpenPlace
):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock, config=config) as brain:
        engram_id = (await encoded(brain, FERRY, salience=0.5)).engram_id
        for _ in range(nights):
            await brain.sleep()
        left = brain.hours_left(await brain.get(engram_id))
    await clock.advance(30 * DAY)
    async with Brain.create(await place(), clock=clock, config=config) as brain:
        assert days(brain) == pytest.approx(cost)
        engram = await brain.get(engram_id)
        assert brain.hours_left(engram) == pytest.approx(left - 24 * cost)
        assert brain.retention(engram) == pytest.approx(1.0 / (1.01 + cost / 10.0))
        report = await brain.sleep()
        assert report.weight == 0.0  # nothing was lived through


@pytest.mark.parametrize("rate", [0.0, 0.25, 1.0])
async def test_how_fast_time_runs_for_the_closed_and_the_sleeping_is_configured(
    rate: float, place: OpenPlace
):
    clock = SimulatedClock()
    config = BrainConfig(time=TimeParams(asleep=rate, closed=rate))
    async with Brain.create(await place(), clock=clock, config=config) as brain:
        await encoded(brain, FERRY)
        await clock.advance(DAY)
        async with brain.asleep():
            await clock.advance(DAY)
        assert days(brain) == pytest.approx(1.0 + rate)
    await clock.advance(4 * DAY)
    async with Brain.create(await place(), clock=clock, config=config) as brain:
        assert days(brain) == pytest.approx(1.0 + 5.0 * rate)


async def test_time_awake_counts_even_if_nothing_was_done(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        await encoded(brain, FERRY)
    async with Brain.create(await place(), clock=clock):
        await clock.advance(3 * DAY)
    async with Brain.create(await place(), clock=clock) as brain:
        assert days(brain) == pytest.approx(3.0)
        assert (await brain.sleep()).weight == 1.0


# Asleep


async def test_asleep_time_runs_slower_after_a_night(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        await encoded(brain, FERRY)
        await clock.advance(16 * HOUR)
        async with brain.asleep() as report:
            assert isinstance(report, SleepReport)
            assert (report["consolidated"], report.weight) == (1, 1.0)
            await clock.advance(8 * HOUR)
            assert days(brain) == pytest.approx((16 + 0.05 * 8) / 24)
        await clock.advance(16 * HOUR)
        assert days(brain) == pytest.approx((32 + 0.05 * 8) / 24)
        assert (await brain.sleep()).weight == 1.0


@pytest.mark.parametrize("asleep", [0.0, 8 * HOUR, 100 * HOUR])
async def test_a_night_weighs_the_time_awake_and_not_that_asleep_or_closed(asleep: float, place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        await encoded(brain, FERRY)
        await clock.advance(6 * HOUR)
        with brain.time.asleep():
            await clock.advance(asleep)
        assert (await brain.sleep()).weight == pytest.approx(6 / 16)
        await brain.sleep(days=1)
        await clock.advance(2 * HOUR)
    await clock.advance(asleep)
    async with Brain.create(await place(), clock=clock) as brain:
        await clock.advance(2 * HOUR)
        assert (await brain.sleep()).weight == pytest.approx(4 / 16)


async def test_sleep_that_is_not_over_is_kept_by_an_error_or_a_night_within():
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        await encoded(brain, FERRY)
        with pytest.raises(ZeroDivisionError):
            async with brain.asleep():
                await brain.sleep()
                await clock.advance(DAY)
                raise ZeroDivisionError
        assert days(brain) == pytest.approx(0.05)
        await clock.advance(DAY)
        assert days(brain) == pytest.approx(1.05)


def numbers(engram: Engram) -> list[float]:
    """All that can change of a trace."""
    trace = engram.trace.model_dump(exclude={"recent"}, exclude_none=True)
    return [*trace.values(), *engram.trace.recent]


async def test_a_week_of_sleep_equals_seven_days_with_a_night_each(place: OpenPlace, tmp_path: Path):
    """But for the clock, which stands still in the one."""

    async def begun(brain: Brain) -> None:
        for content, kind in ((FERRY, "episodic"), (TRAIN, "procedural")):
            await encoded(brain, content, memory_type=kind, salience=0.7)
        await brain.recall("ferry", limit=1)
        await brain.pin((await encoded(brain, "The key is under the mat")).engram_id)

    one, other = SimulatedClock(), SimulatedClock()
    async with (
        Brain.create(await place(), clock=one, ids=lambda at: f"{next(first):032x}") as quick,
        Brain.create(clock=other, ids=lambda at: f"{next(second):032x}") as slow,
    ):
        first, second = iter(range(1, 99)), iter(range(1, 99))
        await begun(quick)
        await begun(slow)
        total = await quick.sleep(days=7)
        reports: list[SleepReport] = []
        for _ in range(7):
            await other.advance(16 * HOUR)
            with slow.time.asleep():
                await other.advance(8 * HOUR)
            reports.append(await slow.sleep())
        assert one.now() == 0.0 and other.now() == 7 * DAY
        assert days(quick) == pytest.approx(days(slow)) == pytest.approx(7 * (16 + 0.4) / 24)
        assert quick.inspect().sleeps == slow.inspect().sleeps == 7.0
        assert (total.weight, total.started_at) == (7.0, reports[0].started_at)
        working_memory = {"pruned_wm"}  # which goes by the clock
        for name in set(total) - working_memory:
            assert total[name] == sum(report[name] for report in reports)
        assert {name: sorted(ids) for name, ids in total.moved.items()} == {
            name: sorted(ids) for name, ids in SleepReport.of_many(reports).moved.items()
        }
        for a, b in zip(await quick.list(), await slow.list(), strict=True):
            assert numbers(a) == pytest.approx(numbers(b))
            assert a.consolidation is b.consolidation
            assert quick.retention(a) == pytest.approx(slow.retention(b))


async def test_a_brain_that_is_closed_sleeps_no_more_days(place: OpenPlace):
    clock = SimulatedClock()
    brain = await Brain.create(await place(), clock=clock)
    await encoded(brain, FERRY)
    third = asyncio.Event()
    brain.observers.subscribe(SleepReport, lambda _: brain.inspect().sleeps >= 3.0 and third.set())
    sleeping = asyncio.ensure_future(brain.sleep(days=10_000))
    await third.wait()
    await brain.close()
    with pytest.raises(BrainClosedError):
        await sleeping
    async with Brain.create(await place(), clock=clock) as brain:
        assert 3.0 <= brain.inspect().sleeps < 100.0
        assert len(await brain.list()) == 1


# Crashes


@pytest.mark.parametrize("seed", range(4))
async def test_after_a_crash_time_is_not_behind_any_trace(seed: int, place: OpenPlace):
    rng, clock = random.Random(seed), SimulatedClock(start=1e6)
    for number in range(6):
        brain = await Brain.create(StoreWrapper(await place()), clock=clock, config=human())
        now = brain.inspect().brain_time
        assert all(engram.trace.last_access <= now for engram in await brain.list(dormant=True))
        await encoded(brain, f"ferry number {number}")
        for _ in range(rng.randrange(1, 5)):
            await clock.advance(rng.choice([1.0, 600.0, 5 * HOUR, 3 * DAY]))
            act = rng.choice(["recall", "repeat", "night"])
            if act == "recall":
                await brain.recall("ferry")
            elif act == "repeat":
                await brain.perceive("ferry number 0")
            else:
                await brain.sleep()
        await (brain.close() if rng.random() < 0.3 else crash(brain))


async def test_a_crash_skips_a_minute_at_most_and_an_orderly_close_nothing(place: OpenPlace):
    clock = SimulatedClock()
    brain = await Brain.create(StoreWrapper(await place()), clock=clock)
    await encoded(brain, FERRY)
    await brain.sleep()
    await clock.advance(10 * HOUR)
    await brain.recall("ferry")
    await crash(brain)
    async with Brain.create(await place(), clock=clock) as brain:
        assert 10 * HOUR < brain.inspect().brain_time <= 10 * HOUR + MINUTE
        await clock.advance(HOUR)
        await brain.recall("ferry")
        closed = brain.inspect().brain_time
    async with Brain.create(await place(), clock=clock) as brain:
        assert brain.inspect().brain_time == pytest.approx(closed)


async def test_time_is_written_down_at_most_once_a_minute():
    clock, store = SimulatedClock(), CountingStore(MemoryStore())
    async with Brain.create(store, clock=clock) as brain:
        await encoded(brain, FERRY)
        await brain.sleep()
        store.reset()
        for _ in range(300):
            await clock.advance(1.0)
            await brain.recall("ferry")
        assert 1 <= store.calls["amend_document"] <= 5


# Several processes


async def test_two_processes_agree_after_their_nights(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as alice:
        await encoded(alice, FERRY)
        await alice.sleep()
        await clock.advance(5 * DAY)
        async with Brain.create(await place(), clock=clock) as bob:
            assert days(bob) == pytest.approx(0.25)  # he has not heard yet that she was awake
            await clock.advance(DAY)
            await alice.sleep()
            await bob.sleep()
            assert days(bob) == days(alice) == pytest.approx(6.0)
            assert bob.inspect().sleeps == alice.inspect().sleeps == 1.0
            for night in range(3):
                await clock.advance(16 * HOUR)
                await (alice if night % 2 else bob).sleep()
            await clock.advance(HOUR)
            for brain in (bob, alice, bob):
                await brain.sleep()
            assert days(bob) == days(alice) == pytest.approx(8.0 + 1 / 24)
            assert bob.inspect().sleeps == alice.inspect().sleeps == pytest.approx(4.0 + 1 / 16)
            engrams = [await brain.list() for brain in (alice, bob)]
            assert engrams[0] == engrams[1]
            assert alice.retention(engrams[0][0]) == bob.retention(engrams[1][0])


async def test_who_was_awake_alone_goes_on_from_where_the_other_ended(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        await encoded(brain, FERRY)
    alice = await Brain.create(await place(), clock=clock)
    await clock.advance(5 * DAY)
    async with Brain.create(await place(), clock=clock) as bob:
        await clock.advance(DAY)
        await alice.close()
        assert days(bob) == pytest.approx(1.25)
        await clock.advance(2 * DAY)
        await bob.sleep()
        assert days(bob) == pytest.approx(8.0)


async def test_looking_in_from_another_process_costs_no_time(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as alice:
        await encoded(alice, FERRY)
        await alice.sleep()
        for _ in range(16):
            await clock.advance(HOUR)
            await alice.recall("ferry")
            async with Brain.create(await place(), clock=clock) as bob:
                await bob.recall("ferry")
        assert (await alice.sleep()).weight == pytest.approx(1.0, abs=0.02)
        assert 16 * HOUR <= alice.inspect().brain_time <= 16 * HOUR + 16 * MINUTE


async def test_two_nights_of_one_day_weigh_as_one(place: OpenPlace):
    clock = SimulatedClock()
    async with (
        Brain.create(await place(), clock=clock) as alice,
        Brain.create(await place(), clock=clock) as bob,
    ):
        await encoded(alice, FERRY)
        await encoded(bob, TRAIN)
        weights: list[float] = []
        for pause in (10 * HOUR, 3 * HOUR, 3 * HOUR):
            await clock.advance(pause)
            weights += [(await alice.sleep()).weight, (await bob.sleep()).weight]
        assert weights == pytest.approx([10 / 16, 0.0, 3 / 16, 0.0, 3 / 16, 0.0])
        await clock.advance(16 * HOUR)
        await asyncio.gather(alice.sleep(), bob.sleep())  # both think it is theirs
        for brain in (alice, bob):
            assert (await brain.sleep()).weight == 0.0
        assert alice.inspect().sleeps == bob.inspect().sleeps == pytest.approx(2.0)
    async with Brain.create(await place(), clock=clock) as brain:
        assert brain.inspect().sleeps == pytest.approx(2.0)
        assert len(await brain.list()) == 2


@pytest.mark.parametrize("kind", ["memory", "redis"])
@pytest.mark.parametrize("seed", range(6))
async def test_whatever_processes_do_time_goes_on_and_they_come_to_agree(
    seed: int, kind: str, tmp_path: Path
):
    """Random opens, closes, crashes and nights of up to three processes."""
    rng, clock = random.Random(seed), SteppedClock(start=1e6)
    async with kept(kind, tmp_path) as place:
        brains: list[Brain] = []
        latest: dict[Brain, float] = {}
        lowest = 0.0
        for _ in range(60):
            act = rng.choice(["open", "close", "crash", "sleep", "recall", "wait", "wait", "step back"])
            if act == "open" and len(brains) < 3:
                brain = await Brain.create(StoreWrapper(await place()), clock=clock)
                assert brain.inspect().brain_time >= lowest
                await encoded(brain, f"ferry number {rng.random()}")
                brains.append(brain)
            elif act == "wait":
                await clock.advance(rng.choice([1.0, HOUR, 7 * HOUR, 2 * DAY]))
            elif act == "step back":
                clock.set(clock.now() - rng.choice([HOUR, DAY]))
            elif brains:
                brain = rng.choice(brains)
                if act in ("close", "crash"):
                    brains.remove(brain)
                    latest.pop(brain, None)
                    await (brain.close() if act == "close" else crash(brain))
                else:
                    await (brain.sleep() if act == "sleep" else brain.recall("ferry"))
                    lowest = max([lowest, *(e.trace.last_access for e in await brain.list(dormant=True))])
            for brain in brains:
                now = brain.inspect().brain_time
                assert now >= latest.get(brain, 0.0)
                latest[brain] = now
        for brain in (*brains, *brains):
            await brain.sleep()
        assert len({brain.inspect().brain_time for brain in brains}) <= 1
        assert len({brain.inspect().sleeps for brain in brains}) <= 1
        for brain in brains:
            await brain.close()


async def test_time_of_several_processes_is_not_added_up(place: OpenPlace):
    """While any process has it open the brain is awake, and no more than that."""
    clock = SimulatedClock()
    async with (
        Brain.create(await place(), clock=clock) as alice,
        Brain.create(await place(), clock=clock) as bob,
    ):
        await encoded(alice, FERRY)
        for _ in range(10):
            await clock.advance(DAY)
            for brain in (bob, alice):
                await brain.sleep()
        assert days(alice) == days(bob) == pytest.approx(10.0)
    async with Brain.create(await place(), clock=clock) as brain:
        assert days(brain) == pytest.approx(10.0)


# Clocks that go back


async def test_a_clock_that_goes_back_does_not_take_the_brain_with_it(place: OpenPlace):
    clock = SteppedClock(start=1e6)
    async with Brain.create(await place(), clock=clock) as brain:
        engram = await encoded(brain, FERRY)
        await clock.advance(10 * DAY)
        retention = brain.retention(engram)
        clock.set(0.0)
        assert brain.retention(engram) == retention
        await clock.advance(DAY)
        assert brain.inspect().brain_time == pytest.approx(1e6 + 11 * DAY)
        assert brain.retention(engram) < retention
        assert (await brain.sleep()).weight == 1.0
        clock.set(-1e9)
    async with Brain.create(await place(), clock=clock) as brain:
        assert brain.inspect().brain_time == pytest.approx(1e6 + 11 * DAY)
        await clock.advance(DAY)
        assert brain.inspect().brain_time == pytest.approx(1e6 + 12 * DAY)
        recalled = (await brain.recall("ferry"))[0].engram
        assert recalled.trace.last_access == pytest.approx(1e6 + 12 * DAY)
        assert brain.retention(recalled) > 0.98


# Homeostasis


class LosingTheCount(StoreWrapper):
    """Lets so many nights fail at their end, when they are to be counted."""

    failures = 0
    _synchronised = False

    async def amend_document(self, key: str, change: Callable[[Any], Any]) -> Any:
        if self.failures:
            self._synchronised = not self._synchronised
            if not self._synchronised:
                self.failures -= 1
                raise StoreUnavailableError("gone")
        return await super().amend_document(key, change)


async def test_a_night_that_fails_before_it_is_counted_scales_nothing_down(place: OpenPlace):
    clock = SimulatedClock()
    store = LosingTheCount(await place())
    async with Brain.create(store, clock=clock) as brain:
        await encoded(brain, FERRY)
        await clock.advance(DAY)
        store.failures = 3
        for _ in range(3):
            with pytest.raises(StoreUnavailableError):
                await brain.sleep()
        assert brain.connectome.log_scale == 0.0
        for _ in range(2):
            await brain.sleep()
        assert brain.connectome.log_scale == pytest.approx(-0.01)
        assert brain.inspect().sleeps == 1.0


async def test_every_night_scales_down_for_all_brains(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as other:
        await encoded(other, TRAIN)
        async with Brain.create(await place(), clock=clock) as brain:
            for number in range(5):
                await encoded(brain, f"{FERRY} on day {number}")
                await clock.advance(DAY)
                await brain.sleep()
        assert brain.connectome.log_scale == pytest.approx(-0.05)
        await clock.advance(DAY)
        await other.sleep()
        assert other.connectome.log_scale == pytest.approx(-0.06)
    async with Brain.create(await place(), clock=clock) as brain:
        assert brain.connectome.log_scale == pytest.approx(-0.06)
        assert brain.inspect().sleeps == 6.0


# Days that another brain sleeps through


async def test_no_day_passes_while_another_brain_sleeps(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        await encoded(brain, FERRY)
        lease = await brain.store.acquire("another", now=clock.now(), until=clock.now() + 9.0)
        report = await brain.sleep(days=30)
        assert report.skipped is not None and report.weight == 0.0
        assert days(brain) == 0.0
        await brain.store.release(lease)
        assert (await brain.sleep(days=2)).weight == 2.0
        assert days(brain) == pytest.approx(2 * (16 + 0.4) / 24)


async def test_days_that_begin_during_a_night_have_a_night_each():
    clock, store = SimulatedClock(), InterleavingStore(MemoryStore(), random.Random(1))
    async with Brain.create(store, clock=clock) as brain:
        await encoded(brain, FERRY)
        begun = asyncio.ensure_future(brain.sleep())
        for _ in range(30):
            await asyncio.sleep(0)
        assert not begun.done()
        report = await brain.sleep(days=3)
        assert report.weight == 3.0
        assert days(brain) == pytest.approx(3 * (16 + 0.4) / 24)
