"""What the day leaves to the night: which engrams are to be replayed, and which are to be wired together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from neuro.connectome import Association, AssociationType

_FULL_SLEEP = 1.0 - 1e-9


class Tonight:
    """Engrams that were accessed and pairs that were active together, by id, since they were last slept on.

    Args:
        most_pairs: how many pairs are remembered; the oldest go first.
    """

    def __init__(self, most_pairs: int) -> None:
        self._most_pairs = most_pairs
        self._pairs: dict[tuple[str, str, AssociationType], float] = {}
        self._unreplayed: dict[str, float] = {}
        self.revision = 0
        """Counts the changes of what waits, so that it is written down only after one."""

    @property
    def pairs(self) -> int:
        """How many pairs wait to be wired."""
        return len(self._pairs) // 2

    @property
    def unreplayed(self) -> int:
        """How many engrams wait to be replayed."""
        return len(self._unreplayed)

    def notice(self, engram_id: str, sleeps: float) -> None:
        """An engram was accessed, when so many full nights had been slept."""
        self._unreplayed.pop(engram_id, None)
        self._unreplayed[engram_id] = sleeps
        self.revision += 1

    def notice_once(self, engram_id: str, sleeps: float) -> None:
        """`notice`, unless it waits already."""
        if engram_id not in self._unreplayed:
            self.notice(engram_id, sleeps)

    def ripe(self, sleeps: float) -> list[str]:
        """Ids of what has been slept on for a full night since its last access, the oldest first."""
        ripe: list[str] = []
        for engram_id, since in self._unreplayed.items():
            if sleeps - since < _FULL_SLEEP:
                break
            ripe.append(engram_id)
        return ripe

    def replayed(self, engram_ids: Iterable[str]) -> None:
        """These have been replayed."""
        for engram_id in engram_ids:
            self.revision += self._unreplayed.pop(engram_id, None) is not None

    def pair(self, engram_ids: Sequence[str], kind: AssociationType, weight: float) -> None:
        """Engrams were active together, each with each."""
        for first, second in combinations(dict.fromkeys(engram_ids), 2):
            for source, target in ((first, second), (second, first)):
                self._pairs.pop((source, target, kind), None)
                self._pairs[source, target, kind] = weight
                self.revision += 1
        while len(self._pairs) > 2 * self._most_pairs:
            del self._pairs[next(iter(self._pairs))]

    def take_pairs(self) -> list[Association]:
        """What was paired since this was last asked; it is the caller's from here on."""
        taken = [Association(source, target, kind, w) for (source, target, kind), w in self._pairs.items()]
        self._pairs.clear()
        self.revision += len(taken)
        return taken

    def forget(self, engram_id: str) -> None:
        """Nothing of an engram is left to do."""
        self.replayed((engram_id,))
        for key in [key for key in self._pairs if engram_id in key[:2]]:
            del self._pairs[key]
            self.revision += 1

    def state(self) -> dict[str, Any]:
        """All of it, as JSON; grows with the day."""
        return {
            "unreplayed": dict(self._unreplayed),
            "bindings": [[a, b, kind.value, w] for (a, b, kind), w in self._pairs.items()],
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """Goes on from what `state` returned in an earlier life."""
        self._unreplayed.update(state["unreplayed"])
        self._pairs.update({(a, b, AssociationType(kind)): w for a, b, kind, w in state["bindings"]})
        self.revision += 1
