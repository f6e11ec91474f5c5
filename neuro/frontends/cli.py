"""The commands of ``neuro``: what each is given, asks a brain and shows."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import neuro
from neuro import InvalidArgumentError, MemoryType, MissingDependencyError, Stimulus, Where
from neuro.frontends import rendering
from neuro.frontends.demo import run_demo
from neuro.frontends.ingest import Ingestion, ingest
from neuro.frontends.instants import parse_instant, show_instant, show_span
from neuro.frontends.looking import described, find_engram, owners, wires
from neuro.frontends.places import Place
from neuro.frontends.rendering import ASIDE, CONTENT, counted, one_line, place_name
from neuro.frontends.screen import Screen
from neuro.frontends.turns import BadLine, Transcript, read_transcript
from neuro.units import HOUR

try:
    from cyclopts import App, CycloptsError, Parameter
except ImportError:
    raise MissingDependencyError("cyclopts", "cli") from None
