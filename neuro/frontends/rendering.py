"""Memories and what happens to them in words, for people. Asks a brain nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from neuro import Engram, Perception, Recollection, SleepReport
from neuro.frontends.instants import show_instant

_SHORTEST_ID = 12
"""Digits of an id that are shown at least: the milliseconds of its encoding."""

CONTENT = "bold"
ASIDE = "dim"


def one_line(text: str, most: int | None = None) -> str:
    """A text on one line, cut after ``most`` characters."""
    line = " ".join(text.split())
    return line if most is None or len(line) <= most else line[: most - 1].rstrip() + "…"


def quoted(text: str, most: int | None = None) -> str:
    """A text, or its first words, in quotation marks."""
    return f"“{one_line(text, most)}”"


def short_ids(engram_ids: Sequence[str]) -> dict[str, str]:
    """The first digits of each id: as few as tell it from the others, but never fewer than 12."""
    shortened: dict[str, str] = {}
    ordered = sorted(engram_ids)
    for before, engram_id, after in zip(["", *ordered], ordered, [*ordered[1:], ""], strict=False):
        length = max(_SHORTEST_ID, _shared(engram_id, before) + 1, _shared(engram_id, after) + 1)
        shortened[engram_id] = engram_id[:length]
    return shortened


def _shared(one: str, other: str) -> int:
    return next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def place_name(region: str) -> str:
    """A region's name as people write it."""
    return region.replace("_", " ")


def when(engram: Engram, zone: tzinfo | None = None) -> str:
    """When it happened, or else when it was encoded."""
    return show_instant(engram.encoded_at if engram.occurred_at is None else engram.occurred_at, zone)


def origin(recollection: Recollection, zone: tzinfo | None = None) -> str:
    """Who said it, when, what kind of memory it is and where it lies."""
    engram = recollection.engram
    parts = [when(engram, zone), engram.memory_type.value, place_name(recollection.region)]
    return ", ".join(parts if engram.speaker is None else [engram.speaker, *parts])


def why(recollection: Recollection, most: int = 3) -> str:
    """The weightiest reasons in words, and that it was dormant if it was."""
    told = [*recollection.reasons[:most], *(r for r in recollection.reasons[most:] if r.kind == "dormant")]
    return "; ".join(reason.text for reason in told)


def sums(recollection: Recollection) -> str:
    """The same in numbers."""
    terms = ", ".join(f"{reason.kind} {reason.amount:+.3f}" for reason in recollection.reasons)
    return f"activation {recollection.activation:.3f} ({terms}), confidence {recollection.confidence:.2f}"


def became(perception: Perception) -> str:
    """What became of a stimulus."""
    engram = perception.engram
    if engram is None:
        return f"not attended to: {perception.gate.reason}"
    if perception.repeated:
        return f"known already: perceived {counted(round(engram.trace.exposures), 'time')} by now"
    felt = f"salience {engram.salience:.2f}"
    if engram.valence:
        felt += f", valence {engram.valence:+.2f}"
    return f"encoded as {engram.memory_type.value} ({felt})"


def moves(moved: Mapping[str, Sequence[str]]) -> str:
    """How many engrams reached each region."""
    return ", ".join(f"{len(ids)} to the {place_name(region)}" for region, ids in moved.items() if ids)


def tell_night(report: SleepReport) -> str:
    """A night in a sentence."""
    if report.skipped is not None:
        return f"Did not sleep: {report.skipped}."
    done = [f"{counted(report['consolidated'], 'engram')} moved"]
    if any(report.moved.values()):
        done[0] += f" ({moves(report.moved)})"
    for name, noun, verb in (
        ("replayed", "engram", "replayed"),
        ("pruned_ltm", "engram", "faded into dormancy"),
        ("linked", "pair", "newly linked"),
    ):
        if report.get(name):
            done.append(f"{counted(report[name], noun)} {verb}")
    return f"Slept {report.weight:.0%} of a full night: {', '.join(done)}."


def counted(count: int, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "night"), counted(3, "night"), counted(2, "memory")
    ('1 night', '3 nights', '2 memories')
    """
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def bar(share: float, length: int) -> str:
    """A share in [0, 1] as a bar."""
    filled = round(share * length)
    return "█" * filled + "░" * (length - filled)
