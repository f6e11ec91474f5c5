"""How an engram fades: by the plasticity of its region, and by what keeps it from fading.

Pins hold an engram where its last access left it; importance keeps it above a floor, and has it rehearsed in
sleep before it fades. Nothing here is written down but the instants at which a night has to look at it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from neuro.engram import ConsolidationState, Engram
from neuro.plasticity import OddsPlasticity, Plasticity
from neuro.records import Params
from neuro.units import DORMANT_BELOW

_FULL_SLEEP = 1.0 - 1e-9
_CONSOLIDATED = 0.5
_LONG_TERM = 0.9
"""Cortical shares from which a memory is called so."""


class ImportanceParams(Params):
    """What importance does against forgetting."""

    salience: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.9
    """Salience above which an engram is important: more than words alone bring about (`AmygdalaParams.salience_cap`),
    so that nothing becomes important by shouting."""
    floor: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.2
    """Retention that the most salient engrams keep at least; the floor rises to it in proportion from 0 at
    ``salience``. 0: importance keeps nothing (as in people)."""
    rehearsal: Annotated[float, Field(gt=0.0, lt=1.0)] | None = 0.9
    """Retention above which sleep keeps what is pinned or important by rehearsing it in time; None: it does not."""


@dataclass(frozen=True, slots=True)
class Fading:
    """How the engrams of one region fade; instants are brain time."""

    plasticity: Plasticity = field(default_factory=OddsPlasticity)
    importance: ImportanceParams = field(default_factory=ImportanceParams)

    def floor(self, engram: Engram) -> float:
        """Retention below which importance does not let an engram fall, in [0, 1]."""
        p = self.importance
        return p.floor * max(0.0, engram.salience - p.salience) / (1.0 - p.salience)

    def important(self, engram: Engram) -> bool:
        """Whether sleep is to rehearse it before it fades."""
        return engram.pinned or engram.salience > self.importance.salience

    def retention(self, engram: Engram, now: float) -> float:
        """Probability of recall with a full cue, in [0, 1]."""
        at = engram.trace.last_access if engram.pinned else now
        return max(self.floor(engram), self.plasticity.strength(engram.trace, at))

    def retentions(self, engrams: Sequence[Engram], now: float) -> npt.NDArray[np.float64]:
        """`retention` of many, shape (n,)."""
        strengths = self.plasticity.strengths([engram.trace for engram in engrams], now)
        for i, engram in enumerate(engrams):
            if engram.pinned:
                strengths[i] = self.plasticity.strength(engram.trace, engram.trace.last_access)
        return np.maximum(strengths, [self.floor(engram) for engram in engrams])

    def dormant(self, engram: Engram, now: float) -> bool:
        """Whether its retention is below the threshold of forgetting."""
        return self.retention(engram, now) < DORMANT_BELOW

    def forgotten_at(self, engram: Engram, below: float = DORMANT_BELOW) -> float:
        """When its retention falls below a threshold; ``inf`` for what is pinned or important enough."""
        if engram.pinned or self.floor(engram) >= below:
            return math.inf
        return self.plasticity.forgotten_at(engram.trace, below)

    def consolidation(self, engram: Engram, sleeps: float) -> ConsolidationState:
        """How far it is consolidated when the brain has slept ``sleeps`` times."""
        trace = engram.trace
        share = self.plasticity.cortical_share(trace, sleeps)
        if trace.fresh and sleeps - trace.sleeps < _FULL_SLEEP:
            again = share >= _CONSOLIDATED
            return ConsolidationState.RECONSOLIDATING if again else ConsolidationState.LABILE
        if share < _CONSOLIDATED:
            return ConsolidationState.CONSOLIDATING
        return ConsolidationState.CONSOLIDATED if share < _LONG_TERM else ConsolidationState.LONG_TERM

    def review_at(self, engram: Engram) -> float:
        """When it is due for review; ``inf`` if it is not scheduled."""
        if engram.target_retention is None:
            return math.inf
        return self.plasticity.forgotten_at(engram.trace, engram.target_retention)

    def rehearse_at(self, engram: Engram) -> float:
        """When sleep has to rehearse it; ``inf`` if it need not. What is scheduled for review is left to that."""
        target = self.importance.rehearsal
        if target is None or engram.target_retention is not None or not self.important(engram):
            return math.inf
        return self.plasticity.forgotten_at(engram.trace, target)
