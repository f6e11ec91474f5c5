"""Changing what others change too: attempts by compare-and-set, repeated until one lands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from weakref import WeakValueDictionary

from redis.backoff import ExponentialWithJitterBackoff

from neuro.errors import StoreUnavailableError
from neuro.stores.redis_connection import RedisConnection

_BACKOFF = ExponentialWithJitterBackoff(base=0.001, cap=0.1)
"""Seconds between two attempts to change what another process keeps changing."""
_LONGEST_BACKOFF = 8
"""Attempts after which the back-off grows no more."""


class Turns:
    """Tasks of this process change a thing one after another; only other processes make an attempt stale."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def land(self, names: Iterable[str], attempt: Callable[[], Awaitable[bool]]) -> None:
        """Repeats ``attempt`` until it returns True, while no other task here changes the things called ``names``.

        Raises:
            StoreUnavailableError: the server failed while this waited, or fails during an attempt.
        """
        failures = self._connection.failures
        async with AsyncExitStack() as turn:
            for name in sorted(set(names)):  # in one order, so that no two tasks wait for each other
                await turn.enter_async_context(self._locks.setdefault(name, asyncio.Lock()))
            if self._connection.failures > failures:  # or a queue would sit out an outage one after another
                raise StoreUnavailableError(
                    f"{self._connection}: failed while this change waited for its turn"
                )
            attempts = 0
            while not await attempt():
                attempts = min(attempts + 1, _LONGEST_BACKOFF)
                await asyncio.sleep(_BACKOFF.compute(attempts))
