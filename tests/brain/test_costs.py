"""Costs: what a perceive, a recall and an idle night ask of the store does not grow with what is stored."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from neuro import Brain
from neuro.clock import SimulatedClock
from neuro.embedders import WordsEmbedder
from neuro.engram import MemoryType
from neuro.errors import StoreUnavailableError
from neuro.stores import Document, Link, MemoryStore, Placed, Store, Write, open_store
from neuro.testing import CountingStore, KeptOpen
from neuro.testing.doubles import StoreWrapper
from neuro.testing.samples import sample_engram, sample_id, sample_trace


class WeighingStore(StoreWrapper):
    """Sums the length of the documents that are written; fails once on a write with one that is to be refused."""

    characters = 0
    refused: str | None = None

    async def write(self, writes: Sequence[Write], *, op_id: str | None = None) -> None:
        documents = [one for one in writes if isinstance(one, Document)]
        if self.refused in {one.key.partition(":")[0] for one in documents}:
            self.refused = None
            raise StoreUnavailableError("gone")
        self.characters += sum(len(json.dumps(one.value)) for one in documents)
        await super().write(writes, op_id=op_id)


FEW, MANY = 1_000, 10_000
REGIONS = {
    "neocortex": MemoryType.EPISODIC,
    "cerebellum": MemoryType.PROCEDURAL,
    "basal_ganglia": MemoryType.HABITUAL,
}
_BATCH = 2_000


async def fill(store: Store, count: int) -> None:
    """Lays down engrams straight in the regions, each linked with the next."""
    embedder = await asyncio.to_thread(WordsEmbedder)  # reads its words
    topics = [f"topic{number}" for number in range(40)]
    contents = [f"Dana said number {n} about {topics[n % 40]} and {topics[n * 7 % 40]}" for n in range(count)]
    rows = np.concatenate(
        [embedder.embed_now(contents[i : i + _BATCH]) for i in range(0, count, _BATCH)]
    ).astype(np.float16)
    placed = [
        Placed(
            sample_engram(
                n + 1,
                content,
                features=rows[n : n + 1],
                embedder="words",
                trace=sample_trace(half_life=1e9, encoded_half_life=1e9),
                memory_type=[*REGIONS.values()][n % 3],
            ),
            1e10,
        )
        for n, content in enumerate(contents)
    ]
    for index, region in enumerate(REGIONS):
        await store.engrams(region).insert(placed[index::3])
    await store.write([Link(sample_id(n), sample_id(n + 1), "temporal", 0.5) for n in range(1, count)])


async def costs(url: str, count: int) -> dict[str, tuple[Counter[str], Counter[str]]]:
    """Calls and records read, by verb of the brain."""
    inner = await open_store(url)
    await fill(inner, count)
    store, clock = CountingStore(inner), SimulatedClock(start=2000.0)
    counted: dict[str, tuple[Counter[str], Counter[str]]] = {}

    def count_as(name: str) -> None:
        counted[name] = (+store.calls, +store.read)
        store.reset()

    async with Brain.create(store, clock=clock) as brain:
        await brain.recall("Nobody", update=False)  # reads the index, and finds out where nothing is
        store.reset()
        await brain.perceive("Alice asked Dana about topic7")
        count_as("first perceive")  # the store learns that it lives, and when
        await brain.perceive("Dana asked Alice about topic8")
        count_as("perceive")
        repeat = await brain.perceive("Dana said number 20 about topic20 and topic20", memory_type="habitual")
        assert repeat.repeated
        count_as("repeat")
        repeat = await brain.perceive("Dana asked Alice about topic8")
        assert repeat.repeated
        count_as("repeat of today")
        await brain.recall("What did Dana say about topic3?", limit=10)
        count_as("recall")
        await brain.recall("What did Dana say about topic3?", limit=10, update=False)
        count_as("probe")
        await brain.sleep()
        store.reset()
        await clock.advance(60.0)
        await brain.sleep()
        count_as("idle night")
        await clock.advance(86_400.0)
        await brain.sleep()
        count_as("night of replay")
    return counted


@pytest.mark.parametrize("kept", ["memory", "file"])
async def test_ten_times_as_many_engrams_cost_as_many_calls_and_reads(kept: str, tmp_path: Path):
    urls = ["memory://"] * 2 if kept == "memory" else [str(tmp_path / name) for name in ("few.db", "many.db")]
    few, many = await costs(urls[0], FEW), await costs(urls[1], MANY)
    assert many == few
    calls = {name: sum(calls.values()) for name, (calls, _) in many.items()}
    assert calls["first perceive"] == 7 and calls["perceive"] == 6
    assert calls["repeat of today"] == 1
    assert calls["recall"] <= 10 and calls["probe"] <= 5
    assert calls["idle night"] <= 17
    read = {name: reads["get"] + reads["scan"] + reads["amend"] for name, (_, reads) in many.items()}
    assert read["perceive"] == read["idle night"] == 0
    assert read["probe"] <= 30 and read["recall"] <= 30 + 10


@pytest.mark.parametrize("perceived", [10, 300])
async def test_a_night_of_a_busy_day_does_not_write_down_again_what_waits_for_the_next(perceived: int):
    store, clock = WeighingStore(KeptOpen(MemoryStore())), SimulatedClock()
    async with Brain.create(store, clock=clock) as brain:
        await brain.perceive_many([f"Dana said number {n}" for n in range(perceived)])
        await clock.advance(60.0)
        await brain.sleep()
        assert brain.hippocampus.inspect().unreplayed == perceived
        store.characters = 0
        await clock.advance(60.0)
        await brain.sleep()
        assert 0 < store.characters < 2_500


async def test_what_waits_for_the_next_night_is_written_down_by_the_next_if_a_write_failed():
    kept, clock = MemoryStore(), SimulatedClock()
    store = WeighingStore(KeptOpen(kept))
    async with Brain.create(store, clock=clock) as brain:
        for n in range(3):
            await brain.perceive(f"Dana said number {n}")
        await clock.advance(2.0)
        store.refused = "ledger"
        with pytest.raises(StoreUnavailableError):
            await brain.sleep()
        assert store.refused is None
        await clock.advance(60.0)
        await brain.sleep()
        waiting = brain.hippocampus.ledger()["unreplayed"]
        assert len(waiting) == 3
        await clock.advance(31.0)
        async with Brain.create(KeptOpen(kept), clock=clock) as other:  # as after a crash of the first
            assert other.hippocampus.ledger()["unreplayed"] == waiting
