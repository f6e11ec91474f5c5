"""Lesions: each region has its own documented silence, and comes back as it was."""

from typing import Any

import pytest
from telling import DAY, contents

from neuro import Brain, UnknownRegionError
from neuro.clock import SimulatedClock

REMOTE = {
    "We met Dana at the harbour": ("episodic", "neocortex"),
    "Paris is the capital of France": ("semantic", "neocortex"),
    "To debug, add a breakpoint": ("procedural", "cerebellum"),
    "The user prefers concise answers": ("habitual", "basal_ganglia"),
}
RECENT = "Bob cooks lasagne"
REGIONS = (
    "sensory_cortex", "thalamus", "amygdala", "prefrontal_cortex",
    "hippocampus", "neocortex", "cerebellum", "basal_ganglia",
)  # fmt: skip


async def remembering(clock: SimulatedClock) -> Brain:
    """A brain with memories in each long-term region, and one from today."""
    brain = await Brain.create(clock=clock)
    for content, (memory_type, _) in REMOTE.items():
        await brain.perceive(content, memory_type=memory_type)
    await clock.advance(DAY)
    await brain.sleep()
    await clock.advance(DAY)
    await brain.perceive(RECENT)
    return brain


async def recalled(brain: Brain, content: str) -> bool:
    return content in contents(await brain.recall(content, update=False))


async def test_each_region_can_be_lesioned_and_restored_by_name():
    async with Brain.create() as brain:
        for name in REGIONS:
            brain.lesion(name)
            brain.lesion(name)
            assert not brain.inspect().regions[name].intact
            assert not getattr(brain, name).intact
            brain.restore(name)
            brain.restore(name)
            assert all(region.intact for region in brain.inspect().regions.values())


@pytest.mark.parametrize("name", ["cortex", "", "Hippocampus", None])
async def test_an_unknown_region_is_an_error_that_lists_the_known(name: Any):
    async with Brain.create() as brain:
        for verb in (brain.lesion, brain.restore):
            with pytest.raises(UnknownRegionError, match="basal_ganglia"):
                verb(name)


@pytest.mark.parametrize("region", ["hippocampus", "neocortex", "cerebellum", "basal_ganglia"])
async def test_a_lesioned_memory_region_is_silent_and_the_others_answer(region: str):
    async with await remembering(SimulatedClock()) as brain:
        before = await brain.stats()
        brain.lesion(region)
        owners = {content: home for content, (_, home) in REMOTE.items()} | {RECENT: "hippocampus"}
        for content, owner in owners.items():
            assert await recalled(brain, content) is (owner != region)
        assert (await brain.recall("anything", update=False)).silent == (region,)
        listed = contents(await brain.list())
        assert listed == [content for content, owner in owners.items() if owner != region]
        brain.restore(region)
        assert all([await recalled(brain, content) for content in owners])
        assert (await brain.recall("anything", update=False)).silent == ()
        assert await brain.stats() == before


async def test_without_a_hippocampus_nothing_new_is_encoded_and_remote_memories_are_spared():
    clock = SimulatedClock()
    async with await remembering(clock) as brain:
        brain.lesion("hippocampus")
        perception = await brain.perceive("Carol moved to Lisbon")
        assert (perception.gate.opened, perception.engram, perception.novelty) == (True, None, 1.0)
        assert contents(brain.working_memory)[0] == "Carol moved to Lisbon"  # held, and soon lost
        await clock.advance(DAY)
        assert not await recalled(brain, "Carol moved to Lisbon")
        report = await brain.sleep()
        assert (report["replayed"], report["consolidated"]) == (0, 0)
        remote = await brain.recall("Dana")
        assert remote[0].engram.access_count == 1
        assert brain.hippocampus.pattern_complete("lasagne") == []
        brain.restore("hippocampus")
        assert await recalled(brain, RECENT)
        assert not await recalled(brain, "Carol moved to Lisbon")
        assert (await brain.sleep())["consolidated"] == 1


