"""Kinds of things (activities, animals, foods, ...): which words name members of one, and which ask for them all.

A kind is the mean of a dozen typical members' rows in a word table, and what lies near enough is a member: graded
membership around a prototype (Rosch 1975, Cognitive representations of semantic categories). English only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from neuro.indexing.terms import stem
from neuro.indexing.word_table import Rows, WordTable

_SHIPPED: Final = Path(__file__).parent / "data" / "kinds.tsv"
_MEMBER: Final = 0.5
"""Cosine with the prototype from which a word is a member: on the development conversations, lists of what people tell
read well from here on, and from .4 to .5 the same evidence is found through them."""
_NEAREST: Final = 0.05
"""A word belongs to the kinds whose prototypes are so much less like it, or less, than the nearest one (by hand)."""


class Kinds:
    """Members of kinds by their stems, and kinds by the words that ask for them.

    Args:
        described: for each kind the words (plurals, in lower case) that ask for it, and typical members.
        table: rows of stems; members are sought among them.

    >>> kinds = Kinds.shipped()
    >>> kinds.of("clarinet"), kinds.of("dog"), kinds.asked(["which", "pets"])
    (('instruments',), ('animals',), ('animals',))
    """

    def __init__(
        self, described: Mapping[str, tuple[Iterable[str], Iterable[str]]], table: WordTable
    ) -> None:
        self.names: tuple[str, ...] = tuple(described)
        self._table = table
        typical = [{stem(word) for word in members} for _, members in described.values()]
        asking: defaultdict[str, list[str]] = defaultdict(list)
        for name, (words, _) in described.items():
            for word in words:
                asking[word].append(name)
        self._asking = {word: tuple(names) for word, names in asking.items()}
        self._own = {name: {stem(word) for word in (name, *words)} for name, (words, _) in described.items()}
        self.prototypes: Mapping[str, Rows] = MappingProxyType(
            {name: self._mean(stems) for name, stems in zip(self.names, typical, strict=True)}
        )
        """A row of unit length for each kind; zeros where the table has no typical member."""
        self._members = self._gathered(typical)

    @classmethod
    def shipped(cls) -> Kinds:
        """The thirty kinds that come with the package, over the shipped word table; made once."""
        return _shipped()

    @classmethod
    def over(cls, table: WordTable) -> Kinds:
        """The same kinds over another table: their members are its words; in another language, none."""
        return _shipped() if table is WordTable.shipped() else Kinds(_described(), table)

    def of(self, stem: str) -> tuple[str, ...]:
        """The kinds of which a stem names a member, the nearest first; words that ask for a kind are none of it."""
        return self._members.get(stem, ())

    def asked(self, words: Iterable[str]) -> tuple[str, ...]:
        """The kinds whose members some words (in lower case) ask for."""
        return tuple(dict.fromkeys(name for word in words for name in self._asking.get(word, ())))

    def likeness(self, kind: str, stems: Iterable[str]) -> float:
        """Cosine of the sum of the rows of some stems with a prototype, in [0, 1]."""
        row = self._table.sum(stems)
        return max(0.0, float(row @ self.prototypes[kind]) / max(1e-6, float(np.linalg.norm(row))))

    def _mean(self, stems: Iterable[str]) -> Rows:
        rows = [row for row in map(self._table.at.get, sorted(stems)) if row is not None]
        mean = self._table.unit[rows].sum(axis=0)
        return (mean / max(1e-6, float(np.linalg.norm(mean)))).astype(np.float32)

    def _gathered(self, typical: list[set[str]]) -> dict[str, tuple[str, ...]]:
        cosines = self._table.unit @ np.stack([self.prototypes[name] for name in self.names]).T
        near = (cosines >= _MEMBER) & (cosines >= cosines.max(axis=1, keepdims=True) - _NEAREST)
        for kind, stems in enumerate(typical):
            near[[row for row in map(self._table.at.get, stems) if row is not None], kind] = True
        stems = list(self._table.at)
        members: dict[str, tuple[str, ...]] = {}
        for row in np.flatnonzero(near.any(axis=1)).tolist():
            nearest = sorted(np.flatnonzero(near[row]).tolist(), key=lambda kind: -float(cosines[row, kind]))
            names = tuple(self.names[k] for k in nearest if stems[row] not in self._own[self.names[k]])
            if names:
                members[stems[row]] = names
        return members


@cache
def _shipped() -> Kinds:
    return Kinds(_described(), WordTable.shipped())


def _described() -> dict[str, tuple[Iterable[str], Iterable[str]]]:
    described: dict[str, tuple[Iterable[str], Iterable[str]]] = {}
    for line in _SHIPPED.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            name, asking, members = line.split("\t")
            described[name] = (asking.split(), members.split())
    return described
