"""What every region is: named, inspectable, and able to be lesioned and restored.

Deliberately does not know any particular region; a region never imports another one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from typing import Any, Self

from neuro.clock import Clock, SystemClock
from neuro.records import Record


class Snapshot(Record):
    """A frozen picture of a region, made without IO."""

    name: str
    intact: bool


class Region(ABC):
    """A part of the brain.

    Args:
        clock: asked for the time by verbs that are called without ``now``; the system clock if none.
    """

    name: str

    def __init__(self, *, clock: Clock | None = None) -> None:
        self._clock: Clock = SystemClock() if clock is None else clock
        self._intact = True

    @property
    def intact(self) -> bool:
        """False while lesioned."""
        return self._intact

    def lesion(self) -> None:
        """Takes the region out of action; what it holds is kept for `restore`."""
        self._intact = False

    def restore(self) -> None:
        """Brings a lesioned region back as it was."""
        self._intact = True

    def imagined(self) -> Self:
        """The region as it stands, to try out what would become of it: what happens to that one happens there only."""
        return copy(self)

    @abstractmethod
    def inspect(self, now: float | None = None) -> Snapshot:
        """A frozen snapshot, without IO."""

    async def aclose(self) -> None:
        """Lets go of what the region holds outside memory; most hold nothing."""
        return

    def _time(self, now: float | None) -> float:
        return self._clock.now() if now is None else now

    def __repr__(self) -> str:
        shown: dict[str, Any] = self.inspect().model_dump()
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in shown.items())})"
