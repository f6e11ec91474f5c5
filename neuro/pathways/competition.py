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
    AssociationType.ENTITY: "names the same as",
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
    content_of: Callable[[str], str | None]
    """The content of an engram that activation spread from, to name it in the reasons; None: it lends nothing."""


@dataclass(frozen=True, slots=True)
class Contender:
    """An echo and how it fares."""

    echo: Echo
    retention: float
    """In [0, 1]."""
    strength: float
    """What its retention adds to its activation."""
    activation: float
    """What it is ranked by."""

    @property
    def rank(self) -> tuple[float, str]:
        """Sorts the best first, ties by id."""
        return -self.activation, self.echo.engram.engram_id


def excerpt(content: str) -> str:
    """The first words of a content, on one line."""
    line = " ".join(content.split())
    return line if len(line) <= _EXCERPT else line[: _EXCERPT - 1].rstrip() + "…"


def compete(echoes: Sequence[Echo], circumstances: Circumstances) -> list[Contender]:
    """The echoes, best first, ties by id."""
    retentions = _retentions(echoes, circumstances)
    doubt = np.clip(retentions, _LEAST_DOUBT, 1.0 - _LEAST_DOUBT)
    log_odds = np.clip(np.log(doubt / (1.0 - doubt)), -_MOST_LOG_ODDS, _MOST_LOG_ODDS)
    found: list[Contender] = []
    for echo, retention, bounded in zip(echoes, retentions.tolist(), log_odds.tolist(), strict=True):
        strength = circumstances.params.strength * bounded
        added = sum(amount for _, amount in _lent(echo, retention, circumstances))
        found.append(Contender(echo, retention, strength, echo.relevance + added + strength))
    return sorted(found, key=lambda contender: contender.rank)


def most_reminded(engram_id: str, c: Circumstances) -> float:
    """The activation that an engram which does not match by itself cannot exceed, whatever is read of it."""
    added = [arrival.amount for arrival in c.spread.get(engram_id, ())]
    if engram_id in c.held:
        added.append(c.params.priming)
    return sum(added) + c.params.strength * _MOST_LOG_ODDS


def told(contender: Contender, c: Circumstances) -> Recollection:
    """A contender that is recalled, with the reasons."""
    echo, engram = contender.echo, contender.echo.engram
    reasons = [_told(reason) for reason in echo.reasons]
    for arrival, amount in _lent(echo, contender.retention, c):
        if arrival is None:
            reasons.append(Reason("working_memory", amount, "is held in working memory"))
        else:
            source = excerpt(c.content_of(arrival.source_id) or "")
            reasons.append(Reason(arrival.kind.value, amount, f"{_BY_ASSOCIATION[arrival.kind]} “{source}”"))
    if contender.strength != 0.0:
        reasons.append(_strength_reason(engram, contender.retention, contender.strength))
    return Recollection(
        engram,
        contender.activation,
        engram.reliability * contender.retention,
        echo.region,
        tuple(sorted(reasons, key=lambda reason: (reason.kind in _STATES, -reason.amount))),
    )


def _retentions(echoes: Sequence[Echo], c: Circumstances) -> npt.NDArray[np.float64]:
    retentions = np.zeros(len(echoes))
    for region, fading in c.fadings.items():
        here = [i for i, echo in enumerate(echoes) if echo.region == region]
        if here:
            retentions[here] = fading.retentions([echoes[i].engram for i in here], c.now)
    return retentions


def _lent(echo: Echo, retention: float, c: Circumstances) -> list[tuple[Spread | None, float]]:
    """What association adds, and working memory (None).

    Association adds less, the better an engram matches by itself, so an exact match is not overtaken; what is dormant
    is not spread to.
    """
    engram_id = echo.engram.engram_id
    lent: list[tuple[Spread | None, float]] = []
    if retention >= DORMANT_BELOW:
        room = max(0.0, 1.0 - echo.relevance)
        arrivals = c.spread.get(engram_id, ())
        lent += [(a, room * a.amount) for a in arrivals if c.content_of(a.source_id) is not None]
    if engram_id in c.held and c.params.priming > 0.0:
        lent.append((None, c.params.priming))
    return lent


def _told(reason: Reason) -> Reason:
    if reason.kind == "nearby" and not reason.text:
        return replace(reason, text="was said close to what the cue asks for")
    plural = "s" if ", " in reason.text else ""
    return replace(reason, text=_SAID[reason.kind].format(text=reason.text, s=plural))


def _strength_reason(engram: Engram, probability: float, amount: float) -> Reason:
    if probability < DORMANT_BELOW:
        return Reason("dormant", amount, f"was dormant: its retention had fallen to {probability:.2f}")
    kept = "pinned" if engram.pinned else f"retention {probability:.2f}"
    count = engram.access_count
    before = "not recalled before" if count == 0 else f"recalled {count} time{'s' * (count > 1)} before"
    return Reason("strength", amount, f"{kept}, {before}")
