"""The store on one SQLite file: the conformance checks, and what only a file can do."""

import asyncio
import itertools
import math
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from neuro.engram import Engram
from neuro.errors import (
    ConfigurationError,
    CorruptRecordError,
    FeatureMismatchError,
    StaleEngramError,
    StoreClosedError,
    StoreError,
    StoreUnavailableError,
)
from neuro.indexing.probe import Frequencies, Probe
from neuro.indexing.terms import terms
from neuro.stores.base import Agenda, EngramStore, Link, Placed
from neuro.stores.memory import MemoryStore
from neuro.stores.sqlite import SQLiteStore
from neuro.testing.samples import (
    axis_features,
    fragmented,
    sample_corpus,
    sample_engram,
    sample_features,
    sample_id,
    sample_placed,
    sample_probe,
)
from neuro.testing.stores import DURABLE_CHECKS, STORE_CHECKS, check_namespaces_are_isolated
from neuro.testing.stores.engrams import counted

REGION = "neocortex"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "brain.db"


class Files:
    """Fresh files, the last of which can be opened again."""

    def __init__(self, folder: Path) -> None:
        self._paths = (folder / f"{i}.db" for i in itertools.count())
        self._path = next(self._paths)

    async def make(self) -> SQLiteStore:
        self._path = next(self._paths)
        return await SQLiteStore.open(self._path)

    async def reopen(self) -> SQLiteStore:
        return await SQLiteStore.open(self._path)

    async def neighbour(self) -> SQLiteStore:
        return await SQLiteStore.open(self._path, namespace="another")


Hook = Callable[[sqlite3.Connection, str, Any], object]


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Callable[[Hook], None]:
    """Calls a hook, in the thread of the connection, before every statement of a store."""

    def install(hook: Hook) -> None:
        class Spied(sqlite3.Connection):
            def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
                hook(self, sql, parameters)
                return super().execute(sql, parameters)

            def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
                rows = list(parameters)
                for row in rows[:1]:
                    hook(self, sql, row)
                return super().executemany(sql, rows)

        monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Spied))

    return install


def aside(path: Path, *statements: str) -> list[Any]:
    """Runs statements as another program would; returns what the last one answers."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return [connection.execute(statement).fetchall() for statement in statements][-1]
    finally:
        connection.close()


async def found_ids(engrams: EngramStore, probe: Probe, limit: int = 10) -> list[str]:
    return [match.engram_id for match in await engrams.search(probe, limit=limit)]


class Gate:
    """An amend that keeps the writer busy until it is opened."""

    def __init__(self) -> None:
        self._entered = threading.Event()
        self._opened = threading.Event()

    def change(self, engram: Engram) -> Placed:
        self._entered.set()
        assert self._opened.wait(30.0)
        return counted(engram)

    async def close(self, engrams: EngramStore) -> asyncio.Task[list[Engram]]:
        task = asyncio.create_task(engrams.amend([sample_id(1)], self.change, op_id="gate"))
        assert await asyncio.to_thread(self._entered.wait, 30.0)
        return task

    def open(self) -> None:
        self._opened.set()


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


# Opening and closing


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
    with pytest.raises(CorruptRecordError, match="schema version 99, this neuro reads 2"):
        await SQLiteStore.open(path)


async def test_a_file_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1, "harbour", forgotten_at=5.0), sample_placed(2)])
        await engrams.insert([sample_placed(3)], arriving=True)
        await store.write_documents({"nights": 3})
    await asyncio.to_thread(
        aside,
        path,
        "DROP INDEX engram_by_review",
        "DROP INDEX engram_by_rehearsal",
        "ALTER TABLE engram DROP COLUMN review_at",
        "ALTER TABLE engram DROP COLUMN rehearsal_at",
        "UPDATE engram SET dynamics = json_remove(dynamics, '$.target_retention')",
        "PRAGMA user_version = 1",
    )
    one, other = await asyncio.gather(SQLiteStore.open(path), SQLiteStore.open(path))
    async with aclosing(one), aclosing(other):
        here, there = one.engrams(REGION), other.engrams(REGION)
        assert await here.scan() == [sample_engram(1, "harbour"), sample_engram(2)]
        assert await here.upcoming(Agenda.REVIEW, math.inf, limit=9) == []
        await here.amend([sample_id(1)], lambda e: counted(e, 5.0)._replace(review_at=7.0), op_id="a")
        await here.reveal([sample_id(3)])
        assert await there.upcoming(Agenda.REVIEW, math.inf, limit=9) == [(sample_id(1), 7.0)]
        assert await there.due(9.0, limit=9) == [sample_id(1)]
        assert await other.read_documents(["nights"]) == [3]
    assert await asyncio.to_thread(aside, path, "PRAGMA user_version") == [(2,)]


async def test_a_document_that_is_no_json_raises_corrupt_record_error(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.write_documents({"clock": 1})
        await asyncio.to_thread(aside, path, "UPDATE bookkeeping SET value = 'no JSON'")
        with pytest.raises(CorruptRecordError, match="bookkeeping/clock"):
            await store.read_documents(["other", "clock"])
        with pytest.raises(CorruptRecordError, match="bookkeeping/clock"):
            await store.amend_document("clock", lambda held: held)


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
        await one.write_documents({"key": 1})
        assert await other.read_documents(["key"]) == [1]


async def test_a_relative_path_is_under_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.to_thread(monkeypatch.chdir, tmp_path)
    async with aclosing(await SQLiteStore.open("relative.db")) as store:
        assert store.url == f"sqlite:///{tmp_path / 'relative.db'}" and store.durable


async def test_closing_waits_for_the_writes_in_the_queue(path: Path) -> None:
    gate, store = Gate(), await SQLiteStore.open(path)
    await store.engrams(REGION).insert([sample_placed(1)])
    held = await gate.close(store.engrams(REGION))
    write = asyncio.create_task(store.write_documents({"last": "words"}))
    await asyncio.sleep(0)
    closings = [asyncio.create_task(store.aclose()) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(StoreClosedError):
        await store.write_documents({"too": "late"})
    gate.open()
    await asyncio.gather(held, write, *closings)
    async with aclosing(await SQLiteStore.open(path)) as store:
        assert await store.read_documents(["last", "too"]) == ["words", None]


def test_an_orderly_close_leaves_one_file(path: Path) -> None:
    async def live() -> None:
        async with aclosing(await SQLiteStore.open(path)) as store:
            await store.write_documents({"key": 1})

    asyncio.run(live())
    assert [file.name for file in path.parent.iterdir()] == ["brain.db"]


@pytest.mark.parametrize("ending", ["os._exit(0)", "pass"], ids=["killed", "forgotten"])
def test_what_was_acknowledged_outlives_a_process_that_never_closed(ending: str, path: Path) -> None:
    program = f"""
