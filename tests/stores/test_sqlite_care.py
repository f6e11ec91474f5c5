"""Records of a SQLite file that cannot be read, what does not fit together, and how the file is."""

import asyncio
import logging
import sqlite3
from contextlib import aclosing
from pathlib import Path

import pytest
from sqlite_files import aside

from neuro.errors import StoreClosedError
from neuro.stores.base import Document, Flaw, Happening, Insert, Link, Placed
from neuro.stores.sqlite import SQLiteStore
from neuro.testing.samples import axis_features, sample_corpus, sample_engram, sample_id, sample_placed
from neuro.testing.stores.engrams import counted

REGION = "neocortex"
KEY = f"{REGION}/{sample_id(2)}"
DAMAGES = [
    "UPDATE document SET document = '{' WHERE engram = 2",
    "UPDATE document SET document = '{}' WHERE engram = 2",
    "UPDATE document SET document = 'null' WHERE engram = 2",
    "UPDATE document SET document = '5' WHERE engram = 2",
    "UPDATE document SET document = json_set(document, '$.shape', json('[9999999999999999999, 1]')) WHERE engram = 2",
    "UPDATE document SET document = CAST(replace(document, 'e', X'FF') AS TEXT) WHERE engram = 2",
    "UPDATE engram SET dynamics = '[]' WHERE id = 2",
    "UPDATE engram SET dynamics = CAST(replace(dynamics, 'e', X'FF') AS TEXT) WHERE id = 2",
    "UPDATE document SET document = json_set(document, '$.schema', 2) WHERE engram = 2",
    "UPDATE document SET document = json_set(document, '$.tags', 'a') WHERE engram = 2",
    "UPDATE engram SET dynamics = json_set(dynamics, '$.salience', 2.0) WHERE id = 2",
    "UPDATE engram SET dynamics = replace(dynamics, '864000.0', 'NaN') WHERE id = 2",
    "UPDATE embedding SET features = X'003C' WHERE engram = 2",
    "UPDATE embedding SET features = zeroblob(32) WHERE engram = 2",
    "DELETE FROM embedding WHERE engram = 2",
    "DELETE FROM document WHERE engram = 2",
]


async def populated(path: Path) -> SQLiteStore:
    """Engrams 1 to 3, the second in the row of that number, and links between them."""
    store = await SQLiteStore.open(path)
    await store.engrams(REGION).insert([sample_placed(n, features=axis_features(n)) for n in (1, 2, 3)])
    ends = [(1, 2), (2, 3), (1, 3)]
    await store.write([Link(sample_id(a), sample_id(b), "temporal", 1.0) for a, b in ends])
    return store


