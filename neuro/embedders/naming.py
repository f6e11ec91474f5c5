"""From what the user writes as ``embedder=`` to an embedder, and from what a store remembers back to it.

A store is filled by one embedder and remembers it by three things: its name (equal names mean equal features),
its dimension, and its source, from which it is opened again: a word or a model's name or folder, or nothing when
it was an object of the user's program.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from neuro.embedders.base import Embedder
from neuro.embedders.cached import CachedEmbedder
from neuro.embedders.hashing import HashingEmbedder
from neuro.embedders.sentence_transformers import HUB_NAME, PREFIX, SentenceTransformersEmbedder
from neuro.errors import ConfigurationError, EmbedderUnavailableError, FeatureMismatchError
from neuro.records import Record

_LEXICAL: Final = re.compile(r"lexical(?:-(\d{1,9}))?")
_OF_A_FOLDER: Final = re.compile(r".+@[0-9a-f]{12}")
_ACCEPTED: Final = (
    '"lexical" (or "lexical-<dimension>"), the name or the folder of a sentence-transformers model, '
    "or an object with name, dimension, embed, embed_cues and aclose"
)


class Filler(Record):
    """The embedder that filled a store, as the store remembers it."""

    name: str
    dimension: Annotated[int, Field(ge=1)]
    source: str | None = None
    """What `open_embedder` makes it from again; None for an object of the user's program."""

    @classmethod
    def of(cls, embedder: Embedder) -> Filler:
        """How to remember ``embedder``."""
        return cls(name=embedder.name, dimension=embedder.dimension, source=_source(embedder))
