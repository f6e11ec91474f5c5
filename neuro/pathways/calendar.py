"""The brain's time, its nights and what they scaled down, as its store knows them: restarts and other processes go on
from there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from neuro.clock import BrainTime
from neuro.connectome import Connectome
from neuro.dynamics.homeostasis import downscaled
from neuro.dynamics.odds import night_weight
from neuro.stores import Store
from neuro.units import MINUTE

TIME_DOCUMENT = "time"
_RESERVATION = MINUTE
"""Brain time that is used before the store must hear of it; an unclean end may skip as much."""


@dataclass(frozen=True, slots=True)
class Sleeps:
    """How much a brain has slept."""

    count: float = 0.0
    """Full nights, a real number."""
    counted_at: float = 0.0
    """Waking time up to which nights have counted; that of birth before the first."""
    slept_at: float = 0.0
    """Brain time of the last night, or of birth."""


_Slept = Callable[[Sleeps, float], tuple[Sleeps, float]]
"""Given the nights so far and the log-scale of all links, what they are after this one."""


def _awake(sleeps: Sleeps, log_scale: float) -> tuple[Sleeps, float]:
    return sleeps, log_scale


class Calendar:
    """Keeps one brain's time, count of nights and how far they scaled its connectome down, here and in its store."""

    def __init__(self, time: BrainTime, store: Store, connectome: Connectome) -> None:
        self._time = time
        self._store = store
        self._connectome = connectome
        self._reserved = -math.inf
        self.known = False
        """Whether the store has heard of this brain."""
        self.sleeps = Sleeps(0.0, time.waking, time.now())

    def resume(self, document: Mapping[str, Any] | None) -> None:
        """Goes on from what the store knows."""
        if document is not None:
            self._time.resume(document["time"])
            self.sleeps = Sleeps(**document["sleeps"])
            self._reserved = document["time"]["reserved"]
            self._connectome.log_scale = document.get("log_scale", self._connectome.log_scale)
            self.known = True

    async def reserve(self) -> None:
        """Before brain time is written into traces: whoever opens the store after a crash is not behind them."""
        if self._time.now() > self._reserved:
            await self._write(ahead=_RESERVATION)

    async def synchronise(self) -> None:
        """Takes in what other processes lived and slept through meanwhile."""
        await self._write()

    def weigh(self, full_day: float) -> float:
        """Share of a full night that a night now counts for, in [0, 1]."""
        return _weight(self._time.waking, self.sleeps, full_day)

    async def count_night(self, waking: float, now: float, full_day: float, downscaling: float) -> None:
        """A night has been slept, after ``waking`` time, at brain time ``now``; nights of others count once.

        Args:
            downscaling: log-scale that every link loses in a full night.
        """

        def counted(sleeps: Sleeps, log_scale: float) -> tuple[Sleeps, float]:
            weight = _weight(waking, sleeps, full_day)
            slept = Sleeps(sleeps.count + weight, max(waking, sleeps.counted_at), max(now, sleeps.slept_at))
            return slept, downscaled(log_scale, downscaling, weight)

        await self._write(counted)

    async def close(self) -> None:
        """The time of waking ends; what this process reserved and did not use is free again."""
        await self._write(release=True)

    async def _write(self, slept: _Slept = _awake, *, ahead: float = 0.0, release: bool = False) -> None:
        moment, reserved, slept_here = self._time.moment(), self._reserved, self.sleeps
        scaled_here = self._connectome.log_scale

        # Runs in whatever thread, and repeatedly.
        def change(document: Mapping[str, Any] | None) -> dict[str, Any]:
            stored = None if document is None else document["time"]
            time = moment.joined(stored)
            if release and stored is not None and stored["reserved"] == reserved:
                time["reserved"] = time["brain"]
            time["reserved"] = max(time["reserved"], time["brain"] + ahead)
            sleeps, log_scale = slept_here, scaled_here
            if document is not None:
                sleeps, log_scale = Sleeps(**document["sleeps"]), document.get("log_scale", scaled_here)
            sleeps, log_scale = slept(sleeps, log_scale)
            return {"time": time, "sleeps": asdict(sleeps), "log_scale": log_scale}

        written = await self._store.amend_document(TIME_DOCUMENT, change)
        self.known = True
        self._time.adopt(written["time"])
        self._reserved = written["time"]["reserved"]
        self.sleeps = max(self.sleeps, Sleeps(**written["sleeps"]), key=lambda sleeps: sleeps.slept_at)
        self._connectome.log_scale = min(self._connectome.log_scale, written["log_scale"])


def _weight(waking: float, sleeps: Sleeps, full_day: float) -> float:
    return float(night_weight(waking - sleeps.counted_at, full_day))
