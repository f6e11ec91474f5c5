"""The odds law: every figure of the reference model, and what must hold for any parameters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from printed import assert_printed, reference

from neuro.dynamics import odds

MODEL = reference("unified_model")
DEFAULTS = MODEL["defaults"]
E0, Q, GAIN, PERIOD = (DEFAULTS[name] for name in ("e0", "q", "a", "tr"))
BOUND = "bound H_start + a*elapsed_days"

deterministic = settings(derandomize=True, deadline=None, database=None)
half_lives = st.floats(1e-3, 1e5)
elapsed_times = st.floats(0.0, 1e6)
exposures = st.floats(1.0, 1e3)
probabilities = st.floats(1e-6, 1.0)


def against(elapsed, half_life, n=1.0):
    return odds.odds_against(float(elapsed), half_life, odds.initial_odds(float(n), E0, Q))


def recalled(half_life, elapsed, gain=GAIN, period=PERIOD):
    initial = odds.initial_odds(1.0, E0, Q)
    return odds.potentiation(
        half_life,
        odds.retrievability(initial),
        odds.retrievability(against(elapsed, half_life)),
        odds.refractory(elapsed, period),
        gain,
    )


def recalled_repeatedly(half_life, gap, times):
    for _ in range(times):
        half_life = recalled(half_life, gap)
    return half_life


def test_the_curve_agrees_with_the_reference():
    for case in MODEL["retrievability"]:
        found = against(case["u"], case["H"], case["n"])
        assert_printed(found, case["odds_against"], case)
        assert_printed(odds.retrievability(found), case["p"], case)
        assert_printed(odds.activation(found), case["log_odds"], case)
        assert_printed(odds.savings(found, E0, DEFAULTS["sig"]), case["savings"], case)


def test_forget_times_agree_with_the_reference():
    for case in MODEL["forget_time"]:
        initial = odds.initial_odds(float(case["n"]), E0, Q)
        assert_printed(odds.forget_time(0.0, case["H"], initial, case["p_star"]), case["u_star"], case)


def test_the_half_life_is_where_even_odds_are_but_for_the_initial_odds():
    assert odds.retrievability(against(12.0 * (1.0 - E0), 12.0)) == pytest.approx(0.5, abs=1e-15)
    assert odds.forget_time(0.0, 12.0, E0, 0.9) == pytest.approx(12.0 * (1.0 / 9.0 - E0), rel=1e-12)


def test_recalls_re_exposures_and_corrections_agree_with_the_reference():
    for case in MODEL["retrieval_update"]:
        half_life, elapsed = case["H"], float(case["u"])
        assert_printed(odds.retrievability(against(elapsed, half_life)), case["p"], case)
        assert_printed(recalled(half_life, elapsed), case["H_after_success"], case)
        assert_printed(recalled(half_life, elapsed, DEFAULTS["as_"]), case["H_after_restudy"], case)
        for encoded, key in (
            (half_life, "H_after_lapse_with_feedback(H_enc=H)"),
            (half_life / 100.0, "H_after_lapse_with_feedback(H_enc=H/100)"),
        ):
            corrected = odds.corrected(half_life, encoded, DEFAULTS["as_"], DEFAULTS["phi"])
            assert_printed(corrected, case[key], case)


def test_massed_and_spaced_schedules_agree_with_the_reference():
    gaps = {
        "massed 5x (1 s gaps)": [1 / 86400] * 5,
        "massed 5x (1 min gaps)": [1 / 1440] * 5,
        "daily x5": [1.0] * 5,
        "weekly x5": [7.0] * 5,
        "expanding 1,3,8,20,50": [1.0, 3.0, 8.0, 20.0, 50.0],
    }
    for case in MODEL["massed_vs_spaced"]:
        half_life = 12.0
        for gap, after in zip(gaps[case["schedule_days"]], case["H_after_each_success"], strict=True):
            half_life = recalled(half_life, gap)
            assert_printed(half_life, after, case)
        assert_printed(odds.retrievability(against(365.0, half_life)), case["p_after_365d"], case)


@pytest.mark.parametrize(
    ("key", "gap", "times"),
    [
        ("runaway_guard_1000_recalls_1s_apart", 1 / 86400, 1000),
        ("runaway_guard_480_recalls_1min_apart", 1 / 1440, 480),
        ("runaway_guard_100_recalls_10min_apart", 10 / 1440, 100),
    ],
)
def test_no_loop_of_recalls_inflates_a_memory(key, gap, times):
    case = MODEL[key]
    end = recalled_repeatedly(case["H_start"], gap, times)
    assert_printed(end, case["H_end"], key)
    if BOUND in case:
        assert_printed(case["H_start"] + GAIN * gap * times, case[BOUND], key)
        assert end <= case[BOUND]


def test_cortical_shares_agree_with_the_reference():
    for case in MODEL["cortical_share"]:
        rate = odds.consolidation_rate(DEFAULTS["rho"], float(case["salience"]), DEFAULTS["bs"])
        assert_printed(odds.cortical_share(DEFAULTS["k0"], float(case["sleeps"]), rate), case["k"], case)


def test_lesions_agree_with_the_reference():
    for case in MODEL["lesion"]:
        found = against(case["u"], case["H"])
        share = odds.cortical_share(DEFAULTS["k0"], float(case["sleeps"]), DEFAULTS["rho"])
        assert_printed(odds.retrievability(found), case["p_intact"], case)
        assert_printed(odds.lesioned_retrievability(found, share), case["p_lesioned"], case)


def test_brain_time_agrees_with_the_reference():
    for case in MODEL["brain_time"]:
        found = odds.brain_time(case["awake_days"], case["asleep_days"], DEFAULTS["eps"])
        assert_printed(found, case["u"], case)


def test_first_nights_agree_with_the_reference():
    for case in MODEL["first_night_boost"]:
        elapsed, half_life = case["u_at_sleep_onset"], case["H"]
        probability = odds.retrievability(against(elapsed, half_life))
        assert_printed(probability, case["p"], case)
        later, longer = odds.first_sleep(elapsed, half_life, probability, DEFAULTS["bsl"])
        assert_printed(later, case["u_rebased"], case)
        assert_printed(longer, case["H_after"], case)


def test_encoding_boosts_agree_with_the_reference():
    for case in MODEL["encoding"]:
        boost = odds.encoding_boost(
            float(case["arousal"]), float(case["rpe"]), DEFAULTS["be"], DEFAULTS["br"]
        )
        assert_printed(boost, case["H_multiplier"], case)


def test_a_night_counts_by_the_waking_time_before_it():
    day = 16.0 / 24.0  # the formula of the reference, in days
    assert odds.night_weight(day, day) == odds.night_weight(3.0, day) == 1.0
    assert odds.night_weight(day / 4.0, day) == pytest.approx(0.25)
    assert odds.night_weight(-1.0, day) == odds.night_weight(0.0, day) == 0.0


@deterministic
@given(parts=st.lists(st.floats(0.0, 1.0), max_size=8), rate=st.floats(0.0, 0.999), share=st.floats(0.0, 1.0))
def test_parts_of_a_night_consolidate_as_much_as_the_whole(parts, rate, share):
    stepwise = share
    for part in parts:
        stepwise = odds.cortical_share(stepwise, part, rate)
    assert odds.cortical_share(share, sum(parts), rate) == pytest.approx(stepwise, rel=1e-9)
    assert share - 1e-15 <= stepwise <= 1.0


@deterministic
@given(rate=st.floats(0.0, 1.0), salience=st.floats(0.0, 1.0))
def test_salience_consolidates_up_to_three_times_as_fast(rate, salience):
    faster = odds.consolidation_rate(rate, salience, 2.0)
    assert rate - 1e-12 <= faster <= 1.0
    assert odds.cortical_share(0.0, 3.0, rate) >= faster - 1e-12


@deterministic
@given(
    half_life=half_lives, n=exposures, floor=st.floats(1e-4, 1.0), p=probabilities, born=st.floats(-1e6, 1e6)
)
def test_forget_time_inverts_retrievability(half_life, n, floor, p, born):
    initial = odds.initial_odds(n, floor, Q)
    instant = odds.forget_time(0.0, half_life, initial, p)
    if instant >= 0.0:
        found = odds.retrievability(odds.odds_against(instant, half_life, initial))
        assert found == pytest.approx(p, rel=1e-12)
    else:
        assert odds.retrievability(initial) <= p * (1 + 1e-12)
    assert odds.forget_time(born, half_life, initial, p) == pytest.approx(born + instant, rel=1e-12)


@deterministic
@given(half_life=half_lives, n=exposures, steps=st.lists(st.floats(0.0, 1e3), min_size=1, max_size=200))
def test_one_jump_equals_many_small_steps(half_life, n, steps):
    stepwise = odds.initial_odds(n, E0, Q)
    for step in steps:
        stepwise = odds.odds_against(step, half_life, stepwise)
    assert against(sum(steps), half_life, n) == pytest.approx(stepwise, rel=1e-9)


def test_a_jump_of_40_days_equals_403_steps():
    stepwise = E0
    for _ in range(403):
        stepwise = odds.odds_against(0.1, 12.0, stepwise)
    assert odds.retrievability(stepwise) == pytest.approx(odds.retrievability(against(40.3, 12.0)), abs=1e-9)


@deterministic
@given(
    half_life=half_lives, times=st.lists(elapsed_times, min_size=2, max_size=10), cue=st.floats(1e-3, 10.0)
)
def test_retrievability_is_bounded_and_only_falls(half_life, times, cue):
    found = against(0.0, half_life) + np.sort(np.array(times)) / half_life
    for curve in (
        odds.retrievability(found),
        odds.cued_retrievability(found, np.full_like(found, cue)),
        odds.savings(found, E0, 0.15),
        odds.activation(found),
    ):
        assert np.all(np.diff(curve) <= 0.0)
    assert np.all((odds.retrievability(found) > 0.0) & (odds.retrievability(found) < 1.0))
    assert np.all(np.diff(odds.latency(found, 1.0, 0.5, 0.5)) >= 0.0)


@deterministic
@given(found=st.floats(1e-6, 1e6), share=st.floats(0.0, 1.0), cue=st.floats(1e-3, 10.0))
def test_a_full_cue_and_a_whole_trace_change_nothing_and_less_of_either_is_less(found, share, cue):
    whole = odds.retrievability(found)
    assert odds.cued_retrievability(found, 1.0) == odds.lesioned_retrievability(found, 1.0)
    assert odds.cued_retrievability(found, 1.0) == pytest.approx(whole, rel=1e-12)
    assert odds.lesioned_retrievability(found, share) <= whole * (1 + 1e-12)
    assert odds.lesioned_retrievability(found, 0.0) == 0.0
    assert odds.lesioned_retrievability(found, share, cue) == odds.cued_retrievability(found, share * cue)


@deterministic
@given(
    half_life=half_lives,
    gaps=st.lists(st.floats(0.0, 1e4) | st.floats(0.0, 1e-2), max_size=40),
    gain=st.floats(0.0, 100.0),
    period=st.floats(0.0, 1.0),
)
def test_the_half_life_grows_by_at_most_the_gain_times_the_time_that_passed(half_life, gaps, gain, period):
    grown = half_life
    for gap in gaps:
        before, grown = grown, recalled(grown, gap, gain, period)
        assert before <= grown <= (before + gain * gap) * (1 + 1e-9)
    assert grown <= (half_life + gain * sum(gaps)) * (1 + 1e-9)


@deterministic
@given(elapsed=elapsed_times, period=st.just(0.0) | st.floats(1e-6, 1e3))
def test_the_refractory_share_is_bounded_and_zero_within_the_period(elapsed, period):
    share = odds.refractory(elapsed, period)
    assert 0.0 <= share <= 1.0
    if period > 0.0 and elapsed <= period:
        assert share == 0.0


@deterministic
@given(elapsed=elapsed_times, half_life=half_lives, benefit=st.floats(0.0, 2.0), weight=st.floats(0.0, 1.0))
def test_sleep_slows_forgetting_without_a_jump(elapsed, half_life, benefit, weight):
    probability = odds.retrievability(against(elapsed, half_life))
    later, longer = odds.first_sleep(elapsed, half_life, probability, benefit, weight)
    assert longer >= half_life
    assert odds.retrievability(against(later, longer)) == pytest.approx(probability, rel=1e-12)


@deterministic
@given(half_life=half_lives, encoded=half_lives, gain=st.floats(0.0, 3.0), kept=st.floats(0.0, 1.0))
def test_a_corrected_failure_leaves_no_less_than_learning_anew(half_life, encoded, gain, kept):
    after = odds.corrected(half_life, encoded, gain, kept)
    assert after >= encoded
    assert after <= max(half_life, (1.0 + gain) * encoded)


def test_after_an_infinite_time_all_is_forgotten():
    found = odds.odds_against(np.inf, 12.0, E0)
    assert odds.retrievability(found) == odds.cued_retrievability(found, 1.0) == 0.0
    assert odds.savings(found, E0, 0.15) == 0.0
    assert odds.activation(found) == -np.inf
    assert odds.refractory(np.inf, 10.0) == 1.0


def test_time_running_backwards_counts_as_none():
    assert odds.odds_against(-5.0, 12.0, E0) == E0
    assert odds.refractory(-5.0, 10.0) == 0.0
