"""Checks of keeping and counting: what was perceived, forgotten and recalled."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import cycle, islice

from neuro.engram import MemoryType
from neuro.errors import EngramNotFoundError
from neuro.testing.brain.lives import CONTENTS, Lives, everything, interleaved
from neuro.testing.expect import raises
from neuro.testing.machine import OpenPlace, differences, take_image
from neuro.units import DAY, HOUR

# Keeping


async def check_everything_perceived_is_there_after_closing(open_place: OpenPlace) -> None:
    lives, kinds = Lives(open_place), cycle(MemoryType)
    async with lives.one() as brain:
        early = [await brain.perceive(c, memory_type=t) for c, t in zip(CONTENTS[:8], kinds, strict=False)]
        await lives.clock.advance(HOUR)
        await brain.sleep()
        await lives.clock.advance(1.0)
        late = [await brain.perceive(c, memory_type=t) for c, t in zip(CONTENTS[8:16], kinds, strict=False)]
        await brain.pin((await brain.list(limit=1))[0].engram_id)
        await brain.recall(CONTENTS[0])  # what it takes to mind is written later
        mind = [chunk.content for chunk in brain.working_memory]
        before = await take_image(brain, lives.place)
    async with lives.one() as brain:
        after = await take_image(brain, lives.place)
        assert before == after, f"closing and opening changed {differences(before, after)}"
        assert [chunk.content for chunk in brain.working_memory] == mind, "another thing is on its mind"
        for perception in (*early, *late):
            assert perception.engram is not None
            assert (await brain.get(perception.engram.engram_id)).content == perception.stimulus.content
            [first, *_] = await brain.recall(perception.stimulus.content, update=False)
            assert first.engram.content == perception.stimulus.content


async def check_what_was_forgotten_stays_forgotten(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.one() as brain:
        ids = [e.engram_id for p in await brain.perceive_many(CONTENTS[:4]) if (e := p.engram) is not None]
        await brain.forget(ids[0])
    async with lives.one() as brain:
        await brain.forget(ids[1])  # written down by the last life
        await brain.sleep()
        await brain.forget(ids[2])  # moved by the night
    async with lives.one() as brain:
        await brain.sleep()
        assert [*await everything(brain)] == [CONTENTS[3]]
        for engram_id in ids[:3]:
            with raises(EngramNotFoundError):
                await brain.get(engram_id)
        for content in CONTENTS[:4]:
            assert [r.engram.engram_id for r in await brain.recall(content)] == ids[3:]


async def check_a_thousand_nights_without_waking_time_change_nothing(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.one() as brain:
        await brain.perceive_many(CONTENTS[:5])
        await lives.clock.advance(DAY)
        await brain.recall(CONTENTS[0])
        await brain.sleep()
        before = await take_image(brain, lives.place)
        for _ in range(1000):
            report = await brain.sleep()
            assert not any(report.values()), f"a night without a day before it: {report}"
        after = await take_image(brain, lives.place)
        assert before == after, f"nights without waking time changed {differences(before, after)}"


# Counting


async def check_twenty_recalls_show_as_twenty(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.one() as brain:
        await brain.perceive(CONTENTS[0])
        for number in range(20):
            if number in (5, 11):
                await brain.sleep()
            [first] = await brain.recall(CONTENTS[0])
            assert first.engram.access_count == number + 1
            await lives.clock.advance(HOUR)
    async with lives.one() as brain:
        [engram] = await brain.list()
        assert engram.access_count == 20, f"twenty recalls show as {engram.access_count}"


async def check_twenty_recalls_at_once_show_as_twenty(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.one(interleaved(1)) as brain:
        await brain.perceive(CONTENTS[0])
        for _ in range(2):  # the first night moves the engram while it is recalled
            tasks = [asyncio.create_task(brain.recall(CONTENTS[0])) for _ in range(10)]
            await brain.sleep()
            for recall in await asyncio.gather(*tasks):
                assert [r.engram.content for r in recall] == [CONTENTS[0]]
        [engram] = await brain.list()
        assert engram.access_count == 20, f"twenty recalls at once show as {engram.access_count}"


async def check_a_thousand_acts_at_once_are_safe(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.one() as brain:
        await brain.perceive_many(CONTENTS[::10])
        await brain.sleep()
        perceives = asyncio.gather(*(brain.perceive(content) for content in islice(cycle(CONTENTS), 500)))
        recalls = asyncio.gather(
            *(brain.recall(content, limit=3) for content in islice(cycle(CONTENTS), 500))
        )
        await brain.sleep()
        await perceives
        recalled = Counter(r.engram.content for recall in await recalls for r in recall)
    async with lives.one() as brain:
        engrams = await everything(brain)
        assert engrams.keys() == {*CONTENTS}
        for number, content in enumerate(CONTENTS):
            trace, perceived = engrams[content].trace, 5 + (number % 10 == 0)
            assert trace.exposures == perceived, (
                f"{content!r} was perceived {trace.exposures} times of {perceived}"
            )
            assert trace.access_count == recalled[content], (
                f"{content!r} was recalled {recalled[content]} times and counts {trace.access_count}"
            )


KEEPING_CHECKS = (
    check_everything_perceived_is_there_after_closing,
    check_what_was_forgotten_stays_forgotten,
    check_a_thousand_nights_without_waking_time_change_nothing,
    check_twenty_recalls_show_as_twenty,
    check_twenty_recalls_at_once_show_as_twenty,
    check_a_thousand_acts_at_once_are_safe,
)
