"""The prefrontal cortex: working memory of a few chunks, and the goal.

Knows what is on the mind now; deliberately knows nothing of the engrams behind the chunks.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any, Self, overload

from pydantic import Field

from neuro.arguments import check_count, check_text
from neuro.clock import Clock
from neuro.dynamics import salience
from neuro.records import Params, Positive, Record, Unit
from neuro.regions.base import Region, Snapshot
from neuro.signals import Chunk

_logger = logging.getLogger(__name__)


class PrefrontalCortexParams(Params):
    """How much is on the mind, and for how long."""

    capacity: Annotated[int, Field(ge=1)] = 7
    """Slots (Miller 1956: 7 plus or minus 2); beyond `largest_human_capacity` with a warning."""
    largest_human_capacity: Annotated[int, Field(ge=1)] = 9
    """Slots that people have at most (Miller 1956)."""
    focus: Annotated[int, Field(ge=1)] = 4
    """Chunks in the focus of attention (Cowan 2001)."""
    decay_seconds: Positive = 1800.0
    """Time constant of an unrehearsed chunk: people's is 7 s with rehearsal prevented (Peterson & Peterson
    1959). The default spans the silence between two turns, in which people would rehearse (engineering)."""
    weakest: Unit = 0.05
    """A chunk whose strength has fallen below this has decayed (engineering: after three time constants)."""
    salience_weight: Unit = 0.2
    """How far salience tells against recency in who is displaced (engineering: a few minutes at most)."""
    longest_goal: Annotated[int, Field(ge=1)] = 4096
    """Bytes of a goal (engineering: every stimulus is compared with it)."""


class HeldChunk(Record):
    """A slot of working memory, without its words."""

    engram_id: str
    strength: Unit


class PrefrontalCortexSnapshot(Snapshot):
    """What is on the mind."""

    capacity: int
    used: int
    utilisation: Unit
    """Share of the slots in use."""
    goal: str | None
    chunks: tuple[HeldChunk, ...]
    """Most active first."""


class PrefrontalCortex(Region):
    """Holds the last few chunks, each until it decays unrehearsed or, with all slots taken, is displaced by a
    newer one. Keeps the goal, which draws attention to what bears on it.

    Prefrontal neurons go on firing while something is kept in mind (Fuster & Alexander 1971). They bias other
    areas towards the goal (Miller & Cohen 2001).

    Lesioned: only the chunk held last is in view, and no goal; the rest waits for `restore`.

    Args:
        on_displaced: called with every chunk that was displaced; its errors are logged and go no further.
        on_goal: called when a goal has been taken up or dropped.
    """

    name = "prefrontal_cortex"

    def __init__(
        self,
        params: PrefrontalCortexParams | None = None,
        *,
        on_displaced: Callable[[Chunk], None] | None = None,
        on_goal: Callable[[], None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(clock=clock)
        self.params = p = PrefrontalCortexParams() if params is None else params
        if p.capacity > p.largest_human_capacity:
            warnings.warn(
                f"PrefrontalCortexParams.capacity: people hold at most {p.largest_human_capacity} chunks "
                f"(got {p.capacity})",
                UserWarning,
                stacklevel=2,
            )
        self._on_displaced = on_displaced
        self._on_goal = on_goal
        self._chunks: dict[str, Chunk] = {}  # rehearsed last comes last
        self._goal: str | None = None

    @property
    def working_memory(self) -> WorkingMemory:
        """A live, read-only view of the slots."""
        return WorkingMemory(self)

    @property
    def goal(self) -> str | None:
        """What one is after, if anything."""
        return self._goal if self._intact else None

    def set_goal(self, goal: str | None) -> None:
        """Takes up a goal, or with None drops it.

        Raises:
            InvalidArgumentError: it is blank, no text, or longer than `PrefrontalCortexParams.longest_goal`.
        """
        self._goal = None if goal is None else check_text(goal, "goal", limit=self.params.longest_goal)
        if self._on_goal is not None:
            self._on_goal()

    def hold(self, chunk: Chunk, now: float | None = None) -> Chunk | None:
        """Takes a chunk into a slot, rehearsed ``now``; one that is held already keeps its `held_at`.

        Returns:
            The chunk that had to leave, if any: the least active, by strength and a little by salience.
        """
        now = self._time(now)
        self._drop_decayed(now)
        first = self._chunks.pop(chunk.engram_id, None)
        displaced = None
        if len(self._chunks) >= self.params.capacity:
            displaced = self._chunks.pop(
                min(self._chunks.values(), key=lambda held: self._activity(held, now)).engram_id
            )
        held_at = chunk.held_at if first is None else first.held_at
        self._chunks[chunk.engram_id] = replace(chunk, held_at=held_at, rehearsed_at=now)
        if displaced is not None:
            self._report(displaced)
        return displaced

    def rehearse(self, engram_id: str, now: float | None = None) -> bool:
        """Refreshes a chunk; False if it is not in view."""
        now = self._time(now)
        chunk = self._seen(engram_id, now)
        if chunk is None:
            return False
        del self._chunks[engram_id]
        self._chunks[engram_id] = replace(chunk, rehearsed_at=now)
        return True

    def release(self, engram_id: str) -> bool:
        """Drops the chunk of an engram, lesioned or not; False if there was none."""
        return self._chunks.pop(engram_id, None) is not None

    def slots(self, now: float | None = None) -> tuple[Chunk, ...]:
        """The chunks that have not decayed, most active first; never more than the capacity."""
        now = self._time(now)
        latest_first = [chunk for chunk in reversed(self._chunks.values()) if not self._decayed(chunk, now)]
        if not self._intact:
            return tuple(latest_first[:1])
        return tuple(sorted(latest_first, key=lambda chunk: -self._activity(chunk, now)))

    def select(self, limit: int | None = None, now: float | None = None) -> tuple[Chunk, ...]:
        """The chunks in the focus of attention, most active first: at most ``limit``, by default `focus`.

        Raises:
            InvalidArgumentError: ``limit`` is no int of at least 1.
        """
        return self.slots(now)[: self.params.focus if limit is None else check_count(limit, "limit")]

    def strength(self, engram_id: str, now: float | None = None) -> float:
        """Strength of a chunk, in [0, 1]: ``exp(-t / decay_seconds)`` since rehearsal; 0 if not in view."""
        now = self._time(now)
        chunk = self._seen(engram_id, now)
        return 0.0 if chunk is None else self._strength(chunk, now)

    def prune(self, now: float | None = None) -> int:
        """Empties the slots whose chunks have decayed; how many there were."""
        return self._drop_decayed(self._time(now))

    def state(self) -> dict[str, Any]:
        """The goal and what is held, as JSON without the words."""
        held = [[chunk.engram_id, chunk.held_at, chunk.rehearsed_at] for chunk in self._chunks.values()]
        return {"goal": self._goal, "held": held}

    def resume(self, goal: str | None, chunks: Iterable[Chunk]) -> None:
        """Goes on from the `state` of an earlier life; chunks in its order."""
        self._goal = goal
        self._chunks = {chunk.engram_id: chunk for chunk in chunks}

    def imagined(self) -> Self:
        twin = super().imagined()
        twin._chunks, twin._on_displaced, twin._on_goal = self._chunks.copy(), None, None
        return twin

    def inspect(self, now: float | None = None) -> PrefrontalCortexSnapshot:
        """A frozen snapshot."""
        now = self._time(now)
        held = tuple(
            HeldChunk(engram_id=c.engram_id, strength=self._strength(c, now)) for c in self.slots(now)
        )
        return PrefrontalCortexSnapshot(
            name=self.name,
            intact=self._intact,
            capacity=self.params.capacity,
            used=len(held),
            utilisation=len(held) / self.params.capacity,
            goal=self.goal,
            chunks=held,
        )

    def _seen(self, engram_id: str, now: float) -> Chunk | None:
        return next((chunk for chunk in self.slots(now) if chunk.engram_id == engram_id), None)

    def _strength(self, chunk: Chunk, now: float) -> float:
        return float(salience.fade(now - chunk.rehearsed_at, self.params.decay_seconds))

    def _activity(self, chunk: Chunk, now: float) -> float:
        return self._strength(chunk, now) * (1.0 + self.params.salience_weight * (chunk.salience - 0.5))

    def _decayed(self, chunk: Chunk, now: float) -> bool:
        return self._strength(chunk, now) < self.params.weakest

    def _drop_decayed(self, now: float) -> int:
        decayed = [chunk.engram_id for chunk in self._chunks.values() if self._decayed(chunk, now)]
        for engram_id in decayed:
            del self._chunks[engram_id]
        return len(decayed)

    def _report(self, displaced: Chunk) -> None:
        if self._on_displaced is None:
            return
        try:
            self._on_displaced(displaced)
        except Exception:
            _logger.exception(
                "on_displaced failed for engram %s; working memory goes on", displaced.engram_id
            )


class WorkingMemory(Sequence[Chunk]):
    """What the prefrontal cortex holds at this moment, most active first: a live, read-only view."""

    def __init__(self, cortex: PrefrontalCortex) -> None:
        self._cortex = cortex

    def __len__(self) -> int:
        return len(self._cortex.slots())

    @overload
    def __getitem__(self, index: int) -> Chunk: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Chunk, ...]: ...
    def __getitem__(self, index: int | slice) -> Chunk | tuple[Chunk, ...]:
        return self._cortex.slots()[index]

    def __repr__(self) -> str:
        return f"WorkingMemory({list(self._cortex.slots())!r})"
