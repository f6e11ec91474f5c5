"""Learning from reward."""

from __future__ import annotations


def rescorla_wagner(expected: float, reward: float, rate: float) -> tuple[float, float]:
    """The new expectation and the prediction error: ``V + alpha (r - V)`` and ``r - V``.

    Args:
        expected: V, in the unit of the reward.
        reward: r.
        rate: alpha, in [0, 1].

    Rescorla & Wagner 1972; the error is what dopamine neurons signal (Schultz, Dayan & Montague 1997).

    >>> rescorla_wagner(0.0, 1.0, 0.25)
    (0.25, 1.0)
    """
    error = reward - expected
    return expected + rate * error, error
