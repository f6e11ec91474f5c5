"""Files of older versions of the schema, made of the statements by which those versions wrote them."""

import asyncio
import math
import sqlite3
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from sqlite_files import Hook, aside

from neuro.errors import FeatureMismatchError, StoreError
from neuro.stores.base import Agenda, Link
from neuro.stores.sqlite import SQLiteStore
from neuro.testing.samples import axis_features, sample_engram, sample_id, sample_placed
from neuro.testing.stores.engrams import counted

REGION = "neocortex"
WRITTEN_BY = Path(__file__).parent / "written_by"
HIPPOCAMPUS = "hippocampus"
COLUMNS = "engram_id, digest, dormant, forgotten_at, revision, dynamics, operations, document, features"
KEPT = {
    "engram": f"""SELECT namespace, region, {COLUMNS} FROM place JOIN engram ON place.id = place
        JOIN document ON document.engram = engram.id LEFT JOIN embedding ON embedding.engram = engram.id
        WHERE region <> 'hippocampus' ORDER BY 1, 2, 3""",
    "link": "SELECT * FROM link",
    "bookkeeping": "SELECT * FROM bookkeeping",
}
ARRIVED = {1: [], 2: [], 3: [sample_id(8)]}
"""Ids of what was out of sight in the neocortex and nowhere else."""
DROPPED = sample_id(4)
"""It was out of sight in the neocortex, and still in the journal."""


