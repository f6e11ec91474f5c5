"""The odds law against the numbers of its reference simulation (days; six decimals)."""

import pytest
from lives import bare

from neuro.plasticity import Grade, OddsPlasticity
from neuro.units import DAY, MINUTE

PLASTICITY = OddsPlasticity()
_HOUR_IN_DAYS = 1 / 24
_SIXTH_DECIMAL = 1e-6


def _studied(half_life=12.0, exposures=1):
    """A trace studied ``exposures`` times at instant 0; the repeats fall into the refractory period."""
    trace = PLASTICITY.imprint(0.0, half_life=half_life * DAY)
    for _ in range(exposures - 1):
        trace = PLASTICITY.reexpose(trace, 0.0)
    return trace


def _recalled(gaps):
    """The trace after recalls at these gaps, the instant of the last one, and every half-life on the way."""
    now, trace, half_lives = 0.0, _studied(), []
    for gap in gaps:
        now += gap
        trace = PLASTICITY.potentiate(trace, now)
        half_lives.append(trace.half_life / DAY)
    return trace, now, half_lives


def _close(expected):
    return pytest.approx(expected, abs=_SIXTH_DECIMAL)


@pytest.mark.parametrize(
    ("half_life", "elapsed", "exposures", "probability", "log_odds"),
    [
        (_HOUR_IN_DAYS, 0, 1, 0.990099, 4.60517),
        (_HOUR_IN_DAYS, _HOUR_IN_DAYS, 1, 0.497512, -0.00995),
        (_HOUR_IN_DAYS, 1, 1, 0.039984, -3.17847),
        (_HOUR_IN_DAYS, 30, 4, 0.001387, -6.579258),
        (_HOUR_IN_DAYS, 365, 1, 0.000114, -9.077952),
        (1.0, _HOUR_IN_DAYS, 1, 0.950872, 2.962942),
        (1.0, _HOUR_IN_DAYS, 4, 0.955414, 3.064725),
        (1.0, 7, 1, 0.124844, -1.947338),
        (1.0, 30, 4, 0.032253, -3.401364),
        (12.0, 0, 4, 0.995025, 5.298317),
        (12.0, _HOUR_IN_DAYS, 1, 0.986707, 4.307125),
        (12.0, 1, 1, 0.914634, 2.371578),
        (12.0, 1, 4, 0.918836, 2.426638),
        (12.0, 7, 1, 0.627615, 0.521999),
        (12.0, 30, 1, 0.2849, -0.920283),
        (12.0, 30, 4, 0.285307, -0.918289),
        (12.0, 365, 1, 0.03182, -3.415319),
        (365.0, 7, 1, 0.971649, 3.534337),
        (365.0, 30, 4, 0.919801, 2.439645),
        (365.0, 365, 1, 0.497512, -0.00995),
    ],
)
def test_strength_and_activation_follow_the_law(half_life, elapsed, exposures, probability, log_odds):
    trace = _studied(half_life, exposures)
    assert trace.half_life == half_life * DAY
    assert PLASTICITY.strength(trace, elapsed * DAY) == _close(probability)
    assert PLASTICITY.activation(trace, elapsed * DAY) == _close(log_odds)


@pytest.mark.parametrize(
    ("half_life", "exposures", "threshold", "elapsed"),
    [
        (1.0, 1, 0.9, 0.101111), (1.0, 1, 0.5, 0.99), (1.0, 1, 0.2, 3.99), (1.0, 1, 0.05, 18.99),
        (1.0, 4, 0.9, 0.106111), (1.0, 4, 0.5, 0.995), (1.0, 4, 0.2, 3.995), (1.0, 4, 0.05, 18.995),
        (12.0, 1, 0.9, 1.213333), (12.0, 1, 0.5, 11.88), (12.0, 1, 0.2, 47.88), (12.0, 1, 0.05, 227.88),
        (12.0, 4, 0.9, 1.273333), (12.0, 4, 0.5, 11.94), (12.0, 4, 0.2, 47.94), (12.0, 4, 0.05, 227.94),
        (365.0, 1, 0.9, 36.905556), (365.0, 1, 0.5, 361.35), (365.0, 1, 0.2, 1456.35), (365.0, 1, 0.05, 6931.35),
        (365.0, 4, 0.9, 38.730556), (365.0, 4, 0.5, 363.175), (365.0, 4, 0.2, 1458.175),
        (365.0, 4, 0.05, 6933.175),
    ],
)  # fmt: skip
def test_strength_falls_to_a_threshold_at_its_instant(half_life, exposures, threshold, elapsed):
    trace = _studied(half_life, exposures)
    assert PLASTICITY.forgotten_at(trace, threshold) / DAY == _close(elapsed)
    assert PLASTICITY.strength(trace, elapsed * DAY) == _close(threshold)


