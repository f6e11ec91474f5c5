"""The cerebellum: skills."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from neuro.clock import Clock
from neuro.engram import Engram
from neuro.fading import Fading, ImportanceParams
from neuro.plasticity import AnyPlasticity, Plasticity
from neuro.profiles import TypeProfiles
from neuro.records import Params
from neuro.regions.memory_region import MemoryRegion, stretched
from neuro.stores.base import EngramStore


class CerebellumParams(Params):
    """Parameters of the cerebellum."""

    resistance: Annotated[float, Field(ge=1.0)] = 2.0
    """Factor on the half-life of a skill that settles: hard to unlearn (McCormick & Thompson 1984)."""
    plasticity: AnyPlasticity | None = None
    """How skills fade; None: as everything in the brain."""


class Cerebellum(MemoryRegion):
    """Keeps procedural memory: how things are done, step by step.

    In the brain, it holds conditioned and practised skills, which survive the loss of the hippocampus
    (Milner 1962; McCormick & Thompson 1984).

    Lesioned: skills are silent and none arrives; facts and episodes are spared.
    """

    name = "cerebellum"

    def __init__(
        self,
        store: EngramStore | None = None,
        params: CerebellumParams | None = None,
        *,
        plasticity: Plasticity | None = None,
        importance: ImportanceParams | None = None,
        profiles: TypeProfiles | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(store, plasticity=plasticity, importance=importance, profiles=profiles, clock=clock)
        self.params = CerebellumParams() if params is None else params

    def settle(self, engram: Engram) -> Engram:
        return engram.with_trace(stretched(engram, self.params.resistance))

    async def practise(self, engram_id: str, now: float | None = None, *, op_id: str) -> Engram | None:
        """One trial of a skill: its trace is potentiated; None when the skill is not here.

        Lesioned: no trial has an effect.
        """
        instant = self._time(now)

        def trial(engram: Engram, fading: Fading) -> Engram:
            return engram.with_trace(
                fading.plasticity.potentiate(engram.trace, instant, sleeps=engram.trace.sleeps)
            )

        practised = await self.reconsolidate([engram_id], trial, op_id)
        return practised[0] if practised else None
