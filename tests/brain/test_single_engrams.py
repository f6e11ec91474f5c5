"""Single engrams: get, list, pin, retention, and forgetting for good."""

import asyncio
import math
import random
from pathlib import Path
from typing import Any

import pytest
from telling import DAY, HOUR, contents, files

from neuro import Brain, BrainConfig, EngramNotFoundError, compute_retention, time_until_forgotten
from neuro.clock import SimulatedClock
from neuro.connectome import ConnectomeParams
from neuro.fading import ImportanceParams
from neuro.presets import human
from neuro.regions.hippocampus import HippocampusParams
from neuro.signals import Forgetting
from neuro.stores.memory import MemoryStore
from neuro.testing import InterleavingStore

TYPES = {
    "We met Dana at the harbour": "episodic",
    "Paris is the capital of France": "semantic",
    "To debug: add breakpoint(), run, inspect": "procedural",
    "The user prefers concise answers": "habitual",
}
HOMES = ("neocortex", "neocortex", "cerebellum", "basal_ganglia")


async def remembering(clock: SimulatedClock, nights: int = 0, **options: Any) -> Brain:
    brain = await Brain.create(clock=clock, **options)
    for content, memory_type in TYPES.items():
        await brain.perceive(content, memory_type=memory_type)
        await clock.advance(1.0)
    for _ in range(nights):
        await brain.sleep()
    return brain


@pytest.mark.parametrize("nights", [0, 1])
async def test_an_engram_is_got_by_id_wherever_it_is_with_its_associations(nights: int):
    async with await remembering(SimulatedClock(), nights) as brain:
        listed = await brain.list()
        assert contents(listed) == [*TYPES]
        for engram in listed:
            got = await brain.get(engram.engram_id)
            assert got == engram and hash(got) == hash(engram)
            others = {other.engram_id for other in listed} - {engram.engram_id}
            assert set(got.associations) == others


async def test_associations_are_told_strongest_first_and_only_of_what_exists():
    async with await remembering(SimulatedClock(), 1) as brain:
        first, second, third, fourth = (engram.engram_id for engram in await brain.list())
        assert (await brain.get(fourth)).associations == (third, second, first)
        await brain.forget(second)
        assert (await brain.get(fourth)).associations == (third, first)
        assert (await brain.get(first)).associations == (third, fourth)


async def test_a_one_way_link_to_what_was_forgotten_is_not_told():
    config = BrainConfig(connectome=ConnectomeParams(most_links=1))
    async with await remembering(SimulatedClock(), 1, config=config) as brain:
        first, second, *_ = (engram.engram_id for engram in await brain.list())
        assert (await brain.get(first)).associations == (second,)
        assert first not in (await brain.get(second)).associations
        await brain.forget(second)
        assert (await brain.get(first)).associations == ()
        assert await brain.store.verify() == []


@pytest.mark.parametrize("kept", ["memory", "file"])
async def test_what_leads_one_way_to_what_is_forgotten_goes_with_it(kept: str, tmp_path: Path):
    config = BrainConfig(hippocampus=HippocampusParams(backward_ratio=0.0))
    url = tmp_path / "b.db" if kept == "file" else None
    async with await remembering(SimulatedClock(), 2, config=config, url=url) as brain:
        first, second, *_ = (engram.engram_id for engram in await brain.list())
        assert second in (await brain.get(first)).associations
        assert first not in (await brain.get(second)).associations
        await brain.forget(second)
        assert second not in {link.target_id for link in (await brain.store.links([first]))[0]}
        assert await brain.store.verify() == []


@pytest.mark.parametrize("verb", ["get", "forget", "reinforce", "pin", "unpin"])
@pytest.mark.parametrize("nights", [0, 1])
async def test_an_unknown_id_is_an_error(verb: str, nights: int):
    async with await remembering(SimulatedClock(), nights) as brain:
        with pytest.raises(EngramNotFoundError, match="no engram has the id 'abc'") as failure:
            await getattr(brain, verb)("abc")
        assert failure.value.engram_id == "abc"
        assert isinstance(failure.value, LookupError)


