"""Forgetting for good: out of the senses and the files, by itself later where the store could not be asked."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from telling import DAY, KINDS, kept

from neuro import Brain, BrainConfig, StoreUnavailableError
from neuro.clock import SimulatedClock
from neuro.signals import Forgetting
from neuro.stores import MemoryStore, open_store
from neuro.testing import CountingStore, FailingStore, KeptOpen

SECRET = "Dana hid the zirconium amulet"
RARE = b"zirconium"

Erasing = Callable[[Brain, str], Awaitable[list[Forgetting]]]


async def by_id(brain: Brain, engram_id: str) -> list[Forgetting]:
    return [await brain.forget(engram_id, hard=True)]


async def by_filter(brain: Brain, engram_id: str) -> list[Forgetting]:
    return await brain.forget_where({"context": {"speaker": "Dana"}}, hard=True)


async def in_a_block(brain: Brain, engram_id: str) -> list[Forgetting]:
    told: list[Forgetting] = []
    subscription = brain.observers.subscribe(Forgetting, told.append)
    async with brain.transaction():
        await brain.forget(engram_id, hard=True)
    subscription()
    return told


def legible(folder: Path) -> set[str]:
    """Names of the files in which the rare word is."""
    return {file.name for file in folder.iterdir() if RARE in file.read_bytes()}


@pytest.mark.parametrize("erase", [by_id, by_filter, in_a_block])
async def test_what_is_forgotten_hard_is_in_no_sense_and_in_no_file(erase: Erasing, tmp_path: Path):
    async with Brain.create(str(tmp_path / "brain.db")) as brain:
        engram = (await brain.perceive(SECRET, context={"speaker": "Dana"})).engram
        assert engram is not None and legible(tmp_path)
        [forgetting] = await erase(brain, engram.engram_id)
        assert forgetting.remains == ()
        assert not legible(tmp_path)
        assert SECRET not in repr(vars(brain.sensory_cortex))


@pytest.mark.parametrize("erase", [by_id, by_filter, in_a_block])
async def test_what_could_not_be_erased_is_told_and_erased_by_the_next_night(erase: Erasing, tmp_path: Path):
    store = FailingStore(await open_store(str(tmp_path / "brain.db")))
    async with Brain.create(store, clock=SimulatedClock()) as brain:
        engram = (await brain.perceive(SECRET, context={"speaker": "Dana"})).engram
        assert engram is not None
        store.fail_next("scrub", StoreUnavailableError("gone"))
        [forgetting] = await erase(brain, engram.engram_id)
        assert forgetting.remains is not None
        [sentence] = forgetting.remains
        assert "gone" in sentence and "next night" in sentence
        assert await brain.list(dormant=True) == [] and legible(tmp_path)
        await brain.sleep()
        assert not legible(tmp_path)


async def test_a_night_that_cannot_erase_what_it_lets_expire_leaves_it_to_the_next(tmp_path: Path):
    store, clock = FailingStore(await open_store(str(tmp_path / "brain.db"))), SimulatedClock()
    async with Brain.create(store, clock=clock, config=BrainConfig(keep_for=30 * DAY)) as brain:
        await brain.perceive(SECRET)
        await clock.advance(31 * DAY)
        store.fail_next("scrub", StoreUnavailableError("gone"))
        assert (await brain.sleep()).counts["expired"] == 1
        await brain.sleep()
        assert not legible(tmp_path)


async def test_what_a_killed_brain_had_still_to_erase_is_erased_by_the_next_night_of_anybody(tmp_path: Path):
    path, clock = str(tmp_path / "brain.db"), SimulatedClock()
    store = FailingStore(await open_store(path))
    async with Brain.create(store, clock=clock) as killed:
        engram = (await killed.perceive(SECRET)).engram
        assert engram is not None
        store.fail_next("scrub", StoreUnavailableError("killed"))
        await killed.forget(engram.engram_id, hard=True)
        async with Brain.create(path, clock=clock) as other:
            assert legible(tmp_path)
            await other.sleep()
            assert not legible(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
async def test_nights_erase_once(kind: str, tmp_path: Path):
    async with kept(kind, tmp_path) as place:
        store = CountingStore(await place())
        async with Brain.create(store, clock=SimulatedClock()) as brain:
            engram = (await brain.perceive(SECRET)).engram
            assert engram is not None
            await brain.forget(engram.engram_id, hard=True)
            await brain.sleep()
            await brain.sleep()
            assert store.calls["scrub"] == 1


async def test_what_waits_for_a_store_that_was_away_is_forgotten_too():
    store = FailingStore(KeptOpen(MemoryStore()))
    async with Brain.create(store) as brain:
        store.down = True
        assert not (await brain.perceive(SECRET)).durable
        store.down = False
        assert len(await brain.forget_where({"memory_type": "episodic"})) == 1
        assert await brain.list(dormant=True) == []


@pytest.mark.parametrize("lesioned", ["hippocampus", "neocortex"])
async def test_what_is_to_be_forgotten_goes_from_lesioned_regions_too(lesioned: str):
    clock = SimulatedClock()
    async with Brain.create(clock=clock, config=BrainConfig(keep_for=30 * DAY)) as brain:
        for content in (SECRET, "Dana likes figs"):
            await brain.perceive(content)
            if lesioned == "neocortex":
                await brain.sleep()
            brain.lesion(lesioned)
            if content == SECRET:
                assert len(await brain.forget_where({"memory_type": "episodic"})) == 1
            else:
                await clock.advance(31 * DAY)
                assert (await brain.sleep()).counts["expired"] == 1
            brain.restore(lesioned)
            assert await brain.list(dormant=True) == []
