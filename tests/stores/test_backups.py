"""Saving a store to a file and restoring it, on SQLite and on Redis."""

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from fakeredis import FakeServer
from sqlite_files import Hook, aside

from neuro.errors import (
    ConfigurationError,
    CorruptRecordError,
    InvalidArgumentError,
    StoreError,
    StoreUnavailableError,
)
from neuro.stores import open_store, redis_connection, sqlite_backup
from neuro.stores.backups import Backup, restore, save
from neuro.stores.opening import store_exists
from neuro.stores.sqlite_verify import Found
from neuro.testing.redis import fake_redis
from neuro.testing.samples import sample_id, sample_placed
from neuro.testing.stores.images import image_of
from neuro.testing.stores.random_life import lived

URL = "redis://:s3cret@memory.example:6380"
REGION = "neocortex"


@pytest.fixture(autouse=True)
def one_server(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """All clients find the same server."""
    monkeypatch.setattr(redis_connection, "open_client", lambda _: fake_redis(server))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return tmp_path / "saved.db"


async def image(url: str | Path, namespace: str = "default") -> list[object]:
    async with aclosing(await open_store(url, namespace=namespace)) as store:
        assert await store.verify() == []
        return await image_of(store)


async def fill(url: str | Path, *, seed: int, namespace: str = "default") -> list[object]:
    async with aclosing(await open_store(url, namespace=namespace)) as store:
        await lived(store, seed=seed)
        return await image_of(store)


async def engrams_in(file: Path) -> int:
    [(count,)] = await asyncio.to_thread(aside, file, "SELECT count(*) FROM engram")
    return count


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


# Files


async def test_a_file_is_saved_and_restored_whole_while_it_is_open(path: Path, saved: Path) -> None:
    async with aclosing(await open_store(path)) as store:
        await lived(store, seed=1)
        expected = await image_of(store)
        others = await fill(path, seed=2, namespace="other")
        backup = await save(str(path), saved)
        await store.engrams(REGION).insert([sample_placed(99)])
    assert set(backup.engrams) == {"default", "other"}
    assert await asyncio.to_thread(names, path.parent) == ["brain.db", "saved.db"]
    target = path.with_name("restored.db")
    assert await restore(saved, f"sqlite:///{target}") == backup
    assert (await image(target), await image(target, "other")) == (expected, others)
    assert (await image(saved), await image(saved, "other")) == (expected, others)


async def test_a_file_of_an_older_schema_is_saved_as_it_is(path: Path, saved: Path) -> None:
    await fill(path, seed=1)
    await asyncio.to_thread(aside, path, "PRAGMA user_version = 99")
    with pytest.raises(CorruptRecordError, match="schema version 99"):
        await save(str(path), saved)
    await asyncio.to_thread(aside, path, "PRAGMA user_version = 3")
    await save(str(path), saved)
    for file in (path, saved):
        assert await asyncio.to_thread(aside, file, "PRAGMA user_version") == [(3,)]


async def test_a_backup_is_no_easier_to_read_than_what_it_is_of(path: Path, saved: Path) -> None:
    await fill(path, seed=1)
    await asyncio.to_thread(path.chmod, 0o600)
    await save(str(path), saved)
    assert (await asyncio.to_thread(saved.stat)).st_mode & 0o777 == 0o600


async def test_a_backup_is_one_file_that_needs_no_log(path: Path, saved: Path) -> None:
    await fill(path, seed=1)
    await save(str(path), saved)

    def read() -> list[tuple[str]]:
        connection = sqlite3.connect(f"{saved.as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            return connection.execute("PRAGMA journal_mode").fetchall()
        finally:
            connection.close()

    assert await asyncio.to_thread(read) == [("delete",)]


async def test_nothing_is_overwritten(path: Path, saved: Path) -> None:
    before = await fill(path, seed=1)
    await fill(saved, seed=2)
    with pytest.raises(InvalidArgumentError, match="there is a file already"):
        await save(str(path), saved)
    with pytest.raises(InvalidArgumentError, match="there is a memory already; end the programs"):
        await restore(saved, str(path))
    assert await image(path) == before


async def test_an_open_file_is_not_replaced_under_a_brain(path: Path, saved: Path) -> None:
    async with aclosing(await open_store(path)) as store:
        await lived(store, seed=1)
        await save(str(path), saved)
        with pytest.raises(InvalidArgumentError, match="there is a memory already"):
            await restore(saved, str(path))
        before = await image_of(store)
        await asyncio.to_thread(path.rename, path.with_name("moved.db"))
        with pytest.raises(InvalidArgumentError, match=r"brain\.db-wal: there is a file already"):
            await restore(saved, str(path))
        for end in ("-wal", "-shm"):
            log = path.with_name(f"{path.name}{end}")
            await asyncio.to_thread(log.rename, path.with_name(f"moved.db{end}"))
        await restore(saved, str(path))
        with pytest.raises(StoreUnavailableError, match="has been moved, deleted or replaced"):
            await store.engrams(REGION).insert([sample_placed(99)])
    assert await image(path) == before


class Paused:
    """A copy that waits when it is all but done."""

    def __init__(self, spy: Callable[[Hook], None]) -> None:
        self._reached, self._goes_on = threading.Event(), threading.Event()
        spy(self._hook)

    def _hook(self, _: object, sql: str, __: object) -> None:
        if sql == "PRAGMA quick_check":
            self._reached.set()
            assert self._goes_on.wait(30.0)

    async def reached(self) -> None:
        assert await asyncio.to_thread(self._reached.wait, 30.0)

    def go_on(self) -> None:
        self._goes_on.set()


async def test_a_memory_that_begins_where_one_is_being_restored_is_not_replaced(
    path: Path, saved: Path, spy: Callable[[Hook], None]
) -> None:
    await fill(saved, seed=1)
    copying = Paused(spy)
    restoring = asyncio.create_task(restore(saved, str(path)))
    await copying.reached()
    async with aclosing(await open_store(path)) as store:
        await store.engrams(REGION).insert([sample_placed(n) for n in range(5)])
        copying.go_on()
        with pytest.raises(InvalidArgumentError, match="there is a file already"):
            await restoring
        assert await store.engrams(REGION).count(0.0) == (5, 0)
    async with aclosing(await open_store(path)) as store:
        assert await store.verify() == []
        assert await store.engrams(REGION).count(0.0) == (5, 0)


@pytest.mark.parametrize("act", [save, restore])
async def test_what_is_cancelled_leaves_nothing_and_can_be_done_again(
    act: Callable[[Any, Any], Awaitable[Backup]], path: Path, saved: Path, spy: Callable[[Hook], None]
) -> None:
    await fill(path, seed=1)
    source, target = (str(path), saved) if act is save else (path, str(saved))
    copying = Paused(spy)
    task = asyncio.ensure_future(act(source, target))
    await copying.reached()
    task.cancel()
    for _ in range(3):
        await asyncio.sleep(0)
    copying.go_on()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(names, path.parent) == ["brain.db"]
    assert (await act(source, target)).engrams == {"default": await engrams_in(saved)}


async def test_a_file_is_verified_before_it_appears(
    path: Path, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(saved, seed=1)

    def fail(*_: object) -> list[Found]:
        assert not path.exists()
        raise CorruptRecordError("unreadable")

    monkeypatch.setattr(sqlite_backup, "find_flaws", fail)
    with pytest.raises(CorruptRecordError, match="unreadable"):
        await restore(saved, str(path))
    assert await asyncio.to_thread(names, path.parent) == ["saved.db"]


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (None, InvalidArgumentError, "no such file"),
        (b"", InvalidArgumentError, "holds no memory"),
        (b"dear diary, " * 1000, CorruptRecordError, "not a database"),
    ],
    ids=["missing", "empty", "letters"],
)
async def test_what_is_no_backup_is_not_restored(content, error, said, path: Path, saved: Path) -> None:
    if content is not None:
        await asyncio.to_thread(saved.write_bytes, content)
    for place in (str(path), URL):
        with pytest.raises(error, match=said):
            await restore(saved, place)
    assert not await asyncio.to_thread(path.exists)
    assert not await store_exists(URL)


async def test_a_database_of_something_else_is_neither_saved_nor_restored(path: Path, saved: Path) -> None:
    await asyncio.to_thread(aside, path, "CREATE TABLE letters (a)")
    with pytest.raises(StoreError, match="something else"):
        await save(str(path), saved)
    with pytest.raises(StoreError, match="something else"):
        await restore(path, str(saved))
    assert await asyncio.to_thread(names, path.parent) == ["brain.db"]


async def test_flaws_of_a_backup_are_told_when_it_is_restored(path: Path, saved: Path) -> None:
    async with aclosing(await open_store(path)) as store:
        await store.engrams(REGION).insert([sample_placed(1), sample_placed(2)])
    await asyncio.to_thread(aside, path, "UPDATE engram SET dynamics = '{' WHERE id = 1")
    await save(str(path), saved)
    backup = await restore(saved, str(path.with_name("restored.db")))
    [flaw] = backup.flaws
    assert sample_id(1) in flaw.key and not flaw.repaired


# Redis


async def test_a_namespace_of_a_redis_is_saved_to_a_file_and_restored(path: Path, saved: Path) -> None:
    expected = await fill(URL, seed=1, namespace="ann")
    await fill(URL, seed=2, namespace="bob")
    told = list[int]()
    backup = await save(f"{URL}?namespace=ann", saved, on_engrams=told.append)
    assert backup.engrams == {"ann": sum(told)}
    assert await asyncio.to_thread(names, saved.parent) == ["saved.db"]
    assert await image(saved, "ann") == expected
    await restore(saved, URL, namespace="copy")
    assert await image(URL, "copy") == expected
    await restore(saved, str(path))
    assert await image(path, "ann") == expected


async def test_of_several_namespaces_in_a_file_the_one_that_is_asked_for_is_restored(path: Path) -> None:
    ann, bob = [await fill(path, seed=n, namespace=name) for n, name in enumerate(("ann", "bob"))]
    await restore(path, URL, namespace="bob")
    await restore(path, URL, namespace="copy", source="ann")
    assert (await image(URL, "bob"), await image(URL, "copy")) == (bob, ann)
    for options in ({"namespace": "eve"}, {"namespace": "eve", "source": "default"}):
        with pytest.raises(InvalidArgumentError, match="only 'ann', 'bob'"):
            await restore(path, URL, **options)
    assert not await store_exists(URL, namespace="eve")
    with pytest.raises(InvalidArgumentError, match="as a whole"):
        await restore(path, str(path.with_name("restored.db")), source="ann")


async def test_a_memory_on_a_redis_is_not_overwritten(path: Path) -> None:
    await fill(path, seed=1)
    before = await fill(URL, seed=2)
    with pytest.raises(InvalidArgumentError, match="there is a memory already") as caught:
        await restore(path, URL)
    assert "s3cret" not in str(caught.value)
    assert await image(URL) == before


async def test_a_backup_that_fails_leaves_no_file(
    saved: Path, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_connection, "ANSWER_TIMEOUT", 0.1)
    await fill(URL, seed=1)

    def cut(_: int) -> None:
        server.connected = False

    with pytest.raises(StoreUnavailableError):
        await save(URL, saved, on_engrams=cut)
    assert await asyncio.to_thread(names, saved.parent) == []


# What is not there


@pytest.mark.parametrize("url", ["memory://", URL, "missing.db"])
async def test_what_is_not_there_is_neither_saved_nor_made(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: FakeServer
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not await store_exists(url)
    with pytest.raises(InvalidArgumentError, match="no store"):
        await save(url, tmp_path / "saved.db")
    assert await asyncio.to_thread(names, tmp_path) == []
    client = fake_redis(server)
    assert await client.dbsize() == 0
    await client.aclose()


async def test_a_namespace_that_was_only_opened_holds_nothing_to_be_saved(saved: Path) -> None:
    async with aclosing(await open_store(URL)):
        assert await store_exists(URL)
    with pytest.raises(InvalidArgumentError, match="holds no memory"):
        await save(URL, saved)
    assert await asyncio.to_thread(names, saved.parent) == []


async def test_nothing_is_restored_into_what_nothing_outlives(path: Path) -> None:
    await fill(path, seed=1)
    with pytest.raises(InvalidArgumentError, match="nothing outlives"):
        await restore(path, "memory://")


@pytest.mark.parametrize("namespace", ["", " ", "{a}"])
async def test_a_namespace_that_redis_cannot_have_is_an_error(namespace: str) -> None:
    with pytest.raises(ConfigurationError, match="namespace"):
        await store_exists(URL, namespace=namespace)


@pytest.mark.parametrize("old", ["doc", "jrn", "arriving:neocortex"])
async def test_a_namespace_of_the_first_layout_is_there(old: str, server: FakeServer) -> None:
    client = fake_redis(server)
    await client.hset(f"neuro:{{default}}:{old}", "a", "1")
    await client.aclose()
    assert await store_exists(URL)
    assert not await store_exists(URL, namespace="other")
