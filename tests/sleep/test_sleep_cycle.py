"""The sleep cycle: nights in the background."""

import asyncio
import logging
import random
from pathlib import Path

import pytest

from neuro import Brain, BrainConfig, SleepError, SleepReport, StoreUnavailableError
from neuro.clock import SimulatedClock
from neuro.signals import CycleFailure
from neuro.sleep import SleepCycle, SleepParams
from neuro.stores.memory import MemoryStore
from neuro.testing import FailingStore, InterleavingStore

HOUR = 3600.0


class Nights:
    """Nights that are told to a cycle, with what each of them does."""

    def __init__(self, clock: SimulatedClock, *outcomes: Exception | None) -> None:
        self.clock = clock
        self.outcomes = [*outcomes]
        self.at: list[float] = []

    async def __call__(self) -> SleepReport:
        self.at.append(self.clock.now())
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is not None:
            raise outcome
        return SleepReport({}, self.clock.now(), 0.0)


def tasks() -> set[asyncio.Task[object]]:
    return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]


async def test_a_simulated_hour_at_sixty_seconds_is_exactly_sixty_nights():
    clock = SimulatedClock(start=1e9)
    reports: list[SleepReport] = []
    async with Brain.create(clock=clock, sleep_interval_seconds=60.0) as brain:
        brain.observers.subscribe(SleepReport, reports.append)
        await brain.start_sleep_cycle()
        await clock.advance(59.9)
        assert reports == []
        await clock.advance(HOUR - 59.9)
        assert [report.started_at for report in reports] == [1e9 + 60.0 * n for n in range(1, 61)]
        assert all(report.weight == pytest.approx(60.0 / (16 * HOUR)) for report in reports)


@pytest.mark.parametrize("kept", ["memory", "file"])
async def test_the_cycle_consolidates_and_goes_on_between_the_verbs(kept: str, tmp_path: Path):
    clock = SimulatedClock()
    url = tmp_path / "brain.db" if kept == "file" else None
    async with Brain.create(url, clock=clock, sleep_interval_seconds=30.0) as brain:
        await brain.start_sleep_cycle()
        for number in range(5):
            await brain.perceive(f"number {number}")
            await clock.advance(30.0)
            assert (await brain.recall(f"number {number}", update=False))[0].region == "neocortex"


async def test_starting_twice_and_stopping_without_a_start_are_harmless():
    clock = SimulatedClock()
    reports: list[SleepReport] = []
    async with Brain.create(clock=clock) as brain:
        brain.observers.subscribe(SleepReport, reports.append)
        await brain.stop_sleep_cycle()
        await brain.start_sleep_cycle()
        await brain.start_sleep_cycle()
        assert len(tasks()) == 1
        await clock.advance(60.0)
        assert len(reports) == 1
        await brain.stop_sleep_cycle()
        await brain.stop_sleep_cycle()
        assert not tasks()
        await clock.advance(600.0)
        assert len(reports) == 1
        await brain.start_sleep_cycle()
        await clock.advance(60.0)
        assert len(reports) == 2
    assert not tasks()


async def test_the_first_night_comes_one_interval_after_the_start():
    clock = SimulatedClock()
    nights = Nights(clock)
    cycle = SleepCycle(nights, clock=clock, interval=60.0)
    await clock.advance(59.0)
    await cycle.start()
    assert cycle.running and not cycle.asleep
    await clock.advance(120.0)
    assert nights.at == [119.0, 179.0]
    await cycle.stop()
    assert not cycle.running


async def test_an_unreachable_store_is_tried_again_with_longer_and_longer_pauses(
    caplog: pytest.LogCaptureFixture,
):
    clock = SimulatedClock()
    nights = Nights(clock, *(StoreUnavailableError("gone") for _ in range(6)))
    cycle = SleepCycle(nights, clock=clock, interval=60.0, params=SleepParams(longest_pause=500.0))
    await cycle.start()
    with caplog.at_level(logging.WARNING, logger="neuro"):
        await clock.advance(HOUR)
    pauses = [after - before for before, after in zip([0.0, *nights.at], nights.at, strict=False)]
    assert pauses[:7] == [60.0, 120.0, 240.0, 480.0, 500.0, 500.0, 500.0]
    assert set(pauses[7:]) == {60.0}
    assert len(caplog.records) == 6
    assert all("tries again in" in record.getMessage() for record in caplog.records)
    await cycle.stop()


async def test_a_pause_is_never_shorter_than_the_interval():
    clock = SimulatedClock()
    nights = Nights(clock, StoreUnavailableError("gone"), StoreUnavailableError("gone"))
    cycle = SleepCycle(nights, clock=clock, interval=2 * HOUR, params=SleepParams(longest_pause=60.0))
    await cycle.start()
    await clock.advance(8 * HOUR)
    assert nights.at == [2 * HOUR, 4 * HOUR, 6 * HOUR, 8 * HOUR]
    await cycle.stop()