import asyncio, os
from neuro.stores.sqlite import SQLiteStore
async def live():
    store = await SQLiteStore.open({str(path)!r})
    await store.write_documents({{"key": [1, 2]}})
    {ending}
asyncio.run(live())
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)

    async def read() -> list[Any]:
        async with aclosing(await SQLiteStore.open(path)) as store:
            return await store.read_documents(["key"])

    assert asyncio.run(read()) == [[1, 2]]


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
        assert (await engrams.frequencies([])).fragments == len(items[0].engram.texts)
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


async def test_features_of_another_dimension_are_refused(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1, features=axis_features(1))], arriving=True)
        narrow = sample_placed(3, features=axis_features(1)[:, :8])
        for arriving in (False, True):
            with pytest.raises(FeatureMismatchError, match=r"dimension 16 \(got 8\)"):
                await engrams.insert([sample_placed(2), narrow], arriving=arriving)
        assert await engrams.count(math.inf) == (0, 0)
        assert await engrams.arrivals() == [sample_id(1)]


# Finding


@pytest.mark.parametrize(
    "content",
    [
        "Ωραία λέξη στα ελληνικά",
        "Встретили Дану в гавани",
        "港でダナに会った",
        "التقينا دانا في الميناء",
        "हम बंदरगाह पर दाना से मिले",
        "เราพบดาน่าที่ท่าเรือ",
        "İstanbul'da ŞIŞLI ve Straße",
        "한국어로 쓴 기억",
        "x²+y² ﬁne ＡＢＣ № 42",
    ],
)
async def test_words_of_every_script_are_found(content: str, path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1, content), sample_placed(2, "Nothing of the kind")])
        asked = tuple(dict.fromkeys(terms(content)))
        assert (await engrams.frequencies(asked)).counts == (1,) * len(asked)
        for term in asked:
            [match] = await engrams.search(sample_probe(term), limit=9)
            assert match.engram_id == sample_id(1) and match.matched == (term,)


async def test_syntax_of_full_text_queries_is_harmless(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1, 'NEAR("keys" OR harbour*, 5) AND NOT terms : ^piano')])
        syntax = (
            '"',
            "*",
            "keys*",
            "NEAR(",
            "OR",
            "terms:keys",
            "^",
            "-",
            "a b",
            "",
            "x\x00y",
            "\ud800",
            "'",
        )
        assert await engrams.search(sample_probe(*syntax), limit=9) == []
        [match] = await engrams.search(sample_probe(*syntax, "piano"), limit=9)
        assert match.matched == ("piano",)
        for word in ("near", "kei", "5", "term"):
            assert await found_ids(engrams, sample_probe(word)) == [sample_id(1)]


