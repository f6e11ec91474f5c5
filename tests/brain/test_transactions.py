"""Several changes at once: all of them or none, seen by everybody at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
from telling import HARBOUR, KEYS, KINDS, SHIP, Deliberate, contents, encoded, kept, whole

from neuro import (
    Brain,
    BrainClosedError,
    BrainConfig,
    EngramNotFoundError,
    Perception,
    TransactionError,
)
from neuro.clock import SimulatedClock
from neuro.regions.thalamus import ThalamusParams
from neuro.signals import Forgetting
from neuro.stores.memory import MemoryStore
from neuro.testing import CountingStore, KeptOpen

T = TypeVar("T")


# All or nothing


@pytest.mark.parametrize("kind", KINDS)
async def test_a_block_is_seen_by_nobody_before_it_ends_and_then_by_all(kind: str, tmp_path: Path):
    clock = SimulatedClock()
    async with (
        kept(kind, tmp_path) as place,
        Brain.create(await place(), clock=clock) as brain,
        Brain.create(await place(), clock=clock) as other,
    ):
        keys, harbour = await encoded(brain, KEYS), await encoded(brain, HARBOUR)
        await other.recall("keys")
        async with brain.transaction():
            ship = (await brain.perceive(SHIP)).engram
            assert ship is not None
            await brain.pin(ship.engram_id)
            await brain.pin(keys.engram_id)
            await brain.forget(harbour.engram_id)
            for one in (brain, other):
                assert contents(await one.list()) == [KEYS, HARBOUR]
                assert not (await one.get(keys.engram_id)).pinned
                assert SHIP not in contents(await one.recall("ship noon", update=False))
                with pytest.raises(EngramNotFoundError):
                    await one.get(ship.engram_id)
            assert contents(brain.working_memory) == [HARBOUR, KEYS]
        for one in (brain, other):
            assert contents(await one.list()) == [KEYS, SHIP]
            assert (await one.get(keys.engram_id)).pinned
            assert (await one.get(ship.engram_id)).pinned
            assert contents(await one.recall("ship noon", update=False))[:1] == [SHIP]
            with pytest.raises(EngramNotFoundError):
                await one.get(harbour.engram_id)
        assert contents(brain.working_memory) == [SHIP, KEYS]
        assert (await brain.get(ship.engram_id)).associations == (keys.engram_id,)
    if kind != "memory":
        async with Brain.create(await place(), clock=clock) as again:
            assert contents(await again.list()) == [KEYS, SHIP]
            assert contents(again.working_memory) == [SHIP, KEYS]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", ["raised", "cancelled", "timed out"])
async def test_a_block_that_does_not_reach_its_end_has_changed_nothing(kind: str, end: str, tmp_path: Path):
    clock = SimulatedClock()
    config = BrainConfig(thalamus=ThalamusParams(threshold=0.4))  # repeats are refused
    async with (
        kept(kind, tmp_path) as place,
        Brain.create(await place(), clock=clock, config=config) as brain,
    ):
        keys, harbour = await encoded(brain, KEYS, reward=0.5), await encoded(brain, HARBOUR)
        before, waiting = await whole(brain), asyncio.Event()

        async def block() -> None:
            async with brain.transaction():
                await brain.perceive(SHIP, reward=1.0)
                await brain.perceive_many([KEYS, "Something else", HARBOUR])
                await brain.forget(harbour.engram_id, hard=True)
                await brain.pin(keys.engram_id)
                await brain.reinforce(keys.engram_id)
                await brain.schedule.register(keys.engram_id)
                await brain.schedule.review(keys.engram_id, "hard")
                if end == "raised":
                    raise Deliberate
                waiting.set()
                async with asyncio.timeout(0.0 if end == "timed out" else None):
                    await asyncio.Event().wait()

        task = asyncio.ensure_future(block())
        if end == "cancelled":
            await waiting.wait()
            task.cancel()
        with pytest.raises((Deliberate, TimeoutError, asyncio.CancelledError)):
            await task
        assert await whole(brain) == before
        assert (await brain.perceive(SHIP)).gate.attention == 0.5  # never heard
    if kind != "memory":
        async with Brain.create(await place(), clock=clock) as again:
            assert contents(await again.list()) == [KEYS, HARBOUR, SHIP]


async def test_a_block_is_one_write_however_much_is_in_it():
    counted = CountingStore(KeptOpen(MemoryStore()))
    async with Brain.create(counted) as brain:
        keys = await encoded(brain, KEYS)
        counted.reset()
        async with brain.transaction():
            for number in range(20):
                await brain.perceive(f"number {number}")
            await brain.forget(keys.engram_id)
        assert (counted.calls["write"], counted.calls["amend"], counted.calls["insert"]) == (1, 0, 0)
        assert len(await brain.list()) == 20


async def test_a_block_that_does_nothing_writes_nothing():
    counted = CountingStore(KeptOpen(MemoryStore()))
    async with Brain.create(counted) as brain:
        counted.reset()
        async with brain.transaction():
            await brain.list()
        assert not counted.written.total()


async def test_what_the_gate_refuses_in_a_block_can_be_attended_after_it():
    config = BrainConfig(thalamus=ThalamusParams(threshold=0.6))
    async with Brain.create(config=config) as brain:
        async with brain.transaction():
            assert (await brain.perceive(KEYS)).engram is None
            assert brain.sensory_cortex.buffered() == ()
        attended = await brain.attend(KEYS)
        assert attended is not None and attended.engram is not None


# What acts return


@pytest.mark.parametrize("kind", KINDS)
async def test_a_perception_tells_the_engram_that_will_be_stored(kind: str, tmp_path: Path):
    async with kept(kind, tmp_path) as place, Brain.create(await place()) as brain:
        told: list[Perception] = []
        brain.observers.subscribe(Perception, told.append)
        async with brain.transaction():
            perceived = await brain.perceive_many([KEYS, HARBOUR])
            assert [p.durable for p in perceived] == [False, False]
            assert told == []
        stored = await brain.list()
        assert stored == [p.engram for p in perceived]
        assert [p.engram for p in told] == stored
        assert [p.durable for p in told] == [True, True]
        assert [p.stimulus for p in told] == [p.stimulus for p in perceived]


async def test_repeats_are_known_of_what_is_stored_and_of_what_the_block_perceived():
    async with Brain.create() as brain:
        keys = await encoded(brain, KEYS)
        async with brain.transaction():
            again = await brain.perceive(KEYS)
            first, second, third = await brain.perceive_many([SHIP, SHIP, HARBOUR])
            fourth = await brain.perceive(SHIP)
        assert [p.repeated for p in (again, first, second, third, fourth)] == [True, False, True, False, True]
        assert again.engram is not None and again.engram.engram_id == keys.engram_id
        assert {p.engram.engram_id for p in (first, second, fourth) if p.engram} == {
            engram.engram_id for engram in await brain.list() if engram.content == SHIP
        }
        exposures = {engram.content: engram.trace.exposures for engram in await brain.list()}
        assert exposures == {KEYS: 2.0, SHIP: 3.0, HARBOUR: 1.0}


async def test_what_the_block_perceived_can_be_changed_and_forgotten_in_it():
    async with Brain.create() as brain:
        told: list[Forgetting] = []
        brain.observers.subscribe(Forgetting, told.append)
        async with brain.transaction():
            keys, ship = await encoded(brain, KEYS), await encoded(brain, SHIP)
            review = await brain.schedule.register(ship.engram_id, retention=0.8)
            assert review.target == 0.8 and review.engram.engram_id == ship.engram_id
            reviewed = await brain.schedule.review(ship.engram_id, "good")
            await brain.schedule.unregister(ship.engram_id)
            await brain.pin(ship.engram_id)
            await brain.unpin(ship.engram_id)
            forgetting = await brain.forget(keys.engram_id)
            assert forgetting.region == "hippocampus"
            for verb in (brain.forget, brain.pin, brain.schedule.register):
                with pytest.raises(EngramNotFoundError):
                    await verb(keys.engram_id)
            assert told == []
            perceived_anew = await encoded(brain, KEYS)
        assert told == [forgetting]
        assert perceived_anew.engram_id != keys.engram_id
        assert contents(await brain.list()) == [SHIP, KEYS]
        stored = await brain.get(ship.engram_id)
        assert stored.trace == reviewed.trace and stored.revision == 5
        assert (await brain.get(ship.engram_id)).associations == (perceived_anew.engram_id,)


async def test_an_unknown_id_is_an_error_at_once_and_the_block_may_go_on():
    async with Brain.create() as brain:
        keys = await encoded(brain, KEYS)
        async with brain.transaction():
            with pytest.raises(EngramNotFoundError):
                await brain.reinforce(keys.engram_id, "abc")
            for verb in (brain.pin, brain.forget, brain.schedule.unregister):
                with pytest.raises(EngramNotFoundError):
                    await verb("abc")
            await brain.pin(keys.engram_id)
        engram = await brain.get(keys.engram_id)
        assert engram.pinned and engram.revision == 1


async def test_rewards_are_expected_only_after_the_block():
    async with Brain.create() as brain, Brain.create() as plain:
        async with brain.transaction():
            rewarded = [await encoded(brain, text, reward=1.0) for text in (KEYS, SHIP)]
            assert brain.basal_ganglia.expected_reward == 0.0
        directly = [await encoded(plain, text, reward=1.0) for text in (KEYS, SHIP)]
        assert brain.basal_ganglia.expected_reward == plain.basal_ganglia.expected_reward > 0.0
        assert [e.trace.half_life for e in rewarded] == [e.trace.half_life for e in directly]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_hard_forgetting_erases_when_the_block_has_ended(kind: str, tmp_path: Path):
    async with kept(kind, tmp_path) as place:
        counted = CountingStore(await place())
        async with Brain.create(counted) as brain:
            keys = await encoded(brain, KEYS)
            told: list[Forgetting] = []
            brain.observers.subscribe(Forgetting, told.append)
            counted.reset()
            async with brain.transaction():
                assert (await brain.forget(keys.engram_id, hard=True)).remains is None
                assert counted.calls["scrub"] == 0
            assert counted.calls["scrub"] == 1
            assert [(f.engram_id, f.remains is None) for f in told] == [(keys.engram_id, False)]
    if kind == "file":
        assert KEYS.encode() not in (tmp_path / "brain.db").read_bytes()


# What is no part of a block


async def test_what_cannot_be_a_part_of_a_block_is_refused():
    async with Brain.create() as brain:
        keys = await encoded(brain, KEYS)
        refused: list[Callable[[], Awaitable[Any]]] = [
            brain.transaction().__aenter__,
            brain.sleep,
            lambda: brain.sleep(days=2),
            brain.asleep().__aenter__,
            brain.close,
            brain.attend,
            lambda: brain.forget_where({"speaker": "Dana"}),
        ]
        async with brain.transaction():
            for verb in refused:
                with pytest.raises(TransactionError, match="inside a transaction"):
                    await verb()
            await brain.pin(keys.engram_id)
        assert (await brain.get(keys.engram_id)).pinned
        async with brain.transaction():
            await brain.unpin(keys.engram_id)
        await brain.sleep()


async def test_blocks_of_two_brains_may_be_nested_and_end_by_themselves():
    async with Brain.create() as one, Brain.create() as two:
        with suppress(Deliberate):
            async with one.transaction():
                await one.perceive(KEYS)
                async with two.transaction():
                    await one.perceive(SHIP)
                    await two.perceive(HARBOUR)
                raise Deliberate
        assert (await one.list(), contents(await two.list())) == ([], [HARBOUR])


async def test_a_block_holds_a_thousand_acts():
    async with Brain.create(embedder="words") as brain:
        keys = await encoded(brain, KEYS)
        async with brain.transaction():
            for _ in range(998):
                await brain.pin(keys.engram_id)
            with pytest.raises(TransactionError, match=r"at most 1000 acts \(got 1001\)"):
                await brain.perceive_many([SHIP, HARBOUR, "One too many"])
            await brain.perceive_many([SHIP, HARBOUR])
            for verb in (brain.pin, brain.forget):
                with pytest.raises(TransactionError, match="at most"):
                    await verb(keys.engram_id)
        assert (await brain.get(keys.engram_id)).revision == 998
        assert contents(await brain.list()) == [KEYS, SHIP, HARBOUR]


async def test_a_block_of_a_brain_that_was_closed_meanwhile_is_an_error():
    brain = await Brain.create()
    last = asyncio.Event()

    async def close() -> None:
        await last.wait()
        await brain.close()

    closing = asyncio.ensure_future(close())
    with pytest.raises(BrainClosedError):
        async with brain.transaction():
            await brain.perceive(KEYS)
            last.set()
            await closing
    with pytest.raises(BrainClosedError):
        async with brain.transaction():
            pass
