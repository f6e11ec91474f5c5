"""What was acknowledged is written, though others give up, writes are refused, or fail half-way."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress

import pytest
from telling import contents

from neuro import Brain, BrainConfig, StoreError, StoreUnavailableError
from neuro.clock import SimulatedClock
from neuro.stores import Insert, MemoryStore, Write
from neuro.testing import FailingStore, InterleavingStore, KeptOpen


async def perceiving(brain: Brain, said: list[str]) -> None:
    for content in said:
        assert (await brain.perceive(content)).durable


async def giving_up(brain: Brain, rng: random.Random) -> None:
    for _ in range(8):
        recall = asyncio.ensure_future(brain.recall("Dana", update=False))
        for _ in range(rng.randrange(12)):
            await asyncio.sleep(0)
        recall.cancel()
        with suppress(asyncio.CancelledError):
            await recall


@pytest.mark.parametrize("seed", range(15))
async def test_who_gives_up_a_recall_takes_nobodys_engram_with_it(seed: int):
    rng, kept = random.Random(seed), MemoryStore()
    said = [[f"Dana said {number} to {who}" for number in range(4)] for who in ("Ines", "Tom", "Omar")]
    async with Brain.create(KeptOpen(InterleavingStore(kept, rng))) as brain:
        acts = [perceiving(brain, each) for each in said]
        await asyncio.gather(*acts, *(giving_up(brain, rng) for _ in range(3)))
        assert brain.hippocampus.inspect().waiting == 0
    async with Brain.create(KeptOpen(kept)) as other:
        assert sorted(contents(await other.list(limit=100))) == sorted(
            content for each in said for content in each
        )


async def test_what_the_store_refuses_waits_and_holds_up_nothing_else():
    store, kept = FailingStore(inner := KeptOpen(MemoryStore())), inner.inner
    async with Brain.create(store) as brain:
        await brain.perceive("The first")
        store.down = True
        assert not (await brain.perceive("Acknowledged while the store was away")).durable
        store.down = False
        brain.hippocampus.journal._away_until = 0.0  # as a second later
        store.fail_next("write", StoreError("refused"))
        assert (await brain.perceive("The next")).durable
        assert brain.hippocampus.inspect().waiting == 1
    async with Brain.create(KeptOpen(kept)) as other:
        assert sorted(contents(await other.list())) == [
            "Acknowledged while the store was away",
            "The first",
            "The next",
        ]


async def test_a_close_says_what_the_store_refuses_to_the_end():
    store = FailingStore(KeptOpen(MemoryStore()))
    brain = await Brain.create(store, config=BrainConfig(closing_patience=0.5))
    store.down = True
    await brain.perceive("Acknowledged while the store was away")
    store.down = False
    for _ in range(200):
        store.fail_next("write", StoreError("refused"))
    with pytest.raises(StoreUnavailableError, match=r"1 engrams not stored.*refused"):
        await brain.close()


class SecondWriteFails(FailingStore):
    """The second write of engrams fails, once."""

    inserts = 0

    async def write(self, writes: Sequence[Write], *, op_id: str | None = None) -> None:
        self.inserts += any(isinstance(one, Insert) for one in writes)
        if self.inserts == 2:
            self.inserts += 1
            raise StoreUnavailableError("full")
        await super().write(writes, op_id=op_id)


async def test_of_many_that_cannot_all_be_written_those_stay_that_were():
    store, clock = SecondWriteFails(KeptOpen(MemoryStore()), remote=False), SimulatedClock()
    said = [f"Dana said number {number}" for number in range(700)]
    async with Brain.create(store, clock=clock) as brain:
        with pytest.raises(StoreUnavailableError, match="full"):
            await brain.perceive_many(said)
        assert contents(await brain.list(limit=1_000)) == said[:500]
        assert contents([r.engram for r in await brain.recall("number 600", limit=1, update=False)]) != [
            said[600]
        ]
        assert sum(map(len, (await brain.sleep()).moved.values())) == 500
        perceptions = await brain.perceive_many(said)
        assert [p.repeated for p in perceptions] == [True] * 500 + [False] * 200
        assert sorted(contents(await brain.list(limit=1_000))) == sorted(said)


# Changes that wait


async def held(brain: Brain, number: int) -> None:
    for n in range(number):
        await brain.perceive(f"Dana met number {n} at the harbour")
    assert len(await brain.recall("Dana", limit=number, update=False)) == number


async def test_a_recall_says_whether_its_counts_outlive_the_process():
    store = FailingStore(KeptOpen(MemoryStore()))
    async with Brain.create(store) as brain:
        await held(brain, 3)
        assert (await brain.recall("Dana")).durable
        assert not (await brain.recall("Dana", update=False)).durable, "nothing was counted"
        store.down = True
        recall = await brain.recall("Dana")
        assert (
            [r.engram.access_count for r in recall] == [2, 2, 2]
            and recall.silent == ()
            and not recall.durable
        )
        assert recall.to_dict()["durable"] is False
        assert brain.hippocampus.inspect().waiting_changes == 3
        with pytest.raises(StoreUnavailableError, match="counted in this process only"):
            await brain.recall("Dana", strict=True)
        store.down = False
        brain.hippocampus.journal._away_until = 0.0  # as a second later
        assert (await brain.recall("Dana")).durable
        assert brain.hippocampus.inspect().waiting_changes == 0
        assert {engram.access_count for engram in await brain.list()} == {4}


async def test_where_nothing_is_kept_no_count_is_durable():
    async with Brain.create() as brain:
        await held(brain, 2)
        assert not (await brain.recall("Dana")).durable
        assert len(await brain.recall("Dana", strict=True)) == 2


async def test_a_recall_whose_counts_would_overfill_the_buffer_counts_nothing_and_says_so():
    store, config = FailingStore(KeptOpen(MemoryStore())), BrainConfig(buffer=5)
    async with Brain.create(store, config=config) as brain:
        await held(brain, 4)
        store.down = True
        first = await brain.recall("Dana", limit=4)
        assert first.silent == () and [r.engram.access_count for r in first] == [1, 1, 1, 1]
        second = await brain.recall("Dana", limit=4)
        assert "hippocampus" in second.silent and not second.durable
        assert [r.engram.access_count for r in second] == [1, 1, 1, 1]
        store.down = False
        brain.hippocampus.journal._away_until = 0.0  # as a second later
        await brain.recall("nothing of this", update=False)
        assert {engram.access_count for engram in await brain.list()} == {1}


async def test_a_close_says_how_many_changes_are_not_stored():
    store = FailingStore(KeptOpen(MemoryStore()))
    brain = await Brain.create(store, config=BrainConfig(closing_patience=0.1))
    await held(brain, 2)
    store.down = True
    await brain.recall("Dana")
    with pytest.raises(
        StoreUnavailableError, match="closed with 0 engrams not stored, nor 2 changes of others"
    ):
        await brain.close()


async def test_health_tells_what_waits_while_the_store_cannot_be_asked():
    store = FailingStore(KeptOpen(MemoryStore()))
    async with Brain.create(store) as brain:
        await held(brain, 2)
        store.down = True
        await brain.perceive("Acknowledged while the store was away")
        await brain.recall("Dana")
        health = await brain.health()
        assert health.waiting == 1 and health.waiting_changes >= 2 and health.buffer == 10_000
        assert any("away" in concern for concern in health.concerns)
        store.down = False
