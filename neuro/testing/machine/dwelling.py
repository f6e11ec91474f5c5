"""One of the brains that live in a place: opened, given acts, closed, killed and followed by another."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from neuro.brain import Brain
from neuro.clock import SimulatedClock
from neuro.config import BrainConfig
from neuro.embedders import HashingEmbedder
from neuro.errors import NeuroError, StoreUnavailableError
from neuro.stores.base import Store
from neuro.testing.doubles import FailingStore, InterleavingStore
from neuro.testing.machine.acts import (
    ALL,
    Act,
    Browse,
    Forget,
    Get,
    GiveUp,
    Kill,
    Lesion,
    LoseReply,
    Outage,
    Perceive,
    Pin,
    Recall,
    Recover,
    Reinforce,
    Restore,
    Seek,
    Sleep,
    Wait,
)
from neuro.testing.machine.places import OpenPlace


@dataclass(frozen=True, slots=True)
class Circumstance:
    """What the brains of one place share."""

    open_place: OpenPlace
    config: BrainConfig
    clock: SimulatedClock
    rng: random.Random
    """Draws how their tasks meet."""
    embedder: HashingEmbedder
    ids: Callable[[float], str]


class Dweller:
    """The brain in one of a place's rooms, whichever it is by now."""

    brain: Brain
    place: Store
    """How this brain's process has the place open."""

    def __init__(self, shared: Circumstance) -> None:
        self._shared = shared
        self.killed = False
        """Whether it awaits its successor."""
        self._shaky = False
        self.lost = False
        """Whether a reply of its store may be lost."""
        self.untimely = False
        """Whether it may not know what its store knows of its time and nights."""

    async def open(self) -> None:
        """Opens a new brain."""
        shared = self._shared
        self.place = await shared.open_place()
        self._store = FailingStore(self.place)
        self.killed = self._shaky = self.lost = self.untimely = False
        self.brain = await Brain.create(
            InterleavingStore(self._store, shared.rng),
            config=shared.config,
            embedder=shared.embedder,
            clock=shared.clock,
            rng=0,
            ids=shared.ids,
        )

    async def kill(self) -> None:
        """From here on nothing that it does reaches the place."""
        self.killed = True
        await self.place.aclose()

    async def bury(self) -> None:
        """Ends what a killed brain left running in this process."""
        self._store.recover()  # it would wait for its store; the place is closed to it
        with suppress(NeuroError):
            await self.brain.close()

    async def do(self, act: Act, engram_id: str, content: str) -> object:
        """Carries out an act on the engram with this id, which says ``content``."""
        brain = self.brain
        match act:
            case Perceive(words, memory_type, speaker, salience, reward):
                context = None if speaker is None else {"speaker": speaker}
                return await brain.perceive(
                    words, memory_type=memory_type, salience=salience, reward=reward, context=context
                )
            case Recall(cue, limit, update):
                return await brain.recall(cue, limit=limit, update=update)
            case GiveUp(cue, steps):
                return await self._give_up(brain.recall(cue, update=False), steps)
            case Seek():
                return await brain.recall(content, limit=ALL, update=False)
            case Reinforce():
                return await brain.reinforce(engram_id)
            case Get():
                return await brain.get(engram_id)
            case Browse():
                return await brain.list(limit=ALL, dormant=True)
            case Forget():
                return await brain.forget(engram_id)
            case Pin(_, pinned):
                return await (brain.pin(engram_id) if pinned else brain.unpin(engram_id))
            case Sleep():
                return await brain.sleep()
            case Wait(seconds):
                return await self._shared.clock.advance(seconds)
            case Kill():
                return await self.kill()
            case _:
                return self._trouble(act)

    async def _give_up(self, act: Coroutine[Any, Any, object], steps: int) -> None:
        task = asyncio.ensure_future(act)
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error

    def _trouble(self, act: Act) -> None:
        match act:
            case Lesion(region):
                self.brain.lesion(region)
            case Restore():
                self.restore()
            case Outage():
                self._store.down = self._shaky = True
            case LoseReply(verb):
                self._store.fail_next(
                    verb, StoreUnavailableError(f"the reply to {verb} is lost"), reply_lost=True
                )
                self._shaky = self.lost = True
                self.untimely |= verb == "amend_document"
            case Recover():
                self.recover()
            case _:
                raise TypeError(f"{act!r} is no act to carry out")

    def recover(self) -> None:
        """Its store is well again."""
        self._store.recover()
        self._shaky = self.lost = False

    def restore(self) -> None:
        """All its regions are in action again."""
        for name in self.brain.regions:
            self.brain.restore(name)

    @property
    def lesioned(self) -> bool:
        """Whether a region is out of action."""
        return not all(region.intact for region in self.brain.regions.values())

    @property
    def away(self) -> bool:
        """Whether it may take its store for being away, or has not caught up since."""
        journal = self.brain.hippocampus.journal
        return self._shaky or (journal is not None and (journal.away or journal.behind))