def write(version: int, path: Path) -> None:
    """A file as that version of the schema left it."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript((WRITTEN_BY / f"version_{version}.sql").read_text("utf-8"))
    finally:
        connection.close()


def kept(path: Path) -> dict[str, list[Any]]:
    """All rows that an upgrade may not change."""
    assert aside(path, "PRAGMA integrity_check") == [("ok",)]
    assert aside(path, "PRAGMA foreign_key_check") == []
    rows = {table: aside(path, query) for table, query in KEPT.items()}
    rows["engram"] = [row for row in rows["engram"] if row[2] != DROPPED]
    return rows


def schema(path: Path) -> dict[str, Any]:
    """Tables by their columns, indexes by their statements."""
    found: dict[str, Any] = {}
    master = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    for kind, name, sql in aside(path, master):
        columns = f"PRAGMA table_info({name})"
        found[name] = [row[1:] for row in aside(path, columns)] if kind == "table" else " ".join(sql.split())
    return found


@pytest.fixture(params=[1, 2, 3])
async def version(request: pytest.FixtureRequest, path: Path) -> int:
    """A version, of which there is a file at ``path``."""
    await asyncio.to_thread(write, request.param, path)
    return request.param


async def test_an_older_file_keeps_every_row_and_gets_the_tables_of_a_new_one(
    version: int, path: Path, tmp_path: Path
) -> None:
    before = await asyncio.to_thread(kept, path)
    for each in (path, tmp_path / "new.db"):
        await (await SQLiteStore.open(each)).aclose()
    assert await asyncio.to_thread(kept, path) == before
    assert await asyncio.to_thread(schema, path) == await asyncio.to_thread(schema, tmp_path / "new.db")
    assert await asyncio.to_thread(aside, path, "PRAGMA user_version") == [(4,)]


async def test_two_processes_that_open_an_older_file_at_once_both_find_it_up_to_date(
    version: int, path: Path
) -> None:
    one, other = await asyncio.gather(SQLiteStore.open(path), SQLiteStore.open(path))
    async with aclosing(one), aclosing(other):
        here, there = one.engrams(REGION), other.engrams(REGION)
        reviews = [(sample_id(1), 7.0)] if version > 1 else []
        assert await here.upcoming(Agenda.REVIEW, math.inf, limit=9) == reviews
        await here.insert([sample_placed(5, forgotten_at=8.0)])
        await here.amend([sample_id(5)], lambda e: counted(e, 8.0)._replace(review_at=3.0), op_id="a")
        assert await there.upcoming(Agenda.REVIEW, math.inf, limit=9) == [(sample_id(5), 3.0), *reviews]
        assert await there.due(9.0, limit=9) == [sample_id(5)]


async def test_what_an_older_file_held_is_known_as_ever(version: int, path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams = store.engrams(REGION)
        harbour, complete, *arrived = await engrams.scan()
        assert (harbour.content, harbour.access_count) == ("We met Dana at the harbour", 1)
        assert harbour.features is not None and (harbour.features == axis_features(1)).all()
        assert (complete.engram_id, len(complete.texts), complete.speaker) == (sample_id(3), 3, "Alice")
        assert [e.engram_id for e in arrived] == ARRIVED[version]
        assert await engrams.amend([sample_id(1)], counted, op_id="recalled") == [harbour]
        assert await engrams.due(9.0, limit=9) == [], "the dormant woke"
        assert await engrams.count(9.0) == (2 + len(arrived), 1)
        assert await engrams.find([harbour.digest]) == [sample_id(1)]
        with pytest.raises(FeatureMismatchError, match="dimension 16"):
            await engrams.insert([sample_placed(6, features=axis_features(1)[:, :8])])
        assert await store.links([sample_id(1)]) == [[Link(sample_id(1), sample_id(3), "temporal", 0.5)]]
        assert await store.read_documents(["nights"]) == [3]
        assert [e.content for e in await store.engrams("cerebellum").scan()] == ["To tie a knot"]
    async with aclosing(await SQLiteStore.open(path, namespace="another")) as other:
        assert [e.content for e in await other.engrams(REGION).scan()] == ["Somebody else's"]


async def test_what_was_in_the_journal_is_nobodys_in_the_hippocampus(version: int, path: Path) -> None:
    journalled = [sample_engram(4, "on its way")]
    if version == 3:  # 3 had moved on already
        journalled.append(sample_engram(5, "just heard", features=axis_features(5)))
    ids = [engram.engram_id for engram in journalled]
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams = store.engrams(HIPPOCAMPUS)
        assert await engrams.scan() == journalled
        assert await engrams.count(1e300) == (len(ids), 0), "it fades before anybody gave it a key"
        assert await engrams.find([journalled[0].digest]) == ids[:1]
        health = await store.health()
        assert health.details["unowned"] == len(ids)
        assert len(health.quarantined) == (1 if version == 3 else 0)
        assert all(f"{HIPPOCAMPUS}/{sample_id(6)}" in key for key in health.quarantined)
        assert await store.adopt(HIPPOCAMPUS, "me", silent_since=0.0) == ids
        assert [flaw.key for flaw in await store.verify()] == [sample_id(1)], "the test's own twin"
    async with aclosing(await SQLiteStore.open(path, namespace="another")) as other:
        heard = [sample_engram(3, "heard by another")] if version == 3 else []
        assert await other.engrams(HIPPOCAMPUS).scan() == heard


@pytest.mark.parametrize("statement", ["DROP TABLE journal", "PRAGMA user_version ="])
async def test_an_upgrade_that_fails_leaves_the_file_as_it_was(
    statement: str, version: int, path: Path, spy: Callable[[Hook], None]
) -> None:
    before = await asyncio.to_thread(lambda: (kept(path), schema(path)))
    failing = [True]

    def hook(connection: sqlite3.Connection, sql: str, _: object) -> None:
        if failing and sql.startswith(statement):
            raise sqlite3.OperationalError("the disk is gone")

    spy(hook)
    with pytest.raises(StoreError, match="the disk is gone"):
        await SQLiteStore.open(path)
    failing.clear()
    assert await asyncio.to_thread(lambda: (kept(path), schema(path))) == before
    assert await asyncio.to_thread(aside, path, "PRAGMA user_version") == [(version,)]
    async with aclosing(await SQLiteStore.open(path)) as store:
        assert len(await store.engrams(REGION).scan()) == 2 + len(ARRIVED[version])
