"""Forgetting: what has faded leaves working memory, or becomes dormant. Nothing is deleted."""

from __future__ import annotations

from collections.abc import Mapping

from neuro.sleep.stage import Night


class Pruning:
    """Drops decayed chunks from working memory; marks engrams below the threshold of forgetting as dormant."""

    name = "pruning"

    async def run(self, night: Night) -> Mapping[str, int]:
        released = night.prefrontal_cortex.prune(night.clock_time)
        faded = [engram_id for ids in (await night.anatomy.fade(night.now)).values() for engram_id in ids]
        released += sum(night.prefrontal_cortex.release(engram_id) for engram_id in faded)
        return {"pruned_wm": released, "pruned_ltm": len(faded)}
