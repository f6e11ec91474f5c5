"""The nights of one body: how much each weighs, and what is kept of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from neuro.errors import LeaseLostError
from neuro.pathways.keeping import Keeping
from neuro.pathways.leasing import sleeping
from neuro.pathways.life import Life, operation_id
from neuro.pathways.waking import Body
from neuro.signals import SleepReport
from neuro.sleep import (
    Abstraction,
    Consolidation,
    Downscaling,
    Integration,
    Night,
    Pruning,
    Rehearsal,
    Replay,
    SleepStage,
    live_through,
)
from neuro.stores.fencing import fenced
from neuro.units import DAY

MOST_DAYS = 36_525
"""Days that are lived through at a time: a hundred years."""


class Nights:
    """Lives through nights.

    Args:
        announce: told of every report.
    """

    def __init__(
        self, body: Body, life: Life, keeping: Keeping, announce: Callable[[SleepReport], None]
    ) -> None:
        self._body = body
        self._keeping = keeping
        self._life = life
        self._announce = announce
        self._day_before = False
        """Whether a day passes before the next night."""
        self._stages: tuple[SleepStage, ...] = (
            Replay(),
            Rehearsal(body.config.sleep.rehearsal_horizon),
            Abstraction(body.kinds, body.config.concepts, body.extractor, body.config.entities),
            Consolidation(),
            Pruning(),
            Integration(),
            Downscaling(),
        )

    async def live_through(self, days: int, night: Callable[[], Awaitable[SleepReport]]) -> SleepReport:
        """As if so many days had passed, each awake for its hours and then slept through; one report for all.

        While another brain on the store sleeps, no more days pass, and the report says who does.

        Args:
            night: lives through one night, `live_through_one` or what guards it.
        """
        reports: list[SleepReport] = []
        try:
            while len(reports) < days:
                self._life.check_open()
                self._day_before = True
                report = await night()
                if report.skipped is not None:
                    reports.append(report)
                    break
                if not self._day_before:  # else it had begun already
                    reports.append(report)
        finally:
            self._day_before = False
        return SleepReport.of_many(reports)

    async def live_through_one(self) -> SleepReport:
        """One night; it weighs as much as was waked since the last one that counted, in whatever process.

        While another brain on the store sleeps, nothing happens, and the report says who does.
        """
        body = self._body
        sharing = body.sharing
        async with sleeping(body.store, sharing.writer, body.clock, sharing.beat) as lease:
            if lease.holder != sharing.writer:
                report = SleepReport.none(body.time.now(), f"{lease.holder} is asleep")
            else:
                self._pass_day()
                try:
                    with fenced(lease.fence):
                        report = await self._live_through()
                except LeaseLostError:
                    report = SleepReport.none(
                        body.time.now(), "another brain took over while this one was paused"
                    )
        sharing.live_on()
        self._announce(report)
        return report

    def _pass_day(self) -> None:
        if self._day_before:
            self._day_before = False
            full_day = self._body.config.sleep.full_day
            self._body.time.skip(full_day, max(0.0, DAY - full_day))

    async def _live_through(self) -> SleepReport:
        body, full_day = self._body, self._body.config.sleep.full_day
        await body.sharing.hear()
        await body.calendar.synchronise()
        await body.mind.ledger.adopt()
        await body.sharing.adopt(body.sleeps)
        now, waking, weight = body.time.now(), body.time.waking, body.calendar.weigh(full_day)
        night = Night(
            now=now,
            clock_time=body.clock.now(),
            since=now - body.calendar.sleeps.slept_at,
            sleeps=body.sleeps + weight,
            weight=weight,
            op_id=operation_id(),
            forgotten=body.oblivion.__contains__,
            anatomy=body.anatomy,
            connectome=body.connectome,
            prefrontal_cortex=body.prefrontal_cortex,
        )
        with body.time.asleep(), body.oblivion.watched():
            report = await live_through(night, self._stages)
        await body.erase_what_is_left()
        if body.config.keep_for is not None:
            expired = await self._keeping.expire(body.clock.now() - body.config.keep_for, hard=True)
            report = replace(report, counts={**report.counts, "expired": expired})
        if weight > 0.0 or any(report.values()):
            body.acted = True
            await body.calendar.count_night(waking, now, full_day, night.downscaling)
            await body.write_state()
        return report
