"""FSRS 4.5, 5 and 6: every figure of the packages, with their traps, and what must hold for any review."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from printed import assert_printed, reference

from neuro.dynamics import fsrs

VERSIONS = {"fsrs45": fsrs.FSRS_4_5, "fsrs5": fsrs.FSRS_5, "fsrs6": fsrs.FSRS_6}
LEARNING_STEPS = (1.0, 5.0, 5.5, 10.0)
"""Minutes that the packages wait while something is being learned or relearned."""

deterministic = settings(derandomize=True, deadline=None, database=None)
each_version = pytest.mark.parametrize("name", VERSIONS)
versions = st.sampled_from(list(VERSIONS.values()))
stabilities = st.floats(0.01, 1e4)
difficulties = st.floats(1.0, 10.0)
ratings = st.sampled_from([1.0, 2.0, 3.0, 4.0])


@each_version
def test_the_published_weights_are_those_of_the_package(name):
    figures, weights = reference(name), VERSIONS[name]
    assert tuple(figures["parameters"]) == weights
    decay, factor = fsrs.forgetting_rate(weights)
    assert -decay == figures["DECAY"]
    assert_printed(factor, figures["FACTOR"])


@each_version
def test_initial_values_agree_with_the_package(name):
    for case in reference(name)["initial"]:
        rating = float(case["rating"])
        assert_printed(fsrs.initial_stability(rating, VERSIONS[name]), case["stability"], case)
        assert_printed(fsrs.initial_difficulty(rating, VERSIONS[name]), case["difficulty"], case)


@each_version
def test_the_forgetting_curve_agrees_with_the_package(name):
    for case in reference(name)["retrievability"]:
        found = fsrs.retrievability(float(case["elapsed_days"]), float(case["stability"]), VERSIONS[name])
        assert_printed(found, case["R"], case)


@each_version
def test_intervals_agree_with_the_package(name):
    for case in reference(name)["next_interval"]:
        days = fsrs.scheduled_days(float(case["stability"]), case["desired_retention"], VERSIONS[name])
        assert days == case["interval_days"], case


@each_version
def test_stabilities_after_a_review_agree_with_the_package(name):
    for case in reference(name)["next_stability"]:
        state = (float(case["stability"]), float(case["difficulty"]), case["retrievability"])
        if case["rating"] == 1:
            found = fsrs.forget_stability(*state, VERSIONS[name])
        else:
            found = fsrs.recall_stability(*state, float(case["rating"]), VERSIONS[name])
        assert_printed(found, case["next"], case)


@each_version
def test_stabilities_after_a_review_on_the_same_day_agree_with_the_package(name):
    cases = reference(name).get("short_term_stability", [])
    assert bool(cases) == (name != "fsrs45")
    for case in cases:
        found = fsrs.short_term_stability(case["stability"], float(case["rating"]), VERSIONS[name])
        assert_printed(found, case["next"], case)


@each_version
def test_difficulties_agree_with_the_package(name):
    for case in reference(name)["next_difficulty"]:
        found = fsrs.next_difficulty(float(case["difficulty"]), float(case["rating"]), VERSIONS[name])
        assert_printed(found, case["next"], case)


@each_version
def test_sequences_of_reviews_agree_with_the_package(name):
    weights = VERSIONS[name]
    for sequence in reference(name)["sequences"]:
        state, last = None, 0.0
        for case in sequence["reviews"]:
            rating = float(case.get("rating", 3))
            if state is None:
                state = fsrs.initial_stability(rating, weights), fsrs.initial_difficulty(rating, weights)
            else:
                elapsed = round(case["day"] - last, 4)  # days are printed to six digits
                state = fsrs.review(*state, fsrs.whole_days(elapsed), rating, weights)
            last = case["day"]
            assert_printed(state[0], case["stability"], sequence["name"], case)
            assert_printed(state[1], case["difficulty"], sequence["name"], case)
            due = case.get("due_in_days")
            if due is not None and due >= 1.0:
                assert fsrs.scheduled_days(state[0], 0.9, weights) == due
            elif due is not None:
                assert any(abs(due - minutes / 1440.0) < 1e-6 for minutes in LEARNING_STEPS)


def test_py_fsrs_forgets_nothing_within_a_day():
    assert fsrs.retrievability(fsrs.whole_days(0.99), 1.0) == 1.0
    assert fsrs.retrievability(0.99, 1.0) < 0.91
    assert fsrs.retrievability(fsrs.whole_days(1.99), 1.0) == fsrs.retrievability(1.0, 1.0)
    assert fsrs.whole_days(-2.5) == 0.0


def test_the_published_smoke_values_hold():
    retrievabilities = np.array([0.98, 0.9, 0.8, 0.7, 0.5, 0.2])[[0, 1, 3, 4, 5]]
    stability, difficulty = np.full(5, 10.0), np.full(5, 5.0)
    good = {
        fsrs.FSRS_6: [14.266208, 32.026729, 81.706394, 139.959399, 246.719036],
        fsrs.FSRS_5: [14.405617, 32.954264, 86.516080, 152.188984, 279.562763],
        fsrs.FSRS_4_5: [14.809083, 35.083894, 93.855300, 166.303762, 307.781545],
    }
    for weights, expected in good.items():
        found = fsrs.recall_stability(stability, difficulty, retrievabilities, 3.0, weights)
        assert found == pytest.approx(np.array(expected), abs=1e-6)
    again = fsrs.forget_stability(stability, difficulty, retrievabilities)
    assert again == pytest.approx(np.array([1.220021, 1.391987, 1.935551, 2.691375, 4.412945]), abs=1e-6)


@deterministic
@given(weights=versions, stability=stabilities, retention=st.floats(0.05, 1.0))
def test_the_interval_inverts_retrievability(weights, stability, retention):
    elapsed = fsrs.interval(stability, retention, weights)
    assert fsrs.retrievability(elapsed, stability, weights) == pytest.approx(retention, rel=1e-12)
    assert fsrs.interval(stability, 0.9, weights) == pytest.approx(stability, rel=1e-12)


@deterministic
@given(weights=versions, stability=stabilities, days=st.lists(st.floats(0.0, 1e6), min_size=2, max_size=10))
def test_retrievability_is_bounded_and_only_falls(weights, stability, days):
    elapsed = np.sort(np.array(days))
    curve = fsrs.retrievability(elapsed, np.full_like(elapsed, stability), weights)
    assert np.all((curve > 0.0) & (curve <= 1.0))
    assert np.all(np.diff(curve) <= 0.0)


@deterministic
@given(
    weights=versions,
    first=ratings,
    reviews=st.lists(st.tuples(st.floats(0.0, 1e4), ratings), max_size=30),
)
def test_reviews_stay_within_bounds(weights, first, reviews):
    stability, difficulty = fsrs.initial_stability(first, weights), fsrs.initial_difficulty(first, weights)
    for elapsed, rating in reviews:
        before = stability
        stability, difficulty = fsrs.review(stability, difficulty, elapsed, rating, weights)
        assert 1.0 <= difficulty <= 10.0
        assert np.isfinite(stability)
        assert stability >= fsrs.LEAST_STABILITY
        if elapsed >= 1.0 and rating > 1.0:
            assert stability >= before
        if rating == 1.0 and len(weights) > 17:
            assert stability <= max(before, fsrs.LEAST_STABILITY)


@deterministic
@given(stability=stabilities, difficulty=difficulties, elapsed=st.floats(1.0, 1e4), weights=versions)
def test_better_answers_never_leave_less_stability_or_more_difficulty(
    stability, difficulty, elapsed, weights
):
    grades = np.array([1.0, 2.0, 3.0, 4.0])
    after, harder = fsrs.review(
        np.full(4, stability), np.full(4, difficulty), np.full(4, elapsed), grades, weights
    )
    assert np.all(np.diff(after[1:]) >= 0.0)
    assert np.all(np.diff(harder) <= 0.0)
    for i, grade in enumerate(grades):
        one = fsrs.review(stability, difficulty, elapsed, float(grade), weights)
        assert (after[i], harder[i]) == pytest.approx(one, rel=1e-12)


@deterministic
@given(stability=stabilities, difficulty=difficulties, weights=versions)
def test_less_retrievable_memories_gain_more_from_a_recall(stability, difficulty, weights):
    probabilities = np.linspace(0.0, 1.0, 11)
    after = fsrs.recall_stability(
        np.full(11, stability), np.full(11, difficulty), probabilities, 3.0, weights
    )
    assert np.all(np.diff(after) <= 0.0)
    assert after[-1] == stability


@deterministic
@given(stability=stabilities, difficulty=difficulties, elapsed=st.floats(0.0, 0.999), rating=ratings)
def test_fsrs_4_5_ignores_further_reviews_on_a_day(stability, difficulty, elapsed, rating):
    assert fsrs.review(stability, difficulty, elapsed, rating, fsrs.FSRS_4_5) == (stability, difficulty)


def test_massed_good_answers_inflate_fsrs_5_without_end_but_not_fsrs_6():
    grown = {fsrs.FSRS_5: 3.0, fsrs.FSRS_6: 3.0}
    for weights in grown:
        for _ in range(20):
            grown[weights] = fsrs.short_term_stability(grown[weights], 3.0, weights)
    assert grown[fsrs.FSRS_5] > 1000.0
    assert grown[fsrs.FSRS_6] == 3.0


def test_limits_of_time_and_retention():
    assert fsrs.retrievability(0.0, 1.0) == fsrs.retrievability(-1.0, 1.0) == 1.0
    assert fsrs.retrievability(np.inf, 1.0) == 0.0
    assert fsrs.interval(1.0, 1.0) == 0.0
    assert fsrs.interval(1.0, 1e-300) == np.inf
    assert fsrs.scheduled_days(1.0, 1e-300) == 36500.0
    assert fsrs.scheduled_days(0.001, 0.9) == 1.0
