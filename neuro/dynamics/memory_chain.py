"""The Memory Chain: memory flows from a fast store (hippocampus) into a slow one (neocortex).

Floats or arrays in, floats or arrays out; durations in one unit of time and rates per that unit, the same for all
(a memory that lives at a pace of its own has its durations scaled). A state is two intensities (r1, r2), the
expected numbers of traces in the two stores; learning again adds mu1 to r1.
Murre & Chessa 2011; Chessa & Murre 2007; on lesions: Murre, Chessa & Meeter 2013.
"""

# pyright: reportReturnType=false
# numpy's stubs do not say that floats in are floats out

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Real = TypeVar("Real", float, npt.NDArray[np.float64])

_FOREVER = 1e200
"""Stands for an infinite duration, whose products with rates are finite."""
_MOST_STEPS = 200
_PRECISION = 1e-12
"""Relative size of the last step; Newton's method is closer than its last step."""


def evolved(
    fast: Real, slow: Real, elapsed: Real, transfer: float, fast_decline: float, slow_decline: float
) -> tuple[Real, Real]:
    """Intensities after a while without learning; one jump equals any number of steps.

    ``r1' = r1 e^(-a1 t)`` and ``r2' = r2 e^(-a2 t) + mu2 r1 (e^(-a2 t) - e^(-a1 t)) / (a1 - a2)``, whose limit at
    a1 = a2 is ``mu2 r1 t e^(-a t)``. Time running backwards counts as none.

    Args:
        fast: r1 >= 0.
        slow: r2 >= 0.
        elapsed: t.
        transfer: mu2 >= 0, rate at which the fast store induces the slow one.
        fast_decline: a1 >= 0.
        slow_decline: a2 >= 0.

    >>> [round(float(r), 6) for r in evolved(1.0, 0.0, 2.0, 0.5, 1.0, 0.01)]
    [0.135335, 0.426699]
    """
    duration = np.clip(elapsed, 0.0, _FOREVER)
    difference = abs(fast_decline - slow_decline)
    # expm1 keeps all digits when the two rates are nearly equal
    spread = -np.expm1(-difference * duration) / difference if difference else duration
    flow = spread * np.exp(-min(fast_decline, slow_decline) * duration)
    return (
        fast * np.exp(-fast_decline * duration),
        slow * np.exp(-slow_decline * duration) + transfer * fast * flow,
    )


def intensities(
    elapsed: Real, learned: float, transfer: float, fast_decline: float, slow_decline: float
) -> tuple[Real, Real]:
    """Intensities some time after learning once: `evolved` from ``(mu1, 0)``.

    Args:
        elapsed: t >= 0.
        learned: mu1 >= 0, intensity right after learning.
        transfer: mu2 >= 0.
        fast_decline: a1 >= 0.
        slow_decline: a2 >= 0.

    >>> [round(float(r), 6) for r in intensities(1.0, 1.0, 0.5, 1.0, 0.01)]
    [0.367879, 0.314227]
    """
    return evolved(learned, 0.0, elapsed, transfer, fast_decline, slow_decline)  # pyright: ignore[reportArgumentType]


def recall_probability(fast: Real, slow: Real, spared: float = 1.0) -> Real:
    """Probability that at least one trace is there to be found: ``p = 1 - e^-(s r1 + r2)``, in [0, 1].

    Args:
        fast: r1 >= 0.
        slow: r2 >= 0.
        spared: s, share of the fast store that a lesion left, in [0, 1]; 0 is a full hippocampal lesion.

    >>> round(float(recall_probability(0.367879, 0.314227)), 6)
    0.494449
    >>> round(float(recall_probability(0.367879, 0.314227, spared=0.0)), 6)
    0.269647
    """
    return -np.expm1(-(spared * fast + slow))


def relative_retrograde(fast: Real, slow: Real) -> Real:
    """Share of memory that survives a full hippocampal lesion: ``r2 / (r1 + r2)``, in [0, 1]; 0 where none is.

    It rises with the age of a memory: the gradient of retrograde amnesia (Ribot 1881).

    >>> round(float(relative_retrograde(0.367879, 0.314227)), 6)
    0.460672
    """
    total = fast + slow
    return slow / np.where(total > 0.0, total, 1.0)


def forget_after(
    fast: Real, slow: Real, threshold: float, transfer: float, fast_decline: float, slow_decline: float
) -> Real:
    """Time until the probability of recall falls to ``threshold``: the inverse of `evolved`.

    Zero where it is there already, infinite where it never gets there (a2 = 0 keeps what the slow store holds).
    Found by Newton's method on ln r inside a shrinking bracket, to 1e-12 of itself. Only if ``mu2 <= a1`` does
    memory never rise by itself, so that there is one answer.

    Args:
        fast: r1 >= 0.
        slow: r2 >= 0.
        threshold: p* in [0, 1].
        transfer: mu2 in [0, a1].
        fast_decline: a1 > 0.
        slow_decline: a2 >= 0.

    >>> round(float(forget_after(1.0, 0.0, 0.429952, 0.5, 1.0, 0.01)), 3)
    2.0
    """
    total = fast + slow
    # infinite only where the answer is zero or infinite anyway, or where a guess is no good
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        target = -np.log1p(-np.float64(threshold))
        kept = 0.0 if slow_decline else slow + transfer * fast / fast_decline
        rate = min(fast_decline, slow_decline) if slow_decline else fast_decline
        # r(t) <= (r1 + r2 + mu2 r1 t) e^(-mt), and x e^(-x/2) <= 2/e
        most = total + 2.0 * transfer * fast / (np.e * rate)
        falls = (total > target) & (kept < target)
        late = np.where(falls, 2.0 / rate * np.log(most / (target - kept)), 0.0)
        early = at = np.zeros_like(late)
        for _ in range(_MOST_STEPS):
            r1, r2 = evolved(fast, slow, at, transfer, fast_decline, slow_decline)  # pyright: ignore[reportArgumentType]
            above = r1 + r2 > target
            early, late = np.where(above, at, early), np.where(above, late, at)
            slope = (fast_decline - transfer) * r1 + slow_decline * r2
            guess = at + np.log((r1 + r2) / target) * (r1 + r2) / slope
            guess = np.where((guess > early) & (guess < late), guess, (early + late) / 2.0)
            settled = np.abs(guess - at) <= _PRECISION * guess
            at = guess
            if np.all(settled):
                break
    return np.where((total > target) & (kept >= target), np.inf, at)[()]
