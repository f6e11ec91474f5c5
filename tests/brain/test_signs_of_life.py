"""What a living brain is in charge of stays its own, however long it idles or sleeps; what a dead one left does not."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

import pytest
from telling import HARBOUR, KEYS, OpenPlace

from neuro import Brain
from neuro.clock import SimulatedClock
from neuro.errors import StoreUnavailableError
from neuro.pathways import leasing, life, sharing
from neuro.stores import Lease, MemoryStore, Store
from neuro.testing import FailingStore, KeptOpen, StoreWrapper

T = TypeVar("T")

START = 1e9


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(START)


class Watched(StoreWrapper):
    """A store that tells of signs of life, whose news may be held up, and that its process may be cut off from."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.beaten, self.asked, self.open = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.open.set()
        self.dead = False

    async def around(self, verb: str, call: Callable[[], Awaitable[T]], *, written: int = 0) -> T:
        if self.dead and verb != "aclose":
            raise StoreUnavailableError("cut off")
        if verb == "news":
            self.asked.set()
            await self.open.wait()
        result = await call()
        if verb == "beat":
            self.beaten.set()
        return result

    async def next_beat(self) -> None:
        self.beaten.clear()
        async with asyncio.timeout(5):
            await self.beaten.wait()


async def killed(place: OpenPlace, clock: SimulatedClock) -> None:
    """A brain recalled two things together, which the next night has to wire, and its process came to an end."""
    store = Watched(await place())
    brain = await Brain.create(store, clock=clock)
    await brain.perceive(HARBOUR, context={"session": "1"})
    await brain.perceive("Dana lost her keys", context={"session": "2"})
    await brain.recall("Dana")
    await clock.advance(6.0)  # what waits for the night is written
    store.dead, store.durable = True, False
    await brain.close()


def in_charge(brain: Brain) -> tuple[int, int]:
    """Engrams that wait for a night of this brain, and pairs that it is to wire."""
    seen = brain.hippocampus.inspect()
    return seen.engrams, seen.bindings


def pulse() -> asyncio.Task[object] | None:
    """The task that gives signs of life."""
    return next((task for task in asyncio.all_tasks() if task.get_name() == "neuro pulse"), None)


async def ends(task: asyncio.Task[object] | None) -> None:
    assert task is not None
    async with asyncio.timeout(5):
        await task


# Clocks that were set back


@pytest.mark.parametrize("back", [3_600.0, 40.0])
async def test_what_a_dead_brain_left_is_adopted_though_the_clock_was_set_back_since(
    back: float, place: OpenPlace, clock: SimulatedClock
):
    await killed(place, clock)
    async with Brain.create(await place(), clock=SimulatedClock(clock.now() - back)) as heir:
        assert in_charge(heir) == (2, 2)


async def test_a_sign_of_life_that_is_a_little_ahead_counts(place: OpenPlace, clock: SimulatedClock):
    await killed(place, clock)
    async with Brain.create(await place(), clock=SimulatedClock(START - 20.0)) as other:
        assert in_charge(other) == (0, 0)


async def test_the_lease_of_a_dead_sleeper_is_honoured_for_ten_seconds_though_the_clock_was_set_back(
    place: OpenPlace,
):
    for back in (0.5, 8.0, 3_600.0):
        clock = SimulatedClock(START - back)
        async with aclosing(await place()) as store, Brain.create(await place(), clock=clock) as brain:
            dead = await store.acquire("dead", now=START, until=START + leasing.LEASE)
            skipped = (await brain.sleep()).skipped
            assert skipped == ("dead is asleep" if back < 1.0 else None)
            await clock.advance(10.0)
            assert (await brain.sleep()).skipped is None
            await store.release(dead)


# Idling, and sleeping for long


async def test_an_idle_brain_keeps_what_it_is_in_charge_of(
    place: OpenPlace, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sharing, "_PULSE", 0.001)
    store = Watched(await place())
    async with Brain.create(store, clock=clock) as brain, Brain.create(await place(), clock=clock) as other:
        await brain.perceive(HARBOUR)
        for _ in range(4):
            await clock.advance(20.0)
            await store.next_beat()
        await other.sleep()
        assert other.hippocampus.inspect().engrams == 0
        assert brain.hippocampus.inspect().engrams == 1


