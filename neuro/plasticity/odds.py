"""The default plasticity: odds against recall grow linearly in brain time.

One law for forgetting, spacing and practice; equations in `neuro.dynamics.odds`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from neuro.dynamics import odds
from neuro.engram import RECENT_ACCESSES, MemoryType, Trace
from neuro.records import Params, Positive, Unit
from neuro.units import DAY, DORMANT_BELOW, YEAR

_DEEPEST_DEPRESSION = 0.01


class HalfLives(Params):
    """Half-life at encoding of each type of memory, in days of brain time (human material)."""

    episodic: Positive = 10.0
    """A meaningful fact heard once (Carpenter et al. 2008)."""
    semantic: Positive = 50.0
    """Well-learned vocabulary (Bahrick 1979)."""
    procedural: Positive = 730.0
    """Skills last for years (Fleishman & Parker 1962)."""
    habitual: Positive = 365.0
    """Habits outlive what formed them (Dickinson 1985)."""

    def seconds(self, memory_type: MemoryType) -> float:
        """Half-life of a type in seconds."""
        return float(getattr(self, memory_type.value)) * DAY


class OddsPlasticity(Params):
    """`neuro.plasticity.base.Plasticity` by the odds law. Constants fitted jointly on Ebbinghaus 1885, Jenkins &
    Dallenbach 1924, Bahrick 1979, Carpenter et al. 2008 and Cepeda et al. 2008 unless another source is named.
    """

    half_lives: HalfLives = HalfLives()
    half_life_scale: Positive = 10.0
    """Factor on every half-life: 1 is human, 10 the agent that forgets ten times slower."""
    initial_odds: Positive = 0.01
    """e0, odds against recall right after one exposure."""
    exposure_exponent: Annotated[float, Field(ge=0.0)] = 0.5
    """q: exposures lower the initial odds by n^-q."""
    gain: Annotated[float, Field(ge=0.0)] = 15.0
    """a: potentiation by a successful recall, counted from the ceiling."""
    exposure_gain: Annotated[float, Field(ge=0.0)] = 1.0
    """a_s: potentiation by mere re-exposure."""
    refractory_period: Annotated[float, Field(ge=0.0)] = 10.0
    """t_r, seconds in which a second access teaches nothing."""
    initial_cortical_share: Unit = 0.001
    """k0, share of a new trace that the neocortex holds (Kim & Fanselow 1992)."""
    consolidation_rate: Unit = 0.03
    """rho, share of the rest that moves in one sleep (Kim & Fanselow 1992; Zola-Morgan & Squire 1990)."""
    sleep_benefit: Annotated[float, Field(ge=0.0)] = 0.1
    """b_s, gain in half-life by the first sleep after an access (Benson & Feinberg 1977)."""
    arousal_benefit: Annotated[float, Field(ge=0.0)] = 1.1
    """b_e: half-life at encoding times exp(b_e arousal) (LaBar & Phelps 1998)."""
    reward_benefit: Annotated[float, Field(ge=0.0)] = 0.7
    """b_r: half-life at encoding times exp(b_r max(0, reward prediction error)) (Adcock et al. 2006)."""
    longest_half_life: Positive = 100 * YEAR
    """No half-life grows beyond this, seconds."""

    def imprint(
        self,
        now: float,
        *,
        memory_type: MemoryType,
        sleeps: float = 0.0,
        arousal: float = 0.0,
        surprise: float = 0.0,
    ) -> Trace:
        boost = math.exp(self.arousal_benefit * arousal + self.reward_benefit * max(0.0, surprise))
        half_life = min(
            self.longest_half_life, self.half_lives.seconds(memory_type) * self.half_life_scale * boost
        )
        return Trace(
            half_life=half_life,
            encoded_half_life=half_life,
            last_access=now,
            cortical_share=self.initial_cortical_share,
            sleeps=sleeps,
            recent=(now,),
        )

    def _odds(self, trace: Trace, now: float) -> float:
        elapsed = max(0.0, now - trace.last_access)
        return self._initial(trace) + elapsed / trace.half_life

    def _initial(self, trace: Trace) -> float:
        return odds.initial_odds(trace.exposures, self.initial_odds, self.exposure_exponent)

    def strength(self, trace: Trace, now: float) -> float:
        return odds.retrievability(self._odds(trace, now))

    def strengths(self, traces: Sequence[Trace], now: float) -> npt.NDArray[np.float64]:
        table = np.array(
            [(t.last_access, t.half_life, t.exposures) for t in traces], dtype=np.float64
        ).reshape(-1, 3)
        initial = odds.initial_odds(table[:, 2], self.initial_odds, self.exposure_exponent)
        return odds.retrievability(odds.odds_against(now - table[:, 0], table[:, 1], initial))

    def activation(self, trace: Trace, now: float) -> float:
        return -math.log(self._odds(trace, now))

    def _learn(self, trace: Trace, now: float, sleeps: float, gain: float, exposures: float) -> Trace:
        elapsed = max(0.0, now - trace.last_access)
        half_life = odds.potentiation(
            trace.half_life,
            odds.retrievability(self._initial(trace)),
            self.strength(trace, now),
            odds.refractory(elapsed, self.refractory_period),
            gain,
        )
        return trace.model_copy(
            update={
                "half_life": min(self.longest_half_life, float(half_life)),
                "exposures": exposures,
                "last_access": max(now, trace.last_access),
                "cortical_share": self.cortical_share(trace, sleeps),
                "sleeps": max(sleeps, trace.sleeps),
                "fresh": True,
                "recent": (*trace.recent, now)[-RECENT_ACCESSES:],
            }
        )

    def potentiate(self, trace: Trace, now: float, *, sleeps: float = 0.0) -> Trace:
        return self._learn(trace, now, sleeps, self.gain, trace.exposures)

    def reexpose(self, trace: Trace, now: float, *, sleeps: float = 0.0) -> Trace:
        return self._learn(trace, now, sleeps, self.exposure_gain, trace.exposures + 1.0)

    def depress(self, trace: Trace, factor: float) -> Trace:
        lowest = trace.encoded_half_life * _DEEPEST_DEPRESSION
        return trace.model_copy(update={"half_life": max(lowest, trace.half_life * factor)})

    def replay(self, trace: Trace, now: float, *, weight: float = 1.0) -> Trace:
        if not trace.fresh:
            return trace
        elapsed, half_life = odds.first_sleep(
            max(0.0, now - trace.last_access),
            trace.half_life,
            self.strength(trace, now),
            self.sleep_benefit,
            weight,
        )
        if half_life > self.longest_half_life:  # elapsed shrinks with it: p itself does not move
            elapsed, half_life = elapsed * self.longest_half_life / half_life, self.longest_half_life
        return trace.model_copy(update={"half_life": half_life, "last_access": now - elapsed, "fresh": False})

    def cortical_share(self, trace: Trace, sleeps: float, salience: float = 0.0) -> float:
        rate = 1.0 - (1.0 - self.consolidation_rate) ** (1.0 + 2.0 * salience)
        return odds.cortical_share(trace.cortical_share, max(0.0, sleeps - trace.sleeps), rate)

    def forgotten_at(self, trace: Trace) -> float:
        return odds.forget_time(trace.last_access, trace.half_life, self._initial(trace), DORMANT_BELOW)
