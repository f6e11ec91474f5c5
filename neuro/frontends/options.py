"""What the commands of ``neuro`` have in common: whose memory is meant, and options that several of them take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from neuro import MemoryType, MissingDependencyError, Where
from neuro.frontends.places import Place
from neuro.frontends.screen import Screen

try:
    from cyclopts import Parameter
except ImportError:
    raise MissingDependencyError("cyclopts", "cli") from None

STDIN = "\0"
"""What a lone ``-`` becomes on its way through the parser: no process can be given this."""


def told(text: str) -> Parameter:
    """The help of an option; a switch has no opposite."""
    return Parameter(negative="", help=text)


StoreName = Annotated[
    str | None,
    told(
        "Where the memory is: a file, sqlite:///file.db or redis://host:port. If not given: $NEURO_STORE, else "
        'neuro.db in your data folder ("neuro stats" says where).'
    ),
]
Namespace = Annotated[str, told("Which of the brains on that store.")]
AsJson = Annotated[bool, told("Answer with one JSON document.")]


@Parameter(name="*")
@dataclass(frozen=True)
class Target:
    """Whose memory, and how to answer."""

    store: StoreName = None
    namespace: Namespace = "default"
    embedder: Annotated[
        str | None,
        told(
            "What turns text into features: words, or a sentence-transformers model by name or folder. If not "
            "given: what filled the store, else words."
        ),
    ] = None
    json: AsJson = False

    @property
    def place(self) -> Place:
        """The brain's place."""
        return Place.of(self.store, self.namespace, self.embedder)

    @property
    def screen(self) -> Screen:
        """Where the answer goes."""
        return Screen(as_json=self.json)


HERE = Target()
Words = Annotated[list[str], told("One text, however many words it is given as.")]
EngramId = Annotated[str, told("Its id, or the first digits of it: at least 6.")]
Limit = Annotated[int, told("At most so many.")]
OnlyType = Annotated[MemoryType | None, Parameter(name="--type", help="Only memories of this type.")]
OnlySpeaker = Annotated[str | None, told("Only what this speaker said.")]
OnlyTags = Annotated[
    list[str] | None,
    Parameter(name="--tag", negative="", help="Only what has this tag, and each other given."),
]


def only(memory_type: MemoryType | None, speaker: str | None, tags: Sequence[str] | None) -> Where:
    """The memories that options mean."""
    return Where(memory_type=memory_type, speaker=speaker, tags=tuple(tags or ()))
