"""What the commands show: a page for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from neuro import Engram, Explanation, Perception, Recall, SleepReport
from neuro.connectome import AssociationType
from neuro.frontends.ingest import Ingestion
from neuro.frontends.instants import show_instant
from neuro.frontends.looking import Wire
from neuro.frontends.rendering import (
    ASIDE,
    CONTENT,
    became,
    counted,
    one_line,
    origin,
    place_name,
    short_ids,
    sums,
    tell_night,
    when,
    why,
)
from neuro.frontends.screen import Screen
from neuro.units import show_span

_WIRED = {
    AssociationType.TEMPORAL: "close in time",
    AssociationType.CO_HELD: "in mind together",
    AssociationType.CO_RECALLED: "recalled together",
}
_LABEL = 12


def show_perception(screen: Screen, perception: Perception) -> None:
    """What became of a stimulus."""
    engram_id = "" if perception.engram is None else f"{perception.engram.engram_id}  "
    screen.say((engram_id, ASIDE), became(perception))


def show_recall(screen: Screen, recall: Recall, *, verbose: bool) -> None:
    """What came back, best first, and why."""
    if not recall:
        screen.say("Nothing comes back.")
    for recollection in recall:
        screen.say((recollection.engram.content, CONTENT))
        screen.say((origin(recollection, screen.zone), ASIDE), lead="  ")
        screen.say(f"why: {why(recollection)}", lead="  ")
        if verbose:
            screen.say((f"{recollection.engram.engram_id}: {sums(recollection)}", ASIDE), lead="  ")


def show_night(screen: Screen, report: SleepReport) -> None:
    """What a night did."""
    screen.say(tell_night(report))


def show_forgotten(screen: Screen, engram: Engram) -> None:
    """What is gone."""
    screen.say(
        ("Forgotten for good: ", ""), (one_line(engram.content), CONTENT), (f"  {engram.engram_id}", ASIDE)
    )


def show_remains(screen: Screen, remains: Sequence[str] | None) -> None:
    """What may still hold what is gone; None: nobody has looked."""
    if remains is None:
        return
    if not remains:
        screen.say("Nothing that the store keeps holds it any more.", lead="  ")
    for sentence in remains:
        screen.say(sentence, lead="  ")


def show_list(screen: Screen, left: Sequence[tuple[Engram, float, float]]) -> None:
    """A line for each engram, with how much of it is left and for how long."""
    if not left:
        screen.say("Nothing to list.")
        return
    ids = short_ids([engram.engram_id for engram, _, _ in left])
    rows = [
        [
            ids[engram.engram_id],
            when(engram, screen.zone),
            engram.memory_type.value,
            f"{retention:.2f}",
            "dormant" if hours == 0.0 else show_span(hours),
            one_line(engram.content if engram.speaker is None else f"{engram.speaker}: {engram.content}"),
        ]
        for engram, retention, hours in left
    ]
    screen.table(["id", "when", "type", "retention", "fades in", "content"], rows)


def show_engram(
    screen: Screen, engram: Engram, region: str, retention: float, hours: float, wired: Sequence[Wire]
) -> None:
    """All about one engram."""
    screen.say((engram.content, CONTENT))
    for label, value in _facts(screen, engram, region, retention, hours):
        screen.say(value, lead=f"  {label:<{_LABEL}}")
    if wired:
        screen.say("wired to", lead="  ")
        ids = short_ids([wire.engram.engram_id for wire in wired])
        rows = [
            [f"{a.weight:.2f}", _WIRED[a.kind], ids[other.engram_id], one_line(other.content)]
            for a, other in wired
        ]
        screen.table(["weight", "because", "id", "content"], rows, lead="    ")


def show_why(screen: Screen, explanation: Explanation) -> None:
    """Why an engram is as retrievable as it is, and when it will fade."""
    screen.say((explanation.engram.content, CONTENT))
    if explanation.fades_at is not None and explanation.hours_left > 0.0:
        fades = f"dormant at {show_instant(explanation.fades_at, screen.zone)} if nothing happens until then"
        screen.say((fades, ASIDE), lead="  ")
    for sentence in explanation.because:
        screen.say(sentence, lead="  ")


def _facts(
    screen: Screen, engram: Engram, region: str, retention: float, hours: float
) -> Iterable[tuple[str, str]]:
    trace, context = engram.trace, dict(engram.context)
    yield "id", engram.engram_id
    yield (
        "memory",
        f"{engram.memory_type.value}, in the {place_name(region)}{', pinned' if engram.pinned else ''}",
    )
    if engram.consolidation is not None:
        yield "state", engram.consolidation.value.replace("_", "-")
    for name in ("speaker", "session"):
        if name in context:
            yield name, str(context.pop(name))
    yield "encoded", show_instant(engram.encoded_at, screen.zone)
    if engram.occurred_at is not None:
        yield "happened", show_instant(engram.occurred_at, screen.zone)
    if engram.tags:
        yield "tags", ", ".join(engram.tags)
    for name, value in context.items():
        yield name, str(value)
    yield (
        "felt",
        f"salience {engram.salience:.2f}, valence {engram.valence:+.2f}, arousal {engram.arousal:.2f}",
    )
    if engram.reward is not None:
        yield "reward", f"{engram.reward:+.2f}"
    fading = (
        "is dormant" if hours == 0.0 else "does not fade" if engram.pinned else f"fades in {show_span(hours)}"
    )
    yield "retention", f"{retention:.2f}, half-life {show_span(engram.stability)}, {fading}"
    yield (
        "accesses",
        f"perceived {counted(round(trace.exposures), 'time')}, recalled {counted(engram.access_count, 'time')}",
    )
    yield "cortex", f"holds {trace.cortical_share:.1%} of the trace, as of the last access"
    yield "embedder", f"{engram.embedder}, {counted(len(engram.texts), 'fragment')}"


def show_stats(screen: Screen, figures: Mapping[str, Any]) -> None:
    """Where a memory is, and what is in it."""
    for label, value in (
        ("store", figures["store"]),
        ("namespace", figures["namespace"]),
        ("embedder", figures["embedder"]),
        ("brain time", show_instant(figures["brain_time"], screen.zone)),
        ("nights", f"{figures['sleeps']:.1f} full ones"),
        ("engrams", f"{figures['engrams']:,}, of which {figures['dormant']:,} dormant"),
    ):
        screen.say(value, lead=f"{label:<{_LABEL}}")
    for region, held in figures["regions"].items():
        screen.say(f"{held['engrams']:>7,}  {place_name(region)}", lead=" " * _LABEL)


def show_ingestion(screen: Screen, done: Ingestion, bad_lines: int) -> None:
    """What became of a conversation."""
    if done.known:
        screen.say(f"{counted(done.known, 'turn')} had been lived through before.")
    screen.say(f"Lived through {counted(done.perceived, 'turn')} and {counted(done.nights, 'night')}.")
    for count, noun, what in (
        (done.repeated, "turn", "repeated what was in memory already"),
        (done.unattended, "turn", "drew too little attention to be remembered"),
        (done.late, "turn", "dated before the one ahead: taken in when its line came, its own date kept"),
        (bad_lines, "line", "could not be read, and skipped"),
    ):
        if count:
            screen.say(f"{counted(count, noun)} {what}", lead="  ")
