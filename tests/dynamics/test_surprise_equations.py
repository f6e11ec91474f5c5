"""Predictive coding: running expectations and what deviates from them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.dynamics import surprise

deterministic = settings(derandomize=True, deadline=None, database=None)
values = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40)


@deterministic
@given(seen=values, rate=st.floats(0.01, 1.0))
def test_expectations_are_the_exponentially_weighted_moments(seen, rate):
    mean, variance = seen[0], 0.0
    for value in seen[1:]:
        mean, variance = surprise.updated_expectation(mean, variance, value, rate)
    ages = np.arange(len(seen) - 1, -1, -1.0)
    weights = rate * (1.0 - rate) ** ages
    weights[0] = (1.0 - rate) ** (len(seen) - 1)
    expected = weights @ np.array(seen)
    assert np.sum(weights) == pytest.approx(1.0, rel=1e-9)
    assert mean == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert variance == pytest.approx(weights @ (np.array(seen) - expected) ** 2, rel=1e-6, abs=1e-6)


def test_expectations_settle_on_what_keeps_happening():
    rng = np.random.default_rng(5)
    mean, variance = 0.0, 1.0
    for value in rng.normal(4.0, 0.5, 4000):
        mean, variance = surprise.updated_expectation(mean, variance, float(value), 0.01)
    assert mean == pytest.approx(4.0, abs=0.15)
    assert variance == pytest.approx(0.25, abs=0.08)


@deterministic
@given(value=st.floats(-1e3, 1e3), mean=st.floats(-1e3, 1e3), variance=st.floats(0.0, 1e3))
def test_the_same_error_surprises_less_where_much_varies(value, mean, variance):
    error = surprise.weighted_error(value, mean, variance, 0.01)
    calmer = surprise.weighted_error(value, mean, variance / 2.0, 0.01)
    assert abs(error) <= abs(calmer)
    assert np.sign(error) == np.sign(value - mean)
    assert surprise.weighted_error(mean, mean, 0.0, 0.01) == 0.0


@deterministic
@given(first=st.floats(1e-6, 1.0), second=st.floats(1e-6, 1.0))
def test_information_adds_up_over_independent_events(first, second):
    both = surprise.information(first) + surprise.information(second)
    assert surprise.information(first * second) == pytest.approx(both, abs=1e-9)
    assert surprise.information(first) >= 0.0


def test_the_certain_is_no_surprise_and_the_impossible_an_infinite_one():
    assert surprise.information(1.0) == 0.0
    assert surprise.information(0.0) == np.inf
