"""The lexical embedder: words and spelling, hashed."""

import math
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro.embedders import Embedder, HashingEmbedder, ImmediateEmbedder
from neuro.embedders import hashing as hashing_module
from neuro.errors import ConfigurationError, InvalidArgumentError


def cosine(one: str, other: str, dimension: int = 1024) -> float:
    rows = HashingEmbedder(dimension).embed_now([one, other])
    return float(rows[0] @ rows[1])


def test_it_is_an_embedder_that_can_be_asked_at_once():
    embedder = HashingEmbedder()
    assert isinstance(embedder, Embedder)
    assert isinstance(embedder, ImmediateEmbedder)


def test_its_name_tells_the_dimension_where_that_is_not_the_default():
    assert (HashingEmbedder().name, HashingEmbedder().dimension) == ("lexical", 256)
    assert (HashingEmbedder(512).name, HashingEmbedder(512).dimension) == ("lexical-512", 512)


def test_the_name_lexical_means_these_features_in_every_process_and_on_every_machine():
    row = HashingEmbedder().embed_now(["She lost her keys at the harbour"])[0]
    expected = {
        4: -0.2199, 17: -0.2199, 25: -0.2199, 30: 0.2199, 33: -0.37383, 51: -0.2199,
        91: -0.2199, 108: 0.2199, 115: -0.2199, 162: -0.2199, 178: 0.2199, 199: 0.37383,
    }  # fmt: skip
    assert np.flatnonzero(np.abs(row) > 0.2).tolist() == list(expected)
    np.testing.assert_allclose(row[list(expected)], list(expected.values()), atol=1e-5)


@given(st.lists(st.text(st.characters(), max_size=40), max_size=5))
def test_every_text_becomes_a_row_of_unit_length(texts: list[str]):
    rows = HashingEmbedder().embed_now(texts)
    assert rows.dtype == np.float32
    assert rows.shape == (len(texts), 256)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)


async def test_all_ways_of_asking_give_the_same_row_whatever_its_batch():
    embedder = HashingEmbedder()
    texts = ["Paris is the capital of France", "a great meeting with Alice", "😀"]
    rows = embedder.embed_now(texts)
    np.testing.assert_array_equal(await embedder.embed(texts), rows)
    np.testing.assert_array_equal(await embedder.embed_cues(texts), rows)
    np.testing.assert_array_equal(HashingEmbedder().embed_now(texts[::-1])[::-1], rows)


async def test_no_texts_give_no_rows():
    assert (await HashingEmbedder().embed([])).shape == (0, 256)


def test_shared_words_are_closer_than_none():
    assert cosine("Dana lost her keys", "Where are Dana's keys?") > 0.5
    assert abs(cosine("Dana lost her keys", "The weather is cold")) < 0.2


@pytest.mark.parametrize(
    ("word", "variant"),
    [
        ("harbour", "harbours"),
        ("running", "runs"),
        ("definitely", "definately"),
        ("restaurant", "restuarant"),
    ],
)
def test_inflections_and_misspellings_are_closer_than_other_words(word: str, variant: str):
    others = ["piano", "quarterly", "birthday", "orchestra"]
    assert cosine(word, variant) > max(cosine(word, other) for other in others) + 0.05


def test_stop_words_add_nothing_beside_content_words():
    assert cosine("the keys of the harbour", "keys harbour") == pytest.approx(1.0, abs=1e-6)


def test_texts_of_stop_words_or_symbols_alone_are_still_told_apart():
    assert cosine("to be or not to be", "to be or not") > 0.8
    assert abs(cosine("to be or not to be", "was it you")) < 0.3
    assert cosine("🎉🎉", "🎉") == pytest.approx(1.0, abs=1e-6)
    assert abs(cosine("🎉", "?!")) < 0.3


def test_a_repeated_word_counts_by_its_logarithm():
    rows = HashingEmbedder(4096).embed_now(["harbour", "piano", "piano harbour harbour harbour"])
    assert rows[2] @ rows[0] / (rows[2] @ rows[1]) == pytest.approx(1.0 + math.log(3.0), rel=0.02)


def test_contents_that_differ_in_one_digit_have_different_features():
    assert cosine("the code is 4711", "the code is 4712") < 0.9
    assert cosine("a" * 500 + "1", "a" * 500 + "2") < 0.9


async def test_a_large_batch_is_computed_in_a_thread(monkeypatch: pytest.MonkeyPatch):
    seen: list[bool] = []
    words = hashing_module.words

    def noting(text: str) -> list[str]:
        seen.append(threading.current_thread() is threading.main_thread())
        return words(text)

    monkeypatch.setattr(hashing_module, "words", noting)
    embedder = HashingEmbedder()
    await embedder.embed(["a short one"])
    await embedder.embed(["a short one"] * 300)
    await embedder.embed(["one long word after another " * 1000])
    assert seen == [True] + [False] * 301


@pytest.mark.parametrize("dimension", [0, -1, 15, 65_537, True, 256.0, "256"])
def test_a_dimension_out_of_range_is_refused(dimension: object):
    with pytest.raises(ConfigurationError, match=r"HashingEmbedder\.dimension"):
        HashingEmbedder(dimension)  # type: ignore[arg-type]


@pytest.mark.parametrize("texts", ["one text", b"bytes", ["fine", 3]])
def test_what_is_no_sequence_of_texts_is_refused(texts: object):
    with pytest.raises(InvalidArgumentError, match="texts"):
        HashingEmbedder().embed_now(texts)  # type: ignore[arg-type]
