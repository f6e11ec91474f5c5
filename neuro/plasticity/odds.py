"""The default plasticity: odds against recall grow linearly in brain time.

One law for forgetting, spacing and practice; equations in `neuro.dynamics.odds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from neuro.dynamics import odds
from neuro.engram import Trace
from neuro.plasticity.base import Grade
from neuro.plasticity.tracing import State, TracePlasticity
from neuro.records import Positive, Unit


class CeilingPlasticity(TracePlasticity):
    """Plasticity in which a recall multiplies the half-life by what had been forgotten since the last access.

    The state of its law begins with half-life, last access and half-life at encoding.
    """

    gain: Annotated[float, Field(ge=0.0)] = 15.0
    """a: potentiation by a successful recall, counted from the ceiling (Cepeda et al. 2008; Bahrick 1979)."""
    hard_share: Unit = 0.6
    """Share of the gain that a review graded HARD brings (w15 of FSRS-6)."""
    easy_share: Annotated[float, Field(ge=1.0)] = 1.87
    """Share of the gain that a review graded EASY brings (w16 of FSRS-6)."""
    exposure_gain: Annotated[float, Field(ge=0.0)] = 1.0
    """a_s: potentiation by mere re-exposure (Roediger & Karpicke 2006)."""
    lapse_share: Unit = 0.5
    """phi: share of its half-life that a failed and corrected memory keeps at least (FSRS-6 forgets more)."""

    def _gain(self, grade: Grade | None) -> float:
        if grade is None:
            return self.exposure_gain
        return self.gain * {Grade.HARD: self.hard_share, Grade.EASY: self.easy_share}.get(grade, 1.0)

    def _taught(self, now: float, grade: Grade | None, state: State) -> Mapping[str, Any]:
        half_life, last_access, encoded = state[:3]
        if grade is Grade.AGAIN:
            grown = odds.corrected(half_life, encoded, self.exposure_gain, self.lapse_share)
        else:
            ceiling = odds.retrievability(self._odds(last_access, state))
            probability = odds.retrievability(self._odds(now, state))
            readiness = odds.refractory(np.maximum(0.0, now - last_access), self.refractory_period)
            grown = odds.potentiation(half_life, ceiling, probability, readiness, self._gain(grade))
        return {"half_life": self._grown(half_life, grown)}


class OddsPlasticity(CeilingPlasticity):
    """`neuro.plasticity.base.Plasticity` by the odds law: after half-life H the odds are even but for ``e0 n^-q``.

    ``A = e0 n^-q + t / H``, ``p = 1 / (1 + A)``. Constants without a source of their own were chosen once for all
    of Ebbinghaus 1885, Jenkins & Dallenbach 1924, Bahrick 1979, Carpenter et al. 2008 and Cepeda et al. 2008; that
    they fit these is no prediction. Recalls, however many, lengthen a half-life by at most ``gain`` times the time
    that passes; reviews graded EASY, by at most ``easy_share`` as much.
    """

    law: Literal["odds"] = "odds"
    initial_odds: Positive = 0.01
    """e0, odds against recall right after one exposure."""
    exposure_exponent: Annotated[float, Field(ge=0.0)] = 0.5
    """q: exposures lower the initial odds by n^-q."""

    def _state(self, trace: Trace) -> tuple[float, ...]:
        return trace.half_life, trace.last_access, trace.encoded_half_life, trace.exposures

    def _initial(self, state: State) -> Any:
        return odds.initial_odds(state[3], self.initial_odds, self.exposure_exponent)

    def _odds(self, now: float, state: State) -> Any:
        half_life, last_access = state[:2]
        return odds.odds_against(now - last_access, half_life, self._initial(state))

    def _instant(self, below: float, state: State) -> Any:
        half_life, last_access = state[:2]
        return odds.forget_time(last_access, half_life, self._initial(state), below)
