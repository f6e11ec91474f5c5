"""Several brains on one SQLite file: each as another process would be, with connections of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from sqlite_files import aside

from neuro.errors import LeaseLostError
from neuro.stores.base import Document, Happening, Insert, Remove
from neuro.stores.fencing import fenced
from neuro.stores.sqlite import SQLiteStore
from neuro.testing.samples import sample_id, sample_placed

HIPPOCAMPUS, REGION = "hippocampus", "neocortex"


@pytest.fixture
async def here(path: Path) -> AsyncIterator[SQLiteStore]:
    async with aclosing(await SQLiteStore.open(path)) as store:
        yield store


@pytest.fixture
async def there(path: Path, here: SQLiteStore) -> AsyncIterator[SQLiteStore]:
    async with aclosing(await SQLiteStore.open(path)) as store:
        yield store


async def test_what_one_moves_and_forgets_is_news_to_the_other(here: SQLiteStore, there: SQLiteStore) -> None:
    position = (await there.news(None)).position
    await here.engrams(HIPPOCAMPUS).insert([sample_placed(1), sample_placed(2)], writer="me")
    await here.write([Remove(HIPPOCAMPUS, sample_id(1), 0), Insert(REGION, sample_placed(1))])
    await here.engrams(HIPPOCAMPUS).delete(sample_id(2))
    news = await there.news(position)
    assert not news.gap and news.happened == (
        (Happening.INSERTED, sample_id(1)),
        (Happening.INSERTED, sample_id(2)),
        (Happening.MOVED, sample_id(1)),
        (Happening.REMOVED, sample_id(2)),
    )
    assert (await there.news(news.position)).happened == ()


@pytest.mark.parametrize("position", ["7", "-1", "soon", "", "9" * 30, "²"])
async def test_a_position_that_was_never_given_is_a_gap(position: str, here: SQLiteStore) -> None:
    await here.engrams(REGION).insert([sample_placed(1)])
    news = await here.news(position)
    assert news.gap and news.happened == () and news.position == "1"


async def test_of_the_news_only_the_end_is_kept(path: Path, here: SQLiteStore) -> None:
    items = [sample_placed(n) for n in range(500)]
    for _ in range(13):
        await here.write([Insert(REGION, item) for item in items])
        await here.write([Remove(REGION, item.engram.engram_id) for item in items])
    [(kept,)] = await asyncio.to_thread(aside, path, "SELECT count(*) FROM happening")
    assert 10_000 <= kept <= 11_000
    assert (await here.news("0")).gap
    assert len((await here.news("3000")).happened) == 10_000


async def test_operations_are_forgotten_when_there_are_too_many(path: Path, here: SQLiteStore) -> None:
    await here.write([Document("a", 1)], op_id="first")
    await asyncio.to_thread(aside, path, "INSERT INTO operation VALUES ('default', 10999, 'later')")
    await here.write([Document("a", 2)], op_id="last")
    assert await asyncio.to_thread(aside, path, "SELECT seq FROM operation ORDER BY seq") == [
        (10_999,),
        (11_000,),
    ]


async def test_a_sleeper_that_was_paused_writes_nothing_more(here: SQLiteStore, there: SQLiteStore) -> None:
    lost = await here.acquire("one", now=0.0, until=10.0)
    assert await there.acquire("two", now=5.0, until=15.0) == lost
    assert (await there.acquire("two", now=10.0, until=20.0)).fence > lost.fence
    with fenced(lost.fence), pytest.raises(LeaseLostError, match=f"the lease {lost.fence} is lost"):
        await here.engrams(REGION).insert([sample_placed(1)])
    assert not await here.renew(lost, until=30.0)
    await here.release(lost)
    assert (await here.acquire("one", now=11.0, until=30.0)).holder == "two"
    assert await there.engrams(REGION).scan() == []


async def test_what_was_released_is_not_prolonged(here: SQLiteStore, there: SQLiteStore) -> None:
    lease = await here.acquire("one", now=0.0, until=10.0)
    await here.release(lease)
    assert not await here.renew(lease, until=20.0)
    assert (await there.acquire("two", now=0.0, until=10.0)).holder == "two"


async def test_one_adopts_what_a_silent_one_left_and_forgets_it(
    path: Path, here: SQLiteStore, there: SQLiteStore
) -> None:
    await here.beat("one", 0.0)
    await there.beat("two", 0.0)
    await here.engrams(HIPPOCAMPUS).insert([sample_placed(n) for n in (2, 1)], writer="one")
    await there.beat("two", 31.0)
    assert await there.adopt(HIPPOCAMPUS, "two", silent_since=1.0) == [sample_id(1), sample_id(2)]
    assert await asyncio.to_thread(aside, path, "SELECT name FROM writer") == [("two",)]
    await here.beat("one", 32.0)
    assert await here.adopt(HIPPOCAMPUS, "one", silent_since=2.0) == []


async def test_a_writer_whose_beat_lies_ahead_is_forgotten_when_it_is_adopted_from(
    path: Path, here: SQLiteStore, there: SQLiteStore
) -> None:
    await here.beat("one", 3600.0)
    await there.beat("two", 3600.0)
    await there.beat("three", 30.0)
    await here.engrams(HIPPOCAMPUS).insert([sample_placed(1)], writer="one")
    adopted = await there.adopt(HIPPOCAMPUS, "two", silent_since=-30.0, ahead_of=30.0)
    assert adopted == [sample_id(1)]
    assert await asyncio.to_thread(aside, path, "SELECT name FROM writer ORDER BY name") == [
        ("three",),
        ("two",),
    ]


async def test_namespaces_have_leases_writers_and_news_of_their_own(path: Path, here: SQLiteStore) -> None:
    async with aclosing(await SQLiteStore.open(path, namespace="another")) as other:
        lease = await here.acquire("one", now=0.0, until=10.0)
        assert (await other.acquire("two", now=0.0, until=10.0)).holder == "two"
        with fenced(0), pytest.raises(LeaseLostError):
            await here.write([Document("a", 1)])
        await other.engrams(REGION).insert([sample_placed(1)])
        assert (await here.news(None)).position == "0"
        await other.write([Document("a", 1)], op_id="a")
        with fenced(lease.fence):
            await here.write([Document("a", 2)], op_id="a")
        assert await here.read_documents(["a"]) == [2]
