"""Modern Hopfield network: pattern completion in one step (Ramsauer et al. 2020).

Arrays in, arrays out: ``patterns`` has shape (n, d), n >= 1; a query has shape (d,) or (..., d).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]


def completion_weights(patterns: Reals, query: Reals, beta: float) -> Reals:
    """Share of each stored pattern in the completion: ``softmax(beta X q)``, shape (..., n), sum 1.

    Args:
        patterns: X, one stored pattern a row.
        query: q, what is given.
        beta: inverse temperature > 0: large picks the nearest pattern, small averages over all.

    >>> completion_weights(np.eye(2), np.array([np.log(3.0), 0.0]), 1.0).round(6).tolist()
    [0.75, 0.25]
    """
    scores = beta * (query @ patterns.T)
    weights = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return weights / np.sum(weights, axis=-1, keepdims=True)


def completed(patterns: Reals, query: Reals, beta: float) -> Reals:
    """The pattern that a part of it brings back: ``softmax(beta X q) X``, shape (..., d).

    For patterns well apart one step is enough, up to an error exponentially small in beta.

    Args:
        patterns: X, one stored pattern a row.
        query: q, what is given.
        beta: inverse temperature > 0.

    >>> completed(np.eye(2), np.array([0.6, 0.0]), 100.0).round(6).tolist()
    [1.0, 0.0]
    """
    return completion_weights(patterns, query, beta) @ patterns


def energy(patterns: Reals, state: Reals, beta: float) -> Reals:
    """Energy of a state, which completion never raises: in [0, 2 M^2], M the length of the longest pattern.

    ``E = -ln(sum_i e^(beta x_i q)) / beta + q q / 2 + ln(n) / beta + M^2 / 2``.

    Args:
        patterns: X, one stored pattern a row.
        state: q, shape (..., d).
        beta: inverse temperature > 0.

    >>> float(energy(np.eye(1), np.array([1.0]), 8.0))
    0.0
    """
    scores = beta * (state @ patterns.T)
    peak = np.max(scores, axis=-1)
    logsumexp = peak + np.log(np.sum(np.exp(scores - peak[..., None]), axis=-1))
    longest = np.max(np.sum(patterns * patterns, axis=-1))
    return (np.log(len(patterns)) - logsumexp) / beta + (np.sum(state * state, axis=-1) + longest) / 2.0
