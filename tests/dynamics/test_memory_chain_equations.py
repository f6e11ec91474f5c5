"""The Memory Chain: figures of the reference, continuation, lesions, inverse and limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from printed import assert_printed, reference

from neuro.dynamics import memory_chain

deterministic = settings(derandomize=True, deadline=None, database=None)
intensities = st.floats(0.0, 10.0)
durations = st.floats(0.0, 1e4)


@st.composite
def rates(draw, monotone=True):
    """mu2, a1, a2; without memory rising by itself if monotone."""
    fast = draw(st.floats(1e-4, 10.0))
    slow = draw(st.floats(1e-6, 10.0) | st.sampled_from([0.0, fast, fast * (1 + 1e-12), fast * (1 - 1e-9)]))
    transfer = draw(st.floats(0.0, 1.0)) * (fast if monotone else 3.0)
    return min(transfer, fast) if monotone else transfer, fast, slow


def test_the_closed_form_agrees_with_the_reference():
    for case in reference("memory_chain")["cases"]:
        chain = (case["mu2"], case["a1"], case["a2"])
        fast, slow = memory_chain.intensities(float(case["t"]), case["mu1"], *chain)
        assert_printed(fast, case["r1"], case)
        assert_printed(slow, case["r2"], case)
        assert_printed(fast + slow, case["r"], case)
        assert_printed(memory_chain.recall_probability(fast, slow), case["p_control"], case)
        lesioned = memory_chain.recall_probability(fast, slow, spared=0.0)
        assert_printed(lesioned, case["p_full_hippocampal_lesion_at_t"], case)
        gradient = memory_chain.relative_retrograde(fast, slow)
        assert_printed(gradient, case["relative_retrograde"], case)


@deterministic
@given(
    chain=rates(monotone=False), fast=intensities, slow=intensities, steps=st.lists(durations, max_size=20)
)
def test_one_jump_equals_many_steps(chain, fast, slow, steps):
    stepwise = (fast, slow)
    for step in steps:
        stepwise = memory_chain.evolved(*stepwise, step, *chain)
    assert memory_chain.evolved(fast, slow, sum(steps), *chain) == pytest.approx(
        stepwise, rel=1e-9, abs=1e-12
    )


@deterministic
@given(chain=rates(), learned=st.floats(0.0, 5.0), gap=durations, later=durations)
def test_learning_again_adds_to_what_is_left(chain, learned, gap, later):
    fast, slow = memory_chain.intensities(gap, learned, *chain)
    twice = memory_chain.evolved(fast + learned, slow, later, *chain)
    first = memory_chain.intensities(gap + later, learned, *chain)
    second = memory_chain.intensities(later, learned, *chain)
    assert twice[0] == pytest.approx(first[0] + second[0], rel=1e-9, abs=1e-12)
    assert twice[1] == pytest.approx(first[1] + second[1], rel=1e-9, abs=1e-12)


@deterministic
@given(decline=st.floats(1e-4, 10.0), elapsed=st.floats(1e-3, 100.0), nearly=st.floats(-1e-6, 1e-6))
def test_nearly_equal_declines_lose_no_digits(decline, elapsed, nearly):
    equal = memory_chain.intensities(elapsed, 1.0, 0.5, decline, decline)
    assert equal[1] == pytest.approx(0.5 * elapsed * np.exp(-decline * elapsed), rel=1e-12)
    near = memory_chain.intensities(elapsed, 1.0, 0.5, decline, decline * (1 + nearly))
    second_order = (decline * elapsed * nearly) ** 2
    expected = equal[1] * (1.0 - decline * elapsed * nearly / 2.0)
    assert near[1] == pytest.approx(expected, rel=1e-12 + second_order)


@deterministic
@given(chain=rates(), fast=intensities, slow=intensities, times=st.lists(durations, min_size=2, max_size=10))
def test_memory_is_bounded_and_never_rises_where_little_is_transferred(chain, fast, slow, times):
    evolved = memory_chain.evolved(fast, slow, np.sort(np.array(times)), *chain)
    probabilities = memory_chain.recall_probability(*evolved)
    assert np.all((probabilities >= 0.0) & (probabilities <= 1.0))
    assert np.all(np.diff(probabilities) <= 1e-12)


@deterministic
@given(chain=rates(), elapsed=st.floats(1e-2, 1e4), spared=st.floats(0.0, 1.0))
def test_a_lesion_takes_no_more_than_the_fast_store_and_older_memories_less(chain, elapsed, spared):
    fast, slow = memory_chain.intensities(elapsed, 1.0, *chain)
    whole, part, none = (memory_chain.recall_probability(fast, slow, left) for left in (1.0, spared, 0.0))
    assert none <= part <= whole
    earlier = memory_chain.relative_retrograde(*memory_chain.intensities(elapsed / 2.0, 1.0, *chain))
    later = memory_chain.relative_retrograde(fast, slow)
    assert 0.0 <= later <= 1.0
    if fast + slow > 1e-300:  # below, floats lose digits
        assert later >= earlier - 1e-12


@deterministic
@given(chain=rates(), fast=intensities, slow=intensities, threshold=st.floats(1e-4, 0.999))
def test_forget_after_inverts_the_chain(chain, fast, slow, threshold):
    wait = memory_chain.forget_after(fast, slow, threshold, *chain)
    now = memory_chain.recall_probability(fast, slow)
    then = memory_chain.recall_probability(*memory_chain.evolved(fast, slow, wait, *chain))
    if wait == 0.0:
        assert now <= threshold * (1 + 1e-12)
    elif np.isinf(wait):
        assert then >= threshold * (1 - 1e-12)
    else:
        assert then == pytest.approx(threshold, rel=1e-11)


def test_forget_after_finds_the_time_to_twelve_digits():
    chain = (0.02, 0.5, 0.003)
    times = np.array([0.01, 1.0, 10.0, 300.0, 5000.0])
    for time in times:
        threshold = memory_chain.recall_probability(*memory_chain.intensities(time, 2.0, *chain))
        assert memory_chain.forget_after(2.0, 0.0, threshold, *chain) == pytest.approx(time, rel=2e-12)


@pytest.mark.parametrize("decline", [1e-5, 1.0, 30.0])
def test_forget_after_finds_memories_that_hold_out_longest(decline):
    chain = (decline, decline, decline)  # all that leaves the fast store arrives in an equally slow one
    for periods in (0.01, 0.5, 1.0, 2.0, 20.0):
        threshold = memory_chain.recall_probability(*memory_chain.intensities(periods / decline, 1.0, *chain))
        found = memory_chain.forget_after(1.0, 0.0, threshold, *chain)
        assert found * decline == pytest.approx(periods, rel=1e-9)


@deterministic
@given(chain=rates(), threshold=st.floats(1e-3, 0.99), states=st.lists(st.tuples(intensities, intensities)))
def test_many_memories_are_forgotten_when_each_is(chain, threshold, states):
    table = np.array(states).reshape(-1, 2)
    together = memory_chain.forget_after(table[:, 0], table[:, 1], threshold, *chain)
    alone = [memory_chain.forget_after(fast, slow, threshold, *chain) for fast, slow in states]
    assert together.tolist() == pytest.approx(alone, rel=1e-9)


def test_limits_of_time_and_intensity():
    chain = (0.2, 1.0, 0.1)
    assert memory_chain.evolved(1.0, 0.5, 0.0, *chain) == (1.0, 0.5)
    assert memory_chain.evolved(1.0, 0.5, -3.0, *chain) == (1.0, 0.5)
    assert memory_chain.evolved(1.0, 0.5, np.inf, *chain) == (0.0, 0.0)
    assert memory_chain.evolved(1.0, 0.5, np.inf, 0.2, 1.0, 1.0) == (0.0, 0.0)
    assert memory_chain.evolved(1.0, 0.5, np.inf, 0.2, 1.0, 0.0) == (
        0.0,
        0.7,
    )  # nothing leaves the slow store
    assert memory_chain.recall_probability(np.inf, 0.0) == 1.0
    assert memory_chain.relative_retrograde(0.0, 0.0) == 0.0
    assert memory_chain.forget_after(1.0, 0.5, 0.0, *chain) == np.inf
    assert memory_chain.forget_after(1.0, 0.5, 1.0, *chain) == 0.0
    assert memory_chain.forget_after(0.0, 0.0, 0.5, *chain) == 0.0
    assert memory_chain.forget_after(1.0, 0.5, 0.3, 0.2, 1.0, 0.0) == np.inf
    assert memory_chain.forget_after(1.0, 0.5, 0.55, 0.2, 1.0, 0.0) > 0.0
