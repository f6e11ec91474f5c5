"""Why an engram is as retrievable as it is, and when it will fade: in words."""

from __future__ import annotations

import math
from collections.abc import Iterable

from neuro.engram import ConsolidationState, Engram
from neuro.fading import Fading
from neuro.pathways.waking import Body
from neuro.regions.memory_region import MemoryRegion
from neuro.signals import Explanation
from neuro.units import DORMANT_BELOW, HOUR, show_span

_AS_IT_WAS = 1.001
"""Half-lives of less than this ratio are told as one."""

_STATES = {
    ConsolidationState.LABILE: "labile: it has not been slept on since it was last accessed",
    ConsolidationState.CONSOLIDATING: "consolidating",
    ConsolidationState.CONSOLIDATED: "consolidated",
    ConsolidationState.LONG_TERM: "in long-term memory",
    ConsolidationState.RECONSOLIDATING: "reconsolidating: an access has made it labile again until it is slept on",
}


def explain(body: Body, region: MemoryRegion, engram: Engram) -> Explanation:
    """An engram of a region, explained."""
    fading, now = region.fading, body.time.now()
    left = max(0.0, fading.forgotten_at(engram) - now) / HOUR
    shown = body.seen(engram)
    return Explanation(
        shown,
        region.name,
        fading.retention(engram, now),
        getattr(fading.plasticity, "law", type(fading.plasticity).__name__),
        left,
        None if math.isinf(left) else body.clock.now() + (fading.forgotten_at(engram) - now),
        tuple(_because(shown, fading, body, now)),
    )


def _because(engram: Engram, fading: Fading, body: Body, now: float) -> Iterable[str]:
    yield _fate(engram, fading, now)
    yield _half_life(engram, now)
    yield _past(engram)
    if engram.consolidation is not None:
        share = fading.plasticity.cortical_share(engram.trace, body.sleeps)
        yield f"It is {_STATES[engram.consolidation]}; the neocortex holds {share:.0%} of the trace."
    if engram.target_retention is not None:
        hours = (fading.review_at(engram) - now) / HOUR
        when = f"due in {show_span(hours)}" if hours > 0.0 else f"overdue by {show_span(-hours)}"
        yield f"It is registered for review at a retention of {engram.target_retention:.2f}: {when}."
    if fading.rehearse_at(engram) < math.inf:
        target = fading.importance.rehearsal
        yield f"Sleep rehearses it before its retention falls below {target:.2f}."


def _fate(engram: Engram, fading: Fading, now: float) -> str:
    retention, floor = fading.retention(engram, now), fading.floor(engram)
    at = f"Its retention is {retention:.2f}"
    if engram.pinned:
        return f"{at}: it is pinned and does not fade."
    if floor >= DORMANT_BELOW:
        return f"{at}; as it is important (salience {engram.salience:.2f}) it never falls below {floor:.2f}."
    hours = (fading.forgotten_at(engram) - now) / HOUR
    if hours <= 0.0:
        return f"{at}: it has been dormant for {show_span(-hours)}, but a cue still finds it and wakes it up."
    return f"{at}; left alone it becomes dormant in {show_span(hours)} of waking time."


def _half_life(engram: Engram, now: float) -> str:
    trace = engram.trace
    since = f"since its last access {show_span(max(0.0, now - trace.last_access) / HOUR)} ago"
    told = f"It fades with a half-life of {show_span(trace.half_life / HOUR)} {since}"
    if trace.half_life > trace.encoded_half_life * _AS_IT_WAS:
        return f"{told}; that was {show_span(trace.encoded_half_life / HOUR)} before use and sleep strengthened it."
    if trace.half_life * _AS_IT_WAS < trace.encoded_half_life:
        return f"{told}; that was {show_span(trace.encoded_half_life / HOUR)} before it was weakened."
    return f"{told}, as when it was encoded."


def _past(engram: Engram) -> str:
    studied, recalled = round(engram.trace.exposures), engram.access_count
    return f"It was studied {_times(studied)} and recalled {_times(recalled)}."


def _times(count: int) -> str:
    return "never" if count == 0 else "once" if count == 1 else f"{count:,} times"
