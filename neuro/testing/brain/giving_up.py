"""Checks of giving up: acts that are cancelled, and a close that comes amid acts."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from neuro.engram import MemoryType
from neuro.errors import BrainClosedError, EngramNotFoundError, StoreClosedError
from neuro.stores.base import Store
from neuro.testing.brain.lives import (
    CONTENTS,
    NIGHT_STEPS,
    STEPS,
    Lives,
    cancelled_after,
    everything,
    interleaved,
    recent,
    unhindered,
)
from neuro.testing.doubles import InterleavingStore
from neuro.testing.machine import OpenPlace

T = TypeVar("T")

_SLOW = 200
"""Steps of the event loop that are more than a close of a brain takes where nothing waits."""

# Cancelling


async def check_a_cancelled_perceive_happened_or_did_not(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.one(interleaved(2)) as brain:
        for content, steps in zip(CONTENTS, STEPS, strict=False):
            done = await cancelled_after(brain.perceive(content), steps)
            again = await unhindered(brain.perceive(content))
            assert again.repeated or not done, f"{content!r} was perceived and is not known"
            assert again.engram is not None and again.engram.trace.exposures == 1.0 + again.repeated
    async with lives.one() as brain:
        assert (await everything(brain)).keys() == {*CONTENTS[: len(STEPS)]}


async def check_a_cancelled_recall_happened_or_did_not(open_place: OpenPlace) -> None:
    lives, done = Lives(open_place), 0
    async with lives.one(interleaved(3)) as brain:
        await brain.perceive("Dana tuned the piano", memory_type="procedural")
        await brain.perceive("Dana sold the piano")
        await brain.sleep()
        await brain.perceive("Dana missed the piano")
        for steps in STEPS:
            done += await cancelled_after(brain.recall("Dana piano", limit=3), steps)
            assert len(await unhindered(brain.recall("Dana piano", limit=3))) == 3
    async with lives.one() as brain:
        counts = {engram.access_count for engram in await brain.list()}
        least, most = len(STEPS) + done, 2 * len(STEPS)
        assert len(counts) == 1, f"what was always recalled together counts {sorted(counts)}"
        assert least <= min(counts) <= most, f"{least} to {most} recalls count {counts}"


async def check_a_cancelled_forget_happened_or_did_not(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.one(interleaved(4)) as brain:
        for content, steps in zip(CONTENTS, STEPS, strict=False):
            engram = (await brain.perceive(content)).engram
            assert engram is not None
            if steps % 2:
                await brain.sleep()
            done = await cancelled_after(brain.forget(engram.engram_id), steps)
            try:
                await unhindered(brain.forget(engram.engram_id))
            except EngramNotFoundError:
                continue
            assert not done, f"{content!r} was forgotten twice"
    async with lives.one() as brain:
        assert await everything(brain) == {}


async def check_a_cancelled_sleep_leaves_one_owner_each(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.one(interleaved(5)) as brain:
        for content, steps in zip(CONTENTS, NIGHT_STEPS, strict=False):
            await brain.perceive(content)
            await cancelled_after(brain.sleep(), steps)
            await unhindered(brain.recall(content, limit=1))
        for _ in range(2):  # the first may be the night that goes on
            await unhindered(brain.sleep())
        assert await recent(brain) == 0, "what a cancelled night left is never moved"
    async with lives.one() as brain:
        engrams = await everything(brain)
        assert engrams.keys() == {*CONTENTS[: len(NIGHT_STEPS)]}
        assert all(engram.access_count == 1 for engram in engrams.values())


# Closing


class Closable(InterleavingStore):
    """Notes which writes end, carried out or refused, once it has been closed.

    Args:
        slow: whether a change of engrams takes longer than a close.
    """

    def __init__(self, inner: Store, rng: random.Random, *, slow: bool) -> None:
        super().__init__(inner, rng)
        self.amending = asyncio.Event()
        self.late: list[str] = []
        self._slow = slow
        self._closed = False

    async def around(self, verb: str, call: Callable[[], Awaitable[T]], *, written: int = 0) -> T:
        self._closed = self._closed or verb == "aclose"
        try:
            if verb == "amend":
                self.amending.set()
                for _ in range(_SLOW if self._slow else 0):
                    await asyncio.sleep(0)
            return await super().around(verb, call, written=written)
        finally:
            if written and self._closed:
                self.late.append(verb)


def _closable(seed: int, slow: bool) -> Callable[[Store], Store]:
    return lambda place: Closable(place, random.Random(seed), slow=slow)


async def check_closing_during_acts_finishes_or_refuses_them(open_place: OpenPlace) -> None:
    lives, recalled, perceived = Lives(open_place), Counter[str](), set(CONTENTS[:7])
    async with lives.one() as brain:
        for content, memory_type in zip(CONTENTS[:7], MemoryType, strict=True):  # in every region
            await brain.perceive(content, memory_type=memory_type)
        await brain.sleep()

    async def attempt(act: Awaitable[Any]) -> Any:
        try:
            return await act
        except (BrainClosedError, StoreClosedError):
            return None

    for seed in range(16):
        early, late, slow = CONTENTS[10 + seed], CONTENTS[50 + seed], seed % 4 == 0
        async with lives.one(_closable(seed, slow)) as brain:
            store = lives.store
            assert isinstance(store, Closable)
            perceived.add(early)
            await brain.perceive(early)
            recalls = [brain.recall(content, limit=5) for content in (*CONTENTS[:7], early, early)]
            others = [brain.perceive(late), *([brain.sleep()] if seed % 2 else [])]
            tasks = [asyncio.create_task(attempt(act)) for act in (*recalls, *others)]
            for _ in range(3 * seed):
                await asyncio.sleep(0)
            if slow:
                await unhindered(store.amending.wait())
        outcomes = await asyncio.gather(*tasks)
        assert not store.late, f"after the close it was asked to {', '.join(store.late)}"
        recalled.update(r.engram.content for recall in outcomes[: len(recalls)] for r in recall or ())
        perceived.update({late} if outcomes[len(recalls)] is not None else ())
    async with lives.one() as brain:
        engrams = await everything(brain)
        assert engrams.keys() == perceived, f"{perceived} were perceived, {engrams.keys()} are there"
        for content, engram in engrams.items():
            assert engram.access_count == recalled[content], (
                f"{content!r} was recalled {recalled[content]} times and counts {engram.access_count}"
            )


GIVING_UP_CHECKS = (
    check_a_cancelled_perceive_happened_or_did_not,
    check_a_cancelled_recall_happened_or_did_not,
    check_a_cancelled_forget_happened_or_did_not,
    check_a_cancelled_sleep_leaves_one_owner_each,
    check_closing_during_acts_finishes_or_refuses_them,
)
