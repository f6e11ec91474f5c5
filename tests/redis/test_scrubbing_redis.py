"""What a real server keeps of what was removed, and what it says of how well it keeps the rest."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path

import pytest
from real_servers import RealServer, eventually, running, until
from redis.asyncio import Redis

from neuro.errors import StoreUnavailableError
from neuro.stores.base import Document, Durability, Insert, Link, Placed, Remove, Unlink
from neuro.stores.redis import RedisStore
from neuro.testing.samples import sample_engram, sample_id, sample_placed
from neuro.testing.stores.engrams import counted

SENTENCE = "Dana hid the zirconium amulet beneath the quokka statue"
RARE = (b"zirconium", b"quokka", SENTENCE.encode())
KEPT = ("--appendonly", "yes", "--save", "3600 1", "--rdbcompression", "no")

pytestmark = pytest.mark.redis


@asynccontextmanager
async def opened(server: RealServer, user: str = "", durability: str = "fast") -> AsyncIterator[RedisStore]:
    url = server.url.replace("//", f"//{user}", 1)
    async with aclosing(await RedisStore.open(url, namespace="brain", durability=durability)) as store:
        yield store


def holding(server: RealServer, words: tuple[bytes, ...]) -> set[str]:
    """Names of the files of a server in which one of the words is."""
    files = [file for file in server.folder.rglob("*") if file.is_file()]
    return {file.name for file in files if any(word in file.read_bytes() for word in words)}


async def remember_and_forget(store: RedisStore, server: RealServer) -> None:
    """Something is written everywhere where content may be, is in a snapshot by then, and is removed."""
    number, other, hippocampus = sample_id(1), sample_id(2), store.engrams("hippocampus")
    await store.write(
        [Insert("hippocampus", sample_placed(1, SENTENCE), "me"), Document("goals", [SENTENCE])]
    )
    await hippocampus.insert([sample_placed(2, "The rest stays")])
    [engram] = await hippocampus.amend([number], counted, op_id="a")
    await store.write([Link(number, other, "temporal", 1.0), Link(other, number, "temporal", 1.0)])
    await store.write([Remove("hippocampus", number, 1), Insert("neocortex", Placed(engram, 1e6))])
    async with server.client() as client:
        await client.save()
    await store.write([Remove("neocortex", number), Unlink(number), Document("goals", None)])


async def test_what_was_removed_and_scrubbed_is_in_no_file(tmp_path: Path) -> None:
    async with running(tmp_path, *KEPT) as server, opened(server) as store:
        await remember_and_forget(store, server)
        held = holding(server, RARE)
        assert "dump.rdb" in held and any("aof" in name for name in held), held
        assert await store.scrub() == ()
        # The server takes the old files away a moment later.
        await eventually(lambda: holding(server, RARE) == set(), within=10.0)
        assert "dump.rdb" in holding(server, (b"The rest stays",))
        assert [e.content for e in await store.engrams("hippocampus").scan()] == ["The rest stays"]


async def test_a_server_that_is_killed_while_it_writes_its_files_writes_them_again(tmp_path: Path) -> None:
    async with running(tmp_path, *KEPT) as server, opened(server) as store:
        await remember_and_forget(store, server)
        async with server.client() as client:
            await client.config_set("rdb-key-save-delay", 200_000)  # microseconds; gone with this process
            scrubbing = asyncio.create_task(store.scrub())
            await until(lambda: _is_rewriting(client))
        server.kill()
        await server.start()
        assert await scrubbing == ()
        await eventually(lambda: holding(server, RARE) == set(), within=10.0)


async def _is_rewriting(client: Redis) -> bool:
    return (await client.info("persistence"))["aof_rewrite_in_progress"] == 1


async def test_a_server_that_keeps_no_files_needs_no_scrubbing(tmp_path: Path) -> None:
    async with running(tmp_path, "--appendonly", "no") as server, opened(server) as store:
        await store.engrams("neocortex").insert([sample_placed(1, SENTENCE)])
        await store.engrams("neocortex").delete(sample_id(1))
        assert await store.scrub() == ()
        assert holding(server, RARE) == set()
        health = await store.health()
        assert health.durability.startswith("Nothing outlives the server's process")
        assert any("appendonly yes" in concern for concern in health.concerns)


async def test_what_a_server_does_not_allow_is_said(tmp_path: Path) -> None:
    async with running(tmp_path, *KEPT) as server, server.client() as client:
        rights = ["on", ">s3cret", "~neuro:{brain}:*", "+@all", "-bgrewriteaof", "-bgsave"]
        await client.execute_command("ACL SETUSER", "guest", *rights)
        async with opened(server, "guest:s3cret@") as store:
            await remember_and_forget(store, server)
            left = await store.scrub()
            assert [sentence.partition(" ")[0] for sentence in left] == ["BGREWRITEAOF", "BGSAVE"]
            assert holding(server, RARE)
        await client.execute_command("ACL SETUSER", "guest", "-@dangerous")
        async with opened(server, "guest:s3cret@") as store:
            files, slow_log = await store.scrub()
            assert "INFO is refused" in files and "SLOWLOG GET is refused" in slow_log
            assert "unknown" in (await store.health()).durability


async def test_a_snapshot_made_by_hand_is_told_of(tmp_path: Path) -> None:
    async with running(tmp_path, "--appendonly", "no") as server, opened(server) as store:
        await remember_and_forget(store, server)
        [sentence] = await store.scrub()
        assert "by hand" in sentence and "BGSAVE" in sentence


async def test_files_of_another_policy_are_told_of(tmp_path: Path) -> None:
    async with running(tmp_path, *KEPT) as server, opened(server) as store:
        await remember_and_forget(store, server)
        assert await store.scrub() == ()
        async with server.client() as client:
            await client.config_set("appendonly", "no")
        [sentence] = await store.scrub()
        assert "append-only file that the server writes no more" in sentence
    async with running(tmp_path, "--appendonly", "no", "--save", "") as server, opened(server) as store:
        [sentence] = await store.scrub()
        assert "was started from a file" in sentence and "dump.rdb" in holding(server, (b"The rest stays",))


async def test_brains_that_scrub_at_once_all_succeed(tmp_path: Path) -> None:
    async with running(tmp_path, *KEPT) as server, AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(opened(server)) for _ in range(4)]
        await remember_and_forget(stores[0], server)
        async with server.client() as client:
            await client.config_set("rdb-key-save-delay", 1_000)  # microseconds
        assert await asyncio.gather(*(store.scrub() for store in stores)) == [()] * 4
        await eventually(lambda: holding(server, RARE) == set(), within=10.0)


async def test_the_files_of_replicas_are_told_of(tmp_path: Path) -> None:
    options = ("--repl-diskless-sync-delay", "0", "--appendonly", "yes", "--appendfsync", "always")
    async with AsyncExitStack() as stack:
        master = await stack.enter_async_context(running(tmp_path / "master", *options))
        following = ("--replicaof", f"127.0.0.1 {master.port}")
        replica = await stack.enter_async_context(running(tmp_path / "replica", *following))
        client = await stack.enter_async_context(master.client())
        await until(lambda: is_followed(client))
        store = await stack.enter_async_context(opened(master, durability=Durability.FULL))
        await store.engrams("neocortex").insert([sample_placed(1)])
        [sentence] = await store.scrub()
        assert f"127.0.0.1:{replica.port}" in sentence
        health = await store.health()
        assert health.durability.endswith("(appendfsync always). It waits until a replica has it too.")
        assert health.concerns == ()
        assert health.details["replicas"] == 1


async def is_followed(client: Redis) -> bool:
    return (await client.info("replication")).get("slave0", {}).get("state") == "online"


@pytest.mark.parametrize(
    ("options", "durability", "word"),
    [
        (("--maxmemory-policy", "allkeys-lru"), "fast", "noeviction"),
        (("--appendfsync", "no"), "fast", "appendfsync everysec"),
        (("--appendfsync", "everysec"), "full", "appendfsync always"),
    ],
)
async def test_what_weakens_a_server_is_a_concern(
    tmp_path: Path, options: tuple[str, ...], durability: str, word: str
) -> None:
    kept = ("--appendonly", "yes", *options)
    async with running(tmp_path, *kept) as server, opened(server, durability=durability) as store:
        [concern] = (await store.health()).concerns
        assert word in concern


async def test_a_full_server_takes_nothing_more_and_lets_things_go(tmp_path: Path) -> None:
    async with running(tmp_path, "--appendonly", "yes") as server, opened(server) as store:
        engrams = store.engrams("neocortex")
        await engrams.insert([sample_placed(1), sample_placed(2)])
        position = (await store.news(None)).position
        async with server.client() as client:
            await client.config_set("maxmemory", 1)
            for verb in (
                engrams.insert([sample_placed(3)]),
                engrams.amend([sample_id(1)], counted, op_id="a"),
                engrams.demote([sample_id(1)], 2e6),
                store.write([Link(sample_id(1), sample_id(2), "temporal", 1.0)]),
                store.amend_document("nights", lambda _: 1),
                store.beat("somebody", 1.0),
            ):
                with pytest.raises(StoreUnavailableError, match="OOM"):
                    await verb
            assert not (await store.news(position)).happened
            assert any("raise maxmemory" in concern for concern in (await store.health()).concerns)
            assert await engrams.delete(sample_id(1))
            await client.config_set("maxmemory", 0)
        assert await engrams.scan() == [sample_engram(2)]
        assert await engrams.due(2e6, limit=9) == [sample_id(2)]
        assert await store.verify() == []
