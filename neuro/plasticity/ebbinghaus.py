"""Exponential forgetting, as most memories of agents have it; equations in `neuro.dynamics.retention`."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from neuro.dynamics.retention import exponential, exponential_duration
from neuro.engram import Trace
from neuro.plasticity.odds import CeilingPlasticity
from neuro.plasticity.tracing import State

_LONGEST = 700.0
"""Stabilities beyond which exp underflows: strength falls no further."""


class EbbinghausPlasticity(CeilingPlasticity):
    """`neuro.plasticity.base.Plasticity` in which strength falls as ``p0 exp(-t / S)`` to a half in one half-life.

    The curve bears Ebbinghaus' name, though what he measured falls like a power of time (Ebbinghaus 1885; Rubin &
    Wenzel 1996). A recall lengthens the half-life as in the odds law, by what had been forgotten.
    """

    law: Literal["ebbinghaus"] = "ebbinghaus"
    ceiling: Annotated[float, Field(gt=0.5, lt=1.0)] = 0.99
    """p0, strength right after an access: that of the odds law after one exposure."""

    def _state(self, trace: Trace) -> tuple[float, ...]:
        return trace.half_life, trace.last_access, trace.encoded_half_life

    def _stability(self, state: State) -> Any:
        """S, the time in which strength falls to 1/e of what it was."""
        return state[0] / math.log(2.0 * self.ceiling)

    def _odds(self, now: float, state: State) -> Any:
        stability = self._stability(state)
        elapsed = np.minimum(now - state[1], _LONGEST * stability)
        strength = self.ceiling * exponential(elapsed, stability)
        return (1.0 - strength) / strength

    def _instant(self, below: float, state: State) -> Any:
        stability = self._stability(state)
        after = exponential_duration(below / self.ceiling, stability)
        return state[1] + np.where(after > _LONGEST * stability, np.inf, after)
