"""Wiring by use: what fires together wires together, within bounds.

Floats or arrays in, floats or arrays out.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Real = TypeVar("Real", float, npt.NDArray[np.float64])
Reals = npt.NDArray[np.float64]


def hebbian(weight: Real, increment: Real) -> Real:
    """A weight in [0, 1] after co-activation: ``w + (1 - w) g``; the order of increments does not matter.

    Args:
        weight: w in [0, 1].
        increment: g in [0, 1].

    Hebb 1949, with a ceiling.

    >>> hebbian(0.5, 0.5)
    0.75
    """
    return weight + (1.0 - weight) * increment


def oja(weights: Reals, inputs: Reals, rate: float) -> Reals:
    """Weights of a neuron after one input: ``w + eta y (x - y w)`` with ``y = w . x``.

    Hebb's rule with a decay that keeps the weights at unit length; over many inputs they turn into the first
    principal component.

    Args:
        weights: w, shape (n,).
        inputs: x, shape (n,).
        rate: eta, small against 1 / |x|^2.

    Oja 1982.

    >>> oja(np.array([1.0, 0.0]), np.array([1.0, 1.0]), 0.1).tolist()
    [1.0, 0.1]
    """
    output = np.dot(weights, inputs)
    return weights + rate * output * (inputs - output * weights)
