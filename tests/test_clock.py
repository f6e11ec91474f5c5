"""Clocks: the system's, the simulated one, and the brain's own time."""

import asyncio
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro import clock as clocks
from neuro.clock import BrainTime, SimulatedClock, SystemClock, TimeParams
from neuro.errors import InvalidArgumentError
from neuro.units import DAY


class Sleepers:
    """Tasks that write down when they woke."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self.woken: list[tuple[str, float]] = []

    async def nap(self, name: str, *pauses: float) -> None:
        for pause in pauses:
            await self.clock.sleep(pause)
            self.woken.append((name, self.clock.now()))

    def start(self, name: str, *pauses: float) -> asyncio.Task[None]:
        return asyncio.create_task(self.nap(name, *pauses), name=name)


async def test_the_system_clock_tells_epoch_seconds_and_sleeps():
    clock = SystemClock()
    before = clock.now()
    await clock.sleep(0.0)
    assert before > 1.7e9
    assert clock.now() >= before
    assert repr(clock) == "SystemClock()"


async def test_simulated_time_stands_still_until_it_is_advanced():
    clock = SimulatedClock()
    assert clock.now() == 0.0
    await asyncio.sleep(0)
    assert clock.now() == 0.0
    await clock.advance(1.5)
    await clock.advance(0.0)
    assert clock.now() == 1.5
    assert SimulatedClock(start=-3.0).now() == -3.0
    assert repr(clock) == "SimulatedClock(now=1.5)"


async def test_sleepers_wake_in_order_of_deadline_each_at_its_instant():
    clock = SimulatedClock(start=100.0)
    sleepers = Sleepers(clock)
    tasks = [sleepers.start("late", 7.0), sleepers.start("early", 2.0), sleepers.start("never", 11.0)]
    await clock.advance(10.0)
    assert sleepers.woken == [("early", 102.0), ("late", 107.0)]
    assert clock.now() == 110.0
    await clock.advance(1.0)
    assert sleepers.woken[-1] == ("never", 111.0)
    await asyncio.gather(*tasks)


async def test_the_target_is_inclusive_and_ties_wake_in_order_of_registration():
    clock = SimulatedClock()
    sleepers = Sleepers(clock)
    tasks = [sleepers.start(name, 5.0) for name in "abc"]
    await clock.advance(5.0)
    assert sleepers.woken == [("a", 5.0), ("b", 5.0), ("c", 5.0)]
    await asyncio.gather(*tasks)


async def test_a_task_that_was_started_reaches_its_first_sleep_before_time_moves():
    clock = SimulatedClock()
    sleepers = Sleepers(clock)

    async def slow_start() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        await sleepers.nap("slow", 1.0)

    task = asyncio.create_task(slow_start())
    await clock.advance(1.0)
    assert sleepers.woken == [("slow", 1.0)]
    await task


async def test_a_sleeper_that_sleeps_again_is_woken_as_often_as_fits():
    clock = SimulatedClock()
    sleepers = Sleepers(clock)
    task = sleepers.start("cycle", *(60.0 for _ in range(61)))
    await clock.advance(3600.0)
    assert [at for _, at in sleepers.woken] == [60.0 * n for n in range(1, 61)]
    await clock.advance(60.0)
    await task


async def test_advance_waits_for_what_a_woken_task_does_threads_included():
    clock = SimulatedClock()
    done: list[float] = []

    async def work() -> None:
        await clock.sleep(1.0)
        await asyncio.to_thread(lambda: None)
        for _ in range(50):
            await asyncio.sleep(0)
        done.append(clock.now())

    task = asyncio.create_task(work())
    await clock.advance(10.0)
    assert done == [1.0]
    await task


async def test_a_task_that_fails_after_waking_does_not_stop_time():
    clock = SimulatedClock()

    async def fail() -> None:
        await clock.sleep(1.0)
        raise ValueError("broken")

    task = asyncio.create_task(fail())
    await clock.advance(2.0)
    assert clock.now() == 2.0
    with pytest.raises(ValueError, match="broken"):
        await task


async def test_a_cancelled_sleeper_is_not_waited_for():
    clock = SimulatedClock()
    sleepers = Sleepers(clock)
    cancelled, kept = sleepers.start("cancelled", 1.0), sleepers.start("kept", 2.0)
    await clock.advance(0.5)
    cancelled.cancel()
    await clock.advance(5.0)
    assert sleepers.woken == [("kept", 2.0)]
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    await kept


async def test_a_sleep_that_times_out_leaves_no_sleeper_behind():
    clock = SimulatedClock()

    async def impatient() -> str:
        try:
            async with asyncio.timeout(0):
                await clock.sleep(1.0)
        except TimeoutError:
            return "gave up"
        return "slept"

    assert await impatient() == "gave up"
    await clock.advance(2.0)
    assert clock.now() == 2.0


@pytest.mark.parametrize("seconds", [0.0, -5.0])
async def test_a_sleep_of_no_time_ends_at_the_next_advance(seconds: float):
    clock = SimulatedClock(start=10.0)
    sleepers = Sleepers(clock)
    task = sleepers.start("brief", seconds)
    await clock.advance(0.0)
    assert sleepers.woken == [("brief", 10.0)]
    await task


async def test_two_advances_at_once_are_an_error():
    clock = SimulatedClock()
    first, second = await asyncio.gather(clock.advance(1.0), clock.advance(1.0), return_exceptions=True)
    assert first is None
    assert isinstance(second, InvalidArgumentError) and "being advanced already" in str(second)
    await clock.advance(1.0)
    assert clock.now() == 2.0


@pytest.mark.parametrize("seconds", [-1.0, math.nan, math.inf, "1", None, True])
async def test_time_is_advanced_by_finite_seconds_forwards(seconds: Any):
    clock = SimulatedClock()
    with pytest.raises(InvalidArgumentError, match="seconds"):
        await clock.advance(seconds)
    assert clock.now() == 0.0
    await clock.advance(1.0)


async def test_a_task_that_neither_sleeps_nor_ends_is_named_after_some_patience(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(clocks, "_PATIENCE", 0.01)
    clock = SimulatedClock()
    stuck = asyncio.Event()

    async def hang() -> None:
        await clock.sleep(1.0)
        await stuck.wait()

    task = asyncio.create_task(hang(), name="the stuck one")
    with pytest.raises(TimeoutError, match="'the stuck one' neither slept on this clock again nor ended"):
        await clock.advance(1.0)
    stuck.set()
    await task


# Brain time


async def test_brain_time_is_the_clocks_when_the_brain_is_born_and_goes_on_with_it():
    clock = SimulatedClock(start=1e9)
    time = BrainTime(clock)
    assert time.now() == 1e9
    await clock.advance(12.5)
    assert time.now() == 1e9 + 12.5


class Steps:
    """A clock that shows what it is told."""

    def __init__(self, reading: float) -> None:
        self.reading = reading

    def now(self) -> float:
        return self.reading

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


def test_brain_time_never_goes_back_when_the_clock_does():
    clock = Steps(100.0)
    time = BrainTime(clock)
    readings: list[float] = []
    for reading in (110.0, 50.0, 60.0, 60.0, 200.0):
        clock.reading = reading
        readings.append(time.now())
    assert readings == [110.0, 110.0, 120.0, 120.0, 260.0]


def written(time: BrainTime, stored: dict[str, float] | None = None) -> dict[str, float]:
    """What a store keeps when a brain's time is written down there."""
    joined = time.moment().joined(stored)
    time.adopt(joined)
    return joined


