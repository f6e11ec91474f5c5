"""What the day leaves to the night: which engrams are to be replayed, and which are to be wired together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from neuro.connectome import Association, AssociationType

_FULL_SLEEP = 1.0 - 1e-9

_Pair = tuple[str, str, AssociationType]


class Tonight:
    """Engrams that were accessed and pairs that were active together, by id, since they were last slept on.

    Args:
        most_pairs: how many pairs are remembered; the oldest go first.
    """

    def __init__(self, most_pairs: int) -> None:
        self._most_pairs = most_pairs
        self._pairs: dict[_Pair, float] = {}
        self._of: defaultdict[str, set[_Pair]] = defaultdict(set)
        """The pairs of each engram that is the first or the second of any."""
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
                self._pairs.pop((source, target, kind), None)  # the latest come last
                self._put((source, target, kind), weight)
                self.revision += 1
        while len(self._pairs) > 2 * self._most_pairs:
            self._drop(next(iter(self._pairs)))

    def _put(self, pair: _Pair, weight: float) -> None:
        self._pairs[pair] = weight
        for engram_id in pair[:2]:
            self._of[engram_id].add(pair)

    def _drop(self, pair: _Pair) -> None:
        del self._pairs[pair]
        for engram_id in pair[:2]:
            self._of[engram_id].discard(pair)
            if not self._of[engram_id]:
                del self._of[engram_id]

    def take_pairs(self) -> list[Association]:
        """What was paired since this was last asked; it is the caller's from here on."""
        taken = [Association(source, target, kind, w) for (source, target, kind), w in self._pairs.items()]
        self._pairs.clear()
        self._of.clear()
        self.revision += len(taken)
        return taken

    def forget(self, engram_id: str) -> None:
        """Nothing of an engram is left to do."""
        self.replayed((engram_id,))
        for pair in [*self._of.get(engram_id, ())]:
            self._drop(pair)
            self.revision += 1

    def state(self) -> dict[str, Any]:
        """All of it, as JSON; grows with the day."""
        return {
            "unreplayed": dict(self._unreplayed),
            "bindings": [[a, b, kind.value, w] for (a, b, kind), w in self._pairs.items()],
        }

    def take_over(self, state: Mapping[str, Any]) -> None:
        """Adds what `state` returned elsewhere; what is newer here stays as it is."""
        unreplayed = {**state["unreplayed"], **self._unreplayed}
        self._unreplayed = dict(sorted(unreplayed.items(), key=lambda item: item[1]))  # the oldest first
        newer, self._pairs = self._pairs, {}
        for first, second, kind, weight in state["bindings"]:
            self._put((first, second, AssociationType(kind)), weight)
        self._pairs |= newer
        self.revision += 1

    def give_up(self, state: Mapping[str, Any]) -> None:
        """What `state` returned is another's to do; what was accessed since remains."""
        for engram_id, sleeps in state["unreplayed"].items():
            if self._unreplayed.get(engram_id) == sleeps:
                del self._unreplayed[engram_id]
        for first, second, kind, _ in state["bindings"]:
            if (pair := (first, second, AssociationType(kind))) in self._pairs:
                self._drop(pair)
        self.revision += 1
