"""The Memory Chain as a plasticity: memory flows from a fast store into a slow one.

Equations in `neuro.dynamics.memory_chain`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from neuro.dynamics import memory_chain, odds
from neuro.engram import Trace
from neuro.plasticity.base import Grade
from neuro.plasticity.tracing import State, TracePlasticity
from neuro.records import Positive

_LEAST, _MOST = 1e-300, 700.0
"""Intensities beyond these are as good as none and as certain."""


class MemoryChainPlasticity(TracePlasticity):
    """`neuro.plasticity.base.Plasticity` by the Memory Chain (Murre & Chessa 2011), at a pace at which what was
    learned once is at a half after one half-life. Learning again fills the fast store up to what one learning
    leaves there, so that only what was lost is gained, and the slow store gathers what flows into it.

    ``transfer`` and ``slow_decline`` were fitted on what people kept of facts over 42 days (Carpenter et al. 2008),
    at a half-life of ten days: R^2 = .94 over the six delays of the fit itself.
    """

    law: Literal["memory_chain"] = "memory_chain"
    learned: Annotated[float, Field(gt=math.log(2.0))] = 4.6
    """mu1, intensity in the fast store right after learning; e^-mu1 is the doubt that is left, as in the odds law."""
    transfer: Annotated[float, Field(gt=0.0, le=1.0)] = 0.145
    """mu2, rate at which the fast store induces the slow one, where the fast one declines at 1; with more than that,
    memory would grow by itself."""
    slow_decline: Positive = 0.031
    """a2, decline of the slow store where the fast one declines at 1."""

    @cached_property
    def _pace(self) -> float:
        """Units of the chain's time in one half-life."""
        return float(memory_chain.forget_after(self.learned, 0.0, 0.5, self.transfer, 1.0, self.slow_decline))

    def _state(self, trace: Trace) -> tuple[float, ...]:
        fast, slow = trace.hippocampal_intensity, trace.cortical_intensity
        if fast is None or slow is None:
            fast, slow = self.learned, 0.0
        return trace.half_life, trace.last_access, fast, slow

    def _intensities(self, now: float, state: State) -> tuple[Any, Any]:
        half_life, last_access, fast, slow = state
        elapsed = np.maximum(0.0, now - last_access) / half_life * self._pace
        return memory_chain.evolved(fast, slow, elapsed, self.transfer, 1.0, self.slow_decline)

    def _odds(self, now: float, state: State) -> Any:
        fast, slow = self._intensities(now, state)
        return 1.0 / np.expm1(np.clip(fast + slow, _LEAST, _MOST))

    def _instant(self, below: float, state: State) -> Any:
        half_life, last_access, fast, slow = state
        after = memory_chain.forget_after(fast, slow, below, self.transfer, 1.0, self.slow_decline)
        return last_access + after / self._pace * half_life

    def _taught(self, now: float, grade: Grade | None, state: State) -> Mapping[str, Any]:
        fast, slow = self._intensities(now, state)
        ready = odds.refractory(np.maximum(0.0, now - state[1]), self.refractory_period)
        filled = fast + ready * np.maximum(0.0, self.learned - fast)
        return {"hippocampal_intensity": filled, "cortical_intensity": slow}
