"""Base-level activation: the figures of the reference with its trap, Petrov's hybrid, Pavlik & Anderson's decays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from printed import assert_printed, reference

from neuro.dynamics import base_level
from neuro.dynamics.activation import retrieval_probability

ACT_R = reference("actr")

deterministic = settings(derandomize=True, deadline=None, database=None)
histories = st.lists(st.floats(1e-3, 1e8), min_size=1, max_size=30).map(lambda ages: np.sort(np.array(ages)))
decays = st.floats(0.05, 1.5) | st.just(1.0) | st.floats(1 - 1e-9, 1 + 1e-9)


def ages_of(case):
    return np.sort(case["now"] - np.array(case["times"]))


def hybrid(ages, k, decay, width=None):
    """The hybrid over sorted ages, the recent ones padded to a width with absent ones."""
    recent = np.full(max(k, width or k), np.inf)
    recent[: min(k, len(ages))] = ages[:k]
    return base_level.hybrid_base_level(recent, len(ages), ages[-1], decay)


def test_the_exact_sum_agrees_with_the_reference():
    for case in ACT_R["base_level"]:
        assert_printed(base_level.base_level(ages_of(case), case["d"]), case["exact"], case["name"])


def test_the_hybrid_agrees_with_the_reference():
    seen = 0
    for case in ACT_R["base_level"]:
        for k in (k for k in range(1, 100) if f"hybrid_k{k}" in case):
            assert_printed(hybrid(ages_of(case), k, case["d"]), case[f"hybrid_k{k}"], case["name"], k)
            seen += 1
    assert seen == sum(key.startswith("hybrid_k") for case in ACT_R["base_level"] for key in case)


def test_the_optimized_learning_of_actr_uses_the_age_of_the_first_presentation():
    for case in ACT_R["base_level"]:
        ages, decay = ages_of(case), case["d"]
        found = base_level.optimized_base_level(float(len(ages)), float(ages[-1]), decay)
        assert_printed(found, case["optimized_learning"], case["name"])
        of_the_last = base_level.optimized_base_level(float(len(ages)), float(ages[0]), decay)
        assert_printed(
            of_the_last, case["pyactr_ol"], case["name"]
        )  # what pyactr returns, and must not be used
        if len(ages) > 1:
            assert abs(of_the_last - case["optimized_learning"]) > 1e-5


def test_decays_that_grow_with_activation_agree_with_the_reference():
    study = ACT_R["pavlik_anderson_2005"]
    for case in study["cases"]:
        times = np.array(case["times_s"], dtype=float)
        found = base_level.practice_decays(times, study["c"], study["a"])
        for i, (decay, before) in enumerate(zip(case["decays"], case["activation_before_each"], strict=True)):
            assert_printed(found[i], decay, case["name"])
            if before is not None:
                activation = base_level.base_level(times[i] - times[:i], found[:i])
                assert_printed(activation, before, case["name"])
                assert_printed(
                    base_level.practice_decay(float(activation), study["c"], study["a"]), decay, case["name"]
                )
        at_test = base_level.base_level(case["test_s"] - times, found)
        assert_printed(at_test, case["m_at_test"], case["name"])
        recall = retrieval_probability(float(at_test), study["tau"], study["s"])
        assert_printed(recall, case["p_recall"], case["name"])


def test_decays_of_many_histories_are_those_of_each():
    times = np.array([[0.0, 20.0, 40.0], [0.0, 980.0, 1960.0]])
    together = base_level.practice_decays(times, 0.217, 0.177)
    assert together.tolist() == [base_level.practice_decays(row, 0.217, 0.177).tolist() for row in times]


@deterministic
@given(ages=histories, decay=decays, spare=st.integers(0, 5))
def test_the_hybrid_is_exact_where_all_presentations_are_recent(ages, decay, spare):
    exact = base_level.base_level(ages, decay)
    found = hybrid(ages, len(ages) + spare, decay)
    assert found == pytest.approx(exact, abs=1e-12)


@deterministic
@given(ages=histories, decay=decays, k=st.integers(1, 10))
def test_the_hybrid_lies_between_all_old_ones_as_old_as_possible_and_as_young_as_possible(ages, decay, k):
    k = min(k, len(ages))
    oldest = np.concatenate([ages[:k], np.full(len(ages) - k, ages[-1])])
    youngest = np.concatenate([ages[:k], np.full(len(ages) - k, ages[k - 1])])
    found = hybrid(ages, k, decay)
    assert base_level.base_level(oldest, decay) - 1e-9 <= found
    assert found <= base_level.base_level(youngest, decay) + 1e-9


@deterministic
@given(age=st.floats(1e-3, 1e8), count=st.integers(1, 1000), k=st.integers(1, 8), decay=decays)
def test_the_hybrid_is_exact_where_all_ages_are_equal(age, count, k, decay):
    k = min(k, count)
    found = base_level.hybrid_base_level(np.full(k, age), count, age, decay)
    assert found == pytest.approx(np.log(count) - decay * np.log(age), abs=1e-9)
    nearly = base_level.hybrid_base_level(np.full(k, age), count, age * (1 + 1e-13), decay)
    assert nearly == pytest.approx(found, abs=1e-9)


@deterministic
@given(ages=histories, k=st.integers(1, 5))
def test_the_hybrid_at_a_decay_of_one_is_the_limit_of_its_neighbours(ages, k):
    k = min(k, len(ages))
    at_one = hybrid(ages, k, 1.0)
    for near in (1.0 - 1e-9, 1.0 + 1e-9):
        assert hybrid(ages, k, near) == pytest.approx(at_one, abs=1e-6)


@deterministic
@given(count=st.integers(1, 1000), lifetime=st.floats(1.0, 1e8), decay=st.floats(0.05, 0.9))
def test_the_hybrid_without_recent_ones_is_optimized_learning(count, lifetime, decay):
    found = base_level.hybrid_base_level(np.array([np.inf]), count, lifetime, decay)
    expected = base_level.optimized_base_level(float(count), lifetime, decay)
    assert found == pytest.approx(expected, abs=1e-9)


@deterministic
@given(rows=st.lists(histories, min_size=1, max_size=6), decay=decays)
def test_many_padded_histories_give_what_each_gives_alone(rows, decay):
    width = 4
    recent = np.full((len(rows), width), np.inf)
    for row, ages in zip(recent, rows, strict=True):
        row[: min(width, len(ages))] = ages[:width]
    count = np.array([float(len(ages)) for ages in rows])
    oldest = np.array([ages[-1] for ages in rows])
    together = base_level.hybrid_base_level(recent, count, oldest, decay)
    forgotten = base_level.forget_after(recent, count, oldest, decay, -3.0)
    padded = base_level.base_level(recent, decay)
    for i, ages in enumerate(rows):
        alone = (recent[i], count[i], oldest[i], decay)
        assert together[i] == pytest.approx(base_level.hybrid_base_level(*alone), abs=1e-12)
        assert forgotten[i] == pytest.approx(base_level.forget_after(*alone, -3.0), rel=1e-11)
        assert padded[i] == pytest.approx(base_level.base_level(ages[:width], decay), abs=1e-12)


@deterministic
@given(ages=histories, decay=decays, k=st.integers(1, 6), elapsed=st.floats(1e-3, 1e8))
def test_activation_falls_with_time_and_rises_with_use(ages, decay, k, elapsed):
    later = ages + elapsed
    assert base_level.base_level(later, decay) <= base_level.base_level(ages, decay)
    assert hybrid(later, k, decay) <= hybrid(ages, k, decay) + 1e-12
    used_again = np.concatenate([[elapsed], later])
    assert base_level.base_level(used_again, decay) >= base_level.base_level(later, decay)


@deterministic
@given(ages=histories, decay=decays, k=st.integers(1, 6), level=st.floats(-8.0, 2.0))
def test_forget_after_inverts_the_hybrid(ages, decay, k, level):
    recent = ages[:k]
    wait = base_level.forget_after(recent, len(ages), ages[-1], decay, level)
    if np.isinf(wait):
        wait = 1e300
        assert base_level.hybrid_base_level(recent + wait, len(ages), ages[-1] + wait, decay) > level
        return
    then = base_level.hybrid_base_level(recent + wait, len(ages), ages[-1] + wait, decay)
    if wait > 0.0:
        assert then == pytest.approx(level, abs=1e-11)
    else:
        assert then <= level + 1e-11


def test_massed_practice_wins_over_spaced_practice_by_the_plain_law():
    massed = base_level.base_level(86410.0 - np.arange(10.0), 0.5)
    spaced = base_level.base_level(86400.0 * np.arange(1.0, 11.0), 0.5)
    assert massed > spaced  # a known fault of the law, which growing decays mend


def test_limits_of_age_and_number():
    fresh = np.array([0.0, 5.0])
    assert base_level.base_level(fresh, 0.5) == np.inf
    assert base_level.base_level(-fresh, 0.5) == np.inf  # an age below zero counts as zero
    assert base_level.hybrid_base_level(fresh, 9, 100.0, 0.5) == np.inf
    assert base_level.hybrid_base_level(np.zeros(2), 9, 0.0, 1.0) == np.inf
    never = np.full(3, np.inf)
    assert base_level.base_level(never, 0.5) == -np.inf
    assert base_level.base_level(np.array([]), 0.5) == -np.inf
    assert base_level.hybrid_base_level(never, 0, 0.0, 0.5) == -np.inf
    assert base_level.forget_after(never, 0, 0.0, 0.5, -3.0) == 0.0
    assert base_level.forget_after(np.zeros(1), 1, 0.0, 0.5, -3.0) == pytest.approx(np.exp(6.0), rel=1e-12)
    assert base_level.forget_after(np.zeros(1), 1, 0.0, 0.001, -30.0) == np.inf
    assert base_level.practice_decay(-np.inf, 0.217, 0.177) == 0.177
