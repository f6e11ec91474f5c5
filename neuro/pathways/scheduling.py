"""Reviews: engrams that are to be asked for before they fade, and how each review went."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from neuro.arguments import check_count, check_limit, check_number
from neuro.engram import Engram, check_engram
from neuro.errors import InvalidArgumentError
from neuro.pathways.keeping import Keeping
from neuro.pathways.life import Life
from neuro.pathways.waking import Body
from neuro.plasticity import Grade
from neuro.signals import Review
from neuro.stores.base import Agenda
from neuro.units import DAY

_MOST_POINTS = 10_000


class Curve(NamedTuple):
    """A forgetting curve, to be plotted."""

    seconds: npt.NDArray[np.float64]
    """Brain time from now on, shape (points,)."""
    retentions: npt.NDArray[np.float64]
    """Probability of recall if nothing happens until then, in [0, 1], shape (points,)."""


class Schedule:
    """Spaced review of a brain's engrams, under any plasticity: `Brain.schedule`.

    Registering an engram puts it on the agenda; it is due when its retention has fallen to the target, or would
    have if neither a pin nor its importance held it. Sleep does not rehearse what is registered. Due times are
    those of a brain that stays awake: asleep or closed, time runs slower and they move away.
    """

    def __init__(self, body: Body, life: Life, keeping: Keeping) -> None:
        self._body = body
        self._life = life
        self._keeping = keeping

    async def register(self, engram_id: str, *, retention: float = 0.9) -> Review:
        """Schedules an engram for review whenever its retention falls to ``retention``, in (0, 1).

        Raises:
            EngramNotFoundError: there is none.
        """
        self._life.check_open()
        target = _check_retention(retention)
        changed = await self._keeping.change(
            [engram_id], lambda engram, _: engram.changed(target_retention=target)
        )
        return self.planned(changed[engram_id])

    async def unregister(self, engram_id: str) -> None:
        """Takes an engram off the agenda; EngramNotFoundError if there is none."""
        self._life.check_open()
        await self._keeping.change([engram_id], lambda engram, _: engram.changed(target_retention=None))

    async def review(self, engram_id: str, grade: Grade | int | str) -> Engram:
        """Records how a review went, of any engram, registered or not, and returns the engram as it is then.

        Args:
            grade: "again" (failed, then corrected), "hard", "good" or "easy", or 1 to 4.

        Raises:
            EngramNotFoundError: there is none.
        """
        self._life.check_open()
        given = Grade.of(grade)
        now, sleeps = await self._body.stamp(), self._body.sleeps
        changed = await self._keeping.change(
            [engram_id],
            lambda engram, fading: engram.with_trace(
                fading.plasticity.review(engram.trace, now, given, sleeps=sleeps)
            ),
            accessed=True,
        )
        return self._body.seen(changed[engram_id])

    async def due(self, *, within: float = 0.0, limit: int = 100) -> list[Review]:
        """Registered engrams that are due now or ``within`` so many seconds, the earliest first."""
        self._life.check_open()
        check_number(within, "within", low=0.0)
        most = check_limit(limit)
        anatomy = self._body.anatomy
        # An instant that equals the bound is due as well.
        before = math.nextafter(self._body.time.now() + within, math.inf)
        agenda = await anatomy.upcoming(Agenda.REVIEW, before, limit=most)
        owners = await anatomy.owners([engram_id for engram_id, _ in agenda])
        engrams = [owners[engram_id][1] for engram_id, _ in agenda if engram_id in owners]
        # Meanwhile some may have been forgotten, or taken off the agenda.
        return [self.planned(engram) for engram in engrams if engram.target_retention is not None]

    def planned(self, engram: Engram) -> Review:
        """When the next review of a registered engram is due. InvalidArgumentError if it is not registered."""
        engram = check_engram(engram)
        if engram.target_retention is None:
            raise InvalidArgumentError(f"engram: {engram.engram_id} is not registered for review")
        fading, now = self._body.anatomy.fading(engram), self._body.time.now()
        return Review(
            self._body.seen(engram),
            self._body.clock.now() + fading.review_at(engram) - now,
            fading.retention(engram, now),
            engram.target_retention,
        )

    def time_until(self, engram: Engram, retention: float) -> float:
        """Seconds of brain time until the retention of an engram, registered or not, falls to a value in (0, 1);
        0 if it has, inf if it never does."""
        checked, target = check_engram(engram), _check_retention(retention)
        forgotten_at = self._body.anatomy.fading(checked).forgotten_at(checked, target)
        return max(0.0, forgotten_at - self._body.time.now())

    def curve(self, engram: Engram, *, seconds: float = 30 * DAY, points: int = 100) -> Curve:
        """The forgetting curve of an engram from now on.

        Args:
            seconds: brain time to look ahead, > 0.
            points: how many, evenly spaced, from now to the end; 2 to 10,000.
        """
        span = check_number(seconds, "seconds", low=0.0)
        if span == 0.0:
            raise InvalidArgumentError("seconds: must be above 0 (got 0)")
        check_count(points, "points", 2, _MOST_POINTS)
        checked, now = check_engram(engram), self._body.time.now()
        fading = self._body.anatomy.fading(checked)
        ahead = np.linspace(0.0, span, points)
        return Curve(ahead, np.array([fading.retention(checked, now + t) for t in ahead.tolist()]))


def _check_retention(value: object) -> float:
    retention = check_number(value, "retention", low=0.0, high=1.0)
    if retention in (0.0, 1.0):
        raise InvalidArgumentError(f"retention: must be between 0 and 1, both excluded (got {value})")
    return retention
