"""What the default plasticity promises for every schedule, not only for those of the reference."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.engram import MemoryType
from neuro.plasticity import HalfLives, OddsPlasticity
from neuro.testing import PLASTICITY_CHECKS
from neuro.units import DAY, DORMANT_BELOW, YEAR

_SETTINGS = {
    "agent": OddsPlasticity(),
    "human": OddsPlasticity(half_life_scale=1.0),
    "syllables": OddsPlasticity(half_lives=HalfLives(episodic=1 / 24), half_life_scale=1.0),
    "no learning": OddsPlasticity(gain=0.0, exposure_gain=0.0, sleep_benefit=0.0, consolidation_rate=0.0),
    "greedy": OddsPlasticity(gain=1000.0, exposure_gain=1000.0, sleep_benefit=10.0, refractory_period=0.0),
}

deterministic = settings(derandomize=True, deadline=None, database=None)

gaps = st.floats(0.0, 3 * YEAR) | st.floats(0.0, DAY) | st.sampled_from([0.0, 1.0, 10.0, 10.001, 60.0])
types = st.sampled_from(list(MemoryType))


@pytest.mark.parametrize("setting", _SETTINGS)
@pytest.mark.parametrize("check", PLASTICITY_CHECKS, ids=lambda check: check.__name__)
def test_the_odds_law_conforms(check, setting):
    check(_SETTINGS[setting])


@deterministic
@given(
    memory_type=types,
    born=st.floats(0.0, 2e9),
    accesses=st.lists(st.tuples(gaps, st.booleans()), max_size=30),
)
def test_the_half_life_grows_by_at_most_the_gain_times_the_time_that_passed(memory_type, born, accesses):
    plasticity = OddsPlasticity(half_life_scale=1.0)
    now = born
    trace = plasticity.imprint(born, memory_type=memory_type)
    for gap, studied in accesses:
        now += gap
        learn, gain = (
            (plasticity.reexpose, plasticity.exposure_gain)
            if studied
            else (plasticity.potentiate, plasticity.gain)
        )
        before, elapsed = trace, now - trace.last_access
        trace = learn(trace, now)
        assert before.half_life <= trace.half_life <= (before.half_life + gain * elapsed) * (1 + 1e-12)
    first = plasticity.imprint(born, memory_type=memory_type).half_life
    assert trace.half_life <= (first + plasticity.gain * (now - born)) * (1 + 1e-9)


@deterministic
@given(memory_type=types, schedule=st.lists(gaps, max_size=10), repeats=st.integers(1, 20))
def test_recalls_within_the_refractory_period_earn_nothing(memory_type, schedule, repeats):
    plasticity, now = OddsPlasticity(), 0.0
    trace = plasticity.imprint(now, memory_type=memory_type)
    for gap in schedule:
        now += gap
        trace = plasticity.potentiate(trace, now)
    half_life = trace.half_life
    for repeat in range(1, repeats + 1):
        trace = plasticity.potentiate(trace, now + repeat * plasticity.refractory_period * 0.999)
    assert trace.half_life == half_life


@deterministic
@given(memory_type=types, schedule=st.lists(gaps, max_size=10), later=st.floats(0.0, 200 * YEAR))
def test_strength_is_below_the_threshold_exactly_from_forgotten_at_on(memory_type, schedule, later):
    plasticity, now = OddsPlasticity(), 0.0
    trace = plasticity.imprint(now, memory_type=memory_type)
    for gap in schedule:
        now += gap
        trace = plasticity.potentiate(trace, now)
    instant = plasticity.forgotten_at(trace)
    if not math.isclose(now + later, instant, rel_tol=1e-9):
        assert (plasticity.strength(trace, now + later) < DORMANT_BELOW) == (now + later > instant)


def test_no_half_life_grows_beyond_the_longest():
    plasticity = OddsPlasticity(longest_half_life=2 * YEAR)
    trace = plasticity.imprint(0.0, memory_type=MemoryType.PROCEDURAL, arousal=1.0)
    assert trace.half_life == 2 * YEAR
    trace = plasticity.potentiate(trace, YEAR)
    assert trace.half_life == 2 * YEAR
    assert plasticity.replay(trace, YEAR + DAY).half_life == 2 * YEAR


def test_depression_is_never_undone_by_the_floor():
    plasticity = OddsPlasticity()
    trace = plasticity.imprint(0.0, memory_type=MemoryType.EPISODIC)
    assert plasticity.depress(trace, 0.5).half_life == trace.half_life / 2
    assert plasticity.depress(trace, 1e-9).half_life == trace.encoded_half_life / 100


def test_a_night_of_half_weight_protects_half_as_much():
    plasticity = OddsPlasticity()
    trace = plasticity.imprint(0.0, memory_type=MemoryType.EPISODIC)
    whole, half = (plasticity.replay(trace, DAY, weight=weight).half_life for weight in (1.0, 0.5))
    assert half - trace.half_life == pytest.approx((whole - trace.half_life) / 2)
