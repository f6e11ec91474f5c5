"""Proper names in a text, read off its capitals: no model, any script that has them.

A capital in the middle of a sentence makes a name; at its beginning it says nothing, so that such a name counts only
where memory knows it from elsewhere. Chinchor, N. (1998). MUC-7 named entity task definition, sets the task; the rule
is the simplest that finds most of what chats name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from neuro.indexing.answers import TIME_WORDS
from neuro.indexing.terms import STOP_WORDS, words

_TOKEN = re.compile(r"[^\W_]+(?:['’.&][^\W_]+)*")
_CONTRACTED = re.compile(r"['’](?:m|ll|ve|d|re|t)$", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s?$")
_ENDS = re.compile(r"[.!?…:;•\n\r\v\f\x85\u2028\u2029]|\s-|,\s*[\"“”'‘«]")
"""What may stand before the first word of a sentence, a quotation or an item."""
_TITLES = frozenset("mr mrs ms dr prof st rev mt".split())
"""Are written with a full stop, which ends no sentence."""
_INITIAL = re.compile(r"(?:.*\.)?(?!I)[^\W\d_]")
"""J, or the end of J.R.R; I ends sentences."""
_JOINING = frozenset("of the de la del van von der".split())
"""Small words within a name."""
_NO_NAMES = (
    STOP_WORDS
    | TIME_WORDS
    | _TITLES
    | frozenset(
        """yeah yep nope wow thanks thank please sure great bye congrats sorry lol omg haha aww ah well good nice cool
    awesome amazing true right maybe also mon tue tues wed thu thur thurs fri sat sun""".split()
    )
)
MOST_WORDS = 6
"""Of a name."""
_SHOUTED = 0.5
"""Share of capitals among the letters from which they say nothing."""
_CAPITALISED = 0.15
"""Share of names among the words within sentences above which common nouns have capitals too, as German has it."""
_PER_STOP_WORD = 1.5
"""So many names to each small English word are needed besides: English that names many people has more of these."""
_FEWEST_WORDS, _FEWEST_NAMES = 8, 3
"""Within sentences, from which on that says something."""


class EntityMention(NamedTuple):
    """A person, place or thing that a content names."""

    name: str
    sure: bool = True
    """False: it may be a common word; it counts if memory knows the name from elsewhere."""


@runtime_checkable
class EntityExtractor(Protocol):
    """Finds what a content names. Pure; asked in other threads than the event loop's, by night and to look.

    What it raises ends the night or the verb that asked, as the cause of an `ExtractorError`. It cannot be async.
    """

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
        content = unicodedata.normalize("NFC", content)
        written = _written(content)
        if _meaningless(content, written):
            return []
        found: dict[str, bool] = {}
        at = 0
        while at < len(written):
            length = _run(written, at)
            for first, sure in _readings(written[at : at + length]):
                name = " ".join(content[written[at + first].start : written[at + length - 1].stop].split())
                found[name] = found.get(name, False) or sure
            at += max(1, length)
        return [EntityMention(name, sure) for name, sure in found.items()]


class _Word(NamedTuple):
    text: str
    start: int
    begins: bool
    """Whether a sentence may begin with it."""
    follows: bool
    """Whether only a space or a hyphen is between it and the word before, or the full stop of a title."""

    @property
    def stop(self) -> int:
        return self.start + len(self.text)

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def shortened(self) -> bool:
        """Whether a full stop after it ends no sentence."""
        title = self.text.lower() in _TITLES
        return self.capital and (title or _INITIAL.fullmatch(self.text) is not None)

    @property
    def says(self) -> bool:
        """Whether its capital makes a name."""
        if not self.capital or len(self.text) == 1 or _CONTRACTED.search(self.text):
            return False
        return self.text.lower() not in _NO_NAMES


def _written(text: str) -> list[_Word]:
    found: list[_Word] = []
    last, owned = 0, False
    for match in _TOKEN.finditer(text):
        gap = text[last : match.start()]
        if found and found[-1].shortened:
            gap = gap.removeprefix(".")
        word = _POSSESSIVE.sub("", match[0])
        begins = not found or _ENDS.search(gap) is not None
        follows = not begins and not owned and (gap == "-" or gap.isspace())
        found.append(_Word(word, match.start(), begins, follows))
        last, owned = match.end(), word != match[0]  # after a possessive another name begins
    return found


def _meaningless(text: str, written: Sequence[_Word]) -> bool:
    """Whether all is shouted, or common nouns have capitals."""
    letters = sum(map(str.isalpha, text))
    if sum(map(str.isupper, text)) > _SHOUTED * max(letters, 1):
        return True
    within = [word for word in written if not word.begins and (word.says or not word.capital)]
    names = sum(word.says for word in within)
    if len(within) < _FEWEST_WORDS or names < _FEWEST_NAMES:
        return False
    small = sum(word.text in STOP_WORDS for word in within)
    return names > _CAPITALISED * len(within) and names >= _PER_STOP_WORD * small


def _run(written: Sequence[_Word], at: int) -> int:
    """How many words from here on are capitalised and belong together; small ones only between capitals."""
    if not written[at].capital:
        return 0
    stop = at + 1
    while stop < len(written) and stop - at < MOST_WORDS and written[stop].follows:
        if written[stop].capital:
            stop += 1
            continue
        ahead = stop
        while (
            ahead < len(written)
            and written[ahead].follows
            and written[ahead].text in _JOINING
            and ahead - stop < 2
        ):
            ahead += 1
        if ahead == stop or ahead == len(written) or not (written[ahead].follows and written[ahead].says):
            break
        stop = ahead + 1
    while stop - at > 1 and not written[stop - 1].says:
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
    """What all ways to write a name have in common: its words as `terms.words` folds them; empty for none.

    >>> entity_key(" Moreira-PAZ")
    'moreira paz'
    """
    return " ".join(words(name))
