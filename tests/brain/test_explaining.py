"""Explanations: why an engram is as retrievable as it is, and when it will fade."""

import json
import math
from typing import Any

import pytest
from telling import DAY, HOUR, OpenPlace, contents, encoded

from neuro import Brain, BrainClosedError, BrainConfig, EngramNotFoundError, Explanation, InvalidArgumentError
from neuro.clock import SimulatedClock
from neuro.plasticity import (
    BaseLevelPlasticity,
    EbbinghausPlasticity,
    FsrsPlasticity,
    MemoryChainPlasticity,
    OddsPlasticity,
)
from neuro.presets import human
from neuro.regions.neocortex import NeocortexParams

FERRY, LATCH, DANA = "The ferry leaves at noon", "Lift the latch, then push", "Dana is allergic to nuts"
LAWS = [
    OddsPlasticity(),
    EbbinghausPlasticity(),
    BaseLevelPlasticity(),
    MemoryChainPlasticity(),
    FsrsPlasticity(),
]


def strict_json(explanation: Explanation) -> Any:
    """What a reader of JSON gets; infinity and NaN are none."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(json.dumps(explanation.to_dict()), parse_constant=refuse)


async def assert_consistent(brain: Brain, explanation: Explanation) -> None:
    """The numbers of an explanation are those that the brain's verbs give, in words and as JSON."""
    engram = await brain.get(explanation.engram.engram_id)
    assert explanation.engram == engram
    assert explanation.engram.consolidation is engram.consolidation
    assert explanation.retention == brain.retention(engram)
    assert explanation.hours_left == brain.hours_left(engram)
    told = strict_json(explanation)
    assert told["retention"] == explanation.retention
    assert told["engram"] == json.loads(json.dumps(engram.to_dict()))
    assert told["because"] == list(explanation.because)
    assert (told["hours_left"] is None) == (told["fades_at"] is None) == math.isinf(explanation.hours_left)
    assert str(explanation) == " ".join(explanation.because)
    assert f"Its retention is {explanation.retention:.2f}" in explanation.because[0]
    for sentence in explanation.because:
        assert sentence.endswith(".") and "  " not in sentence
        assert "inf" not in sentence and "nan" not in sentence


@pytest.mark.parametrize("nights", [0, 1])
async def test_what_is_fresh_says_when_it_fades(nights: int, place: OpenPlace):
    clock = SimulatedClock(start=1e9)
    async with Brain.create(await place(), clock=clock, config=human()) as brain:
        engram = await encoded(brain, FERRY, salience=0.5)
        for _ in range(nights):
            await brain.sleep()
        explanation = await brain.explain(engram.engram_id)
        await assert_consistent(brain, explanation)
        assert (explanation.law, explanation.region) == ("odds", ["hippocampus", "neocortex"][nights])
        assert explanation.fades_at == pytest.approx(1e9 + 189.9 * DAY)
        assert explanation.because == (
            "Its retention is 0.99; left alone it becomes dormant in 190 days of waking time.",
            "It fades with a half-life of 10 days since its last access 0 min ago, as when it was encoded.",
            "It was studied once and recalled never.",
            "It is labile: it has not been slept on since it was last accessed; the neocortex holds 0% of the "
            "trace.",
        )


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.law)
@pytest.mark.parametrize("kind", ["episodic", "procedural", "habitual"])
async def test_it_becomes_dormant_at_the_instant_that_was_said(kind: str, law: Any, place: OpenPlace):
    clock = SimulatedClock(start=1e6)
    config = human().model_copy(update={"plasticity": law})
    async with Brain.create(await place(), clock=clock, config=config) as brain:
        engram_id = (await encoded(brain, FERRY, memory_type=kind)).engram_id
        for nights in (0, 2):
            for _ in range(nights):
                await clock.advance(DAY)
                await brain.sleep()
            explanation = await brain.explain(engram_id)
            await assert_consistent(brain, explanation)
            assert explanation.law == law.law
            assert explanation.fades_at is not None
            near = max(1.0, 1e-9 * explanation.fades_at)  # of the millions of years of FSRS
            await clock.advance(explanation.fades_at - near - clock.now())
            assert contents(await brain.list()) == [FERRY]
            await clock.advance(2 * near)
            assert await brain.list() == []
            dormant = await brain.explain(engram_id)
            await assert_consistent(brain, dormant)
            assert dormant.hours_left == 0.0
            assert dormant.fades_at == pytest.approx(explanation.fades_at, abs=near)
            assert "it has been dormant for " in dormant.because[0]
            assert "but a cue still finds it and wakes it up" in dormant.because[0]
            await brain.recall("ferry")
            assert "becomes dormant in " in (await brain.explain(engram_id)).because[0]


async def test_asleep_it_fades_later_than_was_said():
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=human()) as brain:
        engram_id = (await encoded(brain, FERRY)).engram_id
        before = await brain.explain(engram_id)
        with brain.time.asleep():
            await clock.advance(100 * HOUR)
        after = await brain.explain(engram_id)
        assert before.fades_at is not None and after.fades_at is not None
        assert after.fades_at == pytest.approx(before.fades_at + 95 * HOUR)
        assert after.hours_left == pytest.approx(before.hours_left - 5)


