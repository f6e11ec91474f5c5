"""Forgetting for good: out of the senses and the files, by itself later where the store could not be asked."""

import gc
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from telling import DAY, KINDS, contents, encoded, kept

from neuro import Brain, BrainConfig, StoreUnavailableError
from neuro.clock import SimulatedClock
from neuro.embedders import CachedEmbedder, Embedder, HashingEmbedder, WordsEmbedder
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


def everything() -> Iterator[Any]:
    """All that this process holds, as far as Python can see it."""
    gc.collect()
    seen = set[int]()
    waiting: list[Any] = gc.get_objects()
    while waiting:
        one = waiting.pop()
        texts = [*dict.keys(one)] if isinstance(one, dict) else []  # which the collector does not show
        for held in [*texts, *gc.get_referents(one)]:
            if isinstance(held, (str, bytes, np.ndarray)):
                yield held
            elif not gc.is_tracked(held) and id(held) not in seen:  # a dict of texts and numbers, say
                seen.add(id(held))
                waiting.append(held)


def read_in_process(*sought: str) -> set[str]:
    """Which of some words stand in a text that this process holds; but for these very ones."""
    texts = (
        text.lower() for text in everything() if isinstance(text, str) and all(text is not s for s in sought)
    )
    return {word for text in texts for word in sought if word.lower() in text}


def rare(letters: str) -> str:
    """A word that is in no file of Python's: the letters, the other way round."""
    return "".join(reversed(letters))


EMBEDDERS: dict[str, Callable[[], Embedder | None]] = {
    "default": lambda: None,
    "cached": lambda: CachedEmbedder(WordsEmbedder()),
    "cached lexical": lambda: CachedEmbedder(HashingEmbedder()),
}


@pytest.mark.parametrize("embedder", EMBEDDERS)
async def test_no_word_of_what_is_forgotten_hard_is_left_in_this_process(embedder: str):
    word = rare("muinoqz")
    async with Brain.create(embedder=EMBEDDERS[embedder]()) as brain:
        engram_id = (await encoded(brain, f"Dana hid the {word} amulets")).engram_id
        await brain.recall(f"Who hid a {word}?")
        brain.hippocampus.pattern_complete(f"{word} amulet")
        beginning = f"<{word[:2]}"  # as spellings are kept
        assert read_in_process(word, beginning) == {word, beginning}
        await brain.forget(engram_id, hard=True)
        assert not read_in_process(word, beginning)


async def test_no_name_of_which_a_night_made_something_is_left_in_this_process():
    name = rare("uzfolniz").capitalize()
    async with Brain.create(clock=SimulatedClock()) as brain:
        for place in ("harbour", "museum"):
            await brain.perceive(
                f"Yesterday my dog {name} and I went to the {place}", context={"speaker": name}
            )
        await brain.sleep()
        assert read_in_process(name)
        assert await brain.list(where={"inferred": True})
        await brain.recall(f"Where did {name} go?")
        brain.prefrontal_cortex.set_goal(f"Find {name}")
        brain.prefrontal_cortex.set_goal(None)
        await brain.forget_where({"memory_type": "episodic"}, hard=True)
        assert not read_in_process(name)


async def test_no_row_of_what_is_forgotten_hard_is_left_in_this_process():
    row = np.random.default_rng(3).normal(size=61)
    row = np.float16(row / np.linalg.norm(row)).astype(np.float32)

    class Encoder:
        """Gives one text the row that is looked for."""

        name, dimension = "encoder", len(row)

        async def embed(self, texts: Sequence[str]) -> np.ndarray:
            return np.array([row if text == SECRET else -row for text in texts])

        embed_cues = embed

        async def aclose(self) -> None: ...

    def rows() -> int:
        tables = (held for held in everything() if isinstance(held, np.ndarray) and held.ndim == 2)
        alike = (np.isclose(held, row, atol=1e-3).all(axis=1) for held in tables if held.shape[1] == len(row))
        return sum(map(np.count_nonzero, alike))

    async with Brain.create(embedder=CachedEmbedder(Encoder())) as brain:
        engram_id = (await encoded(brain, SECRET)).engram_id
        await brain.recall("amulet")
        assert rows()
        await brain.forget(engram_id, hard=True)
        assert not rows()


@pytest.mark.parametrize("cue", ["zirconium", "zirconiun", "Who hid jewelry?"])
async def test_what_was_erased_is_found_when_it_is_said_again(cue: str):
    async with Brain.create() as brain:
        for _ in range(3):
            await brain.perceive("We like figs")
            engram = await encoded(brain, SECRET)
            assert contents(await brain.recall(cue, update=False))[:1] == [SECRET]
            assert brain.hippocampus.pattern_complete(cue)[0][0].content == SECRET
            await brain.forget(engram.engram_id, hard=True)
            assert SECRET not in contents(await brain.recall(cue, update=False))


async def test_a_word_that_others_still_have_is_found_after_one_is_erased():
    async with Brain.create() as brain:
        engram = await encoded(brain, SECRET)
        await brain.perceive("Zirconium is a metal")
        await brain.forget(engram.engram_id, hard=True)
        for cue in ("zirconium", "zirconiun"):
            assert contents(await brain.recall(cue, update=False)) == ["Zirconium is a metal"]


async def test_a_goal_that_was_dropped_before_is_in_no_file(tmp_path: Path):
    async with Brain.create(str(tmp_path / "brain.db"), clock=SimulatedClock()) as brain:
        brain.prefrontal_cortex.set_goal("Find the zirconium amulet")
        engram = await encoded(brain, "Dana hid something")
        assert legible(tmp_path)
        brain.prefrontal_cortex.set_goal(None)
        await brain.forget(engram.engram_id, hard=True)
        assert not legible(tmp_path)


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
