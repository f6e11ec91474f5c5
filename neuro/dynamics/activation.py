"""What activation does in ACT-R: whether something is retrieved, how fast, and what is taken for it.

Floats or arrays in, floats or arrays out. Activation is a log odds in units of its noise.
"""

# pyright: reportReturnType=false
# numpy's stubs do not say that floats in are floats out

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Real = TypeVar("Real", float, npt.NDArray[np.float64])
Reals = npt.NDArray[np.float64]


def retrieval_probability(activation: Real, threshold: float, noise: float) -> Real:
    """Probability that activation exceeds the threshold: ``p = 1 / (1 + e^((tau - A) / s))``, in [0, 1].

    Args:
        activation: A; infinite values give 0 and 1.
        threshold: tau.
        noise: s > 0, scale of the logistic noise.

    Anderson & Lebiere 1998.

    >>> round(float(retrieval_probability(-1.0, 0.0, 0.5)), 6)
    0.119203
    """
    return np.exp(-np.logaddexp(0.0, (threshold - activation) / noise))


def activation_at(probability: Real, threshold: float, noise: float) -> Real:
    """Inverse of `retrieval_probability`: ``A = tau + s ln(p / (1 - p))``; infinite at 0 and 1.

    >>> round(float(activation_at(0.119203, 0.0, 0.5)), 5)
    -1.0
    """
    with np.errstate(divide="ignore"):
        return threshold + noise * (np.log(probability) - np.log1p(np.negative(probability)))


def latency(activation: Real, factor: float, exponent: float) -> Real:
    """Time that a retrieval takes: ``F e^(-f A)``, in the unit of F (ACT-R: seconds).

    A failure takes as long as a retrieval at the threshold. Infinite where a float cannot hold it.

    Args:
        activation: A.
        factor: F > 0.
        exponent: f > 0.

    Anderson & Lebiere 1998.

    >>> round(float(latency(0.5, 0.63, 1.0)), 6)
    0.382114
    """
    with np.errstate(over="ignore"):
        return factor * np.exp(-exponent * activation)


def matched_activation(base: Real, spreading: Real, similarities: Reals, penalty: float) -> Real:
    """Activation of something that fits a request only in part: ``A = B + sum_j W_j S_j + P sum_k M_k``.

    Args:
        base: B, base-level activation, shape (...).
        spreading: sum of W_j S_j over the cues (`neuro.dynamics.spreading.spreading_activation`), shape (...).
        similarities: M_k of each feature to the one asked for, shape (..., k): 0 the same, -1 as unlike as can be.
        penalty: P >= 0, what a mismatch costs.

    Anderson, Reder & Lebiere 1996; Anderson & Lebiere 1998.

    >>> float(matched_activation(1.0, 0.5, np.array([0.0, -0.5]), 2.0))
    0.5
    """
    return base + spreading + penalty * np.sum(similarities, axis=-1)


def activation_noise(rng: np.random.Generator, scale: float, size: int | tuple[int, ...]) -> Reals:
    """Noise to be added to activations: logistic with mean 0 and variance ``pi^2 s^2 / 3``.

    Args:
        rng: where chance comes from.
        scale: s >= 0.
        size: shape of the answer.

    >>> activation_noise(np.random.default_rng(0), 0.0, 2).tolist()
    [0.0, 0.0]
    """
    return rng.logistic(0.0, scale, size)


def choice_probabilities(activations: Reals, temperature: float) -> Reals:
    """Probability of each candidate to be the most active one: ``P_i = e^(A_i / t) / sum_j e^(A_j / t)``.

    Infinitely active candidates share it all; if all are infinitely inactive, it is equal for all.

    Args:
        activations: shape (..., n).
        temperature: t > 0; sqrt(2) s for noise of scale s.

    Anderson & Lebiere 1998 (the Boltzmann or softmax rule).

    >>> choice_probabilities(np.array([np.log(3.0), 0.0]), 1.0).round(6).tolist()
    [0.75, 0.25]
    """
    peak = np.max(activations, axis=-1, keepdims=True)
    below = np.subtract(activations, peak, out=np.zeros(np.shape(activations)), where=activations != peak)
    weights = np.exp(below / temperature)
    return weights / np.sum(weights, axis=-1, keepdims=True)


def blended(values: Reals, activations: Reals, temperature: float) -> Reals:
    """What all candidates together say: ``sum_i P_i V_i`` with the `choice_probabilities`.

    Args:
        values: V, a quantity that each candidate holds, shape (..., n).
        activations: shape (..., n).
        temperature: t > 0.

    Lebiere 1999; Gonzalez, Lerch & Lebiere 2003: the value with the least expected squared error.

    >>> float(blended(np.array([4.0, 8.0]), np.array([0.0, 0.0]), 1.0))
    6.0
    """
    return np.sum(choice_probabilities(activations, temperature) * values, axis=-1)
