"""The living side of a brain: being open, on one event loop, and seeing begun acts through to their end.

Knows how acts, nights and the close follow one another; deliberately not what they do.
"""

from __future__ import annotations

import asyncio
import uuid
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from neuro.errors import BrainClosedError, StoreUnavailableError, WrongLoopError

Result = TypeVar("Result")

_RETRY_PAUSE = 0.1
_DEAF_FOR = 1.0
"""Real seconds after which a background task that went on though it was cancelled is cancelled again."""


class Life:
    """Whether a brain is open, where it runs, and which of its acts are under way."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._acts: set[asyncio.Task[Any]] = set()
        self._turns: dict[str, tuple[asyncio.Lock, int]] = {}
        self.closed = False

    def check_open(self) -> None:
        """Every awaited verb asks this first.

        Raises:
            BrainClosedError: after the close.
            WrongLoopError: on another event loop, or on none.
        """
        self.check_not_closed()
        self.check_loop()

    def check_not_closed(self) -> None:
        """Raises BrainClosedError after the close; what touches no store asks this."""
        if self.closed:
            raise BrainClosedError("this brain is closed")

    def check_loop(self) -> None:
        """Raises WrongLoopError on another event loop than the one the brain was created on."""
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if running is not self._loop:
            raise WrongLoopError(
                "this brain lives on the event loop it was created on: use it there, or create one for this loop"
            )

    async def finish(self, act: Coroutine[Any, Any, Result]) -> Result:
        """Sees an act through even if the caller is cancelled: it happens as a whole.

        Raises:
            BrainClosedError: the brain was closed since the verb began; the act does not happen.
        """
        if self.closed:
            act.close()
            self.check_open()
        task = asyncio.ensure_future(act)
        self._acts.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._acts.discard(task)
        if not task.cancelled():
            task.exception()  # seen, though the caller may be gone

    async def wait_for_acts(self) -> None:
        """Waits until nothing is under way."""
        while self._acts:
            await asyncio.wait(self._acts)

    @asynccontextmanager
    async def one_at_a_time(self, keys: Iterable[str]) -> AsyncGenerator[None]:
        """Acts with a key in common follow one another."""
        async with AsyncExitStack() as stack:
            for key in sorted(set(keys)):
                await stack.enter_async_context(self._turn(key))
            yield

    @asynccontextmanager
    async def _turn(self, key: str) -> AsyncGenerator[None]:
        lock, waiting = self._turns.get(key, (asyncio.Lock(), 0))
        self._turns[key] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._turns.pop(key)
            if waiting > 1:
                self._turns[key] = (lock, waiting - 1)

    def warn_if_open(self, owner: object) -> None:
        """For ``__del__``: a brain dropped open loses what it had not written down."""
        if not self.closed:
            warnings.warn(
                f"unclosed {owner!r}: await brain.close(), or use async with",
                ResourceWarning,
                stacklevel=2,
                source=owner,
            )


async def insist(write: Callable[[], Awaitable[object]], patience: float) -> StoreUnavailableError | None:
    """Tries to write until it succeeds or ``patience`` real seconds are over; the last error, if there is one."""
    failure: StoreUnavailableError | None = None
    try:
        async with asyncio.timeout(patience):
            while True:
                try:
                    await write()
                    return None
                except StoreUnavailableError as error:
                    failure = error
                    await asyncio.sleep(_RETRY_PAUSE)
    except TimeoutError:
        return failure or StoreUnavailableError(f"the store did not answer within {patience:g} s")


async def end(task: asyncio.Task[None]) -> None:
    """Cancels a background task until it ends: redis-py sends by `asyncio.wait_for`, which up to Python 3.11 forgets
    a cancellation that comes just when what it waits for is done."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_DEAF_FOR)


def operation_id() -> str:
    """An id by which a write that is repeated after a lost reply counts once."""
    return uuid.uuid4().hex
