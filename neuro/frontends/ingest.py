"""Living through a conversation: each turn at its own time on a simulated clock, a night in each long pause."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from neuro import Brain, Perception, SleepReport, Stimulus, StoreUnavailableError
from neuro.clock import Clock, SimulatedClock, SystemClock
from neuro.frontends.ledger import Ledger
from neuro.frontends.places import Place
from neuro.frontends.turns import Transcript, Turn, timeline
from neuro.stores import open_store
from neuro.units import HOUR

PAUSE = 4 * HOUR
"""After so many seconds of silence the brain sleeps."""
AT_ONCE = 5
"""Turns that are written down together, and that a crash may double; on Redis one more round trip each is dear."""


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
        self._awake = ledger.awake
        self._waits = False
        """Whether something waits for a store that is away; the next night makes it durable."""
        self.interrupted = False

    async def live(self, turns: Sequence[tuple[Turn, float]], on_turn: Callable[[], None]) -> None:
        """Turn after turn until the end, or until it is interrupted; a last night makes everything durable."""
        brain, clock = self._life.brain, self._life.clock
        try:
            for turn, at in turns:
                if self.interrupted:
                    break
                if at - clock.now() > PAUSE and self._awake:
                    await self._write_down()
                    await self._sleep(PAUSE)
                self._summary.late += at < clock.now()
                self._count(await self._life.perceive(turn.stimulus, at))
                self._unwritten.append(turn.key)
                if len(self._unwritten) >= AT_ONCE:
                    await self._write_down()
                on_turn()
        finally:
            brain.time.hand_over(self._real)
            await self._write_down()
        await self._sleep(0.0 if turns else PAUSE)  # a brain that crashed counts as awake for a while

    def _count(self, perception: Perception) -> None:
        summary = self._summary
        summary.perceived += 1
        summary.repeated += perception.repeated
        summary.unattended += perception.engram is None
        self._awake = True
        self._waits = self._waits or not (perception.durable or perception.engram is None)

    async def _write_down(self) -> None:
        """Writes down what is durable without a night."""
        if not self._waits:
            try:
                await self._write()
            except StoreUnavailableError:
                self._waits = True

    async def _write(self) -> None:
        await self._ledger.add(self._life.brain.store, self._unwritten, awake=self._awake)
        self._unwritten.clear()

    async def _sleep(self, silence: float) -> None:
        await self._life.night(silence)
        self._summary.nights += 1
        self._awake = self._waits = False
        await self._write()


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

    Cancelled, it finishes the turn it is in, sleeps on what there is, and remembers how far it came. After a crash it
    goes on as if there had been none; only the last `AT_ONCE` turns may be lived through twice, and what waited for a
    store that was away.
    """
    real = SystemClock() if clock is None else clock
    ledger = await _read_ledger(place)
    instants = timeline(transcript.turns, real.now())
    timed = list(zip(transcript.turns, instants, strict=True))
    new = [(turn, at) for turn, at in timed if turn.key not in ledger]
    summary = Ingestion(len(transcript.turns), len(transcript.turns) - len(new))
    on_start(len(new))
    if not new and not (timed and ledger.awake):
        return summary
    simulated = SimulatedClock(_beginning(timed, ledger))
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


def _beginning(timed: Sequence[tuple[Turn, float]], ledger: Ledger) -> float:
    """When the first new turn is; after a crash, when the last one before it was, for its night may be due between."""
    lived = [at for _, at in takewhile(lambda one: one[0].key in ledger, timed)]
    return max(lived) if lived and ledger.awake else timed[len(lived)][1]


async def _read_ledger(place: Place) -> Ledger:
    if await asyncio.to_thread(place.missing):
        return Ledger()
    store = await open_store(place.url, namespace=place.namespace)
    try:
        return await Ledger.read(store)
    finally:
        await store.aclose()
