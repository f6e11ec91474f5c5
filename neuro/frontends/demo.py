"""The demo from the first word to the last: lives, asks, and tells of it as it goes. Every number that it shows is
taken from the brain that it shows.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack

from neuro import Brain, ConfigurationError
from neuro.clock import SimulatedClock, SystemClock
from neuro.frontends import demo_pages as pages
from neuro.frontends.demo_life import (
    WEEKS,
    ZONE,
    Day,
    Faded,
    Question,
    Waking,
    ask,
    conversation,
    live,
    pass_a_year,
    questions,
    said_at,
)
from neuro.frontends.ingest import Life
from neuro.frontends.places import Place
from neuro.frontends.screen import Screen
from neuro.frontends.turns import Turn
from neuro.presets import human
from neuro.stores.copying import is_vacant
from neuro.units import DAY, HOUR

_REST = 6 * HOUR
"""Seconds between the last night and the questions."""
_PROMPT = "\nAsk the house (an empty line ends): "


def run_demo(place: Place, *, as_json: bool, stays: bool) -> None:
    """Lives through the conversation in a store of its own and shows what happens there.

    With a terminal it ends by letting the user ask.

    Args:
        stays: the store is the user's own, and is there afterwards.

    Raises:
        ConfigurationError: there are memories in the store already.
    """
    screen = Screen(as_json=as_json, wrap=True, zone=ZONE)
    turns, asked = conversation(), questions()
    clock = SimulatedClock(said_at(turns[0]))
    with asyncio.Runner() as runner:  # shown and read is between runs of the loop, where both may wait
        stack = AsyncExitStack()
        try:
            brain = runner.run(_open(place, clock, stack))
            days = runner.run(live(Life(brain, clock), turns))
            pages.show_opening(screen, days, brain.store.url if stays else None)
            pages.show_pathway(screen, days[0].moments, brain.prefrontal_cortex.params.capacity)
            pages.show_working_memory(screen, days[0].moments)
            pages.show_nights(screen, days)
            runner.run(clock.advance(_REST))
            answers = runner.run(ask(brain, asked))
            pages.show_answers(screen, answers)
            faded, waking = runner.run(_forget(turns, asked))
            pages.show_year(screen, faded, waking)
            pages.show_default(screen, runner.run(_kept(brain, days, asked)))
            screen.emit(pages.summary(days, answers, faded))
            if not as_json and sys.stdin.isatty() and sys.stdout.isatty():
                while cue := _read_cue():
                    pages.show_recall(screen, runner.run(brain.recall(cue, limit=3)))
        finally:
            runner.run(stack.aclose())
    pages.show_end(screen, _options(place, brain.store.url) if stays else None)


def _options(place: Place, masked: str) -> list[str]:
    """How the store is named in another command, without its password."""
    named = ["--store", masked if place.file is None else place.url]
    return named if place.namespace == "default" else [*named, "--namespace", place.namespace]


def _read_cue() -> str:
    try:
        return input(_PROMPT).strip()
    except EOFError:
        return ""


async def _open(place: Place, clock: SimulatedClock, stack: AsyncExitStack) -> Brain:
    """A brain on a store that is empty; the stack closes it, after it was handed over to real time."""
    brain = await stack.enter_async_context(place.brain(writing=True, clock=clock))
    if not await is_vacant(brain.store):
        raise ConfigurationError(
            f"the demo needs a store of its own, and there are memories at {brain.store.url}: name a file that does "
            "not exist, or another --namespace"
        )
    stack.callback(lambda: brain.time.hand_over(SystemClock()))
    return brain


async def _forget(turns: Sequence[Turn], asked: Sequence[Question]) -> tuple[list[Faded], Waking | None]:
    """A year with a person's half-lives, and one of the memories that it made dormant woken by its question."""
    clock = SimulatedClock(said_at(turns[-1]))
    async with Brain.create(config=human(), clock=clock) as brain:
        faded = await pass_a_year(Life(brain, clock), asked, turns)
        for memory in reversed(faded):
            if memory.dormant:
                before = await brain.get(memory.engram_id)
                recall = await brain.recall(memory.question.ask, limit=1)
                if recall and recall[0].engram.engram_id == memory.engram_id:
                    after = await brain.get(memory.engram_id)
                    return faded, Waking(recall, before, after, brain.retention(after))
    return faded, None


async def _kept(brain: Brain, days: Sequence[Day], asked: Sequence[Question]) -> list[float]:
    """Retention of the same memories in the demo's own brain, if the same time went by."""
    later = brain.time.now() + WEEKS[-1] * 7 * DAY
    wanted = {question.expect for question in asked}
    perceived = [
        m.perception.engram for day in days for m in day.moments if m.turn.stimulus.content in wanted
    ]
    engrams = [await brain.get(engram.engram_id) for engram in perceived if engram is not None]
    return [brain.hippocampus.fading.retention(engram, later) for engram in engrams]
