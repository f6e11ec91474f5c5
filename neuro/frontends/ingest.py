"""Living through a conversation: each turn at its own time on a simulated clock, a night in each long pause."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from neuro import Brain, Perception, SleepReport, Stimulus
from neuro.clock import Clock, SimulatedClock, SystemClock
from neuro.frontends.ledger import Ledger
from neuro.frontends.places import Place
from neuro.frontends.turns import Transcript, Turn, timeline
from neuro.stores import open_store
from neuro.units import HOUR

PAUSE = 4 * HOUR
"""After so many seconds of silence the brain sleeps."""


class Life:
    """A brain that is led through turns on the simulated clock it was made with."""

    def __init__(self, brain: Brain, clock: SimulatedClock) -> None:
        self.brain = brain
        self.clock = clock

    async def perceive(self, stimulus: Stimulus, at: float) -> Perception:
        """Takes in what was said at an instant. Time never goes back: what comes late keeps its own
        time as `occurred_at`.
        """
        if at < self.clock.now():
            stimulus = stimulus.model_copy(update={"occurred_at": at})
        else:
            await self.clock.advance(at - self.clock.now())
        return (await self.brain.perceive_many([stimulus]))[0]

    async def night(self, silence: float) -> SleepReport:
        """Sleeps after so many seconds of silence."""
        await self.clock.advance(silence)
        return await self.brain.sleep()


@dataclass(slots=True)
class Ingestion:
    """What became of a conversation."""

    turns: int
    known: int
    """Turns that had been lived through before."""
    perceived: int = 0
    repeated: int = 0
    """Of these, such as made an engram stronger that was there already."""
    unattended: int = 0
    """Of these, such as the thalamus did not let through."""
    late: int = 0
    """Of these, such as were dated before the one ahead of them."""
    nights: int = 0


class _Living:
    """One ingestion under way."""

    def __init__(self, life: Life, ledger: Ledger, summary: Ingestion, real: Clock) -> None:
        self._life = life
        self._ledger = ledger
        self._summary = summary
        self._real = real
        self._unwritten: list[str] = []
        self.interrupted = False

    async def live(self, turns: Sequence[tuple[Turn, float]], on_turn: Callable[[], None]) -> None:
        """Turn after turn until the end, or until it is interrupted; a last night makes everything durable."""
        brain, clock = self._life.brain, self._life.clock
        try:
            for turn, at in turns:
                if self.interrupted:
                    break
                if at - clock.now() > PAUSE and self._unwritten:
                    await self._sleep(PAUSE)
                self._summary.late += at < clock.now()
                self._count(await self._life.perceive(turn.stimulus, at))
                self._unwritten.append(turn.key)
                on_turn()
        finally:
            brain.time.hand_over(self._real)
        await self._sleep(0.0)

    def _count(self, perception: Perception) -> None:
        summary = self._summary
        summary.perceived += 1
        summary.repeated += perception.repeated
        summary.unattended += perception.engram is None

    async def _sleep(self, silence: float) -> None:
        await self._life.night(silence)
        self._summary.nights += 1
        await self._ledger.add(self._life.brain.store, self._unwritten)
        self._unwritten.clear()


async def ingest(
    place: Place,
    transcript: Transcript,
    *,
    clock: Clock | None = None,
    on_start: Callable[[int], None] = lambda turns: None,
    on_turn: Callable[[], None] = lambda: None,
) -> Ingestion:
    """Lives through the turns that a store has not lived through yet; its brain time goes on from there.

    Args:
        clock: real time, on which the brain goes on afterwards; the system clock if none.
        on_start: told how many turns there are to live through.
        on_turn: told of each when it is over.

    Cancelled, it finishes the turn it is in, sleeps on what there is, and remembers how far it came.
    """
    real = SystemClock() if clock is None else clock
    ledger = await _read_ledger(place)
    instants = timeline(transcript.turns, real.now())
    new = [(t, at) for t, at in zip(transcript.turns, instants, strict=True) if t.key not in ledger]
    summary = Ingestion(len(transcript.turns), len(transcript.turns) - len(new))
    on_start(len(new))
    if not new:
        return summary
    simulated = SimulatedClock(new[0][1])
    async with place.brain(writing=True, clock=simulated) as brain:
        living = _Living(Life(brain, simulated), ledger, summary, real)
        task = asyncio.ensure_future(living.live(new, on_turn))
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            living.interrupted = True
            await task
            raise
    return summary


async def _read_ledger(place: Place) -> Ledger:
    if await asyncio.to_thread(place.missing):
        return Ledger()
    store = await open_store(place.url, namespace=place.namespace)
    try:
        return await Ledger.read(store)
    finally:
        await store.aclose()
