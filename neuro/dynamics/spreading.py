"""Spreading activation over links, and how links grow by use and are scaled down in sleep."""

from __future__ import annotations

import math


def spread_share(weight: float, total: float) -> float:
    """Share of a source's activation that flows along one of its links, in [0, 1].

    ``w / max(1, sum of all its weights)``: a source with many links divides what it has (the fan effect,
    Anderson 1974), one with few does not gain.

    >>> spread_share(0.5, 0.8), spread_share(0.5, 2.0)
    (0.5, 0.25)
    """
    return weight / max(1.0, total)


def hebbian(weight: float, increment: float) -> float:
    """A weight in [0, 1] after co-activation: ``w + (1 - w) g``; the order of increments does not matter.

    Bounded as by Oja's rule (Hebb 1949; Oja 1982).

    >>> hebbian(0.5, 0.5)
    0.75
    """
    return weight + (1.0 - weight) * increment


def downscaled(log_scale: float, rate: float, weight: float) -> float:
    """The global log-scale of all links after a night of ``weight`` in [0, 1]: ``s - r w``.

    One number for all links, applied at read time (synaptic homeostasis, Tononi & Cirelli 2006).

    >>> downscaled(0.0, 0.01, 0.5)
    -0.005
    """
    return log_scale - rate * weight


def scale_factor(log_scale: float) -> float:
    """Factor on stored weights.

    >>> scale_factor(0.0)
    1.0
    """
    return math.exp(log_scale)
