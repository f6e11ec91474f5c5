"""FSRS, the free spaced repetition scheduler: versions 4.5, 5 and 6.

Floats or arrays in, floats or arrays out; durations in days, as published. Ratings: 1 again, 2 hard, 3 good,
4 easy. A version is known by how many weights it has: 17 (4.5), 19 (5) or 21 (6); weights fitted to a person's
own reviews take the place of the published ones. Ye, Su & Cao 2022; the Open Spaced Repetition project.
"""

# pyright: reportReturnType=false
# numpy's stubs do not say that floats in are floats out

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Real = TypeVar("Real", float, npt.NDArray[np.float64])
Rating = float | npt.NDArray[np.float64]
Weights = tuple[float, ...]

# fmt: off
FSRS_4_5: Weights = (
    0.4872, 1.4003, 3.7145, 13.8206, 5.1618, 1.2298, 0.8975, 0.031, 1.6474, 0.1367, 1.0461, 2.1072, 0.0793, 0.3246,
    1.587, 0.2272, 2.8755,
)
"""Default weights of FSRS-4.5 (py-fsrs 2.5)."""
FSRS_5: Weights = (
    0.40255, 1.18385, 3.173, 15.69105, 7.1949, 0.5345, 1.4604, 0.0046, 1.54575, 0.1192, 1.01925, 1.9395, 0.11,
    0.29605, 2.2698, 0.2315, 2.9898, 0.51655, 0.6621,
)
"""Default weights of FSRS-5 (py-fsrs 5.1)."""
FSRS_6: Weights = (
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796, 1.4835, 0.0614, 0.2629,
    1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
)
"""Default weights of FSRS-6 (py-fsrs 6.3)."""
# fmt: on

LEAST_STABILITY = 0.001
"""No stability falls below this, days."""


def forgetting_rate(weights: Weights = FSRS_6) -> tuple[float, float]:
    """Exponent and factor of the forgetting curve: ``d`` (w20, or .5 before FSRS-6) and ``F = .9^(-1/d) - 1``.

    >>> [round(number, 6) for number in forgetting_rate(FSRS_6)]
    [0.1542, 0.980346]
    """
    decay = weights[20] if len(weights) > 20 else 0.5
    return decay, 0.9 ** (-1.0 / decay) - 1.0


def whole_days(elapsed: Real) -> Real:
    """Elapsed time as py-fsrs counts it: whole days, rounded down, so that nothing is forgotten within a day.

    >>> float(whole_days(6.9))
    6.0
    """
    return np.floor(np.maximum(elapsed, 0.0))


def retrievability(elapsed: Real, stability: Real, weights: Weights = FSRS_6) -> Real:
    """Probability of recall: ``R = (1 + F t / S)^-d``, in [0, 1]; .9 after one stability.

    Args:
        elapsed: t, days since the last review, not rounded; below zero counts as none.
        stability: S > 0, days.
        weights: of one version.

    >>> round(float(retrievability(1.0, 0.5, FSRS_5)), 6)
    0.825029
    """
    decay, factor = forgetting_rate(weights)
    return (1.0 + factor * np.maximum(elapsed, 0.0) / stability) ** -decay


def interval(stability: Real, retention: float, weights: Weights = FSRS_6) -> Real:
    """Days until retrievability falls to ``retention``: ``t = S / F (r^(-1/d) - 1)``, its inverse.

    Args:
        stability: S > 0, days.
        retention: r in (0, 1]; so small that the time is not a number a float can hold, infinite.
        weights: of one version.

    >>> round(float(interval(10.0, 0.9)), 6)
    10.0
    """
    decay, factor = forgetting_rate(weights)
    with np.errstate(over="ignore"):
        return stability / factor * (np.float64(retention) ** (-1.0 / decay) - 1.0)


def scheduled_days(
    stability: Real, retention: float, weights: Weights = FSRS_6, longest: float = 36500.0
) -> Real:
    """`interval` as the scheduler gives it: rounded (halves to even), from one day to the ``longest``.

    >>> float(scheduled_days(2.3065, 0.9))
    2.0
    """
    return np.clip(np.rint(interval(stability, retention, weights)), 1.0, longest)


def initial_stability(rating: Real, weights: Weights = FSRS_6) -> Real:
    """Stability after the first review: ``S0 = w_(g-1)``, days.

    >>> initial_stability(3.0)
    2.3065
    """
    first = np.asarray(weights[:4])[np.asarray(rating, dtype=np.intp) - 1]
    return first if np.ndim(first) else float(first)


def initial_difficulty(rating: Real, weights: Weights = FSRS_6) -> Real:
    """Difficulty after the first review, in [1, 10]: ``D0 = w4 - e^(w5 (g - 1)) + 1``; 4.5: ``w4 - w5 (g - 3)``.

    >>> round(float(initial_difficulty(3.0)), 6)
    2.118104
    """
    return np.clip(_first_difficulty(rating, weights), 1.0, 10.0)


def _first_difficulty(rating: Real, weights: Weights) -> Real:
    """`initial_difficulty` before it is bounded, which is what later ones revert to.

    >>> round(float(_first_difficulty(4.0, FSRS_6)), 6)
    -4.771631
    """
    if len(weights) == len(FSRS_4_5):
        return weights[4] - weights[5] * (rating - 3.0)
    return weights[4] - np.exp(weights[5] * (rating - 1.0)) + 1.0


