"""Fragments: runs of whole sentences of some 30 words by which a long content is found."""

from __future__ import annotations

import re

from neuro.engram import Span
from neuro.indexing.terms import UNSPACED

FRAGMENT_WORDS = 30
"""A fragment grows by whole sentences until the next one would take it beyond this many words."""
_LONGEST_SENTENCE = 60
"""A sentence longer than this many words (a list, a log, text without full stops) is cut."""

# A run of stops is looked at once, from its beginning, and never again: cutting takes linear time.
_SENTENCE = re.compile(r"\S(?:.*?(?:(?<![.!?…])[.!?…]++[\"'”’)\]]*+(?=\s)|[。！？]|\n)|.*\S)", re.DOTALL)
# A word, or two characters of a script without spaces.
_TOKEN = re.compile(rf"[{UNSPACED}]{{1,2}}|[^\s{UNSPACED}]+")


def sentences(content: str) -> list[tuple[int, int, int]]:
    """(start, stop, words) of every sentence; the overlong ones cut into equal runs of words.

    >>> sentences("We met. It rained!")
    [(0, 7, 2), (8, 18, 2)]
    """
    found: list[tuple[int, int, int]] = []
    for match in _SENTENCE.finditer(content):
        tokens = [
            (match.start() + t.start(), match.start() + t.end()) for t in _TOKEN.finditer(match.group())
        ]
        if not tokens:
            continue
        step = len(tokens) if len(tokens) <= _LONGEST_SENTENCE else FRAGMENT_WORDS
        for i in range(0, len(tokens), step):
            run = tokens[i : i + step]
            found.append((run[0][0], run[-1][1], len(run)))
    return found


def fragment(content: str) -> tuple[Span, ...]:
    """Spans of whole sentences of at most some 30 words together; empty when the content is one fragment.

    A single sentence longer than that stays whole up to 60 words.

    >>> fragment("A short one.")
    ()
    >>> [content_range.stop for content_range in fragment("One two. " * 20)]
    [134, 179]
    """
    found = sentences(content)
    if sum(count for _, _, count in found) <= FRAGMENT_WORDS:
        return ()
    spans: list[Span] = []
    start, stop, size = found[0]
    for begin, end, count in found[1:]:
        if size + count > FRAGMENT_WORDS:
            spans.append(Span(start, stop))
            start, size = begin, 0
        stop, size = end, size + count
    spans.append(Span(start, stop))
    return tuple(spans) if len(spans) > 1 else ()
