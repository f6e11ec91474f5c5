"""Every law of forgetting by configuration: for the whole brain, for one region, over a store filled under another."""

import math
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from telling import DAY, OpenPlace, contents, encoded, kept

from neuro import Brain, BrainConfig, Engram, Stimulus, StoreUnavailableError, compute_retention
from neuro.clock import SimulatedClock, TimeParams
from neuro.fading import ImportanceParams
from neuro.plasticity import (
    BaseLevelPlasticity,
    EbbinghausPlasticity,
    FsrsPlasticity,
    MemoryChainPlasticity,
    OddsPlasticity,
)
from neuro.profiles import TypeProfiles
from neuro.regions import BasalGangliaParams, CerebellumParams, HippocampusParams, NeocortexParams
from neuro.stores import MemoryStore
from neuro.testing import CountingStore, FailingStore, KeptOpen
from neuro.units import DORMANT_BELOW

LAWS = [
    OddsPlasticity(),
    EbbinghausPlasticity(),
    BaseLevelPlasticity(),
    MemoryChainPlasticity(),
    FsrsPlasticity(),
]
each_law = pytest.mark.parametrize("law", LAWS, ids=lambda law: law.law)

KEPT_IN = {"neocortex": "episodic", "cerebellum": "procedural", "basal_ganglia": "habitual"}
NAMES = ["harbour", "keys", "piano", "lantern"]


def under(law: Any, **options: Any) -> BrainConfig:
    """People whose skills and habits fade as fast as what happened to them, by one law, in wall time."""
    types = TypeProfiles(half_life_scale=1.0)
    short = {kind: getattr(types, kind).model_copy(update={"half_life": 10.0}) for kind in KEPT_IN.values()}
    return BrainConfig(
        plasticity=law,
        types=types.model_copy(update=short),
        importance=ImportanceParams(floor=0.0, rehearsal=None),
        time=TimeParams.wall(),
        **options,
    )


async def fill(brain: Brain, clock: SimulatedClock) -> None:
    """Lives of all kinds: of each type some that were pinned, recalled, reviewed, repeated, or left alone long ago."""
    for age, name in enumerate(NAMES):
        await brain.perceive_many(
            Stimulus(content=f"{name} of the {kind}", memory_type=kind, salience=0.5)
            for kind in KEPT_IN.values()
        )
        if age == 1:
            await brain.pin((await brain.recall("keys", limit=1))[0].engram.engram_id)
        await clock.advance((5 + 40 * age) * DAY)
        await brain.sleep()
    await brain.recall("harbour", limit=2)
    reviewed = (await brain.recall("piano", limit=1, update=False))[0].engram
    await brain.schedule.register(reviewed.engram_id)
    await brain.schedule.review(reviewed.engram_id, "easy")
    await encoded(brain, "lantern of the habitual", memory_type="habitual")
    await encoded(brain, "ferry of the episodic")  # not slept on


def as_the_law_says(brain: Brain, law: Any, engram: Engram) -> bool:
    at = engram.trace.last_access if engram.pinned else brain.time.now()
    return math.isclose(
        brain.retention(engram), compute_retention(engram, now=at, plasticity=law), rel_tol=1e-12
    )


async def assert_it_fades_by(brain: Brain, law: Any) -> None:
    """Retentions, dormancy and counts of the dormant are those of a law."""
    engrams = await brain.list(limit=1000, dormant=True)
    assert all(as_the_law_says(brain, law, engram) for engram in engrams)
    faded = [engram.engram_id for engram in engrams if brain.retention(engram) < DORMANT_BELOW]
    assert len(faded) < len(engrams)
    assert (await brain.stats())["dormant"] == len(faded)
    await brain.sleep()
    # What the night marked is just that: nothing is left to be marked, and all else can still be.
    assert [e.engram_id for e in await brain.list(limit=1000)] == [
        e.engram_id for e in engrams if e.engram_id not in faded
    ]
    for region in KEPT_IN:
        assert await brain.store.engrams(region).due(brain.time.now(), limit=1000) == []
        marked_or_not = await brain.store.engrams(region).due(math.inf, limit=1000)
        there = [e for e in await brain.store.engrams(region).scan() if not e.pinned]
        assert {*marked_or_not} == {e.engram_id for e in there} - {*faded}


# One law


@each_law
async def test_a_brain_may_live_by_any_law(law: Any, place: OpenPlace):
    clock = SimulatedClock(start=1e6)
    async with Brain.create(await place(), clock=clock, config=under(law)) as brain:
        await fill(brain, clock)
        listed = await brain.list(limit=1000, dormant=True)
        assert len(listed) == 13
        await assert_it_fades_by(brain, law)
        pinned = next(engram for engram in listed if engram.pinned)
        assert brain.retention(pinned) > 0.98
        everything = await brain.list(limit=1000, dormant=True)
        due = await brain.schedule.due(within=1e9)
    async with Brain.create(await place(), clock=clock, config=under(law)) as brain:
        assert await brain.list(limit=1000, dormant=True) == everything
        assert await brain.schedule.due(within=1e9) == due
        await clock.advance(100 * DAY)
        await assert_it_fades_by(brain, law)


