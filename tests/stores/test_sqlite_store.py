"""The store on one SQLite file: the conformance checks, its one writer, and what its statements cost."""

import asyncio
import math
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlite_files import Files, Gate, Hook

from neuro.engram import Engram
from neuro.errors import (
    FeatureMismatchError,
    StaleEngramError,
    StoreClosedError,
    StoreUnavailableError,
)
from neuro.stores.base import Agenda, Document, Insert, Link, Placed, Remove, Replace, Unlink
from neuro.stores.fencing import fenced
from neuro.stores.sqlite import SQLiteStore
from neuro.testing.samples import (
    axis_features,
    sample_corpus,
    sample_engram,
    sample_id,
    sample_placed,
)
from neuro.testing.stores import DURABLE_CHECKS, STORE_CHECKS, check_namespaces_are_isolated
from neuro.testing.stores.engrams import counted

REGION = "neocortex"


# The contract


@pytest.mark.parametrize("check", STORE_CHECKS, ids=lambda check: check.__name__)
async def test_the_sqlite_store_keeps_the_contract(
    check: Callable[..., Awaitable[None]], tmp_path: Path
) -> None:
    await check(Files(tmp_path).make)


@pytest.mark.parametrize("check", DURABLE_CHECKS, ids=lambda check: check.__name__)
async def test_the_sqlite_store_is_durable(check: Callable[..., Awaitable[None]], tmp_path: Path) -> None:
    files = Files(tmp_path)
    await check(files.make, files.reopen)


async def test_namespaces_of_one_file_know_nothing_of_each_other(tmp_path: Path) -> None:
    files = Files(tmp_path)
    await check_namespaces_are_isolated(files.make, files.neighbour)


# The writer


async def test_writes_that_wait_together_share_one_commit_and_fail_alone(
    path: Path, spy: Callable[[Hook], None]
) -> None:
    commits: list[str] = []
    writers: set[sqlite3.Connection] = set()

    def hook(connection: sqlite3.Connection, sql: str, _: object) -> None:
        if sql == "BEGIN IMMEDIATE":
            writers.add(connection)
        if sql == "COMMIT" and connection in writers:
            commits.append(sql)

    spy(hook)
    gate = Gate()
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1)])
        held = await gate.close(engrams)
        before = len(commits)
        writes = [asyncio.create_task(engrams.insert([sample_placed(n)])) for n in range(2, 102)]
        writes.append(asyncio.create_task(engrams.insert([sample_placed(200), sample_placed(1, "other")])))
        await asyncio.sleep(0)
        gate.open()
        results = await asyncio.gather(held, *writes, return_exceptions=True)
        assert len(commits) == before + 2
        assert [type(result) for result in results[1:]] == [type(None)] * 100 + [StaleEngramError]
        assert await engrams.count(math.inf) == (101, 101)
        assert await engrams.get([sample_id(200)]) == [None]


async def test_a_cancelled_caller_neither_stops_its_write_nor_the_writer(path: Path) -> None:
    gate = Gate()
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1)])
        held = await gate.close(engrams)
        waiting = asyncio.create_task(engrams.insert([sample_placed(2)]))
        await asyncio.sleep(0)
        for task in (held, waiting):
            task.cancel()
        await asyncio.gather(held, waiting, return_exceptions=True)
        assert held.cancelled() and waiting.cancelled()
        gate.open()
        await engrams.insert([sample_placed(3)])
        assert [e.access_count for e in await engrams.scan()] == [1, 0, 0]


async def test_a_change_that_raises_what_no_future_takes_keeps_nobody_waiting(path: Path) -> None:
    def stop(held: Any) -> Any:
        raise StopIteration(held)

    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.engrams(REGION).insert([sample_placed(1)])
        with pytest.raises(RuntimeError, match="StopIteration"):
            await asyncio.wait_for(store.amend_document("a", stop), 10.0)
        with pytest.raises(RuntimeError, match="StopIteration"):
            await asyncio.wait_for(store.engrams(REGION).amend([sample_id(1)], stop, op_id="a"), 10.0)
        assert await store.amend_document("a", lambda held: [held]) == [None]


def test_a_result_for_a_loop_that_is_gone_is_dropped(path: Path) -> None:
    gate = Gate()

    async def leave() -> SQLiteStore:
        store = await SQLiteStore.open(path)
        await store.engrams(REGION).insert([sample_placed(1)])
        await gate.close(store.engrams(REGION))
        return store

    async def come_back(store: SQLiteStore) -> list[Engram]:
        async with aclosing(store):
            return await store.engrams(REGION).scan()

    store = asyncio.run(leave())
    gate.open()
    assert asyncio.run(come_back(store)) != []


