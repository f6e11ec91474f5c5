"""The long-term regions: neocortex, cerebellum and basal ganglia, each used alone over its own store."""

import math
from typing import Any

import pytest

from neuro import BasalGanglia, Cerebellum, Engram, MemoryType, Neocortex
from neuro.clock import SimulatedClock
from neuro.errors import ConfigurationError
from neuro.fading import Fading
from neuro.plasticity import OddsPlasticity
from neuro.regions.basal_ganglia import BasalGangliaParams
from neuro.regions.cerebellum import CerebellumParams
from neuro.regions.memory_region import MemoryRegion
from neuro.stores.memory import MemoryEngrams
from neuro.testing.samples import sample_engram, sample_trace
from neuro.units import DAY

REGIONS: tuple[type[MemoryRegion], ...] = (Neocortex, Cerebellum, BasalGanglia)


async def holding(kind: type[MemoryRegion], *engrams: Engram) -> MemoryRegion:
    region = kind(clock=SimulatedClock())
    await region.store.insert([region.place(region.settle(engram)) for engram in engrams])
    return region


def later(engram: Engram, _: Fading) -> Engram:
    return engram.changed(salience=0.9)


@pytest.mark.parametrize(
    ("kind", "claimed"),
    [
        (Neocortex, set(MemoryType) - {MemoryType.PROCEDURAL, MemoryType.HABITUAL}),
        (Cerebellum, {MemoryType.PROCEDURAL}),
        (BasalGanglia, {MemoryType.HABITUAL}),
    ],
)
def test_each_region_claims_its_types_while_it_is_intact(kind: type[MemoryRegion], claimed: set[MemoryType]):
    region = kind()
    assert {memory_type for memory_type in MemoryType if region.claims(memory_type)} == claimed
    region.lesion()
    assert not any(region.claims(memory_type) for memory_type in MemoryType)


def test_no_type_is_claimed_twice_and_none_is_homeless():
    for memory_type in MemoryType:
        assert sum(kind().claims(memory_type) for kind in REGIONS) == 1


# Settling


def test_the_neocortex_takes_engrams_as_they_are():
    engram = sample_engram()
    assert Neocortex().settle(engram) is engram


@pytest.mark.parametrize("resistance", [1.0, 2.0, 3.0])
def test_a_skill_that_settles_resists_forgetting(resistance: float):
    engram = sample_engram(trace=sample_trace(half_life=5.0, encoded_half_life=4.0))
    settled = Cerebellum(params=CerebellumParams(resistance=resistance)).settle(engram)
    assert settled.trace.half_life == 5.0 * resistance
    assert settled.trace.encoded_half_life == 4.0 * resistance
    assert settled.revision == engram.revision + 1
    assert engram.trace.half_life == 5.0  # pure


@pytest.mark.parametrize(("reward", "factor"), [(None, 1.0), (-1.0, 1.0), (0.0, 1.0), (0.5, 1.5), (1.0, 2.0)])
def test_a_habit_keeps_as_long_as_it_was_rewarded(reward: float | None, factor: float):
    engram = sample_engram(reward=reward)
    assert BasalGanglia().settle(engram).trace.half_life == engram.trace.half_life * factor
    off = BasalGanglia(params=BasalGangliaParams(habit_benefit=0.0))
    assert off.settle(engram).trace.half_life == engram.trace.half_life


# Finding


async def test_an_engram_is_found_by_its_digest():
    region = await holding(Neocortex, sample_engram(1, "one"), sample_engram(2, "two"))
    digests = [sample_engram(9, content).digest for content in ("two", "three", "one")]
    assert await region.find(digests) == ["0" * 31 + "2", None, "0" * 31 + "1"]


@pytest.mark.parametrize("kind", REGIONS)
async def test_a_change_happens_once_per_operation_where_the_engram_is_owned(kind: type[MemoryRegion]):
    region = await holding(kind, sample_engram(1), sample_engram(2))
    ids = ["0" * 31 + "2", "unknown", "0" * 31 + "1"]
    for _ in range(2):
        changed = await region.reconsolidate(ids, later, "op")
        assert [engram.engram_id for engram in changed] == [ids[0], ids[2]]
    before = sample_engram(1).revision + (kind is not Neocortex)
    assert [engram.revision for engram in changed] == [before + 1] * 2


