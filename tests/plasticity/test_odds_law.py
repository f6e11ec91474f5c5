"""The odds law against the numbers of its reference simulation (days; six decimals)."""

import pytest

from neuro.engram import MemoryType
from neuro.plasticity import HalfLives, OddsPlasticity
from neuro.units import DAY, MINUTE

_HOUR_IN_DAYS = 1 / 24
_SIXTH_DECIMAL = 1e-6


def _plasticity(half_life=12.0):
    return OddsPlasticity(half_lives=HalfLives(episodic=half_life), half_life_scale=1.0)


def _studied(plasticity, exposures=1):
    """A trace studied ``exposures`` times at instant 0; the repeats fall into the refractory period."""
    trace = plasticity.imprint(0.0, memory_type=MemoryType.EPISODIC)
    for _ in range(exposures - 1):
        trace = plasticity.reexpose(trace, 0.0)
    return trace


def _recalled(plasticity, gaps):
    """The trace after recalls at these gaps, the instant of the last one, and every half-life on the way."""
    now, trace, half_lives = 0.0, _studied(plasticity), []
    for gap in gaps:
        now += gap
        trace = plasticity.potentiate(trace, now)
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
    plasticity = _plasticity(half_life)
    trace = _studied(plasticity, exposures)
    assert trace.half_life == half_life * DAY
    assert plasticity.strength(trace, elapsed * DAY) == _close(probability)
    assert plasticity.activation(trace, elapsed * DAY) == _close(log_odds)


@pytest.mark.parametrize(
    ("half_life", "exposures", "threshold", "elapsed"),
    [
        (1.0, 1, 0.9, 0.101111),
        (1.0, 4, 0.5, 0.995),
        (12.0, 1, 0.9, 1.213333),
        (12.0, 1, 0.2, 47.88),
        (12.0, 4, 0.2, 47.94),
        (365.0, 4, 0.9, 38.730556),
    ],
)
def test_strength_falls_to_a_threshold_at_its_instant(half_life, exposures, threshold, elapsed):
    plasticity = _plasticity(half_life)
    assert plasticity.strength(_studied(plasticity, exposures), elapsed * DAY) == _close(threshold)


@pytest.mark.parametrize(
    ("half_life", "exposures", "elapsed"),
    [(1.0, 1, 18.99), (1.0, 4, 18.995), (12.0, 1, 227.88), (12.0, 4, 227.94), (365.0, 1, 6931.35)],
)
def test_forgotten_at_is_where_strength_falls_below_a_twentieth(half_life, exposures, elapsed):
    plasticity = _plasticity(half_life)
    assert plasticity.forgotten_at(_studied(plasticity, exposures)) / DAY == _close(elapsed)


@pytest.mark.parametrize(
    ("half_life", "elapsed", "after_recall", "after_study"),
    [
        (1.0, 0, 1.0, 1.0),
        (1.0, 0.01, 1.143918, 1.009595),
        (1.0, 0.1, 2.336423, 1.089095),
        (1.0, 1, 8.387943, 1.49253),
        (1.0, 12, 14.698394, 1.913226),
        (1.0, 100, 15.702968, 1.980198),
        (12.0, 0.01, 12.145223, 12.009682),
        (12.0, 0.1, 13.456723, 12.097115),
        (12.0, 1, 25.582103, 12.905474),
        (12.0, 3, 47.359315, 14.357288),
        (12.0, 12, 100.664728, 17.910982),
        (12.0, 100, 170.952565, 22.596838),
    ],
)
def test_a_recall_earns_what_was_forgotten_and_a_study_less(half_life, elapsed, after_recall, after_study):
    plasticity = _plasticity(half_life)
    trace = _studied(plasticity)
    assert plasticity.potentiate(trace, elapsed * DAY).half_life / DAY == _close(after_recall)
    assert plasticity.reexpose(trace, elapsed * DAY).half_life / DAY == _close(after_study)


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
    plasticity = _plasticity()
    trace, now, found = _recalled(plasticity, gaps)
    assert found == [_close(half_life) for half_life in half_lives]
    assert plasticity.strength(trace, now + 365 * DAY) == _close(a_year_later)


@pytest.mark.parametrize(
    ("gap", "recalls", "half_life"),
    [(1.0, 1000, 12.0), (MINUTE, 480, 16.084365), (10 * MINUTE, 100, 22.037035)],
)
def test_hundreds_of_massed_recalls_do_not_run_away(gap, recalls, half_life):
    plasticity = _plasticity()
    trace, now, _ = _recalled(plasticity, [gap] * recalls)
    assert trace.half_life / DAY == _close(half_life)
    assert trace.half_life / DAY <= 12.0 + plasticity.gain * now / DAY


@pytest.mark.parametrize(
    ("sleeps", "salience", "share"),
    [
        (0, 0, 0.001), (1, 0, 0.03097), (1, 0.5, 0.060041), (1, 1, 0.08824), (7, 0, 0.192825), (7, 1, 0.473047),
        (14, 0.5, 0.574231), (28, 0, 0.574231), (28, 1, 0.922662), (90, 0, 0.93558), (365, 0.5, 1.0),
    ],
)  # fmt: skip
def test_sleep_moves_the_trace_to_the_cortex(sleeps, salience, share):
    plasticity = _plasticity()
    assert plasticity.cortical_share(_studied(plasticity), float(sleeps), float(salience)) == _close(share)


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
    plasticity = _plasticity(half_life)
    trace, now = _studied(plasticity), elapsed * DAY
    rested = plasticity.replay(trace, now)
    assert rested.half_life / DAY == _close(after)
    assert (now - rested.last_access) / DAY == _close(rebased)
    assert plasticity.strength(rested, now) == pytest.approx(plasticity.strength(trace, now), rel=1e-12)


@pytest.mark.parametrize(
    ("arousal", "surprise", "multiplier"),
    [
        (0, -1, 1.0), (0, 0, 1.0), (0, 0.5, 1.419068), (0, 1, 2.013753), (0.5, -1, 1.733253),
        (0.5, 0.5, 2.459603), (1, 0, 3.004166), (1, 1, 6.049647),
    ],
)  # fmt: skip
def test_arousal_and_reward_lengthen_what_is_encoded(arousal, surprise, multiplier):
    trace = _plasticity(1.0).imprint(
        0.0, memory_type=MemoryType.EPISODIC, arousal=float(arousal), surprise=float(surprise)
    )
    assert trace.half_life / DAY == _close(multiplier)
