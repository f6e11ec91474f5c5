"""A disk that is full, fails or goes away under a file: nothing acknowledged is lost, and it goes on by itself."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from sqlite_files import Hook

from neuro.errors import StoreUnavailableError
from neuro.stores.base import Document
from neuro.stores.sqlite import SQLiteStore
from neuro.testing.samples import sample_id, sample_placed

REGION = "neocortex"

UNDER_A_LIMIT = """
import asyncio, json, resource, sys
from neuro.errors import StoreUnavailableError
from neuro.stores.sqlite import SQLiteStore
from neuro.testing.samples import sample_placed

async def live(path, durability):
    store = await SQLiteStore.open(path, durability=durability)
    engrams, kept, refused = store.engrams("neocortex"), [], []
    async def perceive(number):
        try:
            await engrams.insert([sample_placed(number, "word " * 400 + str(number))])
            kept.append(number)
        except StoreUnavailableError as error:
            refused.append(str(error))
    await perceive(0)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
    for number in range(1, 120):
        await perceive(number)
    stored = len(await engrams.scan(limit=1000))
    under_limit = len(kept)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    for number in range(120, 140):
        await perceive(number)
    flaws = await store.verify()
    await store.aclose()
    print(json.dumps([kept, refused, stored, under_limit, flaws]))

asyncio.run(live(*sys.argv[1:]))
"""


@pytest.mark.parametrize("durability", ["fast", "full"])
def test_a_limit_on_the_size_of_files_costs_nothing_that_was_acknowledged(
    durability: str, path: Path
) -> None:
    run = subprocess.run(
        [sys.executable, "-c", UNDER_A_LIMIT, str(path), durability],
        check=True, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    kept, refused, stored, under_limit, flaws = json.loads(run.stdout)
    assert stored == under_limit < 120 and refused, "the limit was never met"
    assert all("brain.db" in told and "goes on by itself" in told for told in refused)
    assert kept[-20:] == list(range(120, 140)), "it did not go on when there was room"
    assert flaws == []

    async def read() -> list[str]:
        async with aclosing(await SQLiteStore.open(path)) as store:
            return [engram.engram_id for engram in await store.engrams(REGION).scan(limit=1000)]

    assert asyncio.run(read()) == [sample_id(number) for number in kept]


def failure(code: int, message: str) -> sqlite3.OperationalError:
    """What SQLite raises."""
    error = sqlite3.OperationalError(message)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "message", "advice", "reopened"),
    [
        (sqlite3.SQLITE_IOERR | (3 << 8), "disk I/O error", "see to its disk", True),
        (sqlite3.SQLITE_READONLY, "attempt to write a readonly database", "be allowed to write", True),
        (sqlite3.SQLITE_CANTOPEN, "unable to open database file", "must exist", True),
        (sqlite3.SQLITE_FULL, "database or disk is full", "make room", False),
        (sqlite3.SQLITE_BUSY, "database is locked", "another process is writing", False),
        (sqlite3.SQLITE_NOMEM, "out of memory", "free some memory", False),
    ],
)
@pytest.mark.parametrize("statement", ["BEGIN IMMEDIATE", "INSERT INTO engram", "COMMIT"])
async def test_a_write_that_fails_says_what_to_do_and_is_not_done(
    statement: str,
    code: int,
    message: str,
    advice: str,
    reopened: bool,
    path: Path,
    spy: Callable[[Hook], None],
) -> None:
    failing, writers = [False], set[sqlite3.Connection]()

    def hook(connection: sqlite3.Connection, sql: str, _: object) -> None:
        if sql == "BEGIN IMMEDIATE":
            writers.add(connection)
        if failing[0] and connection in writers and sql.startswith(statement):
            raise failure(code, message)

    spy(hook)
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1)])
        before, failing[0] = len(writers), True
        with pytest.raises(StoreUnavailableError, match=rf"brain\.db: {message}: .*{advice}"):
            await engrams.insert([sample_placed(2)])
        failing[0] = False
        assert [e.engram_id for e in await engrams.scan()] == [sample_id(1)]
        await engrams.insert([sample_placed(3)])
        assert len(await engrams.scan()) == 2
        assert (len(writers) > before) == reopened, (
            "a connection that broke was kept, or a sound one given up"
        )


async def test_a_file_that_cannot_be_opened_again_is_tried_at_each_write(
    path: Path, spy: Callable[[Hook], None]
) -> None:
    failing = [False]

    def hook(connection: sqlite3.Connection, sql: str, _: object) -> None:
        if failing[0] and sql in ("BEGIN IMMEDIATE", "BEGIN", "PRAGMA user_version"):
            raise failure(sqlite3.SQLITE_IOERR, "disk I/O error")

    spy(hook)
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.write([Document("a", 1)])
        failing[0] = True
        for _ in range(3):
            with pytest.raises(StoreUnavailableError, match="disk I/O error"):
                await store.write([Document("a", 2)])
            with pytest.raises(StoreUnavailableError, match="disk I/O error"):
                await store.read_documents(["a"])
        failing[0] = False
        assert await store.read_documents(["a"]) == [1]
        await store.write([Document("a", 3)])
        assert await store.read_documents(["a"]) == [3]


async def test_a_read_that_fails_is_tried_on_a_new_connection(
    path: Path, spy: Callable[[Hook], None]
) -> None:
    failing, readers = [False], set[sqlite3.Connection]()

    def hook(connection: sqlite3.Connection, sql: str, _: object) -> None:
        if sql.startswith("SELECT key"):
            readers.add(connection)
            if failing[0]:
                raise failure(sqlite3.SQLITE_IOERR, "disk I/O error")

    spy(hook)
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.write([Document("a", 1)])
        failing[0] = True
        with pytest.raises(StoreUnavailableError, match="see to its disk"):
            await store.read_documents(["a"])
        failing[0] = False
        assert await store.read_documents(["a"]) == [1]
        assert len(readers) == 2


async def test_nothing_is_written_to_a_file_that_is_not_there_any_more(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.write([Document("a", 1)])
        away = path.with_name("away.db")
        await asyncio.to_thread(path.rename, away)
        for verb in (lambda: store.write([Document("a", 2)]), lambda: store.read_documents(["a"])):
            with pytest.raises(
                StoreUnavailableError, match=r"brain\.db: has been moved, deleted or replaced"
            ):
                await verb()
        assert not await asyncio.to_thread(path.exists), "an empty file was made in its place"
        await asyncio.to_thread(path.write_bytes, b"")
        with pytest.raises(StoreUnavailableError, match="put it back"):
            await store.write([Document("a", 2)])
        await asyncio.to_thread(away.replace, path)
        await store.write([Document("b", 2)])
        assert await store.read_documents(["a", "b"]) == [1, 2]
