"""The features of every fragment for a cue; their weighted sum is the score."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from neuro.indexing.answers import TIME
from neuro.indexing.columns import Columns
from neuro.indexing.dates import fit
from neuro.indexing.probe import Matching, Reading
from neuro.indexing.tokens import Neighbours
from neuro.indexing.vocabulary import Vocabulary, idf
from neuro.indexing.word_table import WordTable

Floats = npt.NDArray[np.float32]


class Sought(NamedTuple):
    """A content word of a cue and the terms that may stand for it, each with its weight in (0, 1]."""

    word: str
    """As it stands in the cue."""
    exact: dict[int, float]
    """Itself, or the known terms spelt most like it."""
    related: dict[int, float]
    """Those and terms of like meaning."""


class Lexical(NamedTuple):
    """BM25 over the most that a cue could reach, each of shape (fragments,), in [0, 1]."""

    own: Floats
    """Of the fragment alone."""
    own_related: Floats
    """The same with related words."""
    around: Floats
    """With what its neighbours share."""
    around_related: Floats


class Scored(NamedTuple):
    """What a cue makes of every fragment, those that are gone included."""

    features: dict[str, Floats]
    """By the name of their weight, all but those that only the best get; each of shape (fragments,)."""
    lexical: Lexical
    sought: list[Sought]
    similarity: Floats
    """Cosine of the encoder's features or else of sums of word rows."""
    found: npt.NDArray[np.bool_]
    """Is held, and there is something in it or around it that the cue asks for."""


