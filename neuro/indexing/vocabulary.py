"""The words that fragments hold: where they stand, and which known words may stand for a word of a cue."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from neuro.indexing.arrays import FIRST_CAPACITY, grown
from neuro.indexing.probe import Matching
from neuro.indexing.word_table import WordTable

_COUNT_BITS = 16
_MOST = (1 << _COUNT_BITS) - 1
_LONGEST_SPELT = 64
"""Letters; a longer word is a key or a blob, and never misspelt, nor what a misspelt one stands for."""


class Vocabulary:
    """Terms (stems) by number, each with its postings; and the words that they came as, by numbers of their own."""

    def __init__(self, table: WordTable) -> None:
        self._table = table
        self._numbers: dict[str, int] = {}
        self._stems: list[str] = []
        self._word_numbers: dict[str, int] = {}
        self._words: list[str] = []
        self._uses: npt.NDArray[np.int32] = np.zeros(FIRST_CAPACITY, dtype=np.int32)
        """Fragments that hold each word."""
        self._term_of: npt.NDArray[np.int32] = np.zeros(FIRST_CAPACITY, dtype=np.int32)
        self._postings: list[array[int]] = []
        self._trigrams: dict[str, array[int]] = {}
        self._tabled: npt.NDArray[np.int32] = np.zeros(FIRST_CAPACITY, dtype=np.int32)
        self._unit: npt.NDArray[np.float32] = np.zeros(
            (FIRST_CAPACITY, table.rows.shape[1]), dtype=np.float32
        )
        self._tabled_size = 0
        self.df: npt.NDArray[np.int32] = np.zeros(FIRST_CAPACITY, dtype=np.int32)
        """Fragments that hold each term."""

    def __len__(self) -> int:
        return len(self._stems)

    def holds(self, stem: str) -> bool:
        """Whether a fragment that is held has the stem."""
        number = self._numbers.get(stem)
        return number is not None and self.df[number] > 0

    def frequency(self, stem: str) -> int:
        """Fragments that hold a stem."""
        number = self._numbers.get(stem)
        return 0 if number is None else int(self.df[number])

    def word(self, number: int) -> str:
        """A word by its number."""
        return self._words[number]

    def terms(self, words: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Numbers of the terms of words, given by theirs."""
        return self._term_of[words]

    def post(self, stem: str, word: str, slot: int, count: int) -> int:
        """Notes that a fragment holds a stem so many times, the first as a word; the number of that word."""
        term = self._numbers.get(stem)
        if term is None:
            term = self._enter(stem)
        self._postings[term].append(slot << _COUNT_BITS | min(count, _MOST))
        self.df[term] += 1
        number = self._number(word, term)
        self._uses[number] += 1
        return number

    def _number(self, word: str, term: int) -> int:
        number = self._word_numbers.setdefault(word, len(self._words))
        if number == len(self._words):
            self._words.append(word)
            self._term_of = grown(self._term_of, number + 1)
            self._uses = grown(self._uses, number + 1)
            self._term_of[number] = term
        return number

    def _enter(self, stem: str) -> int:
        term = self._numbers[stem] = len(self._stems)
        self._stems.append(stem)
        self._postings.append(array("q"))
        self.df = grown(self.df, term + 1)
        row = self._table.at.get(stem, -1)
        if row >= 0:
            self._tabled = grown(self._tabled, self._tabled_size + 1)
            self._unit = grown(self._unit, self._tabled_size + 1)
            self._tabled[self._tabled_size] = term
            self._unit[self._tabled_size] = self._table.unit[row]
            self._tabled_size += 1
        for trigram in _spelling(stem):
            self._trigrams.setdefault(trigram, array("i")).append(term)
        return term

    def retire(self, words: npt.NDArray[np.int32]) -> None:
        """Notes that a fragment which held these words is gone; its postings stay until `compacted`."""
        self.df[self._term_of[words]] -= 1
        self._uses[words] -= 1

    def erase(self) -> Iterator[None]:
        """Drops the text of what no fragment holds any more; if it is said again, it has a new number.

        The first step drops the words, further ones their spellings; between steps anything may happen.
        """
        for number in np.flatnonzero(self._uses[: len(self._words)] == 0).tolist():
            self._word_numbers.pop(self._words[number], None)
            self._words[number] = ""
        gone: list[str] = []
        for term in np.flatnonzero(self.df[: len(self)] == 0).tolist():
            if stem := self._stems[term]:
                gone.append(stem)
                del self._numbers[stem]
                self._stems[term], self._postings[term] = "", array("q")
        pieces: set[str] = set()
        for stem in gone:
            yield
            pieces |= _spelling(stem)
        for piece in pieces:
            yield
            left = [term for term in self._trigrams.pop(piece, ()) if self._stems[term]]
            if left:
                self._trigrams[piece] = array("i", left)

    def compacted(
        self, places: npt.NDArray[np.int32], used: npt.NDArray[np.int32]
    ) -> tuple[Vocabulary, npt.NDArray[np.int32]]:
        """A vocabulary of what is held, and the new number of each word (-1: gone).

        Args:
            places: new slot of each slot, -1 for those that are gone.
            used: numbers of the words that fragments hold.
        """
        new = Vocabulary(self._table)
        for term in np.flatnonzero(self.df[: len(self)]).tolist():
            packed = np.frombuffer(self._postings[term].tobytes(), dtype=np.int64)
            slots = places[packed >> _COUNT_BITS].astype(np.int64)
            kept = (slots << _COUNT_BITS | packed & _MOST)[slots >= 0]
            number = new._enter(self._stems[term])
            new._postings[number] = array("q", kept.tobytes())
            new.df[number] = len(kept)
        numbers = np.full(len(self._words), -1, dtype=np.int32)
        uses = np.bincount(used, minlength=len(self._words))
        for word in np.flatnonzero(uses).tolist():
            stem = self._stems[int(self._term_of[word])]
            numbers[word] = number = new._number(self._words[word], new._numbers[stem])
            new._uses[number] = uses[word]
        return new, numbers

    def postings(self, weights: Mapping[int, float]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Slots that hold some terms (also such as are gone), and how often, times the weight of the term."""
        packed = np.frombuffer(b"".join(self._postings[term].tobytes() for term in weights), dtype=np.int64)
        counts = (packed & _MOST).astype(np.float32)
        if len(weights) > 1 or 1.0 not in weights.values():
            sizes = [len(self._postings[term]) for term in weights]
            counts *= np.repeat(np.fromiter(weights.values(), np.float32, len(weights)), sizes)
        return packed >> _COUNT_BITS, counts

    def standing_for(self, stem: str, matching: Matching) -> dict[int, float]:
        """Terms that are a stem of a cue: itself or, where nothing holds it, the known ones spelt most like it.

        The likeness is Dice's coefficient of the sets of letter trigrams, the stem between < and >. Numbers and
        overlong words have no other spelling.
        """
        number = self._numbers.get(stem)
        if number is not None and self.df[number] > 0:
            return {number: 1.0}
        if len(stem) > _LONGEST_SPELT or any(map(str.isdigit, stem)):
            return {}
        own = _trigrams(stem)
        shared = Counter(chain.from_iterable(self._trigrams.get(trigram, ()) for trigram in own))
        alike: list[tuple[float, str, int]] = []
        for term, common in shared.items():
            # Dice of at least f needs common >= f / (2 - f) of the stem's own trigrams.
            if self.df[term] > 0 and common * (
                2.0 - matching.spelling_floor
            ) >= matching.spelling_floor * len(own):
                other = self._stems[term]
                dice = 2.0 * common / (len(own) + len(_trigrams(other)))
                if dice >= matching.spelling_floor:
                    alike.append((-dice, other, term))
        return {term: -dice for dice, _, term in sorted(alike)[: matching.most_spellings]}

    def related(self, stems: Sequence[str], matching: Matching) -> list[dict[int, float]]:
        """For each stem the terms of like meaning that something holds: ``(cosine - floor) / (1 - floor)``."""
        rows = [self._table.at.get(stem, -1) for stem in stems]
        known = [row for row in rows if row >= 0]
        found: list[dict[int, float]] = [{} for _ in stems]
        if not known:
            return found
        terms = self._tabled[: self._tabled_size]
        cosines = self._unit[: self._tabled_size] @ self._table.unit[known].T
        cosines[self.df[terms] == 0] = 0.0
        floor = matching.related_floor
        column = 0
        for j, row in enumerate(rows):
            if row < 0:
                continue
            cosine = cosines[:, column]
            column += 1
            near = np.flatnonzero(cosine > floor)
            if len(near) > matching.most_related:
                near = near[np.argsort(-cosine[near])[: matching.most_related]]
            weights = (cosine[near] - floor) / (1.0 - floor)
            found[j] = dict(zip(terms[near].tolist(), weights.tolist(), strict=True))
        return found


def idf(frequency: npt.ArrayLike, fragments: int) -> npt.NDArray[np.float64]:
    """Inverse document frequency, ``ln(1 + (N - df + .5) / (df + .5))`` (Robertson & Zaragoza 2009), above 0.

    >>> idf([1, 3], fragments=3).round(2).tolist()
    [0.98, 0.13]
    """
    df = np.minimum(frequency, fragments)
    return np.log1p((fragments - df + 0.5) / (df + 0.5))


def _spelling(stem: str) -> set[str]:
    """By what a stem is found where a word is misspelt; empty for one that never is."""
    return _trigrams(stem) if len(stem) <= _LONGEST_SPELT else set()


def _trigrams(stem: str) -> set[str]:
    marked = f"<{stem}>"
    return {marked[i : i + 3] for i in range(len(marked) - 2)}
