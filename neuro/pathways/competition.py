"""How echoes compete to be recalled: one score from relevance, association, priming and strength.

Dynamics re-rank within bounds; they never hide what matches. Pure: gives the order, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from neuro.config import RecallParams
from neuro.connectome import AssociationType, Spread
from neuro.engram import Engram
from neuro.fading import Fading
from neuro.signals import Echo, Reason, Recollection
from neuro.units import DORMANT_BELOW

_MOST_LOG_ODDS = 3.0
_LEAST_DOUBT = 1e-9
_EXCERPT = 60
_STATES = ("form", "strength", "dormant")
"""Reasons that say how an engram is told or fares rather than what it has to do with the cue; they come last."""

_SAID = {
    "words": "shares the word{s} {text}",
    "related": "says much the same as the cue: {text}",
    "nearby": "was said close to {text}",
    "speaker": "was said by {text}",
    "date": "happened about {text}",
    "gist": "is about much the same",
    "meaning": "means much the same",
    "form": "tells of something that happened",
}
"""How evidence for a match is told."""

_BY_ASSOCIATION = {
    AssociationType.TEMPORAL: "came close in time to",
    AssociationType.CO_HELD: "was in mind together with",
    AssociationType.CO_RECALLED: "was recalled together with",
    AssociationType.INSTANCE: "tells of",
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What besides the echoes decides the competition."""

    now: float
    """Brain time."""
    params: RecallParams
    fadings: Mapping[str, Fading]
    """How engrams fade in each region, by its name."""
    spread: Mapping[str, Sequence[Spread]]
    """Activation that reached each engram from the best echoes."""
    held: frozenset[str]
    """Ids in working memory."""


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
    retentions = _retentions(echoes, circumstances)
    doubt = np.clip(retentions, _LEAST_DOUBT, 1.0 - _LEAST_DOUBT)
    log_odds = np.clip(np.log(doubt / (1.0 - doubt)), -_MOST_LOG_ODDS, _MOST_LOG_ODDS)
    found = [
        _recollect(echo, probability, circumstances.params.strength * bounded, circumstances, content_of)
        for echo, probability, bounded in zip(echoes, retentions.tolist(), log_odds.tolist(), strict=True)
    ]
    return sorted(found, key=lambda r: (-r.activation, r.engram.engram_id))


def _retentions(echoes: Sequence[Echo], c: Circumstances) -> npt.NDArray[np.float64]:
    retentions = np.zeros(len(echoes))
    for region, fading in c.fadings.items():
        here = [i for i, echo in enumerate(echoes) if echo.region == region]
        if here:
            retentions[here] = fading.retentions([echoes[i].engram for i in here], c.now)
    return retentions


def _recollect(
    echo: Echo,
    probability: float,
    strength: float,
    c: Circumstances,
    content_of: Callable[[str], str | None],
) -> Recollection:
    engram = echo.engram
    reasons = [_told(reason) for reason in echo.reasons]
    if probability >= DORMANT_BELOW:  # what is dormant is not spread to
        reasons += _associated(c.spread.get(engram.engram_id, ()), echo.relevance, content_of)
    if engram.engram_id in c.held and c.params.priming > 0.0:
        reasons.append(Reason("working_memory", c.params.priming, "is held in working memory"))
    activation = echo.relevance + sum(r.amount for r in reasons[len(echo.reasons) :])
    if strength != 0.0:
        reasons.append(_strength_reason(engram, probability, strength))
    return Recollection(
        engram,
        activation + strength,
        engram.reliability * probability,
        echo.region,
        tuple(sorted(reasons, key=lambda reason: (reason.kind in _STATES, -reason.amount))),
    )


def _told(reason: Reason) -> Reason:
    if reason.kind == "nearby" and not reason.text:
        return replace(reason, text="was said close to what the cue asks for")
    plural = "s" if ", " in reason.text else ""
    return replace(reason, text=_SAID[reason.kind].format(text=reason.text, s=plural))


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
