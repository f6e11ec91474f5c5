"""Who has spoken, and where a cue names them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from itertools import count
from typing import NamedTuple

from neuro.indexing.probe import Matching
from neuro.indexing.terms import STOP_WORDS

_TOKEN = re.compile(r"[^\W_]+")
_NAME = re.compile(r"([^\W_]+)(['’]s?(?!\w))?")
_SHORTEST_MISSPELT = 4
"""Letters; shorter names are too easily other words."""
_LONGEST_MISSPELT = 32
"""Letters; what is longer is no name."""
_USERS = ("user", "human")
_ASSISTANTS = ("assistant", "ai", "bot", "model")
"""What chats call those who ask and those who answer, instead of names."""
_I = re.compile(  # "tell me" and the like say nothing of who told it
    r"\b(?:i|my|mine|myself|(?<!tell )(?<!show )(?<!give )(?<!remind )(?<!help )(?<!let )me)\b", re.IGNORECASE
)
_YOU_DID = re.compile(
    r"\b(?:did|had|have)\s+you\b"
    r"|\byou(?:['’]d|\s+had|['’]ve|\s+have|\s+also|\s+just)?\s+(?:\w+ed|gave|made|said|told|wrote)\b"
    r"|\byour\s+(?:advice|answer|explanation|idea|list|opinion|recommendation|reply|response|suggestion)s?\b",
    re.IGNORECASE,
)


def person(name: str | None) -> str:
    """Key of a person: the words of the name, whatever stands between them; empty for nobody.

    >>> person(" Dana  Smith "), person(None)
    ('Dana Smith', '')
    """
    return "" if name is None else " ".join(_TOKEN.findall(unicodedata.normalize("NFKC", name)))


class Mention(NamedTuple):
    """Where a cue names somebody."""

    start: int
    stop: int
    people: frozenset[str]
    """Keys of those whom the name fits."""
    possessive: bool


class People:
    """Everybody who spoke something that is held, by key and by the parts of their names."""

    def __init__(self) -> None:
        self._spoken: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._next = count()
        self._as_given: dict[str, set[str]] = {}
        self._parts: dict[str, set[str]] = {}
        self._by_initial: dict[str, set[str]] = {}

    def number(self, key: str | None) -> int:
        """Number of a person; -2, which nobody has, for no key and a stranger's."""
        return -2 if key is None else self._numbers.get(key, -2)

    def enter(self, key: str) -> int:
        """Counts an engram that a person spoke; their number, -1 for nobody."""
        if not key:
            return -1
        self._spoken[key] = self._spoken.get(key, 0) + 1
        if key not in self._numbers:
            self._numbers[key] = next(self._next)
            for part in _parts(key):
                self._as_given.setdefault(part, set()).add(key)
                self._parts.setdefault(part.lower(), set()).add(key)
                self._by_initial.setdefault(part[0].lower(), set()).add(part.lower())
        return self._numbers[key]

    def leave(self, key: str) -> None:
        """One engram less that a person spoke; who has none left is forgotten."""
        if not key:
            return
        self._spoken[key] -= 1
        if self._spoken[key]:
            return
        del self._spoken[key], self._numbers[key]
        for part in _parts(key):
            for held, name in ((self._as_given, part), (self._parts, part.lower())):
                if name in held:
                    held[name].discard(key)
                    if not held[name]:
                        del held[name]
            if part.lower() not in self._parts:
                self._by_initial[part[0].lower()].discard(part.lower())

    def mentions(self, cue: str, known: Callable[[str], bool], matching: Matching) -> list[Mention]:
        """Where a cue names people, in order.

        A part of a name counts where it is written as the speaker writes it, with a capital, or in a cue without
        capitals; one that is also a function word (Will) not at the beginning. A capitalised word of four letters
        or more that is not ``known`` counts for the name with the same initial that it is most like; of such words
        only the first `Matching.cue_terms` are looked at.

        Args:
            known: whether a word is one that memory holds.
        """
        if not self._numbers:
            return []
        plain = cue == cue.lower()
        found: list[Mention] = []
        misspelt: dict[str, frozenset[str]] = {}
        for match in _NAME.finditer(cue):
            word = unicodedata.normalize("NFKC", match[1])
            people = self._named(word, plain, first=not found and not cue[: match.start()].strip())
            if not people and word[0].isupper() and _SHORTEST_MISSPELT <= len(word) <= _LONGEST_MISSPELT:
                if word not in misspelt and len(misspelt) < matching.cue_terms:
                    misspelt[word] = (
                        frozenset() if known(word) else self._misspelt(word.lower(), matching.name_floor)
                    )
                people = misspelt.get(word, people)
            if people:
                _append(found, Mention(*match.span(), people, match[2] is not None), cue)
        return found

    def meant(self, cue: str) -> str | None:
        """Key of whom a cue in a chat with an assistant means by you or I; None in other company.

        "What did you suggest" asks for what the assistant said. Any other I or my is the user: the speaker of that
        name or, beside an assistant, the only other one.
        """
        assistant, user = self._called(_ASSISTANTS), self._called(_USERS)
        if user is None and assistant is not None and len(self._numbers) == 2:
            user = next(key for key in self._numbers if key != assistant)
        for key, form in ((assistant, _YOU_DID), (user, _I)):
            if key is not None and form.search(cue) is not None:
                return key
        return None

    def _called(self, names: Sequence[str]) -> str | None:
        keys = (key for name in names for key in sorted(self._parts.get(name, ())) if key.lower() == name)
        return next(keys, None)

    def _named(self, word: str, plain: bool, *, first: bool) -> frozenset[str]:
        capital, low = word[0].isupper(), word.lower()
        if low in STOP_WORDS and (first or not capital):
            return frozenset()
        if capital or plain:
            return frozenset(self._parts.get(low, ()))
        return frozenset(self._as_given.get(word, ()))

    def _misspelt(self, word: str, likeness: float) -> frozenset[str]:
        if word in STOP_WORDS:
            return frozenset()
        best, name = likeness, ""
        matcher = SequenceMatcher(None, "", word)
        for part in sorted(self._by_initial.get(word[0], ())):
            matcher.set_seq1(part)
            if matcher.real_quick_ratio() < best or matcher.quick_ratio() < best:
                continue
            ratio = matcher.ratio()
            if ratio > best or (ratio == best and not name):
                best, name = ratio, part
        return frozenset(self._parts[name]) if name else frozenset()


