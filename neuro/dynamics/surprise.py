"""Predictive coding: expectations that follow what happens, and how far something deviates from them.

Floats or arrays in, floats or arrays out.
"""

# pyright: reportReturnType=false
# numpy's stubs do not say that floats in are floats out

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Real = TypeVar("Real", float, npt.NDArray[np.float64])


def updated_expectation(mean: Real, variance: Real, value: Real, rate: float) -> tuple[Real, Real]:
    """Mean and variance expected after one more value, older ones counting ever less.

    ``m' = m + alpha (x - m)``, ``v' = (1 - alpha) (v + alpha (x - m)^2)``.

    Args:
        mean: m.
        variance: v >= 0.
        value: x, what happened.
        rate: alpha, weight of the newest value, in [0, 1].

    Exponentially weighted moments: Finch 2009; expectations as running predictions: Rao & Ballard 1999.

    >>> updated_expectation(0.0, 1.0, 2.0, 0.5)
    (1.0, 1.5)
    """
    error = value - mean
    return mean + rate * error, (1.0 - rate) * (variance + rate * error * error)


def weighted_error(value: Real, mean: Real, variance: Real, noise: float) -> Real:
    """Prediction error weighted by its precision: ``z = (x - m) / sqrt(v + noise)``, in standard deviations.

    Args:
        value: x, what happened.
        mean: m, what was expected.
        variance: v >= 0.
        noise: > 0, variance that is always expected; without it anything would surprise where nothing ever varied.

    Precision is the inverse of variance (Friston 2005).

    >>> weighted_error(3.0, 1.0, 0.75, 0.25)
    2.0
    """
    return (value - mean) / (variance + noise) ** 0.5


def information(probability: Real) -> Real:
    """Surprise of an event that had a probability: ``-ln p``, in nats; infinite for the impossible.

    Shannon 1948.

    >>> round(float(information(0.5)), 6)
    0.693147
    """
    with np.errstate(divide="ignore"):
        return 0.0 - np.log(probability)
