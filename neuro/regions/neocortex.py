"""The neocortex: remote memory of facts and of what happened."""

from __future__ import annotations

from neuro.plasticity import AnyPlasticity
from neuro.records import Params
from neuro.regions.memory_region import MemoryRegion


class NeocortexParams(Params):
    """Parameters of the neocortex."""

    plasticity: AnyPlasticity | None = None
    """How what lies there fades; None: as everything in the brain."""


class Neocortex(MemoryRegion):
    """Keeps semantic memory, and episodes once a night has moved them here from the hippocampus.

    In the brain, distributed cortical traces learn slowly and become independent of the hippocampus over many
    sleeps (McClelland, McNaughton & O'Reilly 1995; Zola-Morgan & Squire 1990).

    Lesioned: remote memories are silent and nothing new arrives; recent ones still answer from the hippocampus.
    """

    name = "neocortex"
