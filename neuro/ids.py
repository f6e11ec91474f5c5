"""Engram ids: 32 hexadecimal digits that sort by time of encoding.

48 bits of milliseconds, then 80 random bits from the operating system (never from the brain's own
generator: two brains with the same seed would collide). Ids made in the same millisecond count on from
each other, so one source never goes backwards.
"""

from __future__ import annotations

import os
import threading

_TIME_BITS = 48
_RANDOM_BITS = 80
_DIGITS = (_TIME_BITS + _RANDOM_BITS) // 4
_HEXADECIMAL = frozenset("0123456789abcdef")


def is_engram_id(name: str) -> bool:
    """Whether a name has the form of an engram's id; other nodes of the connectome have names of other forms.

    >>> is_engram_id("0" * 32), is_engram_id("concept-animals")
    (True, False)
    """
    return len(name) == _DIGITS and all(digit in _HEXADECIMAL for digit in name)


class EngramIds:
    """A source of ids; call it with the instant of encoding (epoch seconds)."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def __call__(self, now: float) -> str:
        milliseconds = min(max(int(now * 1000), 0), (1 << _TIME_BITS) - 1)
        candidate = (milliseconds << _RANDOM_BITS) | int.from_bytes(os.urandom(_RANDOM_BITS // 8))
        with self._lock:
            if candidate <= self._last and milliseconds == self._last >> _RANDOM_BITS:
                candidate = self._last + 1
            self._last = max(candidate, self._last)
        return f"{candidate:032x}"