async def test_a_full_disk_is_reported_and_nothing_is_half_written(
    path: Path, spy: Callable[[Hook], None]
) -> None:
    pages = [1_000_000]

    def hook(connection: sqlite3.Connection, sql: str, _: object) -> None:
        if sql == "BEGIN IMMEDIATE":
            sqlite3.Connection.execute(connection, f"PRAGMA max_page_count = {pages[0]}")

    spy(hook)
    items = [Placed(engram, 1e6) for engram in sample_corpus(200)]
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams = store.engrams(REGION)
        await engrams.insert(items[:1])
        pages[0] = 1  # no page more than there are
        with pytest.raises(StoreUnavailableError, match=r"brain\.db: database or disk is full"):
            await engrams.insert(items)
        assert await engrams.scan() == [items[0].engram]
        assert await engrams.count(math.inf) == (1, 1)
        pages[0] = 1_000_000
        await engrams.insert(items)
        assert await engrams.scan() == [item.engram for item in items]


async def test_a_locked_file_is_unavailable_until_the_lock_is_gone(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path, busy_timeout=0.01)) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1)])
        other = await asyncio.to_thread(sqlite3.connect, path, check_same_thread=False, isolation_level=None)
        try:
            await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailableError, match=r"brain\.db: database is locked"):
                await engrams.insert([sample_placed(2)])
            assert await engrams.get([sample_id(1)]) == [sample_engram(1)]
        finally:
            await asyncio.to_thread(other.close)
        await engrams.insert([sample_placed(2)])
        assert len(await engrams.scan()) == 2


