"""What is on a brain's mind outlives it: written in time though nothing else happens, and one brain's only."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import pytest
from telling import HARBOUR, KEYS, OpenPlace, encoded

from neuro import Brain
from neuro.clock import SimulatedClock
from neuro.errors import StoreUnavailableError
from neuro.pathways import mind
from neuro.pathways.ledger import remaining
from neuro.stores import Document, MemoryStore, Store, Write
from neuro.testing import CountingStore, FailingStore, KeptOpen, StoreWrapper

T = TypeVar("T")

SILENCE = 31.0
"""Seconds after which what a brain has left is another's."""


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(start=1e9)


class Mortal(StoreWrapper):
    """A store that the process of its brain is cut off from, once ``dead``."""

    dead = False

    async def around(self, verb: str, call: Callable[[], Awaitable[T]], *, written: int = 0) -> T:
        if self.dead and verb != "aclose":
            raise StoreUnavailableError("cut off")
        return await call()


async def kill(brain: Brain) -> None:
    """Nothing that the process had not written reaches the store."""
    assert isinstance(brain.store, Mortal)
    brain.store.dead, brain.store.durable = True, False
    await brain.close()


def waiting(brain: Brain) -> tuple[int, int]:
    """Pairs to be wired and engrams to be replayed."""
    seen = brain.hippocampus.inspect()
    return seen.bindings, seen.unreplayed


# Written in time


async def test_what_a_recall_left_on_the_mind_is_written_though_nothing_follows(
    place: OpenPlace, clock: SimulatedClock
):
    brain = await Brain.create(Mortal(await place()), clock=clock)
    for content in (HARBOUR, "Dana lost her keys at the harbour"):
        await brain.perceive(content)
    await clock.advance(3 * 3600.0)
    await brain.perceive("Something else entirely")
    await clock.advance(0.5)
    await brain.recall("Dana harbour")
    held, left = {chunk.engram_id for chunk in brain.working_memory}, waiting(brain)
    assert left[0] > 0
    await clock.advance(1.0)
    async with Brain.create(await place(), clock=clock) as other:
        assert {chunk.engram_id for chunk in other.working_memory} == held
    await clock.advance(4.0)
    await kill(brain)
    await clock.advance(SILENCE)
    async with Brain.create(await place(), clock=clock) as other:
        assert waiting(other) == left


async def test_a_goal_is_written_within_a_second_and_by_closing(place: OpenPlace, clock: SimulatedClock):
    brain = await Brain.create(Mortal(await place()), clock=clock)
    brain.prefrontal_cortex.set_goal("find the keys")
    await clock.advance(1.0)
    await kill(brain)
    async with Brain.create(await place(), clock=clock) as brain:
        assert brain.prefrontal_cortex.goal == "find the keys"
        brain.prefrontal_cortex.set_goal(None)
    async with Brain.create(await place(), clock=clock) as brain:
        assert brain.prefrontal_cortex.goal is None


async def test_a_goal_may_be_set_where_no_event_loop_runs(clock: SimulatedClock):
    kept = MemoryStore()
    async with Brain.create(KeptOpen(kept), clock=clock) as brain:
        await asyncio.to_thread(brain.prefrontal_cortex.set_goal, "find the keys")
    brain.prefrontal_cortex.set_goal("too late")
    async with Brain.create(KeptOpen(kept), clock=clock) as brain:
        assert brain.prefrontal_cortex.goal == "find the keys"


def test_a_pause_that_a_clock_rounds_away_is_over():
    assert remaining(1.0, since=1e9, now=1e9 + 1.0 - 3e-7) == 0.0
    assert remaining(1.0, since=1e9 + 5.0, now=1e9) == 0.0  # the clock was set back
    assert remaining(1.0, since=1e9, now=1e9 + 0.25) == 0.75


async def test_what_has_not_changed_is_not_written_again(clock: SimulatedClock):
    store = CountingStore(KeptOpen(MemoryStore()))
    async with Brain.create(store, clock=clock) as brain:
        await brain.perceive(HARBOUR)
        await clock.advance(10.0)
        store.reset()
        await clock.advance(3600.0)
        assert not store.calls


