"""Checks of several brains in one place: what they hear of each other, and what a brain leaves that is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from neuro.brain import Brain
from neuro.engram import Engram
from neuro.errors import EngramNotFoundError, NeuroError
from neuro.signals import Perception, SleepReport
from neuro.stores.base import Store
from neuro.testing.brain.lives import CONTENTS, Lives, everything, interleaved
from neuro.testing.doubles import StoreWrapper
from neuro.testing.expect import raises
from neuro.testing.machine import OpenPlace
from neuro.units import DAY, HOUR, MINUTE

T = TypeVar("T")

_LEASE = 10.0
"""Seconds after which the lease of a brain that is gone must have ended."""


def _encoded(perception: Perception) -> Engram:
    assert perception.engram is not None
    return perception.engram


async def _recalled(brain: Brain, content: str) -> bool:
    recall = await brain.recall(content, update=False)
    return content in [recollection.engram.content for recollection in recall]


def _recent(brain: Brain) -> int:
    """How many engrams a brain has in charge that no night has moved."""
    return brain.inspect().regions["hippocampus"].model_dump()["engrams"]


# Hearing of each other


async def check_what_one_perceives_the_other_recalls(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.one() as one, lives.one() as other:
        for number, content in enumerate(CONTENTS[:6]):
            await other.recall("lantern", update=False)  # so that it has an index to be kept up to date
            await one.perceive(content)
            if number % 2:
                await one.sleep()
            assert await _recalled(other, content), f"{content!r} was perceived and the other does not know"
            assert (await other.perceive(content)).repeated, f"{content!r} is new to the other"
        assert len(await everything(one)) == 6


async def check_what_one_forgets_the_other_does_not_recall(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.one() as one, lives.one() as other:
        for number, content in enumerate(CONTENTS[:6]):
            engram = _encoded(await one.perceive(content))
            assert await _recalled(other, content)
            await other.recall(content)
            if number % 2:
                await one.sleep()
            await one.forget(engram.engram_id)
            assert not await _recalled(other, content), f"{content!r} was forgotten and the other recalls it"
            assert content not in [chunk.content for chunk in other.working_memory]
            with raises(EngramNotFoundError):
                await other.get(engram.engram_id)
    async with lives.one() as brain:
        assert await everything(brain) == {}


async def check_recalls_of_two_brains_add_up(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.one(interleaved(1)) as one, lives.one(interleaved(2)) as other:
        await one.perceive(CONTENTS[0])
        for _ in range(2):  # the first night moves the engram while it is recalled
            brains = [one, other] * 5
            tasks = [asyncio.create_task(brain.recall(CONTENTS[0])) for brain in brains]
            await one.sleep()
            for recall in await asyncio.gather(*tasks):
                assert [r.engram.content for r in recall] == [CONTENTS[0]]
        [engram] = await other.list()
        assert engram.access_count == 20, f"twenty recalls by two show as {engram.access_count}"


# What a brain leaves behind


async def check_what_was_acknowledged_outlives_its_brain(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.cut_short() as brain:
        kept, forgotten, pinned = [_encoded(await brain.perceive(content)) for content in CONTENTS[:3]]
        await brain.recall(CONTENTS[0], limit=1)
        await brain.forget(forgotten.engram_id)
        await brain.pin(pinned.engram_id)
        last = _encoded(await brain.perceive(CONTENTS[3]))  # no later act writes it too
        durable = lives.place.durable
    if not durable:
        return
    async with lives.one() as brain:
        engrams = await everything(brain)
        assert engrams.keys() == {CONTENTS[0], *CONTENTS[2:4]}
        assert engrams[CONTENTS[0]].access_count == 1 and engrams[CONTENTS[2]].pinned
        assert await _recalled(brain, kept.content)
        assert [chunk.content for chunk in brain.working_memory], "nothing is on its mind any more"
        assert (await brain.get(kept.engram_id)).associations == (pinned.engram_id, last.engram_id)


async def check_what_a_brain_leaves_is_adopted_once(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.cut_short() as gone:
        await gone.perceive_many(CONTENTS[:6])
    async with lives.one() as one, lives.one() as other:
        assert _recent(one) == _recent(other) == 0, "what a brain has that may live was taken from it"
        await lives.clock.advance(HOUR)
        for brain in (one, other):  # signs of life
            await brain.perceive(CONTENTS[10])
        async with lives.one() as heir, lives.one() as late:
            shares = [_recent(brain) for brain in (one, other, heir, late)]
            assert sorted(shares) == [0, 0, 1, 6], f"six engrams were left, and one perceived: {shares}"
        reports = [await brain.sleep() for brain in (one, other)]
        assert sum(report["consolidated"] for report in reports) == 7, f"{reports} moved seven engrams"
        assert _recent(one) == _recent(other) == 0
        assert (await everything(one)).keys() == {*CONTENTS[:6], CONTENTS[10]}


# One sleeper at a time


class Meanwhile(StoreWrapper):
    """Lets something happen in the midst of a night."""

    def __init__(self, inner: Store, act: Callable[[], Awaitable[object]]) -> None:
        super().__init__(inner)
        self._act: Callable[[], Awaitable[object]] | None = act

    async def around(self, verb: str, call: Callable[[], Awaitable[T]], *, written: int = 0) -> T:
        if verb == "upcoming" and self._act is not None:
            act, self._act = self._act, None
            await act()
        return await call()


async def check_one_brain_sleeps_at_a_time(open_place: OpenPlace) -> None:
    lives, skipped = Lives(open_place), list[SleepReport]()
    async with lives.one() as other:

        async def sleep_too() -> None:
            before = await everything(other)
            skipped.append(await other.sleep())
            assert await everything(other) == before

        async with lives.one(lambda place: Meanwhile(place, sleep_too)) as brain:
            await other.perceive(CONTENTS[0])
            await brain.perceive(CONTENTS[1])
            await lives.clock.advance(DAY)
            report = await brain.sleep()
        assert report.skipped is None and report["consolidated"] == 2
        assert skipped and skipped[0].skipped is not None, "two brains slept at a time"
        assert not any(skipped[0].values()) and skipped[0].weight == 0.0
        assert (await other.sleep()).skipped is None, "nobody sleeps any more"


async def check_the_lease_of_a_brain_that_is_gone_ends(open_place: OpenPlace) -> None:
    lives, begun, go_on = Lives(open_place), asyncio.Event(), asyncio.Event()

    async def until_its_end() -> None:
        begun.set()
        await go_on.wait()

    async with lives.one() as other:
        await other.perceive(CONTENTS[0])
        async with lives.cut_short(lambda place: Meanwhile(place, until_its_end)) as brain:
            night = asyncio.create_task(brain.sleep())
            await begun.wait()
            assert (await other.sleep()).skipped is not None
            assert await _recalled(other, CONTENTS[0])  # waiting for nobody
            await lives.place.aclose()  # its process ends in the midst of the night
            go_on.set()
            with suppress(NeuroError):
                await night
        await lives.clock.advance(_LEASE)
        report = await other.sleep()
        assert report.skipped is None, f"{_LEASE:g} s later {report.skipped}"
        assert report["consolidated"] == 1


async def check_a_sleeper_that_was_paused_writes_nothing(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.one() as other:

        async def another_takes_over() -> None:
            await lives.clock.advance(MINUTE)
            assert (await other.sleep()).skipped is None

        async with lives.one(lambda place: Meanwhile(place, another_takes_over)) as brain:
            await brain.perceive(CONTENTS[0])
            await lives.clock.advance(DAY)
            report = await brain.sleep()
            assert report.skipped is not None, "a sleeper that was paused past its lease went on"
            assert not any(report.values())
            assert brain.inspect().sleeps <= 1.0
        assert other.inspect().sleeps == 1.0, f"one day was slept on {other.inspect().sleeps} times"
        [engram] = await other.list()
        assert engram.content == CONTENTS[0]


SHARING_CHECKS = (
    check_what_one_perceives_the_other_recalls,
    check_what_one_forgets_the_other_does_not_recall,
    check_recalls_of_two_brains_add_up,
    check_what_was_acknowledged_outlives_its_brain,
    check_what_a_brain_leaves_is_adopted_once,
    check_one_brain_sleeps_at_a_time,
    check_the_lease_of_a_brain_that_is_gone_ends,
    check_a_sleeper_that_was_paused_writes_nothing,
)
