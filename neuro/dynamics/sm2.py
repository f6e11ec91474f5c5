"""SuperMemo 2: the first algorithm of spaced repetition (Wozniak 1990).

Floats or arrays in, floats or arrays out; intervals in whole days.
"""

# pyright: reportReturnType=false
# numpy's stubs do not say that floats in are floats out

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Real = TypeVar("Real", float, npt.NDArray[np.float64])

FIRST_EASINESS = 2.5
"""E-factor of something new."""
LEAST_EASINESS = 1.3
"""No E-factor falls below this."""


def next_easiness(easiness: Real, quality: Real) -> Real:
    """E-factor after a review: ``max(1.3, EF + .1 - (5 - q) (.08 + (5 - q) .02))``; lapses count as well.

    Args:
        easiness: EF >= 1.3.
        quality: q of the answer, 0 (blackout) to 5 (perfect); below 3 is a lapse.

    >>> round(float(next_easiness(2.5, 3.0)), 6)
    2.36
    """
    missing = 5.0 - quality
    return np.maximum(LEAST_EASINESS, easiness + (0.1 - missing * (0.08 + missing * 0.02)))


def next_interval(interval: Real, easiness: Real, repetitions: Real) -> Real:
    """Days until the next review after a success: 1, then 6, then ``EF`` times the last interval, rounded up.

    Args:
        interval: the last one, days.
        easiness: EF before the review updates it.
        repetitions: successes in a row before this one.

    >>> [float(next_interval(6.0, 2.5, done)) for done in (0.0, 1.0, 2.0)]
    [1.0, 6.0, 15.0]
    """
    return np.where(repetitions == 0.0, 1.0, np.where(repetitions == 1.0, 6.0, np.ceil(interval * easiness)))[
        ()
    ]


def review(easiness: Real, interval: Real, repetitions: Real, quality: Real) -> tuple[Real, Real, Real]:
    """Easiness, interval in days and successes in a row after one more review; a lapse starts over.

    The interval grows by the easiness before the review. Something new comes with ``FIRST_EASINESS``, 0 and 0.

    >>> [round(float(number), 6) for number in review(2.5, 6.0, 2.0, 5.0)]
    [2.6, 15.0, 3.0]
    """
    success = quality >= 3.0
    return (
        next_easiness(easiness, quality),
        np.where(success, next_interval(interval, easiness, repetitions), 1.0)[()],
        np.where(success, repetitions + 1.0, 0.0)[()],
    )
