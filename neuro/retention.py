"""What a holder of an engram may ask without a brain.

Exact for a brain with the default configuration that never closed; pessimistic otherwise, because ``now`` is
clock time taken as brain time and a brain's time can only lag behind. `Brain.retention` and `Brain.hours_left`
are exact.
"""

from __future__ import annotations

from neuro.arguments import check_number
from neuro.clock import SystemClock
from neuro.engram import Engram, check_engram
from neuro.fading import Fading
from neuro.plasticity import Plasticity
from neuro.units import HOUR


def compute_retention(
    engram: Engram, *, now: float | None = None, plasticity: Plasticity | None = None
) -> float:
    """Probability of recalling an engram with a full cue, in [0, 1].

    Args:
        now: clock time, epoch seconds; the system clock if none.
        plasticity: the odds law if none.
    """
    return _fading(plasticity).retention(check_engram(engram), _instant(now))


def time_until_forgotten(
    engram: Engram, *, now: float | None = None, plasticity: Plasticity | None = None
) -> float:
    """Hours until retention falls below .05 and the engram becomes dormant; 0 if it has, inf if it is pinned or
    so important that it never does."""
    return max(0.0, _fading(plasticity).forgotten_at(check_engram(engram)) - _instant(now)) / HOUR


def _fading(plasticity: Plasticity | None) -> Fading:
    return Fading() if plasticity is None else Fading(plasticity)


def _instant(now: float | None) -> float:
    return SystemClock().now() if now is None else check_number(now, "now")
