"""What a SQLite file may hold that is no text, no object or there twice: nothing of it stops anything else."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from sqlite_files import aside
from test_sqlite_upgrades import write as write_version

from neuro.stores.base import Agenda, Document, Flaw, Insert, Link, Placed
from neuro.stores.sqlite import SQLiteStore
from neuro.stores.sqlite_verify import Found, find_flaws
from neuro.testing.samples import sample_engram, sample_id, sample_placed
from neuro.testing.stores.engrams import counted

REGION, OTHER = "neocortex", "cerebellum"
IDS = [sample_id(n) for n in (1, 2, 3)]
GARBLED = "CAST(CAST('00' AS BLOB) || X'FF' AS TEXT)"
"""Two digits and a byte that is no UTF-8; in order, it lies between the first id and what is above all ids."""


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SQLiteStore]:
    """Engrams 1 to 3, due at instants of their numbers."""
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.engrams(REGION).insert([Placed(sample_engram(n), n, n, n) for n in (1, 2, 3)])
        yield store


async def spoil(path: Path, *statements: str) -> None:
    await asyncio.to_thread(aside, path, *statements)


# Not UTF-8


async def test_an_engram_whose_id_is_not_utf8_hides_no_other(path: Path, store: SQLiteStore) -> None:
    engrams = store.engrams(REGION)
    await spoil(path, f"UPDATE engram SET engram_id = {GARBLED} WHERE id = 1")
    for limit in (1, 2, 9):
        assert [e.engram_id for e in await engrams.scan(limit=limit)] == IDS[1:][:limit]
        assert await engrams.due(9.0, limit=limit) == IDS[1:][:limit]
        found = await engrams.upcoming(Agenda.REVIEW, 9.0, limit=limit)
        assert found == [(IDS[1], 2.0), (IDS[2], 3.0)][:limit]
    assert [e and e.engram_id for e in await engrams.get(IDS)] == [None, *IDS[1:]]
    assert await engrams.find([sample_engram(1).digest]) == [None]
    [named] = (await store.health()).quarantined
    assert named.isprintable() and named.startswith(f"{REGION}/00")
    [flaw] = await store.verify(repair=True)
    assert flaw.repaired and flaw.key.isprintable()
    assert await store.verify() == [] and await engrams.count(0.0) == (2, 0)
    assert [record.key for record in await store.quarantine()] == [flaw.key]


async def test_a_document_that_is_not_utf8_is_as_good_as_gone(path: Path, store: SQLiteStore) -> None:
    await store.write([Document("clock", "secret"), Document("other", 2), Document("third", 3)])
    await spoil(
        path,
        "UPDATE bookkeeping SET value = CAST(replace(value, 'r', X'FF') AS TEXT) WHERE key = 'clock'",
        f"UPDATE bookkeeping SET key = {GARBLED} WHERE key = 'third'",
    )
    assert await store.read_documents(["other", "clock", "third"]) == [2, None, None]
    assert (await store.contents()).documents == ("clock", "other")
    assert (await store.health()).quarantined == ("bookkeeping/clock: is not UTF-8",)
    flaws = await store.verify(repair=True)
    assert [flaw.repaired for flaw in flaws] == [True, True] and "secret" not in repr(flaws)
    assert await store.verify() == [] and len(await store.quarantine()) == 2
    assert await store.amend_document("clock", lambda held: [held]) == [None]


async def test_a_link_that_is_not_utf8_is_left_out_and_dropped(path: Path, store: SQLiteStore) -> None:
    links = [Link(IDS[0], IDS[1], kind, 1.0) for kind in ("semantic", "temporal")]
    await store.write([*links, Link("a", "b", "temporal", 1.0)])
    await spoil(
        path,
        f"UPDATE link SET kind = {GARBLED} WHERE kind = 'semantic'",
        f"UPDATE link SET target_id = {GARBLED} WHERE target_id = 'b'",
    )
    assert await store.links([IDS[0], "a"]) == [links[1:], []]
    flaws = await store.verify(repair=True)
    assert [(flaw.problem, flaw.repaired) for flaw in flaws] == [("is not UTF-8", True)] * 2
    assert await store.verify() == [] and await store.links([IDS[0]]) == [links[1:]]


async def test_what_is_not_utf8_in_the_news_is_a_gap(path: Path, store: SQLiteStore) -> None:
    await spoil(path, f"UPDATE happening SET kind = {GARBLED} WHERE seq = 2")
    news = await store.news("0")
    assert news.gap and (await store.news(news.position)).happened == ()


async def test_an_older_file_with_a_byte_that_is_not_utf8_is_brought_up_to_date(path: Path) -> None:
    await asyncio.to_thread(write_version, 3, path)
    await spoil(
        path,
        f"UPDATE journal SET engram_id = {GARBLED} WHERE engram_id = '{sample_id(4)}'",
        "UPDATE journal SET document = CAST(replace(document, 'just', X'FF') AS TEXT)"
        f" WHERE engram_id = '{sample_id(5)}'",
    )
    async with aclosing(await SQLiteStore.open(path)) as store:
        assert await store.engrams("hippocampus").scan() == []
        kept = {record.key for record in await store.quarantine()}
        assert len(kept) == 3 and f"hippocampus/{sample_id(5)}" in kept


async def test_what_is_said_of_an_unreadable_record_repeats_nothing_of_it(
    path: Path, store: SQLiteStore, caplog: pytest.LogCaptureFixture
) -> None:
    for number, change in enumerate(
        (
            "replace(document, 'm', X'FF')",
            "json_set(document, '$.tags', json_extract(document, '$.content'))",
        ),
        1,
    ):
        await spoil(path, f"UPDATE document SET document = CAST({change} AS TEXT) WHERE engram = {number}")
    await spoil(path, "UPDATE engram SET dynamics = json_remove(dynamics, '$.trace') WHERE id = 3")
    with caplog.at_level(logging.WARNING, "neuro"):
        await store.engrams(REGION).scan()
    said = repr([caplog.messages, await store.verify(), (await store.health()).quarantined])
    assert len(caplog.messages) == 3 and "Memory number" not in said


# No objects


async def test_operations_that_are_no_list_leave_out_the_engram(path: Path, store: SQLiteStore) -> None:
    for operations in ("5", "null", "{}", '"a"'):
        await spoil(path, f"UPDATE engram SET operations = '{operations}' WHERE id = 2")
        amended = await store.engrams(REGION).amend(IDS, counted, op_id=f"after {operations}")
        assert [engram.engram_id for engram in amended] == [IDS[0], IDS[2]]
    [named] = (await store.health()).quarantined
    assert named.startswith(f"{REGION}/{IDS[1]}")


async def test_a_document_nested_too_deeply_is_as_good_as_gone(path: Path, store: SQLiteStore) -> None:
    deep = "INSERT OR REPLACE INTO bookkeeping VALUES ('default', 'deep', '" + 100_000 * "[" + "')"
    await spoil(path, deep)
    assert await store.read_documents(["deep"]) == [None]
    assert await store.amend_document("deep", lambda held: held) is None
    await spoil(path, deep)
    assert [flaw.repaired for flaw in await store.verify(repair=True)] == [True]
    assert await store.verify() == []


# There twice


async def test_an_engram_in_two_regions_that_cannot_be_read_in_either_is_put_aside(
    path: Path, store: SQLiteStore
) -> None:
    await store.engrams(OTHER).insert([sample_placed(1)])
    await spoil(path, "UPDATE document SET document = '{' WHERE engram IN (1, 4)")
    flaws = await store.verify(repair=True)
    assert {flaw.key for flaw in flaws} == {IDS[0], f"{REGION}/{IDS[0]}", f"{OTHER}/{IDS[0]}"}
    assert await store.verify() == [] and len(await store.quarantine()) == 2


async def test_an_engram_in_two_regions_may_be_forgotten_before_it_is_mended(
    path: Path, store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.engrams(OTHER).insert([sample_placed(1)])

    def look_and_forget(*where: Any) -> list[Found]:
        found = find_flaws(*where)
        forget = f"DELETE FROM engram WHERE engram_id = '{IDS[0]}'"
        aside(path, "PRAGMA foreign_keys = ON", forget, "UPDATE place SET engrams = engrams - 1")
        monkeypatch.undo()
        return found

    monkeypatch.setattr("neuro.stores.sqlite.find_flaws", look_and_forget)
    assert [flaw.key for flaw in await store.verify(repair=True)] == [IDS[0]]
    assert await store.verify() == [] and await store.engrams(REGION).count(0.0) == (2, 0)


@pytest.mark.parametrize("missing", [False, True], ids=["in the index", "missing from it"])
@pytest.mark.parametrize("readable", [True, False], ids=["readable", "unreadable"])
async def test_what_a_damaged_index_let_in_twice_is_there_once_after_a_repair(
    missing: bool, readable: bool, path: Path, store: SQLiteStore
) -> None:
    await asyncio.to_thread(insert_twice, path, missing=missing)
    if not readable:
        await spoil(path, "UPDATE document SET document = '{' WHERE engram = 77")
    flaws = await store.verify(repair=True)
    assert any(flaw.key == str(path) and "is damaged" in flaw.problem for flaw in flaws)
    assert all(flaw.repaired for flaw in flaws), flaws
    assert await store.verify() == []
    engrams = store.engrams(REGION)
    assert [e.engram_id for e in await engrams.scan()] == IDS
    assert await engrams.count(0.0) == (3, 0)
    await store.write([Insert(REGION, sample_placed(1))])
    assert await engrams.count(0.0) == (3, 0)
    await spoil(path, "REINDEX")


def insert_twice(path: Path, *, missing: bool) -> None:
    """Puts another row of the first engram into the file while its index claims to let in several."""
    pretend = "UPDATE sqlite_master SET sql = '{}' WHERE name = 'engram_by_id'"
    [(honest,)] = aside(path, "SELECT sql FROM sqlite_master WHERE name = 'engram_by_id'")
    lax = "CREATE INDEX engram_by_id ON engram (place, engram_id)"
    if missing:
        lax += " WHERE id < 70"
    columns = "place, engram_id, digest, dormant, forgotten_at, revision, dynamics, operations, review_at"
    aside(
        path,
        "PRAGMA writable_schema = ON",
        pretend.format(lax),
        "PRAGMA writable_schema = RESET",
        f"INSERT INTO engram (id, {columns}) SELECT 77, {columns} FROM engram WHERE id = 1",
        "INSERT INTO document SELECT 77, document FROM document WHERE engram = 1",
        "PRAGMA writable_schema = ON",
        pretend.format(honest),
        "PRAGMA writable_schema = RESET",
    )


async def test_a_memory_that_is_twice_in_one_region_is_counted_once(path: Path, store: SQLiteStore) -> None:
    await asyncio.to_thread(insert_twice, path, missing=False)
    await spoil(path, "UPDATE place SET engrams = 4")
    assert Flaw(IDS[0], f"is in several regions: {REGION}, {REGION}", True) in await store.verify(repair=True)
    assert await store.engrams(REGION).count(0.0) == (3, 0) and await store.verify() == []


# Health


async def test_health_names_no_record_that_is_well_again(path: Path, store: SQLiteStore) -> None:
    await store.write([Document("clock", 1)])
    spoilt = [f"UPDATE document SET document = '{{' || document WHERE engram = {n}" for n in (1, 2, 3)]
    await spoil(path, *spoilt, "UPDATE bookkeeping SET value = '{'")

    async def named() -> list[str]:
        await store.engrams(REGION).scan()
        await store.read_documents(["clock"])
        return [said.partition(" ")[0].rstrip(":") for said in (await store.health()).quarantined]

    first, second, third = (f"{REGION}/{engram_id}" for engram_id in IDS)
    assert await named() == ["bookkeeping/clock", first, second, third]
    await spoil(path, "UPDATE document SET document = substr(document, 2) WHERE engram = 1")
    assert await named() == ["bookkeeping/clock", second, third]
    await store.write([Insert(REGION, sample_placed(2)), Document("clock", 2)])
    await store.discard([record.key for record in await store.quarantine()])
    assert await named() == [third]
    async with aclosing(await SQLiteStore.open(path)) as other:
        await other.verify(repair=True)
        await other.discard([third])
    assert await named() == []


async def test_health_goes_on_naming_what_cannot_be_amended(path: Path, store: SQLiteStore) -> None:
    await spoil(path, "UPDATE engram SET operations = '5' WHERE id = 2")
    await store.engrams(REGION).amend(IDS, counted, op_id="a")
    for _ in range(2):
        assert len((await store.health()).quarantined) == 1
    await store.verify(repair=True)
    assert (await store.health()).quarantined == ()


async def test_the_log_of_a_file_is_found_behind_a_link(path: Path, store: SQLiteStore) -> None:
    link = path.with_name("link.db")
    await asyncio.to_thread(link.symlink_to, path)
    async with aclosing(await SQLiteStore.open(link)) as other:
        log_bytes = (await other.health()).details["log_bytes"]
        assert log_bytes == (await store.health()).details["log_bytes"] != 0
