"""What is known of each fragment, by slot; an episode is a chain of slots."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from neuro.indexing.answers import KINDS
from neuro.indexing.arrays import FIRST_CAPACITY, grown
from neuro.indexing.probe import Matching

_ARRAYS = (
    "alive", "links", "head", "asking", "in_episode", "length", "distinct", "speaker", "day", "first_person",
    "told", "question", "gist", "near", "share", "features",
)  # fmt: skip
_SLOTS = ("links", "head", "asking", "near")
"""Arrays whose values are slots."""


class Columns:
    """Arrays of equal length, one row a fragment; the fragments of an engram have consecutive slots.

    Args:
        dimension: length of a row of the word table.
        reach: most neighbours on either side.
    """

    def __init__(self, dimension: int, reach: int) -> None:
        n = FIRST_CAPACITY
        self.size = 0
        self.alive: npt.NDArray[np.bool_] = np.zeros(n, np.bool_)
        self.links: npt.NDArray[np.int32] = np.zeros((n, 2), np.int32)
        """Slots before and after it in its episode, -1 for none."""
        self.head: npt.NDArray[np.int32] = np.zeros(n, np.int32)
        """First slot of its engram."""
        self.asking: npt.NDArray[np.int32] = np.zeros(n, np.int32)
        """Last slot of its engram that asks, -1 for none."""
        self.in_episode: npt.NDArray[np.bool_] = np.zeros(n, np.bool_)
        self.length: npt.NDArray[np.float32] = np.zeros(n, np.float32)
        """Terms."""
        self.distinct: npt.NDArray[np.int32] = np.zeros(n, np.int32)
        """Distinct terms."""
        self.speaker: npt.NDArray[np.int32] = np.zeros(n, np.int32)
        """Number of the person, -1 for nobody."""
        self.day: npt.NDArray[np.int32] = np.zeros(n, np.int32)
        """When it happened, days since 1970-01-01 in UTC."""
        self.first_person: npt.NDArray[np.float32] = np.zeros(n, np.float32)
        self.told: npt.NDArray[np.float32] = np.zeros((n, len(KINDS)), np.float32)
        """Rate of each kind of answer."""
        self.question: npt.NDArray[np.bool_] = np.zeros(n, np.bool_)
        self.gist: npt.NDArray[np.float32] = np.zeros((n, dimension), np.float32)
        """Sum of the word rows of its terms, of unit length; zeros where the table has none of them."""
        self.near: npt.NDArray[np.int32] = np.zeros((n, 2 * reach), np.int32)
        """Its neighbours, filled up with itself."""
        self.share: npt.NDArray[np.float32] = np.zeros((n, 2 * reach), np.float32)
        """What of each neighbour it takes in, in [0, 1]."""
        self.features: npt.NDArray[np.float32] = np.zeros((n, 0), np.float32)
        """An encoder's rows, zeros where there are none; no columns before the first ones came."""
        self.words: list[bytes] = []
        """Numbers of its words in the vocabulary, one for each distinct term, int32."""
        self.owners: list[str] = []
        """Id of its engram."""

    def extend(self, owner: str, count: int) -> range:
        """Slots for the fragments of a new engram, linked with each other only."""
        slots = range(self.size, self.size + count)
        self.size += count
        if self.size > len(self.alive):
            for name in _ARRAYS:
                setattr(self, name, grown(getattr(self, name), self.size))
        new = np.arange(slots.start, slots.stop, dtype=np.int32)
        own = slice(slots.start, slots.stop)
        self.alive[own] = True
        self.head[own], self.asking[own] = slots.start, -1
        self.links[own, 0], self.links[own, 1] = new - 1, new + 1
        self.links[slots.start, 0] = self.links[slots.stop - 1, 1] = -1
        self.near[own] = new[:, None]
        self.owners.extend([owner] * count)
        return slots

    def words_of(self, slots: Iterable[int]) -> npt.NDArray[np.int32]:
        """Numbers of the words of fragments, one fragment after the other."""
        return np.frombuffer(b"".join(self.words[slot] for slot in slots), dtype=np.int32)

    def widen(self, dimension: int) -> None:
        """Makes room for the rows of an encoder, and drops all others."""
        self.features = np.zeros((len(self.alive), dimension), np.float32)

    def renew(self, slots: npt.NDArray[np.int32], matching: Matching) -> None:
        """Looks for the neighbours of fragments afresh: distance in content words, middle to middle."""
        reach, scale = matching.neighbour_reach, matching.neighbour_scale
        self.near[slots], self.share[slots] = slots[:, None], 0.0
        owner, side = np.tile(slots, 2), np.repeat(np.array([0, 1]), len(slots))
        at, distance = owner, np.zeros(len(owner), np.float32)
        for step in range(reach):
            beyond = self.links[at, side]
            distance = distance + (self.length[at] + self.length[beyond]) / 2
            share = matching.neighbour_share * np.exp(-distance / scale)
            inside = (beyond >= 0) & (share >= matching.neighbour_floor)
            if not inside.any():
                break
            owner, side, at = owner[inside], side[inside], beyond[inside]
            distance = distance[inside]
            self.near[owner, side * reach + step] = at
            self.share[owner, side * reach + step] = share[inside]

    def compacted(
        self, kept: npt.NDArray[np.int32], places: npt.NDArray[np.int32], numbers: npt.NDArray[np.int32]
    ) -> Columns:
        """Only the fragments of some slots, which become 0, 1, 2, ...

        Args:
            kept: slots, ascending.
            places: new slot of each slot; -1 at the end, which is where -1 points to.
            numbers: new number of each word.
        """
        new = Columns(self.gist.shape[1], self.near.shape[1] // 2)
        new.size = len(kept)
        for name in _ARRAYS:
            values = getattr(self, name)[kept]
            setattr(new, name, places[values] if name in _SLOTS else values)
        new.words = [numbers[self.words_of((slot,))].tobytes() for slot in kept]
        new.owners = [self.owners[slot] for slot in kept]
        return new


class Held(NamedTuple):
    """Where an engram stands."""

    slots: range
    person: str
    """Key of who spoke it, empty for nobody."""
    episode: str | None
    encoded: bool
    """Has features that are kept."""


class Episodes:
    """The engrams of each episode in order of id, whatever the order in which they come."""

    def __init__(self) -> None:
        self._members: dict[str, list[str]] = {}

    def link(self, engram_id: str, held: Mapping[str, Held], columns: Columns) -> list[int]:
        """Puts an engram between its neighbours in the episode; the slots of theirs that are next to it."""
        own, _, episode, _ = held[engram_id]
        if episode is None:
            return []
        members = self._members.setdefault(episode, [])
        at = bisect_left(members, engram_id)
        beside: list[int] = []
        if at:
            before = held[members[at - 1]].slots.stop - 1
            columns.links[before, 1], columns.links[own.start, 0] = own.start, before
            beside.append(before)
        if at < len(members):
            after = held[members[at]].slots.start
            columns.links[own.stop - 1, 1], columns.links[after, 0] = after, own.stop - 1
            beside.append(after)
        members.insert(at, engram_id)
        return beside

    def unlink(self, engram_id: str, held: Mapping[str, Held], columns: Columns) -> list[int]:
        """Takes an engram out of its episode; the slots that were next to it."""
        own, _, episode, _ = held[engram_id]
        if episode is None:
            return []
        members = self._members[episode]
        del members[bisect_left(members, engram_id)]
        if not members:
            del self._members[episode]
        before, after = int(columns.links[own.start, 0]), int(columns.links[own.stop - 1, 1])
        if before >= 0:
            columns.links[before, 1] = after
        if after >= 0:
            columns.links[after, 0] = before
        return [slot for slot in (before, after) if slot >= 0]
