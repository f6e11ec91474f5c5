"""The commands of ``neuro``: what each is given, what it asks a brain, what it shows."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import neuro
from neuro import InvalidArgumentError, MemoryType, MissingDependencyError, Stimulus, Where
from neuro.frontends import rendering
from neuro.frontends.demo import run_demo
from neuro.frontends.ingest import Ingestion, ingest
from neuro.frontends.instants import parse_instant
from neuro.frontends.looking import described, find_engram, owners, wires
from neuro.frontends.places import Place
from neuro.frontends.rendering import ASIDE, CONTENT, counted
from neuro.frontends.screen import Screen
from neuro.frontends.turns import BadLine, Transcript, read_transcript

try:
    from cyclopts import App, CycloptsError, Parameter
except ImportError:
    raise MissingDependencyError("cyclopts", "cli") from None

SUCCESS = 0
BAD_LINES = 1
BAD_USAGE = 2

_STDIN = "\0"
"""What a lone ``-`` becomes: no argument of a process can be this."""
_FLAG = Parameter(negative="")
_HELP = """A memory that behaves like a brain: it perceives, sleeps, recalls and forgets.

Exit codes: 0 done; 1 it could not be done, or a line was bad; 2 the command was not understood; 130 interrupted.

Examples:

    neuro demo
    neuro add "We met Dana at the harbour"
    neuro recall Dana
    neuro recall --help"""


@Parameter(name="*")
@dataclass(frozen=True)
class Target:
    """Whose memory, and how to answer."""

    store: str | None = None
    """Where the memory is: a file, or sqlite:///file.db, redis://host:port. [default: $NEURO_STORE, else neuro.db in
    the user's data folder; "neuro stats" says where that is]"""
    namespace: str = "default"
    """Which of the brains on that store."""
    embedder: str | None = None
    """What features text: "lexical", or a sentence-transformers model by name or folder. [default: the one that
    filled the store, else lexical]"""
    json: Annotated[bool, _FLAG] = False
    """Answer with one JSON document."""

    @property
    def place(self) -> Place:
        """The brain's place."""
        return Place.of(self.store, self.namespace, self.embedder)


@dataclass(frozen=True)
class Filter:
    """Which memories are meant."""
