"""Finds engrams by what they say, who said it, when, and what was said around it.

The unit of finding is the fragment, the unit of the answer the engram, by its best fragment. Adding and removing cost
what an engram holds and its neighbours in the episode; nothing is rebuilt at a search. The index holds no engrams.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from neuro.engram import Engram, TokenVectors
from neuro.indexing.answers import asked
from neuro.indexing.arrays import FIRST_CAPACITY
from neuro.indexing.columns import Columns, Episodes, Held
from neuro.indexing.dates import day_number, spans
from neuro.indexing.people import People, masked, person, without
from neuro.indexing.probe import Match, Matching, Reading, Weights
from neuro.indexing.reasons import reasons
from neuro.indexing.scoring import Floats, Scored, Scorer
from neuro.indexing.terms import forget_words, terms, worded
from neuro.indexing.tokens import TokenColumn
from neuro.indexing.traits import traits
from neuro.indexing.vocabulary import Vocabulary
from neuro.indexing.word_table import WordTable

_ALL = slice(None)
_BATCH = 256
"""Engrams that are added together: it bounds what their gists take while they are summed."""


class FeatureMatrix(NamedTuple):
    """The features of every fragment for one cue."""

    names: tuple[str, ...]
    """Names of the columns: fields of `Weights`."""
    values: Floats
    """Shape (fragments, len(names)), each in [0, 1]."""
    owners: tuple[str, ...]
    """Id of the engram of each row."""


class FragmentIndex:
    """The words, people, days and episodes of engrams, and an encoder's features where it has one.

    Not for several threads at once, but for `read`, which may run beside anything.

    Args:
        table: says which words mean alike.
        matching: weights and constants of the score.
        dense: whether the features of engrams are kept (float32, so twice what they take there) and compared, and
            with them vectors of their tokens.
    """

    def __init__(self, table: WordTable, matching: Matching | None = None, *, dense: bool = False) -> None:
        self.matching = Matching() if matching is None else matching
        self.dense = dense
        self._table = table
        self._held: dict[str, Held] = {}
        self._columns = Columns(table.rows.shape[1], self.matching.neighbour_reach)
        self._tokens = TokenColumn()
        self._vocabulary = Vocabulary(table)
        self._episodes = Episodes()
        self._people = People()
        self._encoded = 0
        self._fragments = 0
        self._words = 0

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, engram_id: object) -> bool:
        return engram_id in self._held

    def add(self, engram: Engram) -> None:
        """Makes an engram findable; one that is held stays as it is."""
        self.add_many((engram,))

    def add_many(self, engrams: Iterable[Engram]) -> None:
        """Makes engrams findable, those that are held stay as they are; faster than one by one."""
        waiting = iter(engrams)
        while batch := list(islice(waiting, _BATCH)):
            touched: set[int] = set()
            for engram in batch:
                if engram.engram_id not in self._held:
                    touched.update(self._enter(engram))
            self._renew(touched)

    def _enter(self, engram: Engram) -> Iterable[int]:
        """The slots of a new engram and those next to them."""
        columns, texts = self._columns, engram.texts
        slots = columns.extend(engram.engram_id, len(texts))
        own = slice(slots.start, slots.stop)
        encoded = self.dense and engram.features is not None and self._keep(engram.features, slots)
        if encoded and engram.tokens is not None and self.matching.compare_tokens:
            self._tokens.keep(slots, engram.tokens)
        held = Held(slots, person(engram.speaker), engram.episode_id, encoded)
        columns.speaker[own] = self._people.enter(held.person)
        columns.day[own] = day_number(engram.encoded_at if engram.occurred_at is None else engram.occurred_at)
        columns.in_episode[own] = engram.episode_id is not None
        for slot, text in zip(slots, texts, strict=True):
            self._post(slot, text)
        asking = np.flatnonzero(columns.question[own])
        columns.asking[own] = slots.start + asking[-1] if len(asking) else -1
        self._held[engram.engram_id] = held
        self._encoded += encoded
        self._fragments += len(slots)
        self._words += int(columns.length[own].sum())
        return {*slots, *self._episodes.link(engram.engram_id, self._held, columns)}

    def _post(self, slot: int, text: str) -> None:
        columns, vocabulary = self._columns, self._vocabulary
        read = traits(text)
        numbers = [
            vocabulary.post(root, read.words[root], slot, count) for root, count in read.counts.items()
        ]
        columns.words.append(np.array(numbers, dtype=np.int32).tobytes())
        columns.distinct[slot], columns.length[slot] = len(numbers), read.length
        columns.first_person[slot], columns.told[slot] = read.first_person, read.told
        columns.question[slot] = read.asks
        rows = [
            (row, count)
            for root, count in read.counts.items()
            if (row := self._table.at.get(root)) is not None
        ]
        if rows:
            at, counts = zip(*rows, strict=True)
            gist = np.array(counts, np.float32) @ self._table.rows[list(at)]
            columns.gist[slot] = gist / max(1e-6, float(np.sqrt(gist @ gist)))

    def _keep(self, features: npt.NDArray[np.float16], slots: range) -> bool:
        """Keeps features of the dimension of those that are kept, or of any if none are."""
        columns, dimension = self._columns, features.shape[1]
        if not self._encoded and columns.features.shape[1] != dimension:
            columns.widen(dimension)
        if columns.features.shape[1] != dimension:
            return False
        rows = np.minimum(np.arange(len(slots)), len(features) - 1)
        columns.features[slots.start : slots.stop] = features[rows]
        return True

    def _renew(self, touched: Iterable[int]) -> None:
        """Looks afresh for the neighbours of some fragments, and of those that they are neighbours of."""
        seeds = np.fromiter(touched, np.int32)
        if len(seeds) == 0:
            return
        self._columns.renew(seeds, self.matching)
        beyond = np.setdiff1d(self._columns.near[seeds], seeds)
        self._columns.renew(beyond, self.matching)

    def remove(self, engram_id: str) -> bool:
        """Makes an engram unfindable; whether it was held."""
        held = self._held.get(engram_id)
        if held is None:
            return False
        beside = self._episodes.unlink(engram_id, self._held, self._columns)
        del self._held[engram_id]
        self._people.leave(held.person)
        own = slice(held.slots.start, held.slots.stop)
        self._columns.alive[own] = False
        self._columns.gist[own] = self._columns.features[own] = 0.0  # which tell what it said
        self._tokens.drop(held.slots)
        for slot in held.slots:
            self._vocabulary.retire(self._columns.words_of((slot,)))
        self._encoded -= held.encoded
        self._fragments -= len(held.slots)
        self._words -= int(self._columns.length[own].sum())
        self._renew(beside)
        if self._columns.size > FIRST_CAPACITY and 2 * self._fragments < self._columns.size:
            self._compact()
        return True

    def erase(self) -> Iterator[None]:
        """Drops the words that nothing held has any more, in short steps between which anything may happen."""
        forget_words()
        return self._vocabulary.erase()

    def _compact(self) -> None:
        """Moves what is held together: each removal has paid for its own slots."""
        columns = self._columns
        kept = np.flatnonzero(columns.alive[: columns.size]).astype(np.int32)
        places = np.full(columns.size + 1, -1, dtype=np.int32)
        places[kept] = np.arange(len(kept), dtype=np.int32)
        self._vocabulary, numbers = self._vocabulary.compacted(places, columns.words_of(kept.tolist()))
        self._columns = columns.compacted(kept, places, numbers)
        self._tokens = self._tokens.moved(places)
        self._held = {
            engram_id: held._replace(
                slots=range(first := int(places[held.slots.start]), first + len(held.slots))
            )
            for engram_id, held in self._held.items()
        }

    def read(self, cue: str, asked_at: float) -> Reading:
        """What the index makes of a cue.

        Of a cue longer than `Matching.cue_characters` the beginning is read, and of more than
        `Matching.cue_terms` content words the rarest that are known count.

        Args:
            asked_at: epoch seconds; "last week" counts from there.
        """
        text = cue[: self.matching.cue_characters]
        mentions = self._people.mentions(
            text, lambda word: any(map(self._vocabulary.holds, terms(word))), self.matching
        )
        people = frozenset[str]().union(*(mention.people for mention in mentions))
        bare = worded(without(text, mentions))
        names_only = not bare and bool(mentions)
        speaker = None if mentions else self._people.meant(text)
        named = speaker or ""
        if len(people) == 1:
            speaker, named = next(iter(people)), _bare_name(text[mentions[0].start : mentions[0].stop])
        return Reading(
            text=cue,
            masked=masked(text, mentions) + cue[len(text) :],
            terms=self._rarest(worded(text) if names_only else bare),
            speaker=speaker,
            named=named,
            names_only=names_only,
            dates=spans(text, asked_at),
            kinds=asked(text),
        )

    def _rarest(self, found: dict[str, str]) -> dict[str, str]:
        most = self.matching.cue_terms
        if len(found) <= most:
            return found
        frequency = {root: self._vocabulary.frequency(root) for root in found}
        kept = set(sorted(found, key=lambda root: (not frequency[root], frequency[root]))[:most])
        return {root: word for root, word in found.items() if root in kept}

    def search(self, reading: Reading, features: npt.NDArray[np.float32] | None, limit: int) -> list[Match]:
        """The best engrams that have something the cue asks for, best first, ties by id.

        That is a word of it, exact, misspelt or of like meaning, in the engram or around it; a date; the answer to
        a question that has it; a gist or features more alike than chance. Who spoke counts where the cue asks for
        nothing else.

        Args:
            features: an encoder's row of the masked cue, shape (dimension,), of unit length; one of another dimension
                than that of the engrams is ignored, and so is every one without ``dense``.
            limit: at most so many.
        """
        if not self._held or limit < 1:
            return []
        row = self._comparable(features)
        weights = self.matching.words if row is None else self.matching.dense
        scorer = self._scorer()
        scored = scorer.score(reading, self._people.number(reading.speaker), row)
        sums = np.full(self._columns.size, -np.inf, np.float32)
        sums[scored.found] = _weighed(scored, weights)[scored.found]
        cue = None if row is None else self._interacting(reading)
        slots = self._contenders(
            sums, weights, limit if cue is None else max(limit, self.matching.token_contenders)
        )
        if len(slots) == 0:
            return []
        late = {"rarity": scorer.rarity(slots)}
        final = sums[slots] + np.float32(weights.rarity) * late["rarity"]
        if cue is not None:
            chosen = self._best(slots, final, max(limit, self.matching.token_contenders))
            slots, weights = slots[chosen], self.matching.tokens
            late = {"rarity": late["rarity"][chosen], "tokens": self._interaction(cue, slots, scorer)}
            final = _weighed(scored, weights, slots)
            final += sum(np.float32(getattr(weights, name)) * values for name, values in late.items())
        best = self._best(slots, final, limit)
        parts = [{name: float(values[i]) for name, values in late.items()} for i in best]
        return [
            self._match(int(slots[i]), float(final[i]), part, scored, reading, weights)
            for i, part in zip(best, parts, strict=True)
        ]

    def _interaction(self, cue: TokenVectors, slots: npt.NDArray[np.intp], scorer: Scorer) -> Floats:
        return self._tokens.interaction(cue, scorer.neighbours(slots), self._fragments, self.matching)

    def _interacting(self, reading: Reading) -> TokenVectors | None:
        """Token vectors of a cue, if there are such as can be compared."""
        cue = reading.tokens
        if cue is None or not len(self._tokens) or not len(cue.rows):
            return None
        return cue if cue.rows.shape[1] == self._tokens.dimension else None

    def features_of(self, reading: Reading, features: npt.NDArray[np.float32] | None = None) -> FeatureMatrix:
        """The features of every fragment that is held, for fitting `Weights`; arguments as in `search`."""
        scorer = self._scorer()
        row = self._comparable(features)
        scored = scorer.score(reading, self._people.number(reading.speaker), row)
        slots = np.flatnonzero(self._columns.alive[: self._columns.size])
        columns = {name: values[slots] for name, values in scored.features.items()}
        columns["rarity"] = scorer.rarity(slots)
        cue = None if row is None else self._interacting(reading)
        if cue is not None:
            columns["tokens"] = self._interaction(cue, slots, scorer)
        values = np.stack(list(columns.values()), axis=1)
        return FeatureMatrix(tuple(columns), values, tuple(self._columns.owners[slot] for slot in slots))

    def _comparable(self, features: npt.NDArray[np.float32] | None) -> Floats | None:
        if features is None or not self._encoded or features.shape != self._columns.features.shape[1:]:
            return None
        return features.astype(np.float32, copy=False)

    def _scorer(self) -> Scorer:
        return Scorer(
            self._columns, self._vocabulary, self._table, self.matching, self._words, self._fragments
        )

    def _contenders(self, sums: Floats, weights: Weights, limit: int) -> npt.NDArray[np.intp]:
        """Fragments that may be among the best once rarity, which is in [0, 1], has been added."""
        heads = np.flatnonzero(self._columns.head[: len(sums)] == np.arange(len(sums)))
        engrams = np.maximum.reduceat(sums, heads)
        engrams = engrams[engrams > -np.inf]
        if len(engrams) == 0:
            return np.zeros(0, np.intp)
        last = max(0, len(engrams) - limit)
        bar = np.partition(engrams, last)[last] - abs(weights.rarity) - np.float32(1e-4)
        return np.flatnonzero(sums >= bar)

    def _best(self, slots: npt.NDArray[np.intp], final: npt.NDArray[np.floating], limit: int) -> list[int]:
        """Places in ``slots`` of the best fragment of each of the best engrams."""
        owners = self._columns.owners
        chosen: dict[str, int] = {}
        for i in np.argsort(-final, kind="stable").tolist():
            if len(chosen) >= limit and final[i] < final[next(reversed(chosen.values()))]:
                break
            chosen.setdefault(owners[slots[i]], i)
        ranked = sorted((-float(final[i]), owner) for owner, i in chosen.items())
        return [chosen[owner] for _, owner in ranked[:limit]]

    def _match(
        self,
        slot: int,
        score: float,
        late: Mapping[str, float],
        scored: Scored,
        reading: Reading,
        weights: Weights,
    ) -> Match:
        return Match(
            self._columns.owners[slot],
            max(0.0, score) / weights.total,
            reasons(slot, scored, late, reading, weights, self._columns, self._vocabulary),
            min(1.0, float(scored.similarity[slot])),
            min(1.0, float(scored.lexical.own[slot])),
        )


def _weighed(scored: Scored, weights: Weights, slots: npt.NDArray[np.intp] | slice = _ALL) -> Floats:
    """Weighted sum of the features of some fragments."""
    total = np.zeros(len(scored.found[slots]), np.float32)
    for name, values in scored.features.items():
        weight = np.float32(getattr(weights, name))
        if weight:
            total += weight * values[slots]
    return total


def _bare_name(name: str) -> str:
    """A name without the ending that makes it a possessive."""
    return name.removesuffix("s").rstrip("'’") if name[-2:-1] in ("'", "’") else name.rstrip("'’")