def resumed(clock: Steps, stored: dict[str, float], params: TimeParams | None = None) -> BrainTime:
    time = BrainTime(clock, params)
    time.resume(stored)
    return time


def test_brain_time_goes_on_over_a_restart_slower_while_it_was_closed():
    stored = written(BrainTime(Steps(100.0)))
    assert stored == {"brain": 100.0, "clock": 100.0, "idle": 0.0, "reserved": 100.0}
    time = resumed(Steps(200.0), stored)
    assert time.now() == 105.0 and time.waking == 100.0
    assert resumed(Steps(30.0), stored).now() == 100.0, "the clock was set back"


def test_an_agent_that_is_switched_off_for_a_month_does_not_forget_a_month():
    stored = written(BrainTime(Steps(0.0)))
    assert resumed(Steps(30 * DAY), stored).now() == 1.5 * DAY
    assert resumed(Steps(30 * DAY), stored, TimeParams.wall()).now() == 30 * DAY
    assert resumed(Steps(30 * DAY), stored, TimeParams(closed=0.0)).now() == 0.0


def test_asleep_brain_time_runs_slower_and_does_not_count_as_waking():
    clock = Steps(0.0)
    time = BrainTime(clock)
    clock.reading = 100.0
    with time.asleep():
        with time.asleep():
            clock.reading = 200.0
        assert time.now() == 105.0
        clock.reading = 300.0
    assert time.now() == 110.0 and time.waking == 100.0
    clock.reading = 310.0
    assert time.now() == 120.0 and time.waking == 110.0


