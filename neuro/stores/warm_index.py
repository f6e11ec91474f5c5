"""The in-process index over a region whose engrams are stored elsewhere.

It is filled page by page at the first question, and from then on its owner tells it what it wrote itself. It
holds at least what is visible: whoever searches it reads what he finds, and drops what is no longer there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from neuro.engram import Engram
from neuro.indexing.engram_index import EngramIndex


class WarmIndex:
    """An `EngramIndex` that fills itself.

    Args:
        read_after: reads the next engrams with an id above the one given, in order of id; empty at the end.
    """

    def __init__(self, read_after: Callable[[str | None], Awaitable[Sequence[Engram]]]) -> None:
        self._read_after = read_after
        self._index = EngramIndex()
        self._after: str | None = None
        self._filled = False
        self._filling: asyncio.Task[None] | None = None
        self._removed: set[str] = set()

    async def filled(self) -> EngramIndex:
        """The index with everything that is stored.

        Those who ask at the same time share one filling, which goes on when one of them is cancelled. A filling
        that failed is taken up by the next question where it stopped.
        """
        if not self._filled:
            if self._filling is None or self._filling.done():
                self._filling = asyncio.create_task(self._fill())
                self._filling.add_done_callback(_retrieve)
            await asyncio.shield(self._filling)
        return self._index

    async def _fill(self) -> None:
        while page := await self._read_after(self._after):
            for engram in page:
                if engram.engram_id not in self._removed:
                    self._index.add(engram)
            self._after = page[-1].engram_id
        self._filled = True
        self._removed.clear()

    def add(self, engrams: Iterable[Engram]) -> None:
        """Takes in what has become visible."""
        if self._filling is None:
            return  # the filling will read it
        for engram in engrams:
            self._removed.discard(engram.engram_id)
            self._index.add(engram)

    def remove(self, engram_id: str) -> None:
        """Drops what was deleted."""
        self._index.remove(engram_id)
        if self._filling is not None and not self._filled:
            self._removed.add(engram_id)  # a page that was read before may still bring it

    async def aclose(self) -> None:
        """Waits for a filling to end; its reads fail once the store is closed."""
        if self._filling is not None:
            await asyncio.wait([self._filling])


def _retrieve(filling: asyncio.Task[None]) -> None:
    """Takes the outcome of a filling that nobody waits for any more."""
    if not filling.cancelled():
        filling.exception()
