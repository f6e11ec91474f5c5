"""An adapter that lets a LoCoMo harness measure `Brain`.

A harness calls `Adapter()` once per conversation, then ``await ingest(turns)`` with turns of (id, speaker, text,
when), then ``await recall(question, k)`` for turn ids, best first, then ``await close()``. Each conversation is
one fresh brain that lives through the turns on a simulated clock, with a night at each gap of more than four
hours. The environment chooses where it lives:

    NEURO_BENCH_URL       a URL with ``{n}`` for the number of the conversation; default memory://
    NEURO_BENCH_EMBEDDER  default lexical
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from neuro import Brain
from neuro.clock import SimulatedClock
from neuro.embedders import CachedEmbedder, resolve
from neuro.units import HOUR

NIGHT_GAP = 4 * HOUR
_numbers = itertools.count()


class Turn(Protocol):
    """What the harness hands over."""

    id: str
    speaker: str
    text: str
    when: datetime


class Adapter:
    """One conversation in one brain."""

    def __init__(self) -> None:
        url = os.environ.get("NEURO_BENCH_URL", "memory://")
        self._url = url.replace("{n}", str(next(_numbers)))
        self._brain: Brain | None = None

    async def ingest(self, turns: Sequence[Turn]) -> None:
        """Lives through the turns in order."""
        embedder = CachedEmbedder(await resolve(os.environ.get("NEURO_BENCH_EMBEDDER", "lexical")))
        await embedder.embed(
            [turn.text for turn in turns]
        )  # one batch; a perceive then finds it in the cache
        clock = SimulatedClock(_epoch(turns[0].when))
        self._brain = brain = await Brain.create(self._url, clock=clock, embedder=embedder)
        for turn in turns:
            gap = _epoch(turn.when) - clock.now()
            await clock.advance(max(0.0, gap))
            if gap > NIGHT_GAP:
                await brain.sleep()
            await brain.perceive(turn.text, context={"speaker": turn.speaker, "turn": turn.id})
        await clock.advance(NIGHT_GAP)
        await brain.sleep()

    async def recall(self, question: str, k: int) -> list[str]:
        """Turn ids, best first."""
        assert self._brain is not None
        return [
            str(r.engram.context["turn"]) for r in await self._brain.recall(question, limit=k, update=False)
        ]

    async def close(self) -> None:
        """Ends the conversation."""
        if self._brain is not None:
            await self._brain.close()


def _epoch(when: datetime) -> float:
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
