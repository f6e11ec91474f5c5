"""What stands out, and how that wears off: attention, habituation, feeling, and the fading of short stores.

Floats or arrays in, floats or arrays out; durations in seconds. Constants are arguments here; their defaults
and sources stand with the params of the regions.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Real = TypeVar("Real", float, npt.NDArray[np.float64])


def fade(elapsed: Real, time_constant: float) -> Real:
    """Strength left of a trace that decays exponentially: ``exp(-t / tau)``, in [0, 1].

    Time running backwards counts as none.

    >>> round(float(fade(0.28, 0.28)), 6)
    0.367879
    """
    return np.exp(-np.maximum(elapsed, 0.0) / time_constant)  # type: ignore[return-value]


def attention(base: float, hint: Real, weight: float, response: Real) -> Real:
    """Attention drawn by a stimulus: ``min(1, b + w h) r``, in [0, 1].

    Args:
        base: b, what anything new draws, in [0, 1].
        hint: h, share of the goal that the stimulus holds, in [0, 1].
        weight: w, in [0, 1] (biased competition: Desimone & Duncan 1995).
        response: r, what habituation leaves, in [0, 1].

    >>> float(attention(0.5, 0.5, 0.4, 0.5))
    0.35
    """
    return np.minimum(1.0, base + weight * hint) * response  # type: ignore[return-value]


def habituated(response: Real, decrement: float, floor: float) -> Real:
    """Response left after one more repeat: ``max(floor, r d)``, in [floor, 1].

    Repetition lowers a response towards an asymptote (Thompson & Spencer 1966; Rankin et al. 2009).

    >>> float(habituated(1.0, 0.7, 0.3))
    0.7
    """
    return np.maximum(floor, response * decrement)  # type: ignore[return-value]


def recovered(response: Real, elapsed: Real, time_constant: float) -> Real:
    """Response after a rest: ``1 - (1 - r) exp(-t / tau)``, in [r, 1].

    Spontaneous recovery when the stimulus is withheld (Thompson & Spencer 1966; Rankin et al. 2009).

    >>> round(float(recovered(0.5, 1800.0, 1800.0)), 6)
    0.81606
    """
    return 1.0 - (1.0 - response) * fade(elapsed, time_constant)


def compound(total: Real, normaliser: float) -> Real:
    """Summed valence of words brought into [-1, 1]: ``v / sqrt(v^2 + alpha)`` (Hutto & Gilbert 2014).

    >>> round(float(compound(1.9, 15.0)), 4)
    0.4404
    """
    return total / np.sqrt(total * total + normaliser)  # type: ignore[return-value]


def arousal(valence: Real, strongest: float) -> Real:
    """Arousal derived from intensity: ``min(1, |v| / v_max)``, in [0, 1].

    In people, too, arousal is about V-shaped in valence (Kuppens et al. 2013).

    >>> float(arousal(-3.1, 4.0))
    0.775
    """
    return np.minimum(1.0, np.abs(valence) / strongest)  # type: ignore[return-value]


def salience(arousal: Real, neutral: float, gain: float, cap: float) -> Real:
    """Salience of something felt: ``min(cap, s0 + g a)``, in [0, cap].

    Args:
        arousal: a, in [0, 1].
        neutral: s0, salience of what leaves one cold, in [0, 1].
        gain: g >= 0.
        cap: the most that feeling alone can reach, in [0, 1].

    >>> float(salience(0.4, 0.5, 0.5, 0.9))
    0.7
    """
    return np.minimum(cap, neutral + gain * arousal)  # type: ignore[return-value]