async def test_search_agrees_with_the_memory_store_beyond_its_candidates(path: Path) -> None:
    items = [Placed(engram, 1e6) for engram in sample_corpus(400, seed=3)]
    async with aclosing(await SQLiteStore.open(path)) as store, aclosing(MemoryStore()) as reference:
        for each in (store, reference):
            await each.engrams(REGION).insert(items)
        for seed, cue in enumerate(
            ("the keys in the kettle", "violin orchard 17", "a blanket, a compass, 250")
        ):
            asked = tuple(dict.fromkeys(terms(cue)))
            corpus = await reference.engrams(REGION).frequencies(asked)
            assert await store.engrams(REGION).frequencies(asked) == corpus
            row = sample_features(seed=seed).astype("float32")[0]
            probe = Probe.over(asked, (corpus,), row)
            expected = await reference.engrams(REGION).search(probe, limit=10)
            found = await store.engrams(REGION).search(probe, limit=10)
            assert [m.relevance for m in found] == pytest.approx([m.relevance for m in expected], abs=1e-6)


async def test_a_long_content_does_not_crowd_out_the_others(path: Path) -> None:
    long = fragmented(
        1, *("Harbour harbour harbour." for _ in range(300)), features=axis_features(*[1] * 300)
    )
    others = [
        sample_placed(n, f"The harbour, seen on day {n}", features=axis_features(1)) for n in range(2, 8)
    ]
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([Placed(long, 1e6), *others])
        ids = [long.engram_id, *(other.engram.engram_id for other in others)]
        corpus = Frequencies(1000, 3000, (10,))
        by_words = sample_probe("harbour", corpus=corpus)
        by_both = sample_probe("harbour", corpus=corpus, features=axis_features(1))
        assert sorted(await found_ids(engrams, by_words)) == ids
        assert sorted(await found_ids(engrams, by_both)) == ids


async def test_a_cue_of_very_many_words_finds_its_engram(path: Path) -> None:
    essay = " ".join(f"word{n}x" for n in range(3000))
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams = store.engrams(REGION)
        await engrams.insert(
            [sample_placed(1, essay), sample_placed(2, "word7x"), sample_placed(3, "harbour")]
        )
        asked = (*terms(essay), *(f"unknown{n}" for n in range(3000)))
        probe = Probe.over(asked, (await engrams.frequencies(asked),))
        assert (await found_ids(engrams, probe))[0] == sample_id(1)


async def test_search_follows_what_another_process_adds_and_deletes(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as one, aclosing(await SQLiteStore.open(path)) as other:
        here, there = one.engrams(REGION), other.engrams(REGION)
        probe = sample_probe(features=axis_features(1))
        items = [sample_placed(n, features=axis_features(1)) for n in range(1, 301)]
        await here.insert(items[:250])
        expected = [item.engram.engram_id for item in items[:250]]
        assert await found_ids(here, probe, 250) == await found_ids(there, probe, 250) == expected
        for item in items[:240]:
            await there.delete(item.engram.engram_id)
        await there.insert(items[250:])
        await there.amend([sample_id(245)], counted, op_id="a")
        expected = [sample_id(n) for n in range(241, 301)]
        assert await found_ids(here, probe, 100) == await found_ids(there, probe, 100) == expected
        assert [e.access_count for e in await here.amend([sample_id(245)], counted, op_id="b")] == [2]


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
    assert len(plans) > 30
    for sql, plan in plans.items():
        scans = [step for step in plan if step.startswith("SCAN") and "VIRTUAL TABLE INDEX" not in step]
        assert not scans, f"{sql}: {plan}"
        assert not [step for step in plan if "TEMP B-TREE" in step], f"{sql}: {plan}"
        for column in ("engram_id", "digest", "source_id"):
            if f"{column} IN (SELECT value" in sql:
                assert f"{column}=?" in plan[0], f"{sql}: {plan}"
        if "ORDER BY" in sql and "_at <" in sql:
            assert "USING COVERING INDEX" in plan[0] and "_at<?" in plan[0], f"{sql}: {plan}"
        if "count(*)" in sql:
            assert "USING COVERING INDEX" in plan[0] and "forgotten_at<?" in plan[0], f"{sql}: {plan}"


async def every_verb(store: SQLiteStore) -> None:
    engrams, ids = store.engrams(REGION), [sample_id(n) for n in (1, 2, 3)]
    await engrams.insert([sample_placed(n, features=axis_features(n), forgotten_at=5.0) for n in (1, 2)])
    await engrams.insert([sample_placed(3)], arriving=True)
    await engrams.arrivals()
    await engrams.reveal(ids)
    await engrams.amend(ids[:1], counted, op_id="a")
    await engrams.get(ids)
    await engrams.find([sample_engram(1).digest])
    await engrams.frequencies(["memori"])
    await engrams.search(sample_probe("memori", features=axis_features(1)), limit=3)
    await engrams.scan()
    await engrams.due(9.0, limit=3)
    await engrams.demote(ids, 9.0)
    for agenda in Agenda:
        await engrams.upcoming(agenda, 9.0, limit=3)
    await engrams.count(9.0)
    await engrams.delete(ids[0])
    await store.link([Link("a", "b", "temporal", 1.0), Link("a", "c", "temporal", 0.0)])
    await store.links(["a"])
    await store.unlink("a")
    await store.write_journal([sample_engram(4)], drop=ids)
    await store.journal()
    await store.write_documents({"key": 1})
    await store.read_documents(["key"])
    await store.amend_document("key", lambda held: held)