class Scorer:
    """Reads what an index holds; ``fragments`` and ``words`` count what is held, not what is gone."""

    def __init__(
        self,
        columns: Columns,
        vocabulary: Vocabulary,
        table: WordTable,
        matching: Matching,
        words: float,
        fragments: int,
    ) -> None:
        self._columns = columns
        self._vocabulary = vocabulary
        self._table = table
        self._matching = matching
        self._fragments = fragments
        self._mean_length = max(1.0, words / max(1, fragments))

    def score(self, reading: Reading, speaker: int, features: Floats | None) -> Scored:
        """The features of all fragments.

        Args:
            speaker: number of the person whom the cue names; one that nobody has where it names nobody.
            features: an encoder's row of the masked cue, shape (dimension,), of unit length; the index has such rows.
        """
        columns, matching, n = self._columns, self._matching, self._columns.size
        sought = self._sought(reading)
        lexical = self._lexical(list(reading.terms), sought)
        gist = np.maximum(0.0, np.vecdot(columns.gist[:n], self._gist(reading)))
        meaning = None if features is None else np.maximum(0.0, np.vecdot(columns.features[:n], features))
        said = columns.speaker[:n] == speaker
        date = fit(reading.dates, columns.day[:n])
        asking, opening = self._sequence()
        asked, some = np.maximum(asking, 0), asking >= 0
        values: dict[str, Floats] = {
            "exact": lexical.around**matching.concavity,
            "related": lexical.around_related**matching.concavity,
            "own": lexical.own**2,
            "speaker": said.astype(np.float32),
            "first_person": said * columns.first_person[:n],
            "date": date,
            "answer": np.where(some, lexical.own[asked] ** matching.concavity, np.float32(0.0)),
            "time_words": said * columns.told[:n, TIME],
            "answer_kind": columns.told[:n, reading.kinds].max(axis=1, initial=0.0),
            "opening": (said & opening).astype(np.float32),
            "question": columns.question[:n].astype(np.float32),
            "gist": gist,
        }
        found = (
            (lexical.around_related > 0.0)
            | (date > 0.0)
            | (gist > matching.gist_floor)
            | (values["answer"] > 0.0)
        )
        if meaning is not None:
            values["meaning"] = meaning
            values["answer_meaning"] = np.where(
                some, np.maximum(0.0, meaning[asked] - np.float32(matching.chance)), np.float32(0.0)
            )
            found |= meaning > matching.meaning_floor
        if reading.names_only:
            found |= said
        found &= columns.alive[:n]
        return Scored(values, lexical, sought, gist if meaning is None else meaning, found)

    def rarity(self, slots: npt.NDArray[np.intp]) -> Floats:
        """Mean idf of the distinct terms of some fragments over that of a term which only one fragment holds."""
        vocabulary = self._vocabulary
        counts = self._columns.distinct[slots]
        rare = idf(vocabulary.df[: len(vocabulary)], self._fragments) / idf(1, self._fragments)
        terms = vocabulary.terms(self._columns.words_of(slots.tolist()))
        sums = np.bincount(np.repeat(np.arange(len(slots)), counts), rare[terms], len(slots))
        return (sums / np.maximum(1, counts)).astype(np.float32)

    def neighbours(self, slots: npt.NDArray[np.intp]) -> Neighbours:
        """What is around some fragments."""
        columns = self._columns
        return Neighbours(slots, columns.near[slots], columns.share[slots], self._norm(columns.length[slots]))

    def _norm(self, lengths: Floats) -> Floats:
        """BM25's k1 for fragments of some lengths."""
        m = self._matching
        length = lengths / np.float32(self._mean_length)
        return (m.saturation * (1.0 - m.length_norm + m.length_norm * length)).astype(np.float32)

    def _gist(self, reading: Reading) -> Floats:
        """Direction of the sum of the word rows of a cue."""
        row = self._table.sum(reading.terms)
        return (row / max(1e-6, float(np.linalg.norm(row)))).astype(np.float32)

    def _sequence(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
        """The fragment before each engram in which somebody else asked, -1 for none; and what opens an episode."""
        columns, n = self._columns, self._columns.size
        before = columns.links[columns.head[:n], 0]
        follows = before >= 0
        asking = np.where(
            follows & (columns.speaker[before] != columns.speaker[:n]), columns.asking[before], -1
        )
        second = follows & (columns.links[columns.head[before], 0] < 0)
        return asking, columns.in_episode[:n] & (~follows | second)

    def _sought(self, reading: Reading) -> list[Sought]:
        found: list[Sought] = []
        related = self._vocabulary.related(list(reading.terms), self._matching)
        for (stem, word), near in zip(reading.terms.items(), related, strict=True):
            exact = self._vocabulary.standing_for(stem, self._matching)
            both = dict(exact)
            for term, weight in near.items():
                both[term] = max(weight, both.get(term, 0.0))
            found.append(Sought(word, exact, both))
        return found

    def _lexical(self, stems: list[str], sought: list[Sought]) -> Lexical:
        n = self._columns.size
        sums = Lexical(*(np.zeros(n, np.float32) for _ in range(4)))
        norm = self._norm(self._columns.length[:n])
        most = [1e-9, 1e-9]
        for stem, word in zip(stems, sought, strict=True):
            exact = self._held(word.exact)
            for side, terms in enumerate((word.exact, word.related)):
                weight = self._idf(stem, terms)
                most[side] += weight
                if not terms:
                    continue
                slots, counts = exact if terms == word.exact else self._held(terms)
                sums[side][slots] += weight * (counts / (counts + norm[slots]))
                around = self._around(slots, counts)
                sums[2 + side][:] += np.float32(weight) * np.divide(
                    around, around + norm, out=around, where=around > 0.0
                )
        return Lexical(*(total / np.float32(most[i % 2]) for i, total in enumerate(sums)))

    def _idf(self, stem: str, terms: dict[int, float]) -> float:
        """idf of a stem or, where nothing holds it, of what stands for it."""
        df: float = self._vocabulary.frequency(stem)
        if not df:
            df = sum(weight * float(self._vocabulary.df[term]) for term, weight in terms.items())
        return float(idf(df, self._fragments))

    def _held(self, terms: dict[int, float]) -> tuple[npt.NDArray[np.intp], Floats]:
        """Fragments that hold any of some terms, and the largest weight times count of each."""
        slots, counts = self._vocabulary.postings(terms)
        alive = self._columns.alive[slots]
        slots, counts = slots[alive], counts[alive]
        if len(terms) <= 1:
            return slots, counts
        best = np.zeros(self._columns.size, np.float32)
        np.maximum.at(best, slots, counts)
        distinct = np.flatnonzero(best)
        return distinct, best[distinct]

    def _around(self, slots: npt.NDArray[np.intp], counts: Floats) -> Floats:
        """Counts with what neighbours share, shape (fragments,)."""
        columns = self._columns
        found = np.zeros(columns.size, np.float32)
        found[slots] = counts
        np.add.at(found, columns.near[slots].ravel(), (columns.share[slots] * counts[:, None]).ravel())
        return found
