"""Nights: what one does, what it reports, what it weighs, and what a thousand of them change."""

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from neuro import Brain, BrainConfig, MemoryType, SleepError, SleepReport, StoreUnavailableError
from neuro.clock import SimulatedClock
from neuro.presets import human
from neuro.sleep import SleepParams
from neuro.stores.memory import MemoryStore
from neuro.testing import FailingStore, InterleavingStore

MINUTE, HOUR = 60.0, 3600.0
FULL_DAY = 16 * HOUR
DAY = 24 * HOUR

TYPES = {
    "We met Dana at the harbour": MemoryType.EPISODIC,
    "Paris is the capital of France": MemoryType.SEMANTIC,
    "To debug, add a breakpoint": MemoryType.PROCEDURAL,
    "The user prefers concise answers": MemoryType.HABITUAL,
}


async def remembering(clock: SimulatedClock, **options: Any) -> Brain:
    brain = await Brain.create(clock=clock, **options)
    for content, memory_type in TYPES.items():
        await brain.perceive(content, memory_type=memory_type)
    return brain


async def seen(brain: Brain) -> list[Any]:
    """All that a night could have changed, without where things lie."""
    engrams = await brain.list(limit=1000, dormant=True)
    associated = [(await brain.get(engram.engram_id)).associations for engram in engrams]
    probe = await brain.recall("Dana", update=False)
    return [engrams, associated, [(r.engram, r.activation, r.reasons) for r in probe], brain.inspect().sleeps]


# What a night does


async def test_an_empty_brain_sleeps_with_zeros():
    async with Brain.create() as brain:
        report = await brain.sleep()
        assert set(report.values()) == {0}
        assert {"consolidated", "pruned_wm", "pruned_ltm", "replayed", "deferred", "linked"} <= set(report)


async def test_a_report_is_a_mapping_of_counts():
    clock = SimulatedClock(start=100.0)
    async with await remembering(clock) as brain:
        await clock.advance(8 * HOUR)
        report = await brain.sleep()
        assert isinstance(report, SleepReport)
        assert report["consolidated"] == 4 and dict(report)["consolidated"] == 4
        assert len(report) == len(set(report)) and "consolidated 4" in str(report)
        assert (report.started_at, report.weight) == (100.0 + 8 * HOUR, 0.5)
        assert report.to_dict()["counts"] == dict(report)
        assert report.to_dict()["moved"]["neocortex"] == list(report.moved["neocortex"])


async def test_each_engram_moves_to_the_home_of_its_type():
    async with await remembering(SimulatedClock()) as brain:
        assert {r.region for r in await brain.recall("Dana Paris debug concise", update=False)} == {
            "hippocampus"
        }
        report = await brain.sleep()
        ids = {engram.memory_type: engram.engram_id for engram in await brain.list()}
        assert {name: set(moved) for name, moved in report.moved.items()} == {
            "neocortex": {ids[MemoryType.EPISODIC], ids[MemoryType.SEMANTIC]},
            "cerebellum": {ids[MemoryType.PROCEDURAL]},
            "basal_ganglia": {ids[MemoryType.HABITUAL]},
        }
        for content in TYPES:
            recollection = (await brain.recall(content, update=False))[0]
            assert recollection.engram.content == content
            assert recollection.engram.engram_id in report.moved[recollection.region]
        stats = await brain.stats()
        assert {name: region["engrams"] for name, region in stats["regions"].items()} == {
            "hippocampus": 0,
            "neocortex": 2,
            "cerebellum": 1,
            "basal_ganglia": 1,
        }
        assert (await brain.sleep())["consolidated"] == 0


async def test_moving_does_not_wait_for_weight_and_changes_no_episode():
    async with await remembering(SimulatedClock()) as brain:
        before = {engram.content: engram for engram in await brain.list()}
        report = await brain.sleep()
        assert (report.weight, report["consolidated"], report["replayed"]) == (0.0, 4, 0)
        after = {engram.content: engram for engram in await brain.list()}
        for content, memory_type in TYPES.items():
            if memory_type in (MemoryType.EPISODIC, MemoryType.SEMANTIC):
                assert after[content] == before[content]


async def test_what_settles_changes_once():
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        await brain.perceive("To debug, add a breakpoint", memory_type="procedural")
        await brain.perceive("The user prefers concise answers", memory_type="habitual", reward=1.0)
        before = [engram.stability for engram in await brain.list()]
        for _ in range(5):
            await brain.sleep()
        after = [engram.stability for engram in await brain.list()]
        assert after == pytest.approx([2.0 * before[0], 2.0 * before[1]])


