"""Several changes at once: all of them or none, seen by everybody at the same moment."""

import asyncio
import contextvars
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from telling import DAY, KINDS, contents, encoded, kept, whole

from neuro import (
    Brain,
    BrainClosedError,
    BrainConfig,
    EngramNotFoundError,
    Perception,
    Stimulus,
    StoreUnavailableError,
    TransactionError,
)
from neuro.clock import SimulatedClock
from neuro.regions.thalamus import ThalamusParams
from neuro.signals import Forgetting
from neuro.stores import Store
from neuro.stores.memory import MemoryStore
from neuro.testing import CountingStore, FailingStore, InterleavingStore, KeptOpen, StoreWrapper
from neuro.testing.machine.image import take_image

T = TypeVar("T")
KEYS, HARBOUR, SHIP = "The keys are in the drawer", "We met Dana at the harbour", "The ship sails at noon"


class Deliberate(Exception):
    """Ends a block."""


def bare(store: Any) -> FailingStore:
    return FailingStore(KeptOpen(store))


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


# Others


@pytest.mark.parametrize("kind", KINDS)
async def test_what_somebody_changed_meanwhile_is_changed_as_it_is_then(kind: str, tmp_path: Path):
    clock = SimulatedClock()
    async with (
        kept(kind, tmp_path) as place,
        Brain.create(await place(), clock=clock) as brain,
        Brain.create(await place(), clock=clock) as other,
    ):
        keys = await encoded(brain, KEYS)
        async with brain.transaction():
            await brain.perceive(SHIP)
            await brain.perceive(KEYS)
            await brain.pin(keys.engram_id)
            await other.perceive(KEYS)
            await other.schedule.register(keys.engram_id, retention=0.7)
        for one in (brain, other):
            engram = await one.get(keys.engram_id)
            assert (engram.trace.exposures, engram.pinned, engram.target_retention) == (3.0, True, 0.7)
            assert engram.revision == 4
        held = brain.hippocampus.recognise(keys.digest)
        assert held is not None and held.revision == 4


@pytest.mark.parametrize("seed", range(10))
async def test_blocks_of_several_brains_count_as_if_one_came_after_the_other(seed: int):
    shared, rng, clock = MemoryStore(), random.Random(seed), SimulatedClock()
    async with (
        Brain.create(InterleavingStore(KeptOpen(shared), rng), clock=clock) as one,
        Brain.create(InterleavingStore(KeptOpen(shared), rng), clock=clock) as two,
    ):
        ids = [(await encoded(one, text)).engram_id for text in (KEYS, HARBOUR, SHIP)]

        async def blocks(brain: Brain, name: str) -> None:
            for number in range(5):
                async with brain.transaction():
                    await brain.perceive(f"{name} {number}")
                    for engram_id in random.Random(number).sample(ids, 2):
                        await brain.schedule.review(engram_id, "good")

        await asyncio.gather(blocks(one, "one"), blocks(two, "two"), blocks(two, "three"))
        engrams = {engram.engram_id: engram for engram in await two.list()}
        assert len(engrams) == 3 + 15
        reviewed = [i for number in range(5) for i in random.Random(number).sample(ids, 2)]
        assert [engrams[i].revision for i in ids] == [3 * reviewed.count(i) for i in ids]


