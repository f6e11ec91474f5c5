"""Rescorla-Wagner and TD(lambda): figures of the reference and closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from printed import assert_printed, reference

from neuro.dynamics import reward

FIGURES = reference("rescorla_wagner_td")
CONDITIONING = FIGURES["rescorla_wagner"]
CUES = "ABC"

deterministic = settings(derandomize=True, deadline=None, database=None)


def trial(values, cues, outcome):
    """One trial with the constants of the reference."""
    present = [cue in cues for cue in CUES]
    alpha, beta = CONDITIONING["alpha"], CONDITIONING["beta"]
    return reward.rescorla_wagner_compound(values, present, alpha, beta, outcome)


def designs():
    """The trials of every case, (cues, lambda) in order; the reference prints only some of the longest one."""
    for name, case in CONDITIONING["cases"].items():
        shown = [("".join(printed["cues"]), printed["lambda"]) for printed in case["trials"]]
        if name == "conditioned inhibition A+/AB- x40":
            yield name, case, [("A", 1.0), ("AB", 0.0)] * 40
        else:
            yield name, case, shown


def test_conditioning_agrees_with_the_reference():
    for name, case, trials in designs():
        values, seen = np.zeros(len(CUES)), []
        for cues, outcome in trials:
            values, error = trial(values, cues, outcome)
            seen.append((cues, outcome, error, values))
        printed = case["trials"]
        if len(printed) < len(seen):
            seen = [*seen[:4], *seen[-2:]]
        for (cues, outcome, error, after), figures in zip(seen, printed, strict=True):
            assert (list(cues), outcome) == (figures["cues"], figures["lambda"])
            assert_printed(error, figures["delta"], name, figures)
            for cue, figure in figures["V"].items():
                assert_printed(after[CUES.index(cue)], figure, name, figures)
        for cue, figure in case["final"].items():
            assert_printed(values[CUES.index(cue)], figure, name)


def test_a_running_value_agrees_with_the_reference():
    value = 0.0
    for figure in FIGURES["rpe_running_value_alpha_0.1_reward_1"]:
        value, _ = reward.rescorla_wagner(value, 1.0, 0.1)
        assert_printed(value, figure)


def test_blocking_has_its_closed_form():
    blocked = np.zeros(3)
    for cues in ["A"] * 16 + ["AB"] * 8:
        blocked, _ = trial(blocked, cues, 1.0)
    left = 0.7**16  # of the error, after training A alone
    assert blocked[1] == pytest.approx(left * (1.0 - 0.4**8) / 2.0, abs=1e-12)
    assert blocked[1] < 0.1 * 0.499672


@deterministic
@given(value=st.floats(-2.0, 2.0), outcome=st.floats(-2.0, 2.0), rate=st.floats(0.0, 1.0))
def test_one_cue_alone_is_the_simple_rule(value, outcome, rate):
    values, error = reward.rescorla_wagner_compound(np.array([value]), [True], rate, 1.0, outcome)
    simple, simple_error = reward.rescorla_wagner(value, outcome, rate)
    assert (values[0], error) == pytest.approx((simple, simple_error), abs=1e-12)


@deterministic
@given(
    values=st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3),
    present=st.lists(st.booleans(), min_size=3, max_size=3),
    saliences=st.lists(st.floats(0.0, 0.3), min_size=3, max_size=3),
)
def test_absent_cues_learn_nothing_and_present_ones_shrink_the_error(values, present, saliences):
    before = np.array(values)
    after, error = reward.rescorla_wagner_compound(before, present, np.array(saliences), 1.0, 1.0)
    shown = np.array(present)
    assert after[~shown].tolist() == before[~shown].tolist()
    _, later = reward.rescorla_wagner_compound(after, present, np.array(saliences), 1.0, 1.0)
    assert abs(later) <= abs(error) + 1e-12


def episode(values, trace_decay, constants):
    """One walk along the chain to the reward at its end; values and the errors on the way."""
    states = np.eye(constants["chain_states"])
    traces, errors = np.zeros(len(states)), []
    for i, state in enumerate(states):
        last = i == len(states) - 1
        values, traces, error = reward.temporal_difference(
            values,
            traces,
            state,
            np.zeros(len(states)) if last else states[i + 1],
            constants["reward_at_end"] if last else 0.0,
            rate=constants["alpha"],
            discount=constants["gamma"],
            trace_decay=trace_decay,
        )
        errors.append(error)
    return values, errors


def test_td_0_agrees_with_the_reference():
    values, figures = np.zeros(5), FIGURES["td0"]
    for number in range(1, 1001):
        values, errors = episode(values, 0.0, figures)
        if str(number) in figures["by_episode"]:
            printed = figures["by_episode"][str(number)]
            for value, figure in zip(values, printed["V"], strict=True):
                assert_printed(value, figure, number)
            for error, figure in zip(errors, printed["delta"], strict=True):
                assert_printed(error, figure, number)


def test_td_lambda_with_accumulating_traces_agrees_with_the_reference():
    values, figures = np.zeros(5), FIGURES["td_lambda"]
    assert figures["traces"] == "accumulating"
    for number in range(1, 101):
        values, _ = episode(values, figures["lambda"], FIGURES["td0"])
        if str(number) in figures["by_episode"]:
            for value, figure in zip(values, figures["by_episode"][str(number)], strict=True):
                assert_printed(value, figure, number)


def test_a_state_visited_twice_accumulates_its_trace():
    state = np.array([1.0, 0.0])
    _, traces, _ = reward.temporal_difference(
        np.zeros(2), state, state, state, 0.0, rate=0.1, discount=0.9, trace_decay=0.5
    )
    assert traces.tolist() == [1.45, 0.0]
