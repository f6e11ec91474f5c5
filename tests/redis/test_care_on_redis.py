"""A namespace on a real server is checked, saved while a brain uses it, and restored."""

import asyncio
import json
import os
import subprocess
import sys
import uuid
from contextlib import aclosing
from pathlib import Path

from redis.asyncio import Redis

from neuro import Brain
from neuro.stores import open_store
from neuro.stores.backups import restore, save
from neuro.stores.base import Document
from neuro.stores.redis import RedisStore
from neuro.testing.samples import sample_id, sample_placed
from neuro.testing.stores.images import image_of
from neuro.testing.stores.random_life import lived

ROOT = Path(__file__).parents[2]
URL = os.environ["NEURO_TEST_REDIS_URL"]


async def test_a_namespace_comes_back_bit_for_bit(tmp_path: Path) -> None:
    name, file = f"care-{uuid.uuid4().hex}", tmp_path / "saved.db"
    async with aclosing(await open_store(URL, namespace=name)) as store:
        await lived(store, seed=1, steps=300)
        expected = await image_of(store)
    assert not await RedisStore.exists(URL, namespace=f"{name}-copy")
    await save(URL, file, namespace=name)
    await restore(file, URL, namespace=f"{name}-copy")
    async with (
        aclosing(await open_store(file, namespace=name)) as saved,
        aclosing(await open_store(URL, namespace=f"{name}-copy")) as restored,
    ):
        for store in (saved, restored):
            assert await image_of(store) == expected
            assert await store.verify() == []


async def test_a_brain_goes_on_while_it_is_saved(tmp_path: Path) -> None:
    name, file = f"care-{uuid.uuid4().hex}", tmp_path / "saved.db"
    async with Brain.create(URL, namespace=name) as brain:
        before = [await brain.perceive(f"On day {day} we met Dana at the harbour") for day in range(60)]
        ids = [perception.engram.engram_id for perception in before if perception.engram is not None]
        saving = asyncio.create_task(save(URL, file, namespace=name))
        for engram_id in ids[:5]:
            await brain.forget(engram_id)
        await brain.sleep()
        for day in range(20):
            await brain.perceive(f"In year {day} she lost her keys")
        await saving
        kept = {engram.engram_id for engram in await brain.list(limit=1000, dormant=True)}
    async with Brain.create(file, namespace=name) as copy:
        saved = [engram.engram_id for engram in await copy.list(limit=1000, dormant=True)]
        assert len(saved) == len(set(saved)), "something is in it twice"
        assert set(ids[5:]) <= set(saved) <= kept | set(ids[:5])
        assert await copy.recall("Who was at the harbour?")
    async with aclosing(await open_store(file, namespace=name)) as store:
        assert await store.verify() == []


async def test_what_cannot_be_read_is_put_aside_listed_and_deleted() -> None:
    name = f"care-{uuid.uuid4().hex}"
    prefix = f"neuro:{{{name}}}:"
    async with aclosing(await open_store(URL, namespace=name)) as store, Redis.from_url(URL) as client:
        await store.engrams("neocortex").insert([sample_placed(n) for n in (1, 2)])
        await store.write([Document("a", 1), Document("b[c]", 2)])
        await client.hset(f"{prefix}d:neocortex:{sample_id(1)}", "t", "{")
        await client.hset(f"{prefix}doc", "b[c]", "no JSON")
        await client.delete(f"{prefix}forget:neocortex")
        await client.rpush(f"{prefix}forget:neocortex", "no", "sorted set")
        await store.verify(repair=True)
        kept = await store.quarantine()
        assert [record.key.removeprefix(prefix) for record in kept] == [
            f"d:neocortex:{sample_id(1)}",
            "doc[b[c]]",
            "forget:neocortex",
        ]
        assert kept[1].size == len("no JSON") and all(record.size > 0 for record in kept)
        await store.discard([record.key for record in kept])
        assert await store.quarantine() == [] and await store.verify() == []
        assert await store.read_documents(["a", "b[c]"]) == [1, None]
        left = [key async for key in client.scan_iter(f"{prefix}*")]
        assert not [key for key in left if b"quarantine" in key]
        assert [engram.engram_id for engram in await store.engrams("neocortex").scan()] == [sample_id(2)]


def neuro(*arguments: str, code: int = 0) -> str:
    finished = subprocess.run(
        [sys.executable, "-m", "neuro", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert finished.returncode == code, finished.stderr
    return finished.stdout


def test_a_namespace_is_looked_after_from_the_command_line(tmp_path: Path) -> None:
    name, file = f"care-{uuid.uuid4().hex}", str(tmp_path / "saved.db")
    neuro("check", URL, "--namespace", name, code=1)
    neuro("add", "We met Dana", "--store", URL, "--namespace", name)
    assert json.loads(neuro("check", URL, "--namespace", name, "--json"))["flaws"] == []
    assert json.loads(neuro("check", URL, "--namespace", name, "--json"))["quarantine"] == []
    assert "0 records" in neuro("check", URL, "--namespace", name, "--empty-quarantine")
    neuro("backup", URL, file, "--namespace", name)
    neuro("restore", file, URL, "--namespace", name, code=1)
    neuro("restore", file, URL, "--namespace", f"{name}-copy")
    assert "We met Dana" in neuro("list", "--store", URL, "--namespace", f"{name}-copy")
