"""Which tokens of a text count, and how they are reduced; the model is a double."""

import re
from collections.abc import Sequence

import numpy as np
import pytest

from neuro.embedders import Passage
from neuro.embedders.token_reading import (
    TOKEN_DIMENSION,
    States,
    askings_encoded,
    passages_encoded,
    token_reduction,
)

WIDTH = 96
WORDS = ["harbour", "keys", "went", "piano", "went"] + [f"word{'abcdefghij'[i]}" for i in range(10)]
REDUCTION = np.eye(WIDTH, TOKEN_DIMENSION, dtype=np.float32)


class Reader:
    """Runs of letters and single marks, each with a state of its own that hangs on nothing around it.

    Args:
        longest: tokens of a text that it reads.
    """

    def __init__(self, longest: int = 1_000) -> None:
        self.longest = longest
        self.texts: list[str] = []

    def vocabulary(self) -> list[str]:
        return [*WORDS, "##ing", "[CLS]", "ab"]

    def read(self, texts: Sequence[str], *, batch_size: int) -> list[States]:
        assert batch_size > 0
        self.texts += texts
        return [self._read(text) for text in texts]

    def _read(self, text: str) -> States:
        found = list(re.finditer(r"\w+|[^\w\s]", text))[: self.longest]
        states = np.array([state(match[0]) for match in found], np.float32).reshape(-1, WIDTH)
        pieces = np.array([len(match[0]) for match in found], np.int32)
        spans = np.array([match.span() for match in found], np.intp).reshape(-1, 2)
        return States(states, pieces, spans, np.concatenate([states, np.ones((1, WIDTH))]).mean(axis=0))


def state(token: str) -> np.ndarray:
    return np.random.default_rng(sum(token.encode())).normal(size=WIDTH).astype(np.float32)


def unit(row: np.ndarray) -> np.ndarray:
    return row / np.linalg.norm(row)


def test_what_is_stored_is_the_mean_of_its_own_tokens_and_not_of_the_name_of_its_speaker():
    (read,) = passages_encoded(Reader(), REDUCTION, [Passage("went home", "Dana")], 8)
    np.testing.assert_allclose(read.row, unit(state("went") + state("home")), atol=1e-6)


def test_what_stands_around_a_text_is_read_with_it_and_counts_nothing_by_itself():
    reader = Reader()
    passage = Passage("went home", "Dana", "It rained. ", " And slept.")
    (read,) = passages_encoded(reader, REDUCTION, [passage], 8)
    assert reader.texts == ["Dana: It rained. went home And slept."]
    np.testing.assert_allclose(read.row, unit(state("went") + state("home")), atol=1e-6)
    assert read.tokens.pieces.tolist() == [4, 4]


def test_a_text_that_would_not_be_read_to_its_end_is_read_without_what_stands_around_it():
    reader = Reader(longest=6)
    near, far = Passage("went home", "Dana", "Oh ", " and"), Passage("went home", "Dana", "It rained a lot ")
    reads = passages_encoded(reader, REDUCTION, [near, far, near], 8)
    assert reader.texts[3:] == ["Dana: went home"]
    for read in reads:
        np.testing.assert_allclose(read.row, unit(state("went") + state("home")), atol=1e-6)


def test_the_words_of_what_is_stored_are_kept_without_marks_and_name():
    (read,) = passages_encoded(Reader(), REDUCTION, [Passage("I, too!", "Dana")], 8)
    assert read.tokens.pieces.tolist() == [1, 3]
    assert read.tokens.counts == (2,)
    expected = np.rint(127 * unit(state("too")[:TOKEN_DIMENSION]))
    np.testing.assert_array_equal(read.tokens.rows[1], expected)


def test_of_what_asks_only_tokens_that_carry_meaning_are_sought():
    asked = "Where did she lose the keys, the 3rd pair?"
    (read,) = askings_encoded(Reader(), REDUCTION, [asked], 8)
    assert read.tokens.pieces.tolist() == [len(word) for word in ("lose", "keys", "3rd", "pair")]
    np.testing.assert_allclose(np.linalg.norm(read.row), 1.0, atol=1e-6)


@pytest.mark.parametrize("asked", ["Who are you?", "they're"])
def test_what_asks_with_function_words_alone_seeks_those(asked: str):
    (read,) = askings_encoded(Reader(), REDUCTION, [asked], 8)
    assert len(read.tokens.rows) == len(re.findall(r"\w+", asked))


@pytest.mark.parametrize("text", ["", "🎉", "?!"])
def test_a_text_without_words_has_a_row_and_no_tokens(text: str):
    for read in (
        *passages_encoded(Reader(), REDUCTION, [Passage(text, "Dana"), Passage(text)], 8),
        *askings_encoded(Reader(), REDUCTION, [text], 8),
    ):
        assert read.tokens.rows.shape == (0, TOKEN_DIMENSION)
        np.testing.assert_allclose(np.linalg.norm(read.row), 1.0, atol=1e-6)


def test_a_long_name_does_not_fill_the_window():
    (read,) = passages_encoded(Reader(), REDUCTION, [Passage("went home", "D" * 10_000)], 8)
    assert len(read.tokens.rows) == 2


def test_the_reduction_is_orthonormal_the_same_every_time_and_keeps_what_the_vocabulary_says():
    reduction = token_reduction(Reader())
    assert reduction.shape == (WIDTH, TOKEN_DIMENSION)
    np.testing.assert_allclose(reduction.T @ reduction, np.eye(TOKEN_DIMENSION), atol=1e-5)
    np.testing.assert_array_equal(reduction, token_reduction(Reader()))
    known = np.array([unit(state(word)) for word in ("harbour", "keys", "piano")])
    np.testing.assert_allclose(known @ reduction @ reduction.T, known, atol=1e-4)
