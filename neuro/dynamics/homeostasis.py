"""Synaptic homeostasis: in sleep all links are scaled down alike (Tononi & Cirelli 2006).

Links are stored as they were and one log-scale, applied when they are read, stands for all nights since: a night
costs nothing per link. Floats or arrays in, floats or arrays out.
"""

# pyright: reportReturnType=false
# numpy's stubs do not say that floats in are floats out

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Real = TypeVar("Real", float, npt.NDArray[np.float64])


def downscaled(log_scale: float, rate: float, weight: float) -> float:
    """The log-scale of all links after a night: ``s - r w``.

    Args:
        log_scale: s <= 0, 0 before the first night.
        rate: r >= 0, lost in a full night.
        weight: w of the night, in [0, 1].

    >>> downscaled(0.0, 0.01, 0.5)
    -0.005
    """
    return log_scale - rate * weight


def effective_weight(stored: Real, log_scale: float) -> Real:
    """Weight of a link as it is now: ``min(1, w e^s)``, in [0, 1].

    >>> round(float(effective_weight(0.5, -1.0)), 6)
    0.18394
    """
    return np.minimum(1.0, stored * math.exp(log_scale))


def stored_weight(effective: Real, log_scale: float) -> Real:
    """What to store for a link that has a weight now: ``w e^-s``, the inverse of `effective_weight`.

    >>> round(float(stored_weight(0.18394, -1.0)), 5)
    0.5
    """
    return effective * math.exp(-log_scale)
