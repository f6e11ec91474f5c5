"""From the hidden states of an encoder to rows and token vectors: which tokens count, and how they are reduced.

Knows texts, offsets and numpy; the model that is read is a `StateReader`.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import shake_128
from typing import Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from neuro.embedders.base import Encoded, Passage
from neuro.engram import TOKEN_SCALE, TokenVectors
from neuro.indexing.terms import STOP_WORDS

TOKEN_DIMENSION: Final = 64
"""Numbers kept of a token's vector, of MiniLM's 384: more answer no more questions, 32 as many but in worse order."""
_LONGEST_NAME: Final = 64
"""Characters of a speaker's name that the encoder sees."""
_READ_WORDS: Final = 1000
"""Words of the vocabulary that the reduction is made from: a second or so of one core for a small model."""
_SHORTEST_WORD: Final = 3
"""Letters; shorter ones are pieces and abbreviations."""
_WORDS_AT_ONCE: Final = 256
_SUFFIXES: Final = frozenset({"re", "ve", "ll"})
"""What tokenizers leave of they're, they've and they'll; s, t, d and m are single letters."""

Floats = npt.NDArray[np.float32]


class States(NamedTuple):
    """A text as an encoder read it, without its special tokens."""

    states: Floats
    """Shape (tokens, width)."""
    pieces: npt.NDArray[np.int32]
    """Shape (tokens,): ids in the vocabulary."""
    spans: npt.NDArray[np.intp]
    """Shape (tokens, 2): where in the text each stands."""
    pooled: Floats
    """Shape (width,): the mean over all of its tokens, special ones included."""


class StateReader(Protocol):
    """A model whose hidden states can be read."""

    def vocabulary(self) -> list[str]:
        """The words and pieces of words that it knows."""
        ...

    def read(self, texts: Sequence[str], *, batch_size: int) -> list[States]:
        """Each text as far as the model's longest input reaches."""
        ...


def passages_encoded(
    reader: StateReader, reduction: Floats, passages: Sequence[Passage], batch_size: int
) -> list[Encoded]:
    """What is stored: the encoder sees ``speaker: before text after``; the row is the mean over the tokens of the text
    alone.

    So it knows whose I and my these are and what they speak of, and nothing of that counts by itself (late chunking:
    Guenther, M., Mohr, I., Williams, D. J., Wang, B. & Xiao, H. (2024). arXiv:2409.04701). A text that the model would
    not reach the end of is read without what stands around it.
    """
    speakers = [f"{one.speaker[:_LONGEST_NAME]}: " if one.speaker else "" for one in passages]
    heads = [speaker + one.before for speaker, one in zip(speakers, passages, strict=True)]
    texts = [head + one.text + one.after for head, one in zip(heads, passages, strict=True)]
    found = reader.read(texts, batch_size=batch_size)
    beyond = [
        i
        for i, (head, one) in enumerate(zip(heads, passages, strict=True))
        if (one.before or one.after)
        and found[i].spans[:, 1].max(initial=0) < len(head) + _end_of_words(one.text)
    ]
    for i in beyond:
        heads[i], texts[i] = speakers[i], speakers[i] + passages[i].text
        [found[i]] = reader.read([texts[i]], batch_size=batch_size)
    made: list[Encoded] = []
    for head, one, text, read in zip(heads, passages, texts, found, strict=True):
        own = (read.spans[:, 0] >= len(head)) & (read.spans[:, 1] <= len(head) + len(one.text))
        row = read.states[own].mean(axis=0) if own.any() else read.pooled
        words = own & np.array([_is_word(text[a:b]) for a, b in read.spans.tolist()], np.bool_)
        made.append(_encoded(row, read, words, reduction))
    return made


def askings_encoded(
    reader: StateReader, reduction: Floats, texts: Sequence[str], batch_size: int
) -> list[Encoded]:
    """What asks: all of its tokens make the row, and those that carry meaning are sought (all words if none does)."""
    made: list[Encoded] = []
    for text, read in zip(texts, reader.read(texts, batch_size=batch_size), strict=True):
        spans: list[list[int]] = read.spans.tolist()
        words = np.array([_is_word(text[a:b]) for a, b in spans], np.bool_)
        content = np.array([_carries_meaning(text, a, b) for a, b in spans], np.bool_)
        made.append(_encoded(read.pooled, read, content if content.any() else words, reduction))
    return made


def _encoded(row: Floats, read: States, chosen: npt.NDArray[np.bool_], reduction: Floats) -> Encoded:
    reduced = _unit(read.states[chosen] @ reduction)
    rows = np.rint(reduced * TOKEN_SCALE).astype(np.int8)
    return Encoded(_unit(row[None])[0], TokenVectors(rows, read.pieces[chosen], [len(rows)]))


def _end_of_words(text: str) -> int:
    """Where its last letter or digit ends; a model may pass over what comes after it."""
    return next((stop for stop in range(len(text), 0, -1) if text[stop - 1].isalnum()), 0)


def _is_word(token: str) -> bool:
    return any(map(str.isalnum, token))


def _carries_meaning(text: str, start: int, stop: int) -> bool:
    """Not a mark, a function word, a single letter or the end of a contraction."""
    token = text[start:stop].lower()
    if not _is_word(token) or token in _SUFFIXES or (len(token) == 1 and token.isascii() and token.isalpha()):
        return False
    whole = not (text[start - 1 : start].isalnum() or text[stop : stop + 1].isalnum())
    return not (whole and token in STOP_WORDS)


def _unit(rows: Floats) -> Floats:
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), np.float32(1e-9))


def token_reduction(reader: StateReader) -> Floats:
    """How a model's token vectors are reduced, shape (width, at most `TOKEN_DIMENSION`), columns orthonormal.

    It keeps the leading principal directions of the vectors that the model gives to words of its own vocabulary,
    each read alone, so it needs no text. The basis in their span is the one nearest to fixed random signs: it hangs on
    the span only, and not on how machines round.
    """
    known = sorted(word for word in reader.vocabulary() if word.isalpha() and len(word) >= _SHORTEST_WORD)
    words = known[:: max(1, len(known) // _READ_WORDS)] or ["word"]
    states = np.concatenate([one.states for one in reader.read(words, batch_size=_WORDS_AT_ONCE)])
    states = _unit(states).astype(np.float64)
    _, directions = np.linalg.eigh(states.T @ states)
    width = len(directions)
    leading = directions[:, ::-1][:, : min(TOKEN_DIMENSION, width)]
    digest = shake_128(b"neuro token reduction").digest(width * TOKEN_DIMENSION // 8)
    signs = np.unpackbits(np.frombuffer(digest, np.uint8)).reshape(width, -1)[:, : leading.shape[1]]
    left, _, right = np.linalg.svd(leading @ (leading.T @ (signs * 2.0 - 1.0)), full_matrices=False)
    return (left @ right).astype(np.float32)