async def test_what_is_pinned_does_not_fade(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        engram_id = (await encoded(brain, FERRY)).engram_id
        await brain.pin(engram_id)
        await brain.sleep()
        await clock.advance(5 * DAY)
        explanation = await brain.explain(engram_id)
        await assert_consistent(brain, explanation)
        assert (explanation.hours_left, explanation.fades_at) == (math.inf, None)
        assert explanation.because[0] == "Its retention is 0.99: it is pinned and does not fade."
        assert explanation.because[-1] == "Sleep rehearses it before its retention falls below 0.90."
        await brain.unpin(engram_id)
        assert (await brain.explain(engram_id)).fades_at is not None


async def test_what_is_important_enough_never_falls_below_its_floor():
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        vital = await brain.explain((await encoded(brain, DANA, salience=1.0)).engram_id)
        await assert_consistent(brain, vital)
        assert (vital.hours_left, vital.fades_at) == (math.inf, None)
        assert vital.because[0].endswith("; as it is important (salience 1.00) it never falls below 0.20.")
        some = await brain.explain((await encoded(brain, LATCH, salience=0.91)).engram_id)
        await assert_consistent(brain, some)
        assert some.fades_at is not None
        assert "becomes dormant in" in some.because[0]
        for explanation in (vital, some):
            assert explanation.because[-1] == "Sleep rehearses it before its retention falls below 0.90."
    async with Brain.create(clock=clock, config=human()) as brain:
        mortal = await brain.explain((await encoded(brain, DANA, salience=1.0)).engram_id)
        assert mortal.fades_at is not None
        assert "rehearses" not in str(mortal) and "important" not in str(mortal)


async def test_what_is_registered_says_when_a_review_is_due(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock, config=human()) as brain:
        engram_id = (await encoded(brain, FERRY, salience=0.5)).engram_id
        await brain.schedule.register(engram_id, retention=0.8)
        sentence = "It is registered for review at a retention of 0.80: "
        explanation = await brain.explain(engram_id)
        await assert_consistent(brain, explanation)
        assert explanation.because[-1] == f"{sentence}due in 2 days."
        await clock.advance(3 * DAY)
        assert (await brain.explain(engram_id)).because[-1] == f"{sentence}overdue by 14 h."
        await brain.pin(engram_id)
        assert (await brain.explain(engram_id)).because[-1].startswith(sentence)  # and is not rehearsed


async def test_use_and_sleep_are_told():
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=human()) as brain:
        engram_id = (await encoded(brain, FERRY, salience=0.5)).engram_id
        await clock.advance(10 * DAY)
        await encoded(brain, FERRY)
        await clock.advance(20 * DAY)
        for _ in range(2):
            await brain.recall("ferry")
        told = await brain.explain(engram_id)
        await assert_consistent(brain, told)
        assert "that was 10 days before use and sleep strengthened it" in told.because[1]
        assert told.because[2] == "It was studied 2 times and recalled 2 times."
        states: list[str] = []
        for _ in range(40):
            await clock.advance(DAY)
            await brain.sleep()
            states.append((await brain.explain(engram_id)).because[3])
        assert states[0] == "It is consolidating; the neocortex holds 6% of the trace."
        assert states[12] == "It is consolidated; the neocortex holds 55% of the trace."
        assert states[-1] == "It is in long-term memory; the neocortex holds 91% of the trace."
        await clock.advance(DAY)
        await brain.recall("ferry")
        again = (await brain.explain(engram_id)).because[3]
        assert again.startswith(
            "It is reconsolidating: an access has made it labile again until it is slept on;"
        )


async def test_the_law_is_that_of_the_region_where_it_lies():
    config = BrainConfig(neocortex=NeocortexParams(plasticity=FsrsPlasticity()))
    async with Brain.create(clock=SimulatedClock(), config=config) as brain:
        engram_id = (await encoded(brain, FERRY)).engram_id
        assert (await brain.explain(engram_id)).law == "odds"
        await brain.sleep()
        after = await brain.explain(engram_id)
        assert (after.law, after.region) == ("fsrs", "neocortex")
        await assert_consistent(brain, after)


async def test_explaining_counts_nothing(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        engram_id = (await encoded(brain, FERRY)).engram_id
        for _ in range(2):
            before = await brain.get(engram_id)
            for _ in range(3):
                await brain.explain(engram_id)
            assert await brain.get(engram_id) == before
            await brain.sleep()


async def test_an_explanation_outlives_the_brain_unchanged(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        engram_id = (await encoded(brain, FERRY)).engram_id
        await clock.advance(DAY)
        await brain.sleep()
        explanation = await brain.explain(engram_id)
    async with Brain.create(await place(), clock=clock) as brain:
        assert await brain.explain(engram_id) == explanation


async def test_an_unknown_engram_is_an_error(place: OpenPlace):
    async with Brain.create(await place()) as brain:
        await encoded(brain, FERRY)
        with pytest.raises(EngramNotFoundError, match="no engram has the id 'abcdef'"):
            await brain.explain("abcdef")
        for bad in (None, "", 5, "x" * 65):
            with pytest.raises(InvalidArgumentError, match="engram_id"):
                await brain.explain(bad)  # type: ignore[arg-type]


async def test_a_closed_brain_explains_nothing():
    brain = await Brain.create()
    engram_id = (await encoded(brain, FERRY)).engram_id
    await brain.close()
    with pytest.raises(BrainClosedError, match="closed"):
        await brain.explain(engram_id)


@pytest.mark.parametrize("lesioned", ["neocortex", "hippocampus"])
async def test_what_lies_in_a_lesioned_region_cannot_be_explained(lesioned: str):
    async with Brain.create(clock=SimulatedClock()) as brain:
        engram_id = (await encoded(brain, FERRY)).engram_id
        if lesioned == "neocortex":
            await brain.sleep()
        brain.lesion(lesioned)
        with pytest.raises(EngramNotFoundError):
            await brain.explain(engram_id)
        brain.restore(lesioned)
        assert (await brain.explain(engram_id)).region == lesioned
