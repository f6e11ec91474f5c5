"""The stream of experience: where in it something was encoded, and when one episode ends and the next begins."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

import numpy as np

from neuro.connectome import Association, AssociationType
from neuro.engram import Engram
from neuro.indexing.terms import terms
from neuro.indexing.word_table import Rows, WordTable

_TELLING: Final = 12
"""Words with a meaning that a content has at least before it can change the topic: short replies say little of it."""
_ESTABLISHED: Final = 40
"""Words with a meaning from which on there is a topic that can change (Hearst 1997 compares blocks of 120 words of
any kind)."""
_FADING: Final = 60.0
"""Words with a meaning after which what was said counts 1/e for the topic (by hand, half such a block)."""

_READ: Final = 8192
"""Characters of a content that say what it is about; more would take too long."""


class Topic:
    """What a stream has been about lately: a fading sum of word rows, compared with what comes next.

    TextTiling (Hearst 1997) with one side of each gap only, as what comes later is not known yet: an event ends where
    the present one no longer predicts what happens (Zacks et al. 2007).

    Args:
        floor: a content less like the topic than this, as a cosine, changes it; 0 or less: nothing does.
        table: which words are alike.
    """

    def __init__(self, floor: float, table: WordTable | None = None) -> None:
        self._floor = floor
        self._table = WordTable.shipped() if table is None else table
        self._read: tuple[int, Rows, int] | None = None
        self._begin()

    def _begin(self) -> None:
        self._sum = np.zeros(self._table.dimension, np.float32)
        self._words = 0

    def changes(self, content: str) -> bool:
        """Whether a content is about something else."""
        if self._floor <= 0.0 or self._words < _ESTABLISHED:
            return False
        row, count = self._gist(content)
        lengths = float(np.linalg.norm(row)) * float(np.linalg.norm(self._sum))
        return count >= _TELLING and float(row @ self._sum) < self._floor * lengths

    def follow(self, content: str, *, afresh: bool) -> None:
        """A content becomes a part of the topic, or with ``afresh`` begins one."""
        if self._floor <= 0.0:
            return
        if afresh:
            self._begin()
        row, count = self._gist(content)
        self._sum = self._sum * np.float32(math.exp(-count / _FADING)) + row
        self._words += count

    def _gist(self, content: str) -> tuple[Rows, int]:
        """Sum of the rows of the words that a content begins with, and how many words have one."""
        key = hash(content)  # not the content, which may have to be forgotten
        if self._read is None or self._read[0] != key:
            stems = [stem for stem in terms(content[:_READ]) if stem in self._table]
            self._read = (key, self._table.sum(stems), len(stems))
        return self._read[1:]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the stream something was encoded."""

    engram_id: str
    episode_id: str
    at: float
    """Clock time of encoding."""
    session: str | None


class Stream:
    """The last few places, and the episode that is going on.

    Args:
        reach: how many places are kept.
        gap: a pause of more than this, seconds, or another session ends the episode (Zacks et al. 2007).
        topic_floor: where no session is named, so does a content less like what went before than this; see `Topic`.
            After waking the topic has to establish itself again.
        table: which words are alike; the shipped one if none.
    """

    def __init__(self, reach: int, gap: float, topic_floor: float, table: WordTable | None = None) -> None:
        self._gap = gap
        self._topic = Topic(topic_floor, table)
        self._places: deque[Place] = deque(maxlen=max(1, reach))

    def __copy__(self) -> Stream:
        """One that goes its own way from here."""
        twin = object.__new__(Stream)
        twin._gap, twin._topic, twin._places = self._gap, copy(self._topic), self._places.copy()
        return twin

    @property
    def episode_id(self) -> str | None:
        """The episode that is going on."""
        return self._places[-1].episode_id if self._places else None

    def episode(
        self, content: str, context: Mapping[str, Any], at: float, new: Callable[[float], str]
    ) -> str:
        """The episode to which something belongs that happens at an instant; ``new`` makes an id."""
        last = self._places[-1] if self._places else None
        if last is None or abs(at - last.at) > self._gap or _session(context) != last.session:
            return f"episode-{new(at)}"
        if last.session is None and self._topic.changes(content):
            return f"episode-{new(at)}"
        return last.episode_id

    @property
    def near(self) -> list[str]:
        """Ids of the last engrams of the episode that is going on, the latest first."""
        return [] if self.episode_id is None else self._before(self.episode_id)

    def _before(self, episode_id: str) -> list[str]:
        """Ids of the last engrams of an episode, the latest first, as far as nothing else came between."""
        last = takewhile(lambda place: place.episode_id == episode_id, reversed(self._places))
        return [place.engram_id for place in last]

    def go_on(self, engram: Engram, weight: float, decay: float, backward: float) -> list[Association]:
        """An engram becomes the last place; its associations with those before it in its episode.

        Args:
            weight: of the association from the one before; 0: none.
            decay: factor on it for each step further back.
            backward: factor on it for the way back.
        """
        assert engram.episode_id is not None
        session = _session(engram.context)
        if session is None:
            self._topic.follow(engram.content, afresh=engram.episode_id != self.episode_id)
        here, links = engram.engram_id, list[Association]()
        for before in self._before(engram.episode_id) if weight else ():
            if before != here:
                links.append(Association(before, here, AssociationType.TEMPORAL, weight))
                links.append(Association(here, before, AssociationType.TEMPORAL, weight * backward))
            weight *= decay
        self._places.append(Place(here, engram.episode_id, engram.encoded_at, session))
        return links

    def forget(self, engram_id: str) -> None:
        """No place leads to this engram any more."""
        kept = [place for place in self._places if place.engram_id != engram_id]
        self._places.clear()
        self._places.extend(kept)

    def state(self) -> list[list[Any]]:
        """The places, as JSON."""
        return [[p.engram_id, p.episode_id, p.at, p.session] for p in self._places]

    def resume(self, state: Sequence[Sequence[Any]]) -> None:
        """Goes on from what `state` returned in an earlier life."""
        self._places.extend(Place(*place) for place in state)


def _session(context: Mapping[str, Any]) -> str | None:
    """What ends an episode when it changes."""
    session = context.get("session")
    return None if session is None else str(session)
