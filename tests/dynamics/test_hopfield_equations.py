"""Modern Hopfield completion."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.dynamics import hopfield

deterministic = settings(derandomize=True, deadline=None, database=None)
seeds = st.integers(0, 2**31)
betas = st.floats(0.01, 50.0)


def stored(seed, n=6, d=10):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng


@deterministic
@given(seed=seeds, beta=betas)
def test_a_completion_is_a_weighted_mean_of_patterns(seed, beta):
    patterns, rng = stored(seed)
    queries = rng.normal(size=(3, 10))
    weights = hopfield.completion_weights(patterns, queries, beta)
    assert np.all(weights >= 0.0)
    assert np.sum(weights, axis=-1) == pytest.approx(np.ones(3), rel=1e-12)
    together = hopfield.completed(patterns, queries, beta)
    assert together == pytest.approx(weights @ patterns)
    for query, completion in zip(queries, together, strict=True):
        assert hopfield.completed(patterns, query, beta) == pytest.approx(completion, abs=1e-12)


@deterministic
@given(seed=seeds, beta=betas)
def test_completion_never_raises_the_energy_and_energy_is_bounded(seed, beta):
    patterns, rng = stored(seed)
    state = hopfield.completed(patterns, rng.normal(size=10), beta)
    longest = np.max(np.linalg.norm(patterns, axis=1))
    for _ in range(5):
        later = hopfield.completed(patterns, state, beta)
        before, after = hopfield.energy(patterns, np.array([state, later]), beta)
        assert -1e-9 <= after <= before + 1e-9
        assert before <= 2.0 * longest**2 + 1e-9
        state = later


def test_half_a_pattern_brings_back_the_whole_in_one_step():
    rng = np.random.default_rng(11)
    patterns = rng.choice([-1.0, 1.0], size=(20, 128))
    half = np.where(np.arange(128) < 64, patterns[7], 0.0)
    assert hopfield.completed(patterns, half, 1.0) == pytest.approx(patterns[7], abs=1e-6)


def test_beta_goes_from_the_mean_of_all_to_the_nearest():
    patterns, rng = stored(2)
    query = patterns[4] + rng.normal(size=10) * 0.1
    assert hopfield.completed(patterns, query, 1e-12) == pytest.approx(patterns.mean(axis=0), abs=1e-9)
    nearest = patterns[np.argmax(patterns @ query)]
    assert hopfield.completed(patterns, query, 1e6) == pytest.approx(nearest, abs=1e-9)
