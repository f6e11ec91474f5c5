"""The life of a brain: closing, dropping, cancelling, event loops, restarts, and what it says meanwhile."""

import asyncio
import gc
import logging
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from telling import DAY, contents, found, kinds

from neuro import (
    Brain,
    BrainClosedError,
    BrainConfig,
    EngramNotFoundError,
    FeatureMismatchError,
    SleepReport,
    StoreUnavailableError,
    WrongLoopError,
)
from neuro.clock import SimulatedClock
from neuro.embedders import HashingEmbedder
from neuro.stores.memory import MemoryStore
from neuro.testing import FailingStore, InterleavingStore

HARBOUR, KEYS = "We met Dana at the harbour", "She lost her keys"

VERBS: dict[str, Callable[[Brain], Any]] = {
    "perceive": lambda brain: brain.perceive("x"),
    "perceive_many": lambda brain: brain.perceive_many(["x"]),
    "recall": lambda brain: brain.recall("x"),
    "reinforce": lambda brain: brain.reinforce("x"),
    "get": lambda brain: brain.get("x"),
    "list": lambda brain: brain.list(),
    "forget": lambda brain: brain.forget("x"),
    "pin": lambda brain: brain.pin("x"),
    "unpin": lambda brain: brain.unpin("x"),
    "sleep": lambda brain: brain.sleep(),
    "start_sleep_cycle": lambda brain: brain.start_sleep_cycle(),
    "stop_sleep_cycle": lambda brain: brain.stop_sleep_cycle(),
    "stats": lambda brain: brain.stats(),
}


class Kept(FailingStore):
    """A store that could be opened again: what reached it is looked at directly."""

    def __init__(self) -> None:
        self.memory = MemoryStore()
        super().__init__(self.memory)
        self.durable = True

    @property
    def engrams_kept(self) -> list[str]:
        """Contents in the regions."""
        names = ("hippocampus", "neocortex", "cerebellum", "basal_ganglia")
        return contents(engram for name in names for engram in self.memory.engrams(name).everything())


# Closing


@pytest.mark.parametrize("verb", VERBS)
async def test_use_after_close_raises(verb: str):
    brain = await Brain.create()
    await brain.close()
    await brain.close()
    with pytest.raises(BrainClosedError, match="closed"):
        await VERBS[verb](brain)


async def test_what_needs_no_waiting_raises_after_close_too():
    brain = await Brain.create()
    await brain.close()
    for verb in (brain.inspect, lambda: brain.lesion("thalamus"), lambda: brain.restore("thalamus")):
        with pytest.raises(BrainClosedError, match="closed"):
            verb()


@pytest.mark.parametrize("nights", [0, 1])
async def test_an_orderly_close_keeps_everything_slept_on_or_not(nights: int, tmp_path: Path):
    path, clock = tmp_path / "brain.db", SimulatedClock(start=1e9)
    async with Brain.create(path, clock=clock, scope="alice") as brain:
        await brain.perceive(HARBOUR, context={"speaker": "Alice"}, tags=["a"], salience=0.9, occurred_at=5)
        await clock.advance(60.0)
        await brain.perceive(KEYS, memory_type="procedural")
        for _ in range(nights):
            await brain.sleep()
        await clock.advance(DAY)
        await brain.recall("Dana")
        await brain.pin((await brain.list())[1].engram_id)
        engrams = await brain.list()
        associated = [(await brain.get(engram.engram_id)).associations for engram in engrams]
        probe = await brain.recall("Dana", update=False)
    async with Brain.create(path, clock=clock) as brain:
        assert await brain.list() == engrams
        assert [(await brain.get(engram.engram_id)).associations for engram in engrams] == associated
        again = await brain.recall("Dana", update=False)
        assert contents(again) == contents(probe)
        assert [r.region for r in again] == [r.region for r in probe]
        assert "temporal" in kinds(found(again, KEYS))
        report = await brain.sleep()
        assert report["consolidated"] == (2 if nights == 0 else 0)
    async with Brain.create(path, clock=clock) as brain:
        assert contents(await brain.list()) == [HARBOUR, KEYS]
        assert (
            await brain.perceive(HARBOUR, context={"speaker": "Alice"})
        ).repeated is False  # another scope


