"""What finds engrams in the hippocampus, on the event loop: reading must be short, however long an engram is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import islice

from neuro.engram import Engram
from neuro.indexing.fragment_index import FragmentIndex
from neuro.pace import Pace

_AT_ONCE_FRAGMENTS = 64
"""Of an engram of more fragments only so many are read at first: more would hold the event loop over 10 ms."""

_BATCH = 25
"""Engrams that are added at a time while others have turns in between."""


class RecentIndex:
    """A `FragmentIndex` that reads very long engrams by their beginnings until all of them is asked for."""

    def __init__(self, index: FragmentIndex) -> None:
        self.beginnings = index
        """Finds long engrams by their beginnings only, or by all of them."""
        self._begun: dict[str, Engram] = {}
        self._waiting: dict[str, Engram] = {}

    def add_many(self, engrams: Iterable[Engram]) -> None:
        """New engrams; many at once are faster than one by one."""
        self.beginnings.add_many([self._beginning(engram) for engram in engrams])

    def add_later(self, engrams: Iterable[Engram]) -> None:
        """New engrams that are found after `settle`."""
        self._waiting.update({engram.engram_id: engram for engram in engrams})

    async def settle(self) -> None:
        """Adds what waits, with turns for others in between."""
        while self._waiting:
            self.add_many([self._waiting.pop(engram_id) for engram_id in [*islice(self._waiting, _BATCH)]])
            if self._waiting:
                await asyncio.sleep(0)

    def _beginning(self, engram: Engram) -> Engram:
        if len(engram.fragments) <= _AT_ONCE_FRAGMENTS:
            return engram
        self._begun[engram.engram_id] = engram
        rows = None if engram.features is None else engram.features[:_AT_ONCE_FRAGMENTS]
        return engram.changed(fragments=engram.fragments[:_AT_ONCE_FRAGMENTS], features=rows, tokens=None)

    def remove(self, engram_id: str) -> None:
        """An engram that is no more, or no longer here."""
        self._begun.pop(engram_id, None)
        self._waiting.pop(engram_id, None)
        self.beginnings.remove(engram_id)

    async def erase(self) -> None:
        """Drops the words of what was removed, so far as nothing else has them, with turns for others in between."""
        pace = Pace()
        for _ in self.beginnings.erase():
            await pace.turn()

    def whole(self) -> FragmentIndex:
        """Finds every engram by all of it; the first time, it reads what is left."""
        self.add_many(self._waiting.values())
        self._waiting.clear()
        for engram_id, engram in self._begun.items():
            self.beginnings.remove(engram_id)
            self.beginnings.add(engram)
        self._begun.clear()
        return self.beginnings
