"""Conformance checks over a whole brain on a place where it may live, one per sentence of what a brain promises.

Each is an async function that raises AssertionError when the sentence does not hold; a test framework is not needed.
Run them all with `check_brain`, or one at a time from your own parametrised tests.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import cycle, islice
from typing import Any, TypeVar

from neuro.brain import Brain
from neuro.clock import SimulatedClock
from neuro.config import BrainConfig
from neuro.embedders import HashingEmbedder
from neuro.engram import Engram, MemoryType
from neuro.errors import BrainClosedError, EngramNotFoundError, StoreClosedError, StoreUnavailableError
from neuro.stores.base import Store
from neuro.testing.doubles import FailingStore, InterleavingStore
from neuro.testing.expect import raises
from neuro.testing.machine import OpenPlace, differences, take_image
from neuro.units import DAY, HOUR

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
_PATIENCE = 0.2
"""Real seconds for which the brains of these checks try to reach a store while they close."""
_STEPS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 19, 22, 26, 31, 37, 45, 55, 70)
"""Steps of the event loop after which an act is cancelled."""


class _Lives:
    """The lives of one brain in a place, under one clock."""

    def __init__(self, open_place: OpenPlace) -> None:
        self._open_place = open_place
        self.clock = SimulatedClock(1_000_000.0)
        self.place: Store
        self.store: Store

    @asynccontextmanager
    async def one(self, wrap: Callable[[Store], Store] | None = None) -> AsyncGenerator[Brain]:
        """A life from opening the place, which the brain sees through ``wrap``, to an orderly close."""
        self.place = await self._open_place()
        self.store = self.place if wrap is None else wrap(self.place)
        async with Brain.create(
            self.store,
            clock=self.clock,
            embedder=HashingEmbedder(64),
            config=BrainConfig(closing_patience=_PATIENCE),
        ) as brain:
            yield brain

    async def assert_nothing_arrives(self) -> None:
        """No engram is left half-way into its home."""
        for region in ("neocortex", "cerebellum", "basal_ganglia"):
            assert await self.place.engrams(region).arrivals() == [], (
                f"something still arrives in the {region}"
            )


def _interleaved(seed: int) -> Callable[[Store], Store]:
    return lambda place: InterleavingStore(place, random.Random(seed))


async def _everything(brain: Brain) -> dict[str, Engram]:
    """Engrams by content; each content once."""
    listed = await brain.list(limit=10_000, dormant=True)
    engrams = {engram.content: engram for engram in listed}
    assert len(engrams) == len(listed), f"{len(listed)} engrams have {len(engrams)} contents"
    return engrams


async def _cancelled_after(act: Coroutine[Any, Any, object], steps: int) -> bool:
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


async def _unhindered(act: Awaitable[T]) -> T:
    """What an act returns, which must not find anything locked."""
    try:
        async with asyncio.timeout(STUCK_AFTER):
            return await act
    except TimeoutError:
        raise AssertionError("an act is stuck: something stayed locked") from None


# Keeping


async def check_everything_perceived_is_there_after_closing(open_place: OpenPlace) -> None:
    lives, kinds = _Lives(open_place), cycle(MemoryType)
    async with lives.one() as brain:
        early = [await brain.perceive(c, memory_type=t) for c, t in zip(CONTENTS[:8], kinds, strict=False)]
        await lives.clock.advance(HOUR)
        await brain.sleep()
        late = [await brain.perceive(c, memory_type=t) for c, t in zip(CONTENTS[8:16], kinds, strict=False)]
        await brain.pin((await brain.list(limit=1))[0].engram_id)
        before = await take_image(brain, lives.place)
    async with lives.one() as brain:
        after = await take_image(brain, lives.place)
        assert before == after, f"closing and opening changed {differences(before, after)}"
        for perception in (*early, *late):
            assert perception.engram is not None
            assert (await brain.get(perception.engram.engram_id)).content == perception.stimulus.content
            [first, *_] = await brain.recall(perception.stimulus.content, update=False)
            assert first.engram.content == perception.stimulus.content


async def check_what_was_forgotten_stays_forgotten(open_place: OpenPlace) -> None:
    lives = _Lives(open_place)
    async with lives.one() as brain:
        ids = [e.engram_id for p in await brain.perceive_many(CONTENTS[:4]) if (e := p.engram) is not None]
        await brain.forget(ids[0])
    async with lives.one() as brain:
        await brain.forget(ids[1])  # written down by the last life
        await brain.sleep()
        await brain.forget(ids[2])  # moved by the night
    async with lives.one() as brain:
        await brain.sleep()
        assert [*await _everything(brain)] == [CONTENTS[3]]
        for engram_id in ids[:3]:
            with raises(EngramNotFoundError):
                await brain.get(engram_id)
        for content in CONTENTS[:4]:
            assert [r.engram.engram_id for r in await brain.recall(content)] == ids[3:]


async def check_a_thousand_nights_without_waking_time_change_nothing(open_place: OpenPlace) -> None:
    lives = _Lives(open_place)
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
    lives = _Lives(open_place)
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
    lives = _Lives(open_place)
    async with lives.one(_interleaved(1)) as brain:
        await brain.perceive(CONTENTS[0])
        for _ in range(2):  # the first night moves the engram while it is recalled
            tasks = [asyncio.create_task(brain.recall(CONTENTS[0])) for _ in range(10)]
            await brain.sleep()
            for recall in await asyncio.gather(*tasks):
                assert [r.engram.content for r in recall] == [CONTENTS[0]]
        [engram] = await brain.list()
        assert engram.access_count == 20, f"twenty recalls at once show as {engram.access_count}"


async def check_a_thousand_acts_at_once_are_safe(open_place: OpenPlace) -> None:
    lives = _Lives(open_place)
    async with lives.one() as brain:
        perceives = asyncio.gather(*(brain.perceive(content) for content in islice(cycle(CONTENTS), 500)))
        recalls = asyncio.gather(
            *(brain.recall(content, limit=3) for content in islice(cycle(CONTENTS), 500))
        )
        await brain.sleep()
        recalled = Counter(r.engram.content for recall in await recalls for r in recall)
        await perceives
    async with lives.one() as brain:
        engrams = await _everything(brain)
        assert engrams.keys() == {*CONTENTS}
        for content, engram in engrams.items():
            assert engram.trace.exposures == 5.0, (
                f"{content!r} was perceived {engram.trace.exposures} times of 5"
            )
            assert engram.access_count == recalled[content], (
                f"{content!r} was recalled {recalled[content]} times and counts {engram.access_count}"
            )


# Cancelling


async def check_a_cancelled_perceive_happened_or_did_not(open_place: OpenPlace) -> None:
    lives = _Lives(open_place)
    async with lives.one(_interleaved(2)) as brain:
        for content, steps in zip(CONTENTS, _STEPS, strict=False):
            done = await _cancelled_after(brain.perceive(content), steps)
            again = await _unhindered(brain.perceive(content))
            assert again.repeated or not done, f"{content!r} was perceived and is not known"
            assert again.engram is not None and again.engram.trace.exposures == 1.0 + again.repeated
    async with lives.one() as brain:
        assert (await _everything(brain)).keys() == {*CONTENTS[: len(_STEPS)]}


async def check_a_cancelled_recall_happened_or_did_not(open_place: OpenPlace) -> None:
    lives, done = _Lives(open_place), 0
    async with lives.one(_interleaved(3)) as brain:
        await brain.perceive("Dana tuned the piano", memory_type="procedural")
        await brain.perceive("Dana sold the piano")
        await brain.sleep()
        await brain.perceive("Dana missed the piano")
        for steps in _STEPS:
            done += await _cancelled_after(brain.recall("Dana piano", limit=3), steps)
            assert len(await _unhindered(brain.recall("Dana piano", limit=3))) == 3
    async with lives.one() as brain:
        counts = {engram.access_count for engram in await brain.list()}
        least, most = len(_STEPS) + done, 2 * len(_STEPS)
        assert len(counts) == 1, f"what was always recalled together counts {sorted(counts)}"
        assert least <= min(counts) <= most, f"{least} to {most} recalls count {counts}"


async def check_a_cancelled_forget_happened_or_did_not(open_place: OpenPlace) -> None:
    lives = _Lives(open_place)
    async with lives.one(_interleaved(4)) as brain:
        for content, steps in zip(CONTENTS, _STEPS, strict=False):
            engram = (await brain.perceive(content)).engram
            assert engram is not None
            if steps % 2:
                await brain.sleep()
            done = await _cancelled_after(brain.forget(engram.engram_id), steps)
            try:
                await _unhindered(brain.forget(engram.engram_id))
            except EngramNotFoundError:
                continue
            assert not done, f"{content!r} was forgotten twice"
    async with lives.one() as brain:
        assert await _everything(brain) == {}


async def check_a_cancelled_sleep_leaves_one_owner_each(open_place: OpenPlace) -> None:
    lives = _Lives(open_place)
    async with lives.one(_interleaved(5)) as brain:
        for content, steps in zip(CONTENTS, _STEPS, strict=False):
            await brain.perceive(content)
            await _cancelled_after(brain.sleep(), steps)
            await _unhindered(brain.recall(content, limit=1))
        await _unhindered(brain.sleep())
        assert brain.inspect().regions["hippocampus"].model_dump()["engrams"] == 0
        await lives.assert_nothing_arrives()
    async with lives.one() as brain:
        engrams = await _everything(brain)
        assert engrams.keys() == {*CONTENTS[: len(_STEPS)]}
        assert all(engram.access_count == 1 for engram in engrams.values())


# Closing


async def check_closing_during_acts_finishes_or_refuses_them(open_place: OpenPlace) -> None:
    lives, recalled, perceived = _Lives(open_place), Counter[str](), set[str]()
    async with lives.one() as brain:
        await brain.perceive_many(CONTENTS[:5])

    async def attempt(act: Awaitable[Any]) -> Any:
        try:
            return await act
        except (BrainClosedError, StoreClosedError):
            return None

    for seed in range(10):
        async with lives.one(_interleaved(seed)) as brain:
            fresh = CONTENTS[10 + seed]
            acts = [brain.sleep(), brain.perceive(fresh), *(brain.recall(c, limit=1) for c in CONTENTS[:5])]
            tasks = [asyncio.create_task(attempt(act)) for act in acts]
            for _ in range(5 * seed):
                await asyncio.sleep(0)
        _, perception, *recalls = await asyncio.gather(*tasks)
        recalled.update(recall[0].engram.content for recall in recalls if recall is not None)
        perceived.update({fresh} if perception is not None else ())
    async with lives.one() as brain:
        engrams = await _everything(brain)
        assert engrams.keys() == {*CONTENTS[:5], *perceived}, (
            f"{perceived} were perceived, {engrams.keys()} are there"
        )
        for content in CONTENTS[:5]:
            assert engrams[content].access_count == recalled[content], (
                f"{content!r} was recalled {recalled[content]} times and counts {engrams[content].access_count}"
            )
        await lives.assert_nothing_arrives()


# A store that goes away


async def check_a_brain_goes_on_while_its_store_is_away(open_place: OpenPlace) -> None:
    lives = _Lives(open_place)
    async with lives.one(FailingStore) as brain:
        store = lives.store
        assert isinstance(store, FailingStore)
        remote = (await brain.perceive(CONTENTS[0])).engram
        assert remote is not None
        await brain.sleep()
        store.down = True
        recent = (await brain.perceive(CONTENTS[1])).engram
        assert recent is not None
        recall = await brain.recall(CONTENTS[1])
        assert [r.engram.content for r in recall] == [CONTENTS[1]]
        assert sorted(recall.silent) == ["basal_ganglia", "cerebellum", "neocortex"], (
            f"silent: {recall.silent}"
        )
        verbs: list[Callable[[], Awaitable[object]]] = [
            brain.sleep,
            lambda: brain.recall(CONTENTS[1], strict=True),
            lambda: brain.get(remote.engram_id),
            lambda: brain.forget(remote.engram_id),
            lambda: brain.pin(remote.engram_id),
        ]
        for verb in verbs:
            with raises(StoreUnavailableError):
                await verb()
        store.recover()
        await brain.sleep()
        for content in CONTENTS[:2]:
            recall = await brain.recall(content)
            assert recall[0].engram.content == content
            assert not recall.silent
        await lives.assert_nothing_arrives()
    async with lives.one() as brain:
        assert (await _everything(brain)).keys() == {*CONTENTS[:2]}


async def check_a_night_that_fails_anywhere_is_made_up_for(open_place: OpenPlace) -> None:
    lives = _Lives(open_place)
    gone = StoreUnavailableError("gone for a moment")
    async with lives.one(FailingStore) as brain:
        store = lives.store
        assert isinstance(store, FailingStore)
        contents = iter(CONTENTS)
        for verb in ("arrivals", "insert", "reveal", "due", "links", "link", "write_documents"):
            for reply_lost in (False, True):
                await brain.perceive_many([next(contents), next(contents)])
                store.fail_next(verb, gone, reply_lost=reply_lost)
                with raises(StoreUnavailableError):
                    await brain.sleep()
                await brain.recall(next(iter(CONTENTS)), limit=1)
                await brain.sleep()
                assert brain.inspect().regions["hippocampus"].model_dump()["engrams"] == 0
                await lives.assert_nothing_arrives()
        engrams = await _everything(brain)
    assert len(engrams) == 28, f"{len(engrams)} engrams of 28 are there"
    assert sum(engram.access_count for engram in engrams.values()) == 14


async def check_closing_without_the_store_says_how_much_is_lost(open_place: OpenPlace) -> None:
    lives = _Lives(open_place)
    async with lives.one() as brain:
        await brain.perceive(CONTENTS[0])
    store = FailingStore(await open_place())
    brain = await Brain.create(store, clock=lives.clock, config=BrainConfig(closing_patience=_PATIENCE))
    await brain.perceive_many(CONTENTS[1:4])
    store.down = True
    try:
        await brain.close()
    except StoreUnavailableError as error:
        assert "3 engrams" in str(error), str(error)
    else:
        raise AssertionError("closing without a store raised nothing")
    with raises(BrainClosedError):
        await brain.perceive(CONTENTS[5])
    async with lives.one() as brain:
        assert (await _everything(brain)).keys() == {CONTENTS[0]}


BRAIN_CHECKS = (
    check_everything_perceived_is_there_after_closing,
    check_what_was_forgotten_stays_forgotten,
    check_a_thousand_nights_without_waking_time_change_nothing,
    check_twenty_recalls_show_as_twenty,
    check_twenty_recalls_at_once_show_as_twenty,
    check_a_thousand_acts_at_once_are_safe,
    check_a_cancelled_perceive_happened_or_did_not,
    check_a_cancelled_recall_happened_or_did_not,
    check_a_cancelled_forget_happened_or_did_not,
    check_a_cancelled_sleep_leaves_one_owner_each,
    check_closing_during_acts_finishes_or_refuses_them,
    check_a_brain_goes_on_while_its_store_is_away,
    check_a_night_that_fails_anywhere_is_made_up_for,
    check_closing_without_the_store_says_how_much_is_lost,
)
"""Checks of every brain; each takes an `OpenPlace`."""


async def check_brain(make_place: Callable[[], OpenPlace]) -> None:
    """Runs every check, each in a fresh place.

    Raises:
        AssertionError: a brain that lives there does not keep its promises.
    """
    for check in BRAIN_CHECKS:
        await check(make_place())