async def test_a_conversation_goes_on_after_a_restart(tmp_path: Path):
    path, clock = tmp_path / "brain.db", SimulatedClock()
    async with Brain.create(path, clock=clock) as brain:
        await brain.perceive(HARBOUR)
        await brain.perceive("A reward", reward=1.0)
        expected = brain.basal_ganglia.expected_reward
    await clock.advance(60.0)
    async with Brain.create(path, clock=clock) as brain:
        await brain.perceive(KEYS)
        assert "temporal" in kinds(found(await brain.recall("Dana"), KEYS))
        assert (await brain.perceive(HARBOUR)).repeated
        assert brain.basal_ganglia.expected_reward == expected > 0.0


async def test_leaving_by_an_exception_still_stores(tmp_path: Path):
    path = tmp_path / "brain.db"
    with pytest.raises(ZeroDivisionError):
        async with Brain.create(path) as brain:
            await brain.perceive(HARBOUR)
            raise ZeroDivisionError
    with pytest.raises(asyncio.CancelledError):
        async with Brain.create(path) as brain:
            await brain.perceive(KEYS)
            raise asyncio.CancelledError
    async with Brain.create(path) as brain:
        assert contents(await brain.list()) == [HARBOUR, KEYS]


async def test_a_brain_that_did_nothing_writes_nothing():
    store = Kept()
    async with Brain.create(store):
        store.down = True


async def test_closing_while_the_store_is_away_says_how_many_were_not_stored():
    store = Kept()
    brain = await Brain.create(store, config=BrainConfig(closing_patience=0.02))
    await brain.perceive(HARBOUR)
    store.down = True
    assert not any(p.durable for p in await brain.perceive_many([KEYS, "The buffer is somewhere else"]))
    with pytest.raises(StoreUnavailableError, match="2 engrams not stored"):
        await brain.close()
    await brain.close()
    with pytest.raises(BrainClosedError):
        await brain.recall("Dana")
    assert store.engrams_kept == [HARBOUR]


async def test_closing_waits_for_a_store_that_comes_back():
    store = Kept()
    brain = await Brain.create(store)
    for _ in range(2):
        store.fail_next("write", StoreUnavailableError("gone"))
    await brain.perceive_many([HARBOUR, KEYS])
    assert store.engrams_kept == []
    await brain.close()
    assert store.engrams_kept == [HARBOUR, KEYS]


@pytest.mark.parametrize("seed", range(10))
async def test_a_close_sees_through_what_is_under_way(seed: int):
    rng = random.Random(seed)
    store = Kept()
    brain = await Brain.create(InterleavingStoreThatLasts(store, rng))
    perceives = [asyncio.ensure_future(brain.perceive(f"number {number}")) for number in range(5)]
    for _ in range(rng.randrange(12)):
        await asyncio.sleep(0)
    await brain.close()
    outcomes = await asyncio.gather(*perceives, return_exceptions=True)
    done = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert all(isinstance(outcome, BrainClosedError) for outcome in outcomes if outcome not in done)
    assert sorted(store.engrams_kept) == sorted(perception.stimulus.content for perception in done)


async def test_a_close_that_is_given_up_still_closes():
    store = Kept()
    brain = await Brain.create(InterleavingStoreThatLasts(store, random.Random(1)))
    await brain.perceive(HARBOUR)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await brain.close()
    with pytest.raises(BrainClosedError):
        await brain.recall("Dana")
    await brain.close()
    assert store.engrams_kept == [HARBOUR]


