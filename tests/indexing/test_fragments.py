"""Fragments: runs of whole sentences by which a long content is found."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro.indexing.fragments import FRAGMENT_WORDS, fragment

TEN = "One two three four five six seven eight nine ten."


def texts(content: str) -> list[str]:
    return [content[start:stop] for start, stop in fragment(content)]


@pytest.mark.parametrize(
    "content", ["One.", "👍", "", "   ", "One two. Three!", f"{TEN} {TEN} {TEN}", "word " * 60]
)
def test_a_short_content_and_a_single_sentence_are_one_fragment(content: str):
    assert fragment(content) == ()


def test_fragments_are_whole_sentences_of_some_thirty_words_together():
    content = " ".join([TEN] * 7)
    assert texts(content) == [" ".join([TEN] * 3), " ".join([TEN] * 3), TEN]


def test_a_long_sentence_stays_whole_and_an_overlong_one_is_cut():
    long = " ".join(["word"] * 59) + " end."
    assert texts(f"{long} {TEN}") == [long, TEN]
    overlong = " ".join(f"w{n}" for n in range(100))
    pieces = texts(overlong)
    assert [len(piece.split()) for piece in pieces] == [30, 30, 30, 10]
    assert " ".join(pieces) == overlong


@pytest.mark.parametrize("end", [".", "!", "?", "…", '."', ".)", "?!", "\n", "。"])
def test_sentences_end_in_many_ways(end: str):
    sentence = "a b c d e f g h i j k l m n o p q r s t u v w x y z" + end
    assert texts(f"{sentence} {sentence}") == [sentence.strip(), sentence.strip()]


def test_a_full_stop_within_a_word_ends_no_sentence():
    content = " ".join(["Version 3.11.2 of example.com costs $4.50 today"] * 6) + "."
    assert fragment(content) == ()


def test_words_of_scripts_without_spaces_are_two_characters():
    sentence = "私たちは昨日の夜に古い港で友達に会って楽しく話した。"
    assert texts(sentence * 3) == [sentence * 2, sentence]


@given(st.text(alphabet="ab .!?\n。é港", max_size=2000))
def test_fragments_cover_all_words_in_order_without_overlap(content: str):
    spans = fragment(content)
    assert len(spans) != 1
    if not spans:
        return
    covered = [content[start:stop] for start, stop in spans]
    assert "".join("".join(covered).split()) == "".join(content.split())
    assert all(text == text.strip() and text for text in covered)
    assert all(a.stop <= b.start for a, b in pairwise(spans))
    assert all(len(text.split()) <= 2 * FRAGMENT_WORDS for text in covered)


@pytest.mark.parametrize(
    "piece", ["a. ", ".", "!?", ".)", ")", " ", "x", "x. \n", "y", "'", "。", "a.b"], ids=repr
)
def test_a_mebibyte_is_cut_in_linear_time(piece: str):
    """A cut that went over a run again and again would not end within the patience of the tests."""
    content = "x" + piece * (1_000_000 // len(piece))
    spans = fragment(content)
    assert all(a.stop <= b.start for a, b in pairwise(spans))
