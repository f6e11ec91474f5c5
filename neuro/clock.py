"""Time: the system's, a simulated one, and the brain's own. The only reader of the wall clock.

Knows what time it is; deliberately knows nothing of memories.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from dataclasses import dataclass
from typing import Any, Protocol

from neuro.arguments import check_number
from neuro.errors import InvalidArgumentError

_PATIENCE = 30.0
_SETTLING_STEPS = 20


class Clock(Protocol):
    """What the brain asks for the time."""

    def now(self) -> float:
        """Epoch seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns when this clock has moved on by ``seconds``."""
        ...


class SystemClock:
    """The wall clock."""

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def __repr__(self) -> str:
        return "SystemClock()"


@dataclass(order=True, slots=True)
class _Sleeper:
    deadline: float
    order: int
    woken: asyncio.Future[None]
    task: asyncio.Task[Any]


class SimulatedClock:
    """Exact simulated time: it stands still until `advance` moves it.

    Args:
        start: the first instant, epoch seconds; 0.0 is as good as any.
    """

    def __init__(self, start: float = 0.0) -> None:
        self._now = check_number(start, "start")
        self._sleepers: list[_Sleeper] = []
        self._order = itertools.count()
        self._asleep_again: dict[asyncio.Task[Any], asyncio.Event] = {}
        self._advancing = False

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        task = asyncio.current_task()
        assert task is not None
        sleeper = _Sleeper(
            self._now + max(0.0, seconds), next(self._order), asyncio.get_running_loop().create_future(), task
        )
        heapq.heappush(self._sleepers, sleeper)
        if (asleep := self._asleep_again.get(task)) is not None:
            asleep.set()
        try:
            await sleeper.woken
        except asyncio.CancelledError:
            if sleeper in self._sleepers:
                self._sleepers.remove(sleeper)
                heapq.heapify(self._sleepers)
            raise

    async def advance(self, seconds: float) -> None:
        """Moves time on, waking each sleeper at its instant and waiting until its task sleeps again or ends.

        Raises:
            InvalidArgumentError: ``seconds`` is negative or not finite, or another `advance` is running.
            TimeoutError: a woken task neither slept again nor ended within 30 real seconds; names the task.
        """
        target = self._now + check_number(seconds, "seconds", low=0.0)
        if self._advancing:
            raise InvalidArgumentError("advance: this clock is being advanced already")
        self._advancing = True
        try:
            for _ in range(_SETTLING_STEPS):  # tasks already started reach their first sleep
                await asyncio.sleep(0)
            while self._sleepers and self._sleepers[0].deadline <= target:
                sleeper = heapq.heappop(self._sleepers)
                self._now = max(self._now, sleeper.deadline)
                await self._wake(sleeper)
            self._now = target
        finally:
            self._advancing = False

    async def _wake(self, sleeper: _Sleeper) -> None:
        if sleeper.woken.done():
            return
        asleep = self._asleep_again[sleeper.task] = asyncio.Event()
        sleeper.woken.set_result(None)
        waiting = asyncio.ensure_future(asleep.wait())
        try:
            done, _ = await asyncio.wait(
                {waiting, sleeper.task}, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            waiting.cancel()
            del self._asleep_again[sleeper.task]
        if not done:
            raise TimeoutError(
                f"the task {sleeper.task.get_name()!r} neither slept on this clock again nor ended within "
                f"{_PATIENCE:g} real seconds"
            )

    def __repr__(self) -> str:
        return f"SimulatedClock(now={self._now!r})"


class BrainTime:
    """The brain's own time, seconds on the clock's scale: equal to ``clock.now()`` when the store is born,
    monotone over restarts and over clocks that step backwards. It runs at rate 1 for now.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen = clock.now()
        self._now = self._seen

    def now(self) -> float:
        """Brain time, seconds; never less than before."""
        reading = self._clock.now()
        self._now += max(0.0, reading - self._seen)
        self._seen = reading
        return self._now

    def resume(self, state: dict[str, float]) -> None:
        """Goes on from what `state` returned in an earlier life."""
        self._now = float(state["brain"])
        self._seen = float(state["clock"])
        self.now()

    def hand_over(self, clock: Clock) -> None:
        """Goes on by another clock, as a life that was simulated goes on in real time; no brain time passes."""
        self.now()
        self._clock = clock
        self._seen = clock.now()

    def state(self) -> dict[str, float]:
        """What `resume` wants: brain time, and the clock's reading at that instant."""
        now = self.now()
        return {"brain": now, "clock": self._seen}
