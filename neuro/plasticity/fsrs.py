"""FSRS as a plasticity, the scheduler of Anki; equations in `neuro.dynamics.fsrs`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, Field

from neuro.dynamics import fsrs
from neuro.engram import Trace
from neuro.errors import ConfigurationError
from neuro.plasticity.base import Grade
from neuro.plasticity.tracing import State, TracePlasticity
from neuro.records import Positive
from neuro.units import DAY

_LEAST_ODDS = 1e-6
"""FSRS is certain of what was just reviewed; odds for ranking have to be finite."""
# fmt: off
_LEAST = (
    0.001, 0.001, 0.001, 0.001, 1.0, 0.001, 0.001, 0.001, 0.0, 0.0, 0.001, 0.001, 0.001, 0.001, 0.0, 0.0, 1.0, 0.0, 0.0,
    0.0, 0.1,
)
_MOST = (
    100.0, 100.0, 100.0, 100.0, 10.0, 4.0, 4.0, 0.75, 4.5, 0.8, 3.5, 5.0, 0.25, 0.9, 4.0, 1.0, 6.0, 2.0, 2.0, 0.8, 0.8,
)
# fmt: on
"""Bounds of the weights that an optimiser may fit (py-fsrs 6.3)."""


def _fitted(weights: tuple[float, ...]) -> tuple[float, ...]:
    if len(weights) not in (len(fsrs.FSRS_4_5), len(fsrs.FSRS_5), len(fsrs.FSRS_6)):
        raise ConfigurationError(f"FsrsPlasticity.weights: must be 17, 19 or 21 numbers (got {len(weights)})")
    for place, (weight, least, most) in enumerate(zip(weights, _LEAST, _MOST, strict=False)):
        if not least <= weight <= most:
            raise ConfigurationError(
                f"FsrsPlasticity.weights.{place}: must be between {least} and {most} (got {weight})"
            )
    return weights


class FsrsPlasticity(TracePlasticity):
    """`neuro.plasticity.base.Plasticity` by FSRS-6 (Ye, Su & Cao 2022), FSRS-5 or FSRS-4.5, by their weights.

    Time is continuous here: a review later on the same day teaches as much as was forgotten since, where the
    scheduler counts whole days and has other equations for the same day (`neuro.dynamics.fsrs.review`).
    Learning again without a test counts as a review graded HARD.
    """

    law: Literal["fsrs"] = "fsrs"
    weights: Annotated[tuple[float, ...], Field(strict=False), AfterValidator(_fitted)] = fsrs.FSRS_6
    """17, 19 or 21 numbers; those of a person fitted by an optimiser, or the published ones."""
    stability_share: Positive = 1.0 / 9.0 - 0.01
    """Stability (the time until .9) over half-life. By default 1/9 - e0, as in the odds law, so that both laws agree on
    when a memory is at .9; after one half-life FSRS-6 still is at .69."""

    def _state(self, trace: Trace) -> tuple[float, ...]:
        difficulty = trace.difficulty
        if difficulty is None:
            difficulty = float(fsrs.initial_difficulty(float(Grade.GOOD), self.weights))
        return trace.half_life, trace.last_access, difficulty

    def _stability(self, state: State) -> Any:
        """In days."""
        return state[0] * self.stability_share / DAY

    def _retrievability(self, now: float, state: State) -> Any:
        elapsed = np.maximum(0.0, now - state[1]) / DAY
        return fsrs.retrievability(elapsed, self._stability(state), self.weights)

    def _odds(self, now: float, state: State) -> Any:
        return np.maximum(_LEAST_ODDS, 1.0 / self._retrievability(now, state) - 1.0)

    def _instant(self, below: float, state: State) -> Any:
        return state[1] + fsrs.interval(self._stability(state), below, self.weights) * DAY

    def _taught(self, now: float, grade: Grade | None, state: State) -> Mapping[str, Any]:
        half_life, last_access, difficulty = state
        rating = float(Grade.HARD if grade is None else grade)
        stability, probability = self._stability(state), self._retrievability(now, state)
        if grade is Grade.AGAIN:
            after = fsrs.forget_stability(stability, difficulty, probability, self.weights)
        else:
            after = fsrs.recall_stability(stability, difficulty, probability, rating, self.weights)
        ready = now - last_access >= self.refractory_period
        grown = self._grown(half_life, after * DAY / self.stability_share)
        harder = fsrs.next_difficulty(difficulty, rating, self.weights)
        return {
            "half_life": np.where(ready, grown, half_life),
            "difficulty": np.where(ready, harder, difficulty),
        }