class Meanwhile(StoreWrapper):
    """Does something once, right before or after the next call of a verb."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.before: dict[str, Callable[[], Awaitable[Any]]] = {}
        self.after: dict[str, Callable[[], Awaitable[Any]]] = {}

    async def around(self, verb: str, call: Callable[[], Awaitable[T]], *, written: int = 0) -> T:
        if verb in self.before:
            await self.before.pop(verb)()
        result = await call()
        if verb in self.after:
            await self.after.pop(verb)()
        return result


@pytest.mark.parametrize("kind", KINDS)
async def test_what_changes_between_the_reading_and_the_writing_of_a_block_is_read_again(
    kind: str, tmp_path: Path
):
    clock = SimulatedClock()
    async with kept(kind, tmp_path) as place, Brain.create(await place(), clock=clock) as other:
        store = Meanwhile(await place())
        async with Brain.create(store, clock=clock) as brain:
            keys, harbour = await encoded(brain, KEYS), await encoded(brain, HARBOUR)
            async with brain.transaction():
                await brain.pin(keys.engram_id)
                await brain.forget(harbour.engram_id)
                await brain.perceive(SHIP)
                store.before["write"] = lambda: other.reinforce(keys.engram_id, harbour.engram_id)
            assert contents(await other.list()) == [KEYS, SHIP]
            changed = await other.get(keys.engram_id)
            assert changed.pinned and changed.revision == 2


@pytest.mark.parametrize("verb", ["forget", "pin"])
@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_forgotten_between_the_reading_and_the_writing_of_a_block_undoes_it(
    kind: str, verb: str, tmp_path: Path
):
    clock = SimulatedClock()
    async with kept(kind, tmp_path) as place, Brain.create(await place(), clock=clock) as other:
        store = Meanwhile(await place())
        async with Brain.create(store, clock=clock) as brain:
            keys = await encoded(brain, KEYS)
            with pytest.raises(EngramNotFoundError):
                async with brain.transaction():
                    await brain.perceive(SHIP)
                    await getattr(brain, verb)(keys.engram_id)
                    store.before["write"] = lambda: other.forget(keys.engram_id)
            assert await brain.list() == await other.list() == []
            assert SHIP not in contents(brain.working_memory)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_another_brain_forgets_at_once_is_not_shown_at_all(kind: str, tmp_path: Path):
    clock = SimulatedClock()
    async with kept(kind, tmp_path) as place, Brain.create(await place(), clock=clock) as other:
        store = Meanwhile(await place())
        async with Brain.create(store, clock=clock) as brain:

            async def forget() -> None:
                [ship] = await other.list(where={"tags": ["sailing"]})
                await other.forget(ship.engram_id)
                await brain.recall("ship", update=False)  # hears of it

            async with brain.transaction():
                await brain.perceive(KEYS)
                await brain.perceive(SHIP, tags=["sailing"])
                store.after["write"] = forget
            assert contents(brain.working_memory) == [KEYS]
            assert brain.hippocampus.inspect().engrams == brain.hippocampus.inspect().unreplayed == 1
            assert SHIP not in contents(await brain.recall("ship keys", update=False))


@pytest.mark.parametrize("kind", ["file", "redis"])
async def test_a_block_survives_a_crash_with_what_was_on_the_mind(kind: str, tmp_path: Path):
    clock = SimulatedClock()
    async with kept(kind, tmp_path) as place, Brain.create(await place(), clock=clock) as brain:
        await brain.perceive(HARBOUR)
        async with brain.transaction():
            await brain.perceive_many([KEYS, SHIP])
        async with Brain.create(await place(), clock=clock) as other:  # as if the first one were no more
            assert contents(other.working_memory) == [SHIP, KEYS, HARBOUR]


@pytest.mark.parametrize("kind", KINDS)
async def test_no_other_brain_takes_over_what_a_block_has_just_stored(kind: str, tmp_path: Path):
    clock = SimulatedClock()
    async with kept(kind, tmp_path) as place:
        store = Meanwhile(await place())

        async def look() -> None:
            async with Brain.create(await place(), clock=clock) as other:
                assert contents(await other.list()) == [KEYS]
                assert other.hippocampus.inspect().engrams == 0

        async with Brain.create(store, clock=clock) as brain:
            store.after["write"] = look
            async with brain.transaction():
                await brain.perceive(KEYS)
            assert not store.after and brain.hippocampus.inspect().engrams == 1


async def test_what_waited_for_the_store_is_written_before_the_block():
    store = bare(MemoryStore())
    async with Brain.create(store) as brain:
        keys = await encoded(brain, KEYS)
        async with brain.transaction():
            await brain.pin(keys.engram_id)
            store.down = True
            other_task = asyncio.create_task(brain.perceive(KEYS), context=contextvars.Context())
            assert (await other_task).repeated
            store.recover()
        stored = await brain.get(keys.engram_id)
        assert (stored.pinned, stored.trace.exposures, stored.revision) == (True, 2.0, 2)
        assert brain.hippocampus.recognise(keys.digest) == stored


async def test_a_block_is_bound_to_what_is_on_its_way_to_the_store_too():
    store, clock = Meanwhile(KeptOpen(MemoryStore())), SimulatedClock()
    async with Brain.create(store, clock=clock) as brain:
        first = await encoded(brain, "An episode begins")
        await clock.advance(60.0)  # a sign of life is due
        tasks: list[asyncio.Task[Perception]] = []

        async def another(content: str) -> None:
            tasks.append(asyncio.create_task(brain.perceive(content), context=contextvars.Context()))
            for _ in range(20):
                await asyncio.sleep(0)

        async with brain.transaction():
            ship = await encoded(brain, SHIP)
            # The first is being written when the block ends; the second is experienced, and waits for that.
            store.before["beat"] = lambda: another(HARBOUR)
            store.before["write"] = lambda: another(KEYS)
        perceived = await asyncio.gather(*tasks)
        wired = (await brain.get(ship.engram_id)).associations
        last_first = [p.engram.engram_id for p in reversed(perceived) if p.engram is not None]
        assert wired == (*last_first, first.engram_id)


@pytest.mark.parametrize("kind", KINDS)
async def test_if_somebody_forgot_what_a_block_names_nothing_happens(kind: str, tmp_path: Path):
    clock = SimulatedClock()
    async with (
        kept(kind, tmp_path) as place,
        Brain.create(await place(), clock=clock) as brain,
        Brain.create(await place(), clock=clock) as other,
    ):
        keys, harbour = await encoded(brain, KEYS), await encoded(brain, HARBOUR)
        with pytest.raises(EngramNotFoundError, match=keys.engram_id):
            async with brain.transaction():
                await brain.perceive(SHIP)
                await brain.pin(harbour.engram_id)
                await brain.pin(keys.engram_id)
                await other.forget(keys.engram_id)
        assert await brain.list() == await other.list() == [harbour]
        assert SHIP not in contents(brain.working_memory)


async def test_what_a_night_moved_meanwhile_is_changed_where_it_lies():
    clock = SimulatedClock()
    shared = MemoryStore()
    async with Brain.create(KeptOpen(shared), clock=clock) as brain:
        keys = await encoded(brain, KEYS)
        harbour = await encoded(brain, HARBOUR, memory_type="semantic")
        night = asyncio.Event()

        async def sleeper() -> None:
            await night.wait()
            await brain.sleep()
            night.clear()

        sleeping = asyncio.ensure_future(sleeper())
        await clock.advance(DAY)
        async with brain.transaction():
            await brain.pin(keys.engram_id)
            await brain.forget(harbour.engram_id)
            night.set()
            await sleeping
        recalled = await brain.recall("keys", update=False)
        assert recalled[0].region == "neocortex" and recalled[0].engram.pinned
        assert contents(await brain.list()) == [KEYS]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
async def test_another_brain_sees_all_of_a_block_or_nothing_at_any_moment(
    kind: str, seed: int, tmp_path: Path
):
    rng, clock = random.Random(seed), SimulatedClock()
    async with (
        kept(kind, tmp_path) as place,
        Brain.create(InterleavingStore(await place(), rng), clock=clock) as brain,
        Brain.create(InterleavingStore(await place(), rng), clock=clock) as other,
    ):
        rounds, done = 12, False

        async def write() -> None:
            nonlocal done
            last: list[str] = []
            for number in range(rounds):
                with suppress(Deliberate):
                    async with brain.transaction():
                        made = await brain.perceive_many(
                            [f"round {number}, part {part}" for part in range(3)]
                        )
                        ids = [p.engram.engram_id for p in made if p.engram is not None]
                        for engram_id in ids:
                            await brain.pin(engram_id)
                        for engram_id in last:
                            await brain.forget(engram_id)
                        if number % 3 == 1:
                            raise Deliberate
                        last = ids
            done = True

        async def look(one: Brain) -> set[int]:
            seen: set[int] = set()
            while not done:
                listed = await one.list()
                found = {int(engram.content.split()[1].rstrip(",")) for engram in listed}
                assert len(found) <= 1 and len(listed) == 3 * len(found)
                assert all(engram.pinned for engram in listed)
                seen |= found
            return seen

        _, seen, by_others = await asyncio.gather(write(), look(brain), look(other))
        assert seen | by_others <= {number for number in range(rounds) if number % 3 != 1}
        assert len(by_others) > 1


async def test_other_tasks_are_no_part_of_a_block_and_those_it_starts_are():
    async with Brain.create() as brain:
        inside, outside = asyncio.Event(), asyncio.Event()

        async def stranger() -> None:
            await inside.wait()
            await brain.perceive(KEYS)
            outside.set()

        task = asyncio.ensure_future(stranger())
        with suppress(Deliberate):
            async with brain.transaction():
                await asyncio.gather(brain.perceive(SHIP), brain.perceive(HARBOUR))
                inside.set()
                await outside.wait()
                raise Deliberate
        await task
        assert contents(await brain.list()) == [KEYS]


async def test_a_task_that_outlives_its_block_acts_for_itself():
    async with Brain.create() as brain:
        ended = asyncio.Event()

        async def straggler() -> None:
            await ended.wait()
            await brain.perceive(KEYS)

        stragglers: list[asyncio.Future[None]] = []
        with suppress(Deliberate):
            async with brain.transaction():
                stragglers.append(asyncio.ensure_future(straggler()))
                raise Deliberate
        ended.set()
        await asyncio.gather(*stragglers)
        assert contents(await brain.list()) == [KEYS]


async def test_a_caller_who_gives_up_while_the_block_is_written_does_not_tear_it():
    store = InterleavingStore(KeptOpen(MemoryStore()), random.Random(0))
    async with Brain.create(store) as brain:
        last = asyncio.Event()

        async def block() -> None:
            async with brain.transaction():
                await brain.perceive_many([KEYS, SHIP])
                last.set()

        task = asyncio.ensure_future(block())
        await last.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        brain_had = len(brain.working_memory)
    assert brain_had in (0, 2)


# Stores that fail


async def test_while_the_store_is_away_nothing_happens():
    store = bare(MemoryStore())
    async with Brain.create(store, clock=SimulatedClock()) as brain:
        keys = await encoded(brain, KEYS)
        before = await whole(brain)
        acts: list[Callable[[], Awaitable[Any]]] = [
            lambda: brain.perceive(SHIP),
            lambda: brain.pin(keys.engram_id),
            lambda: brain.forget(keys.engram_id),
        ]
        for act in acts:
            with pytest.raises(StoreUnavailableError, match="is down"):
                async with brain.transaction():
                    await act()
                    store.down = True
            store.recover()
            assert await whole(brain) == before
        async with brain.transaction():
            await brain.perceive(SHIP)
        assert contents(await brain.list()) == [KEYS, SHIP]


@pytest.mark.parametrize("reply_lost", [True, False])
async def test_a_write_whose_reply_is_lost_happens_once(reply_lost: bool):
    store = bare(MemoryStore())
    async with Brain.create(store) as brain:
        keys = await encoded(brain, KEYS)
        for _ in range(2):
            store.fail_next("write", StoreUnavailableError("lost"), reply_lost=reply_lost)
        async with brain.transaction():
            await brain.perceive(SHIP)
            await brain.perceive(KEYS)
        assert contents(await brain.list()) == [KEYS, SHIP]
        assert (await brain.get(keys.engram_id)).trace.exposures == 2.0


async def test_if_nobody_knows_whether_it_was_written_the_error_says_so():
    store = bare(MemoryStore())
    async with Brain.create(store) as brain:
        for _ in range(5):
            store.fail_next("write", StoreUnavailableError("lost"), reply_lost=True)
        with pytest.raises(StoreUnavailableError, match="nobody knows"):
            async with brain.transaction():
                await brain.perceive(SHIP)
        assert brain.working_memory[:] == ()
        assert contents(await brain.recall("ship", update=False)) == [SHIP]
        assert (await brain.perceive(SHIP)).repeated


@pytest.mark.parametrize("kind", KINDS)
async def test_a_store_that_refuses_the_write_refuses_all_of_it(kind: str, tmp_path: Path):
    """Another memory has the id of one of the engrams."""
    clock = SimulatedClock()
    numbers: Iterator[int] = iter([1, 2, 1, 3, 4, 5, 6, 7, 8, 9])
    async with (
        kept(kind, tmp_path) as place,
        Brain.create(await place(), clock=clock, ids=lambda _: f"{next(numbers):032x}") as brain,
    ):
        await encoded(brain, KEYS)
        with pytest.raises(Exception, match="exists already with other content"):
            async with brain.transaction():
                await brain.perceive_many([SHIP, HARBOUR])
        assert contents(await brain.list()) == [KEYS]
        assert contents(brain.working_memory) == [KEYS]


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


# Against the same acts without blocks

TEXTS = [
    f"{who} {what}" for who in ("Dana", "Amir", "Lena") for what in ("sails", "is at the harbour", "sings")
]
KINDS_OF_MEMORY = ("episodic", "semantic", "procedural", "habitual")


class Ids:
    """Ids in order, which can be taken back."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, now: float) -> str:
        self.made += 1
        return f"{int(now * 1000):012x}{self.made:020x}"


