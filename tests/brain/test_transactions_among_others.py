"""Several changes at once while other brains, tasks and nights go on."""

import asyncio
import contextvars
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
from telling import DAY, HARBOUR, KEYS, KINDS, SHIP, Deliberate, bare, contents, encoded, kept

from neuro import (
    Brain,
    EngramNotFoundError,
    Perception,
)
from neuro.clock import SimulatedClock
from neuro.stores import Store
from neuro.stores.memory import MemoryStore
from neuro.testing import InterleavingStore, KeptOpen, StoreWrapper

T = TypeVar("T")


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
