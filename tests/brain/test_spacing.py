"""Spacing, as it shows from outside: what is recalled at longer intervals lasts longer, and cramming gains nothing."""

import pytest
from telling import DAY, HOUR, OpenPlace, encoded

from neuro import Brain, Engram
from neuro.clock import SimulatedClock
from neuro.presets import human

SECOND, MINUTE, WEEK = 1.0, 60.0, 7 * DAY
GAIN = 15.0
"""Most seconds of half-life that a second of waiting for a recall can bring."""
FERRY = "The ferry leaves at noon"


async def recalled(brain: Brain, clock: SimulatedClock, times: int, gap: float) -> Engram:
    """The ferry after so many recalls, each after a gap."""
    for _ in range(times):
        await clock.advance(gap)
        assert (await brain.recall("ferry", limit=1))[0].engram.content == FERRY
    return (await brain.recall("ferry", limit=1, update=False))[0].engram


async def left_after(brain: Brain, clock: SimulatedClock, gap: float, *, nights: bool) -> float:
    """Retention 30 days after the last of five recalls, each after a gap."""
    engram = await encoded(brain, FERRY)
    for _ in range(5):
        for _ in range(round(gap / DAY) if nights else 0):
            await brain.sleep()
            await clock.advance(DAY)
        engram = await recalled(brain, clock, 1, SECOND if nights else gap)
    await clock.advance(30 * DAY)
    retention = brain.retention(engram)
    await brain.forget(engram.engram_id)
    return retention


@pytest.mark.parametrize("nights", [False, True], ids=["without nights", "with a night a day"])
async def test_what_is_recalled_at_longer_intervals_lasts_longer(nights: bool, place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock, config=human()) as brain:
        massed, daily, weekly = [
            await left_after(brain, clock, gap, nights=nights) for gap in (SECOND, DAY, WEEK)
        ]
    assert daily >= massed + 0.1
    assert weekly > daily + 0.1


@pytest.mark.parametrize("nights", [0, 1, 8])
async def test_no_number_of_recalls_gains_more_than_the_time_that_passed(nights: int):
    """480 recalls a minute apart, in the hippocampus or after a night, and with short nights in between."""
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=human()) as brain:
        await encoded(brain, FERRY)
        if nights:
            await clock.advance(DAY)
            await brain.sleep()
        before = await recalled(brain, clock, 1, HOUR)
        since = clock.now()
        for _ in range(8):
            await recalled(brain, clock, 60, MINUTE)
            if nights == 8:
                await brain.sleep()
        after = (await brain.list())[0]
        assert after.access_count == before.access_count + 480
        assert 0.0 < after.trace.half_life - before.trace.half_life <= GAIN * (clock.now() - since)


@pytest.mark.parametrize("gap", [0.0, SECOND, 10.0])
async def test_what_is_recalled_over_and_over_at_once_gains_nothing(gap: float):
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=human()) as brain:
        engram = await encoded(brain, FERRY)
        after = await recalled(brain, clock, 50, gap)
        assert after.trace.half_life == engram.trace.half_life
        assert after.access_count == 50


async def test_reinforcing_is_bounded_as_recalling_is(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock, config=human()) as brain:
        engram = await encoded(brain, FERRY)
        await brain.sleep()
        for _ in range(30):
            await clock.advance(MINUTE)
            await brain.recall("ferry")
            await brain.reinforce(engram.engram_id, engram.engram_id)
        after = await brain.get(engram.engram_id)
        grown = after.trace.half_life - engram.trace.half_life
        assert 0.0 < grown <= GAIN * clock.now()