class InterleavingStoreThatLasts(InterleavingStore):
    """An interleaving store that a brain takes the trouble to write to."""

    def __init__(self, inner: Any, rng: random.Random) -> None:
        super().__init__(inner, rng)
        self.durable = True


# Cancelling


@pytest.mark.parametrize("seed", range(25))
async def test_an_act_that_is_given_up_happened_or_did_not(seed: int):
    rng = random.Random(seed)
    store = InterleavingStore(MemoryStore(), rng)
    async with Brain.create(store, clock=SimulatedClock()) as brain:
        await brain.perceive(HARBOUR)
        await brain.sleep()
        acts = [
            brain.perceive(KEYS),
            brain.perceive(HARBOUR),
            brain.recall("Dana"),
            brain.sleep(),
            brain.reinforce((await brain.list())[0].engram_id),
        ]
        tasks = [asyncio.ensure_future(act) for act in acts]
        for _ in range(rng.randrange(25)):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Nothing stays locked, and all is as if each act had happened as a whole or not at all.
        async with asyncio.timeout(10):
            await brain.perceive("Nobody minded")
            await brain.sleep()  # may be the night that goes on
            await brain.sleep()
            recall = await brain.recall("Dana")
        engrams = {engram.content: engram for engram in await brain.list()}
        assert {HARBOUR, "Nobody minded"} <= engrams.keys() <= {HARBOUR, KEYS, "Nobody minded"}
        assert engrams[HARBOUR].trace.exposures in (1.0, 2.0)
        assert engrams[HARBOUR].access_count in (1, 2)
        assert {recollection.region for recollection in recall} == {"neocortex"}


# Dropping, and loops


async def test_a_brain_that_is_dropped_open_warns():
    brain = await Brain.create()
    with pytest.warns(ResourceWarning, match="unclosed <Brain at memory://, open>: await brain.close()"):
        del brain
        gc.collect()


async def test_a_closed_brain_is_dropped_in_silence(recwarn: pytest.WarningsRecorder):
    brain = await Brain.create()
    await brain.close()
    del brain
    gc.collect()
    assert not recwarn.list


