"""A brain that lives through a conversation and is asked about it."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from conversations import Conversation, Question, Turn
from evidence import DEPTHS, Figures, context_figures, ranked_figures, tokens

from neuro import Brain, BrainConfig, Stimulus
from neuro.clock import SimulatedClock
from neuro.embedders import Embedder
from neuro.units import HOUR

NIGHT_AFTER = 4 * HOUR
"""A session is followed by a night so many seconds later, unless the next one has begun by then."""
CONTEXT_DEPTH = 160
"""Recollections that a context is filled from: 4,000 tokens hold about 120 turns."""


class Answered(NamedTuple):
    """One question and what was recalled for it."""

    question: Question
    ranked: list[str]
    """Ids of the turns of the first 50 recollections."""
    figures: Figures
    seconds: float
    """Duration of a recall of the default limit when the cue had been embedded before."""


class Measured(NamedTuple):
    """One conversation, lived through and asked about."""

    conversation: Conversation
    perceiving: float
    """Seconds for all of its turns and nights."""
    answers: list[Answered]


@asynccontextmanager
async def lived(
    conversation: Conversation, url: str, *, embedder: Embedder, config: BrainConfig | None = None
) -> AsyncGenerator[Brain]:
    """A brain at ``url`` after a conversation, on the evening of its last day.

    Each session is perceived as one batch when it is over, with every turn's own time as that of its happening.

    Raises:
        ValueError: the store holds something already.
    """
    clock = SimulatedClock(conversation.turns[0].when.timestamp())
    async with Brain.create(url, config=config, embedder=embedder, clock=clock) as brain:
        if await brain.list(limit=1, dormant=True):
            raise ValueError("the store of a conversation must be empty")
        sessions = [list(turns) for _, turns in itertools.groupby(conversation.turns, lambda t: t.session)]
        for session, following in itertools.zip_longest(sessions, sessions[1:]):
            await _advance(clock, session[-1].when.timestamp())
            await brain.perceive_many([_stimulus(turn) for turn in session])
            bedtime = clock.now() + NIGHT_AFTER
            if following is None or following[0].when.timestamp() > bedtime:
                await _advance(clock, bedtime)
                await brain.sleep()
        yield brain


async def measured(
    conversation: Conversation,
    url: str,
    *,
    embedder: Embedder,
    config: BrainConfig | None = None,
    on_answer: Callable[[], object] = lambda: None,
) -> Measured:
    """Lives through a conversation and asks its questions, which change nothing."""
    start = time.perf_counter()
    async with lived(conversation, url, embedder=embedder, config=config) as brain:
        perceiving = time.perf_counter() - start
        costs = {turn.id: tokens(turn) for turn in conversation.turns}
        answers: list[Answered] = []
        for question in conversation.scored:
            deep = await recalled(brain, question.text, CONTEXT_DEPTH)
            ranked = await recalled(brain, question.text, max(DEPTHS))
            start = time.perf_counter()
            await brain.recall(question.text, update=False)
            seconds = time.perf_counter() - start
            figures = ranked_figures(ranked, question.evidence)
            figures |= context_figures(deep, question.evidence, costs)
            answers.append(Answered(question, ranked, figures, seconds))
            on_answer()
    return Measured(conversation, perceiving, answers)


async def recalled(brain: Brain, cue: str, limit: int) -> list[str]:
    """Ids of the turns that a cue brings back, best first; what no turn said is passed over."""
    recall = await brain.recall(cue, limit=limit, update=False)
    turns = (recollection.engram.context.get("turn") for recollection in recall)
    return list(dict.fromkeys(turn for turn in turns if isinstance(turn, str)))


def _stimulus(turn: Turn) -> Stimulus:
    context = {"session": str(turn.session), "turn": turn.id}
    if turn.speaker:
        context["speaker"] = turn.speaker
    return Stimulus.of(turn.text, context=context, occurred_at=turn.when.timestamp())


async def _advance(clock: SimulatedClock, until: float) -> None:
    await clock.advance(max(0.0, until - clock.now()))
