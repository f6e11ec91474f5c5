"""Kinds: which words name members of one, and which ask for them."""

import numpy as np
import pytest

from neuro.indexing.kinds import Kinds
from neuro.indexing.terms import stem
from neuro.indexing.word_table import WordTable

SHIPPED = Kinds.shipped()


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("violin", "instruments"),
        ("clarinet", "instruments"),
        ("hiking", "activities"),
        ("pottery", "arts"),
        ("puppy", "animals"),
        ("pizza", "foods"),
        ("mother", "relatives"),
        ("waterfall", "landscapes"),
        ("museum", "buildings"),
        ("germany", "countries"),
        ("wedding", "events"),
        ("laptop", "devices"),
    ],
)
def test_everyday_words_belong_to_the_kind_that_people_would_name(word: str, kind: str):
    assert kind in SHIPPED.of(stem(word))


@pytest.mark.parametrize("word", ["yesterday", "because", "the", "zxqv", "meeting", "asked"])
def test_words_that_name_no_member_belong_to_no_kind(word: str):
    assert SHIPPED.of(stem(word)) == ()


def test_a_word_that_asks_for_a_kind_is_no_member_of_it():
    for word in ("pets", "flowers", "instruments", "hobbies"):
        assert not set(SHIPPED.asked([word])) & set(SHIPPED.of(stem(word)))


def test_plurals_ask_for_kinds_and_may_ask_for_several():
    assert SHIPPED.asked("what hobbies and pets are there".split()) == ("activities", "animals")
    assert set(SHIPPED.asked(["places"])) == {"landscapes", "buildings", "countries", "cities"}
    assert SHIPPED.asked(["pet", "hobby", "dog"]) == ()


def test_likeness_is_greatest_for_the_kind_meant():
    asked = [stem(word) for word in ("bake", "cake")]
    likeness = {kind: SHIPPED.likeness(kind, asked) for kind in SHIPPED.names}
    assert max(likeness, key=lambda kind: likeness[kind]) == "foods"
    assert all(0.0 <= one <= 1.0 for one in likeness.values())
    assert SHIPPED.likeness("foods", []) == 0.0


def test_kinds_of_ones_own_over_a_table_of_ones_own():
    table = WordTable(["dog", "cat", "tax", "fee"], np.array([[1, 0.1], [0.9, 0.2], [0, 1], [0.1, 1]]))
    kinds = Kinds({"beasts": (["beasts"], ["dogs", "unknown"]), "empty": (["nothings"], ["none"])}, table)
    assert (kinds.of("dog"), kinds.of("cat"), kinds.of("tax")) == (("beasts",), ("beasts",), ())
    assert kinds.asked(["beasts", "nothings"]) == ("beasts", "empty")
    assert kinds.likeness("empty", ["dog"]) == 0.0
