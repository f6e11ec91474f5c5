"""Fan, spreading and learned links: figures of the reference with their traps."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from printed import assert_printed, reference

from neuro.dynamics import spreading
from neuro.dynamics.activation import latency

ACT_R = reference("actr")
MODEL = reference("unified_model")

deterministic = settings(derandomize=True, deadline=None, database=None)


def test_fan_strengths_agree_with_the_reference():
    for case in ACT_R["fan_formula"]:
        assert_printed(spreading.fan_strength(case["S"], float(case["fan"])), case["S_ji"], case)


def test_the_fan_of_pyactr_counts_the_chunk_itself():
    facts = ACT_R["spreading_pyactr"]["study"]
    for case in ACT_R["spreading_pyactr"]["cases"]:
        cues = (case["person"], case["loc"])
        fans = np.array([float(sum(cue in fact for fact in facts)) for cue in cues])
        share = case["W"] / len(cues)
        as_pyactr = spreading.spreading_activation(spreading.fan_strength(case["S"], fans + 1.0), share)
        assert_printed(as_pyactr, case["spreading"], case)
        as_anderson = spreading.spreading_activation(spreading.fan_strength(case["S"], fans), share)
        assert as_anderson > case["spreading"] + 0.1


def test_reaction_times_agree_with_anderson_and_reder():
    study = ACT_R["fan_rt_anderson_reder"]
    for case in study["cells"]:
        fans = np.array([float(case["fan_person"]), float(case["fan_loc"])])
        strengths = spreading.fan_strength(study["S"], fans)
        found = spreading.spreading_activation(strengths, 1.0 / 3.0)
        assert_printed(found, case["A"], case)
        assert_printed(study["I"] + latency(float(found), study["F"], 1.0), case["rt_s"], case)


def test_the_fan_penalty_of_the_odds_law_agrees_with_the_reference():
    for case in MODEL["cue"]["fan"]:
        learned = spreading.learned_strength(1.0, float(case["fan"]), 1.0)
        penalty = spreading.spreading_activation(np.array([learned]), case["W"])
        assert_printed(penalty, case["log_odds_penalty"], case)


@deterministic
@given(fan=st.integers(1, 1000), weight=st.floats(1e-3, 1.0), strength=st.floats(0.1, 100.0))
def test_equal_weights_make_learned_strengths_fan_strengths(fan, weight, strength):
    learned = spreading.learned_strength(weight, weight * fan, strength)
    assert learned == pytest.approx(spreading.fan_strength(math.log(strength), float(fan)), abs=1e-9)


def test_a_strengthened_competitor_takes_from_the_others():
    before = spreading.learned_strength(1.0, 2.0, 1.0)
    after = spreading.learned_strength(1.0, 1.0 + 2.16, 1.0)
    assert after < before
    assert spreading.learned_strength(0.0, 2.0, 1.0) == -np.inf


def test_cues_that_are_not_linked_add_nothing():
    strengths = np.array([[1.0, 0.0], [0.0, 0.0]])
    assert spreading.spreading_activation(strengths, np.array([0.75, 0.25])).tolist() == [0.75, 0.0]


@deterministic
@given(weights=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20))
def test_a_source_gives_away_at_most_what_it_has(weights):
    shares = [spreading.spread_share(weight, sum(weights)) for weight in weights]
    assert sum(shares) <= 1.0 + 1e-9
    assert all(share <= weight for share, weight in zip(shares, weights, strict=True))
