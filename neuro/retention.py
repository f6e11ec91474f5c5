"""What a holder of an engram may ask without a brain.

Exact for a brain that never closed; pessimistic otherwise, because ``now`` is clock time taken as brain time
and a brain's time can only lag behind. `Brain.retention` and `Brain.hours_left` are exact.
"""

from __future__ import annotations

import math

from neuro.arguments import check_number
from neuro.clock import SystemClock
from neuro.engram import Engram
from neuro.plasticity import OddsPlasticity, Plasticity
from neuro.units import HOUR


def compute_retention(
    engram: Engram, *, now: float | None = None, plasticity: Plasticity | None = None
) -> float:
    """Probability of recalling an engram with a full cue, in [0, 1].

    Args:
        now: clock time, epoch seconds; the system clock if none.
        plasticity: the odds law if none.
    """
    law = OddsPlasticity() if plasticity is None else plasticity
    instant = SystemClock().now() if now is None else check_number(now, "now")
    return law.strength(engram.trace, engram.trace.last_access if engram.pinned else instant)


def time_until_forgotten(
    engram: Engram, *, now: float | None = None, plasticity: Plasticity | None = None
) -> float:
    """Hours until retention falls below .05 and the engram becomes dormant; 0 if it has, inf if it is pinned."""
    law = OddsPlasticity() if plasticity is None else plasticity
    instant = SystemClock().now() if now is None else check_number(now, "now")
    if engram.pinned:
        return math.inf
    return max(0.0, law.forgotten_at(engram.trace) - instant) / HOUR
