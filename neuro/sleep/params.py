"""Parameters of sleep."""

from __future__ import annotations

from neuro.records import Params, Positive
from neuro.units import DAY, HOUR, MINUTE


class SleepParams(Params):
    """How nights weigh and how the cycle backs off."""

    full_day: Positive = 16 * HOUR
    """Waking brain time, seconds, that makes a night count in full (Borbely 1982)."""
    rehearsal_horizon: Positive = DAY
    """What is to be rehearsed and would not last for so long, seconds of brain time, is rehearsed tonight."""
    longest_pause: Positive = 10 * MINUTE
    """The cycle never waits longer than this, or its interval if that is longer, after a store failed; seconds."""
