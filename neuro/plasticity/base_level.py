"""ACT-R's base level as a plasticity: each use adds a trace that falls as a power of its age.

Equations in `neuro.dynamics.base_level`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from neuro.dynamics.base_level import hybrid_base_level
from neuro.engram import RECENT_ACCESSES, Trace
from neuro.plasticity.base import Grade
from neuro.plasticity.tracing import State, TracePlasticity
from neuro.records import Positive

_MOST_LOG = 700.0
"""e to more would overflow; such log odds are as good as certainty, and such an age as eternity."""
_AT_ONCE = 30.0
"""Nats below the shortest age, where no age tells any more."""
_MOST_STEPS = 100
_PRECISION = 1e-12
"""Of the log of an age, at which the search for it ends."""


class BaseLevelPlasticity(TracePlasticity):
    """`neuro.plasticity.base.Plasticity` by ACT-R: ``odds for recall = e^(B / s)``, ``B = ln sum (age / H)^-d``.

    Ages count in half-lives, so that what was used once is at a half after one (Anderson & Lebiere 1998). Of long
    histories the last eight uses are exact and the rest is taken as spread evenly (Petrov 2006). Unlike people,
    this law remembers better what was massed than what was spaced: uses count by their age, whenever they came.
    """

    law: Literal["base_level"] = "base_level"
    decay: Positive = 0.5
    """d (Anderson & Lebiere 1998)."""
    noise: Positive = 0.5
    """s of the logistic noise on activation; recall tells only d / s (Anderson & Lebiere 1998)."""
    shortest_age: Positive = 1.0
    """No use is younger, seconds; at an age of zero activation would be infinite."""

    def _state(self, trace: Trace) -> tuple[float, ...]:
        recent = trace.recent or (trace.last_access,)
        first = recent[0] if trace.first_access is None else trace.first_access
        absent = (-math.inf,) * (RECENT_ACCESSES - len(recent))
        return trace.half_life, first, max(trace.presentations, len(recent)), *absent, *recent

    def _level(self, now: Any, state: State) -> Any:
        half_life, first, presentations = state[:3]
        ages = np.maximum(now - np.array(state[3:], dtype=np.float64), self.shortest_age) / half_life
        oldest = np.maximum(now - first, self.shortest_age) / half_life
        return hybrid_base_level(ages.T, presentations, oldest, self.decay)

    def _odds(self, now: float, state: State) -> Any:
        return np.exp(np.clip(-self._level(now, state) / self.noise, -_MOST_LOG, _MOST_LOG))

    def _instant(self, below: float, state: State) -> Any:
        """Secants in a shrinking bracket, on the log age of the last use: in it the base level is nearly straight."""
        half_life, _, presentations = state[:3]
        latest = state[-1]
        target = self.noise * math.log(below / (1.0 - below))

        def excess(log_age: Any) -> Any:
            return self._level(latest + np.exp(log_age), state) - target

        # The last use alone is the least that is left; all uses, being as young as the last one, are the most.
        alone = np.minimum(np.log(half_life) - target / self.decay, _MOST_LOG)
        high = np.minimum(alone + np.log(presentations) / self.decay, _MOST_LOG)
        shortest = math.log(self.shortest_age)
        low = np.where(alone > shortest, alone, shortest - _AT_ONCE)
        before, was = low, excess(low)
        settled = was <= 0.0
        at = np.where(settled, low, high)
        here = excess(at)
        for _ in range(_MOST_STEPS):
            low, high = np.where(here >= 0.0, at, low), np.where(here >= 0.0, high, at)
            rise = here - was
            secant = at - here * (at - before) / np.where(rise == 0.0, 1.0, rise)
            inside = (secant > low) & (secant < high) & (rise != 0.0)
            guess = np.where(settled, at, np.where(inside, secant, (low + high) / 2.0))
            settled = settled | (np.abs(guess - at) <= _PRECISION)
            before, was, at = at, here, guess
            if np.all(settled):
                break
            here = excess(guess)
        return latest + np.where(excess(shortest - _AT_ONCE) > 0.0, np.exp(at), 0.0)

    def _taught(self, now: float, grade: Grade | None, state: State) -> Mapping[str, Any]:
        return {}  # what was used is one more presentation; nothing else changes
