"""How far a memory is consolidated: from labile to long-term night by night, and back when it is recalled."""

from itertools import groupby
from typing import Any

import pytest
from telling import DAY, HOUR, OpenPlace, contents, encoded

from neuro import Brain, Engram, InvalidArgumentError, Where
from neuro.clock import SimulatedClock
from neuro.engram import ConsolidationState

LABILE, CONSOLIDATING, CONSOLIDATED, LONG_TERM, RECONSOLIDATING = ConsolidationState
FERRY, LATCH = "The ferry leaves at noon", "Lift the latch, then push"


async def shown(brain: Brain, engram: Engram) -> ConsolidationState | None:
    """The state of an engram, which every verb shows alike."""
    found = (await brain.recall(engram.content, limit=1, update=False))[0].engram
    listed = next(e for e in await brain.list() if e.engram_id == engram.engram_id)
    states = {e.consolidation for e in (await brain.get(engram.engram_id), listed, found)}
    (state,) = states
    return state


async def slept(brain: Brain, clock: SimulatedClock, nights: int) -> None:
    for _ in range(nights):
        await clock.advance(DAY)
        await brain.sleep()


async def test_a_night_a_day_takes_a_memory_from_labile_to_long_term(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        engrams = [
            await encoded(brain, kind, memory_type=kind, salience=0.0)
            for kind in ("episodic", "procedural", "habitual")
        ]
        assert [engram.consolidation for engram in engrams] == [LABILE] * 3
        states = [{await shown(brain, engram) for engram in engrams}]
        for _ in range(80):
            await slept(brain, clock, 1)
            states.append({engram.consolidation for engram in await brain.list()})
        assert states[-1] == {await shown(brain, engram) for engram in engrams}
    # 3 % of the rest a night: a half after 23 nights, nine tenths after 76.
    lengths = [(same, len([*group])) for same, group in groupby(states)]
    assert lengths == [({LABILE}, 1), ({CONSOLIDATING}, 22), ({CONSOLIDATED}, 53), ({LONG_TERM}, 5)]


async def test_what_is_salient_consolidates_faster():
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        plain, vital = await encoded(brain, FERRY, salience=0.0), await encoded(brain, LATCH, salience=0.7)
        await slept(brain, clock, 12)
        assert (await shown(brain, plain), await shown(brain, vital)) == (CONSOLIDATING, CONSOLIDATED)


async def test_short_nights_count_as_what_they_weigh():
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        engram = await encoded(brain, FERRY)
        for _ in range(15):
            await clock.advance(HOUR)
            await brain.sleep()
            assert await shown(brain, engram) is LABILE
        await clock.advance(HOUR)
        await brain.sleep()
        assert await shown(brain, engram) is CONSOLIDATING


@pytest.mark.parametrize("access", ["recall", "reinforce", "review", "repeat"])
async def test_an_access_makes_it_labile_again_until_it_is_slept_on(access: str, place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        engram = await encoded(brain, FERRY, salience=0.5)
        for nights, before, again in ((0, LABILE, LABILE), (12, CONSOLIDATED, RECONSOLIDATING)):
            await slept(brain, clock, nights)
            assert await shown(brain, engram) is before
            await clock.advance(HOUR)
            if access == "recall":
                assert (await brain.recall(FERRY))[0].engram.consolidation is again
            elif access == "reinforce":
                await brain.reinforce(engram.engram_id)
            elif access == "review":
                assert (await brain.schedule.review(engram.engram_id, "good")).consolidation is again
            else:
                assert (await encoded(brain, FERRY)).consolidation is again
            assert await shown(brain, engram) is again
        await slept(brain, clock, 1)
        assert await shown(brain, engram) is CONSOLIDATED


async def test_what_is_only_returned_stays_as_it_is():
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        for content in (FERRY, "The ferry is late"):
            await encoded(brain, content)
        await slept(brain, clock, 1)
        first, second = await brain.recall("When does the ferry leave at noon?")
        assert (first.engram.consolidation, second.engram.consolidation) == (LABILE, CONSOLIDATING)
        await brain.recall("ferry", update=False)
        assert await shown(brain, second.engram) is CONSOLIDATING


async def test_what_nothing_replays_is_not_labile_for_ever():
    """While the hippocampus is lesioned it notices no access, and replays none."""
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        engram = await encoded(brain, FERRY)
        await slept(brain, clock, 1)
        brain.lesion("hippocampus")
        await brain.recall("ferry")
        assert await shown(brain, engram) is LABILE
        brain.restore("hippocampus")
        await clock.advance(DAY)
        assert (await brain.sleep())["replayed"] == 0
        assert await shown(brain, engram) is CONSOLIDATING


async def test_a_memory_is_as_consolidated_after_a_restart(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        engram, later = await encoded(brain, FERRY, salience=0.5), None
        await slept(brain, clock, 12)
        later = await encoded(brain, LATCH)
    async with Brain.create(await place(), clock=clock) as brain:
        assert (await shown(brain, engram), await shown(brain, later)) == (CONSOLIDATED, LABILE)
        assert (await brain.get(engram.engram_id)).to_dict()["consolidation"] == "consolidated"


async def remembering(brain: Brain, clock: SimulatedClock) -> None:
    """One engram or more in every state."""
    await brain.perceive_many([f"ferry {n}" for n in range(6)])
    await slept(brain, clock, 50)
    await brain.recall("ferry 0", limit=1)
    await brain.perceive_many(["ferry and harbour", "ferry and quay"])
    await slept(brain, clock, 14)
    await brain.recall("ferry harbour", limit=1)
    await brain.recall("ferry 1", limit=1)
    await brain.perceive_many(["ferry and gulls"])
    await slept(brain, clock, 1)
    await brain.recall("ferry 2", limit=1)
    await brain.perceive_many(["ferry and nets", "ferry and rope"])


async def test_filters_by_state_are_exact(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        await remembering(brain, clock)
        everything = await brain.list()
        assert {engram.consolidation for engram in everything} == {*ConsolidationState}
        for state in ConsolidationState:
            expected = [engram for engram in everything if engram.consolidation is state]
            forms: tuple[Any, ...] = (
                {"consolidation": state.value},
                {"consolidation": state},
                Where(consolidation=state),
            )
            for where in forms:
                assert await brain.list(where=where) == expected
                assert await brain.list(where=where, limit=1) == expected[:1]
                found = await brain.recall("ferry", where=where, update=False)
                assert sorted(contents(found)) == sorted(contents(expected))
                assert {r.engram.consolidation for r in found} == {state}
                (one,) = await brain.recall("ferry", where=where, limit=1, update=False)
                assert one.engram.consolidation is state


async def test_a_filter_by_state_joins_others():
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        await encoded(brain, FERRY, memory_type="semantic")
        await encoded(brain, LATCH, memory_type="procedural")
        await slept(brain, clock, 1)
        await encoded(brain, "Nobody minded", memory_type="semantic")
        where = {"consolidation": "consolidating", "memory_type": "semantic"}
        assert contents(await brain.list(where=where)) == [FERRY]
        assert await brain.list(where={"consolidation": "long_term"}) == []
        assert contents(await brain.list(where={"consolidation": None})) == [FERRY, LATCH, "Nobody minded"]


@pytest.mark.parametrize("unknown", ["stable", "LABILE", "long-term", "", 1, True, ["labile"]])
async def test_an_unknown_state_is_an_error(unknown: Any):
    async with Brain.create() as brain:
        for call in (brain.list, lambda where: brain.recall("ferry", where=where)):
            with pytest.raises(InvalidArgumentError, match="consolidation: must be one of labile, consol"):
                await call(where={"consolidation": unknown})
        with pytest.raises(InvalidArgumentError, match=r"Where\.consolidation"):
            Where(consolidation=unknown)


async def test_the_state_is_part_of_what_is_told_and_not_of_what_is_stored():
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        perception = await brain.perceive(FERRY)
        assert perception.to_dict()["engram"]["consolidation"] == "labile"
        recall = await brain.recall("ferry")
        assert recall.to_dict()["recollections"][0]["engram"]["consolidation"] == "labile"
        (engram,) = await brain.list()
        assert engram.to_dict()["consolidation"] == "labile"
        assert "consolidation" not in engram.model_dump(mode="json")
        again = Engram.model_validate_json(engram.model_dump_json())
        assert again == engram and again.consolidation is None
        assert "consolidation" not in again.to_dict()
