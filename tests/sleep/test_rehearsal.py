"""Rehearsal: what is pinned or important is gone over by night before it fades, and rarely."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from fakeredis import FakeServer

from neuro import Brain, BrainConfig, Engram, EngramNotFoundError, SleepReport, Stimulus
from neuro.clock import SimulatedClock
from neuro.fading import ImportanceParams
from neuro.plasticity import (
    BaseLevelPlasticity,
    EbbinghausPlasticity,
    FsrsPlasticity,
    MemoryChainPlasticity,
    OddsPlasticity,
)
from neuro.presets import human
from neuro.profiles import TypeProfile, TypeProfiles
from neuro.sleep import SleepParams
from neuro.stores import MemoryStore, Store
from neuro.stores.redis import RedisStore
from neuro.stores.sqlite import SQLiteStore
from neuro.testing import CountingStore, FailingStore, InterleavingStore, KeptOpen, StoreWrapper
from neuro.testing.redis import fake_redis
from neuro.units import DAY, HOUR, YEAR

LAWS = [
    OddsPlasticity(),
    EbbinghausPlasticity(),
    BaseLevelPlasticity(),
    MemoryChainPlasticity(),
    FsrsPlasticity(),
]
CODE, BIRTHDAY, WEATHER = "The code of the door is 4711", "Tom was born in May", "It rained all day"

OpenPlace = Callable[[], Awaitable[Store]]


@pytest.fixture(params=["memory", "file", "redis"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenPlace]:
    """A place to be opened again and again, each time by a client of its own."""
    memory, server = MemoryStore(), FakeServer()
    async with AsyncExitStack() as stack:

        async def open_place() -> Store:
            if request.param == "memory":
                return KeptOpen(memory)
            if request.param == "file":
                return await SQLiteStore.open(tmp_path / "brain.db")
            client = fake_redis(server)
            stack.push_async_callback(client.aclose)
            return await RedisStore.open("redis://fake", client=client)

        yield open_place


async def remembering(brain: Brain) -> tuple[Engram, Engram, Engram]:
    """A pinned, an important and a plain memory."""
    engrams: list[Engram] = []
    for content, salience in ((CODE, 0.5), (BIRTHDAY, 1.0), (WEATHER, 0.5)):
        engram = (await brain.perceive(content, salience=salience)).engram
        assert engram is not None
        engrams.append(engram)
    await brain.pin(engrams[0].engram_id)
    return await brain.get(engrams[0].engram_id), engrams[1], engrams[2]


def bare(engram: Engram) -> Engram:
    """As if it were neither pinned nor important: what its trace alone would leave of it."""
    return engram.model_copy(update={"pinned": False, "salience": 0.0})


async def left(brain: Brain, engram_id: str) -> float:
    """Retention by the trace alone."""
    return brain.retention(bare(await brain.get(engram_id)))


async def nights(
    brain: Brain, clock: SimulatedClock, *, total: float, each: float = DAY, watched: list[Engram]
) -> tuple[float, list[float]]:
    """The least that was left of any of the watched when a night came, and what was left when one was rehearsed."""
    lowest, rehearsed = 1.0, list[float]()
    for _ in range(round(total / each)):
        await clock.advance(each)
        least = min([await left(brain, engram.engram_id) for engram in watched])
        lowest = min(lowest, least)
        if (await brain.sleep())["rehearsed"]:
            rehearsed.append(least)
    return lowest, rehearsed


async def test_what_is_pinned_or_important_never_fades_and_all_else_does():
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        pinned, important, plain = await remembering(brain)
        low, rehearsals = await nights(brain, clock, total=2 * YEAR, watched=[pinned, important])
        assert low >= 0.9
        assert 4 <= len(rehearsals) <= 10
        assert await left(brain, plain.engram_id) < 0.2
        assert (await brain.get(plain.engram_id)).trace.presentations == 1.0


@pytest.mark.parametrize(
    ("each", "low", "high"),
    [(HOUR, 0.9, 0.902), (6 * HOUR, 0.9, 0.906), (3 * DAY, 0.88, 0.91), (7 * DAY, 0.85, 0.91)],
)
async def test_however_often_it_sleeps_it_rehearses_in_time_and_not_before(
    each: float, low: float, high: float
):
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        pinned, important, _ = await remembering(brain)
        lowest, rehearsed = await nights(brain, clock, total=40 * DAY, each=each, watched=[pinned, important])
        assert lowest >= low
        assert max(rehearsed) <= high
        assert 2 <= len(rehearsed) <= 4


async def test_ten_rehearsals_keep_a_memory_for_twelve_years():
    """Of a half-life of 12 days, as in a person, with a night a day."""
    types = TypeProfiles(half_life_scale=1.0, episodic=TypeProfile(half_life=12.0))
    clock, reports = SimulatedClock(), list[SleepReport]()
    async with Brain.create(clock=clock, config=BrainConfig(types=types)) as brain:
        engram = (await brain.perceive("The meeting is in room four", salience=0.5)).engram
        assert engram is not None and engram.trace.half_life == 12 * DAY
        await brain.pin(engram.engram_id)
        brain.observers.subscribe(SleepReport, reports.append)
        await brain.sleep(days=4383)
        assert brain.time.now() > 8 * YEAR
        assert 8 <= sum(report["rehearsed"] for report in reports) <= 12
        assert await left(brain, engram.engram_id) >= 0.9


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.law)
async def test_every_law_of_forgetting_is_kept_at_bay(law: Any):
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=BrainConfig(plasticity=law)) as brain:
        pinned, important, _ = await remembering(brain)
        low, rehearsals = await nights(brain, clock, total=120 * DAY, watched=[pinned, important])
        assert low >= 0.9
        assert 1 <= len(rehearsals) <= 12


async def test_it_is_rehearsed_wherever_it_lies_and_after_a_restart(place: OpenPlace):
    clock = SimulatedClock()
    kinds = {"episodic": "neocortex", "procedural": "cerebellum", "habitual": "basal_ganglia"}
    types = TypeProfiles(
        episodic=TypeProfile(half_life=1.0),
        procedural=TypeProfile(half_life=1.0, home="cerebellum"),
        habitual=TypeProfile(half_life=1.0, home="basal_ganglia"),
    )
    config = BrainConfig(types=types)
    async with Brain.create(await place(), clock=clock, config=config) as brain:
        ids = [(await brain.perceive(kind, memory_type=kind)).engram for kind in kinds]
        for engram in ids:
            assert engram is not None
            await brain.pin(engram.engram_id)
        await clock.advance(DAY)
        report = await brain.sleep()
        assert (report["rehearsed"], report["consolidated"]) == (3, 3)  # in the hippocampus yet
        counts: list[int] = []
        for _ in range(20):
            await clock.advance(DAY)
            counts.append((await brain.sleep())["rehearsed"])
        assert sum(counts) >= 3
    async with Brain.create(await place(), clock=clock, config=config) as brain:
        before = {e.engram_id: e.trace.presentations for e in await brain.list()}
        for _ in range(40):
            await clock.advance(DAY)
            await brain.sleep()
        after = await brain.list()
        assert {e.memory_type.value for e in after} == {*kinds}
        assert all(e.trace.presentations > before[e.engram_id] for e in after)
        assert all([await left(brain, e.engram_id) >= 0.9 for e in after])


async def test_a_rehearsal_teaches_as_a_recall_does_but_counts_no_access(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        pinned, _, _ = await remembering(brain)
        await brain.sleep()
        await clock.advance(brain.schedule.time_until(bare(pinned), 0.9) - DAY - 1.0)
        assert (await brain.sleep())["rehearsed"] == 0
        await clock.advance(0.5 * DAY)
        before = await brain.get(pinned.engram_id)
        assert (await brain.sleep())["rehearsed"] == 1
        after = await brain.get(pinned.engram_id)
        assert after.access_count == 0
        assert after.trace.half_life > 2.0 * before.trace.half_life
        assert after.trace.presentations == before.trace.presentations + 1.0
        await clock.advance(DAY)
        assert (await brain.sleep())["replayed"] == 1  # it is slept on as any other access


# What is left alone


async def test_people_rehearse_nothing():
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=human()) as brain:
        pinned, important, _ = await remembering(brain)
        report = await brain.sleep(days=1000)
        assert report["rehearsed"] == 0
        assert await left(brain, pinned.engram_id) < 0.05
        assert brain.retention(await brain.get(important.engram_id)) < 0.05
        assert brain.retention(await brain.get(pinned.engram_id)) > 0.98


async def test_what_is_registered_for_review_is_left_to_the_user(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        pinned, important, _ = await remembering(brain)
        for engram in (pinned, important):
            await brain.schedule.register(engram.engram_id)
        assert (await brain.sleep(days=60))["rehearsed"] == 0
        assert await left(brain, pinned.engram_id) < 0.9
        await brain.schedule.unregister(pinned.engram_id)
        assert (await brain.sleep())["rehearsed"] == 1
        assert await left(brain, pinned.engram_id) > 0.98


async def test_what_is_unpinned_is_left_to_fade(place: OpenPlace):
    clock = SimulatedClock()
    async with Brain.create(await place(), clock=clock) as brain:
        pinned, important, _ = await remembering(brain)
        await brain.forget(important.engram_id)
        await brain.sleep()
        await brain.unpin(pinned.engram_id)
        assert (await brain.sleep(days=60))["rehearsed"] == 0
        await brain.pin(pinned.engram_id)
        assert (await brain.sleep())["rehearsed"] == 1


async def test_a_night_with_nothing_due_reads_and_writes_nothing_for_it():
    clock, store = SimulatedClock(), CountingStore(MemoryStore())
    async with Brain.create(store, clock=clock) as brain:
        await remembering(brain)
        for _ in range(2):
            await clock.advance(DAY)
            await brain.sleep()
        store.reset()
        await clock.advance(DAY)
        assert (await brain.sleep())["rehearsed"] == 0
        assert store.calls["upcoming"] == 4
        assert store.read["upcoming"] == store.engrams_read == 0
        for verb in ("amend", "insert", "delete", "demote"):
            assert store.written[verb] == 0
        await clock.advance(20 * DAY)
        store.reset()
        assert (await brain.sleep())["rehearsed"] == 1
        assert store.calls["upcoming"] == 8  # asked again whether that was all
        assert store.read["upcoming"] == 1
        assert store.written["amend"] == 4  # one engram, looked for in four regions


async def test_many_are_rehearsed_in_one_night_each_once():
    clock, store = SimulatedClock(), CountingStore(MemoryStore())
    async with Brain.create(store, clock=clock) as brain:
        await brain.perceive_many(f"number {n}" for n in range(701))
        for engram in await brain.list(limit=2000):
            await brain.pin(engram.engram_id)
        await brain.sleep()
        await clock.advance(20 * DAY)
        store.reset()
        assert (await brain.sleep())["rehearsed"] == 701
        assert store.read["upcoming"] == 701
        assert Counter(e.trace.presentations for e in await brain.list(limit=2000)) == {2.0: 701}
        assert (await brain.sleep())["rehearsed"] == 0


async def test_what_cannot_be_kept_above_the_target_is_rehearsed_once_a_night():
    """Nothing is ever above .995 after one exposure."""
    clock = SimulatedClock()
    config = BrainConfig(importance=ImportanceParams(rehearsal=0.995))
    async with Brain.create(clock=clock, config=config) as brain:
        await brain.perceive_many(Stimulus(content=f"number {n}", salience=1.0) for n in range(501))
        for _ in range(3):
            await clock.advance(DAY)
            assert (await brain.sleep())["rehearsed"] == 501


async def test_the_horizon_is_configured():
    clock = SimulatedClock()
    config = BrainConfig(sleep=SleepParams(rehearsal_horizon=9 * DAY))
    async with Brain.create(clock=clock, config=config) as brain:
        await remembering(brain)
        await clock.advance(5 * DAY)
        assert (await brain.sleep())["rehearsed"] == 1  # due after ten days: the next night may come too late


# Floors


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.law)
async def test_without_rehearsal_the_most_salient_never_fall_below_their_floor(law: Any):
    clock = SimulatedClock()
    config = BrainConfig(plasticity=law, importance=ImportanceParams(rehearsal=None))
    async with Brain.create(clock=clock, config=config) as brain:
        _, vital, _ = await remembering(brain)
        for _ in range(20):
            await clock.advance(1e4 * YEAR)
            assert (await brain.sleep())["rehearsed"] == 0
            engram = await brain.get(vital.engram_id)
            assert brain.retention(engram) >= 0.2
            assert vital.engram_id in [e.engram_id for e in await brain.list()]
        if law.law == "odds":
            assert brain.retention(engram) == pytest.approx(0.2)
            assert (await brain.stats())["dormant"] == 1  # the plain one


# In trouble


async def test_a_night_that_fails_rehearses_when_it_is_tried_again():
    clock, store = SimulatedClock(), FailingStore(MemoryStore())
    async with Brain.create(store, clock=clock) as brain:
        pinned, _, _ = await remembering(brain)
        await brain.sleep()
        await clock.advance(20 * DAY)
        store.down = True
        with pytest.raises(ConnectionError):
            await brain.sleep()
        store.down = False
        assert (await brain.sleep())["rehearsed"] == 1
        assert (await brain.get(pinned.engram_id)).trace.presentations == 2.0


@pytest.mark.parametrize("seed", range(10))
async def test_what_is_forgotten_during_the_night_stays_forgotten(seed: int):
    rng = random.Random(seed)
    clock, kept = SimulatedClock(), MemoryStore()
    async with Brain.create(InterleavingStore(kept, rng), clock=clock) as brain:
        pinned, important, _ = await remembering(brain)
        if seed % 2:
            await brain.sleep()
        await clock.advance(50 * DAY)

        async def forget() -> None:
            for _ in range(rng.randrange(60)):
                await asyncio.sleep(0)
            await brain.forget(pinned.engram_id)

        await asyncio.gather(brain.sleep(), forget())
        assert pinned.engram_id not in brain.hippocampus.ledger()["unreplayed"]
        for _ in range(2):
            await clock.advance(DAY)
            await brain.sleep()
        with pytest.raises(EngramNotFoundError):
            await brain.get(pinned.engram_id)
        assert [e.content for e in await brain.list()] == [BIRTHDAY, WEATHER]
        assert (await brain.get(important.engram_id)).trace.presentations == 2.0
        assert brain.inspect().regions["hippocampus"].model_dump()["unreplayed"] == 0
        assert pinned.engram_id not in brain.hippocampus.ledger()["unreplayed"]
        assert len(await brain.recall("code")) == 0


class Meanwhile(StoreWrapper):
    """Does something once, after a change has been written."""

    act: Callable[[], Awaitable[None]] | None = None

    async def around(self, verb: str, call: Callable[[], Awaitable[Any]], *, written: int = 0) -> Any:
        result = await call()
        if verb == "amend" and self.act is not None:
            act, self.act = self.act, None
            await act()
        return result


async def test_what_is_forgotten_right_after_its_rehearsal_is_not_to_be_replayed():
    clock, store = SimulatedClock(), Meanwhile(MemoryStore())
    async with Brain.create(store, clock=clock) as brain:
        pinned, _, _ = await remembering(brain)
        for pause in (DAY, 8 * DAY):
            await clock.advance(pause)
            await brain.sleep()
        await clock.advance(2 * DAY)
        store.act = lambda: brain.forget(pinned.engram_id)
        await brain.sleep()
        assert store.act is None
        assert brain.hippocampus.ledger()["unreplayed"] == {}
