"""What can be seen of a brain without changing it, and its regions taken out of action and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from neuro.engram import Engram, check_engram
from neuro.errors import StoreUnavailableError
from neuro.pathways.life import Life
from neuro.pathways.waking import Body, BrainSnapshot
from neuro.regions.base import Region
from neuro.regions.prefrontal_cortex import WorkingMemory
from neuro.stores import Health, Store
from neuro.units import HOUR


@dataclass(frozen=True, slots=True)
class BrainHealth:
    """How well a brain keeps what it perceives."""

    store: str
    """Where, the password masked."""
    durability: str
    """What an acknowledged write has survived: a plain sentence."""
    concerns: tuple[str, ...]
    """What weakens that or will not work, each with what to do; none if all is well."""
    quarantined: tuple[str, ...]
    """Records that cannot be read, with the reason."""
    waiting: int
    """Engrams that wait in this process for a store that is away."""
    waiting_changes: int
    """Changes of engrams (counts, strength) that do."""
    buffer: int
    """Most that may, of either."""
    details: Mapping[str, str | int | float | bool]
    """Facts about the store by name."""
    capabilities: Mapping[str, str | bool]
    """What its server is and can do, by name, as far as that is known; none of it is required."""

    def to_dict(self) -> dict[str, Any]:
        """JSON of it."""
        return {**asdict(self), "details": dict(self.details), "capabilities": dict(self.capabilities)}


class Looking:
    """The side of a brain that is looked at."""

    def __init__(self, body: Body, life: Life) -> None:
        self._body = body
        self._life = life
        self.sensory_cortex = body.sensory_cortex
        self.thalamus = body.thalamus
        self.amygdala = body.amygdala
        self.prefrontal_cortex = body.prefrontal_cortex
        self.hippocampus = body.hippocampus
        self.neocortex = body.neocortex
        self.cerebellum = body.cerebellum
        self.basal_ganglia = body.basal_ganglia
        self.connectome = body.connectome
        self.time = body.time

    @property
    def working_memory(self) -> WorkingMemory:
        """A live, read-only view of what is on the mind."""
        return self.prefrontal_cortex.working_memory

    @property
    def store(self) -> Store:
        """Where it is kept. Frontends keep bookkeeping documents of their own there."""
        return self._body.store

    @property
    def regions(self) -> Mapping[str, Region]:
        """The eight regions by name."""
        return {region.name: region for region in self._body.regions}

    def lesion(self, region: str) -> None:
        """Takes a region out of action; UnknownRegionError if there is none of this name."""
        self._life.check_not_closed()
        self._body.region(region).lesion()

    def restore(self, region: str) -> None:
        """Brings a lesioned region back as it was."""
        self._life.check_not_closed()
        self._body.region(region).restore()

    def inspect(self) -> BrainSnapshot:
        """A frozen snapshot of all regions, without IO."""
        self._life.check_not_closed()
        return self._body.inspect()

    async def health(self) -> BrainHealth:
        """How well what is perceived is kept, what weakens that, and what waits to be written.

        Of a store that cannot be asked the concerns say so.
        """
        self._life.check_open()
        journal = self._body.journal
        try:
            store = await self._body.store.health()
        except StoreUnavailableError as error:
            store = Health("Unknown: the store cannot be asked.", (f"The store is away: {error}.",), {}, {})
        return BrainHealth(
            store=self._body.store.url,
            durability=store.durability,
            concerns=store.concerns,
            quarantined=store.quarantined,
            waiting=journal.unwritten,
            waiting_changes=journal.owed,
            buffer=self._body.config.buffer,
            details=store.details,
            capabilities=store.capabilities,
        )

    async def stats(self) -> dict[str, Any]:
        """How many engrams each region keeps and how many of them are dormant, and where the brain stands."""
        self._life.check_open()
        return await self._body.stats()

    def retention(self, engram: Engram) -> float:
        """Probability of recalling an engram with a full cue now, in [0, 1]; exact in this brain's time."""
        checked = check_engram(engram)
        return self._body.anatomy.fading(checked).retention(checked, self.time.now())

    def hours_left(self, engram: Engram) -> float:
        """Hours of brain time until an engram becomes dormant; 0 if it is, inf if it never will be."""
        checked = check_engram(engram)
        return max(0.0, self._body.anatomy.fading(checked).forgotten_at(checked) - self.time.now()) / HOUR