async def test_a_skill_is_practised():
    clock = SimulatedClock(start=1000.0)
    region = Cerebellum(clock=clock)
    await region.store.insert([region.place(region.settle(sample_engram(1)))])
    await clock.advance(10 * DAY)
    practised = await region.practise("0" * 31 + "1", op_id="trial 1")
    assert practised is not None
    assert practised.trace.half_life > 20 * DAY
    assert practised.trace.last_access == clock.now()
    assert practised.access_count == 0
    assert await region.practise("0" * 31 + "1", op_id="trial 1") == practised
    assert await region.practise("unknown", op_id="trial 2") is None
    region.lesion()
    assert await region.practise("0" * 31 + "1", op_id="trial 3") is None


def test_rewards_come_to_be_expected():
    region = BasalGanglia()
    errors = [region.learn(1.0) for _ in range(20)]
    assert errors[0] == 1.0 and errors == sorted(errors, reverse=True) and errors[-1] < 0.01
    assert region.inspect().expected_reward == region.expected_reward > 0.99
    assert region.learn(-1.0) < -1.9
    region.lesion()
    assert region.learn(1.0) == 0.0
    before = region.expected_reward
    region.restore()
    assert region.expected_reward == before


# Fading


async def test_what_has_faded_is_marked_once_and_the_pinned_never():
    faded, fresh = sample_trace(last_access=0.0), sample_trace(last_access=500 * DAY)
    region = await holding(
        Neocortex,
        sample_engram(1, trace=faded),
        sample_engram(2, trace=fresh),
        sample_engram(3, trace=faded, pinned=True),
    )
    now = 500 * DAY
    assert await region.fade(now) == ["0" * 31 + "1"]
    assert await region.fade(now) == []
    engrams = [engram for engram in await region.reinstate([f"{n:032x}" for n in (1, 2, 3)]) if engram]
    assert [region.fading.dormant(engram, now) for engram in engrams] == [True, False, False]
    assert [region.fading.forgotten_at(engram) < now for engram in engrams] == [True, False, False]
    assert region.fading.forgotten_at(engrams[2]) == math.inf
    assert region.fading.retention(engrams[2], now) == pytest.approx(1 / 1.01)


async def test_many_fade_in_one_night():
    engrams = [sample_engram(n) for n in range(1, 1202)]
    region = await holding(Neocortex, *engrams)
    assert len(await region.fade(1e12)) == 1201


def test_the_law_of_forgetting_is_given():
    region = Neocortex(plasticity=OddsPlasticity(initial_odds=1.0))
    assert region.fading.retention(sample_engram(), 1000.0) == 0.5


# Lesions


@pytest.mark.parametrize("kind", REGIONS)
async def test_a_lesioned_region_is_silent_and_keeps_what_it_holds(kind: type[MemoryRegion]):
    region = await holding(kind, sample_engram(1, "We met Dana"))
    engram_id = "0" * 31 + "1"
    region.lesion()
    assert await region.reinstate([engram_id]) == [None]
    assert await region.find([sample_engram(1, "We met Dana").digest]) == [None]
    assert await region.reconsolidate([engram_id], later, "op") == []
    assert await region.fade(1e12) == []
    assert not region.inspect().intact and region.inspect().name == region.name
    region.restore()
    (engram,) = await region.reinstate([engram_id])
    assert engram is not None and engram.salience == 0.5


@pytest.mark.parametrize("kind", REGIONS)
def test_a_region_used_alone_keeps_its_engrams_in_memory(kind: type[MemoryRegion]):
    region = kind()
    assert isinstance(region.store, MemoryEngrams)
    assert region.store.region == region.name
    assert repr(region).startswith(f"{kind.__name__}(name='{region.name}', intact=True")


@pytest.mark.parametrize(
    ("params", "bad"),
    [
        (CerebellumParams, {"resistance": 0.5}),
        (BasalGangliaParams, {"learning_rate": 1.5}),
        (BasalGangliaParams, {"x": 1}),
    ],
)
def test_bad_parameters_are_configuration_errors(params: Any, bad: dict[str, Any]):
    with pytest.raises(ConfigurationError, match=rf"^{params.__name__}\."):
        params(**bad)
