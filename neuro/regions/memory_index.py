"""One index over all that the memory regions hold, whichever of them holds it.

Read from the regions' stores at the first recall, and kept up to date by what this brain and the others on the store
encode and forget; a move from one region to another changes nothing in it. It knows how to find, not what an engram
says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from neuro.engram import Engram
from neuro.errors import StoreUnavailableError
from neuro.indexing.fragment_index import FragmentIndex
from neuro.indexing.probe import Match, Reading
from neuro.regions.memory_region import MemoryRegion

_PAGE = 1000
_ON_LOOP_BELOW = 3000
"""Indexes of more engrams are searched in a thread."""
_AT_ONCE = 20
"""More engrams than this that were read from a store are added in a thread."""
_AT_ONCE_FRAGMENTS = 64
"""An engram of more fragments would hold the event loop for more than some 10 ms, and is read in a thread."""


class MemoryIndex:
    """Fills a `FragmentIndex` from regions and asks it.

    Args:
        regions: those whose engrams it finds.
    """

    def __init__(self, index: FragmentIndex, regions: Sequence[MemoryRegion]) -> None:
        self._index = index
        self._regions = regions
        self._begun = False
        self._filled: set[str] = set()
        self._working = asyncio.Lock()
        self._waiting: list[Callable[[], object]] = []
        self._readers = 0
        self._removed: set[str] = set()
        """What was removed while `reading`."""
        self._unread: dict[str, Engram] = {}

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, engram_id: object) -> bool:
        return engram_id in self._index

    @property
    def filled(self) -> bool:
        """Whether everything stored has been read; until then the rest is read at the next recall."""
        return len(self._filled) == len(self._regions)

    def wants(self, engram_id: str) -> bool:
        """Whether a new engram has to be added: it will not be read with what was stored before."""
        self._removed.discard(engram_id)
        return self._begun and engram_id not in self._index

    def distrust(self) -> None:
        """Something may have happened that this index has not heard of: what is stored is read anew."""
        self._filled.clear()

    def add(self, *engrams: Engram) -> None:
        """New engrams, many at once faster than one by one; long ones are found after `settle`."""
        self._removed.difference_update(engram.engram_id for engram in engrams)
        long = [engram for engram in engrams if len(engram.fragments) > _AT_ONCE_FRAGMENTS]
        self._unread.update({engram.engram_id: engram for engram in long})
        short = [engram for engram in engrams if engram.engram_id not in self._unread]
        self._apply(lambda: self._index.add_many(short))

    @contextmanager
    def reading(self) -> Generator[None]:
        """Around reading engrams from a store and taking them in: what is removed meanwhile does not come back."""
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1
            if not self._readers:
                self._removed.clear()

    async def take_in(self, engrams: Sequence[Engram]) -> None:
        """`add` of engrams that were read from a store, while `reading`."""
        if len(engrams) > _AT_ONCE:
            await self._work(lambda: self._index.add_many(self._left(engrams)))
        else:
            self.add(*self._left(engrams))
            await self.settle()

    def _left(self, engrams: Sequence[Engram]) -> list[Engram]:
        return [engram for engram in engrams if engram.engram_id not in self._removed]

    async def settle(self) -> None:
        """Reads the long engrams that are new."""
        if self._unread:
            await self._work(self._read_long)

    def _read_long(self) -> None:
        while self._unread:
            _, engram = self._unread.popitem()
            self._index.add(engram)

    def remove(self, engram_id: str) -> None:
        """An engram that is no more."""
        self._unread.pop(engram_id, None)
        if self._readers:
            self._removed.add(engram_id)  # or a page that has been read would bring it back
        self._apply(lambda: self._index.remove(engram_id))

    async def erase(self) -> None:
        """Drops the words of what was removed, so far as nothing else has them."""
        await self._work(lambda: list(self._index.erase()))

    def _apply(self, change: Callable[[], object]) -> None:
        """At once, unless a thread works on the index; then when it has done."""
        if self._working.locked():
            self._waiting.append(change)
        else:
            change()

    async def fill(self) -> tuple[str, ...]:
        """Reads what has not been read yet; returns the names of the regions that cannot be reached."""
        await self.settle()
        unreachable: list[str] = []
        self._begun = True
        with self.reading():
            for region in self._regions:
                if region.name in self._filled:
                    continue
                try:
                    await self._read(region)
                except StoreUnavailableError:
                    unreachable.append(region.name)
        return tuple(unreachable)

    async def _read(self, region: MemoryRegion) -> None:
        last: str | None = None
        while page := await region.store.scan(after=last, limit=_PAGE):
            last = page[-1].engram_id
            await self._work(lambda page=page: self._index.add_many(self._left(page)))
            if len(page) < _PAGE:
                break
        self._filled.add(region.name)

    async def _work(self, job: Callable[[], object]) -> object:
        async with self._working:
            work = asyncio.ensure_future(asyncio.to_thread(job))
            try:
                return await asyncio.shield(work)
            finally:
                await asyncio.wait([work])  # a thread cannot be cancelled
                waiting, self._waiting = self._waiting, []
                for change in waiting:
                    change()

    def read(self, cue: str, asked_at: float) -> Reading:
        """What the index makes of a cue; ``asked_at`` in epoch seconds."""
        return self._index.read(cue, asked_at)

    async def search(
        self, reading: Reading, features: npt.NDArray[np.float32] | None, limit: int
    ) -> list[Match]:
        """The best ``limit`` engrams, best first, ties by id."""
        if len(self._index) < _ON_LOOP_BELOW and not self._working.locked():
            return self._index.search(reading, features, limit)
        found: list[Match] = []
        await self._work(lambda: found.extend(self._index.search(reading, features, limit)))
        return found
