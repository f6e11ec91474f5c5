"""Kinds of answers: what a cue asks for, and how much of it a text tells."""

import pytest

from neuro.indexing.answers import KINDS, asked, told
from neuro.indexing.terms import words

CUES = {
    "When did Dana move?": {"time"},
    "What year was it?": {"time"},
    "How many cats has Ines?": {"amount"},
    "How long did it take?": {"amount"},
    "Where does Ben live?": {"place"},
    "Which country did they see?": {"place", "name"},
    "Whom did she visit?": {"person"},
    "What is the boat called?": {"name"},
    "What is Dana's favorite soup?": {"liking"},
    "What happened when she was a child?": set[str](),
    "What did Ben say?": set[str](),
    "": set[str](),
}


def rates(text: str) -> dict[str, float]:
    return dict(zip(KINDS, told(text, words(text)), strict=True))


@pytest.mark.parametrize("cue", CUES)
def test_a_cue_asks_for_kinds_of_answers(cue: str):
    assert {KINDS[kind] for kind in asked(cue)} == CUES[cue]
    assert {KINDS[kind] for kind in asked(cue.upper())} == CUES[cue]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We left in June", {"time", "place", "person", "name"}),
        ("It was yesterday", {"time"}),
        ("It took 3 of them", {"amount"}),
        ("we slept near the Elbe", {"place", "person", "name"}),
        ("With my sister", {"person"}),
        ("A boat named Zora", {"person", "name"}),
        ("I am so into soup", {"liking"}),
        ("Nobody said a word. I did.", set[str]()),
        ("", set[str]()),
        ("猫を飼う", set[str]()),
    ],
)
def test_a_text_tells_kinds_of_answers(text: str, expected: set[str]):
    assert {kind for kind, rate in rates(text).items() if rate} == expected


def test_a_long_text_tells_each_kind_at_a_lower_rate():
    padding = "word " * 75
    assert rates(padding + "and it was yesterday")["time"] == pytest.approx(20 / 79)
    assert rates("yesterday " * 40)["time"] == 1.0