# What cannot be read


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_record_that_cannot_be_read_is_as_good_as_gone_and_named_once(
    damage: str, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with aclosing(await populated(path)) as store:
        engrams, ids = store.engrams(REGION), [sample_id(n) for n in (1, 2, 3)]
        await asyncio.to_thread(aside, path, damage)
        assert (await store.health()).quarantined == ()
        with caplog.at_level(logging.WARNING, "neuro"):
            for limit in (1, 2, 1000):
                assert [e.engram_id for e in await engrams.scan(limit=limit)] == [ids[0], ids[2]][:limit]
            assert [e and e.engram_id for e in await engrams.get(ids)] == [ids[0], None, ids[2]]
            amended = await engrams.amend(ids, counted, op_id="a")
            assert [e.engram_id for e in amended] == [ids[0], ids[2]]
            digests = [sample_engram(n).digest for n in (1, 2)]
            assert await engrams.find(digests) == [ids[0], None]
        [record] = caplog.records
        assert record.name == "neuro" and KEY in record.message and "brain.db" in record.message
        [named] = (await store.health()).quarantined
        assert named.startswith(KEY)


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_repair_puts_what_cannot_be_read_aside(damage: str, path: Path) -> None:
    async with aclosing(await populated(path)) as store:
        engrams = store.engrams(REGION)
        await asyncio.to_thread(aside, path, damage)
        [flaw] = await store.verify()
        assert flaw.key == KEY and not flaw.repaired
        assert await engrams.count(0.0) == (3, 0), "looking changed something"
        position = (await store.news(None)).position
        repaired = await store.verify(repair=True)
        assert {f.key for f in repaired if f.repaired} == {
            KEY,
            f"{sample_id(1)} -> {sample_id(2)} (temporal)",
            f"{sample_id(2)} -> {sample_id(3)} (temporal)",
        }
        assert await store.verify() == []
        assert await engrams.count(0.0) == (2, 0)
        assert (await store.news(position)).happened == ((Happening.REMOVED, sample_id(2)),)
        health = await store.health()
        assert health.details["quarantined"] == 1 and health.quarantined[0].startswith(KEY)
        await engrams.insert([sample_placed(2)])
        assert await engrams.get([sample_id(2)]) == [sample_engram(2)]
    lost = "SELECT document IS NULL, features IS NULL FROM quarantine"
    [(document, features)] = await asyncio.to_thread(aside, path, lost)
    assert document == ("FROM document" in damage)
    assert features == ("FROM embedding" in damage), "the raw bytes are not kept"


async def test_what_was_put_aside_is_listed_and_deleted_by_its_key(path: Path) -> None:
    document = f"bookkeeping/{sample_id(9)}"
    async with (
        aclosing(await populated(path)) as store,
        aclosing(await SQLiteStore.open(path, namespace="other")) as other,
    ):
        await store.write([Document(sample_id(9), "é")])
        await other.write([Document(sample_id(9), 1)])
        spoil = "UPDATE bookkeeping SET value = '{é' WHERE key = '" + sample_id(9) + "'"
        await asyncio.to_thread(aside, path, DAMAGES[0], spoil)
        for each in (store, other):
            assert await each.quarantine() == []
            await each.verify(repair=True)
        kept = await store.quarantine()
        assert [record.key for record in kept] == [document, KEY]
        assert kept[0].size == len("{é".encode()) and kept[1].size > 100
        assert all(record.reason for record in kept)
        await store.discard([document, "nothing"])
        assert await store.quarantine() == kept[1:]
        assert len(await other.quarantine()) == 1
        await store.discard([KEY])
        assert await store.quarantine() == [] and (await store.health()).quarantined == ()
        assert await store.engrams(REGION).count(0.0) == (2, 0)


async def test_an_insert_takes_the_place_of_what_cannot_be_read(path: Path) -> None:
    async with aclosing(await populated(path)) as store:
        await asyncio.to_thread(aside, path, DAMAGES[0])
        await store.write([Insert(REGION, sample_placed(2, "anew"), "me")])
        assert await store.engrams(REGION).get([sample_id(2)]) == [sample_engram(2, "anew")]
        assert await store.engrams(REGION).count(0.0) == (3, 0)
        assert [flaw.key for flaw in await store.verify()] == []
        assert len((await store.health()).quarantined) == 1


async def test_what_cannot_be_read_can_be_deleted(path: Path) -> None:
    async with aclosing(await populated(path)) as store:
        await asyncio.to_thread(aside, path, DAMAGES[0])
        assert await store.engrams(REGION).get([sample_id(2)]) == [None]
        assert await store.engrams(REGION).delete(sample_id(2))
        assert (await store.health()).quarantined == ()
        assert await store.engrams(REGION).count(0.0) == (2, 0)


async def test_a_document_that_is_no_json_is_as_good_as_gone(path: Path) -> None:
    key = "bookkeeping/clock"
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.write([Document("clock", 1), Document("other", 2)])
        damage = "UPDATE bookkeeping SET value = 'no JSON' WHERE key = 'clock'"
        await asyncio.to_thread(aside, path, damage)
        assert [flaw.key for flaw in await store.verify()] == [key]
        assert await store.read_documents(["other", "clock"]) == [2, None]
        assert (await store.health()).quarantined[0].startswith(key)
        assert await store.amend_document("clock", lambda held: [held]) == [None]
        assert await asyncio.to_thread(aside, path, "SELECT key, document FROM quarantine") == [
            (key, "no JSON")
        ]
        await asyncio.to_thread(aside, path, damage)
        assert [(flaw.key, flaw.repaired) for flaw in await store.verify(repair=True)] == [(key, True)]
        assert await store.verify() == [] and await store.read_documents(["clock"]) == [None]
        await asyncio.to_thread(aside, path, "INSERT INTO bookkeeping VALUES ('default', 'clock', '{')")
        assert await store.read_documents(["clock"]) == [None]
        await store.write([Document("clock", 3)])
        assert await store.read_documents(["clock"]) == [3]
        assert (await store.health()).details["quarantined"] == 2


# What does not fit together


@pytest.mark.parametrize(
    ("damage", "key", "problem"),
    [
        ("UPDATE place SET engrams = 7", REGION, "counts 7 engrams and has 3"),
        ("UPDATE engram SET digest = 'x' WHERE id = 2", KEY, "digest or revision"),
        ("UPDATE engram SET revision = 9 WHERE id = 2", KEY, "digest or revision"),
        ("UPDATE engram SET operations = '[' WHERE id = 2", KEY, "operations"),
        ("UPDATE engram SET operations = '1' WHERE id = 2", KEY, "operations"),
        ("UPDATE engram SET operations = CAST(X'5BFF5D' AS TEXT) WHERE id = 2", KEY, "operations"),
        ("UPDATE engram SET digest = CAST(X'FF' AS TEXT) WHERE id = 2", KEY, "digest or revision"),
        ("UPDATE engram SET forgotten_at = 'soon' WHERE id = 2", KEY, "no instants"),
        ("UPDATE engram SET review_at = 'soon' WHERE id = 2", KEY, "no instants"),
        ("DELETE FROM engram WHERE id = 2", "document/2", "belongs to nothing"),
    ],
)
async def test_what_does_not_fit_a_record_is_named_and_mended(
    damage: str, key: str, problem: str, path: Path
) -> None:
    async with aclosing(await populated(path)) as store:
        await asyncio.to_thread(aside, path, damage)
        flaws = {flaw.key: flaw for flaw in await store.verify()}
        assert problem in flaws[key].problem and not flaws[key].repaired
        assert all(flaw.repaired for flaw in await store.verify(repair=True))
        assert await store.verify() == []
        there = await store.engrams(REGION).scan()
        assert len(there) == (2 if damage.startswith("DELETE") else 3)
        assert await store.engrams(REGION).find([e.digest for e in there]) == [e.engram_id for e in there]


async def test_features_of_two_dimensions_in_a_region_are_named(path: Path) -> None:
    async with aclosing(await populated(path)) as store:
        await asyncio.to_thread(aside, path, "UPDATE place SET dimension = 8")
        flaws = await store.verify(repair=True)
        assert [flaw.key for flaw in flaws] == [f"{REGION}/{sample_id(n)}" for n in (1, 2, 3)]
        assert not any(flaw.repaired for flaw in flaws)


async def test_another_memory_of_the_same_id_is_put_aside(path: Path) -> None:
    async with aclosing(await populated(path)) as store:
        await store.engrams("cerebellum").insert([sample_placed(2, "a tale of its own", revision=4)])
        assert [flaw.key for flaw in await store.verify(repair=True)] == [sample_id(2)]
        assert await store.engrams(REGION).get([sample_id(2)]) == [None]
        assert (await store.health()).quarantined == (f"{KEY}: another memory of this id is in cerebellum",)
        assert await store.verify() == []


async def test_a_damaged_index_is_made_anew(path: Path) -> None:
    async with aclosing(await populated(path)) as store:
        await asyncio.to_thread(lose_from_index, path)
        [flaw] = await store.verify()
        assert flaw.key == str(path) and "missing from index engram_by_fading" in flaw.problem
        assert await store.verify(repair=True) == [Flaw(flaw.key, flaw.problem, True)]
        assert await store.verify() == []


def lose_from_index(path: Path) -> None:
    """Changes a row while the file claims to have no such index."""
    aside(
        path,
        "PRAGMA writable_schema = ON",
        "CREATE TEMP TABLE hidden AS SELECT * FROM sqlite_master WHERE name = 'engram_by_fading'",
        "DELETE FROM sqlite_master WHERE name = 'engram_by_fading'",
        "PRAGMA writable_schema = RESET",
        "UPDATE engram SET forgotten_at = 1.5 WHERE id = 2",
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_master SELECT * FROM hidden",
        "PRAGMA writable_schema = RESET",
    )


async def test_a_file_with_damaged_pages_is_looked_at_all_the_same(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.engrams(REGION).insert([Placed(e, 1e6) for e in sample_corpus(50)])

    def scribble() -> None:
        with path.open("r+b") as file:
            file.seek(0, 2)
            size = file.tell()
            file.seek(size // 2)
            file.write(b"\xff" * (size - size // 2))

    await asyncio.to_thread(scribble)
    async with aclosing(await SQLiteStore.open(path)) as store:
        for repair in (False, True):
            flaws = await store.verify(repair=repair)
            assert any(f.key == str(path) and "is damaged" in f.problem and not f.repaired for f in flaws)


async def test_looking_at_everything_keeps_nobody_from_reading_and_writing(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.engrams(REGION).insert([sample_placed(n) for n in range(3000)])
        verifying = asyncio.create_task(store.verify())
        done = 0
        while not verifying.done():
            await store.engrams(REGION).insert([sample_placed(5000 + done)])
            await store.engrams(REGION).get([sample_id(done)])
            done += 1
        assert await verifying == [] and done > 3


async def test_a_closed_store_is_not_looked_at(path: Path) -> None:
    store = await SQLiteStore.open(path)
    await store.aclose()
    with pytest.raises(StoreClosedError):
        await store.verify()
    with pytest.raises(StoreClosedError):
        await store.scrub()
    with pytest.raises(StoreClosedError):
        await store.backup(path.with_name("copy.db"))


# Health


async def test_health_tells_sizes_writers_and_what_nobody_owns(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.beat("me", 1.0)
        await store.engrams("hippocampus").insert([sample_placed(1)], writer="me")
        await store.engrams("hippocampus").insert([sample_placed(2)], writer="gone")
        await store.engrams("hippocampus").insert([sample_placed(3)])
        await store.engrams(REGION).insert([sample_placed(4)])
        await store.write([Document("a", 1)])
        health = await store.health()
        assert "power cut may take the last moments" in health.durability and health.concerns == ()
        details = health.details
        assert (details["sqlite_version"], details["schema_version"]) == (sqlite3.sqlite_version, 4)
        assert (details["journal_mode"], details["engrams"], details["documents"]) == ("wal", 4, 1)
        assert (details["writers"], details["unowned"]) == (1, 2)
        sizes = [int(details[name]) for name in ("file_bytes", "log_bytes", "disk_free_bytes")]
        assert all(size > 0 for size in sizes) and details["free_bytes"] == 0
    async with aclosing(await SQLiteStore.open(path, durability="full")) as store:
        assert "outlives the process and a power cut" in (await store.health()).durability


async def test_health_is_concerned_about_a_full_disk_and_a_log_that_only_grows(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuro.stores.sqlite_care._SCARCE", 2**62)
    async with aclosing(await SQLiteStore.open(path)) as store:
        [concern] = (await store.health()).concerns
        assert "MiB are free on the disk" in concern and "make room" in concern
        monkeypatch.setattr("neuro.stores.sqlite_care._SCARCE", 0)
        monkeypatch.setattr("neuro.stores.sqlite_care._LONG_LOG", 0)
        [concern] = (await store.health()).concerns
        assert "brain.db-wal has" in concern and "close programs" in concern
