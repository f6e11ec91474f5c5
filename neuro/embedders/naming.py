"""From what the user writes as ``embedder=`` to an embedder, and from what a store remembers back to it."""

from __future__ import annotations

import asyncio
import os
import re
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from neuro.arguments import shown
from neuro.embedders.base import Embedder
from neuro.embedders.cached import CachedEmbedder
from neuro.embedders.hashing import DEFAULT_DIMENSION, HashingEmbedder
from neuro.embedders.sentence_transformers import (
    HUB_NAME,
    IN_CONTEXT,
    PREFIX,
    WITH_TOKENS,
    SentenceTransformersEmbedder,
)
from neuro.embedders.words import WordsEmbedder
from neuro.errors import ConfigurationError, EmbedderUnavailableError, FeatureMismatchError
from neuro.indexing.word_table import WordTable
from neuro.records import Record

_WORDS: Final = "words"
_LEXICAL: Final = re.compile(r"lexical(?:-([0-9]{1,9}))?")
_FINGERPRINTED: Final = re.compile(r".+@[0-9a-f]{12}(?:\+tokens(?:\+context)?)?")
_ACCEPTED: Final = (
    '"words", "lexical" (or "lexical-<dimension>"), the name or the folder of a sentence-transformers model, '
    "or an object with name, dimension, embed, embed_cues and aclose"
)


class Filler(Record):
    """The embedder that filled a store, as the store remembers it."""

    name: str
    """Equal names mean equal features."""
    dimension: Annotated[int, Field(ge=1)]
    source: str | None = None
    """A name or an absolute folder from which `resolve` opens it again; None for an object of the user's."""

    @classmethod
    def of(cls, embedder: Embedder) -> Filler:
        """How to remember ``embedder``, which is loaded."""
        innermost = _innermost(embedder)
        source = None
        if isinstance(innermost, HashingEmbedder) or (
            isinstance(innermost, WordsEmbedder) and innermost.name == _WORDS
        ):
            source = innermost.name
        elif isinstance(innermost, SentenceTransformersEmbedder):
            source = innermost.source
        return cls(name=embedder.name, dimension=embedder.dimension, source=source)


async def resolve(
    embedder: str | os.PathLike[str] | Embedder | None = None, *, filler: Filler | None = None
) -> Embedder:
    """The embedder that is meant, loaded and ready.

    Args:
        embedder: "words"; "lexical" or "lexical-<dimension>"; the folder of a sentence-transformers model, or its
            name on the hub, with or without "sentence-transformers:" before it; an object with the port; None for
            ``filler``, or without one for "words".
        filler: the embedder that filled the store which is opened; no other will do.

    Raises:
        ConfigurationError: none of these.
        EmbedderUnavailableError: the model cannot be had, or the store was filled by an object of the user's.
        MissingDependencyError: a model is named, and the extra "sentence-transformers" is not installed.
        FeatureMismatchError: another embedder filled the store; which, and how to open it with that one.
    """
    if embedder is None and filler is not None:
        if filler.source is None:
            raise EmbedderUnavailableError(
                f"this store was filled by {filler.name!r}, no embedder of neuro's own: {_how(filler)}"
            )
        embedder = filler.source
    # A model that filled a store before it gave vectors of tokens goes on without them.
    how = _How() if filler is None else _How(WITH_TOKENS in filler.name, filler.name.endswith(IN_CONTEXT))
    found = await _open(embedder, how)
    if filler is not None and (found.name, found.dimension) != (filler.name, filler.dimension):
        if found is not embedder:
            await found.aclose()
        raise FeatureMismatchError(
            f"this store was filled by the embedder {filler.name!r} of dimension {filler.dimension}, not by "
            f"{found.name!r} of dimension {found.dimension}: {_how(filler)}"
        )
    return found


def _how(filler: Filler) -> str:
    if filler.source is None:
        return f"open it with embedder= the object named {filler.name!r}"
    if _FINGERPRINTED.fullmatch(filler.name):
        return (
            f"open it with embedder={filler.source!r}, or with the folder that holds an unchanged copy of it"
        )
    return f"open it with embedder={filler.source!r}"


class _How(NamedTuple):
    """How a sentence-transformers model reads."""

    tokens: bool = True
    context: bool = False


async def _open(embedder: object, how: _How) -> Embedder:
    if embedder is None:
        return await _named(_WORDS, how)
    if isinstance(embedder, (str, os.PathLike)):
        return await _named(os.fsdecode(embedder), how)  # pyright: ignore[reportUnknownArgumentType]
    innermost = _innermost(embedder)
    if isinstance(innermost, SentenceTransformersEmbedder):
        await innermost.load()
    if not isinstance(embedder, Embedder):
        raise ConfigurationError(f"Brain.embedder: must be {_ACCEPTED} (got {shown(embedder)})")
    name, dimension = embedder.name, embedder.dimension
    if not isinstance(name, str) or not name.strip():  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(
            f"Brain.embedder: its name must be a string that is not blank (got {shown(name)})"
        )
    if type(dimension) is not int or dimension < 1:
        raise ConfigurationError(
            f"Brain.embedder: its dimension must be an int of at least 1 (got {shown(dimension)})"
        )
    return embedder


async def _named(name: str, how: _How) -> Embedder:
    if name == _WORDS:
        return await asyncio.to_thread(WordsEmbedder)  # reads its table
    if lexical := _LEXICAL.fullmatch(name):
        return HashingEmbedder(int(lexical[1] or DEFAULT_DIMENSION))
    model = name.removeprefix(PREFIX)
    if not await asyncio.to_thread(_is_folder, model):
        if _FINGERPRINTED.fullmatch(model):
            raise EmbedderUnavailableError(
                f"{name!r} says what a model's folder holds, not where it is: pass that folder as embedder="
            )
        is_path = model.startswith(("~", ".")) or os.sep in model
        if not is_path and not HUB_NAME.fullmatch(model):
            raise ConfigurationError(f"Brain.embedder: must be {_ACCEPTED} (got {shown(name)})")
    return await SentenceTransformersEmbedder(model, tokens=how.tokens, context=how.context).load()


def _is_folder(path: str) -> bool:
    return os.path.isdir(os.path.expanduser(path))


def word_table(embedder: Embedder) -> WordTable:
    """The table by which words are of like meaning beside an embedder: its own if it is one of words, else the shipped
    one."""
    innermost = _innermost(embedder)
    return innermost.table if isinstance(innermost, WordsEmbedder) else WordTable.shipped()


def _innermost(embedder: object) -> object:
    while isinstance(embedder, CachedEmbedder):
        embedder = embedder.inner
    return embedder
