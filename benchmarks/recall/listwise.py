"""Listwise softmax regression: weights under which what answers a question scores above all else that was said.

The probability of a candidate is the softmax of its score, a weighted sum of its features; the loss of a question is
the mean over its right engrams of minus the logarithm of the probability of all fragments of that engram together.
Cao, Z., Qin, T., Liu, T.-Y., Tsai, M.-F. & Li, H. (2007). Learning to rank: from pairwise approach to listwise
approach. ICML.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_MOST_STEPS = 60
_LONGEST_STEP = 5.0
_SETTLED = 1e-3
"""Steps in which no weight moves further end the search."""

Floats = npt.NDArray[np.float64]


class Choice(NamedTuple):
    """One question: candidates, and which of them are right."""

    features: Floats
    """Shape (candidates, features)."""
    right: tuple[npt.NDArray[np.intp], ...]
    """Rows of the fragments of each engram that answers the question."""
    importance: float
    """What the question counts beside others."""


def fitted_weights(choices: Sequence[Choice], penalty: float) -> Floats:
    """Weights of the least mean loss, shape (features,).

    Newton's method, with the curvature of the softmax over all candidates alone: what the fragments of the right
    engrams take off it would only make steps longer.

    Args:
        penalty: on the sum of squares of the weights, so that none grows on a few questions.
    """
    size = choices[0].features.shape[1]
    weights = np.zeros(size)
    total = sum(choice.importance for choice in choices)
    for _ in range(_MOST_STEPS):
        slope, curvature = np.zeros(size), np.zeros((size, size))
        for choice in choices:
            down, bend = _loss(choice, weights)
            slope += choice.importance * down
            curvature += choice.importance * bend
        slope = slope / total + 2.0 * penalty * weights
        step = np.linalg.solve(curvature / total + 2.0 * penalty * np.eye(size), slope)
        longest = float(np.abs(step).max())
        weights -= step * min(1.0, _LONGEST_STEP / max(longest, 1e-12))
        if longest < _SETTLED:
            break
    return weights


def _loss(choice: Choice, weights: Floats) -> tuple[Floats, Floats]:
    """Slope and curvature of the loss of one question."""
    features = choice.features
    scores = features @ weights
    chances = np.exp(scores - scores.max())
    chances /= chances.sum()
    expected = chances @ features
    slope = expected.copy()
    for rows in choice.right:
        among = chances[rows] / max(float(chances[rows].sum()), 1e-30)
        slope -= among @ features[rows] / len(choice.right)
    return slope, (features.T * chances) @ features - np.outer(expected, expected)
