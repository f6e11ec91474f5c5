"""Opening and closing SQLite files: those that are there, those that are not, and those of other versions."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from sqlite_files import Hook, aside

from neuro.errors import ConfigurationError, CorruptRecordError, InvalidArgumentError, StoreError
from neuro.stores.base import Document, Durability, Placed
from neuro.stores.opening import open_store, parse_url, store_exists
from neuro.stores.redis import RedisStore
from neuro.stores.sqlite import SQLiteStore
from neuro.testing.samples import sample_corpus

REGION = "neocortex"


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="missing does not exist"):
        await SQLiteStore.open(tmp_path / "missing" / "brain.db")
    with pytest.raises(ConfigurationError, match="not a folder"):
        await SQLiteStore.open(tmp_path)


async def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    letter = b"Dear Dana, this is not a database. " * 100
    await asyncio.to_thread(path.write_bytes, letter)
    with pytest.raises(CorruptRecordError, match=r"brain\.db: file is not a database"):
        await SQLiteStore.open(path)
    assert await asyncio.to_thread(path.read_bytes) == letter


async def test_a_database_of_something_else_is_refused_and_left_alone(path: Path) -> None:
    await asyncio.to_thread(aside, path, "CREATE TABLE invoice (amount)")
    with pytest.raises(StoreError, match="something else"):
        await SQLiteStore.open(path)
    assert await asyncio.to_thread(aside, path, "SELECT name FROM sqlite_master") == [("invoice",)]
    assert await asyncio.to_thread(aside, path, "PRAGMA journal_mode") == [("delete",)]


async def test_a_newer_schema_is_refused_naming_both_versions(path: Path) -> None:
    await (await SQLiteStore.open(path)).aclose()
    await asyncio.to_thread(aside, path, "PRAGMA user_version = 99")
    with pytest.raises(CorruptRecordError, match="schema version 99, this neuro reads 4"):
        await SQLiteStore.open(path)


async def test_a_damaged_file_raises_corrupt_record_error(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.engrams(REGION).insert([Placed(e, 1e6) for e in sample_corpus(50)])
    size = len(await asyncio.to_thread(path.read_bytes))

    def scribble() -> None:
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (size - 4096))

    await asyncio.to_thread(scribble)
    async with aclosing(await SQLiteStore.open(path)) as store:
        with pytest.raises(CorruptRecordError, match=r"brain\.db"):
            await store.engrams(REGION).scan()


async def test_two_may_open_a_new_file_at_once(path: Path) -> None:
    one, other = await asyncio.gather(SQLiteStore.open(path), SQLiteStore.open(path))
    async with aclosing(one), aclosing(other):
        await one.write([Document("key", 1)])
        assert await other.read_documents(["key"]) == [1]


@pytest.mark.parametrize(("durability", "synchronous"), [("fast", 1), ("full", 2)])
async def test_a_write_waits_for_the_disk_as_asked(
    durability: str, synchronous: int, path: Path, spy: Callable[[Hook], None]
) -> None:
    levels: set[int] = set()

    def hook(connection: sqlite3.Connection, sql: str, _: object) -> None:
        if sql == "BEGIN IMMEDIATE" and connection.execute("PRAGMA user_version").fetchone() == (4,):
            levels.add(connection.execute("PRAGMA synchronous").fetchone()[0])

    spy(hook)
    async with aclosing(await open_store(path, durability=durability)) as store:
        await store.write([Document("key", 1)])
    assert levels == {synchronous}


class Hostile(str):
    """Text that claims to be any other."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("nobody may ask")

    __hash__ = None  # type: ignore[assignment]


class Incomparable:
    """Nothing that can be looked at."""

    __hash__ = None  # type: ignore[assignment]
    __eq__ = __repr__ = Hostile.__eq__  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("durability", "got"),
    [("never", "'never'"), ("", "''"), ("FAST", "'FAST'"), (Hostile("never"), "'never'")]
    + [
        (value, f"one {type(value).__name__}") for value in (None, 1, True, b"fast", ["fast"], Incomparable())
    ],
)
async def test_an_unknown_durability_is_refused(durability: Any, got: str, path: Path) -> None:
    for open_it in (SQLiteStore.open, open_store):
        with pytest.raises(InvalidArgumentError) as caught:
            await open_it(path, durability=durability)
        assert str(caught.value).endswith(f"durability: must be fast or full (got {got})")
    with pytest.raises(InvalidArgumentError, match=r"RedisStore\.durability: must be fast or full"):
        await RedisStore.open("redis://nowhere.example", durability=durability)
    assert not await asyncio.to_thread(path.exists)


def test_text_that_means_a_durability_is_one() -> None:
    for value in ("full", Durability.FULL, Hostile("full")):
        assert Durability.of(value, "durability") is Durability.FULL


async def test_a_relative_path_is_under_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.to_thread(monkeypatch.chdir, tmp_path)
    async with aclosing(await SQLiteStore.open("relative.db")) as store:
        assert store.url == f"sqlite:///{tmp_path / 'relative.db'}" and store.durable


@pytest.mark.parametrize("name", ["a%20b.db", "notes#1.db", "notes?2.db", "a\nb.db", "é ü&=+.db", "%"])
async def test_the_url_of_a_store_opens_the_same_file_again(name: str, tmp_path: Path) -> None:
    async with aclosing(await SQLiteStore.open(tmp_path / name)) as store:
        await store.write([Document("name", name)])
        async with aclosing(await open_store(store.url)) as again:
            assert await again.read_documents(["name"]) == [name] and again.url == store.url
        assert await store_exists(store.url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:////d/notes#1.db", "a # is written %23"),
        ("sqlite:////d/notes#", "a # is written %23"),
        ("sqlite:////d/a\nb.db", "a line break; percent-encode it"),
        ("sqlite:////d/notes?2.db", "unknown option '2.db'.* written %3F"),
        ("sqlite:////d/notes?busy=", "unknown option 'busy'"),
        ("sqlite:////d/notes?namespace=", "'namespace' must not be blank"),
        ("redis://h?namespace=", "'namespace' must not be blank"),
        ("sqlite:////d/a%00b", "NUL"),
    ],
)
def test_a_url_that_would_mean_another_file_is_refused(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse_url(url, "default")


def test_an_orderly_close_leaves_one_file(path: Path) -> None:
    async def live() -> None:
        async with aclosing(await SQLiteStore.open(path)) as store:
            await store.write([Document("key", 1)])

    asyncio.run(live())
    assert [file.name for file in path.parent.iterdir()] == ["brain.db"]


@pytest.mark.parametrize("ending", ["os._exit(0)", "pass"], ids=["killed", "forgotten"])
def test_what_was_acknowledged_outlives_a_process_that_never_closed(ending: str, path: Path) -> None:
    program = f"""
import asyncio, os
from neuro.stores.base import Document
from neuro.stores.redis import RedisStore
from neuro.stores.sqlite import SQLiteStore
async def live():
    store = await SQLiteStore.open({str(path)!r})
    await store.write([Document("key", [1, 2])])
    {ending}
asyncio.run(live())
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)

    async def read() -> list[Any]:
        async with aclosing(await SQLiteStore.open(path)) as store:
            return await store.read_documents(["key"])

    assert asyncio.run(read()) == [[1, 2]]
