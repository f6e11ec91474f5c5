"""Rehearsing before forgetting: what must not fade is gone over in time."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import filterfalse

from neuro.engram import Engram
from neuro.fading import Fading
from neuro.sleep.stage import Night
from neuro.stores.base import Agenda

_BATCH = 500


class Rehearsal:
    """Pinned and important engrams are potentiated before their retention falls below `ImportanceParams.rehearsal`.

    As it is known when that will be, a night looks at those alone that would not last until the next one, taken to
    come within twice the time since the last one, or the horizon if that is shorter. (People replay what matters:
    Stickgold & Walker 2013.)

    Args:
        horizon: the longest time to the next night that is planned for, seconds of brain time.
    """

    name = "rehearsal"

    def __init__(self, horizon: float) -> None:
        self._horizon = horizon

    async def run(self, night: Night) -> Mapping[str, int]:
        before = night.now + min(self._horizon, 2.0 * night.since)
        tried: set[str] = set()  # each once a night, even if that is not enough for it
        rehearsed = 0
        while due := await night.anatomy.upcoming(Agenda.REHEARSAL, before, limit=len(tried) + _BATCH):
            fresh = [engram_id for engram_id, _ in due if engram_id not in tried]
            if not fresh:
                break
            rehearsed += await self._rehearse(fresh, night)
            tried.update(fresh)
        return {"rehearsed": rehearsed}

    async def _rehearse(self, engram_ids: list[str], night: Night) -> int:
        """Potentiates engrams; how many of them there were."""

        def gone_over(engram: Engram, fading: Fading) -> Engram:
            return engram.with_trace(
                fading.plasticity.potentiate(engram.trace, night.now, sleeps=night.sleeps)
            )

        changed = await night.anatomy.reconsolidate(engram_ids, gone_over, f"{night.op_id}:{self.name}")
        for engram_id in filterfalse(night.forgotten, changed.engrams):
            night.anatomy.hippocampus.notice_access(engram_id, night.sleeps)
        return len(changed.engrams)
