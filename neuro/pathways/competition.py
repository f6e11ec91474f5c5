"""How echoes compete to be recalled: one score from relevance, association, priming and strength.

Dynamics re-rank within bounds; they never hide what matches. Pure: gives the order, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from neuro.config import RecallParams
from neuro.connectome import AssociationType, Spread
from neuro.engram import Engram
from neuro.plasticity import Plasticity
from neuro.signals import Echo, Reason, Recollection
from neuro.units import DORMANT_BELOW

_MOST_LOG_ODDS = 3.0
_EXCERPT = 60
_STATES = ("strength", "dormant")
"""Reasons that say how an engram fares rather than what it has to do with the cue; they come last."""

_BY_ASSOCIATION = {
    AssociationType.TEMPORAL: "came close in time to",
    AssociationType.CO_HELD: "was in mind together with",
    AssociationType.CO_RECALLED: "was recalled together with",
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What besides the echoes decides the competition."""

    now: float
    """Brain time."""
    params: RecallParams
    plasticity: Plasticity
    spread: Mapping[str, Sequence[Spread]]
    """Activation that reached each engram from the best echoes."""
    held: frozenset[str]
    """Ids in working memory."""
    words: Mapping[str, str]
    """Words of the cue by their terms, to name them in the reasons."""


def excerpt(content: str) -> str:
    """The first words of a content, on one line."""
    line = " ".join(content.split())
    return line if len(line) <= _EXCERPT else line[: _EXCERPT - 1].rstrip() + "…"


def compete(
    echoes: Sequence[Echo], circumstances: Circumstances, content_of: Callable[[str], str | None]
) -> list[Recollection]:
    """Recollections of the echoes, best first, ties by id.

    Args:
        content_of: the content of an engram that activation spread from, to name it in the reasons.
    """
    found = [_recollect(echo, circumstances, content_of) for echo in echoes]
    return sorted(found, key=lambda r: (-r.activation, r.engram.engram_id))


def _recollect(echo: Echo, c: Circumstances, content_of: Callable[[str], str | None]) -> Recollection:
    engram = echo.engram
    at = engram.trace.last_access if engram.pinned else c.now
    probability = c.plasticity.strength(engram.trace, at)
    reasons = [_worded(reason, c.words) for reason in echo.reasons]
    if probability >= DORMANT_BELOW:  # what is dormant is not spread to
        reasons += _associated(c.spread.get(engram.engram_id, ()), echo.relevance, content_of)
    if engram.engram_id in c.held and c.params.priming > 0.0:
        reasons.append(Reason("working_memory", c.params.priming, "is held in working memory"))
    activation = echo.relevance + sum(r.amount for r in reasons[len(echo.reasons) :])
    log_odds = c.plasticity.activation(engram.trace, at)
    strength = c.params.strength * max(-_MOST_LOG_ODDS, min(_MOST_LOG_ODDS, log_odds))
    if strength != 0.0:
        reasons.append(_strength_reason(engram, probability, strength))
    return Recollection(
        engram,
        activation + strength,
        engram.reliability * probability,
        echo.region,
        tuple(sorted(reasons, key=lambda reason: (reason.kind in _STATES, -reason.amount))),
    )


def _worded(reason: Reason, words: Mapping[str, str]) -> Reason:
    if reason.kind != "words":
        return reason
    shared = [words.get(term, term) for term in reason.text.split(", ")]
    return replace(reason, text=f"shares the word{'s' * (len(shared) > 1)} {', '.join(shared)}")


def _associated(
    arrivals: Sequence[Spread], relevance: float, content_of: Callable[[str], str | None]
) -> list[Reason]:
    """What association adds: less, the better an engram matches by itself, so an exact match is not overtaken."""
    room = max(0.0, 1.0 - relevance)
    reasons: list[Reason] = []
    for source_id, kind, amount in arrivals:
        content = content_of(source_id)
        if content is not None:
            reasons.append(Reason(kind.value, room * amount, f"{_BY_ASSOCIATION[kind]} “{excerpt(content)}”"))
    return reasons


def _strength_reason(engram: Engram, probability: float, amount: float) -> Reason:
    if probability < DORMANT_BELOW:
        return Reason("dormant", amount, f"was dormant: its retention had fallen to {probability:.2f}")
    kept = "pinned" if engram.pinned else f"retention {probability:.2f}"
    count = engram.access_count
    before = "not recalled before" if count == 0 else f"recalled {count} time{'s' * (count > 1)} before"
    return Reason("strength", amount, f"{kept}, {before}")