@pytest.mark.parametrize(
    ("region", "memory_type"),
    [
        ("neocortex", "episodic"),
        ("neocortex", "semantic"),
        ("cerebellum", "procedural"),
        ("basal_ganglia", "habitual"),
    ],
)
async def test_what_has_no_home_stays_in_the_hippocampus_until_there_is_one(region: str, memory_type: str):
    async with Brain.create(clock=SimulatedClock()) as brain:
        brain.lesion(region)
        await brain.perceive("Carol moved to Lisbon", memory_type=memory_type)
        report = await brain.sleep()
        assert (report["consolidated"], report["deferred"]) == (0, 1)
        assert (await brain.recall("Lisbon", update=False))[0].region == "hippocampus"
        brain.restore(region)
        assert (await brain.sleep())["consolidated"] == 1
        assert (await brain.recall("Lisbon", update=False))[0].region == region


async def test_without_a_thalamus_or_senses_nothing_new_is_perceived():
    for region, said in (("thalamus", "the thalamus is lesioned"), ("sensory_cortex", "registered nothing")):
        async with Brain.create(clock=SimulatedClock()) as brain:
            brain.lesion(region)
            perception = await brain.perceive("Carol moved to Lisbon", salience=1.0)
            assert not perception.gate.opened and perception.engram is None
            assert said in perception.gate.reason
            assert not brain.working_memory and not await brain.list()
            brain.restore(region)
            assert (await brain.perceive("Carol moved to Lisbon")).engram is not None


async def test_without_an_amygdala_everything_is_neutral():
    async with Brain.create(clock=SimulatedClock()) as brain:
        brain.lesion("amygdala")
        engram = (await brain.perceive("A terrible murder, a horrible crime!")).engram
        assert engram is not None
        assert (engram.salience, engram.valence, engram.arousal, engram.stability) == (0.5, 0.0, 0.0, 2400.0)
        given = (await brain.perceive("Another murder", salience=0.9)).engram
        assert given is not None and given.salience == 0.9
        brain.restore("amygdala")
        engram = (await brain.perceive("A terrible murder, a horrible war!")).engram
        assert engram is not None and engram.valence < 0.0 and engram.stability > 2400.0


async def test_without_a_prefrontal_cortex_only_the_last_thing_is_in_view_and_there_is_no_goal():
    async with Brain.create(clock=SimulatedClock()) as brain:
        brain.prefrontal_cortex.set_goal("find the keys")
        await brain.perceive_many(["the harbour", "the bakery", "the violin"])
        brain.lesion("prefrontal_cortex")
        assert contents(brain.working_memory) == ["the violin"]
        assert brain.prefrontal_cortex.goal is None
        assert contents(await brain.recall("bakery"))[0] == "the bakery"
        brain.restore("prefrontal_cortex")
        assert len(brain.working_memory) == 3
        assert brain.prefrontal_cortex.goal == "find the keys"


async def test_without_basal_ganglia_rewards_surprise_nobody():
    async with Brain.create(clock=SimulatedClock()) as brain:
        brain.lesion("basal_ganglia")
        engram = (await brain.perceive("answers are concise", reward=1.0)).engram
        assert engram is not None and engram.stability == 2400.0 and engram.reward == 1.0
        assert brain.basal_ganglia.expected_reward == 0.0
        brain.restore("basal_ganglia")
        engram = (await brain.perceive("answers are short", reward=1.0)).engram
        assert engram is not None and engram.stability > 2400.0
        assert brain.basal_ganglia.expected_reward > 0.0


@pytest.mark.parametrize("region", ["hippocampus", "neocortex", "cerebellum", "basal_ganglia"])
async def test_strictness_is_about_stores_not_about_lesions(region: str):
    async with await remembering(SimulatedClock()) as brain:
        brain.lesion(region)
        recall = await brain.recall("Dana", strict=True)
        assert recall.silent == (region,)


async def test_a_night_during_a_lesion_harms_nothing():
    for region in REGIONS:
        clock = SimulatedClock()
        async with await remembering(clock) as brain:
            before = contents(await brain.list())
            brain.lesion(region)
            await brain.sleep()
            brain.restore(region)
            await brain.sleep()
            assert contents(await brain.list()) == before
