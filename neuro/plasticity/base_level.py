"""ACT-R's base level as a plasticity: each use adds a trace that falls as a power of its age.

Equations in `neuro.dynamics.base_level`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from neuro.dynamics.base_level import forget_after, hybrid_base_level
from neuro.engram import RECENT_ACCESSES, Trace
from neuro.plasticity.base import Grade
from neuro.plasticity.tracing import State, TracePlasticity
from neuro.records import Positive

_MOST_LOG = 700.0
"""e to more would overflow; such log odds are as good as certainty."""


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
        half_life, first, presentations = state[:3]
        soonest = state[-1] + self.shortest_age  # from here on no age is cut
        ages = (soonest - np.array(state[3:], dtype=np.float64)) / half_life
        level = self.noise * math.log(below / (1.0 - below))
        oldest = (soonest - first) / half_life
        after = half_life * forget_after(ages.T, presentations, oldest, self.decay, level)
        return np.where(after > 0.0, soonest + after, -np.inf)

    def _taught(self, now: float, grade: Grade | None, state: State) -> Mapping[str, Any]:
        return {}  # what was used is one more presentation; nothing else changes
