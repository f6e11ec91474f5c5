"""Other tasks have their turns while a brain works on many engrams, or on very long ones."""

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from telling import DAY, contents

import neuro.concepts
import neuro.indexing.vocabulary
import neuro.pathways.transaction
import neuro.sleep.abstraction
from neuro import Brain, Engram, Stimulus, TransactionError
from neuro.clock import SimulatedClock
from neuro.connectome import AssociationType
from neuro.indexing.fragment_index import FragmentIndex
from neuro.pathways.sharing import Sharing
from neuro.regions.hippocampus import Hippocampus
from neuro.regions.sensory_cortex import SensoryCortex
from neuro.regions.tonight import Tonight
from neuro.stores import MemoryStore
from neuro.testing import KeptOpen

MANY = 120
SAID = [f"Dana heard violin number {number} at the harbour" for number in range(MANY)]


class Loop:
    """Counts what is done on the event loop between two turns of another task."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._turn = 0
        self._thread = threading.current_thread()
        self._done: Counter[int] = Counter()

    def count(self, owner: Any, name: str, items: Callable[..., int] = lambda *_: 1) -> None:
        """Counts calls of a function, or ``items`` of its arguments, while it is watched."""
        wrapped = getattr(owner, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            if threading.current_thread() is self._thread:
                self._done[self._turn] += items(*args)
            return wrapped(*args, **kwargs)

        self._monkeypatch.setattr(owner, name, counted)

    def count_engrams_added_to_an_index(self) -> None:
        wrapped = FragmentIndex.add_many

        def counted(index: FragmentIndex, engrams: Iterable[Engram]) -> None:
            added = [*engrams]
            if threading.current_thread() is self._thread:
                self._done[self._turn] += len(added)
            wrapped(index, added)

        self._monkeypatch.setattr(FragmentIndex, "add_many", counted)

    async def most(self, act: Awaitable[Any]) -> int:
        """Most that was done in one turn."""
        ticking = asyncio.create_task(self._tick())
        await asyncio.sleep(0)
        self._done.clear()
        try:
            await act
        finally:
            ticking.cancel()
        return max(self._done.values(), default=0)

    async def _tick(self) -> None:
        while True:
            self._turn += 1
            await asyncio.sleep(0)


def how_many(_: Hippocampus, engram_ids: Iterable[str]) -> int:
    return len([*engram_ids])


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    return Loop(monkeypatch)


async def test_others_have_their_turns_while_many_stimuli_are_perceived(loop: Loop):
    loop.count(SensoryCortex, "register")
    async with Brain.create() as brain:
        assert 0 < await loop.most(brain.perceive_many(SAID)) <= 20
        assert contents(await brain.list(limit=MANY)) == SAID


async def test_others_have_their_turns_while_a_long_transaction_is_collected_and_shown(loop: Loop):
    loop.count(SensoryCortex, "register")
    loop.count_engrams_added_to_an_index()

    async def block() -> None:
        async with brain.transaction():
            await brain.perceive_many(SAID)

    async with Brain.create() as brain:
        assert 0 < await loop.most(block()) <= 50
        assert contents(await brain.list(limit=MANY)) == SAID
        assert len(await brain.recall("violin", limit=MANY)) == MANY
        assert len(brain.hippocampus.pattern_complete("violin", top_k=MANY)) == MANY
        again = await brain.perceive("Dana heard violin number 7 at a harbour")
        assert again.novelty is not None and again.novelty < 0.5


async def test_what_a_task_has_begun_to_perceive_when_the_block_ends_is_all_of_it_in_the_transaction(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
):
    begun = asyncio.Event()
    register = SensoryCortex.register

    def seen(*args: Any, **kwargs: Any) -> None:
        begun.set()
        register(*args, **kwargs)

    monkeypatch.setattr(SensoryCortex, "register", seen)
    async with Brain.create() as brain:
        async with brain.transaction():
            task = asyncio.create_task(brain.perceive_many(SAID))
            await begun.wait()
            assert not task.done()
        assert contents(await brain.list(limit=MANY)) == SAID
        assert len(await task) == MANY


async def test_a_transaction_that_several_tasks_fill_at_once_holds_no_more_than_it_may(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(neuro.pathways.transaction, "MOST_ACTS", MANY + 30)
    async with Brain.create() as brain:
        async with brain.transaction():
            many, more = await asyncio.gather(
                brain.perceive_many(SAID),
                brain.perceive_many([f"{said} again" for said in SAID]),
                return_exceptions=True,
            )
        assert isinstance(many, list) and isinstance(more, TransactionError)
        assert contents(await brain.list(limit=2 * MANY)) == SAID


async def test_others_have_their_turns_while_a_brain_hears_of_much_that_others_encoded_and_forgot(loop: Loop):
    loop.count_engrams_added_to_an_index()
    loop.count(Sharing, "let_go")
    shared = MemoryStore()
    async with Brain.create(KeptOpen(shared)) as one, Brain.create(KeptOpen(shared)) as other:
        await other.recall("fill")
        await one.perceive_many(SAID)
        assert await loop.most(other.recall("violin", update=False)) <= 20
        assert len(await other.recall("violin", limit=MANY, update=False)) == MANY
        await one.forget_where({"memory_type": "episodic"})
        assert 0 < await loop.most(other.recall("violin", update=False)) <= 20
        assert not await other.recall("violin", update=False)


async def test_others_have_their_turns_while_a_brain_opens_that_has_much_to_sleep_on(loop: Loop):
    shared = MemoryStore()
    async with Brain.create(KeptOpen(shared)) as brain:
        await brain.perceive_many(SAID)
    loop.count_engrams_added_to_an_index()

    async def later_life() -> None:
        async with Brain.create(KeptOpen(shared)) as brain:
            assert len(brain.hippocampus.pattern_complete("violin", top_k=MANY)) == MANY

    assert 0 < await loop.most(later_life()) <= 50


async def test_what_is_forgotten_while_a_brain_takes_it_over_does_not_come_back(
    monkeypatch: pytest.MonkeyPatch,
):
    shared, clock, begun = MemoryStore(), SimulatedClock(start=1e9), asyncio.Event()
    adopt = Hippocampus.adopt

    def seen(hippocampus: Hippocampus, engrams: Iterable[Engram], sleeps: float) -> None:
        begun.set()
        adopt(hippocampus, engrams, sleeps)

    async with Brain.create(KeptOpen(shared), clock=clock) as heir:
        async with Brain.create(KeptOpen(shared), clock=clock) as brain:
            last = (await brain.perceive_many(SAID))[-1].engram
        assert last is not None
        monkeypatch.setattr(Hippocampus, "adopt", seen)
        heir.lesion("neocortex")  # or the night would move all of it on
        night = asyncio.create_task(heir.sleep())
        await begun.wait()
        assert not night.done()
        await heir.forget(last.engram_id)
        await night
        assert heir.hippocampus.inspect().engrams == MANY - 1
        assert all(
            one.content != SAID[-1] for one, _ in heir.hippocampus.pattern_complete("violin", top_k=MANY)
        )


async def test_others_have_their_turns_while_much_is_forgotten(loop: Loop):
    loop.count(Sharing, "let_go")
    async with Brain.create() as brain:
        await brain.perceive_many(SAID)
        assert 0 < await loop.most(brain.forget_where({"memory_type": "episodic"})) <= 20
        assert not await brain.list()


async def test_others_have_their_turns_while_the_words_of_much_that_is_forgotten_are_erased(loop: Loop):
    loop.count(neuro.indexing.vocabulary, "_spelling")
    async with Brain.create() as brain:
        for tag, said in (("gone", SAID[:50]), ("kept", SAID[50:])):
            await brain.perceive_many([Stimulus(content=content, tags=(tag,)) for content in said])
        assert 20 <= await loop.most(brain.forget_where({"tags": ("gone",)}, hard=True)) <= 21
        assert not await brain.recall("violin number 7", where={"tags": ("gone",)}, update=False)


async def test_what_is_forgotten_is_let_go_of_once(loop: Loop, monkeypatch: pytest.MonkeyPatch):
    gone: Counter[str] = Counter()
    forget = Hippocampus.forget

    def counted(hippocampus: Hippocampus, engram_id: str) -> None:
        gone[engram_id] += 1
        forget(hippocampus, engram_id)

    monkeypatch.setattr(Hippocampus, "forget", counted)
    async with Brain.create() as brain:
        await brain.perceive_many(SAID[:3])
        ids = [engram.engram_id for engram in await brain.list()]
        await brain.forget(ids[0])
        await brain.forget_where({"memory_type": "episodic"})
    assert gone == Counter(ids)


async def test_others_have_their_turns_while_a_night_goes_over_much(loop: Loop):
    loop.count(Hippocampus, "departed", how_many)
    loop.count(neuro.sleep.abstraction, "instance_of")
    clock = SimulatedClock(start=1e9)
    async with Brain.create(clock=clock) as brain:
        await brain.perceive_many(SAID)
        await clock.advance(DAY)
        assert 0 < await loop.most(brain.sleep()) <= 40
        assert brain.hippocampus.inspect().engrams == 0


async def test_what_kinds_a_very_long_content_tells_of_is_read_once_and_from_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
):
    read: list[int] = []
    worded = neuro.concepts.worded

    def seen(text: str) -> dict[str, str]:
        read.append(len(text))
        return worded(text)

    monkeypatch.setattr(neuro.concepts, "worded", seen)
    async with Brain.create() as brain:
        await brain.perceive("My dog and my cat like the violin and the piano. " * 4_000 + "We saw a zebra.")
        await brain.sleep()
        read.clear()
        told = await brain.list(where={"inferred": True})
    assert contents(told) == ["animals: dog, cat", "instruments: violin, piano"]
    assert len(read) == 1 and read[0] < 40_000


async def test_many_concepts_are_put_together_beside_the_event_loop(loop: Loop):
    loop.count(neuro.concepts, "worded")
    async with Brain.create() as brain:
        await brain.perceive_many([f"{said}. " + "My dog likes the violin. " * 20 for said in SAID])
        await brain.sleep()
        assert await loop.most(brain.list(where={"inferred": True})) == 0


def test_forgetting_an_engram_looks_only_at_its_own_pairs():
    class Key(str):
        """An id that counts how often it is compared."""

        compared = 0
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            Key.compared += 1
            return str.__eq__(self, str(other))

    tonight = Tonight(most_pairs=10_000)
    tonight.pair([Key(f"{number}") for number in range(100)], AssociationType.CO_RECALLED, 0.1)
    tonight.pair([Key("a"), Key("b")], AssociationType.CO_HELD, 0.1)
    before = tonight.pairs
    Key.compared = 0
    tonight.forget("a")
    assert tonight.pairs == before - 1 and Key.compared < 100
    tonight.forget("7")
    assert tonight.pairs == before - 100
    taken = tonight.take_pairs()
    assert len(taken) == 2 * (before - 100)
    assert all("7" not in (wire.source_id, wire.target_id) for wire in taken)