async def test_decayed_chunks_leave_working_memory():
    clock = SimulatedClock()
    async with await remembering(clock) as brain:
        assert (await brain.sleep())["pruned_wm"] == 0
        await clock.advance(DAY)
        assert (await brain.sleep())["pruned_wm"] == 4


async def test_what_was_recalled_together_is_linked_once():
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        await brain.perceive("The harbour opens at six")
        await clock.advance(DAY)
        await brain.perceive("The harbour cafe serves pancakes")
        await brain.recall("harbour")
        await brain.recall("harbour")
        assert (await brain.sleep())["linked"] == 1
        assert (await brain.sleep())["linked"] == 0


# Weight


@pytest.mark.parametrize(
    ("waking", "weight"),
    [(0.0, 0.0), (MINUTE, 1 / 960), (8 * HOUR, 0.5), (16 * HOUR, 1.0), (900 * HOUR, 1.0)],
)
async def test_a_night_weighs_the_waking_time_before_it(waking: float, weight: float):
    clock = SimulatedClock(start=1e6)
    async with await remembering(clock) as brain:
        await clock.advance(waking)
        assert (await brain.sleep()).weight == pytest.approx(weight)
        assert brain.inspect().sleeps == pytest.approx(weight)
        assert (await brain.sleep()).weight == 0.0


async def test_the_length_of_a_full_day_is_configured():
    clock = SimulatedClock()
    config = BrainConfig(sleep=SleepParams(full_day=HOUR))
    async with await remembering(clock, config=config) as brain:
        await clock.advance(HOUR / 2)
        assert (await brain.sleep()).weight == 0.5


async def test_weight_adds_up_over_short_nights_and_restarts(tmp_path: Path):
    clock, path = SimulatedClock(), tmp_path / "brain.db"
    async with await remembering(clock, url=path) as brain:
        await clock.advance(4 * HOUR)
        await brain.sleep()
        await clock.advance(2 * HOUR)
    async with Brain.create(path, clock=clock) as brain:
        assert brain.inspect().sleeps == 0.25
        await clock.advance(2 * HOUR)
        assert (await brain.sleep()).weight == 0.25
        assert brain.inspect().sleeps == 0.5


async def test_many_short_nights_consolidate_as_one_long_one():
    async def lived(interval: float) -> tuple[list[float], float, list[tuple[str, float]]]:
        clock = SimulatedClock()
        async with await remembering(clock) as brain:
            for _ in range(round(2 * FULL_DAY / interval)):
                await clock.advance(interval)
                await brain.sleep()
            probe = await brain.recall("Dana", update=False)
            return (
                [engram.stability for engram in await brain.list()],
                brain.inspect().sleeps,
                [(r.engram.content, r.activation) for r in probe],
            )

    often, once = await lived(FULL_DAY / 60), await lived(FULL_DAY)
    assert often[0] == pytest.approx(once[0], rel=1e-3)
    assert often[1] == pytest.approx(once[1])
    assert [content for content, _ in often[2]] == [content for content, _ in once[2]]
    assert [activation for _, activation in often[2]] == pytest.approx([a for _, a in once[2]], rel=1e-3)


@pytest.mark.parametrize("days", [0, 1, 400])
async def test_a_thousand_nights_without_waking_time_change_nothing(days: float):
    clock = SimulatedClock()
    async with await remembering(clock, config=human()) as brain:
        await brain.recall("Dana")
        await clock.advance(days * DAY)
        await brain.sleep()
        before = await seen(brain)
        for _ in range(1000):
            report = await brain.sleep()
            assert not any(report.values())
        assert await seen(brain) == before


# Replay


async def test_replay_waits_for_a_full_sleep_and_comes_once():
    clock = SimulatedClock()
    async with await remembering(clock) as brain:
        replayed: list[int] = []
        stability: list[float] = []
        for _ in range(8):
            await clock.advance(4 * HOUR)
            replayed.append((await brain.sleep())["replayed"])
            stability.append((await brain.list())[0].stability)
        assert replayed == [0, 0, 0, 4, 0, 0, 0, 0]
        assert stability[2] == 2400.0 and stability[3] > 2400.0
        assert len(set(stability[3:])) == 1