class Run:
    """One brain that goes through a program; ``answers`` are what its acts returned."""

    def __init__(self, brain: Brain, ids: Ids) -> None:
        self.brain = brain
        self.ids = ids
        self.known: list[str] = []
        self.answers: list[object] = []

    async def act(self, seed: int) -> None:
        rng, brain = random.Random(seed), self.brain
        verb = rng.choice(
            ["perceive", "perceive", "perceive", "many", "forget", "change", "change", "change"]
        )
        if verb in ("perceive", "many"):
            stimuli = [
                Stimulus.of(
                    rng.choice(TEXTS),
                    memory_type=rng.choice(KINDS_OF_MEMORY),
                    reward=rng.choice([None, None, 0.7, -0.4]),
                    context={"session": rng.choice("ab")} if rng.random() < 0.3 else None,
                )
                for _ in range(3 if verb == "many" else 1)
            ]
            perceived = await brain.perceive_many(stimuli)
            self.known += [p.engram.engram_id for p in perceived if p.engram is not None]
            # How new it is, and how durable, is judged by what is there when it is perceived.
            self.answers += [replace(p, novelty=0.0, durable=False) for p in perceived]
            return
        chosen = rng.choice(self.known) if self.known else "nobody"
        change = rng.choice([brain.pin, brain.unpin, brain.reinforce, brain.schedule.register, self.review])
        try:
            self.answers.append(await (brain.forget if verb == "forget" else change)(chosen))
        except EngramNotFoundError:
            self.answers.append("not found")

    async def review(self, engram_id: str) -> object:
        return await self.brain.schedule.review(engram_id, "hard")

    async def block(self, acts: list[int], *, aborted: bool) -> None:
        made, known, answers = self.ids.made, [*self.known], [*self.answers]
        with suppress(Deliberate):
            async with self.brain.transaction():
                for act in acts:
                    await self.act(act)
                if aborted:
                    raise Deliberate
        if aborted:
            self.ids.made, self.known, self.answers = made, known, answers