async def test_a_brain_sleeps_through_an_outage_and_all_is_well_when_the_store_is_back():
    clock = SimulatedClock()
    store = FailingStore(MemoryStore())
    reports: list[SleepReport] = []
    async with Brain.create(store, clock=clock, sleep_interval_seconds=60.0) as brain:
        brain.observers.subscribe(SleepReport, reports.append)
        await brain.perceive("We met Dana at the harbour")
        await brain.start_sleep_cycle()
        store.down = True
        await clock.advance(60.0 + 120.0 + 240.0)
        assert reports == []
        perceived = await brain.perceive("She lost her keys")
        assert perceived.engram is not None
        recall = await brain.recall("Dana")
        assert recall[0].engram.content == "We met Dana at the harbour"
        assert recall.silent == ("neocortex", "cerebellum", "basal_ganglia")
        with pytest.raises(StoreUnavailableError, match="neocortex, cerebellum, basal_ganglia"):
            await brain.recall("Dana", strict=True)
        store.down = False
        await clock.advance(480.0)
        assert [report["consolidated"] for report in reports] == [2]
        recall = await brain.recall("Dana", strict=True)
        assert (recall[0].region, recall.silent) == ("neocortex", ())
        assert recall[0].engram.access_count == 2
        await brain.stop_sleep_cycle()


@pytest.mark.parametrize("ends_with", ["stop_sleep_cycle", "close"])
async def test_any_other_error_ends_the_cycle_and_is_not_lost(
    ends_with: str, caplog: pytest.LogCaptureFixture
):
    clock = SimulatedClock()
    store = FailingStore(MemoryStore())
    brain = await Brain.create(store, clock=clock)
    failures: list[CycleFailure] = []
    reports: list[SleepReport] = []
    brain.observers.subscribe(CycleFailure, failures.append)
    brain.observers.subscribe(SleepReport, reports.append)
    await brain.perceive("We met Dana at the harbour")
    await brain.start_sleep_cycle()
    store.fail_next("due", ValueError("broken"))
    with caplog.at_level(logging.DEBUG, logger="neuro"):
        await clock.advance(HOUR)
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert record.exc_info is not None and "the sleep cycle ended" in record.getMessage()
    assert "harbour" not in caplog.text
    (failure,) = failures
    assert reports == []
    with pytest.raises(SleepError, match="pruning") as raised:
        await getattr(brain, ends_with)()
    assert raised.value is failure.error
    if ends_with == "stop_sleep_cycle":
        await brain.stop_sleep_cycle()  # it is raised once
        await brain.start_sleep_cycle()
        await clock.advance(60.0)
        assert len(reports) == 1
    await brain.close()


async def test_a_night_that_fails_while_the_cycle_is_stopped_is_not_lost_either():
    clock = SimulatedClock()
    begun, go_on = asyncio.Event(), asyncio.Event()
    failures: list[Exception] = []

    async def night() -> SleepReport:
        begun.set()
        await go_on.wait()
        raise ValueError("broken")

    cycle = SleepCycle(night, clock=clock, interval=60.0, on_failure=failures.append)
    await cycle.start()
    advancing = asyncio.ensure_future(clock.advance(60.0))
    await begun.wait()
    stopping = asyncio.ensure_future(cycle.stop())
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(ValueError, match="broken") as raised:
        await stopping
    assert failures == [raised.value]
    await advancing
    await cycle.stop()


@pytest.mark.parametrize("seed", range(10))
async def test_a_close_during_a_night_ends_it_cleanly(seed: int, tmp_path: Path):
    rng = random.Random(seed)
    clock = SimulatedClock()
    kept = MemoryStore()
    store = InterleavingStore(kept, rng)
    store.durable = True
    brain = await Brain.create(store, clock=clock, sleep_interval_seconds=60.0)
    await brain.perceive_many(f"number {number}" for number in range(5))
    await brain.start_sleep_cycle()
    night = asyncio.ensure_future(clock.advance(60.0)) if seed % 2 else asyncio.ensure_future(brain.sleep())
    for _ in range(rng.randrange(40)):
        await asyncio.sleep(0)
    await brain.close()
    await night
    assert not tasks()
    names = ("hippocampus", "neocortex", "cerebellum", "basal_ganglia")
    assert sum(len(kept.engrams(name).everything()) for name in names) == 5


async def test_cancelling_whoever_waits_for_a_night_leaves_nothing_running():
    clock = SimulatedClock()
    async with Brain.create(InterleavingStore(MemoryStore(), random.Random(2)), clock=clock) as brain:
        await brain.perceive("We met Dana at the harbour")
        waiting = asyncio.ensure_future(brain.sleep())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert not tasks()


async def test_starts_and_stops_at_once_leave_the_cycle_as_the_last_one_says():
    clock = SimulatedClock()
    cycle = SleepCycle(Nights(clock), clock=clock, interval=60.0)
    await cycle.start()
    await asyncio.gather(cycle.stop(), cycle.start(), cycle.stop(), cycle.start())
    assert cycle.running and len(tasks()) == 1
    await asyncio.gather(cycle.start(), cycle.stop(), cycle.stop())
    assert not cycle.running and not tasks()


async def test_the_interval_is_the_brains():
    clock = SimulatedClock()
    reports: list[SleepReport] = []
    config = BrainConfig(sleep=SleepParams(full_day=600.0))
    async with Brain.create(clock=clock, sleep_interval_seconds=300.0, config=config) as brain:
        brain.observers.subscribe(SleepReport, reports.append)
        await brain.start_sleep_cycle()
        await clock.advance(HOUR)
        assert [report.weight for report in reports] == [0.5] * 12