async def test_while_the_store_is_away_the_mind_is_not_tried_again_and_again(
    clock: SimulatedClock, caplog: pytest.LogCaptureFixture
):
    failing = FailingStore(KeptOpen(MemoryStore()))
    store = CountingStore(failing)
    brain = await Brain.create(store, clock=clock)
    await brain.perceive(HARBOUR)
    brain.prefrontal_cortex.set_goal("find the keys")
    store.reset()
    failing.down = True
    await clock.advance(3600.0)
    for _ in range(100):
        await asyncio.sleep(0)
    assert store.calls["write"] == 1
    failing.down = False
    await brain.close()
    assert not caplog.records


async def test_the_mind_is_written_as_soon_as_the_store_is_back(
    clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mind, "_PAUSE", 0.01)  # real seconds too
    kept, written = MemoryStore(), asyncio.Event()

    class Telling(FailingStore):
        async def write(self, writes: Sequence[Write], *, op_id: str | None = None) -> None:
            await super().write(writes, op_id=op_id)
            written.set()

    store = Telling(KeptOpen(kept))
    async with Brain.create(store, clock=clock) as brain:
        await brain.perceive(HARBOUR)
        written.clear()
        brain.prefrontal_cortex.set_goal("find the keys")
        store.down = True
        await clock.advance(1.0)
        store.down = False
        async with asyncio.timeout(5):
            await written.wait()
    [found] = await kept.read_documents(["mind"])
    assert found["goal"] == "find the keys"


async def test_nothing_is_written_after_the_close(clock: SimulatedClock):
    kept = MemoryStore()
    store = CountingStore(KeptOpen(kept))
    brain = await Brain.create(store, clock=clock)
    await brain.perceive(HARBOUR)
    brain.prefrontal_cortex.set_goal("find the keys")
    await brain.close()
    assert "neuro mind" not in {task.get_name() for task in asyncio.all_tasks()}
    store.reset()
    brain.prefrontal_cortex.set_goal("too late")
    await clock.advance(60.0)
    assert not store.calls


async def test_a_mind_whose_write_failed_is_written_by_the_next(clock: SimulatedClock):
    kept = MemoryStore()
    failing = FailingStore(KeptOpen(kept))
    brain = await Brain.create(Mortal(failing), clock=clock)
    await brain.perceive(HARBOUR)
    await clock.advance(2.0)
    failing.fail_next("write", StoreUnavailableError("gone"))
    await brain.recall("Dana")
    await brain.recall("Dana")  # at the same instant
    left = brain.prefrontal_cortex.state()
    await kill(brain)
    async with Brain.create(KeptOpen(kept), clock=clock) as brain:
        assert brain.prefrontal_cortex.state() == left


# Expected reward


async def test_the_reward_that_is_expected_outlives_a_kill(place: OpenPlace, clock: SimulatedClock):
    brain = await Brain.create(Mortal(await place()), clock=clock)
    for number in range(5):
        await brain.perceive(f"Habit {number}", reward=1.0)
    expected = brain.basal_ganglia.expected_reward
    await kill(brain)
    async with Brain.create(await place(), clock=clock) as brain:
        assert brain.basal_ganglia.expected_reward == expected > 0.8


async def test_a_brain_that_learned_nothing_leaves_the_expected_reward_of_another(
    place: OpenPlace, clock: SimulatedClock
):
    async with Brain.create(await place(), clock=clock) as idle:
        await idle.perceive(KEYS)
        async with Brain.create(await place(), clock=clock) as brain:
            for number in range(5):
                await brain.perceive(f"Habit {number}", reward=1.0)
            await brain.sleep()
            expected = brain.basal_ganglia.expected_reward
        await clock.advance(60.0)
        await idle.sleep()
    async with Brain.create(await place(), clock=clock) as brain:
        assert brain.basal_ganglia.expected_reward == expected > 0.8


# What waits for the night


async def told(place: OpenPlace, clock: SimulatedClock, wrap: Callable[[Store], Store] = Mortal) -> Brain:
    """A brain that has two engrams of two sessions, recalled together, and has written so."""
    brain = await Brain.create(wrap(await place()), clock=clock)
    await encoded(brain, HARBOUR, context={"session": "1"})
    await encoded(brain, "Dana lost her keys", context={"session": "2"})
    await brain.recall("Dana")
    assert waiting(brain) == (2, 2)
    await clock.advance(6.0)
    return brain


