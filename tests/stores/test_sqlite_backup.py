"""Copying a SQLite file that is in use."""

import asyncio
import fcntl
import os
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


async def test_a_copy_that_cannot_be_made_says_so_by_an_error_of_neuros_own(path: Path, copy: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        for impossible in ("a\0b", "/proc/x.db", copy.with_name("x" * 300), copy.with_name("x" * 250)):
            with pytest.raises((InvalidArgumentError, StoreUnavailableError)):
                await store.backup(impossible)
        folder = copy.with_name("folder")
        await asyncio.to_thread(folder.mkdir)
        left_over = copy.with_name("copy.db.partial")
        await asyncio.to_thread(left_over.symlink_to, folder / "nowhere" / "x")
        with pytest.raises(InvalidArgumentError, match="delete it"):
            await store.backup(copy)
        await asyncio.to_thread(left_over.unlink)
        await store.backup(copy)


def refuse(*_: object, **__: object) -> None:
    raise PermissionError("not here")


@pytest.mark.parametrize("step", ["mkdir", "replace"])
async def test_a_copy_that_cannot_get_its_name_says_so(
    step: str, path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        with monkeypatch.context() as patch:
            patch.setattr(os, "link", refuse)
            patch.setattr(Path, step, refuse)
            with pytest.raises(StoreUnavailableError, match=r"copy\.db: not here"):
                await store.backup(copy)
        assert not {name for name in await asyncio.to_thread(names, path) if name.startswith("copy")}


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("end", ["", "-wal", "-journal"])
async def test_what_appears_in_its_place_during_the_copy_is_not_replaced(
    end: str,
    links: bool,
    path: Path,
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
    spy: Callable[[Hook], None],
) -> None:
    other = copy.with_name(f"copy.db{end}")

    def hook(_: object, sql: str, __: object) -> None:
        if sql == "PRAGMA quick_check":
            other.write_bytes(b"letters")

    async with aclosing(await SQLiteStore.open(path)) as store:
        if not links:
            monkeypatch.setattr(os, "link", refuse)
        await store.backup(copy.with_name("before.db"))
        spy(hook)
        with pytest.raises(InvalidArgumentError, match="there is a file already"):
            await store.backup(copy)
        assert await asyncio.to_thread(other.read_bytes) == b"letters"
        assert {name for name in await asyncio.to_thread(names, path) if "copy" in name} == {other.name}


async def test_what_appears_in_its_place_at_the_last_moment_is_not_replaced(
    path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        for link in (os.link, refuse):

            def late(source: Path, target: Path, link: Callable[..., None] = link) -> None:
                target.write_bytes(b"letters")
                link(source, target)

            monkeypatch.setattr(os, "link", late)
            with pytest.raises(InvalidArgumentError, match="there is a file already"):
                await store.backup(copy)
            assert await asyncio.to_thread(copy.read_bytes) == b"letters"
            await asyncio.to_thread(copy.unlink)


async def test_what_a_killed_copy_has_left_is_taken_over(path: Path, copy: Path) -> None:
    left_over = copy.with_name("copy.db.partial")
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.write([Document("a", 1)])
        await asyncio.to_thread(left_over.mkdir)
        for name in ("lock", "copy.db", "copy.db-journal"):
            await asyncio.to_thread((left_over / name).write_bytes, b"half")
        lock = await asyncio.to_thread(os.open, left_over / "lock", os.O_RDWR)
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InvalidArgumentError, match="being written by another copy"):
            await store.backup(copy)
        assert await asyncio.to_thread((left_over / "copy.db").read_bytes) == b"half"
        os.close(lock)  # as when its process ends, however that does
        await store.backup(copy)
    assert await asyncio.to_thread(names, path) == {"brain.db", "copy.db"}
    assert await asyncio.to_thread(aside, copy, "SELECT value FROM bookkeeping") == [("1",)]


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
