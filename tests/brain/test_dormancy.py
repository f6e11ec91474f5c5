"""Dormancy: what has faded is out of sight, never gone, and wakes up when it is recalled."""

from pathlib import Path
from typing import Any

import pytest
from telling import DAY, HOUR, contents, found, kinds

from neuro import Brain, BrainConfig
from neuro.clock import SimulatedClock
from neuro.config import RecallParams
from neuro.presets import human
from neuro.regions.prefrontal_cortex import PrefrontalCortexParams

HARBOUR, KEYS = "We met Dana at the harbour", "She lost her keys"
FADED = 400 * DAY
"""A human episode falls below .05 after 190 days, a moving one somewhat later."""


async def remembering(clock: SimulatedClock, nights: int, **options: Any) -> Brain:
    brain = await Brain.create(clock=clock, **({"config": human()} | options))
    await brain.perceive(HARBOUR)
    await clock.advance(60.0)
    await brain.perceive(KEYS)
    for _ in range(nights):
        await brain.sleep()
    return brain


@pytest.mark.parametrize("nights", [0, 1])
async def test_what_has_faded_is_not_listed_unless_asked(nights: int):
    clock = SimulatedClock()
    async with await remembering(clock, nights) as brain:
        assert contents(await brain.list()) == [HARBOUR, KEYS]
        await clock.advance(FADED)
        assert await brain.list() == []
        assert contents(await brain.list(dormant=True)) == [HARBOUR, KEYS]
        stats = await brain.stats()
        assert (stats["engrams"], stats["dormant"]) == (2, 2)


async def test_a_night_counts_once_what_has_become_dormant():
    clock = SimulatedClock()
    async with await remembering(clock, 1) as brain:
        await clock.advance(FADED)
        assert [(await brain.sleep())["pruned_ltm"] for _ in range(3)] == [2, 0, 0]


async def test_nothing_is_deleted_by_decay(tmp_path: Path):
    clock, path = SimulatedClock(), tmp_path / "brain.db"
    async with await remembering(clock, 1, url=path) as brain:
        for _ in range(20):
            await clock.advance(10_000 * DAY)
            await brain.sleep()
        assert contents(await brain.list(dormant=True)) == [HARBOUR, KEYS]
    async with Brain.create(path, clock=clock) as brain:
        assert contents(await brain.recall("Dana"))[:1] == [HARBOUR]


@pytest.mark.parametrize("nights", [0, 1])
async def test_a_cue_finds_the_dormant_and_what_is_recalled_wakes_up(nights: int):
    clock = SimulatedClock()
    async with await remembering(clock, nights) as brain:
        await clock.advance(FADED)
        await brain.sleep()
        probed = found(await brain.recall("Dana", update=False), HARBOUR)
        assert probed.confidence < 0.05
        assert "was dormant: its retention had fallen to 0.02" in [str(reason) for reason in probed.reasons]
        assert await brain.list() == []  # a probe wakes nothing up
        awake = found(await brain.recall("Dana"), HARBOUR)
        assert awake.engram.access_count == 1
        assert contents(await brain.list()) == [HARBOUR]
        assert brain.retention(await brain.get(awake.engram.engram_id)) > 0.98
        assert (await brain.stats())["dormant"] == 1
        assert kinds(found(await brain.recall("Dana"), HARBOUR)) >= {"words", "strength"}


async def test_the_dormant_compete_like_all_others():
    """Strength re-ranks near equals; it hides no exact match."""
    clock = SimulatedClock()
    async with await remembering(clock, 1) as brain:
        await clock.advance(2000 * DAY)
        await brain.sleep()
        fresh = "We met Omar at the harbour"
        await brain.perceive(fresh)
        recall = await brain.recall("We met Dana at the harbour", update=False)
        assert contents(recall)[:2] == [HARBOUR, fresh]
        recall = await brain.recall("Whom did we meet at the harbour?", update=False)
        assert contents(recall)[:2] == [fresh, HARBOUR]


async def test_activation_does_not_spread_to_the_dormant():
    clock = SimulatedClock()
    async with await remembering(clock, 1) as brain:
        assert "temporal" in kinds(found(await brain.recall("Dana", update=False), KEYS))
        await clock.advance(FADED)
        await brain.sleep()
        await brain.recall("Dana", limit=1)  # the first one wakes up, its neighbour does not
        asleep = found(await brain.recall("Dana", update=False), KEYS)
        assert "temporal" not in kinds(asleep) and "nearby" in kinds(asleep)
        await brain.recall("keys", limit=1)
        assert "temporal" in kinds(found(await brain.recall("Dana", update=False), KEYS))


async def test_a_dormant_match_gains_nothing_by_association():
    clock = SimulatedClock()
    async with await remembering(clock, 1) as brain:
        both = found(await brain.recall("Dana keys", update=False), KEYS)
        assert kinds(both) >= {"words", "temporal"}
        await clock.advance(FADED)
        await brain.recall("Dana", limit=1)
        asleep = found(await brain.recall("Dana keys", update=False), KEYS)
        assert kinds(asleep) >= {"words", "dormant"} and "temporal" not in kinds(asleep)


async def test_the_dormant_are_not_held():
    clock = SimulatedClock()
    config = human().model_copy(update={"recall": RecallParams(used="none")})
    async with await remembering(clock, 1, config=config) as brain:
        await clock.advance(FADED)
        assert contents(await brain.recall("Dana"))[0] == HARBOUR
        assert not brain.working_memory


async def test_what_fades_while_it_is_held_leaves_working_memory_by_night():
    clock = SimulatedClock()
    config = human().model_copy(update={"prefrontal_cortex": PrefrontalCortexParams(decay_seconds=1e12)})
    async with await remembering(clock, 1, config=config) as brain:
        assert len(brain.working_memory) == 2
        await clock.advance(FADED)
        report = await brain.sleep()
        assert (report["pruned_wm"], report["pruned_ltm"]) == (2, 2)
        assert not brain.working_memory


async def test_the_dormant_are_not_replayed():
    clock = SimulatedClock()
    async with await remembering(clock, 0) as brain:
        await clock.advance(FADED)
        assert (await brain.sleep())["replayed"] == 0


async def test_a_repeat_wakes_up_what_was_dormant():
    clock = SimulatedClock()
    async with await remembering(clock, 1) as brain:
        await clock.advance(FADED)
        await brain.sleep()
        again = await brain.perceive(HARBOUR)
        assert again.repeated
        assert contents(await brain.list()) == [HARBOUR]


async def test_the_agent_forgets_ten_times_slower_than_people():
    for config, hours in ((human(), 24 * 10 * 18.99), (BrainConfig(), 24 * 100 * 18.99)):
        async with await remembering(SimulatedClock(), 0, config=config) as brain:
            (first, _) = await brain.list()
            assert brain.hours_left(first) == pytest.approx(hours, abs=1.0 / HOUR + 0.1)
