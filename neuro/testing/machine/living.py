"""Lives through a program on one or two real brains, auditing them after every act."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from neuro.clock import SimulatedClock
from neuro.config import BrainConfig
from neuro.embedders import HashingEmbedder
from neuro.errors import NeuroError
from neuro.profiles import TypeProfiles
from neuro.regions.prefrontal_cortex import PrefrontalCortexParams
from neuro.signals import SleepReport
from neuro.testing.machine.acts import (
    Act,
    Forget,
    Kill,
    Lesion,
    LoseReply,
    OnOne,
    Other,
    Outage,
    Recall,
    Reopen,
    Seek,
    Sleep,
    Together,
)
from neuro.testing.machine.audit import Auditor, Census, owed, take_census
from neuro.testing.machine.dwelling import Circumstance, Dweller
from neuro.testing.machine.image import Image, develop, differences
from neuro.testing.machine.ledger import Circumstances, Ledger, Outcome
from neuro.testing.machine.places import OpenPlace, memory_place
from neuro.units import MINUTE

MACHINE_CONFIG = BrainConfig(
    types=TypeProfiles(half_life_scale=0.1),
    prefrontal_cortex=PrefrontalCortexParams(capacity=3),
)
"""Lets much happen in few acts: an episode is dormant after 19 days, and working memory is soon full."""
_STARTS = (0, 0, 0, 8, 16, 24, 32, 48, 64)
"""Turns of the event loop after which acts begin that are to meet: in the midst of one another."""
_PATIENCE = 30.0
"""Real seconds after which acts count as stuck."""
_SILENCE = MINUTE
"""Seconds after which a killed brain's lease has ended, and what it left may be adopted."""


async def live(
    program: Sequence[Act],
    open_place: OpenPlace | None = None,
    *,
    seed: int = 0,
    config: BrainConfig = MACHINE_CONFIG,
    brains: int = 1,
) -> Image:
    """Lives through a program, recovers, sleeps, closes and wakes up again.

    Args:
        program: see `draw_program`.
        open_place: an empty place to live in; a `memory_place` if none.
        seed: draws the order in which acts meet. A program over a store in memory is the same every time, but for
            when the thread is done that fills a brain's index.
        brains: how many share the place, 1 or 2.

    Returns:
        The image of the brain that woke up at the end, the first if there are two.

    Raises:
        AssertionError: an invariant does not hold; names the act.
    """
    life = _Life(memory_place() if open_place is None else open_place, seed, config, brains)
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


@dataclass(slots=True)
class _Room:
    """A brain of the life, and what is known of it."""

    dweller: Dweller
    heard: set[str] = field(default_factory=set[str])
    """Engrams of which it must know that they are forgotten."""


@dataclass(frozen=True, slots=True)
class _One:
    """One act of those that meet."""

    act: Act
    brain: int
    engram_id: str | None


