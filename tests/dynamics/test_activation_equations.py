"""What activation does in ACT-R: figures of the reference, inverses, limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from printed import assert_printed, reference

from neuro.dynamics import activation
from neuro.dynamics.spreading import spreading_activation

ACT_R = reference("actr")

deterministic = settings(derandomize=True, deadline=None, database=None)
activations = st.floats(-30.0, 30.0)
noises = st.floats(0.05, 5.0)


def test_latencies_agree_with_the_reference():
    for case in ACT_R["latency"]:
        found = activation.latency(float(case["A"]), case["F"], case["f"])
        assert_printed(found, case["latency_s"], case)


def test_retrieval_probabilities_agree_with_the_reference():
    for case in ACT_R["retrieval_probability"]:
        found = activation.retrieval_probability(float(case["A"]), case["tau"], case["s"])
        assert_printed(found, case["p"], case)


@deterministic
@given(a=st.floats(-5.0, 5.0), threshold=st.floats(-2.0, 2.0), noise=st.floats(0.25, 5.0))
def test_activation_at_inverts_retrieval_probability(a, threshold, noise):
    p = activation.retrieval_probability(a, threshold, noise)
    assert 0.0 < p < 1.0
    if p < 0.5:  # above, floats next to 1 lie too far apart
        assert activation.activation_at(p, threshold, noise) == pytest.approx(a, abs=1e-12, rel=1e-12)
    assert activation.retrieval_probability(
        activation.activation_at(p, threshold, noise), threshold, noise
    ) == pytest.approx(p, rel=1e-12)


@deterministic
@given(a=st.lists(activations, min_size=2, max_size=10), threshold=st.floats(-2.0, 2.0), noise=noises)
def test_more_activation_is_more_often_and_faster(a, threshold, noise):
    ordered = np.sort(np.array(a))
    probabilities = activation.retrieval_probability(ordered, threshold, noise)
    assert np.all(np.diff(probabilities) >= 0.0)
    assert np.all((probabilities >= 0.0) & (probabilities <= 1.0))
    assert np.all(np.diff(activation.latency(ordered, 0.63, 1.0)) <= 0.0)


def test_limits_of_activation():
    assert activation.retrieval_probability(-np.inf, 0.0, 0.5) == 0.0
    assert activation.retrieval_probability(np.inf, 0.0, 0.5) == 1.0
    assert activation.retrieval_probability(-1e308, 1e308, 1e-3) == 0.0
    assert activation.activation_at(0.0, 0.0, 0.5) == -np.inf
    assert activation.activation_at(1.0, 0.0, 0.5) == np.inf
    assert activation.latency(-np.inf, 1.0, 1.0) == activation.latency(-1e6, 1.0, 1.0) == np.inf
    assert activation.latency(np.inf, 1.0, 1.0) == 0.0


def test_mismatches_cost_by_how_unlike_they_are():
    spread = spreading_activation(np.array([[1.0, 2.0], [0.0, 0.0]]), 0.5)
    similarities = np.array([[0.0, -0.5], [0.0, 0.0]])
    found = activation.matched_activation(np.array([0.25, 0.25]), spread, similarities, 2.0)
    assert found.tolist() == [0.25 + 1.5 - 1.0, 0.25]
    assert activation.matched_activation(1.0, 0.0, np.zeros(3), 5.0) == 1.0


def test_noise_is_logistic_of_its_scale_and_repeats_with_its_generator():
    noise = activation.activation_noise(np.random.default_rng(7), 0.5, 200_000)
    assert noise.shape == (200_000,)
    assert np.mean(noise) == pytest.approx(0.0, abs=0.01)
    assert np.var(noise) == pytest.approx(np.pi**2 * 0.25 / 3.0, rel=0.02)
    assert np.mean(noise > -1.0) == pytest.approx(
        activation.retrieval_probability(1.0, 0.0, 0.5), abs=0.005
    )  # noise and the probability of retrieval are one thing
    again = activation.activation_noise(np.random.default_rng(7), 0.5, (100, 2000))
    assert again.ravel().tolist() == noise.tolist()


@deterministic
@given(a=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8), temperature=st.floats(1e-3, 1e3))
def test_choice_probabilities_add_up_and_follow_activation(a, temperature):
    given_ones = np.array(a)
    probabilities = activation.choice_probabilities(given_ones, temperature)
    assert np.sum(probabilities) == pytest.approx(1.0, rel=1e-12)
    assert np.all(np.diff(probabilities[np.argsort(given_ones)]) >= 0.0)
    shifted = activation.choice_probabilities(given_ones + 5.0, temperature)
    assert shifted == pytest.approx(probabilities, abs=1e-9)
    values = np.arange(len(a), dtype=float)
    assert activation.blended(values, given_ones, temperature) == pytest.approx(values @ probabilities)


def test_of_two_candidates_the_choice_is_a_retrieval_against_the_other():
    found = activation.choice_probabilities(np.array([0.7, -0.2]), 0.4)
    assert found[0] == pytest.approx(activation.retrieval_probability(0.7, -0.2, 0.4), rel=1e-12)


def test_choice_at_the_limits():
    far = np.array([[np.inf, 0.0, np.inf], [-np.inf, -np.inf, -np.inf], [-np.inf, 0.0, -np.inf]])
    expected = [[0.5, 0.0, 0.5], [1 / 3] * 3, [0.0, 1.0, 0.0]]
    assert activation.choice_probabilities(far, 1.0) == pytest.approx(np.array(expected))
