"""Whole sequences of reviews as the package supermemo2 makes them."""

import pytest
import supermemo2
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.dynamics import sm2

pytestmark = pytest.mark.reference

SOME_DAY = "2020-01-01 00:00:00"


@settings(derandomize=True, deadline=None, database=None)
@given(qualities=st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_sequences_of_reviews(qualities):
    state = (sm2.FIRST_EASINESS, 0.0, 0.0)
    theirs = {"easiness": 2.5, "interval": 0, "repetitions": 0}
    for quality in qualities:
        theirs = supermemo2.review(
            quality, theirs["easiness"], theirs["interval"], theirs["repetitions"], SOME_DAY
        )
        state = sm2.review(*state, float(quality))
        assert state == (theirs["easiness"], theirs["interval"], theirs["repetitions"])
