"""The default: what the words of a text mean, summed. A table of words and numpy, no model.

It knows that a dog is an animal and a harbour a port; not the order of words, nor what they mean together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from hashlib import shake_128
from typing import Final

import numpy as np
import numpy.typing as npt

from neuro.embedders.hashing import AT_ONCE_CHARACTERS, AT_ONCE_TEXTS, content_words
from neuro.embedders.rows import checked_texts, unit_rows
from neuro.indexing.terms import stem
from neuro.indexing.word_table import Rows, WordTable

_UNKNOWN_LENGTH: Final = 0.5
"""Length of the row of a stem that the table lacks, where 1 is the median of those it has."""
_CACHED_WORDS: Final = 16_384
_LONGEST_WORD: Final = 64
"""Characters; a longer word (a key, a blob) is not cached."""


class WordsEmbedder:
    """The sum of the table's rows of a text's stems, scaled to unit length: some 25 microseconds a sentence.

    A stem that the table lacks (a name, a number, a word of another language) gets a row of its own: as many signs
    as there are dimensions, hashed from the stem, so that two such stems are at right angles but for chance
    (+-.09 in 128 dimensions). It is half as long as the median row of the table: the words that mean something
    decide where there are any, names and numbers tell apart what is equal but for them, and texts in other scripts
    are alike when they share words. A text of stop words alone is made of those, one without words of its
    characters.

    Args:
        table: rows of stems; the shipped ones, read from disk here and now, if none.

    References:
        Kanerva, P. (2009). Hyperdimensional computing. Cognitive Computation, 1, 139-159 (random signs for symbols).
    """

    contextual: Final = False
    """A text's features say nothing beyond its single words."""

    def __init__(self, table: WordTable | None = None) -> None:
        shipped = table is None or table is WordTable.shipped()
        self.table = WordTable.shipped() if table is None else table
        self._name = "words" if shipped else f"words@{self.table.fingerprint()}"
        lengths = np.linalg.norm(self.table.rows, axis=1)
        self._sign = np.float32(_UNKNOWN_LENGTH * np.median(lengths) / np.sqrt(self.table.dimension))
        self._known = lru_cache(maxsize=_CACHED_WORDS)(self._row)

    @property
    def name(self) -> str:
        """``"words"``; for another table than the shipped one its fingerprint behind an @."""
        return self._name

    @property
    def dimension(self) -> int:
        """Length of a row."""
        return self.table.dimension

    def __repr__(self) -> str:
        return f"WordsEmbedder({self.table!r})"

    def embed_now(self, texts: Sequence[str]) -> Rows:
        """Features of the texts, at once: shape (n, dimension), rows of unit length."""
        return self._rows(checked_texts(texts))

    async def embed(self, texts: Sequence[str]) -> Rows:
        """`embed_now`; a large batch is computed in a thread."""
        found = checked_texts(texts)
        if len(found) > AT_ONCE_TEXTS or sum(map(len, found)) > AT_ONCE_CHARACTERS:
            return await asyncio.to_thread(self._rows, found)
        return self._rows(found)

    async def embed_cues(self, texts: Sequence[str]) -> Rows:
        """The same as `embed`: a word is a word, stored or asked for."""
        return await self.embed(texts)

    def clear(self) -> None:
        """Forgets which words it has seen."""
        self._known.cache_clear()

    async def aclose(self) -> None:
        """Nothing to let go of."""

    def _rows(self, texts: list[str]) -> Rows:
        sums = np.zeros((len(texts), self.dimension))
        for total, text in zip(sums, texts, strict=True):
            for word in content_words(text):
                total += (self._known if len(word) <= _LONGEST_WORD else self._row)(word)
        return unit_rows(sums)

    def _row(self, word: str) -> npt.NDArray[np.float32]:
        one = stem(word)
        known = self.table.at.get(one)
        if known is not None:
            return self.table.rows[known]
        d = self.dimension
        digest = shake_128(one.encode("utf-8", "surrogatepass")).digest((d + 7) // 8)
        bits = np.unpackbits(np.frombuffer(digest, dtype=np.uint8), count=d)
        return np.where(bits == 1, self._sign, -self._sign)