def test_skipped_time_passes_for_the_brain_alone():
    time = BrainTime(Steps(50.0))
    time.skip(100.0, asleep=200.0)
    assert time.now() == 160.0 and time.waking == 150.0


def test_an_unclean_end_may_have_used_all_that_was_reserved():
    stored = {**written(BrainTime(Steps(100.0))), "reserved": 160.0}
    time = resumed(Steps(110.0), stored)
    assert time.now() == 160.0 and time.waking == 100.0


def test_two_processes_share_a_time_that_runs_while_either_is_awake():
    clock = Steps(0.0)
    first, stored = BrainTime(clock), None
    stored = written(first, stored)
    clock.reading = 50.0
    second = resumed(clock, stored)  # nobody has told it that the first is awake
    assert second.now() == 2.5
    clock.reading = 100.0
    stored = written(first, stored)
    assert stored["brain"] == 100.0
    stored = written(second, stored)
    assert stored["brain"] == second.now() == 100.0
    clock.reading = 150.0  # the first is gone by now
    stored = written(second, stored)
    assert stored["brain"] == 150.0 and stored["idle"] == 0.0


@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 2), st.sampled_from(["wait", "sleep", "write", "restart"]), st.floats(-50, 100)
        ),
        max_size=40,
    )
)
def test_the_time_of_many_processes_never_goes_back_and_never_outruns_the_clock(
    steps: list[tuple[int, str, float]],
):
    clock = Steps(1000.0)
    times = [BrainTime(clock) for _ in range(3)]
    stored = written(times[0])
    for time in times[1:]:
        time.resume(stored)
    last, forward = [1000.0] * 3, 1000.0
    for process, act, by in steps:
        clock.reading += by
        forward += 3.0 * max(0.0, by)  # each process sees the clock for itself
        match act:
            case "sleep":
                with times[process].asleep():
                    clock.reading += max(0.0, by)
                    forward += 3.0 * max(0.0, by)
            case "write":
                stored = written(times[process], stored)
            case "restart":
                stored = written(times[process], stored)
                times[process] = resumed(clock, stored)
            case _:
                pass
        now = times[process].now()
        assert last[process] <= now <= forward
        assert times[process].waking <= now
        last[process] = now


def test_brain_time_is_handed_over_to_another_clock_without_passing():
    time = BrainTime(Steps(100.0))
    real = Steps(1e9)
    time.hand_over(real)
    assert time.now() == 100.0
    real.reading += 5.0
    assert time.now() == 105.0
