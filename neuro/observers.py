"""Watching a brain: subscribe to the types of its outcomes. An observer that fails is logged and removed."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from neuro.arguments import shown
from neuro.errors import InvalidArgumentError

_logger = logging.getLogger("neuro")

Outcome = TypeVar("Outcome")


class Observers:
    """Who wants to hear of what."""

    def __init__(self) -> None:
        self._callbacks: list[tuple[type[Any], Callable[[Any], object]]] = []

    def subscribe(self, outcome: type[Outcome], callback: Callable[[Outcome], object]) -> Callable[[], None]:
        """Calls ``callback`` with every outcome of this type; returns what ends the subscription.

        The callback runs on the event loop and must be quick; hand work over to a task of your own.

        Raises:
            InvalidArgumentError: ``outcome`` is no class, or ``callback`` no plain function.
        """
        if not isinstance(outcome, type):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgumentError(f"outcome: must be a class (got {shown(outcome)})")
        if not callable(callback) or inspect.iscoroutinefunction(callback):
            raise InvalidArgumentError(f"callback: must be a plain function (got {shown(callback)})")
        entry = (outcome, callback)
        self._callbacks.append(entry)

        def unsubscribe() -> None:
            if entry in self._callbacks:
                self._callbacks.remove(entry)

        return unsubscribe

    def announce(self, outcome: object) -> None:
        """Tells everyone who subscribed to the outcome's type."""
        for entry in tuple(self._callbacks):
            wanted, callback = entry
            if isinstance(outcome, wanted):
                try:
                    callback(outcome)
                except Exception:
                    _logger.exception("an observer of %s failed and has been removed", wanted.__name__)
                    if entry in self._callbacks:
                        self._callbacks.remove(entry)

    @asynccontextmanager
    async def stream(
        self, outcome: type[Outcome] | type[object] = object, *, buffer: int = 1000
    ) -> AsyncGenerator[AsyncIterator[Any]]:
        """An asynchronous iterator over the outcomes of a type; a reader that lags loses the oldest."""
        queue: asyncio.Queue[Any] = asyncio.Queue()

        def put(item: Any) -> None:
            if queue.qsize() >= buffer:
                queue.get_nowait()
            queue.put_nowait(item)

        async def items() -> AsyncIterator[Any]:
            while True:
                yield await queue.get()

        unsubscribe = self.subscribe(outcome, put)
        try:
            yield items()
        finally:
            unsubscribe()
