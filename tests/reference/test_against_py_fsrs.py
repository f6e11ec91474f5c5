"""Whole sequences of reviews, step by step as py-fsrs makes them (FSRS-6, fuzz off)."""

from datetime import UTC, datetime, timedelta

import pytest
from fsrs import Card, Rating, Scheduler
from fsrs.scheduler import DEFAULT_PARAMETERS, LOWER_BOUNDS_PARAMETERS, UPPER_BOUNDS_PARAMETERS
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.dynamics import fsrs

pytestmark = pytest.mark.reference

BIRTH = datetime(2020, 1, 1, tzinfo=UTC)
DAY = 86400

deterministic = settings(derandomize=True, deadline=None, database=None)
ratings = st.sampled_from(list(Rating))
gaps = st.integers(0, 2 * DAY) | st.integers(0, 1000 * DAY) | st.integers(0, 400).map(lambda days: days * DAY)
reviews = st.lists(st.tuples(gaps, ratings), min_size=1, max_size=20)
fitted = st.tuples(
    *(
        st.floats(lowest, highest)
        for lowest, highest in zip(LOWER_BOUNDS_PARAMETERS, UPPER_BOUNDS_PARAMETERS, strict=True)
    )
)


def follow(scheduler, weights, sequence, retention=0.9):
    """Makes every review in both and compares stability, difficulty, retrievability and, once learnt, the due date."""
    card, state, now = Card(card_id=1), None, BIRTH
    for gap, rating in sequence:
        now += timedelta(seconds=gap)
        elapsed = fsrs.whole_days(gap / DAY)
        if state is None:
            state = (
                fsrs.initial_stability(float(rating), weights),
                fsrs.initial_difficulty(float(rating), weights),
            )
        else:
            expected = scheduler.get_card_retrievability(card, now)
            assert fsrs.retrievability(elapsed, state[0], weights) == pytest.approx(expected, rel=1e-9)
            state = fsrs.review(*state, elapsed, float(rating), weights)
        card, _ = scheduler.review_card(card, rating, now)
        assert state == pytest.approx((card.stability, card.difficulty), rel=1e-9)
        if card.due - now >= timedelta(days=1):
            days = fsrs.scheduled_days(card.stability, retention, weights)
            assert timedelta(days=float(days)) == card.due - now


def test_the_published_weights_are_those_of_the_package():
    assert fsrs.FSRS_6 == DEFAULT_PARAMETERS


@deterministic
@given(sequence=reviews)
def test_reviews_with_learning_steps(sequence):
    follow(Scheduler(enable_fuzzing=False), fsrs.FSRS_6, sequence)


@deterministic
@given(sequence=reviews, retention=st.floats(0.7, 0.98))
def test_reviews_without_learning_steps(sequence, retention):
    scheduler = Scheduler(
        desired_retention=retention, learning_steps=(), relearning_steps=(), enable_fuzzing=False
    )
    follow(scheduler, fsrs.FSRS_6, sequence, retention)


@deterministic
@given(weights=fitted, sequence=reviews)
def test_reviews_with_fitted_weights(weights, sequence):
    follow(Scheduler(parameters=weights, enable_fuzzing=False), weights, sequence)
