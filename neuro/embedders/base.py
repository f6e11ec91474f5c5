"""The port of embedders: text in, unit rows out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeGuard, runtime_checkable

import numpy as np
import numpy.typing as npt

from neuro.engram import TokenVectors


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into features. ``name`` and ``dimension`` are remembered by the store that it fills.

    It may also have a bool ``contextual``, see `is_contextual`, and a method ``clear``, see `forget_seen`.
    """

    @property
    def name(self) -> str:
        """Says which embedder this is; equal names mean equal features."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a row."""
        ...

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Features of what is stored: shape (n, dimension), rows of unit length."""
        ...

    async def embed_cues(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Features of what asks; the same as `embed` for most embedders."""
        ...

    async def aclose(self) -> None:
        """Lets go of threads and models."""
        ...


@runtime_checkable
class ImmediateEmbedder(Protocol):
    """An embedder that is quick enough to be asked without awaiting."""

    def embed_now(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """`Embedder.embed`, at once."""
        ...


def is_contextual(embedder: Embedder) -> bool:
    """Whether features say more of a text than its single words do, so that they are worth comparing beside words.

    What the embedder says as ``contextual``; True for one that does not say, as most are sentence encoders.
    """
    return bool(getattr(embedder, "contextual", True))


def forget_seen(embedder: Embedder) -> None:
    """Has an embedder forget which texts it has seen, by its method ``clear``; one that keeps none needs none."""
    clear = getattr(embedder, "clear", None)
    if callable(clear):
        clear()


class Passage(NamedTuple):
    """A text, who says it, and what stands around it in the same content."""

    text: str
    speaker: str | None = None
    before: str = ""
    after: str = ""


class Encoded(NamedTuple):
    """What an encoder makes of one text."""

    row: npt.NDArray[np.float32]
    """Shape (dimension,), of unit length."""
    tokens: TokenVectors
    """Of one fragment: those of its tokens that are words or parts of them, of a cue only those that carry meaning."""


@runtime_checkable
class TokenEmbedder(Embedder, Protocol):
    """An embedder that gives vectors of the single tokens of a text too.

    It may be one that can but does not: ask `reads_tokens`.
    """

    @property
    def reads_tokens(self) -> bool:
        """Whether it does; not before it is loaded."""
        ...

    async def embed_passages(self, passages: Sequence[Passage]) -> list[Encoded]:
        """What is stored, each read as said by its speaker, and within what stands around it if the embedder does so;
        rows as `Embedder.embed` gives them but for that."""
        ...

    async def embed_askings(self, texts: Sequence[str]) -> list[Encoded]:
        """What asks; rows as `Embedder.embed_cues` gives them."""
        ...


def reads_tokens(embedder: Embedder) -> TypeGuard[TokenEmbedder]:
    """Whether an embedder gives vectors of tokens."""
    return isinstance(embedder, TokenEmbedder) and embedder.reads_tokens