async def test_an_engram_given_twice_at_once_is_stored_once(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams, item = store.engrams(REGION), sample_placed(1)
        await engrams.insert([item, item])
        assert await engrams.scan() == [item.engram]
        with pytest.raises(StaleEngramError):
            await engrams.insert([sample_placed(2), sample_placed(2, "other")])
        assert await engrams.scan() == [item.engram]


async def test_features_of_another_dimension_are_refused_while_there_are_others(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams, narrow = store.engrams(REGION), sample_placed(3, features=axis_features(1)[:, :8])
        await engrams.insert([sample_placed(1, features=axis_features(1))])
        with pytest.raises(FeatureMismatchError, match=rf"{REGION} holds dimension 16 \(got 8\)"):
            await engrams.insert([sample_placed(2), narrow])
        assert await engrams.scan() == [sample_engram(1, features=axis_features(1))]
        await store.write([Remove(REGION, sample_id(1)), Insert(REGION, narrow)])
        assert await engrams.scan() == [narrow.engram]


async def test_closing_waits_for_the_writes_in_the_queue(path: Path) -> None:
    gate, store = Gate(), await SQLiteStore.open(path)
    await store.engrams(REGION).insert([sample_placed(1)])
    held = await gate.close(store.engrams(REGION))
    write = asyncio.create_task(store.write([Document("last", "words")]))
    await asyncio.sleep(0)
    closings = [asyncio.create_task(store.aclose()) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(StoreClosedError):
        await store.write([Document("too", "late")])
    gate.open()
    await asyncio.gather(held, write, *closings)
    async with aclosing(await SQLiteStore.open(path)) as store:
        assert await store.read_documents(["last", "too"]) == ["words", None]


async def test_the_last_to_close_folds_the_log_into_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []

    class Slow(sqlite3.Connection):
        def close(self) -> None:
            name = threading.current_thread().name
            time.sleep(0.1 if name.endswith("reader") else 0.0)
            super().close()
            closed.append(name)

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Slow))
    store = await SQLiteStore.open(path)
    await store.write([Document("key", 1)])
    await store.aclose()
    assert closed == ["neuro-sqlite-reader", "neuro-sqlite-writer"]
    assert [file.name for file in await asyncio.to_thread(lambda: list(path.parent.iterdir()))] == [path.name]


async def test_a_close_that_is_cancelled_closes_all_the_same(path: Path) -> None:
    gate, store = Gate(), await SQLiteStore.open(path)
    await store.engrams(REGION).insert([sample_placed(1)])
    held = await gate.close(store.engrams(REGION))
    closing = asyncio.create_task(store.aclose())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    for late in (store.write([Document("too", "late")]), store.read_documents(["too"])):
        with pytest.raises(StoreClosedError):
            await late
    gate.open()
    assert [engram.access_count for engram in await held] == [1]
    await store.aclose()
    assert [file.name for file in await asyncio.to_thread(lambda: list(path.parent.iterdir()))] == [path.name]


def test_a_loop_that_ends_while_a_store_closes_does_not_keep_it_from_closing(path: Path) -> None:
    gate = Gate()

    async def live() -> None:
        store = await SQLiteStore.open(path)
        await store.engrams(REGION).insert([sample_placed(1)])
        held = await gate.close(store.engrams(REGION))
        closing = asyncio.create_task(store.aclose())
        await asyncio.sleep(0)
        held.cancel()
        closing.cancel()

    asyncio.run(live())
    gate.open()
    for _ in range(1000):
        if [file.name for file in path.parent.iterdir()] == [path.name]:
            break
        time.sleep(0.01)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


async def test_what_another_process_changes_shows_at_once(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as one, aclosing(await SQLiteStore.open(path)) as other:
        here, there = one.engrams(REGION), other.engrams(REGION)
        await here.insert([sample_placed(1), sample_placed(2)])
        await there.insert([sample_placed(3)])
        await there.delete(sample_id(1))
        changed = await there.amend([sample_id(2)], counted, op_id="a")
        assert await here.scan() == [*changed, sample_engram(3)]
        assert await here.get([sample_id(3), sample_id(1)]) == [sample_engram(3), None]


# What it costs


async def test_no_statement_scans_a_table(path: Path, spy: Callable[[Hook], None]) -> None:
    plans: dict[str, list[str]] = {}

    def hook(connection: sqlite3.Connection, sql: str, parameters: Any) -> None:
        if sql.split()[0] in ("SELECT", "UPDATE", "DELETE", "INSERT"):
            rows = sqlite3.Connection.execute(connection, f"EXPLAIN QUERY PLAN {sql}", parameters)
            plans[sql] = [row[3] for row in rows]

    store = await SQLiteStore.open(path)
    spy(hook)
    async with aclosing(store), aclosing(await SQLiteStore.open(path)) as spied:
        plans.clear()
        await every_verb(spied)
    assert len(plans) > 35
    for sql, plan in plans.items():
        scans = [step for step in plan if step.startswith("SCAN") and "VIRTUAL TABLE INDEX" not in step]
        assert not scans, f"{sql}: {plan}"
        assert not [step for step in plan if "TEMP B-TREE" in step], f"{sql}: {plan}"
        for column in ("engram_id", "digest", "source_id"):
            if f"{column} IN (SELECT value" in sql:
                assert f"{column}=?" in plan[0], f"{sql}: {plan}"
        if sql.startswith("DELETE FROM link") and "target_id" in sql:
            assert "target_id=?" in plan[0], f"{sql}: {plan}"
        if "ORDER BY" in sql and "_at <" in sql:
            assert "USING COVERING INDEX" in plan[0] and "_at<?" in plan[0], f"{sql}: {plan}"
        if "count(*)" in sql:
            assert "USING COVERING INDEX" in plan[0] and "forgotten_at<?" in plan[0], f"{sql}: {plan}"


async def every_verb(store: SQLiteStore) -> None:
    engrams, ids = store.engrams(REGION), [sample_id(n) for n in (1, 2, 3)]
    await engrams.insert([sample_placed(n, features=axis_features(n), forgotten_at=5.0) for n in (1, 2)])
    await engrams.insert([sample_placed(3)], writer="me")
    await engrams.insert([sample_placed(3)])
    await engrams.amend(ids[:1], counted, op_id="a")
    await engrams.get(ids)
    await engrams.find([sample_engram(1).digest])
    await engrams.scan()
    await engrams.due(9.0, limit=3)
    await engrams.demote(ids, 9.0)
    for agenda in Agenda:
        await engrams.upcoming(agenda, 9.0, limit=3)
    await engrams.count(9.0)
    await engrams.delete(ids[0])
    links = [Link("a", "b", "temporal", 1.0), Link("a", "c", "temporal", 0.0), Unlink("a")]
    replace = Replace(REGION, counted(sample_engram(3)), 0)
    await store.write([*links, replace, Document("key", 1), Document("old", None)], op_id="a")
    await store.links(["a"])
    await store.read_documents(["key"])
    await store.amend_document("key", lambda held: held)
    await store.news((await store.news(None)).position)
    await store.beat("me", 1.0)
    await store.adopt(REGION, "you", silent_since=2.0)
    await store.retire("me")
    lease = await store.acquire("me", now=1.0, until=2.0)
    await store.quarantine()
    await store.discard(ids)
    await store.renew(lease, until=3.0)
    with fenced(lease.fence):
        await engrams.delete(ids[1])
    await store.release(lease)
