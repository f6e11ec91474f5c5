"""Learning from reward."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]


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


def rescorla_wagner_compound(
    values: Reals, present: npt.ArrayLike, saliences: float | Reals, rate: float, reward: float
) -> tuple[Reals, float]:
    """Values after a trial with several cues, and the error they share: ``V_i + alpha_i beta (lambda - sum V)``.

    Cues that are present compete for one prediction: hence blocking (Kamin 1969), overshadowing and conditioned
    inhibition.

    Args:
        values: V, associative strength of each cue, shape (n,).
        present: which cues the trial shows, shape (n,), booleans or 0 and 1.
        saliences: alpha, of the cues, in [0, 1], one or shape (n,).
        rate: beta, in [0, 1].
        reward: lambda, the most that the outcome supports; 0 if it fails to come.

    Rescorla & Wagner 1972.

    >>> values, error = rescorla_wagner_compound(np.array([1.0, 0.0]), [True, True], 0.3, 1.0, 1.0)
    >>> values.tolist(), error
    ([1.0, 0.0], 0.0)
    """
    shown = np.asarray(present, dtype=np.float64)
    error = reward - float(np.dot(values, shown))
    return values + saliences * rate * error * shown, error


def temporal_difference(
    values: Reals,
    traces: Reals,
    state: Reals,
    next_state: Reals,
    reward: float,
    *,
    rate: float,
    discount: float,
    trace_decay: float,
) -> tuple[Reals, Reals, float]:
    """Values, eligibility traces and the error after one step of TD(lambda).

    ``e' = gamma lambda e + x``, ``delta = r + gamma V(x') - V(x)``, ``V' = V + alpha delta e'``, with
    accumulating traces and ``V(x) = sum V_i x_i``. Lambda 0 is TD(0), lambda 1 Monte Carlo learning.

    Args:
        values: V, shape (n,).
        traces: e, shape (n,); zeros at the start of an episode.
        state: x, features of the state that is left, shape (n,); a unit vector where states are numbered.
        next_state: x', features of the state that is reached, shape (n,); zeros at the end of an episode.
        reward: r, on the way.
        rate: alpha, in [0, 1].
        discount: gamma, in [0, 1].
        trace_decay: lambda, in [0, 1].

    Sutton 1988; Sutton & Barto 2018, chapter 12; the error is what dopamine neurons signal (Schultz, Dayan &
    Montague 1997).

    >>> first, last, end = np.eye(3)[0], np.eye(3)[1], np.zeros(3)
    >>> values, traces, error = temporal_difference(
    ...     last, end, first, last, 0.0, rate=0.5, discount=0.9, trace_decay=0.0)
    >>> values.tolist(), error
    ([0.45, 1.0, 0.0], 0.9)
    """
    eligible = discount * trace_decay * traces + state
    error = reward + discount * float(np.dot(values, next_state)) - float(np.dot(values, state))
    return values + rate * error * eligible, eligible, error
