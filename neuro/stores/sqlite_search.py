"""Finding the engrams of one place: candidates from SQLite's full text and from features, scored exactly.

Full text is good at naming a few hundred fragments among many; which of them are best is said by
`neuro.indexing.probe`, as for every other store.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from neuro.indexing.probe import Match, Probe, bm25, relevance
from neuro.indexing.vectors import VectorIndex
from neuro.stores.sqlite_place import Place, PlaceRow, count_fragments
from neuro.stores.sqlite_schema import words_of

_CANDIDATES = 200
"""Fewest fragments taken from either side."""
_CANDIDATES_PER_ANSWER = 4
_POSTINGS = 30_000
"""Most entries of common terms that full text may rank before it has to do without the commonest."""
_ASKED_TERMS = 256
"""Full text is asked for so many terms of a long cue, the rarest; all of them count in the score."""
_LOADED_AT_ONCE = 4096


class _Fragment(NamedTuple):
    id: int
    engram_id: str
    counts: list[int]
    """How often it holds each term of the probe."""
    length: int


class PlaceSearch:
    """Searches a place; belongs to the thread that reads.

    The features of all fragments are held in memory from the first search on. What was added since is read
    before each search; what was deleted, by whatever process, shows when a candidate is not there any more.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._features = VectorIndex()
        self._newest = 0

    def __call__(self, connection: sqlite3.Connection, probe: Probe, limit: int) -> list[Match]:
        """`EngramStore.search`."""
        place = self._place.find_row(connection)
        if place is None:
            return []
        if probe.features is not None:
            self._catch_up(connection, place)
        return _ranked(self._candidates(connection, place, probe, limit), self._features, probe, limit)

    def _catch_up(self, connection: sqlite3.Connection, place: PlaceRow) -> None:
        if len(self._features) > 2 * place.fragments + _LOADED_AT_ONCE:
            self._features, self._newest = VectorIndex(), 0  # most of it was deleted: begin again
        if place.dimension is None:
            return
        rows = connection.execute(
            "SELECT f.id, f.ordinal, m.features FROM fragment f"
            " LEFT JOIN embedding m ON f.ordinal = 0 AND m.engram = f.engram"  # once for all its fragments
            " WHERE f.place = ? AND f.id > ? ORDER BY f.id",
            (place.id, self._newest),
        )
        features: npt.NDArray[np.float16] | None = None
        while loaded := rows.fetchmany(_LOADED_AT_ONCE):
            keys: list[int] = []
            vectors: list[npt.NDArray[np.float16]] = []
            for fragment, ordinal, blob in loaded:
                if ordinal == 0:
                    features = _rows(blob, place.dimension)
                if features is not None:
                    keys.append(fragment)
                    vectors.append(features[min(ordinal, len(features) - 1)])
            if keys:
                self._features.add(keys, np.array(vectors))
            self._newest = loaded[-1][0]

    def _candidates(
        self, connection: sqlite3.Connection, place: PlaceRow, probe: Probe, limit: int
    ) -> list[_Fragment]:
        """Fragments of at least ``limit`` engrams from either side, if there are so many."""
        wanted = max(_CANDIDATES, _CANDIDATES_PER_ANSWER * limit)
        while True:
            by_words = _by_words(connection, place, probe, wanted)
            by_features = self._by_features(connection, probe, wanted)
            if all(
                len(side) < wanted or len({fragment.engram_id for fragment in side.values()}) >= limit
                for side in (by_words, by_features)
            ):
                return list({**by_words, **by_features}.values())
            wanted *= 4  # a few long contents took all the room

    def _by_features(self, connection: sqlite3.Connection, probe: Probe, wanted: int) -> dict[int, _Fragment]:
        if probe.features is None or probe.matching.features == 0.0:
            return {}
        while True:
            best = self._features.top(probe.features, wanted)
            found = _read(connection, best, probe.terms)
            if len(found) == len(best):
                return found
            self._features.remove(set(best) - set(found))


def _rows(blob: bytes | None, dimension: int) -> npt.NDArray[np.float16] | None:
    return None if blob is None else np.frombuffer(blob, "<f2").reshape(-1, dimension)


def _by_words(
    connection: sqlite3.Connection, place: PlaceRow, probe: Probe, wanted: int
) -> dict[int, _Fragment]:
    """The best fragments by full text; where terms are very common, by the rarer ones if those suffice.

    To rank a term costs a look at every fragment that holds it, and one that most of them hold says little.
    """
    if probe.matching.words == 0.0:
        return {}
    counts = count_fragments(connection, place.id, probe.terms)
    rarest = sorted(counts, key=lambda term: (counts[term], term))[:_ASKED_TERMS]
    postings = accumulate(counts[term] for term in rarest)
    few = max(1, sum(total <= _POSTINGS for total in postings))
    found = _best_ranked(connection, place, rarest[:few], wanted)
    if len(found) < wanted and few < len(rarest):
        found = _best_ranked(connection, place, rarest, wanted)
    return _read(connection, found, probe.terms)


def _best_ranked(connection: sqlite3.Connection, place: PlaceRow, asked: list[str], wanted: int) -> list[int]:
    if not asked:
        return []
    words = words_of(place.id)
    rows = connection.execute(
        f"SELECT rowid FROM {words} WHERE {words} MATCH ? ORDER BY rank LIMIT ?",
        (" OR ".join(f'"{term}"' for term in asked), wanted),  # known terms: letters and digits only
    )
    return [fragment for (fragment,) in rows]


def _read(
    connection: sqlite3.Connection, fragments: Sequence[int], asked: Sequence[str]
) -> dict[int, _Fragment]:
    """Those of the fragments that are still there."""
    rows = connection.execute(
        "SELECT f.id, e.engram_id, f.terms FROM fragment f JOIN engram e ON e.id = f.engram"
        " WHERE f.id IN (SELECT value FROM json_each(?))",
        (json.dumps(fragments),),
    )
    column = {term: i for i, term in enumerate(asked)}
    found: dict[int, _Fragment] = {}
    for fragment, engram_id, text in rows:
        words, counts = text.split(), [0] * len(asked)
        for word in words:
            if word in column:
                counts[column[word]] += 1
        found[fragment] = _Fragment(fragment, engram_id, counts, len(words))
    return found


def _ranked(candidates: list[_Fragment], features: VectorIndex, probe: Probe, limit: int) -> list[Match]:
    """The best engrams by their best fragment; ties by id."""
    lexical = np.zeros(len(candidates))
    if candidates and probe.matching.words > 0.0:
        counts = np.array([c.counts for c in candidates], dtype=np.float64)
        lexical = bm25(counts, np.array([c.length for c in candidates], dtype=np.float64), probe)
    similarity = np.zeros(len(candidates))
    if probe.features is not None:
        similarity = features.cosines(probe.features, [c.id for c in candidates])
    scored = zip(
        relevance(lexical, similarity, probe.matching).tolist(),
        lexical.tolist(),
        similarity.tolist(),
        candidates,
        strict=True,
    )
    found: dict[str, Match] = {}
    for score, words, cosine, c in sorted(scored, key=lambda s: (-s[0], s[3].engram_id, s[3].id)):
        if score <= 0.0 or len(found) == limit:
            break
        if c.engram_id not in found:
            matched = tuple(term for term, count in zip(probe.terms, c.counts, strict=True) if count)
            found[c.engram_id] = Match(c.engram_id, score, words, cosine, matched)
    return list(found.values())
