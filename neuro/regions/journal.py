"""How what was just experienced becomes durable: written in groups, and kept back while the store is away.

Engrams that are written together share one write. One whose write failed, of a store that may come back, waits here
with everything that happened to it meanwhile, and is written once, whether or not the failed write had landed. It
knows what waits; deliberately not what an engram says.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Container, Coroutine, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from neuro.errors import BufferFullError, StoreClosedError, StoreUnavailableError
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


@dataclass(slots=True, eq=False)
class _Group:
    """Engrams that were first written together; written again, the store does nothing if it has them already."""

    items: list[Placed]
    op_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    tried: bool = False
    refusal: Exception | None = None
    """Why the store would not have them, the last time they were written."""


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
    def owed(self) -> int:
        """Changes of engrams (counts, strength) that would be lost with this process."""
        return self._owed

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
            StoreError: the store refused some of these, or failed and should be there at all times; see `refused`.
        """
        if self._fresh or self._writing.locked():
            await _undisturbed(self._write_new())
        asked = [*engram_ids]
        for engram_id in asked:
            if engram_id in self._failed:
                raise self._failed[engram_id]
        return self._waiting.isdisjoint(asked)

    def refused(self, engram_ids: Iterable[str]) -> list[str]:
        """Those of some engrams that are neither stored nor wait; asked once."""
        return [engram_id for engram_id in engram_ids if self._failed.pop(engram_id, None) is not None]

    async def drain(self) -> None:
        """Writes the engrams that wait; of their changes see `next_debt`.

        Raises:
            StoreUnavailableError: some still wait. StoreClosedError: they always will.
        """
        await _undisturbed(self._write_all())

    # Only one of what follows is under way at a time.

    async def _write_new(self) -> None:
        async with self._writing:
            if self._fresh:  # else somebody who waited before has written these too
                await self._write_fresh()

    async def _write_all(self) -> None:
        async with self._writing:
            if self._fresh:
                await self._write_fresh()
            await self._write_groups()
            if self._groups:
                refusal = self._groups[0].refusal
                if isinstance(refusal, StoreClosedError):  # for good
                    raise refusal
                raise StoreUnavailableError(f"the store refuses what waits for it: {refusal}") from refusal

    async def _write_fresh(self) -> None:
        new = [_Group(self._fresh[start : start + _BATCH]) for start in range(0, len(self._fresh), _BATCH)]
        self._fresh = []
        self._groups += new
        try:
            if not self.away:
                await self._write_groups()
        except StoreUnavailableError as error:
            if not self.remote:
                for group in self._groups:
                    group.refusal = error
        for group in new:
            if group.refusal is not None:
                self._groups.remove(group)
                for placed in group.items:
                    self._waiting.discard(placed.engram.engram_id)
                    self._failed[placed.engram.engram_id] = group.refusal
        if not self._groups:  # nothing waits, so nothing is to be avoided
            self._failing, self._away_until = False, 0.0

    async def _write_groups(self) -> None:
        """In order; what the store refuses stays, and holds up nothing else."""
        try:
            for group in [*self._groups]:
                try:
                    with fenced(None):  # a night may be the one to ask, and no perceive depends on its lease
                        await self._write_group(group)
                except StoreUnavailableError:
                    raise
                except Exception as error:  # noqa: BLE001 - it is raised where somebody waits
                    group.refusal = error
                else:
                    self._groups.remove(group)
                    self._waiting.difference_update(placed.engram.engram_id for placed in group.items)
        except StoreUnavailableError:
            self._failing = True
            self._away_until = asyncio.get_running_loop().time() + _PAUSE
            raise
        self._failing, self._away_until = bool(self._groups), 0.0

    async def _write_group(self, group: _Group) -> None:
        inserts = [Insert(self._region, placed, self.writer) for placed in group.items]
        alone, group.tried = group.tried, True
        if alone:
            await self._store.write(inserts, op_id=group.op_id)
            return
        async with self._accompany({placed.engram.engram_id for placed in group.items}) as also:
            await self._store.write([*inserts, *also], op_id=group.op_id)

    def check_changes(self, count: int) -> None:
        """Raises BufferFullError when ``count`` more changes may not wait."""
        if self._owed + count > self._capacity:
            raise BufferFullError(f"the store is away and {self._owed} changes wait for it already")

    def owe(self, debt: Debt) -> None:
        """Keeps a change until it can be written; ask `check_changes` before."""
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


async def _undisturbed(act: Coroutine[Any, Any, None]) -> None:
    """Sees an act through though whoever waits for it may give up: others wait for the same write."""
    task = asyncio.ensure_future(act)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen, though nobody may ask
    await asyncio.shield(task)