async def test_a_list_is_paged_in_order_of_encoding():
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        texts = [f"number {number}" for number in range(25)]
        for text in texts[:20]:
            await brain.perceive(text, memory_type=["episodic", "procedural", "habitual"][len(text) % 3])
            await clock.advance(1.0)
        await brain.sleep()
        for text in texts[20:]:
            await brain.perceive(text)
            await clock.advance(1.0)
        assert contents(await brain.list()) == texts
        paged: list[str] = []
        after = None
        while page := await brain.list(limit=7, after=after):
            assert len(page) <= 7
            paged += contents(page)
            after = page[-1].engram_id
        assert paged == texts
        assert contents(await brain.list(limit=3)) == texts[:3]


async def test_an_empty_brain_lists_nothing():
    async with Brain.create() as brain:
        assert await brain.list() == []
        assert await brain.list(dormant=True, where={"speaker": "x"}, after="0") == []


# Forgetting for good


async def gone(brain: Brain, engram_id: str, content: str) -> None:
    """Nothing shows the engram any more."""
    with pytest.raises(EngramNotFoundError):
        await brain.get(engram_id)
    with pytest.raises(EngramNotFoundError):
        await brain.forget(engram_id)
    listed = await brain.list(limit=1000, dormant=True)
    assert content not in contents(listed)
    for cue in (content, "Dana", "harbour", "concise"):
        assert content not in contents(await brain.recall(cue, limit=100))
    assert content not in contents(brain.working_memory)
    assert content not in [found.content for found, _ in brain.hippocampus.pattern_complete(content)]
    for engram in listed:
        assert engram_id not in (await brain.get(engram.engram_id)).associations
    assert engram_id not in str(brain.inspect())


@pytest.mark.parametrize("content", TYPES, ids=TYPES.values())
@pytest.mark.parametrize("nights", [0, 1])
@pytest.mark.parametrize("kept", ["memory", "file"])
async def test_what_is_forgotten_is_gone_everywhere(content: str, nights: int, kept: str, tmp_path: Path):
    clock, path = SimulatedClock(), tmp_path / "brain.db"
    url = path if kept == "file" else None
    async with await remembering(clock, nights, url=url) as brain:
        await brain.recall(content)
        engram_id = next(e.engram_id for e in await brain.list() if e.content == content)
        told: list[Forgetting] = []
        brain.observers.subscribe(Forgetting, told.append)
        await brain.forget(engram_id)
        assert [event.engram_id for event in told] == [engram_id]
        assert told[0].region == ("hippocampus" if nights == 0 else HOMES[[*TYPES].index(content)])
        await gone(brain, engram_id, content)
        for _ in range(3):
            await clock.advance(DAY)
            await brain.sleep()
        await gone(brain, engram_id, content)
        assert len(await brain.list()) == len(TYPES) - 1
    if url is not None:
        async with Brain.create(path, clock=clock) as brain:
            await gone(brain, engram_id, content)
            await brain.sleep()
            await gone(brain, engram_id, content)


async def test_what_a_restart_brought_back_to_the_hippocampus_can_be_forgotten_too(tmp_path: Path):
    clock, path = SimulatedClock(), tmp_path / "brain.db"
    async with await remembering(clock, url=path) as brain:
        engram = (await brain.list())[0]
    async with Brain.create(path, clock=clock) as brain:
        await brain.forget(engram.engram_id)
        await gone(brain, engram.engram_id, engram.content)
    async with Brain.create(path, clock=clock) as brain:
        await gone(brain, engram.engram_id, engram.content)
    assert engram.content.encode() not in path.read_bytes()


async def test_a_forgotten_content_is_not_left_in_the_file(tmp_path: Path):
    clock, path = SimulatedClock(), tmp_path / "brain.db"
    async with await remembering(clock, 1, url=path) as brain:
        for engram in await brain.list():
            await brain.forget(engram.engram_id)
    assert not any(content.encode() in path.read_bytes() for content in TYPES)
    assert files(tmp_path) == {"brain.db"}


