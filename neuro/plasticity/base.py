"""The port of plasticity: how a trace changes. Frozen parameters, pure functions of a trace and an instant."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from neuro.arguments import shown
from neuro.engram import Trace
from neuro.errors import InvalidArgumentError
from neuro.units import DORMANT_BELOW


class Grade(IntEnum):
    """How a review went, as in Anki."""

    AGAIN = 1
    """Failed, then corrected."""
    HARD = 2
    """Recalled with effort."""
    GOOD = 3
    """Recalled."""
    EASY = 4
    """Recalled at once."""

    @classmethod
    def of(cls, value: object) -> Grade:
        """The grade, its number 1 to 4 or its name; anything else raises `InvalidArgumentError`."""
        if isinstance(value, str) and value.upper() in cls.__members__:
            return cls[value.upper()]
        if isinstance(value, int) and not isinstance(value, bool) and value in list(cls):
            return cls(value)
        known = ", ".join(f"{grade.name.lower()} ({grade.value})" for grade in cls)
        raise InvalidArgumentError(f"grade: must be one of {known} (got {shown(value)})")


class Plasticity(Protocol):
    """How traces are laid down, fade, and change with use. ``now`` is brain time in seconds, ``sleeps`` the
    brain's count of sleeps. Nothing is ever written for decay: strength is a function of the trace and now.
    """

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
        """The trace of something studied now.

        Args:
            half_life: of such material, seconds.
            salience: in [0, 1]; what is salient consolidates faster.
            arousal: in [0, 1]; what arouses lasts longer.
            surprise: a reward prediction error; what is better than expected lasts longer.
        """
        ...

    def strength(self, trace: Trace, now: float) -> float:
        """Probability of recall with a full cue, in [0, 1]."""
        ...

    def strengths(self, traces: Sequence[Trace], now: float) -> npt.NDArray[np.float64]:
        """`strength` of many traces at once, shape (n,)."""
        ...

    def activation(self, trace: Trace, now: float) -> float:
        """Log odds of recall, finite; what ranking uses."""
        ...

    def activations(self, traces: Sequence[Trace], now: float) -> npt.NDArray[np.float64]:
        """`activation` of many traces at once, shape (n,)."""
        ...

    def forgotten_at(self, trace: Trace, below: float = DORMANT_BELOW) -> float:
        """Brain time at which strength falls to ``below``, in (0, 1); the last access if it never was above."""
        ...

    def forgotten_at_many(
        self, traces: Sequence[Trace], below: float = DORMANT_BELOW
    ) -> npt.NDArray[np.float64]:
        """`forgotten_at` of many traces at once, shape (n,)."""
        ...

    def potentiate(self, trace: Trace, now: float, *, sleeps: float = 0.0) -> Trace:
        """Recalled with success and used."""
        ...

    def potentiate_many(self, traces: Sequence[Trace], now: float, *, sleeps: float = 0.0) -> list[Trace]:
        """`potentiate` of many traces at once."""
        ...

    def reexpose(self, trace: Trace, now: float, *, sleeps: float = 0.0) -> Trace:
        """Studied again: one more exposure."""
        ...

    def review(self, trace: Trace, now: float, grade: Grade, *, sleeps: float = 0.0) -> Trace:
        """Reviewed with a grade; GOOD is `potentiate`, AGAIN is a failure that was corrected."""
        ...

    def depress(self, trace: Trace, factor: float) -> Trace:
        """Half-life times ``factor`` in (0, 1], but not below a hundredth of what it was at encoding."""
        ...

    def replay(self, trace: Trace, now: float, *, weight: float = 1.0) -> Trace:
        """Slept on for the first time since the last access; a trace that is not fresh comes back as it is."""
        ...

    def cortical_share(self, trace: Trace, sleeps: float) -> float:
        """Share of the trace that does not need the hippocampus any more, in [0, 1]."""
        ...
