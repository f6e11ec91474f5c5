"""Laws of forgetting, reviews, rehearsal and brain time on a real Redis, as two processes share them."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
from redis.asyncio import Redis

from neuro import Brain, BrainConfig, Engram, EngramNotFoundError
from neuro.clock import SimulatedClock, TimeParams
from neuro.fading import ImportanceParams
from neuro.plasticity import (
    BaseLevelPlasticity,
    EbbinghausPlasticity,
    FsrsPlasticity,
    MemoryChainPlasticity,
    OddsPlasticity,
)
from neuro.presets import human
from neuro.stores.redis import RedisStore
from neuro.testing import StoreWrapper
from neuro.units import DAY, DORMANT_BELOW, HOUR, MINUTE

pytestmark = pytest.mark.redis

LAWS = [
    OddsPlasticity(),
    EbbinghausPlasticity(),
    BaseLevelPlasticity(),
    MemoryChainPlasticity(),
    FsrsPlasticity(),
]
FERRY, LATCH, TOM = "The ferry leaves at noon", "Lift the latch, then push", "Tom locks the shed at nine"

OpenPlace = Callable[[], Awaitable[RedisStore]]


@pytest.fixture
async def place() -> AsyncIterator[OpenPlace]:
    """A namespace of its own, opened again and again; it is empty in the end."""
    url, namespace = os.environ["NEURO_TEST_REDIS_URL"], f"laws-{uuid.uuid4()}"

    async def open_place() -> RedisStore:
        return await RedisStore.open(url, namespace=namespace)

    yield open_place
    async with Redis.from_url(url, driver_info=None) as client:
        async for key in client.scan_iter(f"neuro:{{{namespace}*", count=1000):
            await client.unlink(key)


async def encoded(brain: Brain, content: str, **options: Any) -> Engram:
    engram = (await brain.perceive(content, **options)).engram
    assert engram is not None
    return engram


async def due(brain: Brain, within: float = 0.0) -> list[str]:
    return [review.engram.content for review in await brain.schedule.due(within=within)]


async def test_reviews_come_due_in_every_region_and_in_every_process(place: OpenPlace):
    clock = SimulatedClock(start=1e6)
    async with Brain.create(await place(), clock=clock, config=human()) as alice:
        ids = [
            (await encoded(alice, content, memory_type=kind, salience=0.5)).engram_id
            for content, kind in ((FERRY, "episodic"), (LATCH, "procedural"), (TOM, "habitual"))
        ]
        for engram_id in reversed(ids):
            await alice.schedule.register(engram_id)
        await alice.sleep()
        assert await due(alice) == []
        planned = await alice.schedule.due(within=1e9)
        assert [review.engram.content for review in planned] == [FERRY, TOM, LATCH]
        async with Brain.create(await place(), clock=clock, config=human()) as bob:
            seen = await bob.schedule.due(within=1e9)
            assert [review.engram for review in seen] == [review.engram for review in planned]
            assert [review.due_at for review in seen] == pytest.approx(
                [r.due_at for r in planned], abs=MINUTE
            )
            await clock.advance(planned[0].due_at - clock.now() + 1.0)
            assert await due(alice) == await due(bob) == [FERRY]
            await bob.schedule.review(ids[0], "good")
            assert await due(alice) == await due(bob) == []
            await alice.forget(ids[1])
            assert await due(bob, within=1e9) == [FERRY, TOM]
            with pytest.raises(EngramNotFoundError):
                await bob.schedule.review(ids[1], "good")
            await bob.schedule.unregister(ids[2])
            assert await due(alice, within=1e9) == [FERRY]
            await asyncio.gather(
                *(brain.schedule.review(ids[0], "again") for brain in (alice, bob) for _ in range(10))
            )
            assert (await alice.get(ids[0])).trace.exposures == 21.0


@pytest.mark.parametrize(("first", "second"), [*pairwise([*LAWS, LAWS[0]])], ids=lambda law: law.law)
async def test_a_store_filled_under_one_law_is_opened_under_another(
    first: Any, second: Any, place: OpenPlace
):
    def under(law: Any) -> BrainConfig:
        none = ImportanceParams(floor=0.0, rehearsal=None)
        return human().model_copy(update={"plasticity": law, "importance": none, "time": TimeParams.wall()})

    clock = SimulatedClock(start=1e6)
    async with Brain.create(await place(), clock=clock, config=under(first)) as brain:
        for age in range(8):
            await encoded(brain, f"ferry number {age}", salience=0.5)
            await clock.advance(40 * DAY)
            await brain.sleep()
        await brain.recall("ferry", limit=3)
        ids = [engram.engram_id for engram in await brain.list(dormant=True)]
    async with Brain.create(await place(), clock=clock, config=under(second)) as brain:
        for pruned in (None, 0):
            engrams = await brain.list(dormant=True)
            assert [engram.engram_id for engram in engrams] == ids
            faded = [e.engram_id for e in engrams if brain.retention(e) < DORMANT_BELOW]
            assert (await brain.stats())["dormant"] == len(faded)
            left = [e.engram_id for e in await brain.list()]
            assert left == [engram_id for engram_id in ids if engram_id not in faded]
            assert (await brain.sleep())["pruned_ltm"] == (len(faded) if pruned is None else 0)
        assert len(await brain.recall("ferry", update=False)) == 8


async def test_what_is_pinned_is_rehearsed_and_the_rest_fades(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        pinned, plain = [await encoded(brain, content, salience=0.5) for content in (FERRY, TOM)]
        await brain.pin(pinned.engram_id)
        for _ in range(40):
            await clock.advance(DAY)
            await brain.sleep()
            engram = await brain.get(pinned.engram_id)
            assert brain.retention(engram.model_copy(update={"pinned": False})) > 0.9
        assert brain.retention(await brain.get(plain.engram_id)) < 0.75
        assert 1.0 < engram.trace.presentations < 6.0


async def test_two_processes_agree_on_time_and_nights(place: OpenPlace):
    clock = SimulatedClock()
    async with (
        Brain.create(await place(), clock=clock) as alice,
        Brain.create(await place(), clock=clock) as bob,
    ):
        await encoded(alice, FERRY)
        await encoded(bob, TOM)
        for _ in range(3):
            await clock.advance(16 * HOUR)
            await asyncio.gather(alice.sleep(), bob.sleep())
        for brain in (alice, bob):
            assert (await brain.sleep()).weight == 0.0
        assert alice.inspect().brain_time == bob.inspect().brain_time == 48 * HOUR
        assert alice.inspect().sleeps == bob.inspect().sleeps == 3.0
        assert await alice.list() == await bob.list()


async def test_a_month_closed_costs_a_day_and_a_half_and_a_crash_a_minute_at_most(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        await encoded(brain, FERRY)
        await brain.sleep()
    await clock.advance(30 * DAY)
    crashing = StoreWrapper(await place())
    brain = await Brain.create(crashing, clock=clock)
    assert brain.inspect().brain_time == pytest.approx(1.5 * DAY)
    await clock.advance(DAY)
    recalled = (await brain.recall("ferry"))[0].engram.trace.last_access
    crashing.durable = False  # nothing more is written down
    await brain.close()
    async with Brain.create(await place(), clock=clock) as brain:
        assert recalled <= brain.inspect().brain_time <= recalled + MINUTE
