"""The port of plasticity: how a trace changes. Frozen parameters, pure functions of a trace and an instant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from neuro.engram import MemoryType, Trace


class Plasticity(Protocol):
    """How traces are laid down, fade, and change with use. ``now`` is brain time in seconds, ``sleeps`` the
    brain's count of sleeps. Nothing is ever written for decay: strength is a function of the trace and now.
    """

    def imprint(
        self,
        now: float,
        *,
        memory_type: MemoryType,
        sleeps: float = 0.0,
        arousal: float = 0.0,
        surprise: float = 0.0,
    ) -> Trace:
        """The trace of something studied now; ``arousal`` in [0, 1], ``surprise`` a reward prediction error."""
        ...

    def strength(self, trace: Trace, now: float) -> float:
        """Probability of recall with a full cue, in [0, 1]."""
        ...

    def strengths(self, traces: Sequence[Trace], now: float) -> npt.NDArray[np.float64]:
        """`strength` of many traces at once, shape (n,)."""
        ...

    def activation(self, trace: Trace, now: float) -> float:
        """Log odds of recall, unbounded; what ranking uses."""
        ...

    def potentiate(self, trace: Trace, now: float, *, sleeps: float = 0.0) -> Trace:
        """Recalled with success and used."""
        ...

    def reexpose(self, trace: Trace, now: float, *, sleeps: float = 0.0) -> Trace:
        """Studied again: one more exposure."""
        ...

    def depress(self, trace: Trace, factor: float) -> Trace:
        """Half-life times ``factor`` in (0, 1], never below a hundredth of what it was at encoding."""
        ...

    def replay(self, trace: Trace, now: float, *, weight: float = 1.0) -> Trace:
        """Slept on for the first time since the last access; a trace that is not fresh comes back as it is."""
        ...

    def cortical_share(self, trace: Trace, sleeps: float, salience: float = 0.0) -> float:
        """Share of the trace that does not need the hippocampus any more, in [0, 1]."""
        ...

    def forgotten_at(self, trace: Trace) -> float:
        """Brain time at which strength falls below `neuro.units.DORMANT_BELOW`."""
        ...