async def live(
    store: Any, program: list[tuple[list[int], bool, float, bool]], *, blocks: bool
) -> list[object]:
    """What there is to be seen after a program of blocks, aborted or not, pauses and nights."""
    clock, ids = SimulatedClock(), Ids()
    config = BrainConfig(thalamus=ThalamusParams(threshold=0.3))
    async with Brain.create(store, clock=clock, ids=ids, config=config) as brain:
        run = Run(brain, ids)
        for acts, aborted, pause, night in program:
            if blocks:
                await run.block(acts, aborted=aborted)
            elif not aborted:
                for act in acts:
                    await run.act(act)
            await clock.advance(pause)
            if night:
                run.answers.append(await brain.sleep())
        recall = await brain.recall("Who is at the harbour?")
        assert await store.verify() == []
        return [
            run.answers,
            await brain.list(dormant=True),
            await take_image(brain, store),
            brain.inspect().regions,
            [*brain.working_memory],
            [r.engram for r in recall],
            [r.activation for r in recall],
        ]


@pytest.mark.parametrize(
    ("kind", "seed"),
    [*[("memory", s) for s in range(40)], *[(k, s) for k in ("file", "redis") for s in range(4)]],
)
async def test_random_blocks_do_what_the_same_acts_do_without_them(kind: str, seed: int, tmp_path: Path):
    rng = random.Random(seed)
    program = [
        (
            [rng.randrange(1 << 30) for _ in range(rng.randrange(1, 9))],
            rng.random() < 0.5,
            rng.choice([1.0, 60.0, DAY]),
            rng.random() < 0.25,
        )
        for _ in range(14)
    ]
    places = [tmp_path / "blocks", tmp_path / "plain"]
    results: list[list[object]] = []
    for path in places:
        path.mkdir()
        async with kept(kind, path) as place:
            results.append(await live(await place(), program, blocks=path is places[0]))
    (*one, activations), (*other, plain) = results
    for seen, without in zip(one, other, strict=True):
        assert seen == without
    assert activations == pytest.approx(plain)  # weights of associations are sums in another order
