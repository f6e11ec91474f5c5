"""Hebb, Oja and homeostasis."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.dynamics import hebbian, homeostasis

deterministic = settings(derandomize=True, deadline=None, database=None)
units = st.floats(0.0, 1.0)


@deterministic
@given(weight=units, increments=st.lists(units, max_size=4))
def test_weights_stay_within_bounds_whatever_the_order(weight, increments):
    ends = []
    for order in itertools.permutations(increments):
        grown = weight
        for increment in order:
            before, grown = grown, hebbian.hebbian(grown, increment)
            assert before - 1e-15 <= grown <= 1.0 + 1e-15
        ends.append(grown)
    assert max(ends) - min(ends) <= 1e-12


def test_ojas_rule_finds_the_first_principal_component_at_unit_length():
    rng = np.random.default_rng(3)
    axis = np.array([3.0, 4.0, 0.0]) / 5.0
    inputs = rng.normal(size=(8000, 1)) * 2.0 * axis + rng.normal(size=(8000, 3)) * 0.3
    weights = np.array([0.1, 0.1, 0.1])
    for sample in inputs:
        weights = hebbian.oja(weights, sample, 0.005)
    assert np.linalg.norm(weights) == pytest.approx(1.0, abs=0.02)
    assert abs(weights @ axis) == pytest.approx(1.0, abs=0.02)


def test_a_silent_neuron_learns_nothing():
    weights = np.array([0.6, 0.8])
    assert hebbian.oja(weights, np.array([0.8, -0.6]), 0.1) == pytest.approx(weights, abs=1e-15)


@deterministic
@given(weights=st.lists(units, min_size=1), nights=st.lists(units, max_size=50), rate=st.floats(0.0, 0.1))
def test_one_log_scale_stands_for_every_night(weights, nights, rate):
    log_scale, stepwise = 0.0, np.array(weights)
    for night in nights:
        log_scale = homeostasis.downscaled(log_scale, rate, night)
        stepwise = stepwise * np.exp(-rate * night)
    assert log_scale <= 0.0
    assert homeostasis.effective_weight(np.array(weights), log_scale) == pytest.approx(stepwise, rel=1e-9)


@deterministic
@given(weight=units, nights=st.floats(0.0, 10_000.0))
def test_what_is_stored_reads_as_what_was_meant(weight, nights):
    log_scale = homeostasis.downscaled(0.0, 0.01, nights)
    stored = homeostasis.stored_weight(weight, log_scale)
    assert homeostasis.effective_weight(stored, log_scale) == pytest.approx(weight, rel=1e-12)


def test_no_link_reads_stronger_than_one():
    assert homeostasis.effective_weight(1.5, 0.0) == 1.0
