"""Completing patterns: what was encoded lately is found by a part of it, at once and without IO."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from neuro.arguments import check_content
from neuro.embedders import WordsEmbedder, is_contextual, word_table
from neuro.embedders.base import Embedder, ImmediateEmbedder
from neuro.engram import Engram
from neuro.indexing.fragment_index import FragmentIndex
from neuro.indexing.fragments import fragment
from neuro.indexing.probe import Match, Matching
from neuro.regions.recent_index import RecentIndex
from neuro.signals import Appraisal, Percept, Stimulus


class Completion:
    """An index over a few engrams.

    Args:
        embedder: makes features of cues and of plain texts, where it has a synchronous method.
        matching: how cues match.
    """

    def __init__(self, embedder: Embedder | None = None, matching: Matching | None = None) -> None:
        chosen = WordsEmbedder() if embedder is None else embedder
        self._embedder = chosen if isinstance(chosen, ImmediateEmbedder) else None
        self._embedder_name = chosen.name
        self._index = RecentIndex(
            FragmentIndex(
                word_table(chosen), Matching() if matching is None else matching, dense=is_contextual(chosen)
            )
        )

    def add(self, engrams: Iterable[Engram]) -> None:
        """New engrams; many at once are faster than one by one."""
        self._index.add_many(engrams)

    def add_later(self, engrams: Iterable[Engram]) -> None:
        """`add`, but `novelty` knows of them only after `settle`: many would hold the event loop."""
        self._index.add_later(engrams)

    async def settle(self) -> None:
        """Reads what was added for later."""
        await self._index.settle()

    def remove(self, engram_id: str) -> None:
        """An engram that is no longer here."""
        self._index.remove(engram_id)

    async def erase(self) -> None:
        """Drops the words of what was removed, so far as nothing else has them."""
        await self._index.erase()

    def percept(self, content: str) -> Percept:
        """What a plain text is taken for."""
        stimulus = Stimulus(content=check_content(content))
        spans = fragment(content)
        appraisal = Appraisal(0.5, 0.0, 0.0, "not appraised")
        if self._embedder is None:
            return Percept(stimulus, appraisal, spans)
        rows = self._embedder.embed_now([content[a:b] for a, b in spans] or [content])
        return Percept(stimulus, appraisal, spans, rows.astype(np.float16), self._embedder_name)

    def novelty(self, percept: Percept, asked_at: float) -> float:
        """1 is unlike anything here, 0 the same; in [0, 1]. Of very long contents the beginnings are compared."""
        features = None if percept.features is None else percept.features[0].astype(np.float32)
        index = self._index.beginnings
        reading = index.read(percept.stimulus.content, asked_at)
        best = index.search(reading, features, 1)
        return 1.0 - min(1.0, max((max(m.lexical, m.similarity) for m in best), default=0.0))

    def complete(self, cue: str, asked_at: float, limit: int) -> list[Match]:
        """The best ``limit`` engrams, best first."""
        index = self._index.whole()
        reading = index.read(cue, asked_at)
        dense = index.dense and self._embedder is not None
        features = self._embedder.embed_now([reading.masked])[0] if dense and self._embedder else None
        return index.search(reading, features, limit)