async def test_a_brain_keeps_what_it_is_in_charge_of_through_a_long_night(
    place: OpenPlace, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(leasing, "_RENEWAL", 0.001)
    store = Watched(await place())
    async with Brain.create(store, clock=clock) as brain:
        await brain.perceive(HARBOUR)
        store.open.clear()
        store.asked.clear()
        night = asyncio.create_task(brain.sleep())
        await store.asked.wait()
        try:
            for _ in range(3):
                await clock.advance(20.0)
                await store.next_beat()
            async with Brain.create(await place(), clock=clock) as other:
                assert other.hippocampus.inspect().engrams == 0
                assert (await other.sleep()).skipped is not None
        finally:
            store.open.set()
        assert (await night).skipped is None


async def test_a_night_ends_though_the_store_forgets_that_what_prolongs_its_lease_was_cancelled(
    clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(leasing, "_RENEWAL", 0.001)
    monkeypatch.setattr(life, "_DEAF_FOR", 0.001)
    renewing, forgotten = asyncio.Event(), asyncio.Event()

    class Forgetful(Watched):
        """Its first renewal goes on though it is cancelled, as redis-py may on Python 3.11."""

        async def renew(self, lease: Lease, *, until: float) -> bool:
            renewing.set()
            try:
                await asyncio.sleep(0.0 if forgotten.is_set() else 60.0)
            except asyncio.CancelledError:
                forgotten.set()
            return await super().renew(lease, until=until)

    store = Forgetful(KeptOpen(MemoryStore()))
    async with Brain.create(store, clock=clock) as brain:
        await brain.perceive(HARBOUR)
        store.open.clear()
        night = asyncio.create_task(brain.sleep())
        await renewing.wait()
        store.open.set()
        async with asyncio.timeout(5):
            assert (await night).skipped is None
        assert forgotten.is_set()


async def test_a_brain_whose_store_was_away_is_heard_of_again(
    clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sharing, "_PULSE", 0.001)
    store = FailingStore(Watched(KeptOpen(MemoryStore())))
    async with Brain.create(store, clock=clock) as brain:
        await brain.perceive(HARBOUR)
        await clock.advance(20.0)
        store.down = True
        await asyncio.sleep(0.02)
        store.down = False
        assert isinstance(store.inner, Watched)
        await store.inner.next_beat()


# Only as long as it is of use


async def test_signs_of_life_are_given_in_the_background_only_while_there_is_anything_to_keep(
    clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sharing, "_PULSE", 0.001)
    async with Brain.create(KeptOpen(MemoryStore()), clock=clock) as brain:
        await brain.recall(KEYS)
        assert pulse() is None
        engram = (await brain.perceive(KEYS)).engram
        first = pulse()
        await brain.recall(KEYS)
        assert engram is not None and pulse() is first
        await brain.forget(engram.engram_id)
        await ends(first)
        await brain.perceive(HARBOUR)
        assert pulse() is not None
    assert pulse() is None
    async with Brain.create(MemoryStore(), clock=clock) as brain:
        await brain.perceive(HARBOUR)
        assert pulse() is None, "nobody else can take over what does not outlive the process"


async def test_after_its_farewell_a_brain_is_not_heard_of_again(
    place: OpenPlace, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sharing, "_PULSE", 0.001)

    class Lingering(Watched):
        async def retire(self, writer: str) -> None:
            await super().retire(writer)
            await clock.advance(20.0)
            await asyncio.sleep(0.02)

    async with Brain.create(Lingering(await place()), clock=clock) as brain:
        await brain.perceive(HARBOUR)
    async with Brain.create(await place(), clock=clock) as heir:
        assert heir.hippocampus.inspect().engrams == 1


async def test_a_brain_that_was_dropped_open_gives_no_sign_of_life(
    clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sharing, "_PULSE", 0.001)
    brain = await Brain.create(KeptOpen(MemoryStore()), clock=clock)
    await brain.perceive(HARBOUR)
    await clock.advance(10.0)  # what is on its mind is written
    last = pulse()
    with pytest.warns(ResourceWarning, match="unclosed"):
        del brain
        gc.collect()
    gc.collect()  # the warning had held it
    await ends(last)
