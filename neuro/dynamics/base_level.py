"""Base-level activation of ACT-R: how often and how recently something was used.

Arrays in, arrays out: the last axis of ``ages`` runs over the presentations of one history, leading axes over
histories; an absent presentation has an infinite age. One history in gives a float out. Ages in one unit of
time throughout (ACT-R: seconds); an age below zero counts as zero, and an age of zero makes activation infinite.
"""

# pyright: reportReturnType=false
# numpy's stubs do not say that floats in are floats out

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Real = TypeVar("Real", float, npt.NDArray[np.float64])
Reals = npt.NDArray[np.float64]

_SOONEST = 1e-100
"""Stands for an age of zero where a finite power of it is wanted."""
_MOST_STEPS = 100
_PRECISION = 1e-12
"""Relative size of the last step; Newton's method is closer than its last step."""


def base_level(ages: Reals, decay: float | Reals) -> Reals:
    """Base-level activation, exactly: ``B = ln sum_i a_i^-d``; minus infinity without a presentation.

    Args:
        ages: time since each presentation, shape (..., n), in any order, infinite where absent.
        decay: d > 0, one for all or one for each presentation (see `practice_decays`).

    Anderson & Schooler 1991; Anderson & Lebiere 1998.

    >>> round(float(base_level(np.array([90.0, 50.0, np.inf]), 0.5)), 6)
    -1.399053
    """
    with np.errstate(divide="ignore"):
        return np.log(np.sum(np.maximum(ages, 0.0) ** -np.asarray(decay), axis=-1))


def hybrid_base_level(
    recent_ages: Reals, count: float | Reals, oldest_age: float | Reals, decay: float
) -> Reals:
    """Base-level activation from the k most recent presentations, the number of all and the age of the first.

    ``B = ln(sum_{i<=k} a_i^-d + (n - k) (a_n^(1-d) - a_k^(1-d)) / ((1 - d) (a_n - a_k)))``: the older ones are
    taken as spread evenly between a_k and a_n. Exact where all presentations are recent ones (n <= k); with none
    that is recent (a_k = 0), `optimized_base_level`.

    Args:
        recent_ages: ages of the most recent presentations, shape (..., k), in any order, infinite where absent.
        count: n, presentations in all, shape (...).
        oldest_age: a_n, age of the first presentation, shape (...); not used where n <= k.
        decay: d > 0.

    Petrov 2006.

    >>> round(float(hybrid_base_level(np.array([20.0, 40.0]), 5.0, 100.0, 0.5)), 6)
    -0.288662
    """
    ages = np.maximum(recent_ages, 0.0)
    present = np.isfinite(ages)
    eldest = np.maximum(np.max(np.where(present, ages, 0.0), axis=-1), _SOONEST)  # a_k
    older = np.maximum(0.0, count - np.count_nonzero(present, axis=-1))
    span = np.maximum(0.0, np.where(older > 0.0, oldest_age, eldest) - eldest)
    log_ratio = np.log1p(span / eldest)
    mean = eldest**-decay * _growth((1.0 - decay) * log_ratio) / _growth(log_ratio)  # of a^-d between the two
    with np.errstate(divide="ignore"):
        return np.log(np.sum(ages**-decay, axis=-1) + older * mean)


def _growth(exponent: Reals) -> Reals:
    """Mean of ``e^(x u)`` over u in [0, 1]: ``(e^x - 1) / x``, 1 at x = 0; expm1 keeps all digits near there.

    >>> _growth(np.array([0.0, 1.0])).round(6).tolist()
    [1.0, 1.718282]
    """
    at_zero = exponent == 0.0
    return np.where(at_zero, 1.0, np.expm1(exponent) / np.where(at_zero, 1.0, exponent))


