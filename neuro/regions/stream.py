"""The stream of experience: where in it something was encoded, and when one episode ends and the next begins."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from neuro.connectome import Association, AssociationType
from neuro.engram import Engram


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
    """

    def __init__(self, reach: int, gap: float) -> None:
        self._gap = gap
        self._places: deque[Place] = deque(maxlen=max(1, reach))

    @property
    def episode_id(self) -> str | None:
        """The episode that is going on."""
        return self._places[-1].episode_id if self._places else None

    def episode(self, context: Mapping[str, Any], at: float, new: Callable[[float], str]) -> str:
        """The episode to which something belongs that happens at an instant; ``new`` makes an id."""
        last = self._places[-1] if self._places else None
        if last is None or abs(at - last.at) > self._gap or _session(context) != last.session:
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
        here, links = engram.engram_id, list[Association]()
        for before in self._before(engram.episode_id) if weight else ():
            if before != here:
                links.append(Association(before, here, AssociationType.TEMPORAL, weight))
                links.append(Association(here, before, AssociationType.TEMPORAL, weight * backward))
            weight *= decay
        self._places.append(Place(here, engram.episode_id, engram.encoded_at, _session(engram.context)))
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
