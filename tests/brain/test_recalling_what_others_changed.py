"""A brain ranks what it has in charge as it remembers it, and shows it as it is stored: others may have changed it."""

from collections import Counter
from pathlib import Path

import pytest

from neuro import Brain, BrainConfig
from neuro.clock import SimulatedClock
from neuro.stores import open_store
from neuro.testing import CountingStore

TOLD = "Dana lent her violin to Elif"
CONTENTS = [TOLD, *(f"Dana heard violin number {number} at the harbour" for number in range(60))]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return str(tmp_path / "shared.db")


async def test_a_probe_shows_what_another_brain_has_recalled_meanwhile_with_its_counts(url: str):
    clock = SimulatedClock(start=2000.0)
    async with Brain.create(url, clock=clock) as one, Brain.create(url, clock=clock) as other:
        told = (await one.perceive(TOLD)).engram
        assert told is not None
        for count in (1, 2, 3):
            await other.recall("whose violin?")
            [recollection] = await one.recall("whose violin?", update=False)
            assert recollection.engram == await one.get(told.engram_id)
            assert recollection.engram.access_count == count
            before = "recalled 1 time before" if count == 1 else f"recalled {count} times before"
            assert any(reason.text.endswith(before) for reason in recollection.reasons)


async def test_a_filter_heeds_what_another_brain_has_pinned(url: str):
    clock = SimulatedClock(start=2000.0)
    async with Brain.create(url, clock=clock) as one, Brain.create(url, clock=clock) as other:
        told = (await one.perceive(TOLD)).engram
        assert told is not None
        assert not await one.recall("violin", where={"pinned": True}, update=False)
        await other.pin(told.engram_id)
        [recollection] = await one.recall("violin", where={"pinned": True}, update=False)
        assert recollection.engram.engram_id == told.engram_id


async def test_what_another_brain_has_moved_is_recalled_from_where_it_is(url: str):
    clock = SimulatedClock(start=2000.0)
    async with Brain.create(url, clock=clock) as one:
        await one.perceive(TOLD)
        async with Brain.create(url, clock=clock) as other:
            await clock.advance(
                86_400.0
            )  # nothing was heard of the first one for long: the other takes it over
            await other.sleep()
            [recollection] = await one.recall("violin", update=False)
            assert recollection.region == "neocortex"


async def costs_of_a_probe(store: CountingStore, brain: Brain) -> tuple[Counter[str], int]:
    store.reset()
    assert len(await brain.recall("Which violin did Dana hear?", limit=5, update=False)) == 5
    return +store.calls, store.read["get"]


async def test_of_what_a_brain_has_in_charge_a_probe_reads_what_it_returns(url: str):
    clock = SimulatedClock(start=2000.0)
    store = CountingStore(await open_store(url))
    async with Brain.create(store, clock=clock) as brain:
        await brain.perceive_many(CONTENTS)
        await brain.recall("fill", update=False)
        assert await costs_of_a_probe(store, brain) == (Counter(news=1, links=1, get=1), 5)
        await clock.advance(86_400.0)
        await brain.sleep()
        await brain.recall("Which violin did Dana hear?", update=False)  # finds out what lies where
        calls, read = await costs_of_a_probe(store, brain)
        assert calls == Counter(news=1, links=1, get=1)
        assert read == 5 * BrainConfig().recall.breadth, "what cannot come up to the best was read"
