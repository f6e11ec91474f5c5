"""How a fragment is told, read off once: rates of kinds of words, and whether it asks."""

from __future__ import annotations

from typing import Final, NamedTuple

from neuro.indexing.answers import rate, told
from neuro.indexing.terms import STOP_WORDS, stem, words

_QUESTION_MARKS: Final = ("?", "？", "؟")

_FIRST_PERSON: Final = frozenset("i im ive id ill me my mine myself we our us ours".split())


class Traits(NamedTuple):
    """What is kept of a fragment's text beside its terms."""

    words: dict[str, str]
    """Its stems, each with the first of its words."""
    counts: dict[str, int]
    """How often it holds each stem."""
    length: int
    """Terms, repeats counted."""
    first_person: float
    """Rate of I, me, we and the like, in [0, 1]."""
    told: tuple[float, ...]
    """Rate of each of `neuro.indexing.answers.KINDS`, in [0, 1]."""
    asks: bool
    """It has a question mark."""


def traits(text: str) -> Traits:
    """Reads a fragment.

    >>> found = traits("I lost my keys yesterday")
    >>> found.counts, found.first_person, found.told[0], found.asks
    ({'lost': 1, 'kei': 1, 'yesterdai': 1}, 1.0, 1.0, False)
    """
    found = words(text)
    shown: dict[str, str] = {}
    counts: dict[str, int] = {}
    for word in found:
        if word in STOP_WORDS:
            continue
        root = stem(word)
        counts[root] = counts.get(root, 0) + 1
        shown.setdefault(root, word)
    return Traits(
        shown,
        counts,
        sum(counts.values()),
        rate(sum(word in _FIRST_PERSON for word in found), len(found)),
        told(text, found),
        any(mark in text for mark in _QUESTION_MARKS),
    )
