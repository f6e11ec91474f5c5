"""Turning text into what the brain works on: fragments, features, terms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from neuro.embedders import Embedder
from neuro.embedders.rows import checked_rows
from neuro.engram import Span
from neuro.errors import EmbedderError, NeuroError
from neuro.indexing.fragments import fragment


class Transduced(NamedTuple):
    """What a content looks like to the indexes."""

    fragments: tuple[Span, ...]
    features: npt.NDArray[np.float16]
    """Shape (fragments, dimension), unit rows, read-only."""
    embedder: str


class Transduction:
    """Texts to features by one embedder, in batches.

    Args:
        embedder: asked once for all fragments of all texts of a call.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    async def contents(self, contents: Sequence[str]) -> list[Transduced]:
        """Fragments and features of what is perceived.

        Raises:
            EmbedderError: the embedder failed or returned no features.
        """
        spans = [fragment(content) for content in contents]
        texts: list[str] = []
        for content, cut in zip(contents, spans, strict=True):
            texts += [content[start:stop] for start, stop in cut] or [content]
        rows = (await self._rows(self._embedder.embed, texts)).astype(np.float16)
        rows.setflags(write=False)
        made: list[Transduced] = []
        start = 0
        for cut in spans:
            stop = start + max(1, len(cut))
            made.append(Transduced(cut, rows[start:stop], self._embedder.name))
            start = stop
        return made

    async def cue(self, text: str) -> npt.NDArray[np.float32]:
        """Features of what asks, shape (dimension,); raises as `contents` does."""
        return (await self._rows(self._embedder.embed_cues, [text]))[0]

    async def _rows(
        self, embed: Callable[[Sequence[str]], Awaitable[object]], texts: Sequence[str]
    ) -> npt.NDArray[np.float32]:
        try:
            rows = await embed(texts)
        except NeuroError:
            raise
        except Exception as error:
            raise EmbedderError(
                f"embedder {self._embedder.name!r}: failed by {type(error).__name__}"
            ) from error
        return checked_rows(self._embedder, rows, len(texts))
