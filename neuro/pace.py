"""Long work on the event loop, in pieces: other tasks have their turn in between."""

from __future__ import annotations

import asyncio

_LONGEST = 20
"""Items that are worked on between two turns: some 10 ms."""


class Pace:
    """How much has been done since others had their turn.

    It counts and does not look at a clock, so that tasks take their turns in the same order every time.
    """

    def __init__(self) -> None:
        self._done = 0

    async def turn(self, weight: int = 1) -> None:
        """After an item: lets others go on if it is their turn; the item counts ``weight``."""
        self._done += weight
        if self._done >= _LONGEST:
            self._done = 0
            await asyncio.sleep(0)