def forget_after(
    recent_ages: Reals, count: float | Reals, oldest_age: float | Reals, decay: float, level: float
) -> Reals:
    """Time from now until activation falls to ``level``: the inverse of `hybrid_base_level`.

    Zero where it is there already, infinite where a float cannot hold it. By Newton's method, which climbs to the
    answer from below because activation is convex in time; ``B' = -d e^(B_(d+1) - B_d)``.

    Args:
        recent_ages: as in `hybrid_base_level`, with at least one present where ``count`` > 0.
        count: n, shape (...).
        oldest_age: a_n, shape (...).
        decay: d > 0.
        level: activation to fall to, finite.

    >>> round(float(forget_after(np.array([90.0, 50.0]), 2.0, 90.0, 0.5, -1.5)), 6)
    13.950238
    """
    ages = np.maximum(recent_ages, 0.0)
    with np.errstate(over="ignore"):
        # not before the youngest alone has, nor before all would have at the age of the oldest
        alone = np.exp(np.float64(-level) / decay)
        wait = np.maximum(alone - np.min(ages, axis=-1), alone * np.power(count, 1.0 / decay) - oldest_age)
    wait = np.clip(np.where(np.isfinite(np.min(ages, axis=-1)), wait, 0.0), 0.0, np.inf)
    lasting = np.isinf(wait)
    at = np.where(lasting, 0.0, np.maximum(wait, _SOONEST))
    for _ in range(_MOST_STEPS):
        older = ages + at[..., None]
        now = hybrid_base_level(older, count, oldest_age + at, decay)
        slope = hybrid_base_level(older, count, oldest_age + at, decay + 1.0)
        with np.errstate(invalid="ignore"):
            step = np.where(now > level, (now - level) / decay * np.exp(now - slope), 0.0)
        at = at + step
        if np.all(step <= _PRECISION * at):
            break
    return np.where(lasting, np.inf, np.where(at > _SOONEST, at, 0.0))[()]


def optimized_base_level(count: Real, lifetime: Real, decay: float) -> Real:
    """ACT-R's "optimized learning", from two numbers: ``B = ln(n / (1 - d)) - d ln L``.

    It takes presentations as spread evenly over the lifetime and is wrong for massed ones. L is the age of the
    *first* presentation; pyactr 0.3 takes the age of the last, so it cannot serve as a reference here.

    Args:
        count: n, presentations, > 0.
        lifetime: L, age of the first presentation, > 0.
        decay: d in [0, 1).

    Anderson & Lebiere 1998.

    >>> round(float(optimized_base_level(2.0, 90.0, 0.5)), 6)
    -0.86361
    """
    return np.log(count / (1.0 - decay)) - decay * np.log(lifetime)


def practice_decay(activation: Real, scale: float, intercept: float) -> Real:
    """Decay of a presentation, the faster the more active the memory was just before it: ``d = c e^m + a``.

    Args:
        activation: m, minus infinity at the first presentation.
        scale: c >= 0 (.217 in the paper).
        intercept: a > 0, the decay of a first presentation (.177 in the paper).

    Pavlik & Anderson 2005: this is what makes spaced practice last.

    >>> float(practice_decay(-np.inf, 0.217, 0.177)), round(float(practice_decay(-0.530245, 0.217, 0.177)), 6)
    (0.177, 0.304696)
    """
    return scale * np.exp(activation) + intercept


def practice_decays(times: Reals, scale: float, intercept: float) -> Reals:
    """Decays of all presentations of a history, for `base_level`: ``d_1 = a``, ``d_i = c e^(m_(i-1)) + a``.

    Args:
        times: instants of the presentations, shape (..., n), strictly increasing along the last axis. Time
            between sessions counts less: multiply it beforehand (by .025 in the paper).
        scale: c >= 0.
        intercept: a > 0.

    Pavlik & Anderson 2005.

    >>> practice_decays(np.array([0.0, 20.0, 40.0, 60.0]), 0.217, 0.177).round(6).tolist()
    [0.177, 0.304696, 0.377057, 0.42278]
    """
    decays = np.full(np.shape(times), intercept)
    for i in range(1, np.shape(times)[-1]):
        before = base_level(times[..., i, None] - times[..., :i], decays[..., :i])
        decays[..., i] = practice_decay(before, scale, intercept)
    return decays
