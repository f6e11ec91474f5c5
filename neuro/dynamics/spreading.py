"""Spreading activation over links, and how links grow by use and are scaled down in sleep."""

# pyright: reportReturnType=false
# numpy's stubs do not say that floats in are floats out

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Real = TypeVar("Real", float, npt.NDArray[np.float64])


def fan_strength(strength: float, fan: Real) -> Real:
    """Strength of association from a cue to one of the things it is linked to: ``S_ji = S - ln fan``.

    pyactr counts the cue itself as well, so that its strengths are those of ``fan + 1``.

    Args:
        strength: S, of a cue with one link.
        fan: number of things the cue is linked to, >= 1.

    Anderson 1974; Anderson & Reder 1999.

    >>> round(float(fan_strength(1.45, 2.0)), 6)
    0.756853
    """
    return strength - np.log(fan)


def learned_strength(weight: Real, total: Real, strength: float) -> Real:
    """Strength of association by learned weights: ``ln S + ln(w / sum of all weights of the cue)``.

    With equal weights `fan_strength`, with unequal ones strong competitors take from weak ones (retrieval-induced
    forgetting, Anderson, Bjork & Bjork 1994). Log odds; minus infinity for a weight of zero.

    Args:
        weight: w >= 0.
        total: sum of the weights of the cue's links, > 0.
        strength: S > 0.

    >>> round(float(learned_strength(0.5, 2.0, 4.0)), 6)
    0.0
    """
    with np.errstate(divide="ignore"):
        return np.log(strength) + np.log(weight / total)


def spreading_activation(
    strengths: npt.NDArray[np.float64], attention: float | npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Activation that reaches something from all cues: ``sum_j W_j S_ji``.

    Args:
        strengths: S_ji, shape (..., cues); 0 where a cue is not linked to it.
        attention: W_j, attention to each cue; usually 1 split over the cues.

    Anderson 1983; Anderson & Lebiere 1998.

    >>> round(float(spreading_activation(fan_strength(1.45, np.array([1.0, 2.0])), 1 / 3)), 6)
    0.735618
    """
    return np.sum(attention * strengths, axis=-1)


def spread_share(weight: float, total: float) -> float:
    """Share of a source's activation that flows along one of its links, in [0, 1].

    ``w / max(1, sum of all its weights)``: a source with many links divides what it has (the fan effect,
    Anderson 1974), one with few does not gain.

    >>> spread_share(0.5, 0.8), spread_share(0.5, 2.0)
    (0.5, 0.25)
    """
    return weight / max(1.0, total)