@pytest.mark.parametrize("seed", range(15))
async def test_what_is_forgotten_during_a_night_does_not_come_back(seed: int):
    rng = random.Random(seed)
    clock = SimulatedClock()
    store = InterleavingStore(MemoryStore(), rng)
    async with await remembering(clock, url=store) as brain:
        engrams = await brain.list()
        await clock.advance(DAY)
        night = asyncio.ensure_future(brain.sleep())
        for _ in range(rng.randrange(60)):
            await asyncio.sleep(0)
        forgotten = rng.sample(engrams, 2)
        recalls = [asyncio.ensure_future(brain.recall(engram.content)) for engram in forgotten]
        await asyncio.gather(*(brain.forget(engram.engram_id) for engram in forgotten))
        await asyncio.gather(night, *recalls)
        for engram in forgotten:
            await gone(brain, engram.engram_id, engram.content)
        await brain.sleep()
        for engram in forgotten:
            await gone(brain, engram.engram_id, engram.content)
        assert len(await brain.list()) == len(TYPES) - 2


# Fading


async def test_retention_falls_from_full_and_is_the_same_with_and_without_a_brain():
    clock = SimulatedClock(start=1e9)
    async with await remembering(clock) as brain:
        engram = (await brain.list())[0]
        readings: list[float] = []
        for _ in range(6):
            retention, hours = brain.retention(engram), brain.hours_left(engram)
            assert retention == compute_retention(engram, now=clock.now())
            assert hours == pytest.approx(time_until_forgotten(engram, now=clock.now()))
            readings.append(retention)
            await clock.advance(100 * DAY)
        assert readings == sorted(readings, reverse=True)
        assert 0.98 < readings[0] <= 1.0 and readings[-1] > 0.0
        assert readings[1] == pytest.approx(1 / (1.01 + 1.0), rel=1e-3)  # H = 100 days


async def test_hours_left_say_when_retention_falls_below_five_percent():
    clock = SimulatedClock()
    async with await remembering(clock, config=human()) as brain:
        engram = (await brain.list())[0]
        await clock.advance(brain.hours_left(engram) * HOUR - 1.0)
        assert brain.retention(engram) > 0.05 and brain.hours_left(engram) > 0.0
        assert engram.content in contents(await brain.list())
        await clock.advance(2.0)
        assert brain.retention(engram) < 0.05 and brain.hours_left(engram) == 0.0
        assert engram.content not in contents(await brain.list())


async def test_a_brain_that_was_closed_is_asked_for_the_exact_retention(tmp_path: Path):
    """The plain functions take clock time for brain time: pessimistic for a clock that jumped back and on."""
    path = tmp_path / "brain.db"
    async with await remembering(SimulatedClock(start=1e9), url=path) as brain:
        engram = (await brain.list())[0]
    later = SimulatedClock(start=1e9 - 50 * DAY)
    async with Brain.create(path, clock=later) as brain:
        await later.advance(10 * DAY)
        assert brain.retention(engram) == pytest.approx(1 / (1.01 + 0.1), rel=1e-3)
        assert brain.time.now() == pytest.approx(1e9 + 10 * DAY + 4)


@pytest.mark.parametrize("nights", [0, 1])
async def test_what_is_pinned_does_not_fade_until_it_is_unpinned(nights: int):
    clock = SimulatedClock()
    unrehearsed = BrainConfig(importance=ImportanceParams(rehearsal=None))
    async with await remembering(clock, nights, config=unrehearsed) as brain:
        engram_id = (await brain.list())[0].engram_id
        await brain.pin(engram_id)
        await brain.pin(engram_id)
        await clock.advance(10_000 * DAY)
        assert (await brain.sleep())["pruned_ltm"] == 1
        pinned = await brain.get(engram_id)
        assert pinned.pinned
        assert brain.retention(pinned) == compute_retention(pinned, now=clock.now()) > 0.99
        assert brain.hours_left(pinned) == time_until_forgotten(pinned, now=clock.now()) == math.inf
        assert pinned.content in contents(await brain.list())
        assert contents(await brain.list(where={"pinned": True})) == [pinned.content]
        recollection = (await brain.recall("Dana", update=False))[0]
        assert recollection.confidence > 0.99
        assert "pinned, not recalled before" in [str(reason) for reason in recollection.reasons]
        await brain.unpin(engram_id)
        unpinned = await brain.get(engram_id)
        assert not unpinned.pinned and brain.retention(unpinned) < 0.05
        assert (await brain.sleep())["pruned_ltm"] == 1
        assert unpinned.content not in contents(await brain.list())