class _Life:
    """The brains that live through a program, and what watches them."""

    def __init__(self, open_place: OpenPlace, seed: int, config: BrainConfig, brains: int) -> None:
        self._rng = random.Random(seed)
        self._clock = SimulatedClock(1_000_000.0)
        self._ledger = Ledger()
        self._alone = brains == 1
        self._auditor = Auditor(self._ledger, config, alone=self._alone)
        self._ids = 0
        self._rivalled_until = 0.0
        self._killed = False
        shared = Circumstance(open_place, config, self._clock, self._rng, HashingEmbedder(64), self._next_id)
        self._rooms = [_Room(Dweller(shared)) for _ in range(brains)]

    def _next_id(self, now: float) -> str:
        self._ids += 1
        return f"{int(now * 1000):012x}{self._ids:020x}"

    async def open(self) -> None:
        for room in self._rooms:
            await room.dweller.open()

    async def abandon(self) -> None:
        """Closes whatever the program left behind."""
        for room in self._rooms:
            room.dweller.recover()
            await room.dweller.brain.close()

    # Acting

    async def step(self, act: Act) -> None:
        """Carries out an act and audits the brains."""
        if isinstance(_bare(act), Reopen):
            await self._reopen(self._rooms[self._whose(act)])
            return
        acts = [
            _One(one, brain, self._ledger.pick(one.number) if isinstance(one, OnOne) else None)
            for given in (act.acts if isinstance(act, Together) else (act,))
            for one, brain in [(_bare(given), self._whose(given))]
        ]
        forgotten = set(self._ledger.forgotten)
        before = [self._circumstances(number, acts) for number in range(len(self._rooms))]
        outcomes = await self._meet(acts)
        after = [self._circumstances(number, acts) for number in range(len(self._rooms))]
        excuses = [one.joined(other) for one, other in zip(before, after, strict=True)]
        self._ledger.record(outcomes, excuses)
        self._listen(outcomes, excuses, forgotten)
        await self._succeed()
        await self._audit(nights=sum(isinstance(one.act, Sleep) for one in acts))

    def _whose(self, act: Act) -> int:
        return len(self._rooms) - 1 if isinstance(act, Other) else 0

    async def _meet(self, acts: Sequence[_One]) -> list[Outcome]:
        starts = [self._rng.choice(_STARTS) for _ in acts]
        tasks = [
            asyncio.create_task(self._carry_out(one, start)) for one, start in zip(acts, starts, strict=True)
        ]
        try:
            async with asyncio.timeout(_PATIENCE):
                for ended in asyncio.as_completed(tasks):
                    await ended
                    for room in self._rooms:
                        self._auditor.glance(room.dweller.brain, self._ghosts(room))
        except TimeoutError:
            raise AssertionError(f"{acts!r} are stuck") from None
        finally:
            for task in tasks:
                task.cancel()
        return [
            Outcome(one.act, one.engram_id, task.result(), one.brain)
            for one, task in zip(acts, tasks, strict=True)
        ]

    async def _carry_out(self, one: _One, start: int) -> object:
        for _ in range(start):
            await asyncio.sleep(0)
        engram_id = one.engram_id or ""
        try:
            return await self._rooms[one.brain].dweller.do(
                one.act, engram_id, self._ledger.content(engram_id)
            )
        except NeuroError as error:
            return error

    def _circumstances(self, number: int, acts: Sequence[_One]) -> Circumstances:
        """What excuses outcomes of one brain: how it stands, and what acts may have brought about meanwhile."""
        room = self._rooms[number]
        own = {type(one.act) for one in acts if one.brain == number}
        others = [one for place, one in enumerate(self._rooms) if place != number]
        asleep = any(isinstance(one.act, Sleep) and one.brain != number for one in acts)
        away = room.dweller.away or bool(own & {Outage, LoseReply, Kill})
        hidden = {i for other in others for i in owed(other.dweller.brain)}
        return Circumstances(
            shaky=away,
            lost=room.dweller.lost or bool(own & {LoseReply, Kill}),
            lesioned=room.dweller.lesioned or Lesion in own,
            killed=Kill in own,
            strangers=not self._alone or self._killed,
            rivalled=asleep or self._clock.now() < self._rivalled_until,
            hidden=frozenset(hidden),
            unheard=frozenset(self._ledger.forgotten - room.heard if away else ()),
        )

    def _listen(
        self, outcomes: Sequence[Outcome], excuses: Sequence[Circumstances], forgotten: set[str]
    ) -> None:
        """Notes which brains must have heard by now of what is forgotten."""
        for act, engram_id, result, brain in outcomes:
            room, failed = self._rooms[brain], isinstance(result, Exception)
            if isinstance(result, SleepReport) and result.skipped is not None:
                continue
            if isinstance(act, Forget) and engram_id in self._ledger.forgotten and not failed:
                room.heard.add(engram_id)
            elif isinstance(act, Recall | Seek | Sleep) and not failed and not excuses[brain].shaky:
                room.heard |= forgotten
        if any(excuse.shaky for excuse in excuses):
            self._rivalled_until = self._clock.now() + _SILENCE

    async def _succeed(self) -> None:
        """Another brain takes the place of each that was killed; what those had not written is lost."""
        for room in self._rooms:
            if not room.dweller.killed:
                continue
            self._killed = True
            lost = owed(room.dweller.brain)
            await room.dweller.bury()
            await room.dweller.open()
            room.heard = set(self._ledger.forgotten)
            census = await take_census(room.dweller.brain, room.dweller.place)
            for engram_id in lost:
                stored = census.owners(engram_id)
                self._ledger.bereave(engram_id, next(iter(stored.values()), None))

    # Watching

    def _ghosts(self, room: _Room) -> set[str]:
        """What is forgotten, as far as a brain must know."""
        if self._alone:
            return self._ledger.forgotten - self._ledger.vanished
        return room.heard - self._ledger.vanished

    def _leading(self) -> Dweller:
        """The brain whose time is ahead."""
        return max((room.dweller for room in self._rooms), key=lambda dweller: dweller.brain.time.now())

    async def _census(self) -> Census:
        leading = self._leading()
        brains = [room.dweller.brain for room in self._rooms if room.dweller is not leading]
        return await take_census(leading.brain, leading.place, *brains)

    async def _audit(self, *, nights: int) -> None:
        for room in self._rooms:
            self._auditor.look_for_ghosts(room.dweller.brain, self._ghosts(room))
        self._auditor.audit(self._leading().brain, await self._census(), nights=nights)

    async def _reopen(self, room: _Room) -> Image:
        """Closes orderly and opens again; nothing has changed."""
        dweller, untimely = room.dweller, room.dweller.untimely
        for each in self._rooms:
            each.dweller.recover()
            each.dweller.restore()
        before = await develop(await self._census(), dweller.brain)
        await dweller.brain.close()
        await dweller.open()
        room.heard = set(self._ledger.forgotten)
        await self._audit(nights=0)
        after = await develop(await self._census(), dweller.brain)
        if untimely:
            before = replace(before, brain_time=after.brain_time, sleeps=after.sleeps)
        if self._alone:  # else the other goes on, and what is known of its time and nights depends on when
            assert before == after, f"closing and opening changed {differences(before, after)}"
        return after

    async def end(self) -> Image:
        """With everything recovered: a quiet night of each, a new morning, and an interview."""
        for room in self._rooms:
            room.dweller.recover()
            room.dweller.restore()
        if self._clock.now() < self._rivalled_until or not self._alone:
            await self._clock.advance(_SILENCE)
        for room in self._rooms:
            report = await room.dweller.brain.sleep()
            assert report.skipped is None, f"a night of its own: {report.skipped}"
            room.heard = set(self._ledger.forgotten)
        await self._audit(nights=len(self._rooms))
        self._auditor.assert_consolidated(await self._census())
        image = await self._reopen(self._rooms[0])
        for room in self._rooms:
            await self._auditor.interview(room.dweller.brain)
        await self._audit(nights=0)
        return image


def _bare(act: Act) -> Act:
    """An act, whoever carries it out."""
    return act.act if isinstance(act, Other) else act
