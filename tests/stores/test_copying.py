"""Copying a store while it is used: what came, moved or was forgotten meanwhile, and copies that were interrupted."""

import asyncio
import random
from contextlib import aclosing

import pytest
from redis_servers import Servers

from neuro.errors import CorruptRecordError, InvalidArgumentError, StoreUnavailableError
from neuro.stores import copying
from neuro.stores.base import Document, Flaw, Insert, Link, Remove, Store, Unlink
from neuro.stores.copying import UNFINISHED_DOCUMENT, Copied, copy_store, is_vacant
from neuro.stores.memory import MemoryStore
from neuro.stores.sqlite import SQLiteStore
from neuro.testing.doubles import FailingStore, InterleavingStore, StoreWrapper
from neuro.testing.samples import sample_engram, sample_id, sample_placed
from neuro.testing.stores.images import CEREBELLUM, HIPPOCAMPUS, REGIONS, image_of
from neuro.testing.stores.random_life import lived, random_life

NEOCORTEX = REGIONS[1]


async def homes(store: Store) -> dict[str, list[str]]:
    """The regions of each engram."""
    found: dict[str, list[str]] = {}
    for region in REGIONS:
        for engram in await store.engrams(region).scan(limit=10_000):
            found.setdefault(engram.engram_id, []).append(region)
    return found


class Remembering(StoreWrapper):
    """Remembers where everything was when the news were asked for the last time."""

    last: dict[str, list[str]]

    async def news(self, since):
        self.last = await homes(self.inner)
        return await super().news(since)


class Meanwhile(StoreWrapper):
    """Does something the first time that a verb is called."""

    def __init__(self, inner, verb, act) -> None:
        super().__init__(inner)
        self.verb, self.act = verb, act

    async def around(self, verb, call, *, written=0):
        if verb == self.verb and self.act is not None:
            act, self.act = self.act, None
            await act()
        return await call()


@pytest.mark.parametrize("seed", range(6))
async def test_a_copy_holds_all_that_a_store_shows(seed: int, servers: Servers, path) -> None:
    async with (
        aclosing(await servers.make()) as source,
        aclosing(await SQLiteStore.open(path)) as file,
        aclosing(await servers.neighbour()) as back,
    ):
        await lived(source, seed=seed, steps=300)
        copied = await copy_store(source, file)
        assert copied.engrams == len(await homes(source))
        assert await copy_store(file, back) == copied
        for copy in (file, back):
            assert await image_of(copy) == await image_of(source)
            assert await copy.read_documents(["clock", "nights", UNFINISHED_DOCUMENT]) == [
                *await source.read_documents(["clock", "nights"]),
                None,
            ]
            assert await copy.verify() == []


async def test_what_was_somebodys_is_nobodys_in_a_copy() -> None:
    source, target = MemoryStore(), MemoryStore()
    await source.beat("somebody", 1.0)
    await source.engrams(HIPPOCAMPUS).insert([sample_placed(1)], writer="somebody")
    await copy_store(source, target)
    await target.beat("somebody", 1.0)
    assert await target.adopt(HIPPOCAMPUS, "else", silent_since=0.0) == [sample_id(1)]


@pytest.mark.parametrize("seed", range(40))
async def test_what_happens_meanwhile_is_in_the_copy_as_it_is_in_the_end(seed: int) -> None:
    source, target = MemoryStore(), MemoryStore()

    async def live() -> None:
        async for _ in random_life(source, seed=seed, steps=random.Random(seed).randrange(20, 400)):
            await asyncio.sleep(0)

    living, watched = asyncio.create_task(live()), Remembering(source)
    for _ in range(20):
        await asyncio.sleep(0)
    copied = await copy_store(InterleavingStore(watched, random.Random(seed)), target)
    await living
    assert await homes(target) == watched.last
    assert copied.engrams == len(watched.last)
    assert await target.verify() == []