@each_law
async def test_under_any_law_using_a_memory_makes_it_last_longer(law: Any):
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=under(law)) as brain:
        used, idle = [await encoded(brain, f"{name} at noon", salience=0.5) for name in ("ferry", "train")]
        for _ in range(3):
            await clock.advance(5 * DAY)
            await brain.sleep()
            await brain.recall("ferry", limit=1)
        await clock.advance(30 * DAY)
        assert (
            brain.retention(await brain.get(used.engram_id))
            > brain.retention(await brain.get(idle.engram_id)) + 0.1
        )


# A law for each region

PARAMS: dict[str, Any] = {
    "hippocampus": HippocampusParams,
    "neocortex": NeocortexParams,
    "cerebellum": CerebellumParams,
    "basal_ganglia": BasalGangliaParams,
}


@pytest.mark.parametrize(
    ("kind", "turn"), [*(("memory", turn) for turn in range(5)), ("file", 1), ("redis", 2)]
)
async def test_each_region_may_have_a_law_of_its_own(kind: str, turn: int, tmp_path: Path):
    async with kept(kind, tmp_path) as place:
        await assert_a_law_for_each(place, turn)


async def assert_a_law_for_each(place: OpenPlace, turn: int) -> None:
    """The four regions have the laws from ``turn`` on, and the brain the one before."""
    laws = dict(zip(PARAMS, LAWS[turn:] + LAWS[:turn], strict=False))
    config = under(LAWS[turn - 1], **{name: PARAMS[name](plasticity=law) for name, law in laws.items()})
    clock = SimulatedClock(start=1e6)

    async def assert_all_fade(brain: Brain, where: dict[str, str]) -> None:
        for content, region in where.items():
            (recollection,) = await brain.recall(content, limit=1, update=False)
            assert recollection.engram.content == content
            assert recollection.region == region
            assert as_the_law_says(brain, laws[region], recollection.engram)
            assert (await brain.explain(recollection.engram.engram_id)).law == laws[region].law

    kinds = {f"{name} {region}": kind for region, kind in KEPT_IN.items() for name in NAMES[:2]}
    async with Brain.create(await place(), clock=clock, config=config) as brain:
        await brain.perceive_many(
            Stimulus(content=c, memory_type=kind, salience=0.5) for c, kind in kinds.items()
        )
        await clock.advance(DAY)
        await assert_all_fade(brain, dict.fromkeys(kinds, "hippocampus"))
        await brain.recall(f"{NAMES[0]} neocortex", limit=1)
        await brain.sleep()
        await clock.advance(3 * DAY)
        homes = {content: content.split()[1] for content in kinds}
        await assert_all_fade(brain, homes)
        for content in kinds:
            await brain.recall(content, limit=1)
        await brain.sleep()
        await clock.advance(20 * DAY)
        await assert_all_fade(brain, homes)
    async with Brain.create(await place(), clock=clock, config=config) as brain:
        await assert_all_fade(brain, homes)
        await clock.advance(300 * DAY)
        engrams = await brain.list(dormant=True)
        faded = sum(brain.retention(engram) < DORMANT_BELOW for engram in engrams)
        assert (await brain.stats())["dormant"] == (await brain.sleep())["pruned_ltm"] == faded


# From one law to another


async def assert_crossed(place: OpenPlace, first: Any, second: Any) -> None:
    """From a law to another and back: everything is found, and fades as the law of the day says."""
    clock = SimulatedClock(start=1e6)
    async with Brain.create(await place(), clock=clock, config=under(first)) as brain:
        await fill(brain, clock)
        before = await brain.list(limit=1000, dormant=True)
    for law in (second, first):
        async with Brain.create(await place(), clock=clock, config=under(law)) as brain:
            engrams = await brain.list(limit=1000, dormant=True)
            assert [e.changed(revision=0) for e in engrams] == [e.changed(revision=0) for e in before]
            for name in NAMES:
                found = contents(await brain.recall(name, update=False))
                assert {f"{name} of the {kind}" for kind in KEPT_IN.values()} <= {*found}
            (review,) = await brain.schedule.due(within=1e12)
            left = brain.schedule.time_until(review.engram, 0.9)
            assert left == pytest.approx(max(0.0, review.due_at - clock.now()))
            await assert_it_fades_by(brain, law)
            before = await brain.list(limit=1000, dormant=True)


