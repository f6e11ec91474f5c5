"""What the default plasticity promises for every schedule, not only for those of the reference."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lives import births, gaps, half_lives, recalled

from neuro.plasticity import OddsPlasticity
from neuro.units import DAY, DORMANT_BELOW, YEAR

PLASTICITY = OddsPlasticity()

deterministic = settings(derandomize=True, deadline=None, database=None)
any_gap = gaps | st.floats(0.0, 100.0)
runs = st.tuples(any_gap, st.integers(1, 40)).map(lambda run: [run[0]] * run[1])
schedules = st.lists(runs, max_size=8).map(lambda found: [gap for run in found for gap in run])


@deterministic
@given(born=births, half_life=half_lives, schedule=schedules)
def test_the_half_life_grows_by_at_most_the_gain_times_the_time_that_passed(born, half_life, schedule):
    """Exactly: with no allowance for rounding, recall by recall and over the whole schedule."""
    now, trace = born, PLASTICITY.imprint(born, half_life=half_life)
    for gap in schedule:
        now += gap
        before, trace = trace, PLASTICITY.potentiate(trace, now)
        elapsed = now - before.last_access
        assert before.half_life <= trace.half_life <= before.half_life + PLASTICITY.gain * elapsed
    assert trace.half_life <= half_life + PLASTICITY.gain * (now - born)


@deterministic
@given(born=births, half_life=half_lives, accesses=st.lists(st.tuples(gaps, st.booleans()), max_size=30))
def test_studies_between_recalls_do_not_lift_the_bound(born, half_life, accesses):
    now, trace = born, PLASTICITY.imprint(born, half_life=half_life)
    for gap, studied in accesses:
        now += gap
        trace = (PLASTICITY.reexpose if studied else PLASTICITY.potentiate)(trace, now)
    assert trace.half_life <= half_life + PLASTICITY.gain * (now - born)


@deterministic
@given(half_life=half_lives, schedule=st.lists(gaps, max_size=10), repeats=st.integers(1, 20))
def test_recalls_within_the_refractory_period_earn_nothing(half_life, schedule, repeats):
    trace, now = recalled(PLASTICITY, half_life, schedule)
    before = trace.half_life
    for repeat in range(1, repeats + 1):
        trace = PLASTICITY.potentiate(trace, now + repeat * PLASTICITY.refractory_period * 0.999)
    assert trace.half_life == before


@deterministic
@given(half_life=half_lives, schedule=st.lists(gaps, max_size=10), later=st.floats(0.0, 200 * YEAR))
def test_strength_is_below_the_threshold_exactly_from_forgotten_at_on(half_life, schedule, later):
    trace, now = recalled(PLASTICITY, half_life, schedule)
    instant = PLASTICITY.forgotten_at(trace)
    if not math.isclose(now + later, instant, rel_tol=1e-9):
        assert (PLASTICITY.strength(trace, now + later) < DORMANT_BELOW) == (now + later > instant)


def test_a_night_of_half_weight_protects_half_as_much():
    trace = PLASTICITY.imprint(0.0, half_life=DAY)
    whole, half = (PLASTICITY.replay(trace, DAY, weight=weight).half_life for weight in (1.0, 0.5))
    assert half - trace.half_life == pytest.approx((whole - trace.half_life) / 2)