@pytest.mark.parametrize("verb", ["links", "contents", "scan", "kept"])
async def test_moved_is_there_once_forgotten_is_not_there_and_new_is_linked(verb: str, monkeypatch) -> None:
    monkeypatch.setattr(copying, "_PAGE", 2)
    source, target = MemoryStore(), MemoryStore()
    await source.engrams(HIPPOCAMPUS).insert([sample_placed(n) for n in range(1, 8)])
    await source.engrams(NEOCORTEX).insert([sample_placed(n) for n in range(10, 14)])
    both = [
        Link(sample_id(1), sample_id(2), "temporal", 1.0),
        Link(sample_id(2), sample_id(1), "temporal", 1.0),
    ]
    one_way = Link(sample_id(3), sample_id(10), "co_held", 1.0)
    await source.write([*both, one_way])
    new = [
        Link(sample_id(20), sample_id(1), "temporal", 0.5),
        Link(sample_id(1), sample_id(20), "temporal", 0.5),
    ]

    async def act() -> None:
        await source.write([Remove(HIPPOCAMPUS, sample_id(1), 0), Insert(CEREBELLUM, sample_placed(1))])
        await source.write([Remove(NEOCORTEX, sample_id(12), 0), Insert(HIPPOCAMPUS, sample_placed(12))])
        await source.write([Remove(HIPPOCAMPUS, sample_id(2)), Unlink(sample_id(2))])
        await source.write([Remove(NEOCORTEX, sample_id(10)), Unlink(sample_id(10))])
        await source.write([Insert(HIPPOCAMPUS, sample_placed(20)), *new, Document("late", 1)])

    await copy_store(Meanwhile(source, verb, act), target)
    expected = {HIPPOCAMPUS: [3, 4, 5, 6, 7, 12, 20], NEOCORTEX: [11, 13], CEREBELLUM: [1]}
    for region, numbers in expected.items():
        found = [engram.engram_id for engram in await target.engrams(region).scan()]
        assert found == [sample_id(number) for number in numbers]
    assert await target.links([sample_id(n) for n in (1, 2, 3, 20)]) == [[new[1]], [], [], [new[0]]]
    assert await target.read_documents(["late"]) == [1]
    assert await target.verify() == []


async def test_links_of_nodes_that_are_no_engrams_are_copied() -> None:
    source, target = MemoryStore(), MemoryStore()
    await source.engrams(NEOCORTEX).insert([sample_placed(n) for n in (1, 2)])
    pairs = [(sample_id(1), "dana"), ("dana", "people"), ("people", "everything"), ("dana", sample_id(2))]
    await source.write([Link(*ends, "instance", 1.0) for one in pairs for ends in (one, one[::-1])])
    new = [Link(sample_id(3), "people", "instance", 1.0), Link("people", sample_id(3), "instance", 1.0)]

    async def act() -> None:
        await source.write([Insert(HIPPOCAMPUS, sample_placed(3)), *new])

    await copy_store(Meanwhile(source, "read_documents", act), target)
    nodes = ["dana", "people", "everything", *map(sample_id, (1, 2, 3))]
    assert await target.links(nodes) == await source.links(nodes)
    assert sum(map(len, await target.links(nodes))) == 10


async def test_a_gap_in_the_news_makes_everything_be_looked_at_again() -> None:
    source, target = MemoryStore(), MemoryStore()
    await source.engrams(NEOCORTEX).insert([sample_placed(n) for n in range(300)])

    async def act() -> None:
        await source.write([Remove(NEOCORTEX, sample_id(1), 0), Insert(CEREBELLUM, sample_placed(1))])
        await source.write([Remove(NEOCORTEX, sample_id(2))])
        for _ in range(5_001):
            await source.write([Insert(NEOCORTEX, sample_placed(1000))])
            await source.write([Remove(NEOCORTEX, sample_id(1000))])
        await source.write([Insert(NEOCORTEX, sample_placed(1001))])

    await copy_store(Meanwhile(source, "links", act), target)
    assert await homes(target) == await homes(source)


