"""What all plasticities share: how a trace is laid down, what an access writes into it, how nights change it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from neuro.dynamics import odds
from neuro.engram import RECENT_ACCESSES, Trace
from neuro.plasticity.base import Grade
from neuro.records import Params, Positive, Unit
from neuro.units import DORMANT_BELOW, YEAR

_DEEPEST_DEPRESSION = 0.01

State = Sequence[Any]
"""What a law reads of a trace, one item each: floats of one trace, or arrays of shape (n,) of many."""


class TracePlasticity(Params, ABC):
    """A plasticity but for its law: that is what a subclass adds, once for floats and arrays alike.

    The law gives the odds against recall, when strength falls to a threshold, and what an access teaches.
    """

    initial_cortical_share: Unit = 0.001
    """k0, share of a new trace that the neocortex holds; by hand, after Kim & Fanselow 1992."""
    consolidation_rate: Unit = 0.03
    """rho, share of the rest that moves in one sleep; by hand, after the month that it takes in rats and monkeys
    (Kim & Fanselow 1992; Zola-Morgan & Squire 1990)."""
    salience_benefit: Annotated[float, Field(ge=0.0)] = 2.0
    """b_c: what is salient moves as in 1 + b_c salience sleeps; by hand, after Tse et al. 2007."""
    sleep_benefit: Annotated[float, Field(ge=0.0)] = 0.1
    """b_s, gain in half-life by the first sleep after an access; by hand, after Benson & Feinberg 1977."""
    arousal_benefit: Annotated[float, Field(ge=0.0)] = 1.1
    """b_e: half-life at encoding times exp(b_e arousal); by hand, after LaBar & Phelps 1998."""
    reward_benefit: Annotated[float, Field(ge=0.0)] = 0.7
    """b_r: half-life at encoding times exp(b_r max(0, reward prediction error)); by hand, after Adcock et al. 2006."""
    refractory_period: Annotated[float, Field(ge=0.0)] = 10.0
    """t_r, seconds in which a second access teaches nothing; by hand."""
    longest_half_life: Positive = 100 * YEAR
    """No half-life grows beyond this, seconds."""

    # The law

    @abstractmethod
    def _state(self, trace: Trace) -> tuple[float, ...]:
        """What the law reads of a trace."""

    @abstractmethod
    def _odds(self, now: float, state: State) -> Any:
        """Odds against recall, above 0 and finite."""

    @abstractmethod
    def _instant(self, below: float, state: State) -> Any:
        """When strength falls to ``below``."""

    @abstractmethod
    def _taught(self, now: float, grade: Grade | None, state: State) -> Mapping[str, Any]:
        """The fields of a trace that an access changes by this law; ``grade`` None is a study without a test."""

    def _grown(self, before: Any, after: Any) -> Any:
        """Half-life ``after`` learning, cut at the longest; what was longer ``before`` does not shrink."""
        return np.minimum(np.maximum(self.longest_half_life, before), after)

    def _states(self, traces: Sequence[Trace]) -> State:
        return list(np.array([self._state(trace) for trace in traces], dtype=np.float64).T)

    # Reading

    def strength(self, trace: Trace, now: float) -> float:
        return float(odds.retrievability(self._odds(now, self._state(trace))))

    def strengths(self, traces: Sequence[Trace], now: float) -> npt.NDArray[np.float64]:
        return odds.retrievability(self._odds(now, self._states(traces))) if traces else np.zeros(0)

    def activation(self, trace: Trace, now: float) -> float:
        return -math.log(self._odds(now, self._state(trace)))

    def activations(self, traces: Sequence[Trace], now: float) -> npt.NDArray[np.float64]:
        return odds.activation(self._odds(now, self._states(traces))) if traces else np.zeros(0)

    def forgotten_at(self, trace: Trace, below: float = DORMANT_BELOW) -> float:
        return max(trace.last_access, float(self._instant(below, self._state(trace))))

    def forgotten_at_many(
        self, traces: Sequence[Trace], below: float = DORMANT_BELOW
    ) -> npt.NDArray[np.float64]:
        if not traces:
            return np.zeros(0)
        accesses = np.fromiter((trace.last_access for trace in traces), dtype=np.float64, count=len(traces))
        return np.maximum(accesses, self._instant(below, self._states(traces)))

    # Learning

    def imprint(
        self,
        now: float,
        *,
        half_life: float,
        sleeps: float = 0.0,
        salience: float = 0.0,
        arousal: float = 0.0,
        surprise: float = 0.0,
    ) -> Trace:
        boost = float(odds.encoding_boost(arousal, surprise, self.arousal_benefit, self.reward_benefit))
        half_life = min(self.longest_half_life, half_life * boost)
        rate = odds.consolidation_rate(self.consolidation_rate, salience, self.salience_benefit)
        return Trace(
            half_life=half_life,
            encoded_half_life=half_life,
            last_access=now,
            first_access=now,
            cortical_share=self.initial_cortical_share,
            consolidation_rate=rate,
            sleeps=sleeps,
            recent=(now,),
        )

    def potentiate(self, trace: Trace, now: float, *, sleeps: float = 0.0) -> Trace:
        return self._learn(trace, now, Grade.GOOD, sleeps)

    def reexpose(self, trace: Trace, now: float, *, sleeps: float = 0.0) -> Trace:
        return self._learn(trace, now, None, sleeps)

    def review(self, trace: Trace, now: float, grade: Grade, *, sleeps: float = 0.0) -> Trace:
        return self._learn(trace, now, grade, sleeps)

    def potentiate_many(self, traces: Sequence[Trace], now: float, *, sleeps: float = 0.0) -> list[Trace]:
        if not traces:
            return []
        taught = self._taught(now, Grade.GOOD, self._states(traces))
        columns = [np.broadcast_to(column, len(traces)).tolist() for column in taught.values()]
        return [
            self._accessed(trace, now, Grade.GOOD, sleeps, dict(zip(taught, values, strict=True)))
            for trace, *values in zip(traces, *columns, strict=True)
        ]

    def _learn(self, trace: Trace, now: float, grade: Grade | None, sleeps: float) -> Trace:
        taught = self._taught(now, grade, self._state(trace))
        return self._accessed(
            trace, now, grade, sleeps, {name: float(value) for name, value in taught.items()}
        )

    def _accessed(
        self, trace: Trace, now: float, grade: Grade | None, sleeps: float, taught: Mapping[str, float]
    ) -> Trace:
        instant = max(now, trace.last_access)
        changes: dict[str, Any] = {
            "first_access": trace.last_access if trace.first_access is None else trace.first_access,
            "last_access": instant,
            "cortical_share": self.cortical_share(trace, sleeps),
            "sleeps": max(sleeps, trace.sleeps),
            "fresh": True,
            "hippocampal_intensity": None,
            "cortical_intensity": None,
        }
        if grade is None or grade is Grade.AGAIN:
            changes["exposures"] = trace.exposures + 1.0
        if trace.last_access < instant and instant - trace.last_access >= self.refractory_period:
            changes["presentations"] = trace.presentations + 1.0
            changes["recent"] = (*trace.recent, instant)[-RECENT_ACCESSES:]
        return trace.model_copy(update={**changes, **taught})

    def depress(self, trace: Trace, factor: float) -> Trace:
        lowest = min(trace.half_life, trace.encoded_half_life * _DEEPEST_DEPRESSION)
        return trace.model_copy(update={"half_life": max(lowest, trace.half_life * factor)})

    # Sleeping

    def replay(self, trace: Trace, now: float, *, weight: float = 1.0) -> Trace:
        if not trace.fresh:
            return trace
        elapsed, strength = max(0.0, now - trace.last_access), self.strength(trace, now)
        _, longer = odds.first_sleep(elapsed, trace.half_life, strength, self.sleep_benefit, weight)
        growth = float(self._grown(trace.half_life, longer)) / trace.half_life - 1.0

        def older(instant: float) -> float:
            # Ages grow with the half-life, so strength goes on from where it is.
            return instant - growth * max(0.0, now - instant)

        return trace.model_copy(
            update={
                "half_life": trace.half_life * (1.0 + growth),
                "last_access": older(trace.last_access),
                "first_access": None if trace.first_access is None else older(trace.first_access),
                "recent": tuple(older(instant) for instant in trace.recent),
                "fresh": False,
            }
        )

    def cortical_share(self, trace: Trace, sleeps: float) -> float:
        slept = max(0.0, sleeps - trace.sleeps)
        return odds.cortical_share(trace.cortical_share, slept, trace.consolidation_rate)
