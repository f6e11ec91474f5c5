"""The stream of experience: where in it something was encoded, and when one episode ends and the next begins."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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

    def episode(self, context: Mapping[str, Any], at: float, new: Callable[[], str]) -> str:
        """The episode to which something belongs that happens now; ``new`` names one that begins."""
        last = self._places[-1] if self._places else None
        if last is None or abs(at - last.at) > self._gap or _session(context) != last.session:
            return new()
        return last.episode_id

    def before(self, episode_id: str) -> list[Place]:
        """The last places of an episode, the latest first, as far as nothing else came between."""
        found: list[Place] = []
        for place in reversed(self._places):
            if place.episode_id != episode_id:
                break
            found.append(place)
        return found

    def go_on(self, engram: Engram) -> None:
        """An engram becomes the last place."""
        assert engram.episode_id is not None
        self._places.append(
            Place(engram.engram_id, engram.episode_id, engram.encoded_at, _session(engram.context))
        )

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