def _parts(key: str) -> list[str]:
    """Words of a name; initials only where there is nothing else."""
    words = key.split()
    return [word for word in words if len(word) > 1] or words


def _append(found: list[Mention], mention: Mention, cue: str) -> None:
    """Adds a mention, as one with the last where both may be parts of one name."""
    if found and not found[-1].possessive and not cue[found[-1].stop : mention.start].strip(" .-"):
        both = found[-1].people & mention.people
        if both:
            found[-1] = Mention(found[-1].start, mention.stop, both, mention.possessive)
            return
    found.append(mention)


def masked(cue: str, mentions: Sequence[Mention]) -> str:
    """The cue with the people it names as I or my: encoders know what a person says, not who it is.

    >>> masked("What did Dana's sister say?", [Mention(9, 15, frozenset({"Dana"}), True)])
    "What did my sister say?"
    """
    return _replaced(cue, mentions, lambda mention: "my" if mention.possessive else "I")


def without(cue: str, mentions: Sequence[Mention]) -> str:
    """The cue without the people it names.

    >>> without("What did Dana say?", [Mention(9, 13, frozenset({"Dana"}), False)]).split()
    ['What', 'did', 'say?']
    """
    return _replaced(cue, mentions, lambda _: " ")


def _replaced(cue: str, mentions: Sequence[Mention], by: Callable[[Mention], str]) -> str:
    out: list[str] = []
    last = 0
    for mention in mentions:
        out += (cue[last : mention.start], by(mention))
        last = mention.stop
    return "".join((*out, cue[last:]))