@pytest.mark.parametrize(
    ("half_life", "elapsed", "after_recall", "after_study"),
    [
        (1.0, 0, 1.0, 1.0), (1.0, 0.01, 1.143918, 1.009595), (1.0, 0.1, 2.336423, 1.089095),
        (1.0, 1, 8.387943, 1.49253), (1.0, 3, 12.110408, 1.740694), (1.0, 12, 14.698394, 1.913226),
        (1.0, 100, 15.702968, 1.980198), (12.0, 0, 12.0, 12.0), (12.0, 0.01, 12.145223, 12.009682),
        (12.0, 0.1, 13.456723, 12.097115), (12.0, 1, 25.582103, 12.905474), (12.0, 3, 47.359315, 14.357288),
        (12.0, 12, 100.664728, 17.910982), (12.0, 100, 170.952565, 22.596838),
    ],
)  # fmt: skip
def test_a_recall_earns_what_was_forgotten_and_a_study_less(half_life, elapsed, after_recall, after_study):
    trace, now = _studied(half_life), elapsed * DAY
    assert PLASTICITY.potentiate(trace, now).half_life / DAY == _close(after_recall)
    assert PLASTICITY.review(trace, now, Grade.GOOD).half_life / DAY == _close(after_recall)
    assert PLASTICITY.reexpose(trace, now).half_life / DAY == _close(after_study)


@pytest.mark.parametrize(
    ("half_life", "encoded", "after"),
    [(1.0, 1.0, 2.0), (1.0, 0.01, 0.5), (12.0, 12.0, 24.0), (12.0, 0.12, 6.0)],
)
@pytest.mark.parametrize("elapsed", [0, 0.01, 1, 100])
def test_what_failed_and_was_corrected_is_learned_again(half_life, encoded, after, elapsed):
    trace = bare(half_life=half_life * DAY, encoded_half_life=encoded * DAY)
    corrected = PLASTICITY.review(trace, elapsed * DAY, Grade.AGAIN)
    assert corrected.half_life / DAY == _close(after)
    assert corrected.exposures == 2.0


@pytest.mark.parametrize(("grade", "share"), [(Grade.HARD, 0.6), (Grade.EASY, 1.87)])
def test_an_effort_earns_less_and_ease_earns_more(grade, share):
    trace = _studied()
    good, graded = (PLASTICITY.review(trace, DAY, g).half_life for g in (Grade.GOOD, grade))
    assert graded - trace.half_life == pytest.approx(share * (good - trace.half_life))


@pytest.mark.parametrize(
    ("gaps", "half_lives", "a_year_later"),
    [
        ([1.0] * 5, [12.0] * 5, 0.03182),
        ([MINUTE] * 5, [12.008509, 12.017018, 12.025527, 12.034036, 12.042545], 0.031929),
        ([DAY] * 5, [25.582103, 39.737008, 54.082315, 68.520726, 83.014042], 0.184951),
        ([7 * DAY] * 5, [77.246032, 171.700721, 270.636563, 370.995859, 472.037648], 0.560776),
        (
            [DAY, 3 * DAY, 8 * DAY, 20 * DAY, 50 * DAY],
            [25.582103, 65.104806, 169.979363, 433.381125, 1093.227478],
            0.744117,
        ),
    ],
    ids=["massed by 1 s", "massed by 1 min", "daily", "weekly", "expanding"],
)
def test_spaced_recalls_earn_more_than_massed_ones(gaps, half_lives, a_year_later):
    trace, now, found = _recalled(gaps)
    assert found == [_close(half_life) for half_life in half_lives]
    assert PLASTICITY.strength(trace, now + 365 * DAY) == _close(a_year_later)


