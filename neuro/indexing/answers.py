"""Kinds of answers: which of them a cue asks for, and at what rate a text tells them. English only.

Expected answer types narrow what can answer a question (Li, X. & Roth, D. (2002). Learning question classifiers.
COLING); here they add to a score and exclude nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

KINDS: Final = ("time", "amount", "place", "person", "name", "liking")
TIME: Final = KINDS.index("time")

_PER: Final = 20
"""Words; a rate is 1 from one occurrence in so many."""

_ASKED: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bwhen (?:did|do|does|is|are|was|were|will|would|has|have|had|can|could|should)\b|\bsince when\b"
        r"|\b(?:what|which) (?:date|day|month|time|year)\b",
        r"\bhow (?:long|many|much|often|old)\b",
        r"\bwhere\b|\b(?:what|which) (?:cit(?:y|ies)|countr(?:y|ies)|locations?|parks?|places?|states?|towns?)\b",
        r"\bwho(?:m|se)?\b",
        r"\bwhich\b|\b(?:called|named?|names|titled?)\b",
        r"\b(?:favou?rite|like|likes|enjoys?|loves?|prefers?)\b",
    )
)

TIME_WORDS: Final = frozenset(
    """yesterday today tonight tomorrow ago last next week weekend month year recently soon morning evening night
    summer winter spring autumn fall monday tuesday wednesday thursday friday saturday sunday january february
    march april may june july august september october november december""".split()
)
_AMOUNTS: Final = frozenset(
    """one two three four five six seven eight nine ten eleven twelve dozen hundred thousand couple few several once
    twice long second seconds minute minutes hour hours day days week weeks month months year years decade
    decades""".split()
)
_PEOPLE: Final = frozenset(
    """friend friends mother mom father dad sister brother son daughter kids wife husband partner family colleague
    teacher boss neighbor neighbour cousin aunt uncle grandma grandpa grandmother grandfather""".split()
)
_LIKINGS: Final = frozenset(
    "like liked love loved enjoy enjoyed favorite favourite prefer preferred into fan".split()
)
_NAME: Final = re.compile(r"(?<=[a-z,;] )(?!I\b)[A-Z][\w'’]+")
"""A capital where no sentence begins."""
_PLACE: Final = re.compile(
    r"\b(?:in|at|to|from|near|around|on|visit(?:ed|ing)?) (?:the |an? |my |our |this )?[A-Z][\w'’]+"
)


def asked(cue: str) -> tuple[int, ...]:
    """Places in `KINDS` of what a cue asks for, ascending.

    >>> [KINDS[kind] for kind in asked("Where did Dana go, and with whom?")]
    ['place', 'person']
    """
    return tuple(kind for kind, pattern in enumerate(_ASKED) if pattern.search(cue))


def told(text: str, words: Sequence[str]) -> tuple[float, ...]:
    """Rate at which a text tells each of `KINDS`, in [0, 1].

    Args:
        words: of the text, as `neuro.indexing.terms.words` finds them.

    >>> told("We moved to Oslo two years ago", "we moved to oslo two years ago".split())
    (1.0, 1.0, 1.0, 1.0, 1.0, 0.0)
    """
    names = len(_NAME.findall(text))
    counts = (
        sum(word in TIME_WORDS for word in words),
        sum(word in _AMOUNTS or word.isdigit() for word in words),
        len(_PLACE.findall(text)),
        max(names, sum(word in _PEOPLE for word in words)),
        names,
        sum(word in _LIKINGS for word in words),
    )
    return tuple(rate(count, len(words)) for count in counts)


def rate(count: int, words: int) -> float:
    """How often something occurs in so many words, in [0, 1]: 1 from once in 20, and from once in fewer."""
    return min(1.0, _PER * count / max(_PER, words))