def test_a_program_that_drops_a_brain_on_a_file_ends(tmp_path: Path):
    script = (
        "import asyncio\nfrom neuro import Brain\n"
        "async def main():\n"
        f"    brain = await Brain.create({str(tmp_path / 'brain.db')!r})\n"
        f"    await brain.perceive({HARBOUR!r})\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "ResourceWarning: unclosed <Brain at sqlite:///" in done.stderr
    assert HARBOUR not in done.stderr


def test_a_brain_on_another_event_loop_says_so():
    async def make() -> Brain:
        brain = await Brain.create()
        await brain.perceive(HARBOUR)
        return brain

    async def use(brain: Brain) -> None:
        for call in VERBS.values():
            with pytest.raises(WrongLoopError, match="event loop it was created on"):
                await call(brain)
        with pytest.raises(WrongLoopError):
            await brain.close()

    with asyncio.Runner() as home:
        brain = home.run(make())
        asyncio.run(use(brain))
        coroutine = brain.recall("Dana")
        with pytest.raises(WrongLoopError):
            coroutine.send(None)
        assert contents(home.run(brain.recall("Dana"))) == [HARBOUR]
        home.run(brain.close())


async def test_brains_of_several_loops_share_a_file(tmp_path: Path):
    path = tmp_path / "brain.db"

    def life(content: str) -> None:
        async def main() -> None:
            async with Brain.create(path, namespace=content.split()[0]) as brain:
                await brain.perceive(content)

        asyncio.run(main())

    await asyncio.gather(*(asyncio.to_thread(life, content) for content in (HARBOUR, KEYS)))
    async with Brain.create(path, namespace="She") as brain:
        assert contents(await brain.list()) == [KEYS]


# Restarts and time


async def test_brain_time_never_goes_back_over_restarts_and_clocks_that_do(tmp_path: Path):
    path = tmp_path / "brain.db"
    seen: list[float] = []
    for start in (1e9, 1e9 + 500.0, 1e9 - 1e6, 0.0, 50.0):
        clock = SimulatedClock(start=start)
        async with Brain.create(path, clock=clock) as brain:
            seen.append(brain.inspect().brain_time)
            await brain.perceive(f"said at {start} once")
            await clock.advance(100.0)
            await brain.sleep()
            seen.append(brain.inspect().brain_time)
    assert seen == sorted(seen)
    assert seen[:4] == [1e9, 1e9 + 100, 1e9 + 120, 1e9 + 220]  # closed, it runs at a twentieth
    assert seen[4:] == [1e9 + 220, 1e9 + 320, 1e9 + 320, 1e9 + 420, 1e9 + 420, 1e9 + 520]
    async with Brain.create(path, clock=SimulatedClock()) as brain:
        assert len(await brain.list()) == 5
        assert all(0.9 < brain.retention(engram) <= 1.0 for engram in await brain.list())


async def test_the_features_of_another_model_are_never_mixed(tmp_path: Path):
    path = tmp_path / "brain.db"
    async with Brain.create(path, embedder=HashingEmbedder(32)) as brain:
        await brain.perceive(HARBOUR)
        await brain.sleep()
    for other in ("lexical", HashingEmbedder(64)):
        with pytest.raises(FeatureMismatchError, match="'lexical-32'"):
            await Brain.create(path, embedder=other)


# Many at once


@pytest.mark.parametrize("kept", ["memory", "file"])
async def test_a_thousand_concurrent_perceives_and_recalls_are_safe(kept: str, tmp_path: Path):
    url = tmp_path / "brain.db" if kept == "file" else None
    async with Brain.create(url, clock=SimulatedClock()) as brain:
        await brain.perceive(HARBOUR)
        perceives = [brain.perceive(f"number {number}") for number in range(500)]
        recalls = [brain.recall("Dana", limit=1) for _ in range(500)]
        nights = [brain.sleep() for _ in range(3)]
        outcomes = await asyncio.gather(*perceives, *recalls, *nights)
        assert sum(isinstance(outcome, SleepReport) for outcome in outcomes) == 3
        listed = await brain.list(limit=1000)
        assert sorted(contents(listed)) == sorted([HARBOUR, *(f"number {n}" for n in range(500))])
        assert next(e for e in listed if e.content == HARBOUR).access_count == 500
        assert len(brain.working_memory) == 7


# Saying nothing


async def test_the_library_prints_nothing_and_logs_no_content_above_debug(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    def fail(outcome: object) -> None:
        raise ValueError("broken")

    store, clock = FailingStore(MemoryStore()), SimulatedClock()
    with caplog.at_level(logging.DEBUG, logger="neuro"):
        async with Brain.create(store, clock=clock) as brain:
            brain.observers.subscribe(object, fail)
            await brain.perceive(HARBOUR, tags=["Dana"], context={"speaker": "Dana"})
            await brain.start_sleep_cycle()
            store.down = True
            await clock.advance(60.0)
            await brain.perceive("Dana again")
            await brain.recall("harbour Dana")
            store.down = False
            await clock.advance(600.0)
            with pytest.raises(EngramNotFoundError):
                await brain.get("nothing")
            await brain.forget((await brain.list())[0].engram_id)
    assert capsys.readouterr() == ("", "")
    told = [record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG]
    assert told and not any("Dana" in message or "harbour" in message for message in told)
    assert {record.name.split(".")[0] for record in caplog.records} == {"neuro"}


async def test_nothing_a_brain_says_of_itself_holds_content():
    async with Brain.create() as brain:
        await brain.perceive(HARBOUR)
        await brain.recall("Dana")
        assert "harbour" not in f"{brain!r} {brain.inspect()!r} {await brain.stats()}"
