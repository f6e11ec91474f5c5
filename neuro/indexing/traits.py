"""How a fragment is told, read off once: rates of kinds of words, and whether it asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from neuro.indexing.terms import STOP_WORDS, stem, words

_QUESTION_MARKS: Final = ("?", "？", "؟")
_PER: Final = 20
"""Words; a rate is 1 from one such word in so many."""

_FIRST_PERSON: Final = frozenset("i im ive id ill me my mine myself we our us ours".split())
_TIME: Final = frozenset(
    """yesterday today tonight tomorrow ago last next week weekend month year recently soon morning evening night
    summer winter spring autumn fall monday tuesday wednesday thursday friday saturday sunday january february
    march april may june july august september october november december""".split()
)


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
    time_words: float
    """Rate of words that say when, in [0, 1]."""
    asks: bool
    """It has a question mark."""


def traits(text: str) -> Traits:
    """Reads a fragment.

    >>> found = traits("I lost my keys yesterday")
    >>> found.counts, found.first_person, found.time_words, found.asks
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
        _rate(found, _FIRST_PERSON),
        _rate(found, _TIME),
        any(mark in text for mark in _QUESTION_MARKS),
    )


def _rate(found: Sequence[str], kind: frozenset[str]) -> float:
    return min(1.0, _PER * sum(word in kind for word in found) / max(_PER, len(found)))