@pytest.mark.parametrize(
    ("gap", "recalls", "half_life"),
    [(1.0, 1000, 12.0), (MINUTE, 480, 16.084365), (10 * MINUTE, 100, 22.037035)],
)
def test_hundreds_of_massed_recalls_do_not_run_away(gap, recalls, half_life):
    trace, now, _ = _recalled([gap] * recalls)
    assert trace.half_life / DAY == _close(half_life)
    assert trace.half_life / DAY <= 12.0 + PLASTICITY.gain * now / DAY


def test_a_thousand_recalls_a_second_apart_earn_nothing_at_all():
    assert _recalled([1.0] * 1000)[0].half_life == 12.0 * DAY


def test_one_jump_of_forty_days_equals_four_hundred_and_three_steps():
    trace = stepping = _studied()
    for step in range(1, 404):
        stepping = PLASTICITY.replay(stepping.model_copy(update={"fresh": True}), step * DAY / 10, weight=0.0)
    end = 40.3 * DAY
    assert PLASTICITY.strength(stepping, end) == pytest.approx(PLASTICITY.strength(trace, end), rel=1e-9)


@pytest.mark.parametrize(
    ("sleeps", "salience", "share"),
    [
        (0, 0, 0.001), (0, 0.5, 0.001), (0, 1, 0.001), (1, 0, 0.03097), (1, 0.5, 0.060041), (1, 1, 0.08824),
        (7, 0, 0.192825), (7, 0.5, 0.347817), (7, 1, 0.473047), (14, 0, 0.347817), (14, 0.5, 0.574231),
        (14, 1, 0.722043), (28, 0, 0.574231), (28, 0.5, 0.818539), (28, 1, 0.922662), (90, 0, 0.93558),
        (90, 0.5, 0.995846), (90, 1, 0.999732), (365, 0, 0.999985), (365, 0.5, 1.0), (365, 1, 1.0),
    ],
)  # fmt: skip
def test_sleep_moves_the_trace_to_the_cortex(sleeps, salience, share):
    trace = PLASTICITY.imprint(0.0, half_life=DAY, salience=float(salience))
    assert PLASTICITY.cortical_share(trace, float(sleeps)) == _close(share)
    halfway = PLASTICITY.potentiate(trace, DAY, sleeps=sleeps / 2)
    assert PLASTICITY.cortical_share(halfway, float(sleeps)) == _close(share)


@pytest.mark.parametrize(
    ("half_life", "elapsed", "after", "rebased"),
    [
        (1.0, 0.04, 1.095238, 0.04381),
        (1.0, 0.375, 1.072202, 0.402076),
        (1.0, 0.625, 1.061162, 0.663226),
        (12.0, 0.04, 13.184211, 0.043947),
        (12.0, 0.375, 13.152461, 0.411014),
        (12.0, 0.625, 13.129855, 0.683847),
    ],
)
def test_the_first_sleep_protects_more_the_sooner_it_comes(half_life, elapsed, after, rebased):
    trace, now = _studied(half_life), elapsed * DAY
    rested = PLASTICITY.replay(trace, now)
    assert rested.half_life / DAY == _close(after)
    assert (now - rested.last_access) / DAY == _close(rebased)
    assert PLASTICITY.strength(rested, now) == pytest.approx(PLASTICITY.strength(trace, now), rel=1e-12)


@pytest.mark.parametrize(
    ("arousal", "surprise", "multiplier"),
    [
        (0, -1, 1.0), (0, 0, 1.0), (0, 0.5, 1.419068), (0, 1, 2.013753), (0.5, -1, 1.733253), (0.5, 0, 1.733253),
        (0.5, 0.5, 2.459603), (0.5, 1, 3.490343), (1, -1, 3.004166), (1, 0, 3.004166), (1, 0.5, 4.263115),
        (1, 1, 6.049647),
    ],
)  # fmt: skip
def test_arousal_and_reward_lengthen_what_is_encoded(arousal, surprise, multiplier):
    trace = PLASTICITY.imprint(0.0, half_life=DAY, arousal=float(arousal), surprise=float(surprise))
    assert trace.half_life / DAY == _close(multiplier)
    assert trace.encoded_half_life == trace.half_life
