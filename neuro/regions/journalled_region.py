"""A memory region that works in memory and writes through a journal to a store that several brains share.

It remembers what this brain laid down, knows what of it waits for the store, and reads what is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from neuro.clock import Clock
from neuro.engram import Engram
from neuro.errors import StoreUnavailableError
from neuro.fading import ImportanceParams
from neuro.plasticity import Plasticity
from neuro.profiles import TypeProfiles
from neuro.regions.journal import Debt, Journal
from neuro.regions.memory_region import MemoryRegion, Step
from neuro.stores.base import EngramStore
from neuro.stores.memory import MemoryEngrams


class JournalledRegion(MemoryRegion):
    """A region of which a part is held in memory.

    Args:
        store: where everything is, that of other brains too; a region used alone has only what it holds.
        journal: writes what is new; without one, nothing held is written.
    """

    def __init__(
        self,
        store: EngramStore | None = None,
        journal: Journal | None = None,
        *,
        plasticity: Plasticity | None = None,
        importance: ImportanceParams | None = None,
        profiles: TypeProfiles | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.recent = MemoryEngrams(self.name)
        """What this brain encoded or adopted, until a night moves it on."""
        self.journal = journal
        super().__init__(
            self.recent if store is None else store,
            plasticity=plasticity,
            importance=importance,
            profiles=profiles,
            clock=clock,
        )

    async def reinstate(self, engram_ids: Sequence[str]) -> list[Engram | None]:
        """Engrams by id, in the order asked, of this brain and of all others on the store. Lesioned: none.

        Raises:
            StoreUnavailableError: see `remembered` for what can be had all the same.
        """
        if not self._intact or not engram_ids:
            return [None] * len(engram_ids)
        owed = {engram_id for engram_id in engram_ids if self._owes(engram_id)}
        found: list[Engram | None] = []
        for engram_id, stored in zip(engram_ids, await self.store.get(engram_ids), strict=True):
            # What has been written meanwhile may have been read too early.
            if self._owes(engram_id) or (stored is None and engram_id in owed):
                found.append(self.recent.look_up(engram_id))
                continue
            found.append(stored)
            if stored is not None:
                self.refresh([stored])
            elif self.journal is not None:
                self.departed([engram_id])
        return found

    def remembered(self, engram_ids: Sequence[str]) -> list[Engram | None]:
        """`reinstate` without the store: what this brain has encoded. Lesioned: none."""
        return [self.recent.look_up(engram_id) if self._intact else None for engram_id in engram_ids]

    async def confirm(self, engrams: Sequence[Engram]) -> bool:
        """Whether engrams, as `remembered`, are here in the store and as they are stored; if not, they will be.

        What another brain encodes, moves or forgets is in the news. What it changes is not: a recall reads what it
        returns, and ranks the rest as this brain remembers it.
        """
        own = [engram for engram in engrams if engram.engram_id in self.recent]
        stored = await self.reinstate([engram.engram_id for engram in own])
        return all(
            now is not None and now.revision == engram.revision
            for engram, now in zip(own, stored, strict=True)
        )

    def owed(self, engram_ids: Iterable[str]) -> list[Engram]:
        """Those engrams of which something waits for the store, as this brain shows them."""
        return [e for i in engram_ids if self._owes(i) and (e := self.recent.look_up(i)) is not None]

    def _owes(self, engram_id: str) -> bool:
        return self.journal is not None and self.journal.owes(engram_id)

    async def reconsolidate(
        self, engram_ids: Sequence[str], step: Step, op_id: str, *, patient: bool = False
    ) -> list[Engram]:
        """Changes engrams that are here; returns them as they are then, those elsewhere left out.

        Args:
            patient: while a store that may come back is away, changes what this brain holds, and owes it the store.
        """
        if not self._intact or not engram_ids:
            return []
        if self.journal is None:
            return await super().reconsolidate(engram_ids, step, op_id)
        if any(engram_id in self.journal for engram_id in engram_ids):
            await (self.journal.write() if patient else self.journal.drain())
        behind = patient and self.journal.behind  # changes of an engram are written in their order
        waiting = [i for i in engram_ids if i in self.journal or (behind and i in self.recent)]
        changed = self._owe(waiting, step, op_id)
        stored = [engram_id for engram_id in engram_ids if engram_id not in waiting]
        try:
            amended = await super().reconsolidate(stored, step, op_id)
        except StoreUnavailableError:
            if not (patient and self.journal.remote):
                raise
            changed += self._owe([i for i in stored if i in self.recent], step, op_id)
            if len(changed) < len(engram_ids):
                raise  # others may be here too
            return changed
        self.refresh(amended)
        return [*changed, *amended]

    def _owe(self, engram_ids: Iterable[str], step: Step, op_id: str) -> list[Engram]:
        """Changes what is held here, and remembers to change it in the store; all of them or, with BufferFullError,
        none."""
        assert self.journal is not None
        asked = [*engram_ids]
        self.journal.check_changes(len(asked))
        changed: list[Engram] = []
        for engram_id in asked:
            self.journal.owe(Debt(engram_id, step, op_id))
            engram = self.recent.change(engram_id, lambda e: self.place(step(e, self.fading)), op_id)
            assert engram is not None
            changed.append(engram)
        return changed

    def refresh(self, engrams: Iterable[Engram]) -> None:
        """Takes over how engrams are stored, where that is newer."""
        for engram in engrams:
            held = self.recent.look_up(engram.engram_id)
            if held is not None and held.revision < engram.revision:
                self.recent.refresh(self.place(engram))

    def departed(self, engram_ids: Iterable[str]) -> None:
        """A night has moved these, of whichever brain: lets go of them."""
        for engram_id in engram_ids:
            self.recent.drop(engram_id)