def next_difficulty(difficulty: Real, rating: Rating, weights: Weights = FSRS_6) -> Real:
    """Difficulty after one more review, in [1, 10].

    ``D' = w7 D0(4) + (1 - w7) (D - w6 (g - 3) (10 - D) / 9)``: the closer to 10, the smaller the step, and back
    towards easy by a little. FSRS-4.5 has no such damping and reverts to ``D0(3)``.

    >>> round(float(next_difficulty(3.0, 1.0)), 6)
    7.684376
    """
    change = -weights[6] * (rating - 3.0)
    easiest = 3.0
    if len(weights) > len(FSRS_4_5):
        change, easiest = change * (10.0 - difficulty) / 9.0, 4.0
    target = _first_difficulty(easiest, weights)
    return np.clip(weights[7] * target + (1.0 - weights[7]) * (difficulty + change), 1.0, 10.0)


def recall_stability(
    stability: Real, difficulty: Real, probability: Real, rating: Rating, weights: Weights = FSRS_6
) -> Real:
    """Stability after a recall: ``S (1 + e^w8 (11 - D) S^-w9 (e^(w10 (1 - R)) - 1) h e)``, days.

    h is w15 after "hard", e is w16 after "easy", else 1: the less probable the recall was, the more it brings.

    Args:
        stability: S > 0, days.
        difficulty: D in [1, 10].
        probability: R, retrievability at the review, in [0, 1].
        rating: 2 hard, 3 good, 4 easy.
        weights: of one version.

    >>> round(float(recall_stability(10.0, 5.0, 0.9, 3.0)), 6)
    32.026729
    """
    grade = np.where(rating == 2.0, weights[15], np.where(rating == 4.0, weights[16], 1.0))
    surprise = np.expm1(weights[10] * (1.0 - probability))
    gain = np.exp(weights[8]) * (11.0 - difficulty) * stability ** -weights[9] * surprise * grade
    return np.maximum(stability * (1.0 + gain), LEAST_STABILITY)


def forget_stability(stability: Real, difficulty: Real, probability: Real, weights: Weights = FSRS_6) -> Real:
    """Stability after a lapse: ``w11 D^-w12 ((S + 1)^w13 - 1) e^(w14 (1 - R))``, days.

    From FSRS-5 on at most ``S / e^(w17 w18)``: a lapse never makes a memory more stable.

    >>> round(float(forget_stability(10.0, 5.0, 0.9)), 6)
    1.391987
    """
    relearned = weights[11] * difficulty ** -weights[12] * ((stability + 1.0) ** weights[13] - 1.0)
    after = relearned * np.exp(weights[14] * (1.0 - probability))
    if len(weights) > len(FSRS_4_5):
        after = np.minimum(after, stability / np.exp(weights[17] * weights[18]))
    return np.maximum(after, LEAST_STABILITY)


def short_term_stability(stability: Real, rating: Rating, weights: Weights = FSRS_6) -> Real:
    """Stability after another review on the same day: ``S e^(w17 (g - 3 + w18)) S^-w19``, days.

    In FSRS-6 it falls after "again" only. FSRS-5 has no w19 and lets "hard" lower it and "good" raise it without
    end; in FSRS-4.5 such a review changes nothing.

    >>> round(float(short_term_stability(0.212, 3.0)), 6)
    0.246689
    """
    if len(weights) == len(FSRS_4_5):
        return stability
    factor = np.exp(weights[17] * (rating - 3.0 + weights[18]))
    if len(weights) == len(FSRS_6):
        factor = factor * stability ** -weights[19]
        factor = np.where(rating > 1.0, np.maximum(factor, 1.0), factor)
    return np.maximum(stability * factor, LEAST_STABILITY)


def review(
    stability: Real, difficulty: Real, elapsed: Real, rating: Rating, weights: Weights = FSRS_6
) -> tuple[Real, Real]:
    """Stability and difficulty after one more review; the first one gives the initial ones.

    A review less than a day after the last one is a `short_term_stability` one; FSRS-4.5 ignores those. To follow
    py-fsrs, give ``whole_days(elapsed)``: it never counts parts of a day.

    Args:
        stability: S > 0, days.
        difficulty: D in [1, 10].
        elapsed: days since the last review.
        rating: 1 again, 2 hard, 3 good, 4 easy.
        weights: of one version.

    >>> [round(float(number), 6) for number in review(2.3065, 2.111214, 2.0, 3.0)]
    [10.971048, 2.104331]
    """
    probability = retrievability(elapsed, stability, weights)
    later = np.where(
        rating > 1.0,
        recall_stability(stability, difficulty, probability, rating, weights),
        forget_stability(stability, difficulty, probability, weights),
    )
    same_day = elapsed < 1.0
    after = np.where(same_day, short_term_stability(stability, rating, weights), later)[()]
    harder = next_difficulty(difficulty, rating, weights)
    if len(weights) == len(FSRS_4_5):
        harder = np.where(same_day, difficulty, harder)[()]
    return after, harder
