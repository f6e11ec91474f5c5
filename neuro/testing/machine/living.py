"""Lives through a program on a real brain, auditing it after every act."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from neuro.brain import Brain
from neuro.clock import SimulatedClock
from neuro.config import BrainConfig
from neuro.embedders import HashingEmbedder
from neuro.errors import NeuroError, StoreUnavailableError
from neuro.profiles import TypeProfiles
from neuro.regions.prefrontal_cortex import PrefrontalCortexParams
from neuro.stores.base import Store
from neuro.testing.doubles import FailingStore, InterleavingStore
from neuro.testing.machine.acts import (
    ALL,
    Act,
    Browse,
    Forget,
    Get,
    Lesion,
    LoseReply,
    OnOne,
    Outage,
    Perceive,
    Pin,
    Recall,
    Recover,
    Reinforce,
    Reopen,
    Restore,
    Seek,
    Sleep,
    Together,
    Wait,
)
from neuro.testing.machine.audit import Auditor, take_census
from neuro.testing.machine.image import Image, develop, differences
from neuro.testing.machine.ledger import Circumstances, Ledger, Outcome
from neuro.testing.machine.places import OpenPlace, memory_place

MACHINE_CONFIG = BrainConfig(
    types=TypeProfiles(half_life_scale=0.1),
    prefrontal_cortex=PrefrontalCortexParams(capacity=3),
)
"""Lets much happen in few acts: an episode is dormant after 19 days, and working memory is soon full."""
_STARTS = (0, 0, 0, 8, 16, 24, 32, 48, 64)
"""Turns of the event loop after which acts begin that are to meet: in the midst of one another."""
_PATIENCE = 30.0
"""Real seconds after which acts count as stuck."""


async def live(
    program: Sequence[Act],
    open_place: OpenPlace | None = None,
    *,
    seed: int = 0,
    config: BrainConfig = MACHINE_CONFIG,
) -> Image:
    """Lives through a program, recovers, sleeps, closes and wakes up again.

    Args:
        program: see `draw_program`.
        open_place: an empty place to live in; a `memory_place` if none.
        seed: draws the order in which acts meet. A program over a store in memory is the same every time.

    Returns:
        The image of the brain that woke up at the end.

    Raises:
        AssertionError: an invariant does not hold; names the act.
    """
    life = _Life(memory_place() if open_place is None else open_place, seed, config)
    await life.open()
    try:
        for number, act in enumerate(program):
            try:
                await life.step(act)
            except Exception as error:
                lived = tuple(program[: number + 1])
                raise AssertionError(f"after act {number} of {lived!r} with seed {seed}: {error}") from error
        try:
            return await life.end()
        except Exception as error:
            raise AssertionError(f"at the end of {tuple(program)!r} with seed {seed}: {error}") from error
    finally:
        await life.abandon()


class _Life:
    """One brain that lives through a program, and what watches it."""

    def __init__(self, open_place: OpenPlace, seed: int, config: BrainConfig) -> None:
        self._open_place = open_place
        self._rng = random.Random(seed)
        self._config = config
        self._clock = SimulatedClock(1_000_000.0)
        self._embedder = HashingEmbedder(64)
        self._ledger = Ledger()
        self._auditor = Auditor(self._ledger, config)
        self._ids = 0
        self._shaky = False
        self._lost = False

    async def open(self) -> None:
        self._place: Store = await self._open_place()
        self._store = FailingStore(self._place)
        self.brain = await Brain.create(
            InterleavingStore(self._store, self._rng),
            config=self._config,
            embedder=self._embedder,
            clock=self._clock,
            rng=0,
            ids=self._next_id,
        )

    def _next_id(self, now: float) -> str:
        self._ids += 1
        return f"{int(now * 1000):012x}{self._ids:020x}"

    async def abandon(self) -> None:
        """Closes whatever the program left behind."""
        self._recover()
        await self.brain.close()

    # Acting

    async def step(self, act: Act) -> None:
        """Carries out an act and audits the brain."""
        if isinstance(act, Reopen):
            await self._reopen()
            return
        acts = act.acts if isinstance(act, Together) else (act,)
        before = self._circumstances()
        outcomes = await self._meet(acts)
        excuse = Circumstances(
            *map(any, zip(before, self._circumstances(), self._troubles(acts), strict=True))
        )
        self._ledger.record(outcomes, excuse)
        await self._audit(nights=sum(isinstance(one, Sleep) for one in acts))

    async def _meet(self, acts: Sequence[Act]) -> list[Outcome]:
        named = [self._ledger.pick(act.number) if isinstance(act, OnOne) else None for act in acts]
        starts = [self._rng.choice(_STARTS) for _ in acts]
        tasks = [
            asyncio.create_task(self._carry_out(*begun)) for begun in zip(acts, named, starts, strict=True)
        ]
        try:
            async with asyncio.timeout(_PATIENCE):
                for ended in asyncio.as_completed(tasks):
                    await ended
                    self._auditor.glance(self.brain)
        except TimeoutError:
            raise AssertionError(f"{acts!r} are stuck") from None
        finally:
            for task in tasks:
                task.cancel()
        return [Outcome(act, i, task.result()) for act, i, task in zip(acts, named, tasks, strict=True)]

    async def _carry_out(self, act: Act, engram_id: str | None, start: int) -> object:
        for _ in range(start):
            await asyncio.sleep(0)
        try:
            return await self._do(act, engram_id or "")
        except NeuroError as error:
            return error

    async def _do(self, act: Act, engram_id: str) -> object:
        brain = self.brain
        match act:
            case Perceive(content, memory_type, speaker, salience, reward):
                context = None if speaker is None else {"speaker": speaker}
                return await brain.perceive(
                    content, memory_type=memory_type, salience=salience, reward=reward, context=context
                )
            case Recall(cue, limit, update):
                return await brain.recall(cue, limit=limit, update=update)
            case Seek():
                return await brain.recall(self._ledger.content(engram_id), limit=ALL, update=False)
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
                return await self._clock.advance(seconds)
            case _:
                return self._trouble(act)

    def _trouble(self, act: Act) -> None:
        match act:
            case Lesion(region):
                self.brain.lesion(region)
            case Outage():
                self._store.down = self._shaky = True
            case LoseReply(verb):
                self._store.fail_next(
                    verb, StoreUnavailableError(f"the reply to {verb} is lost"), reply_lost=True
                )
                self._shaky = self._lost = True
            case Recover():
                self._recover()
            case Restore():
                self._restore()
            case _:
                raise TypeError(f"{act!r} is no act to carry out")

    def _recover(self) -> None:
        self._store.recover()
        self._shaky = self._lost = False

    def _restore(self) -> None:
        for name in self.brain.regions:
            self.brain.restore(name)

    def _circumstances(self) -> Circumstances:
        lesioned = not all(region.intact for region in self.brain.regions.values())
        return Circumstances(self._shaky, self._lost, lesioned)

    def _troubles(self, acts: Sequence[Act]) -> Circumstances:
        """What acts brought about, though others of them may have ended it already."""
        kinds = {type(act) for act in acts}
        return Circumstances(bool(kinds & {Outage, LoseReply}), LoseReply in kinds, Lesion in kinds)

    # Watching

    async def _audit(self, *, nights: int) -> None:
        self._auditor.audit(self.brain, await take_census(self.brain, self._place), nights=nights)

    async def _reopen(self) -> Image:
        """Closes orderly and opens again; nothing has changed."""
        self._recover()
        self._restore()
        before = await develop(await take_census(self.brain, self._place), self.brain)
        await self.brain.close()
        await self.open()
        census = await take_census(self.brain, self._place)
        self._auditor.audit(self.brain, census, nights=0)
        after = await develop(census, self.brain)
        assert before == after, f"closing and opening changed {differences(before, after)}"
        return after

    async def end(self) -> Image:
        """With everything recovered: a quiet night, a new morning, and an interview."""
        self._recover()
        self._restore()
        await self.brain.sleep()
        await self._audit(nights=1)
        self._auditor.assert_consolidated(await take_census(self.brain, self._place))
        image = await self._reopen()
        await self._auditor.interview(self.brain)
        await self._audit(nights=0)
        return image
