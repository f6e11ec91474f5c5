"""How a brain is entered and left."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar

from neuro.errors import StoreUnavailableError
from neuro.pathways.life import Life, insist
from neuro.pathways.waking import Body
from neuro.sleep import SleepCycle


class Closing(Protocol):
    """What can be closed."""

    async def close(self) -> None:
        """Closes it."""
        ...


Opened = TypeVar("Opened", bound=Closing)


class Opening(Generic[Opened]):
    """A brain about to be: ``await`` it, or enter it with ``async with``."""

    def __init__(self, open_it: Callable[[], Coroutine[Any, Any, Opened]]) -> None:
        self._open = open_it
        self._opened: Opened | None = None

    def __await__(self) -> Generator[Any, Any, Opened]:
        return self._open().__await__()

    async def __aenter__(self) -> Opened:
        self._opened = await self._open()
        return self._opened

    async def __aexit__(self, *_: object) -> None:
        assert self._opened is not None
        await self._opened.close()


async def close_down(body: Body, life: Life, cycle: SleepCycle) -> None:
    """Ends the nights, waits for what is under way, writes everything down and lets go.

    Raises:
        StoreUnavailableError: the store could not be reached for `BrainConfig.closing_patience`; says how many
            engrams, and changes of others, were not stored.
        Exception: what ended the sleep cycle, if something did.
    """
    try:
        try:
            await cycle.stop()
        finally:
            await life.wait_for_acts()
            await _write_down(body)
    finally:
        await body.aclose()


async def _write_down(body: Body) -> None:
    await body.mind.rest()
    await body.sharing.rest()
    if not body.store.durable:
        return
    if not body.acted:
        with suppress(StoreUnavailableError):  # nothing is lost but time
            await body.mind.ledger.leave()
            await body.sharing.leave()
            if body.calendar.known:
                await body.calendar.close()
        return
    failure = await insist(body.write_down, body.config.closing_patience)
    if failure is not None:
        changes = f", nor {body.journal.owed} changes of others" if body.journal.owed else ""
        raise StoreUnavailableError(
            f"closed with {body.journal.unwritten} engrams not stored{changes}: {failure}"
        ) from failure
