"""Words and pieces of words, hashed into a row. No model, no data, no state.

It knows spelling and inflection, not meaning: "harbour" is close to "harbours" and to "harbuor", and as far
from "port" as from anything else.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt

from neuro.embedders.rows import checked_texts, unit_rows
from neuro.errors import ConfigurationError
from neuro.indexing.terms import STOP_WORDS, stem, words

DEFAULT_DIMENSION: Final = 256
_SMALLEST, _LARGEST = 16, 65_536

_STEM_COLUMNS: Final = 4
"""Columns of a stem: words that share one by chance stay far apart (multiple hashing, in the same paper)."""
_TRIGRAM_SHARE: Final = 0.7
"""Length of all trigrams of a word together, when that of its stem is 1."""
_CACHED_WORDS: Final = 16_384
_LONGEST_WORD: Final = 64
"""Characters; of a longer word (a key, a blob) only the first 64 give trigrams, and it is not cached."""

AT_ONCE_TEXTS: Final = 256
AT_ONCE_CHARACTERS: Final = 16_384
"""A larger batch would hold the event loop for more than some 10 ms and goes to a thread."""

Word = tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]
"""The columns that a word touches, and what it adds to each."""


def _slots(feature: str, kind: bytes, columns: int, dimension: int) -> list[tuple[int, float]]:
    """Columns and signs of a feature; the signs keep collisions from adding up (Weinberger et al. 2009)."""
    digest = blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8 * columns, person=kind).digest()
    numbers = [int.from_bytes(digest[i : i + 8], "little") for i in range(0, len(digest), 8)]
    return [((number >> 1) % dimension, 1.0 if number & 1 else -1.0) for number in numbers]


def _hash_word(dimension: int, word: str) -> Word:
    """A word's stem, and with less weight its character trigrams between boundary marks."""
    marked = f"<{word[:_LONGEST_WORD]}>"
    trigrams = dict.fromkeys(marked[i : i + 3] for i in range(len(marked) - 2))
    slots = _slots(stem(word), b"stem", _STEM_COLUMNS, dimension)
    for trigram in trigrams:
        slots += _slots(trigram, b"trigram", 1, dimension)
    weights = np.full(len(slots), _TRIGRAM_SHARE / math.sqrt(max(1, len(trigrams))))
    weights[:_STEM_COLUMNS] = 1.0 / math.sqrt(_STEM_COLUMNS)
    columns, signs = zip(*slots, strict=True)
    return np.array(columns, dtype=np.intp), weights * np.array(signs)


def content_words(text: str) -> list[str]:
    """The words that say something; where there is none all words, and where there is none all characters."""
    found = words(text)
    return [word for word in found if word not in STOP_WORDS] or found or list("".join(text.split())) or [""]


class HashingEmbedder:
    """Hashed stems and character trigrams: the same on every machine, at some 50 microseconds a sentence.

    A row is the sum over content words of ``(1 + ln count) (stem + trigrams)``, scaled to unit length.

    Args:
        dimension: length of a row, in [16, 65536].

    Raises:
        ConfigurationError: a dimension that is not such an int.

    References:
        Weinberger, K., Dasgupta, A., Langford, J., Smola, A. & Attenberg, J. (2009). Feature hashing for
        large scale multitask learning. ICML.
    """

    contextual: Final = False
    """A text's features say nothing beyond its single words."""

    def __init__(self, dimension: int = DEFAULT_DIMENSION) -> None:
        if type(dimension) is not int or not _SMALLEST <= dimension <= _LARGEST:
            raise ConfigurationError(
                f"HashingEmbedder.dimension: must be an int in [{_SMALLEST}, {_LARGEST}] (got {dimension!r})"
            )
        self._dimension = dimension
        self._hash = partial(_hash_word, dimension)
        self._known = lru_cache(maxsize=_CACHED_WORDS)(self._hash)

    @property
    def name(self) -> str:
        """``"lexical"``, with its dimension behind a hyphen when that is not 256."""
        return "lexical" if self._dimension == DEFAULT_DIMENSION else f"lexical-{self._dimension}"

    @property
    def dimension(self) -> int:
        """Length of a row."""
        return self._dimension

    def __repr__(self) -> str:
        return f"HashingEmbedder(dimension={self._dimension})"

    def embed_now(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Features of the texts, at once: shape (n, dimension), rows of unit length."""
        return self._rows(checked_texts(texts))

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """`embed_now`; a large batch is computed in a thread."""
        found = checked_texts(texts)
        if len(found) > AT_ONCE_TEXTS or sum(map(len, found)) > AT_ONCE_CHARACTERS:
            return await asyncio.to_thread(self._rows, found)
        return self._rows(found)

    async def embed_cues(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """The same as `embed`: a word is a word, stored or asked for."""
        return await self.embed(texts)

    def clear(self) -> None:
        """Forgets which words it has seen."""
        self._known.cache_clear()

    async def aclose(self) -> None:
        """Nothing to let go of."""

    def _rows(self, texts: list[str]) -> npt.NDArray[np.float32]:
        sums = np.zeros((len(texts), self._dimension))
        for row, text in zip(sums, texts, strict=True):
            hashed: list[npt.NDArray[np.intp]] = []
            weighed: list[npt.NDArray[np.float64]] = []
            for word, count in Counter(content_words(text)).items():
                columns, values = (self._known if len(word) <= _LONGEST_WORD else self._hash)(word)
                hashed.append(columns)
                weighed.append(values if count == 1 else values * (1.0 + math.log(count)))
            row += np.bincount(
                np.concatenate(hashed), weights=np.concatenate(weighed), minlength=self._dimension
            )
        return unit_rows(sums)
