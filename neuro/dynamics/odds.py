"""The law of forgetting: the odds against recall grow linearly in brain time.

Floats or arrays in, floats or arrays out; durations and instants in seconds of brain time. Constants are
arguments here; their defaults and sources stand with `neuro.plasticity.odds.OddsPlasticity`.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Real = TypeVar("Real", float, npt.NDArray[np.float64])


def initial_odds(exposures: Real, floor: float, exponent: float) -> Real:
    """Odds against recall right after an access: ``e0 n^-q``.

    Args:
        exposures: study events n, > 0.
        floor: e0, odds after one exposure, > 0.
        exponent: q >= 0.

    >>> round(initial_odds(4.0, 0.01, 0.5), 6)
    0.005
    """
    return floor * exposures**-exponent  # pyright: ignore[reportReturnType]


def odds_against(elapsed: Real, half_life: Real, initial: Real) -> Real:
    """Odds against recall: ``A = A0 + elapsed / H``; time running backwards counts as none.

    >>> float(odds_against(86400.0, 86400.0, 0.01))
    1.01
    """
    return initial + np.maximum(elapsed, 0.0) / half_life  # pyright: ignore[reportReturnType]


def retrievability(odds: Real) -> Real:
    """Probability of recall with a full cue: ``p = 1 / (1 + A)``, in [0, 1].

    >>> round(retrievability(1.01), 6)
    0.497512
    """
    return 1.0 / (1.0 + odds)


def activation(odds: Real) -> Real:
    """Log odds of recall: ``-ln A``, what ranking uses.

    >>> round(float(activation(0.01)), 5)
    4.60517
    """
    return -np.log(odds)  # pyright: ignore[reportReturnType]


def forget_time(last_access: Real, half_life: Real, initial: Real, threshold: float) -> Real:
    """Instant at which p falls to ``threshold``: ``u0 + H ((1 - p*) / p* - A0)``, exactly.

    >>> forget_time(0.0, 1.0, 0.01, 0.5)
    0.99
    """
    return last_access + half_life * ((1.0 - threshold) / threshold - initial)


def refractory(elapsed: Real, period: float) -> Real:
    """Share of the learning that an access ``elapsed`` seconds after the last one may bring, in [0, 1].

    ``max(0, 1 - t_r / elapsed)``: nothing within the refractory period ``t_r``.

    >>> float(refractory(20.0, 10.0))
    0.5
    """
    return np.maximum(0.0, 1.0 - period / np.maximum(elapsed, 1e-12))  # pyright: ignore[reportReturnType]


def potentiation(half_life: Real, ceiling: Real, probability: Real, readiness: Real, gain: float) -> Real:
    """New half-life after a successful recall: ``H (1 + a max(0, p0 - p) ref)``.

    What was not forgotten since the last access earns nothing; hence the half-life grows by at most
    ``a`` times the brain time that passed, however often an engram is recalled (full cue).

    Args:
        half_life: H, seconds.
        ceiling: p0, the probability right after an access.
        probability: p at this access, with the cue that was used.
        readiness: `refractory`, in [0, 1].
        gain: a >= 0.

    >>> round(float(potentiation(12.0, 0.99, 0.89, 1.0, 15.0)), 6)
    30.0
    """
    return half_life * (1.0 + gain * np.maximum(0.0, ceiling - probability) * readiness)  # pyright: ignore[reportReturnType]


def first_sleep(
    elapsed: Real, half_life: Real, probability: Real, benefit: float, weight: float = 1.0
) -> tuple[Real, Real]:
    """Elapsed time and half-life after the first sleep since an access; p itself does not move.

    ``f = 1 + w b_s p``; both are multiplied by f (Benson & Feinberg 1977: sleep soon after study protects).

    >>> first_sleep(2.0, 10.0, 1.0, 0.5)
    (3.0, 15.0)
    """
    factor = 1.0 + weight * benefit * probability
    return elapsed * factor, half_life * factor


def cortical_share(share: Real, sleeps: Real, rate: Real) -> Real:
    """Share of a trace held by the neocortex after some sleeps: ``1 - (1 - k)(1 - rho)^n``, in [0, 1].

    >>> round(cortical_share(0.0, 2.0, 0.5), 6)
    0.75
    """
    return 1.0 - (1.0 - share) * (1.0 - rate) ** sleeps  # pyright: ignore[reportReturnType]
