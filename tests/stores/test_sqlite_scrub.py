"""What was deleted from a SQLite file is nowhere in it, nor in the files beside it."""

import asyncio
import random
import re
import sqlite3
from contextlib import aclosing
from pathlib import Path

import pytest
from sqlite_files import aside

from neuro.engram import Engram
from neuro.stores.base import Document, Insert, Link, Placed, Remove, Unlink
from neuro.stores.sqlite import SQLiteStore
from neuro.testing.samples import sample_engram, sample_id, sample_placed

REGION = "neocortex"
SENTENCE = "The vault's combination is written on the quagga's collar"
RARE = ("quagga", "vault", "zyzzyva")


def bytes_of(path: Path) -> bytes:
    """All that a file and those beside it hold."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


async def held(path: Path, *texts: str) -> list[str]:
    """Those of the texts that are in the bytes of a store."""
    stored = await asyncio.to_thread(bytes_of, path)
    return [text for text in texts if text.encode() in stored]


def secret() -> Engram:
    return sample_engram(7, SENTENCE, tags=("zyzzyva",), context={"speaker": "quagga"})


async def test_what_was_removed_and_scrubbed_is_in_no_byte(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        engrams, others = store.engrams(REGION), [sample_placed(n) for n in range(100, 400)]
        await engrams.insert(others[:150])
        await store.write(
            [
                Insert(REGION, Placed(secret(), 1e6)),
                Document("goals", [SENTENCE]),
                Link(sample_id(7), sample_id(100), "temporal", 1.0),
            ]
        )
        await engrams.insert(others[150:])
        assert await held(path, SENTENCE, *RARE) == [SENTENCE, *RARE]
        await store.write(
            [Remove(REGION, sample_id(7)), Unlink(sample_id(7)), Document("goals", ["nothing"])]
        )
        assert await store.scrub() == ()
        assert await held(path, SENTENCE, *RARE) == []
        names = {file.name for file in await asyncio.to_thread(lambda: list(path.parent.iterdir()))}
        assert names == {"brain.db", "brain.db-wal", "brain.db-shm"}, "the files were not all looked at"
        assert len(await engrams.scan()) == 300 and await store.verify() == []
    assert await held(path, SENTENCE, *RARE) == []


async def test_words_of_a_long_life_are_gone_once_scrubbed(path: Path) -> None:
    rng, living = random.Random(5), dict[int, list[str]]()
    async with aclosing(await SQLiteStore.open(path)) as store:
        for number in range(600):
            words = [f"zq{number}x{i}qz" for i in range(rng.choice((1, 3, 40, 300)))]
            await store.engrams(REGION).insert([sample_placed(number, " ".join(words))])
            await store.write([Document(f"doc {number % 37}", words[:5])])
            living[number] = words
            while len(living) > 60 or (living and rng.random() < 0.4):
                await store.engrams(REGION).delete(sample_id(gone := rng.choice(list(living))))
                del living[gone]
        documents = {word for key in range(37) for word in (await store.read_documents([f"doc {key}"]))[0]}
        assert await store.scrub() == ()
        found = {
            word.decode() for word in re.findall(rb"zq\d+x\d+qz", await asyncio.to_thread(bytes_of, path))
        }
        assert found == documents.union(*living.values())


async def test_pages_that_an_older_neuro_freed_are_rewritten(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.engrams(REGION).insert([sample_placed(n, f"{SENTENCE} {n}" * 20) for n in range(50)])
    await asyncio.to_thread(
        aside, path, "PRAGMA secure_delete = OFF", "PRAGMA foreign_keys = ON", "DELETE FROM engram"
    )
    await asyncio.to_thread(aside, path, "UPDATE place SET engrams = 0")
    async with aclosing(await SQLiteStore.open(path)) as store:
        assert await held(path, SENTENCE) == [SENTENCE]
        assert await store.scrub() == ()
        assert await held(path, SENTENCE) == []
        assert (await store.health()).details["free_bytes"] == 0


async def test_most_is_overwritten_as_soon_as_it_is_deleted(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.engrams(REGION).insert([sample_placed(1), Placed(secret(), 1e6), sample_placed(8)])
        await store.engrams(REGION).delete(sample_id(7))
    assert await held(path, SENTENCE, *RARE) == []


async def test_a_reader_that_holds_the_log_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neuro.stores.sqlite_care._ATTEMPTS", 2)
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.engrams(REGION).insert([sample_placed(1), Placed(secret(), 1e6)])
        other = await asyncio.to_thread(sqlite3.connect, path, check_same_thread=False, isolation_level=None)
        try:
            await asyncio.to_thread(lambda: other.execute("BEGIN").execute("SELECT * FROM engram").fetchone())
            await store.engrams(REGION).delete(sample_id(7))
            [remains] = await store.scrub()
            assert "brain.db-wal may hold it" in remains and "scrub again" in remains
            assert await held(path, SENTENCE) == [SENTENCE]
        finally:
            await asyncio.to_thread(other.close)
        assert await store.scrub() == ()
        assert await held(path, SENTENCE) == []


async def test_a_reader_that_soon_ends_is_waited_for(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.engrams(REGION).insert([Placed(secret(), 1e6)])
        other = await asyncio.to_thread(sqlite3.connect, path, check_same_thread=False, isolation_level=None)
        await asyncio.to_thread(lambda: other.execute("BEGIN").execute("SELECT * FROM engram").fetchone())
        await store.engrams(REGION).delete(sample_id(7))
        scrubbing = asyncio.create_task(store.scrub())
        await store.engrams(REGION).insert([sample_placed(1)])
        await store.health()
        await asyncio.to_thread(other.close)
        assert await scrubbing == () and await held(path, SENTENCE) == []


async def test_a_file_that_cannot_be_rewritten_now_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuro.stores.sqlite_care._ATTEMPTS", 1)
    async with aclosing(await SQLiteStore.open(path, busy_timeout=0.01)) as store:
        await store.engrams(REGION).insert([sample_placed(1)])
        other = await asyncio.to_thread(sqlite3.connect, path, check_same_thread=False, isolation_level=None)
        try:
            await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
            unused, log = await store.scrub()
            assert "Unused parts" in unused and "database is locked" in unused
            assert "brain.db-wal" in log
        finally:
            await asyncio.to_thread(other.close)
        assert await store.scrub() == ()


async def test_what_is_in_quarantine_is_named(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.engrams(REGION).insert([Placed(secret(), 1e6)])
        await asyncio.to_thread(aside, path, "UPDATE engram SET dynamics = '{'")
        await store.verify(repair=True)
        [remains] = await store.scrub()
        assert "keeps 1 records" in remains and "neuro check --empty-quarantine" in remains
        await store.discard([record.key for record in await store.quarantine()])
        assert await store.scrub() == () and await held(path, SENTENCE) == []