async def test_a_store_that_never_rests_is_copied_all_the_same() -> None:
    source, target = MemoryStore(), MemoryStore()
    await source.engrams(NEOCORTEX).insert([sample_placed(n) for n in range(10)])

    class Restless(StoreWrapper):
        count = 100

        async def around(self, verb, call, *, written=0):
            Restless.count += 1
            await source.engrams(NEOCORTEX).insert([sample_placed(Restless.count)])
            return await call()

    copied = await copy_store(Restless(source), target)
    assert copied.engrams >= 10 + copying._ROUNDS
    assert await target.verify() == []


async def test_progress_is_told_page_by_page(monkeypatch) -> None:
    monkeypatch.setattr(copying, "_PAGE", 2)
    source, told = MemoryStore(), list[int]()
    await source.engrams(NEOCORTEX).insert([sample_placed(n) for n in range(5)])
    await copy_store(source, MemoryStore(), on_engrams=told.append)
    assert told == [2, 2, 1]


# Where a copy goes


@pytest.mark.parametrize("kept", ["engram", "document"])
async def test_a_memory_is_never_copied_into_another(kept: str) -> None:
    source, target = MemoryStore(), MemoryStore()
    await source.engrams(NEOCORTEX).insert([sample_placed(1)])
    if kept == "engram":
        await target.engrams(NEOCORTEX).insert([sample_placed(2)])
    else:
        await target.write([Document("a", 1), Document(UNFINISHED_DOCUMENT, True)])
    before = await image_of(target)
    with pytest.raises(InvalidArgumentError, match="there is a memory already"):
        await copy_store(source, target)
    assert await image_of(target) == before


@pytest.mark.parametrize("verb", ["write", "demote", "verify"])
async def test_a_copy_that_was_interrupted_is_made_anew(verb: str) -> None:
    source, other, held = MemoryStore(), MemoryStore(), MemoryStore()
    await lived(source, seed=1, steps=300)
    await lived(other, seed=2, steps=300)
    target = FailingStore(held)
    for old in (other, source):
        assert await is_vacant(target)
        for _ in range(3):
            target.fail_next("write", StoreUnavailableError("away"), reply_lost=True)
        with pytest.raises(StoreUnavailableError):
            await copy_store(old, target)
        target.recover()
        target.fail_next(verb, StoreUnavailableError("away"), reply_lost=True)
        with pytest.raises(StoreUnavailableError):
            await copy_store(old, target)
        target.recover()
    with pytest.raises(InvalidArgumentError, match="the beginnings of a copy"):
        await copy_store(target, MemoryStore())
    await copy_store(source, target)
    assert await image_of(held) == await image_of(source)
    assert not await is_vacant(held)


async def test_a_copy_that_does_not_fit_together_is_never_finished() -> None:
    class Flawed(StoreWrapper):
        async def verify(self, *, repair=False):
            return [Flaw("a", "was mended", True), Flaw("b", "is torn", False)]

    source, target = MemoryStore(), MemoryStore()
    await source.write([Document("a", 1)])
    with pytest.raises(CorruptRecordError, match="b: is torn"):
        await copy_store(source, Flawed(target))
    assert await is_vacant(target)


async def test_a_record_that_cannot_be_read_is_left_out_and_named(servers: Servers) -> None:
    async with aclosing(await servers.make()) as source:
        await source.engrams(NEOCORTEX).insert([sample_placed(1), sample_placed(2)])
        await source.write(
            [
                Link(sample_id(1), sample_id(2), "temporal", 1.0),
                Link(sample_id(2), sample_id(1), "temporal", 1.0),
            ]
        )
        record = f"neuro:{{brain 1}}:d:{NEOCORTEX}:{sample_id(1)}"
        await servers.client().hset(record, "t", "{")
        target = MemoryStore()
        copied = await copy_store(source, target)
    assert copied == Copied(1, 0, copied.unreadable)
    [unreadable] = copied.unreadable
    assert record in unreadable
    assert await target.engrams(NEOCORTEX).get([sample_id(2)]) == [sample_engram(2)]
    assert await target.verify() == []
