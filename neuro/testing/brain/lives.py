"""Lives of brains in one place, and acts that are given up: what the checks of a brain are made of."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from neuro.brain import Brain
from neuro.clock import SimulatedClock
from neuro.config import BrainConfig
from neuro.embedders import HashingEmbedder
from neuro.engram import Engram
from neuro.errors import NeuroError
from neuro.stores.base import Store
from neuro.testing.doubles import InterleavingStore
from neuro.testing.machine import OpenPlace
from neuro.units import MINUTE

CONTENTS = tuple(
    f"{who} {did} the {what}"
    for who in ("Dana", "Omar", "Ines", "Theo")
    for did in ("painted", "repaired", "borrowed", "praised", "photographed")
    for what in ("lantern", "bicycle", "violin", "kettle", "compass")
)
"""A hundred contents, each found by its own words."""

T = TypeVar("T")

STUCK_AFTER = 10.0
"""Real seconds after which an act that follows a cancelled one counts as stuck."""
CLOSING_PATIENCE = 0.2
"""Real seconds for which the brains of these checks try to reach a store while they close."""
STEPS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 19, 22, 26, 31, 37, 45, 55, 70)
"""Steps of the event loop after which an act is cancelled."""
NIGHT_STEPS = range(0, 160, 2)
"""The same of a night; one over an interleaving store takes about 120."""


class Lives:
    """The lives of brains in a place, under one clock."""

    def __init__(self, open_place: OpenPlace) -> None:
        self._open_place = open_place
        self.clock = SimulatedClock(1_000_000.0)
        self.place: Store
        """As the latest life has it open."""
        self.store: Store
        """The same as its brain sees it."""

    @asynccontextmanager
    async def one(
        self, wrap: Callable[[Store], Store] | None = None, **options: Any
    ) -> AsyncGenerator[Brain]:
        """A life from opening the place, which the brain sees through ``wrap``, to an orderly close.

        Args:
            options: of the brain's configuration.
        """
        async with await self._open(wrap, **options) as brain:
            yield brain

    @asynccontextmanager
    async def cut_short(self, wrap: Callable[[Store], Store] | None = None) -> AsyncGenerator[Brain]:
        """A life that ends as if its process had been killed: nothing is written down or said goodbye to."""
        brain = await self._open(wrap)
        place = self.place
        try:
            yield brain
        finally:
            await place.aclose()  # from here on nothing of this life reaches it
            with suppress(NeuroError):
                await brain.close()

    async def _open(self, wrap: Callable[[Store], Store] | None, **options: Any) -> Brain:
        self.place = await self._open_place()
        self.store = self.place if wrap is None else wrap(self.place)
        return await Brain.create(
            self.store,
            clock=self.clock,
            embedder=HashingEmbedder(64),
            sleep_interval_seconds=MINUTE,
            config=BrainConfig(closing_patience=CLOSING_PATIENCE, **options),
        )


def interleaved(seed: int) -> Callable[[Store], Store]:
    """Wraps a place so that acts meet in every order that ``seed`` draws."""
    return lambda place: InterleavingStore(place, random.Random(seed))


async def everything(brain: Brain) -> dict[str, Engram]:
    """Engrams by content; each content once."""
    listed = await brain.list(limit=10_000, dormant=True)
    engrams = {engram.content: engram for engram in listed}
    assert len(engrams) == len(listed), f"{len(listed)} engrams have {len(engrams)} contents"
    return engrams


async def recent(brain: Brain) -> int:
    """How many engrams no night has moved, whichever brain they are of."""
    return (await brain.stats())["regions"]["hippocampus"]["engrams"]


async def cancelled_after(act: Coroutine[Any, Any, object], steps: int) -> bool:
    """Whether an act ended within so many steps of the event loop; otherwise it was cancelled."""
    task = asyncio.create_task(act)
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return False
    return True


async def unhindered(act: Awaitable[T]) -> T:
    """What an act returns, which must not find anything locked."""
    try:
        async with asyncio.timeout(STUCK_AFTER):
            return await act
    except TimeoutError:
        raise AssertionError("an act is stuck: something stayed locked") from None
