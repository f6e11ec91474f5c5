"""Turning text into what the brain works on: fragments, features, terms."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from neuro.embedders import Embedder, Passage, reads_tokens
from neuro.embedders.hashing import AT_ONCE_CHARACTERS
from neuro.embedders.rows import checked_rows
from neuro.engram import Span, TokenVectors
from neuro.errors import EmbedderError, NeuroError
from neuro.indexing.fragments import fragment

_BEFORE = 600
_AFTER = 300
"""Characters around a fragment, some 100 and 50 words, that an embedder may read it within: with it they fit into a
small model."""

_Asked = TypeVar("_Asked", str, Passage)
_Answer = TypeVar("_Answer")


class Transduced(NamedTuple):
    """What a content looks like to the indexes."""

    fragments: tuple[Span, ...]
    features: npt.NDArray[np.float16]
    """Shape (fragments, dimension), unit rows, read-only."""
    embedder: str
    tokens: TokenVectors | None = None
    """Vectors of the tokens of all fragments, where the embedder gives them."""


class Transduction:
    """Texts to features by one embedder, in batches.

    Args:
        embedder: asked once for all fragments of all texts of a call.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    async def contents(
        self, contents: Sequence[str], speakers: Sequence[str | None] = ()
    ) -> list[Transduced]:
        """Fragments and features of what is perceived.

        Args:
            speakers: of each content; nobody if there are none.

        Raises:
            EmbedderError: the embedder failed or returned no features.
        """
        spans = await _cut(contents)
        passages: list[Passage] = []
        for content, cut, speaker in zip(contents, spans, speakers or [None] * len(contents), strict=True):
            passages += [_passage(content, span, speaker) for span in cut] or [Passage(content, speaker)]
        rows, tokens = await self._read(passages)
        features = rows.astype(np.float16)
        features.setflags(write=False)
        made: list[Transduced] = []
        start = 0
        for cut in spans:
            own = slice(start, start + max(1, len(cut)))
            made.append(Transduced(cut, features[own], self._embedder.name, _joined(tokens[own])))
            start = own.stop
        return made

    async def _read(self, passages: Sequence[Passage]) -> tuple[npt.NDArray[np.float32], list[TokenVectors]]:
        """Rows of passages and, where the embedder gives them, vectors of their tokens."""
        embedder = self._embedder
        if not reads_tokens(embedder):
            return await self._rows(embedder.embed, [passage.text for passage in passages]), []
        found = await self._asked(embedder.embed_passages, passages)
        rows = checked_rows(embedder, [one.row for one in found], len(passages))
        return rows, [one.tokens for one in found]

    async def cue(self, text: str) -> tuple[npt.NDArray[np.float32], TokenVectors | None]:
        """Features of what asks, shape (dimension,), and vectors of its tokens where the embedder gives them.

        Raises as `contents` does.
        """
        embedder = self._embedder
        if not reads_tokens(embedder):
            return (await self._rows(embedder.embed_cues, [text]))[0], None
        found = await self._asked(embedder.embed_askings, [text])
        return checked_rows(embedder, [one.row for one in found], 1)[0], found[0].tokens

    async def _rows(
        self, embed: Callable[[Sequence[str]], Awaitable[object]], texts: Sequence[str]
    ) -> npt.NDArray[np.float32]:
        return checked_rows(self._embedder, await self._asked(embed, texts), len(texts))

    async def _asked(
        self, embed: Callable[[Sequence[_Asked]], Awaitable[_Answer]], what: Sequence[_Asked]
    ) -> _Answer:
        try:
            return await embed(what)
        except NeuroError:
            raise
        except Exception as error:
            raise EmbedderError(
                f"embedder {self._embedder.name!r}: failed by {type(error).__name__}"
            ) from error


def _passage(content: str, span: Span, speaker: str | None) -> Passage:
    """A fragment with what stands around it, as far as whole words of it fit."""
    start, stop = max(0, span.start - _BEFORE), min(len(content), span.stop + _AFTER)
    before, after = content[start : span.start], content[span.stop : stop]
    if start:
        before = before.partition(" ")[2]
    if stop < len(content):
        after = after.rpartition(" ")[0]
    return Passage(content[span.start : span.stop], speaker, before, after)


async def _cut(contents: Sequence[str]) -> list[tuple[Span, ...]]:
    """Fragments of contents; those of many or long ones in a thread."""
    if sum(map(len, contents)) > AT_ONCE_CHARACTERS:
        return await asyncio.to_thread(lambda: [fragment(content) for content in contents])
    return [fragment(content) for content in contents]


def _joined(fragments: Sequence[TokenVectors]) -> TokenVectors | None:
    """Those of an engram from those of its fragments."""
    if not fragments:
        return None
    return TokenVectors(
        np.concatenate([one.rows for one in fragments]),
        np.concatenate([one.pieces for one in fragments]),
        [len(one.rows) for one in fragments],
    )
