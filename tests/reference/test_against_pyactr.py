"""The exact base-level sum of pyactr; its optimized learning uses the wrong age and is no reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyactr.utilities import baselevel_learning

from neuro.dynamics.base_level import base_level, hybrid_base_level

pytestmark = pytest.mark.reference


@settings(derandomize=True, deadline=None, database=None)
@given(
    times=st.lists(st.floats(0.0, 1e6), min_size=1, max_size=50),
    wait=st.floats(1e-2, 1e6),
    decay=st.floats(0.05, 0.95),
)
def test_the_exact_sum(times, wait, decay):
    presented = np.array(times)
    now = float(np.max(presented)) + wait
    expected = baselevel_learning(now, presented, bll=True, decay=decay)
    ages = now - presented
    assert base_level(ages, decay) == pytest.approx(expected, abs=1e-12)
    everything_recent = hybrid_base_level(ages, len(ages), np.max(ages), decay)
    assert everything_recent == pytest.approx(expected, abs=1e-12)
