"""How what was just experienced becomes durable: written in groups, and kept back while the store is away.

Engrams that are written together share one write. One whose write failed, of a store that may come back, waits here
with everything that happened to it meanwhile, and is written once, whether or not the failed write had landed. It
knows what waits; deliberately not what an engram says.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import NamedTuple

from neuro.errors import BufferFullError, StoreUnavailableError
from neuro.regions.memory_region import Step
from neuro.stores.base import Insert, Placed, Store, Write
from neuro.stores.fencing import fenced

_PAUSE = 1.0
"""Real seconds between two attempts to reach a store that is away."""
_BATCH = 500
"""Engrams in one write."""

Accompany = Callable[[Container[str]], AbstractAsyncContextManager[Sequence[Write]]]
"""Gives what is to be written along with new engrams of these ids; told by an exception that it was not."""


class Debt(NamedTuple):
    """A change of an engram that was acknowledged and is not written yet."""

    engram_id: str
    step: Step
    op_id: str


@dataclass(slots=True)
class _Group:
    """Engrams that were first written together; written again, the store does nothing if it has them already."""

    items: list[Placed]
    op_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    tried: bool = False


class Journal:
    """Writes the new engrams of one writer to their region in a store.

    Args:
        region: name of the region.
        writer: whose engrams they are; names one open brain.
        capacity: most engrams, and most changes, that wait while a store that may come back is away.
        accompany: see `Accompany`.
    """

    def __init__(
        self, store: Store, region: str, writer: str, *, capacity: int, accompany: Accompany
    ) -> None:
        self.writer = writer
        self.remote = store.remote
        self._store = store
        self._region = region
        self._capacity = capacity
        self._accompany = accompany
        self._waiting: set[str] = set()
        self._fresh: list[Placed] = []
        self._groups: list[_Group] = []
        self._debts: dict[str, list[Debt]] = {}
        self._owed = 0
        self._writing = asyncio.Lock()
        self.paying = asyncio.Lock()
        """Held by whoever writes changes that wait."""
        self._failed: dict[str, Exception] = {}
        self._away_until = 0.0
        self._failing = False

    def __contains__(self, engram_id: object) -> bool:
        """Whether an engram is not known to be stored."""
        return engram_id in self._waiting

    def owes(self, engram_id: str) -> bool:
        """Whether an engram, or a change of it, waits for the store."""
        return engram_id in self._waiting or engram_id in self._debts

    @property
    def unwritten(self) -> int:
        """Engrams that would be lost with this process."""
        return len(self._waiting)

    @property
    def behind(self) -> bool:
        """Whether anything waits that was acknowledged already."""
        return self._failing or bool(self._debts)

    @property
    def away(self) -> bool:
        """Whether the store was out of reach a moment ago."""
        return asyncio.get_running_loop().time() < self._away_until

    def check_room(self, count: int) -> None:
        """Raises BufferFullError when ``count`` more engrams may not wait and the store is away."""
        if self.behind and len(self._waiting) + count > self._capacity:
            raise BufferFullError(
                f"the store is away and {len(self._waiting)} engrams wait for it already, of {self._capacity} that may "
                "(BrainConfig.buffer): perceive again when it is back"
            )

    def add(self, placed: Placed) -> None:
        """A new engram; the next `write` writes it, whoever asks for that."""
        self._fresh.append(placed)
        self._waiting.add(placed.engram.engram_id)

    async def write(self, engram_ids: Iterable[str] = ()) -> bool:
        """Writes all that is new; whether these are stored. If not, the store is away, and they wait.

        Raises:
            StoreUnavailableError: a store that should be there at all times failed; none of them waits.
        """
        async with self._writing:
            if self._fresh:  # else somebody who waited before has written these too
                await self._write_fresh()
        asked = [*engram_ids]
        for error in [self._failed.pop(engram_id) for engram_id in asked if engram_id in self._failed]:
            raise error
        return self._waiting.isdisjoint(asked)

    async def _write_fresh(self) -> None:
        group = _Group(self._fresh)
        self._fresh = []
        self._groups.append(group)
        try:
            if not self.away:
                await self._write_groups()
        except Exception as error:  # noqa: BLE001 - it is raised where `write` waits
            if self.remote and isinstance(error, StoreUnavailableError):
                return
            self._groups.remove(group)
            self._failing, self._away_until = False, 0.0  # nothing waits, so nothing is to be avoided
            for placed in group.items:
                self._waiting.discard(placed.engram.engram_id)
                self._failed[placed.engram.engram_id] = error

    async def drain(self) -> None:
        """Writes the engrams that wait; of their changes see `next_debt`.

        Raises:
            StoreUnavailableError: it still waits.
        """
        async with self._writing:
            if self._fresh:
                await self._write_fresh()
            await self._write_groups()

    async def _write_groups(self) -> None:
        try:
            while self._groups:
                with fenced(None):  # a night may be the one to ask, and no perceive depends on its lease
                    await self._write_group(self._groups[0])
                group = self._groups.pop(0)
                self._waiting.difference_update(placed.engram.engram_id for placed in group.items)
        except StoreUnavailableError:
            self._failing = True
            self._away_until = asyncio.get_running_loop().time() + _PAUSE
            raise
        self._failing, self._away_until = False, 0.0

    async def _write_group(self, group: _Group) -> None:
        inserts = [Insert(self._region, placed, self.writer) for placed in group.items]
        batches = [inserts[start : start + _BATCH] for start in range(0, len(inserts), _BATCH)]
        alone, group.tried = group.tried, True
        for number, batch in enumerate(batches):
            op_id = f"{group.op_id}:{number}"
            if alone or number < len(batches) - 1:
                await self._store.write(batch, op_id=op_id)
            else:
                async with self._accompany({placed.engram.engram_id for placed in group.items}) as also:
                    await self._store.write([*batch, *also], op_id=op_id)

    def owe(self, debt: Debt) -> None:
        """Keeps a change until it can be written.

        Raises:
            BufferFullError: too many wait already.
        """
        if self._owed >= self._capacity:
            raise BufferFullError(f"the store is away and {self._owed} changes wait for it already")
        self._debts.setdefault(debt.engram_id, []).append(debt)
        self._owed += 1

    def next_debt(self) -> Debt | None:
        """The change that waits to be written next; it waits until it is `paid`."""
        return next((debts[0] for debts in self._debts.values()), None)

    def paid(self, debt: Debt) -> None:
        """A change has been written, or what it was to change is gone."""
        debts = self._debts.get(debt.engram_id, [])
        if debt in debts:
            debts.remove(debt)
            self._owed -= 1
            if not debts:
                del self._debts[debt.engram_id]

    def drop(self, engram_id: str) -> None:
        """Nothing of an engram waits any more: it has been forgotten."""
        self._owed -= len(self._debts.pop(engram_id, ()))
