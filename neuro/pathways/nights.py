"""The nights of one body: how much each weighs, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable

from neuro.pathways.life import operation_id
from neuro.pathways.waking import Body
from neuro.signals import SleepReport
from neuro.sleep import (
    Consolidation,
    Downscaling,
    Integration,
    Night,
    Pruning,
    Replay,
    SleepStage,
    live_through,
)


class Nights:
    """Lives through nights.

    Args:
        announce: told of every report.
    """

    def __init__(self, body: Body, announce: Callable[[SleepReport], None]) -> None:
        self._body = body
        self._announce = announce
        self._stages: tuple[SleepStage, ...] = (
            Replay(),
            Consolidation(),
            Pruning(),
            Integration(),
            Downscaling(),
        )

    async def live_through_one(self) -> SleepReport:
        """One night; it weighs as much as was waked since the last one that counted."""
        body, now = self._body, self._body.time.now()
        weight = min(1.0, max(0.0, now - body.sleeps.counted_at) / body.config.sleep.full_day)
        night = Night(
            now=now,
            clock_time=body.clock.now(),
            sleeps=body.sleeps.count + weight,
            weight=weight,
            op_id=operation_id(),
            anatomy=body.anatomy,
            connectome=body.connectome,
            prefrontal_cortex=body.prefrontal_cortex,
        )
        report = await live_through(night, self._stages)
        body.sleeps.count, body.sleeps.counted_at = night.sleeps, now
        body.journalled.difference_update(*report.moved.values())
        if weight > 0.0 or any(report.values()):
            body.acted = True
            await body.write_state()
        self._announce(report)
        return report
