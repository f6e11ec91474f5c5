"""The in-process index over the engrams of one region: words by an inverted index, features by exact scan.

Incremental: adding or removing an engram costs what it holds, not what is stored. The unit of finding is the
fragment, the unit of the answer the engram, by its best fragment. One thread writes; `search` may run in
another one meanwhile, because arrays are only ever appended to or replaced as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from neuro.engram import Engram
from neuro.errors import FeatureMismatchError
from neuro.indexing.probe import Frequencies, Match, Probe, relevance, saturated, term_shares
from neuro.indexing.terms import fragment_terms

_FIRST_CAPACITY = 64

_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(slots=True)
class _Posting:
    """Which fragments hold a term and how often; the first ``size`` entries count."""

    slots: npt.NDArray[np.int32]
    counts: npt.NDArray[np.float64]
    size: int = 0
    alive: int = 0

    def append(self, slot: int, count: int) -> None:
        if self.size == len(self.slots):
            self.slots = _grown(self.slots)
            self.counts = _grown(self.counts)
        self.slots[self.size] = slot
        self.counts[self.size] = count
        self.size += 1
        self.alive += 1


def _grown(array: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
    bigger = np.zeros((max(4, 2 * len(array)), *array.shape[1:]), dtype=array.dtype)
    bigger[: len(array)] = array
    return bigger


class _Columns:
    """What is known of each fragment, by slot."""

    def __init__(self, dimension: int = 0, capacity: int = _FIRST_CAPACITY) -> None:
        self.size = 0
        self.lengths: npt.NDArray[np.float64] = np.zeros(capacity, dtype=np.float64)
        self.alive: npt.NDArray[np.bool_] = np.zeros(capacity, dtype=np.bool_)
        self.features: npt.NDArray[np.float32] = np.zeros((capacity, dimension), dtype=np.float32)
        self.owners: list[str] = []
        self.words: list[frozenset[str]] = []

    def append(
        self, owner: str, words: frozenset[str], length: int, row: npt.NDArray[np.float16] | None
    ) -> int:
        if self.size == len(self.lengths):
            self.lengths = _grown(self.lengths)
            self.alive = _grown(self.alive)
            self.features = _grown(self.features)
        slot = self.size
        self.lengths[slot] = length
        self.alive[slot] = True
        if row is not None:
            self.features[slot] = row
        self.owners.append(owner)
        self.words.append(words)
        self.size += 1
        return slot


class EngramIndex:
    """Finds engrams by words and features; holds no engrams."""

    def __init__(self) -> None:
        self._columns = _Columns()
        self._postings: dict[str, _Posting] = {}
        self._slots: dict[str, range] = {}
        self._fragments = 0
        self._words = 0

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, engram_id: object) -> bool:
        return engram_id in self._slots

    def add(self, engram: Engram) -> None:
        """Makes an engram findable; one that is known already stays as it is."""
        if engram.engram_id in self._slots:
            return
        features = engram.features
        if features is not None:
            self._accept(features.shape[1])
        first = self._columns.size
        for i, fragment in enumerate(fragment_terms(engram)):
            counts: dict[str, int] = {}
            for term in fragment:
                counts[term] = counts.get(term, 0) + 1
            length = sum(counts.values())
            row = features[min(i, len(features) - 1)] if features is not None else None
            slot = self._columns.append(engram.engram_id, frozenset(counts), length, row)
            for term, count in counts.items():
                posting = self._postings.get(term)
                if posting is None:
                    posting = self._postings[term] = _Posting(np.zeros(4, np.int32), np.zeros(4, np.float64))
                posting.append(slot, count)
            self._fragments += 1
            self._words += length
        self._slots[engram.engram_id] = range(first, self._columns.size)

    def _accept(self, dimension: int) -> None:
        known = self._columns.features.shape[1]
        if known == 0:
            self._columns.features = np.zeros((len(self._columns.lengths), dimension), dtype=np.float32)
        elif known != dimension:
            raise FeatureMismatchError(f"features: this index holds dimension {known} (got {dimension})")

    def remove(self, engram_id: str) -> None:
        """Makes an engram unfindable; an unknown one: nothing."""
        slots = self._slots.pop(engram_id, None)
        if slots is None:
            return
        columns = self._columns
        for slot in slots:
            columns.alive[slot] = False
            for term in columns.words[slot]:
                posting = self._postings[term]
                posting.alive -= 1
                if posting.alive == 0:
                    del self._postings[term]
            self._fragments -= 1
            self._words -= int(columns.lengths[slot])
        if columns.size > _FIRST_CAPACITY and self._fragments < columns.size // 2:
            self._compact()

    def _compact(self) -> None:
        """Rebuilds the arrays without their dead half: amortised, each removal pays for its own slot."""
        old = self._columns
        kept = np.flatnonzero(old.alive[: old.size])
        place = np.full(old.size, -1, dtype=np.int32)
        place[kept] = np.arange(len(kept), dtype=np.int32)
        new = _Columns(old.features.shape[1], max(_FIRST_CAPACITY, 2 * len(kept)))
        new.size = len(kept)
        new.lengths[: new.size] = old.lengths[kept]
        new.alive[: new.size] = True
        new.features[: new.size] = old.features[kept]
        new.owners = [old.owners[slot] for slot in kept]
        new.words = [old.words[slot] for slot in kept]
        postings: dict[str, _Posting] = {}
        for term, posting in self._postings.items():
            slots = place[posting.slots[: posting.size]]
            live = slots >= 0
            size = int(live.sum())
            postings[term] = _Posting(slots[live], posting.counts[: posting.size][live], size, size)
        self._slots = {i: range(place[r.start], place[r.start] + len(r)) for i, r in self._slots.items()}
        self._columns, self._postings = new, postings

    def frequencies(self, asked: tuple[str, ...]) -> Frequencies:
        """How common terms are among the fragments held."""
        found = (self._postings.get(term) for term in asked)
        return Frequencies(self._fragments, self._words, tuple(0 if p is None else p.alive for p in found))

    def search(self, probe: Probe, limit: int) -> list[Match]:
        """The best ``limit`` engrams by relevance above 0, ties by id."""
        columns, size = self._columns, self._columns.size
        if size == 0:
            return []
        lexical = self._lexical(probe, columns, size)
        similarity = np.zeros(size)
        if probe.features is not None and columns.features.shape[1] == len(probe.features):
            # Not a matrix product: BLAS would spin up all cores for it, and wait for the busy ones.
            similarity = np.vecdot(columns.features[:size], probe.features).astype(np.float64)
        scores = np.where(columns.alive[:size], relevance(lexical, similarity, probe.matching), 0.0)
        found: dict[str, Match] = {}
        for slot in _best(scores, limit, columns.owners):
            owner = columns.owners[slot]
            if owner not in found:
                held = columns.words[slot]
                found[owner] = Match(
                    owner,
                    float(scores[slot]),
                    float(lexical[slot]),
                    float(similarity[slot]),
                    tuple(term for term in probe.terms if term in held),
                )
                if len(found) == limit:
                    break
        return list(found.values())

    def _lexical(self, probe: Probe, columns: _Columns, size: int) -> npt.NDArray[np.float64]:
        """BM25 of every fragment; costs what holds the terms of the probe, however many it has."""
        scores = np.zeros(size)
        if probe.matching.words == 0.0:
            return scores
        for term, share in zip(probe.terms, term_shares(probe), strict=True):
            posting = self._postings.get(term)
            if posting is not None:
                slots, counts = posting.slots[: posting.size], posting.counts[: posting.size]
                inside = slots < size
                slots, counts = slots[inside], counts[inside]
                scores[slots] += share * saturated(counts, columns.lengths[slots], probe)
        return scores


def _best(scores: npt.NDArray[np.float64], limit: int, owners: list[str]) -> list[int]:
    """Slots in order of score, then of owner; enough of them for ``limit`` distinct owners."""
    positive = np.flatnonzero(scores > 0.0)
    values = scores[positive]
    wanted = limit
    while wanted < len(positive):
        bar = np.partition(values, len(values) - wanted)[len(values) - wanted]
        best: list[int] = positive[values >= bar].tolist()
        if len({owners[slot] for slot in best}) >= limit:
            break
        wanted *= 4
    else:
        best = positive.tolist()
    return sorted(best, key=lambda slot: (-scores[slot], owners[slot], slot))
