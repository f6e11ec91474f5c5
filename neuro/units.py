"""Durations in seconds, and the two limits that several floors share."""

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
