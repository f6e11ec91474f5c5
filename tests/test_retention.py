"""What a holder of an engram may ask without a brain."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro import InvalidArgumentError, compute_retention, time_until_forgotten
from neuro.plasticity import (
    BaseLevelPlasticity,
    EbbinghausPlasticity,
    FsrsPlasticity,
    MemoryChainPlasticity,
    OddsPlasticity,
    Plasticity,
)
from neuro.testing.samples import sample_engram, sample_trace
from neuro.units import DAY, DORMANT_BELOW, HOUR

ENGRAM = sample_engram(trace=sample_trace(half_life=10 * DAY, encoded_half_life=10 * DAY, last_access=0.0))


@pytest.mark.parametrize(
    ("days", "expected"), [(0, 1 / 1.01), (10, 1 / 2.01), (90, 1 / 10.01), (-5, 1 / 1.01)]
)
def test_the_odds_against_recall_grow_by_one_in_a_half_life(days: float, expected: float):
    assert compute_retention(ENGRAM, now=days * DAY) == pytest.approx(expected)


def test_time_until_forgotten_is_in_hours_and_ends_at_zero():
    hours = time_until_forgotten(ENGRAM, now=0.0)
    assert hours == pytest.approx(10 * 24 * (19 - 0.01))
    assert compute_retention(ENGRAM, now=hours * 3600) == pytest.approx(DORMANT_BELOW)
    assert time_until_forgotten(ENGRAM, now=hours * 3600 - 3600) == pytest.approx(1.0)
    assert time_until_forgotten(ENGRAM, now=1e12) == 0.0


def test_the_system_clock_is_the_default():
    assert compute_retention(ENGRAM) < DORMANT_BELOW
    assert time_until_forgotten(ENGRAM) == 0.0
    fresh = sample_engram(trace=sample_trace(last_access=1e11))
    assert compute_retention(fresh) == pytest.approx(1 / 1.01)
    assert time_until_forgotten(fresh) > 1e6


def test_an_instant_of_zero_is_an_instant():
    late = sample_engram(trace=sample_trace(last_access=-10 * DAY))
    assert compute_retention(late, now=0.0) == pytest.approx(1 / 2.01)


def test_what_is_pinned_never_fades():
    pinned = ENGRAM.changed(pinned=True)
    assert compute_retention(pinned, now=1e15) == pytest.approx(1 / 1.01)
    assert time_until_forgotten(pinned, now=1e15) == math.inf


def test_what_is_important_enough_never_falls_below_its_floor():
    vital = ENGRAM.changed(salience=1.0)
    assert compute_retention(vital, now=0.0) == pytest.approx(1 / 1.01)
    assert compute_retention(vital, now=1e15) == pytest.approx(0.2)
    assert time_until_forgotten(vital, now=1e15) == math.inf


@pytest.mark.parametrize(
    "plasticity",
    [EbbinghausPlasticity(), BaseLevelPlasticity(), MemoryChainPlasticity(), FsrsPlasticity()],
    ids=lambda plasticity: plasticity.law,
)
def test_every_law_may_be_asked(plasticity: Plasticity):
    hours = time_until_forgotten(ENGRAM, now=0.0, plasticity=plasticity)
    assert compute_retention(ENGRAM, now=hours * HOUR, plasticity=plasticity) == pytest.approx(DORMANT_BELOW)


def test_the_parameters_of_a_law_count():
    forgetful = OddsPlasticity(initial_odds=1.0)
    assert compute_retention(ENGRAM, now=0.0, plasticity=forgetful) == pytest.approx(0.5)
    assert time_until_forgotten(ENGRAM, now=0.0, plasticity=forgetful) == pytest.approx(240 * 18)


@pytest.mark.parametrize("now", [math.nan, math.inf, "x", True])
def test_now_is_a_finite_number(now: Any):
    for question in (compute_retention, time_until_forgotten):
        with pytest.raises(InvalidArgumentError, match="now"):
            question(ENGRAM, now=now)


@given(st.floats(-1e12, 1e12), st.floats(1.0, 1e10), st.floats(0.1, 100.0))
def test_retention_is_a_probability_and_forgetting_its_threshold(
    now: float, half_life: float, exposures: float
):
    engram = sample_engram(trace=sample_trace(half_life=half_life, last_access=0.0, exposures=exposures))
    retention = compute_retention(engram, now=now)
    assert 0.0 <= retention <= 1.0
    assert (time_until_forgotten(engram, now=now) > 0.0) is (retention > DORMANT_BELOW * (1 + 1e-9)) or (
        retention == pytest.approx(DORMANT_BELOW)
    )
