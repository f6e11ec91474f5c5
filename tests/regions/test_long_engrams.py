"""Very long contents: found by all they say, though the event loop is never held for reading them."""

import asyncio
import time
from contextlib import suppress
from itertools import pairwise

from neuro import Brain, Hippocampus
from neuro.stores import MemoryStore

FILLER = " ".join(f"Page {n} lists the stock of drawer {n} in the usual order." for n in range(800))
NEEDLE = "The spare key of the observatory hangs behind the thermostat."
LONG = f"{FILLER} {NEEDLE} {FILLER}"


def test_patterns_are_completed_from_deep_inside():
    hippocampus = Hippocampus()
    first, other = hippocampus.encode(LONG), hippocampus.encode("A key")
    assert first is not None and other is not None
    assert hippocampus.pattern_complete("spare key of the observatory")[0][0] == first
    hippocampus.forget(first.engram_id)
    assert [engram for engram, _ in hippocampus.pattern_complete("observatory key")] == [other]


async def test_what_was_perceived_is_found_at_once_and_no_more_when_forgotten():
    async with Brain.create() as brain:
        engram = (await brain.perceive(LONG)).engram
        assert engram is not None
        assert [r.engram for r in await brain.recall("observatory thermostat", update=False)] == [engram]
        await brain.forget(engram.engram_id)
        recall = await brain.recall("observatory thermostat", update=False)
        assert engram.engram_id not in {r.engram.engram_id for r in recall}


async def test_many_may_be_perceived_asked_for_and_forgotten_at_once():
    async with Brain.create(MemoryStore()) as brain:
        told = await asyncio.gather(
            *(brain.perceive(f"Volume {n}. {LONG}") for n in range(3)), brain.recall("key", update=False)
        )
        ids = [one.engram.engram_id for one in told[:3]]  # type: ignore[union-attr]
        await asyncio.gather(
            brain.recall("observatory"), brain.forget(ids[0]), brain.perceive(f"Last. {LONG}")
        )
        found = {r.engram.engram_id for r in await brain.recall("observatory", update=False)}
        assert ids[0] not in found and {*ids[1:]} <= found and len(found) == 3


async def test_a_recall_that_is_given_up_leaves_the_index_whole():
    async with Brain.create() as brain:
        await brain.perceive_many([f"Volume {n}. {FILLER}" for n in range(3)])
        perceiving = asyncio.create_task(brain.perceive(LONG))
        asking = asyncio.create_task(brain.recall("stock of drawers", update=False))
        await asyncio.sleep(0.02)
        asking.cancel()
        with suppress(asyncio.CancelledError):  # or it was quicker
            await asking
        await perceiving
        assert (await brain.recall("observatory thermostat"))[0].engram.content == LONG


async def test_the_event_loop_goes_on_while_a_long_content_is_read():
    """Processor time of the loop's own thread between two of its turns, so that a busy machine changes nothing."""
    async with Brain.create() as brain:
        await brain.recall("nothing", update=False)
        turns = [time.thread_time()]

        async def tick() -> None:
            while True:
                await asyncio.sleep(0)
                turns.append(time.thread_time())

        ticking = asyncio.create_task(tick())
        await brain.perceive(f"{LONG} " * 10)
        ticking.cancel()
        assert max(after - before for before, after in pairwise(turns)) < 0.25