@pytest.mark.parametrize(("first", "second"), [*permutations(LAWS, 2)], ids=lambda law: law.law)
async def test_a_store_filled_under_one_law_is_opened_under_another(first: Any, second: Any, tmp_path: Path):
    async with kept("memory", tmp_path) as place:
        await assert_crossed(place, first, second)


@pytest.mark.parametrize("turn", range(5))
async def test_so_it_is_wherever_the_store_is(turn: int, place: OpenPlace):
    await assert_crossed(place, LAWS[turn - 1], LAWS[turn])


WRITING = ("insert", "amend", "reveal", "delete", "demote", "link", "unlink", "write_journal")


async def opened(kept_open: MemoryStore, clock: SimulatedClock, config: BrainConfig) -> CountingStore:
    """What opening asked of a store."""
    store = CountingStore(KeptOpen(kept_open))
    async with Brain.create(store, clock=clock, config=config):
        counted = CountingStore(kept_open)
        counted.calls, counted.read, counted.written = +store.calls, +store.read, +store.written
    return counted


async def filled(config: BrainConfig, clock: SimulatedClock) -> MemoryStore:
    memory = MemoryStore()
    async with Brain.create(KeptOpen(memory), clock=clock, config=config) as brain:
        await fill(brain, clock)
    return memory


@each_law
async def test_under_the_same_law_nothing_is_read_or_written_anew(law: Any):
    clock = SimulatedClock(start=1e6)
    memory = await filled(under(law), clock)
    for _ in range(2):
        store = await opened(memory, clock, under(law))
        assert store.calls["scan"] == store.calls["amend"] == store.calls["write_documents"] == 0
        assert sum(store.written[verb] for verb in WRITING) == 0


OTHERS = {
    "another law": under(FsrsPlasticity()),
    "another parameter": under(OddsPlasticity(initial_odds=0.02)),
    "another floor": under(OddsPlasticity()).model_copy(update={"importance": ImportanceParams(floor=0.3)}),
    "another law in the neocortex": under(
        OddsPlasticity(), neocortex=NeocortexParams(plasticity=EbbinghausPlasticity())
    ),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=[*OTHERS])
async def test_under_another_each_engram_whose_law_has_changed_is_written_once(other: BrainConfig):
    clock = SimulatedClock(start=1e6)
    memory = await filled(under(OddsPlasticity()), clock)
    held = {region: len(await memory.engrams(region).scan()) for region in KEPT_IN}
    store = await opened(memory, clock, other)
    changed = held["neocortex"] if other.plasticity == OddsPlasticity() and other.neocortex.plasticity else 12
    assert sum(held.values()) == 12 and held["neocortex"] == 4
    assert store.written["amend"] == changed
    again = await opened(memory, clock, other)
    assert again.calls["amend"] == again.calls["scan"] == 0


@pytest.mark.parametrize("verb", ["scan", "amend", "write"])
async def test_a_change_of_law_that_was_interrupted_is_finished_the_next_time(verb: str):
    clock = SimulatedClock(start=1e6)
    memory = await filled(under(OddsPlasticity()), clock)
    before = [e.changed(revision=0) for region in KEPT_IN for e in await memory.engrams(region).scan()]
    failing = FailingStore(KeptOpen(memory))
    failing.fail_next(verb, StoreUnavailableError("gone"), reply_lost=verb == "amend")
    with pytest.raises(StoreUnavailableError, match="gone"):
        await Brain.create(failing, clock=clock, config=under(FsrsPlasticity()))
    async with Brain.create(KeptOpen(memory), clock=clock, config=under(FsrsPlasticity())) as brain:
        await assert_it_fades_by(brain, FsrsPlasticity())
        after = [e.changed(revision=0) for region in KEPT_IN for e in await memory.engrams(region).scan()]
        assert [e for e in after if e.content != "ferry of the episodic"] == before
    async with Brain.create(KeptOpen(memory), clock=clock, config=under(OddsPlasticity())) as brain:
        await assert_it_fades_by(brain, OddsPlasticity())


async def test_more_engrams_than_fit_into_one_batch_change_their_law():
    clock, memory = SimulatedClock(), MemoryStore()
    async with Brain.create(KeptOpen(memory), clock=clock, config=under(OddsPlasticity())) as brain:
        await brain.perceive_many(f"number {n}" for n in range(1001))
        await clock.advance(100 * DAY)
        await brain.sleep()
    async with Brain.create(KeptOpen(memory), clock=clock, config=under(EbbinghausPlasticity())) as brain:
        assert (await brain.stats())["dormant"] == 1001
        assert await brain.list() == []
        assert (await brain.sleep())["pruned_ltm"] == 1001
    async with Brain.create(KeptOpen(memory), clock=clock, config=under(OddsPlasticity())) as brain:
        assert (await brain.stats())["dormant"] == 0
        assert len(await brain.list(limit=2000)) == 1001
