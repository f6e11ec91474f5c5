"""neuro: a memory for AI agents that behaves like a brain.

>>> import asyncio
>>> async def main():
...     async with Brain.create() as brain:
...         await brain.perceive("We met Dana at the harbour")
...         return [engram.content for engram, score in await brain.recall("Dana")]
>>> asyncio.run(main())
['We met Dana at the harbour']
"""

import logging

from neuro.brain import Brain
from neuro.config import BrainConfig
from neuro.engram import ConsolidationState, Engram, MemoryType, Trace
from neuro.errors import (
    BrainClosedError,
    BufferFullError,
    ConfigurationError,
    CorruptRecordError,
    EmbedderError,
    EmbedderUnavailableError,
    EngramError,
    EngramNotFoundError,
    ExtractorError,
    FeatureMismatchError,
    HomelessEngramError,
    ImageError,
    InvalidArgumentError,
    InvalidStimulusError,
    LeaseLostError,
    MergeConflictError,
    MissingDependencyError,
    NeuroError,
    RegionError,
    ScopeError,
    SleepError,
    StaleEngramError,
    StoreClosedError,
    StoreError,
    StoreUnavailableError,
    TransactionError,
    UnknownRegionError,
    WrongLoopError,
)
from neuro.plasticity import Grade
from neuro.query import Where
from neuro.regions import (
    Amygdala,
    BasalGanglia,
    Cerebellum,
    Hippocampus,
    Neocortex,
    PrefrontalCortex,
    SensoryCortex,
    Thalamus,
)
from neuro.retention import compute_retention, time_until_forgotten
from neuro.signals import Explanation, Perception, Recall, Recollection, Review, SleepReport, Stimulus

__version__ = "0.1.0"

__all__ = [
    "Amygdala",
    "BasalGanglia",
    "Brain",
    "BrainClosedError",
    "BrainConfig",
    "BufferFullError",
    "Cerebellum",
    "ConfigurationError",
    "ConsolidationState",
    "CorruptRecordError",
    "EmbedderError",
    "EmbedderUnavailableError",
    "Engram",
    "EngramError",
    "EngramNotFoundError",
    "Explanation",
    "ExtractorError",
    "FeatureMismatchError",
    "Grade",
    "Hippocampus",
    "HomelessEngramError",
    "ImageError",
    "InvalidArgumentError",
    "InvalidStimulusError",
    "LeaseLostError",
    "MemoryType",
    "MergeConflictError",
    "MissingDependencyError",
    "Neocortex",
    "NeuroError",
    "Perception",
    "PrefrontalCortex",
    "Recall",
    "Recollection",
    "RegionError",
    "Review",
    "ScopeError",
    "SensoryCortex",
    "SleepError",
    "SleepReport",
    "StaleEngramError",
    "Stimulus",
    "StoreClosedError",
    "StoreError",
    "StoreUnavailableError",
    "Thalamus",
    "Trace",
    "TransactionError",
    "UnknownRegionError",
    "Where",
    "WrongLoopError",
    "compute_retention",
    "time_until_forgotten",
]

logging.getLogger("neuro").addHandler(logging.NullHandler())