async def test_what_was_recalled_is_replayed_again_and_a_probe_is_not():
    clock = SimulatedClock()
    async with await remembering(clock) as brain:
        await clock.advance(DAY)
        assert (await brain.sleep())["replayed"] == 4
        await brain.recall("Dana", limit=1, update=False)
        await clock.advance(DAY)
        assert (await brain.sleep())["replayed"] == 0
        await brain.recall("Dana", limit=1)
        await brain.perceive("Paris is the capital of France", memory_type="semantic")
        other = next(e for e in await brain.list() if e.memory_type is MemoryType.HABITUAL)
        await brain.reinforce(other.engram_id)
        await clock.advance(DAY)
        assert (await brain.sleep())["replayed"] == 3


async def test_replay_goes_on_after_a_restart(tmp_path: Path):
    clock, path = SimulatedClock(), tmp_path / "brain.db"
    async with await remembering(clock, url=path) as brain:
        await brain.sleep()
    async with Brain.create(path, clock=clock) as brain:
        await clock.advance(DAY)
        assert (await brain.sleep())["replayed"] == 4


async def test_a_replay_whose_reply_was_lost_counts_once():
    async def lived(reply_lost: bool) -> list[float]:
        clock, store = SimulatedClock(), FailingStore(MemoryStore())
        async with await remembering(clock, url=store) as brain:
            await brain.sleep()
            await clock.advance(DAY)
            if reply_lost:
                for _ in range(3):
                    store.fail_next("amend", StoreUnavailableError("gone"), reply_lost=True)
            await brain.sleep()
            await brain.sleep()
            return [engram.stability for engram in await brain.list()]

    assert await lived(reply_lost=True) == await lived(reply_lost=False)


# One at a time, and failures


async def test_a_sleep_during_a_night_awaits_it_and_returns_its_report():
    async with await remembering(SimulatedClock()) as brain:
        reports = await asyncio.gather(*(brain.sleep() for _ in range(5)))
        assert all(report is reports[0] for report in reports)
        assert (await brain.sleep()) is not reports[0]


@pytest.mark.parametrize(
    "verb", ["acquire", "news", "adopt", "get", "due", "upcoming", "links", "write", "amend_document"]
)
@pytest.mark.parametrize("reply_lost", [False, True])
async def test_a_night_that_cannot_reach_its_store_can_be_tried_again(verb: str, reply_lost: bool):
    clock = SimulatedClock()
    store = FailingStore(MemoryStore())
    async with await remembering(clock, url=store) as brain:
        await clock.advance(DAY)
        store.fail_next(verb, StoreUnavailableError("gone"), reply_lost=reply_lost)
        with pytest.raises(StoreUnavailableError, match="gone"):
            await brain.sleep()
        assert sorted(e.content for e in await brain.list()) == sorted(TYPES)
        await brain.sleep()
        assert {r.region for r in await brain.recall("Dana", update=False)} <= {
            "neocortex",
            "cerebellum",
            "basal_ganglia",
        }
        engrams = {engram.content: engram for engram in await brain.list()}
        assert sorted(engrams) == sorted(TYPES)
        settled = engrams["To debug, add a breakpoint"]
        assert settled.stability / (730 * 24 * 10) == pytest.approx(
            2.0, rel=0.12
        )  # settled once, slept on once
        assert brain.inspect().sleeps == 1.0
        assert not any((await brain.sleep()).values())


async def test_an_error_of_a_stage_names_it_and_tells_how_far_the_night_came():
    store = FailingStore(MemoryStore())
    async with await remembering(SimulatedClock(), url=store) as brain:
        store.fail_next("due", ValueError("broken"))
        with pytest.raises(SleepError, match="'pruning': ValueError: broken") as failure:
            await brain.sleep()
        assert failure.value.stage == "pruning"
        assert failure.value.report["consolidated"] == 4
        assert isinstance(failure.value.__cause__, ValueError)
        assert (await brain.sleep())["consolidated"] == 0


async def test_a_caller_who_gives_up_does_not_end_the_night():
    store = InterleavingStore(MemoryStore(), random.Random(1))
    async with await remembering(SimulatedClock(), url=store) as brain:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await brain.sleep()
        report = await brain.sleep()
        assert report["consolidated"] == 4


async def test_a_night_is_announced():
    reports: list[SleepReport] = []
    async with await remembering(SimulatedClock()) as brain:
        brain.observers.subscribe(SleepReport, reports.append)
        assert reports == []
        report = await brain.sleep()
        assert reports == [report]
