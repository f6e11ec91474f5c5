"""Copying a SQLite file that is in use."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from sqlite_files import Hook, aside

from neuro.errors import CorruptRecordError, InvalidArgumentError, StoreUnavailableError
from neuro.stores.base import Document
from neuro.stores.sqlite import SQLiteStore
from neuro.testing.samples import axis_features, sample_id, sample_placed

REGION = "neocortex"


@pytest.fixture
def copy(path: Path) -> Path:
    return path.with_name("copy.db")


def names(path: Path) -> set[str]:
    return {file.name for file in path.parent.iterdir()}


async def test_a_copy_is_the_file_at_one_moment_while_others_write(path: Path, copy: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(n, features=axis_features(n % 16)) for n in range(2000)])
        async with aclosing(await SQLiteStore.open(path, namespace="another")) as other:
            await other.write([Document("a", 1)])
        copying, number = asyncio.create_task(store.backup(copy)), 2000
        while not copying.done():
            await engrams.insert([sample_placed(number), sample_placed(number + 1)])
            assert await engrams.get([sample_id(number - 1)]) != [None]
            number += 2
        await copying
        assert number > 2002, "writing waited for the copy"
    async with aclosing(await SQLiteStore.open(copy)) as store:
        count, _ = await store.engrams(REGION).count(0.0)
        assert 2000 <= count <= number and count % 2 == 0, "the copy tore a write"
        assert await store.verify() == []
    async with aclosing(await SQLiteStore.open(copy, namespace="another")) as other:
        assert await other.read_documents(["a"]) == [1]


async def test_a_copy_is_one_file(path: Path, copy: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.write([Document("a", 1)])
        await store.backup(str(copy))
    assert await asyncio.to_thread(names, path) == {"brain.db", "copy.db"}
    assert await asyncio.to_thread(aside, copy, "SELECT value FROM bookkeeping") == [("1",)]


async def test_a_copy_overwrites_nothing(path: Path, copy: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        await asyncio.to_thread(copy.write_bytes, b"letters")
        with pytest.raises(InvalidArgumentError, match="there is a file already"):
            await store.backup(copy)
        assert await asyncio.to_thread(copy.read_bytes) == b"letters"
        with pytest.raises(InvalidArgumentError, match="missing does not exist"):
            await store.backup(path.parent / "missing" / "copy.db")
        await asyncio.to_thread(copy.unlink)
        left_over = copy.with_name("copy.db.partial")
        await asyncio.to_thread(left_over.write_bytes, b"half")
        with pytest.raises(InvalidArgumentError, match="interrupted: delete it"):
            await store.backup(copy)
        assert await asyncio.to_thread(left_over.read_bytes) == b"half"


async def test_of_two_copies_to_one_place_at_once_one_is_made(path: Path, copy: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.engrams(REGION).insert([sample_placed(n) for n in range(500)])
        results = await asyncio.gather(store.backup(copy), store.backup(copy), return_exceptions=True)
        assert {type(result) for result in results} == {type(None), InvalidArgumentError}
    async with aclosing(await SQLiteStore.open(copy)) as store:
        assert await store.verify() == []


@pytest.mark.parametrize("problem", ["full", "damaged"])
async def test_a_copy_that_fails_leaves_nothing_behind(
    problem: str, path: Path, copy: Path, spy: Callable[[Hook], None]
) -> None:
    def hook(connection: Any, sql: str, _: object) -> None:
        if sql == "PRAGMA quick_check":
            if problem == "full":
                connection.execute("PRAGMA max_page_count = 1")
                connection.execute("CREATE TABLE too_much (a)")
                connection.execute("INSERT INTO too_much VALUES (zeroblob(10000000))")
            else:
                connection.execute("PRAGMA writable_schema = ON")
                connection.execute("UPDATE sqlite_master SET rootpage = 3 WHERE rootpage = 2")
                connection.commit()
                connection.execute("PRAGMA writable_schema = RESET")

    spy(hook)
    expected = StoreUnavailableError if problem == "full" else CorruptRecordError
    async with aclosing(await SQLiteStore.open(path)) as store:
        with pytest.raises(expected, match=r"copy\.db"):
            await store.backup(copy)
        assert not {name for name in await asyncio.to_thread(names, path) if name.startswith("copy")}
        assert await store.verify() == []
