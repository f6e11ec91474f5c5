"""Failing at random: in human mode what matches comes to mind as often as its retention says, and never otherwise."""

import math
from typing import Any

import numpy as np
import pytest
from telling import DAY, OpenPlace, contents, encoded

from neuro import Brain, BrainConfig, ConfigurationError, InvalidArgumentError, presets
from neuro.clock import SimulatedClock
from neuro.config import RecallParams
from neuro.engram import Engram
from neuro.plasticity import EbbinghausPlasticity, FsrsPlasticity
from neuro.regions.neocortex import NeocortexParams

FERRIES = [f"ferry number {n}" for n in range(100)]
MOST_SIGMAS = 3.0


def state(brain: Brain) -> Any:
    return brain.rng.bit_generator.state


async def drawn(brain: Brain, times: int, **options: Any) -> list[list[str]]:
    """What came to mind, sorted, in each of so many probes."""
    recalls = [await brain.recall("ferry", limit=1000, update=False, **options) for _ in range(times)]
    return [sorted(contents(recall)) for recall in recalls]


@pytest.mark.parametrize("days", [0, 1, 10, 30, 200])
async def test_it_comes_to_mind_as_often_as_its_retention_says(days: float):
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=presets.human(), rng=7) as brain:
        for ferry in FERRIES:
            await brain.perceive(ferry, salience=0.5)
        await clock.advance(days * DAY)
        retention = brain.retention((await brain.list(dormant=True))[0])
        draws = 20 * len(FERRIES)
        came = sum(map(len, await drawn(brain, 20, mode="human")))
        error = math.sqrt(retention * (1.0 - retention) / draws)
        assert abs(came / draws - retention) <= MOST_SIGMAS * error
        assert await drawn(brain, 1) == [sorted(FERRIES)]


async def test_each_fails_by_its_own_retention_in_the_region_where_it_lies(place: OpenPlace):
    clock = SimulatedClock()
    config = BrainConfig(
        plasticity=EbbinghausPlasticity(),
        neocortex=NeocortexParams(plasticity=FsrsPlasticity()),
        types=presets.human().types,
    )
    async with Brain.create(await place(), clock=clock, config=config, rng=3) as brain:
        remote = await encoded(brain, "ferry of old")
        await brain.sleep()
        await clock.advance(20 * DAY)
        near = await encoded(brain, "ferry of late")
        skill = await encoded(brain, "ferry to steer", memory_type="procedural")
        await clock.advance(20 * DAY)
        pinned = await encoded(brain, "ferry for ever")
        await brain.pin(pinned.engram_id)
        recalls = await drawn(brain, 150, mode="human")
        for engram in (remote, near, skill, await brain.get(pinned.engram_id)):
            retention = brain.retention(engram)
            came = sum(engram.content in recall for recall in recalls) / 150
            assert abs(came - retention) <= MOST_SIGMAS * math.sqrt(retention * (1.0 - retention) / 150)


async def seeded(seed: Any, config: BrainConfig | None = None, **options: Any) -> list[list[str]]:
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=config or presets.human(), rng=seed) as brain:
        await brain.perceive_many(FERRIES[:20])
        await clock.advance(10 * DAY)
        return await drawn(brain, 5, **options)


async def test_the_same_seed_brings_the_same_outcomes():
    first = await seeded(1, mode="human")
    assert await seeded(1, mode="human") == first
    assert await seeded(np.random.default_rng(1), mode="human") == first
    assert await seeded(2, mode="human") != first
    assert len({tuple(recall) for recall in first}) == 5
    assert await seeded(1, presets.human(stochastic=True)) == first
    assert await seeded(1, presets.human(stochastic=True), mode="human") == first


async def test_a_recall_that_cannot_fail_draws_nothing(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock, rng=1) as brain:
        before = state(brain)
        await brain.perceive_many(FERRIES[:5])
        for _ in range(2):
            await clock.advance(10 * DAY)
            await brain.recall("ferry")
            await brain.recall("ferry", update=False, mode="agent")
            await brain.recall("ferry", where={"pinned": True})
            await brain.sleep()
        assert state(brain) == before
        await brain.recall("zzz", mode="human")  # nothing that could fail
        assert state(brain) == before
        await brain.recall("ferry", mode="human")
        assert state(brain) != before


async def test_agent_mode_overrides_a_brain_that_fails_at_random():
    async with Brain.create(clock=SimulatedClock(), config=presets.human(stochastic=True), rng=1) as brain:
        before = state(brain)
        await brain.perceive_many(FERRIES[:20])
        assert await drawn(brain, 3, mode="agent") == [sorted(FERRIES[:20])] * 3
        assert state(brain) == before


async def test_only_what_came_to_mind_counts_and_is_strengthened(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock, config=presets.human(), rng=5) as brain:
        await brain.perceive_many(FERRIES[:30])
        await brain.sleep()
        await clock.advance(10 * DAY)
        recall = await brain.recall("ferry", limit=100, mode="human")
        came = {recollection.engram.engram_id for recollection in recall}
        assert 5 <= len(came) <= 25
        after: dict[str, Engram] = {engram.engram_id: engram for engram in await brain.list()}
        assert len(after) == 30
        for engram_id, engram in after.items():
            assert engram.access_count == (engram_id in came)
        strengthened = [e.engram_id for e in after.values() if e.trace.last_access == clock.now()]
        assert strengthened == [recall[0].engram.engram_id]
        held = {chunk.engram_id for chunk in brain.working_memory if chunk.held_at == clock.now()}
        assert held <= came


async def test_a_recall_in_which_all_fails_is_empty_and_changes_nothing():
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=presets.human(), rng=1) as brain:
        await brain.perceive_many(FERRIES[:3])
        await clock.advance(1e6 * DAY)
        before = await brain.list(dormant=True)
        assert len(await brain.recall("ferry", mode="human")) == 0
        assert await brain.list(dormant=True) == before
        assert len(await brain.recall("ferry", mode="agent")) == 3


async def test_the_limit_is_filled_from_what_came_to_mind():
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=presets.human(), rng=1) as brain:
        await brain.perceive_many(FERRIES[:30])
        await clock.advance(5 * DAY)
        assert len(await brain.recall("ferry", limit=8, mode="human", update=False)) == 8


@pytest.mark.parametrize("bad", ["", "Human", "robot", 1, True, ["human"]])
async def test_an_unknown_mode_is_an_error_and_draws_nothing(bad: Any):
    async with Brain.create(rng=1) as brain:
        await encoded(brain, FERRIES[0])
        before = state(brain), await brain.list()
        with pytest.raises(InvalidArgumentError, match="mode: must be one of agent, human"):
            await brain.recall("ferry", mode=bad)
        assert (state(brain), await brain.list()) == before
    with pytest.raises(ConfigurationError, match=r"RecallParams\.mode"):
        RecallParams(mode=bad)


@pytest.mark.parametrize(
    "preset",
    [
        BrainConfig,
        presets.human,
        presets.chatbot,
        presets.task_agent,
        presets.personal_assistant,
        presets.researcher,
    ],
    ids=lambda preset: preset.__name__,
)
async def test_nothing_fails_at_random_by_default(preset: Any):
    assert preset().recall.mode == "agent"
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=preset(), rng=1) as brain:
        before = state(brain)
        await brain.perceive_many(FERRIES[:5])
        await clock.advance(1e5 * DAY)
        assert await drawn(brain, 3) == [sorted(FERRIES[:5])] * 3
        assert state(brain) == before
