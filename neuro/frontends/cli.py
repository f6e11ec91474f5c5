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
from neuro import Brain, InvalidArgumentError, MemoryType, MissingDependencyError, Perception, Stimulus, Where
from neuro.frontends import pages
from neuro.frontends.demo import run_demo
from neuro.frontends.ingest import ingest
from neuro.frontends.instants import parse_instant
from neuro.frontends.looking import described, find_engram, owner_of, wires
from neuro.frontends.places import Place
from neuro.frontends.screen import Screen
from neuro.frontends.turns import read_transcript

try:
    from cyclopts import App, CycloptsError, Parameter
except ImportError:
    raise MissingDependencyError("cyclopts", "cli") from None

BAD_LINES = 1
BAD_USAGE = 2

_STDIN = "\0"
"""What a lone ``-`` becomes on its way through the parser: no process can be given this."""

_HELP = """A memory that behaves like a brain: it perceives, sleeps, recalls and forgets.

Examples:

    neuro demo
    neuro add "We met Dana at the harbour" --speaker Ann
    neuro recall "Who was at the harbour?"
    neuro add --help

Exit codes: 0 done, 1 it could not be done, 2 the command was not understood, 130 interrupted."""

_Flag = Parameter(negative="")


@Parameter(name="*")
@dataclass(frozen=True)
class Target:
    """Whose memory, and how to answer."""

    store: str | None = None
    """Where the memory is: a file, or sqlite:///file.db, redis://host:port. Not given: $NEURO_STORE, else neuro.db in
    your data folder ("neuro stats" says where)."""
    namespace: str = "default"
    """Which of the brains on that store."""
    embedder: str | None = None
    """What turns text into features: "lexical", or a sentence-transformers model by name or folder. Not given: the
    one that filled the store, else "lexical"."""
    json: Annotated[bool, _Flag] = False
    """Answer with one JSON document."""

    @property
    def place(self) -> Place:
        """The brain's place."""
        return Place.of(self.store, self.namespace, self.embedder)

    @property
    def screen(self) -> Screen:
        """Where the answer goes."""
        return Screen(as_json=self.json)


Words = Annotated[list[str], Parameter(negative="")]
Tags = Annotated[list[str] | None, Parameter(name="--tag", negative="", help="A tag; may be given several times.")]
Type = Annotated[MemoryType | None, Parameter(name="--type", help="Only memories of this type.")]


def add(
    text: Words,
    /,
    *,
    memory_type: Annotated[MemoryType, Parameter(name="--type", help="What kind of memory.")] = MemoryType.EPISODIC,
    salience: Annotated[float | None, Parameter(help="How much it matters, 0 to 1. Not given: felt from the words.")] = None,
    reward: Annotated[float | None, Parameter(help="How good (1) or bad (-1) it turned out.")] = None,
    tag: Tags = None,
    speaker: Annotated[str | None, Parameter(help="Who said it.")] = None,
    session: Annotated[str | None, Parameter(help="In which conversation.")] = None,
    at: Annotated[str | None, Parameter(help="When it happened: ISO 8601, or seconds since 1970.")] = None,
    target: Target = Target(),
) -> int:
    """Perceive something: TEXT is one memory, however many words it is given as.

    With - each line of standard input is a memory. Text that begins with - goes after --.

    Examples:

        neuro add "We met Dana at the harbour" --speaker Ann --at 2026-03-02T20:06
        neuro add "Run the tests before you push" --type procedural --salience 0.9 --tag work
        neuro add -- "-5 degrees this morning"
        cat notes.txt | neuro add -
    """
