"""The sleep cycle: one night at a time, on request or by a background task."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from neuro.clock import Clock
from neuro.errors import StoreUnavailableError
from neuro.signals import SleepReport
from neuro.sleep.params import SleepParams

_logger = logging.getLogger("neuro")


class SleepCycle:
    """Sleeps every ``interval`` seconds of clock time.

    Transient errors of the store are retried with longer and longer pauses. Any other error ends the cycle: it
    is logged once, given to ``on_failure``, and raised by the next `stop`.

    Args:
        night: lives through one night.
        interval: seconds between nights, > 0; the first comes one interval after the start.
        on_failure: told of the error that ended the cycle.
    """

    def __init__(
        self,
        night: Callable[[], Awaitable[SleepReport]],
        *,
        clock: Clock,
        interval: float,
        params: SleepParams | None = None,
        on_failure: Callable[[Exception], None] | None = None,
    ) -> None:
        self._live = night
        self._clock = clock
        self._interval = interval
        self._params = SleepParams() if params is None else params
        self._on_failure = on_failure
        self._task: asyncio.Task[None] | None = None
        self._pausing = False
        self._night: asyncio.Task[SleepReport] | None = None
        self._failure: Exception | None = None

    @property
    def running(self) -> bool:
        """Whether the background task is alive."""
        return self._task is not None and not self._task.done()

    @property
    def asleep(self) -> bool:
        """Whether a night is in progress."""
        return self._night is not None and not self._night.done()

    async def sleep(self) -> SleepReport:
        """Lives through a night; during one, waits for it and returns its report."""
        if self._night is None or self._night.done():
            self._night = asyncio.ensure_future(self._live())
        return await asyncio.shield(self._night)

    async def start(self) -> None:
        """Starts the background task; returns when it waits for its first interval. Started already: nothing."""
        if self.running:
            return
        waiting = asyncio.Event()
        self._task = asyncio.create_task(self._run(waiting), name="neuro sleep cycle")
        await waiting.wait()

    async def stop(self) -> None:
        """Ends the background task, after the night in progress if there is one. Not started: nothing.

        Raises:
            Exception: what ended the cycle, once.
        """
        await self._end()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    async def _end(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            if self._pausing:  # a night is seen through, and so are its errors
                self._pausing = False
                task.cancel()
            await asyncio.wait({task})
        if self._night is not None:
            await asyncio.wait({self._night})

    async def _run(self, waiting: asyncio.Event) -> None:
        pause = self._interval
        waiting.set()
        while self._task is asyncio.current_task():
            self._pausing = True
            await self._clock.sleep(pause)
            self._pausing = False
            try:
                await self.sleep()
                pause = self._interval
            except StoreUnavailableError as error:
                pause = min(2 * pause, max(self._interval, self._params.longest_pause))
                _logger.warning(
                    "the night could not reach its store and tries again in %g s: %s", pause, error
                )
            except Exception as error:  # any other error ends the cycle, and must not be lost
                _logger.exception("the sleep cycle ended")
                self._failure = error
                if self._on_failure is not None:
                    self._on_failure(error)
                return
