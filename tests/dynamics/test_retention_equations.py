"""Classic retention functions: the figures of the reference, inverses, limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from printed import assert_printed, reference

from neuro.dynamics import retention

FIGURES = reference("retention_functions")

deterministic = settings(derandomize=True, deadline=None, database=None)
scales = st.floats(1e-3, 1e6)
exponents = st.floats(0.05, 3.0)
levels = st.floats(1e-3, 1.0)
durations = st.floats(0.0, 1e6)


def test_exponential_forgetting_agrees_with_the_reference():
    for case in FIGURES["exponential"]["cases"]:
        assert_printed(retention.exponential(float(case["t"]), float(case["S"])), case["R"], case)


def test_hyperbolic_forgetting_agrees_with_the_reference():
    for case in FIGURES["hyperbola"]["cases"]:
        assert_printed(retention.hyperbolic(float(case["t"]), float(case["T"])), case["R"], case)


def test_wickelgrens_law_agrees_with_the_reference():
    for case in FIGURES["wickelgren"]["cases"]:
        found = retention.wickelgren(float(case["t"]), case["lambda"], case["beta"], case["psi"])
        assert_printed(found, case["m"], case)


def test_ebbinghaus_savings_agree_with_the_reference():
    for case in FIGURES["ebbinghaus_1885"]["cases"]:
        assert_printed(retention.ebbinghaus_savings(float(case["minutes"])), case["savings"], case)


@deterministic
@given(level=levels, scale=scales, exponent=exponents, initial=st.floats(0.1, 1.0), rate=st.floats(1e-6, 1e3))
def test_every_duration_inverts_its_function(level, scale, exponent, initial, rate):
    for forgotten, duration in (
        (retention.exponential, retention.exponential_duration),
        (retention.hyperbolic, retention.hyperbolic_duration),
    ):
        assert forgotten(duration(level, scale), scale) == pytest.approx(level, rel=1e-12)
    found = retention.power(retention.power_duration(level, scale, exponent), scale, exponent)
    assert found == pytest.approx(level, rel=1e-12)
    constants = (initial, rate, exponent)
    found = retention.wickelgren(retention.wickelgren_duration(level, *constants), *constants)
    assert found == pytest.approx(min(level, initial), rel=1e-12)


@deterministic
@given(savings=st.floats(0.05, 1.0))
def test_ebbinghaus_duration_inverts_his_savings(savings):
    minutes = retention.ebbinghaus_duration(savings)
    assert retention.ebbinghaus_savings(minutes) == pytest.approx(savings, rel=1e-12)


@deterministic
@given(times=st.lists(durations, min_size=2, max_size=20), scale=scales, exponent=exponents)
def test_retention_is_bounded_and_only_falls(times, scale, exponent):
    elapsed = np.sort(np.array(times))
    for curve in (
        retention.exponential(elapsed, np.full_like(elapsed, scale)),
        retention.hyperbolic(elapsed, np.full_like(elapsed, scale)),
        retention.power(elapsed, np.full_like(elapsed, scale), exponent),
        retention.wickelgren(elapsed, 0.9, 1.0 / scale, exponent),
        retention.ebbinghaus_savings(elapsed),
    ):
        assert np.all((curve >= 0.0) & (curve <= 1.0))
        assert np.all(np.diff(curve) <= 0.0)


@deterministic
@given(elapsed=durations, scale=scales, exponent=exponents)
def test_the_power_law_has_the_others_as_special_cases(elapsed, scale, exponent):
    assert retention.power(elapsed, scale, 1.0) == pytest.approx(retention.hyperbolic(elapsed, scale))
    wickelgren = retention.wickelgren(elapsed, 1.0, 1.0 / scale, exponent)
    assert retention.power(elapsed, scale, exponent) == pytest.approx(wickelgren)


def test_of_two_equal_memories_the_older_one_fades_more_slowly():
    young, old = 1.0, 10.0  # Jost's law: equal now, at ages of 1 and 10
    scale = retention.power_duration(0.5, 1.0, 0.5)
    assert retention.power(young * scale, young, 0.5) == retention.power(old * scale, old, 0.5)
    later = 30.0
    assert retention.power(old * scale + later, old, 0.5) > retention.power(young * scale + later, young, 0.5)


def test_limits_of_time_and_retention():
    for forgotten in (retention.exponential, retention.hyperbolic):
        assert forgotten(0.0, 2.0) == forgotten(-1.0, 2.0) == 1.0
        assert forgotten(np.inf, 2.0) == 0.0
    assert retention.power(np.inf, 2.0, 0.5) == retention.wickelgren(np.inf, 0.9, 1.0, 0.5) == 0.0
    assert retention.power(-1.0, 2.0, 0.5) == 1.0
    assert retention.wickelgren(-1.0, 0.9, 1.0, 0.5) == 0.9
    assert retention.ebbinghaus_savings(0.0) == retention.ebbinghaus_savings(1.0) == 1.0
    assert retention.ebbinghaus_savings(np.inf) == 0.0
    assert retention.exponential_duration(0.0, 2.0) == retention.hyperbolic_duration(0.0, 2.0) == np.inf
    assert retention.power_duration(1e-300, 2.0, 0.1) == np.inf
    assert retention.ebbinghaus_duration(0.0) == np.inf
    assert retention.exponential_duration(1.0, 2.0) == retention.power_duration(1.0, 2.0, 0.5) == 0.0
    assert retention.wickelgren_duration(0.95, 0.9, 1.0, 0.5) == 0.0
    assert retention.ebbinghaus_duration(1.0) == 1.0