async def strongest(brain: Brain) -> float:
    """Weight of the strongest link of the first engram."""
    engram_id = (await brain.list())[0].engram_id
    return (await brain.connectome.associations([engram_id]))[engram_id][0].weight


async def test_what_waits_for_the_night_of_a_living_brain_is_left_to_it(
    place: OpenPlace, clock: SimulatedClock
):
    one = await told(place, clock)
    async with Brain.create(await place(), clock=clock) as other:
        assert waiting(other) == (0, 0)
        await other.perceive("Nobody minded")
        for brain in (other, one, other):
            await brain.sleep()
        assert await strongest(one) == pytest.approx(0.15, abs=0.001)
    await one.close()


async def test_what_a_silent_brain_left_is_taken_over_by_one_and_given_up_by_it(
    place: OpenPlace, clock: SimulatedClock
):
    one = await told(place, clock)
    await clock.advance(SILENCE)
    async with (
        Brain.create(await place(), clock=clock) as heir,
        Brain.create(await place(), clock=clock) as late,
    ):
        assert (waiting(heir), waiting(late)) == ((2, 2), (0, 0))
        await one.perceive("One was only idle")
        await clock.advance(6.0)
        for brain in (one, heir, late, one):
            await brain.sleep()
        assert await strongest(one) == pytest.approx(0.15, abs=0.001)
    await one.close()


async def test_what_was_taken_over_by_a_night_that_failed_is_taken_over_by_the_next(
    place: OpenPlace, clock: SimulatedClock
):
    one = await told(place, clock)
    store = FailingStore(await place())
    async with Brain.create(store, clock=clock) as heir:
        await clock.advance(SILENCE)
        store.fail_next("write", StoreUnavailableError("gone"))
        with pytest.raises(StoreUnavailableError):
            await heir.sleep()
        await one.perceive("One was only idle")
        await clock.advance(6.0)
        for brain in (one, heir, one):
            await brain.sleep()
        assert await strongest(one) == pytest.approx(0.15, abs=0.001)
    await one.close()


@pytest.mark.parametrize("killed", [False, True])
async def test_what_waits_for_the_night_is_taken_over_from_one_that_is_gone(
    killed: bool, place: OpenPlace, clock: SimulatedClock
):
    one = await told(place, clock)
    await (kill(one) if killed else one.close())
    async with Brain.create(await place(), clock=clock) as heir:
        assert waiting(heir) == ((0, 0) if killed else (2, 2))
        await clock.advance(SILENCE)
        await heir.sleep()
        assert await strongest(heir) == pytest.approx(0.15, abs=0.001)
    async with Brain.create(await place(), clock=clock) as brain:
        await brain.sleep()
        assert await strongest(brain) == pytest.approx(0.15, abs=0.001)
        ledgers = [key for key in (await brain.store.contents()).documents if key.startswith("ledger")]
        assert len(ledgers) <= 1


async def test_who_only_looked_in_leaves_what_waits_to_the_next(place: OpenPlace, clock: SimulatedClock):
    await (await told(place, clock)).close()
    for _ in range(3):
        async with Brain.create(await place(), clock=clock) as brain:
            assert waiting(brain) == (2, 2)


async def test_a_store_of_before_opens_as_it_was(place: OpenPlace, clock: SimulatedClock):
    await (await told(place, clock)).close()
    store = await place()
    [time] = await store.read_documents(["time"])
    [key] = [key for key in (await store.contents()).documents if key.startswith("ledger")]
    [ledger] = await store.read_documents([key])
    del time["log_scale"], ledger["writer"], ledger["at"]
    state = {"laws": {}, "connectome": {"log_scale": -0.25}, "basal_ganglia": {"expected_reward": 0.75}}
    documents = {"time": time, "state": state, "ledger": ledger, key: None}
    await store.write([Document(key, value) for key, value in documents.items()])
    await store.aclose()
    for _ in range(2):  # what it was, and as it is written now
        async with Brain.create(await place(), clock=clock) as brain:
            assert brain.connectome.log_scale == -0.25
            assert brain.basal_ganglia.expected_reward == 0.75
            assert waiting(brain)[0] == 2
            await brain.recall("Nobody")
            await brain.pin((await brain.list())[0].engram_id)
