"""Proper names in a text, read off its capitals: no model, any script that has them.

A capital in the middle of a sentence makes a name; at its beginning it says nothing, so that such a name counts only
where memory knows it from elsewhere. Chinchor, N. (1998). MUC-7 named entity task definition, sets the task; the rule
is the simplest that finds most of what chats name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from neuro.indexing.answers import TIME_WORDS
from neuro.indexing.people import person
from neuro.indexing.terms import STOP_WORDS

_TOKEN = re.compile(r"[^\W_]+(?:['’.&][^\W_]+)*")
_CONTRACTED = re.compile(r"['’](?:m|ll|ve|d|re|t)$", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s?$")
_ENDS = re.compile(r"[.!?…:;\n\"“”()\[\]*•]|\s[-'‘]|\s-\s")
"""What may stand before the first word of a sentence, a quotation or an item."""
_JOINING = frozenset("of the de la del van von der".split())
"""Small words within a name."""
_NO_NAMES = (
    STOP_WORDS
    | TIME_WORDS
    | frozenset(
        """yeah yep nope wow thanks thank please sure great bye congrats sorry lol omg haha aww ah well good nice cool
    awesome amazing true right maybe also mr mrs ms mon tue tues wed thu thur thurs fri sat sun""".split()
    )
)
_LONGEST = 6
"""Words of a name."""
_SHOUTED = 0.5
"""Share of capitals among the letters from which they say nothing."""


class EntityMention(NamedTuple):
    """A person, place or thing that a content names."""

    name: str
    sure: bool = True
    """False: it may be a common word; it counts if memory knows the name from elsewhere."""


@runtime_checkable
class EntityExtractor(Protocol):
    """Finds what a content names. Pure; asked in other threads than the event loop's, by night and to look."""

    def entities(self, content: str) -> Iterable[EntityMention | str]:
        """Each entity named, by the name that all its mentions share; a plain string is sure."""
        ...


class ProperNames:
    """Finds proper names by their capitals.

    >>> [mention.name for mention in ProperNames().entities("We took Scout to the Bay of Fundy.")]
    ['Scout', 'Bay of Fundy']
    >>> ProperNames().entities("Scout ran.")
    [EntityMention(name='Scout', sure=False)]
    """

    def entities(self, content: str) -> list[EntityMention]:
        """Names in order of appearance, each once, sure if any mention of it is."""
        letters = sum(map(str.isalpha, content))
        if sum(map(str.isupper, content)) > _SHOUTED * max(letters, 1):
            return []
        words = _words(content)
        found: dict[str, bool] = {}
        at = 0
        while at < len(words):
            length = _run(words, at)
            for first, sure in _readings(words[at : at + length]):
                name = content[words[at + first].start : words[at + length - 1].stop]
                found[name] = found.get(name, False) or sure
            at += max(1, length)
        return [EntityMention(name, sure) for name, sure in found.items()]


class _Word(NamedTuple):
    text: str
    start: int
    begins: bool
    """Whether a sentence may begin with it."""
    follows: bool
    """Whether only a space or a hyphen is between it and the word before."""

    @property
    def stop(self) -> int:
        return self.start + len(self.text)

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def says(self) -> bool:
        """Whether its capital makes a name."""
        if not self.capital or len(self.text) == 1 or _CONTRACTED.search(self.text):
            return False
        return self.text.lower() not in _NO_NAMES


def _words(text: str) -> list[_Word]:
    words: list[_Word] = []
    last, owned = 0, False
    for match in _TOKEN.finditer(text):
        gap = text[last : match.start()]
        word = _POSSESSIVE.sub("", match[0])
        begins = not words or _ENDS.search(gap) is not None
        words.append(_Word(word, match.start(), begins, not begins and not owned and gap in (" ", "-")))
        last, owned = match.end(), word != match[0]  # after a possessive another name begins
    return words


def _run(words: Sequence[_Word], at: int) -> int:
    """How many words from here on are capitalised and belong together; small ones only between capitals."""
    if not words[at].capital:
        return 0
    stop = at + 1
    while stop < len(words) and stop - at < _LONGEST and words[stop].follows:
        if words[stop].capital:
            stop += 1
            continue
        ahead = stop
        while (
            ahead < len(words) and words[ahead].follows and words[ahead].text in _JOINING and ahead - stop < 2
        ):
            ahead += 1
        if ahead == stop or ahead == len(words) or not (words[ahead].follows and words[ahead].says):
            break
        stop = ahead + 1
    while stop - at > 1 and not words[stop - 1].says:
        stop -= 1
    return stop - at


def _readings(run: Sequence[_Word]) -> list[tuple[int, bool]]:
    """From which words of a run on it may be a name, and whether that is sure."""
    first = next((i for i, word in enumerate(run) if word.says), None)
    if first is None:
        return []
    if first or not run[0].begins:
        return [(first, True)]
    after = next((i for i, word in enumerate(run[1:], 1) if word.says), None)
    return [(0, False)] if after is None else [(0, False), (after, False)]


def entity_key(name: str) -> str:
    """What all ways to write a name have in common: its words; empty for none.

    >>> entity_key(" Moreira-PAZ")
    'moreira paz'
    """
    return person(name).casefold()
