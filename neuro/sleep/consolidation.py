"""Replay, and the promotion of what the hippocampus holds to its long-term home."""

from __future__ import annotations

from collections.abc import Mapping

from neuro.engram import Engram
from neuro.fading import Fading
from neuro.sleep.stage import Night


class Replay:
    """What was slept on for a full night for the first time since its last access gains half-life."""

    name = "replay"

    async def run(self, night: Night) -> Mapping[str, int]:
        hippocampus = night.anatomy.hippocampus
        ripe = hippocampus.replay(night.sleeps)
        replayed: set[str] = set()

        def slept_on(engram: Engram, fading: Fading) -> Engram:
            trace = fading.plasticity.replay(engram.trace, night.now)
            if trace is engram.trace or fading.dormant(engram, night.now):
                return engram
            replayed.add(engram.engram_id)
            return engram.with_trace(trace)

        if ripe:
            changed = await night.anatomy.reconsolidate(ripe, slept_on, night.op_id)
            hippocampus.replayed(i for i in ripe if not changed.silent or i in changed.engrams)
        return {"replayed": len(replayed)}


class Consolidation:
    """Each engram in the hippocampus moves to the home of its type; that does not wait for a full night."""

    name = "consolidation"

    async def run(self, night: Night) -> Mapping[str, int]:
        by_home: dict[str, list[str]] = {}
        deferred = 0
        for engram in night.anatomy.hippocampus.staying():
            home = night.anatomy.home(engram.memory_type)
            if home is None:
                deferred += 1
            else:
                by_home.setdefault(home.name, []).append(engram.engram_id)
        for name, engram_ids in by_home.items():
            moved = await night.anatomy.move(engram_ids, night.anatomy.region(name))
            night.moved[name] = moved.engram_ids
            deferred += moved.stale
        return {"consolidated": sum(len(ids) for ids in night.moved.values()), "deferred": deferred}
