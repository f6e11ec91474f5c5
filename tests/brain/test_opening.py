"""Opening a brain: where, by which URL, with what."""

import asyncio
import gc
import logging
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neuro
from neuro import (
    Amygdala,
    BasalGanglia,
    Brain,
    BrainConfig,
    Cerebellum,
    ConfigurationError,
    FeatureMismatchError,
    Hippocampus,
    InvalidArgumentError,
    Neocortex,
    NeuroError,
    PrefrontalCortex,
    SensoryCortex,
    StoreUnavailableError,
    Thalamus,
)
from neuro.clock import SimulatedClock
from neuro.embedders import EmbedderUnavailableError, HashingEmbedder
from neuro.stores import MemoryStore
from telling import contents


async def test_a_brain_is_awaited_or_entered():
    awaited = await Brain.create()
    assert repr(awaited) == "<Brain at memory://, open>"
    await awaited.close()
    assert repr(awaited) == "<Brain at memory://, closed>"
    async with Brain.create() as entered:
        assert entered.inspect().store == "memory://"
    async with await Brain.create() as both:
        await both.perceive("We met Dana at the harbour")
