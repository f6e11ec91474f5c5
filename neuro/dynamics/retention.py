"""Classic retention functions, each with its inverse.

Floats or arrays in, floats or arrays out. Retention is in [0, 1]; durations are in any one unit unless a function
names its own; time running backwards counts as none. An inverse gives the time until retention has fallen to a
level: zero where it starts below it, infinite where a float cannot hold the time.
"""

# pyright: reportReturnType=false
# numpy's stubs do not say that floats in are floats out

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Real = TypeVar("Real", float, npt.NDArray[np.float64])

EBBINGHAUS_1885 = (1.84, 1.25)
"""k and c that Ebbinghaus fitted to his own savings."""


def exponential(elapsed: Real, stability: Real) -> Real:
    """Exponential forgetting: ``R = e^(-t / S)``, one rate for good (often called the Ebbinghaus curve).

    His own data do not follow it (see `ebbinghaus_savings`), nor do most others (Rubin & Wenzel 1996).

    Args:
        elapsed: t.
        stability: S > 0, time in which retention falls to 1/e.

    >>> round(float(exponential(3.0, 6.25)), 6)
    0.618783
    """
    return np.exp(-np.maximum(elapsed, 0.0) / stability)


def exponential_duration(retention: Real, stability: Real) -> Real:
    """Inverse of `exponential`: ``t = -S ln R``.

    >>> round(float(exponential_duration(0.5, 1.0)), 6)
    0.693147
    """
    with np.errstate(divide="ignore"):
        return stability * np.maximum(0.0, -np.log(retention))


def hyperbolic(elapsed: Real, half_life: Real) -> Real:
    """Hyperbolic forgetting: ``R = 1 / (1 + t / T)``: the odds against recall grow linearly.

    The same as `power` with exponent 1, and as an exponential whose stability grows one for one with age.

    Args:
        elapsed: t.
        half_life: T > 0, time in which retention falls to one half.

    Compared with other functions by Wixted & Ebbesen 1991.

    >>> float(hyperbolic(9.0, 1.0))
    0.1
    """
    return 1.0 / (1.0 + np.maximum(elapsed, 0.0) / half_life)


def hyperbolic_duration(retention: Real, half_life: Real) -> Real:
    """Inverse of `hyperbolic`: ``t = T (1 / R - 1)``.

    >>> float(hyperbolic_duration(0.5, 9.0))
    9.0
    """
    return power_duration(retention, half_life, 1.0)


def power(elapsed: Real, scale: Real, exponent: float) -> Real:
    """Power law of forgetting: ``R = (1 + t / S)^-psi``: it slows down with age (Jost 1897).

    Wixted & Ebbesen's ``a t^-b``, shifted so that it is 1 at t = 0; many exponentials of different rates average
    to it.

    Args:
        elapsed: t.
        scale: S > 0, age from which the power law shows.
        exponent: psi > 0.

    Wickelgren 1974; Wixted & Ebbesen 1991; Wixted & Carpenter 2007.

    >>> float(power(3.0, 1.0, 0.5))
    0.5
    """
    return (1.0 + np.maximum(elapsed, 0.0) / scale) ** -exponent


def power_duration(retention: Real, scale: Real, exponent: float) -> Real:
    """Inverse of `power`: ``t = S (R^(-1 / psi) - 1)``.

    >>> round(float(power_duration(0.5, 1.0, 0.5)), 12)
    3.0
    """
    with np.errstate(divide="ignore", over="ignore"):
        return scale * np.maximum(0.0, np.expm1(-np.log(retention) / exponent))


def wickelgren(elapsed: Real, initial: float, rate: float, exponent: float) -> Real:
    """Wickelgren's power law: ``m = lambda (1 + beta t)^-psi``, in [0, lambda].

    Args:
        elapsed: t.
        initial: lambda, retention at t = 0, in (0, 1].
        rate: beta > 0, per unit of time.
        exponent: psi > 0.

    Wickelgren 1974.

    >>> round(float(wickelgren(1.0, 0.95, 0.13, 0.58)), 6)
    0.884989
    """
    return initial * (1.0 + rate * np.maximum(elapsed, 0.0)) ** -exponent


def wickelgren_duration(retention: Real, initial: float, rate: float, exponent: float) -> Real:
    """Inverse of `wickelgren`: ``t = ((m / lambda)^(-1 / psi) - 1) / beta``.

    >>> round(float(wickelgren_duration(0.475, 0.95, 3.0, 0.5)), 12)
    1.0
    """
    return power_duration(retention / initial, 1.0 / rate, exponent)


def ebbinghaus_savings(minutes: Real, constants: tuple[float, float] = EBBINGHAUS_1885) -> Real:
    """Ebbinghaus' own fit of his savings: ``b = k / ((log10 t)^c + k)``, 1 in the first minute.

    Args:
        minutes: t since learning.
        constants: k and c > 0.

    Ebbinghaus 1885.

    >>> round(float(ebbinghaus_savings(1440.0)), 5)
    0.30411
    """
    k, c = constants
    return k / (np.log10(np.maximum(minutes, 1.0)) ** c + k)


def ebbinghaus_duration(savings: Real, constants: tuple[float, float] = EBBINGHAUS_1885) -> Real:
    """Inverse of `ebbinghaus_savings`, in minutes, at least one: ``log10 t = (k (1 / b - 1))^(1 / c)``.

    >>> round(float(ebbinghaus_duration(1.84 / 2.84)), 6)
    10.0
    """
    k, c = constants
    with np.errstate(divide="ignore", over="ignore"):
        return 10.0 ** (np.maximum(0.0, k * (np.divide(1.0, savings) - 1.0)) ** (1.0 / c))
