"""What was removed and scrubbed is in no file of a real server."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from neuro.stores.base import Document, Insert, Link, Remove, Unlink
from neuro.stores.redis import RedisStore
from neuro.testing.samples import sample_id, sample_placed
from neuro.testing.stores.engrams import counted

SENTENCE = "Dana hid the zirconium amulet beneath the quokka statue"
RARE = (b"zirconium", b"quokka", SENTENCE.encode())

pytestmark = pytest.mark.redis


class OwnServer:
    """A server that keeps its files in a folder of the test, and is reached by a socket there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client = Redis(unix_socket_path=str(folder / "s"), driver_info=None)
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self, *options: str) -> None:
        command = [
            "redis-server",
            "--port",
            "0",
            "--unixsocket",
            str(self.folder / "s"),
            "--dir",
            str(self.folder),
        ]
        self._process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
        for _ in range(100):
            try:
                await self.client.ping()
                return
            except RedisConnectionError:
                await asyncio.sleep(0.05)
        raise AssertionError("redis-server does not start")

    async def stop(self) -> None:
        await self.client.aclose()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def open(self) -> RedisStore:
        return await RedisStore.open(f"unix://{self.folder / 's'}", namespace="brain")

    def holding(self, words: tuple[bytes, ...]) -> set[str]:
        """Names of files in which one of the words is."""
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        return {file.name for file in files if any(word in file.read_bytes() for word in words)}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[OwnServer]:
    server = OwnServer(tmp_path)
    yield server
    await server.stop()


async def remember_and_forget(store: RedisStore, client: Redis) -> None:
    """Something is written everywhere where content may be, is in a snapshot by then, and is removed."""
    number, other = sample_id(1), sample_id(2)
    await store.write(
        [Insert("hippocampus", sample_placed(1, SENTENCE), "me"), Document("goals", [SENTENCE])]
    )
    await store.engrams("hippocampus").insert([sample_placed(2, "The rest stays")])
    await store.engrams("hippocampus").amend([number], counted, op_id="a")
    await store.write([Link(number, other, "temporal", 1.0), Link(other, number, "temporal", 1.0)])
    await store.write(
        [Remove("hippocampus", number, 1), Insert("neocortex", counted(sample_placed(1, SENTENCE).engram))]
    )
    await client.save()
    await store.write([Remove("neocortex", number), Unlink(number), Document("goals", None)])


async def test_what_was_removed_and_scrubbed_is_in_no_file(server: OwnServer) -> None:
    await server.start("--appendonly", "yes", "--save", "3600 1", "--rdbcompression", "no")
    async with aclosing(await server.open()) as store:
        await remember_and_forget(store, server.client)
        held = server.holding(RARE)
        assert "dump.rdb" in held and any("aof" in name for name in held), held
        assert await store.scrub() == ()
        for _ in range(100):  # the server takes the old files away a moment later
            if not server.holding(RARE):
                break
            await asyncio.sleep(0.05)
        assert server.holding(RARE) == set()
        assert "dump.rdb" in server.holding((b"The rest stays",))
        assert [e.content for e in await store.engrams("hippocampus").scan()] == ["The rest stays"]


async def test_a_server_that_keeps_no_files_needs_no_scrubbing(server: OwnServer) -> None:
    await server.start("--appendonly", "no", "--save", "")
    async with aclosing(await server.open()) as store:
        await store.engrams("neocortex").insert([sample_placed(1, SENTENCE)])
        await store.engrams("neocortex").delete(sample_id(1))
        assert await store.scrub() == ()
        assert server.holding(RARE) == set()
        health = await store.health()
        assert health.durability.startswith("Nothing outlives the server's process")
        assert any("appendonly yes" in concern for concern in health.concerns)


async def test_what_a_server_does_not_allow_is_said(server: OwnServer) -> None:
    await server.start("--appendonly", "yes", "--save", "3600 1", "--rdbcompression", "no")
    rights = ["on", ">s3cret", "~neuro:{brain}:*", "+@all", "-bgrewriteaof", "-bgsave"]
    await server.client.execute_command("ACL SETUSER", "guest", *rights)
    async with aclosing(
        await RedisStore.open(f"unix://guest:s3cret@{server.folder / 's'}", namespace="brain")
    ) as store:
        await remember_and_forget(store, server.client)
        left = await store.scrub()
        assert [sentence.partition(" ")[0] for sentence in left] == ["BGREWRITEAOF", "BGSAVE"]
        assert server.holding(RARE)
    await server.client.execute_command("ACL SETUSER", "guest", "-@dangerous")
    async with aclosing(
        await RedisStore.open(f"unix://guest:s3cret@{server.folder / 's'}", namespace="brain")
    ) as store:
        [sentence] = await store.scrub()
        assert "INFO is refused" in sentence
        assert "unknown" in (await store.health()).durability


async def test_a_snapshot_made_by_hand_is_told_of(server: OwnServer) -> None:
    await server.start("--appendonly", "no", "--save", "")
    async with aclosing(await server.open()) as store:
        await remember_and_forget(store, server.client)
        [sentence] = await store.scrub()
        assert "by hand" in sentence and "BGSAVE" in sentence


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru"), "noeviction"),
        (("--appendfsync", "no"), "appendfsync everysec"),
        (("--maxmemory", "2mb"), "raise maxmemory"),
    ],
)
async def test_what_weakens_a_server_is_a_concern(
    server: OwnServer, options: tuple[str, ...], word: str
) -> None:
    await server.start("--appendonly", "yes", *options)
    async with aclosing(await server.open()) as store:
        [concern] = (await store.health()).concerns
        assert word in concern
