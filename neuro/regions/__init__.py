"""The parts of the brain: stateful objects, one a file, each usable without a Brain."""

from neuro.regions.amygdala import Amygdala, AmygdalaParams
from neuro.regions.basal_ganglia import BasalGanglia, BasalGangliaParams
from neuro.regions.base import Region, Snapshot
from neuro.regions.cerebellum import Cerebellum, CerebellumParams
from neuro.regions.hippocampus import Hippocampus, HippocampusParams
from neuro.regions.memory_region import MemoryRegion
from neuro.regions.neocortex import Neocortex, NeocortexParams
from neuro.regions.prefrontal_cortex import PrefrontalCortex, PrefrontalCortexParams
from neuro.regions.sensory_cortex import SensoryCortex, SensoryCortexParams
from neuro.regions.thalamus import Thalamus, ThalamusParams

__all__ = [
    "Amygdala",
    "AmygdalaParams",
    "BasalGanglia",
    "BasalGangliaParams",
    "Cerebellum",
    "CerebellumParams",
    "Hippocampus",
    "HippocampusParams",
    "MemoryRegion",
    "Neocortex",
    "NeocortexParams",
    "PrefrontalCortex",
    "PrefrontalCortexParams",
    "Region",
    "SensoryCortex",
    "SensoryCortexParams",
    "Snapshot",
    "Thalamus",
    "ThalamusParams",
]
