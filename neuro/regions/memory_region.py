"""What the four regions that keep engrams have in common: they answer cues and own what they keep.

Each differs in its store, its plasticity, what it claims, how things settle in it, and one verb of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from neuro.clock import Clock
from neuro.engram import Engram, MemoryType, Trace
from neuro.fading import Fading, ImportanceParams
from neuro.plasticity import OddsPlasticity, Plasticity
from neuro.profiles import TypeProfiles
from neuro.regions.base import Region, Snapshot
from neuro.stores.base import EngramStore, Placed
from neuro.stores.memory import MemoryEngrams

_FADING_BATCH = 500

Step = Callable[[Engram, Fading], Engram]
"""A pure step of an engram, by how engrams fade in the region that owns it."""


class MemoryRegion(Region):
    """A region that keeps engrams.

    Args:
        store: where they are kept; a region used alone keeps them in memory.
        plasticity: how their traces change; the odds law if none.
        importance: what keeps important ones from fading.
        profiles: which types are at home here.
        clock: asked for the time by verbs that are called without ``now``.
    """

    def __init__(
        self,
        store: EngramStore | None = None,
        *,
        plasticity: Plasticity | None = None,
        importance: ImportanceParams | None = None,
        profiles: TypeProfiles | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(clock=clock)
        self.store: EngramStore = MemoryEngrams(self.name) if store is None else store
        self.fading = Fading(
            OddsPlasticity() if plasticity is None else plasticity,
            ImportanceParams() if importance is None else importance,
        )
        self.profiles = TypeProfiles() if profiles is None else profiles
        self.memory_types: frozenset[MemoryType] = self.profiles.at(self.name)

    def claims(self, memory_type: MemoryType) -> bool:
        """Whether this is the home of a type of memory. Lesioned: claims nothing."""
        return self._intact and memory_type in self.memory_types

    def settle(self, engram: Engram) -> Engram:
        """The one-time change of an engram that moves in; pure."""
        return engram

    def place(self, engram: Engram) -> Placed:
        """The engram with its keys in the indexes of what nights have to look at."""
        fading = self.fading
        return Placed(
            engram, fading.forgotten_at(engram), fading.review_at(engram), fading.rehearse_at(engram)
        )

    async def reinstate(self, engram_ids: Sequence[str]) -> list[Engram | None]:
        """Engrams by id, in the order asked. Lesioned: none."""
        if not self._intact or not engram_ids:
            return [None] * len(engram_ids)
        return await self.store.get(engram_ids)

    async def find(self, digests: Sequence[str]) -> list[str | None]:
        """Ids of the engrams with these digests. Lesioned: none."""
        if not self._intact or not digests:
            return [None] * len(digests)
        return await self.store.find(digests)

    async def reconsolidate(self, engram_ids: Sequence[str], step: Step, op_id: str) -> list[Engram]:
        """Changes engrams where they are owned; returns them as they are then, those elsewhere left out.

        Lesioned: changes nothing.
        """
        return await self.amend(engram_ids, step, op_id) if self._intact and engram_ids else []

    async def amend(self, engram_ids: Sequence[str], step: Step, op_id: str) -> list[Engram]:
        """`reconsolidate`, lesioned or not."""
        return await self.store.amend(
            engram_ids, lambda engram: self.place(step(engram, self.fading)), op_id=op_id
        )

    async def fade(self, now: float) -> list[str]:
        """Marks what has fallen below the threshold as dormant; returns the ids. Costs what is due."""
        faded: list[str] = []
        if not self._intact:
            return faded
        while due := await self.store.due(now, limit=_FADING_BATCH):
            faded.extend(await self.store.demote(due, now))
            if len(due) < _FADING_BATCH:
                break
        return faded

    def inspect(self, now: float | None = None) -> Snapshot:
        return Snapshot(name=self.name, intact=self._intact)


def stretched(engram: Engram, factor: float) -> Trace:
    """The engram's trace with its half-life, and that at encoding, ``factor`` times as long."""
    trace = engram.trace
    return trace.model_copy(
        update={"half_life": trace.half_life * factor, "encoded_half_life": trace.encoded_half_life * factor}
    )
