"""SuperMemo 2: the sequences of the package with its traps, and bounds."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from printed import assert_printed, reference

from neuro.dynamics import sm2

deterministic = settings(derandomize=True, deadline=None, database=None)
qualities = st.lists(st.integers(0, 5), max_size=30)
NEW = (sm2.FIRST_EASINESS, 0.0, 0.0)


def test_sequences_agree_with_the_package():
    for name, sequence in reference("sm2")["sequences"].items():
        state = NEW
        assert len(sequence["qualities"]) == len(sequence["reviews"])
        for quality, case in zip(sequence["qualities"], sequence["reviews"], strict=True):
            assert quality == case["quality"]
            state = sm2.review(*state, float(quality))
            assert_printed(state[0], case["easiness"], name, case)
            assert state[1:] == (case["interval_days"], case["repetitions"]), (name, case)


def test_intervals_are_rounded_up():
    assert sm2.next_interval(6.0, 2.36, 2.0) == 15.0  # 14.16


def test_the_easiness_before_the_review_makes_the_interval():
    easiness, interval, _ = sm2.review(2.5, 15.0, 3.0, 5.0)
    assert (easiness, interval) == (2.6, 38.0)  # 15 times 2.5, not 2.6


def test_a_lapse_starts_over_and_still_lowers_the_easiness():
    easiness, interval, repetitions = sm2.review(2.5, 38.0, 4.0, 1.0)
    assert_printed(easiness, 1.96)
    assert (interval, repetitions) == (1.0, 0.0)


@deterministic
@given(answers=qualities)
def test_easiness_and_interval_never_fall_below_their_floors(answers):
    state = NEW
    for quality in answers:
        state = sm2.review(*state, float(quality))
        assert state[0] >= sm2.LEAST_EASINESS
        assert state[1] >= 1.0
        assert state[1] == np.rint(state[1])


@deterministic
@given(
    rows=st.lists(st.tuples(st.floats(1.3, 3.0), st.integers(1, 500), st.integers(0, 9), st.integers(0, 5)))
)
def test_many_reviews_are_what_each_is(rows):
    table = np.array(rows, dtype=float).reshape(-1, 4)
    together = sm2.review(*table.T)
    for i, row in enumerate(table):
        assert tuple(column[i] for column in together) == sm2.review(*map(float, row))
