"""Time: the system's, a simulated one, and the brain's own. The only reader of the wall clock.

Knows what time it is; deliberately knows nothing of memories.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from neuro.arguments import check_number
from neuro.errors import InvalidArgumentError
from neuro.records import Params, Unit

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


class TimeParams(Params):
    """At what rate a brain's time runs against the clock's, in [0, 1]. Both at 1 is wall time."""

    asleep: Unit = 0.05
    """eps: asleep, little comes in that could interfere (Jenkins & Dallenbach 1924)."""
    closed: Unit = 0.05
    """The same while no process has the brain open: an agent that is switched off for a month does not forget a
    month."""

    @classmethod
    def wall(cls) -> TimeParams:
        """Brain time is the clock's time, come what may."""
        return cls(asleep=1.0, closed=1.0)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant of a brain's time in one process."""

    brain: float
    """Brain time."""
    clock: float
    """The clock's reading."""
    idle: float
    """How much of brain time passed asleep or closed."""
    lived: float
    """Brain time since this process last heard from the others, and how much of it was idle."""
    lived_idle: float

    def joined(self, stored: Mapping[str, float] | None) -> dict[str, float]:
        """This time and what another process may have written since, as one: the later of the two.

        The brain is awake while any process has it open, so what this process lived through beyond the other's
        last word comes on top of it.

        Returns:
            ``brain`` time, the ``clock``'s reading then, how much of it was ``idle``, and up to which instant time
            is ``reserved``: an unclean end may have used up to that (unchanged here).
        """
        if stored is None:
            return {"brain": self.brain, "clock": self.clock, "idle": self.idle, "reserved": self.brain}
        beyond = min(self.lived, max(0.0, self.clock - stored["clock"]))
        brain, idle = self.brain, self.idle
        if stored["brain"] + beyond > brain:
            brain = stored["brain"] + beyond
            idle = stored["idle"] + min(beyond, self.lived_idle)
        reserved = max(stored["reserved"], brain)
        return {"brain": brain, "clock": self.clock, "idle": idle, "reserved": reserved}


class BrainTime:
    """The brain's own time, seconds on the clock's scale: equal to ``clock.now()`` when the store is born. It runs
    at rate 1 awake and slower asleep or closed, and never backwards, whatever clocks and processes do.

    A brain's time is written down where several processes may find it: see `Moment.joined`.
    """

    def __init__(self, clock: Clock, params: TimeParams | None = None) -> None:
        self._clock = clock
        self._params = TimeParams() if params is None else params
        self._seen = clock.now()
        self._now = self._synchronised = self._seen
        self._idle = self._idle_synchronised = 0.0
        self._sleepers = 0

    def now(self) -> float:
        """Brain time, seconds; never less than before."""
        reading = self._clock.now()
        passed = max(0.0, reading - self._seen)
        self._seen = reading
        if self._sleepers:
            self._idle += passed * self._params.asleep
            self._now += passed * self._params.asleep
        else:
            self._now += passed
        return self._now

    @property
    def waking(self) -> float:
        """Brain time without what passed asleep or closed, seconds on the same scale."""
        return self.now() - self._idle

    @contextmanager
    def asleep(self) -> Generator[None]:
        """Time passes as for a sleeper while the block lasts."""
        self.now()
        self._sleepers += 1
        try:
            yield
        finally:
            self.now()
            self._sleepers -= 1

    def skip(self, awake: float, asleep: float = 0.0) -> None:
        """As if some seconds of the clock had passed, awake and asleep."""
        self.now()
        self._now += awake + asleep * self._params.asleep
        self._idle += asleep * self._params.asleep

    def resume(self, state: Mapping[str, float]) -> None:
        """Goes on from what an earlier life or another process wrote; the brain was closed since."""
        self._seen = self._clock.now()
        closed = self._params.closed * max(0.0, self._seen - state["clock"])
        self._now = self._synchronised = max(state["brain"] + closed, state["reserved"])
        self._idle = self._idle_synchronised = state["idle"] + (self._now - state["brain"])

    def hand_over(self, clock: Clock) -> None:
        """Goes on by another clock, as a life that was simulated goes on in real time; no brain time passes."""
        self.now()
        self._clock = clock
        self._seen = clock.now()

    def moment(self) -> Moment:
        """This instant, as `Moment.joined` wants it."""
        now = self.now()
        return Moment(
            now, self._seen, self._idle, now - self._synchronised, self._idle - self._idle_synchronised
        )

    def adopt(self, state: Mapping[str, float]) -> None:
        """Takes over what `Moment.joined` gave and the store keeps."""
        now = self.now()
        if state["brain"] > now:
            self._now, self._idle = state["brain"], state["idle"]
        self._synchronised, self._idle_synchronised = self._now, self._idle
