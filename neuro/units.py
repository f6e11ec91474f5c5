"""Durations in seconds and in words, and the two limits that several floors share."""

from __future__ import annotations

from typing import Final

MINUTE: Final = 60.0
HOUR: Final = 3_600.0
DAY: Final = 86_400.0
YEAR: Final = 365.25 * DAY

DORMANT_BELOW: Final = 0.05
"""Probability of recall below which an engram is dormant (cognition: the threshold p* of forgetting)."""

MAX_CONTENT_BYTES: Final = 1 << 20
"""Largest content or cue, in bytes of UTF-8; ``BrainConfig.max_content_bytes`` may change it."""


def show_span(hours: float) -> str:
    """A span of time in the unit that fits it.

    >>> show_span(0.5), show_span(30.0), show_span(24.0 * 1000), show_span(float("inf"))
    ('30 min', '30 h', '2.7 years', 'never')
    """
    if hours == float("inf"):
        return "never"
    for most, size, unit in ((1.0, 1 / 60, "min"), (48.0, 1.0, "h"), (24.0 * 700, 24.0, "days")):
        if hours < most:
            return f"{hours / size:.0f} {unit}"
    years = hours / (24.0 * 365.25)
    return f"{years:.1f} years" if years < 10.0 else f"{years:,.0f} years"
