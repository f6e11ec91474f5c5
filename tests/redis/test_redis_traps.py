"""What has bitten others who keep things on Redis, each tried on a real server."""

import asyncio
import random
import time
from contextlib import aclosing
from pathlib import Path

import pytest
from real_servers import RealServer, running, until
from redis.exceptions import WatchError
from rough_proxy import Mishap, proxied

from neuro.errors import StoreUnavailableError
from neuro.stores.redis import RedisStore
from neuro.stores.redis_connection import RedisConnection
from neuro.testing.samples import sample_id, sample_placed
from neuro.testing.stores import STORE_CHECKS
from neuro.testing.stores.engrams import counted

pytestmark = pytest.mark.redis


async def test_no_command_of_a_store_waits_on_the_server_for_others(tmp_path: Path) -> None:
    # redis-py gives up on a silent connection after its socket_timeout, and asks again up to ten times.
    async with running(tmp_path / "redis") as server, server.client() as client:
        for number, check in enumerate(STORE_CHECKS):

            async def make(number: int = number) -> RedisStore:
                return await RedisStore.open(server.url, namespace=str(number), durability="full")

            await check(make)
        used = {name.removeprefix("cmdstat_") for name in await client.info("commandstats")}
        blocking = await client.execute_command("COMMAND LIST", "FILTERBY", "ACLCAT", "blocking")
    assert {"evalsha", "xrange"} <= used
    assert {"blpop", "xread"} <= set(blocking)
    assert used & set(blocking) == set()
    assert "client|tracking" not in used, "asyncio has no cache on the client's side"


async def test_a_change_of_what_fades_leaves_the_document_alone(tmp_path: Path) -> None:
    """An index over documents would read each of them anew whenever it is touched."""
    async with (
        running(tmp_path / "redis") as server,
        server.client() as client,
        aclosing(await RedisStore.open(server.url)) as store,
    ):
        engrams = store.engrams("neocortex")
        await engrams.insert([sample_placed(1)])
        [document] = [key async for key in client.scan_iter("*:d:*")]
        [dynamics] = [key async for key in client.scan_iter("*:m:*")]
        async with (
            client.pipeline(transaction=True) as documents,
            client.pipeline(transaction=True) as all_keys,
        ):
            await documents.watch(document)
            await all_keys.watch(dynamics)
            await engrams.amend([sample_id(1)], counted, op_id="once")
            await engrams.demote([sample_id(1)], 1e12)
            documents.multi()
            assert await documents.ping().execute() == [True]
            all_keys.multi()
            with pytest.raises(WatchError):
                await all_keys.ping().execute()


async def test_what_fades_is_demoted_by_a_few_hundred_at_a_time(tmp_path: Path) -> None:
    """One script over thousands would keep the server from everybody else."""
    async with (
        running(tmp_path / "redis") as server,
        server.client() as client,
        aclosing(await RedisStore.open(server.url)) as store,
    ):
        engrams = store.engrams("neocortex")
        for start in range(1, 1_201, 300):
            await engrams.insert([sample_placed(number) for number in range(start, start + 300)])
        before = (await client.info("commandstats"))["cmdstat_evalsha"]["calls"]
        demoted = await engrams.demote([sample_id(number) for number in range(1, 1_201)], 1e12)
        after = (await client.info("commandstats"))["cmdstat_evalsha"]["calls"]
    assert len(demoted) == 1_200 and after - before == 3


async def test_replies_have_the_same_shapes_in_both_protocols(tmp_path: Path) -> None:
    commands = [
        ("HSET", "hash", "a", "1.5"),
        ("HGETALL", "hash"),
        ("HMGET", "hash", "a", "b"),
        ("SADD", "set", "a"),
        ("SMEMBERS", "set"),
        ("ZADD", "zset", "1.5", "a"),
        ("ZRANGE", "zset", 0, -1),
        ("ZRANGEBYLEX", "zset", "-", "+"),
        ("ZCOUNT", "zset", "-inf", "+inf"),
        ("XADD", "stream", "1-1", "field", "value"),
        ("XRANGE", "stream", "-", "+"),
    ]
    replies = list[list[object]]()
    async with running(tmp_path / "redis") as server:
        for protocol in (2, 3):
            url = f"{server.url}?protocol={protocol}"
            async with aclosing(await RedisConnection.open(url)) as connection, server.client() as client:
                await client.flushall()
                replies.append(await connection.send(commands))
    assert replies[0] == replies[1]
    assert replies[0][1] == {b"a": b"1.5"}
    assert set(replies[0][4]) == {b"a"}


async def test_more_commands_than_connections_wait_for_their_turn(tmp_path: Path) -> None:
    async with (
        running(tmp_path / "redis") as server,
        aclosing(await RedisConnection.open(server.url)) as connection,
        server.client() as client,
    ):
        replies = await asyncio.gather(*(connection.send([("INCR", "counter")]) for _ in range(500)))
        assert sorted(reply for [reply] in replies) == list(range(1, 501))
        assert (await client.info("clients"))["connected_clients"] <= 33


async def test_what_has_got_no_answer_is_carried_out_again(tmp_path: Path) -> None:
    """So a bare count counts too much, and whatever a store writes must bear to be written twice."""
    async with (
        running(tmp_path / "redis") as server,
        proxied(server.port, random.Random(0), {}) as proxy,
        aclosing(await RedisConnection.open(f"redis://{proxy.address}")) as connection,
        server.client() as client,
    ):
        proxy.rates[Mishap.DROP] = 0.2
        acknowledged = 0
        for _ in range(30):
            try:
                await connection.send([("INCR", "counter")])
                acknowledged += 1
            except StoreUnavailableError:
                continue
        assert int(await client.get("counter") or 0) > acknowledged


# Replicas


async def _replicate(server: RealServer, replica: RealServer) -> None:
    async with replica.client() as client:
        await client.execute_command("REPLICAOF", "127.0.0.1", str(server.port))

    async def is_up_to_date() -> bool:
        async with server.client() as client:
            info = await client.info("replication")
        return info["connected_slaves"] == 1 and info["slave0"]["state"] == "online"

    await until(is_up_to_date)


async def test_full_durability_waits_for_a_replica_and_says_so_when_there_is_none(tmp_path: Path) -> None:
    quick = ("--repl-diskless-sync-delay", "0")
    async with running(tmp_path / "master", *quick) as server, running(tmp_path / "replica") as replica:
        async with aclosing(await RedisStore.open(server.url, namespace="n", durability="full")) as store:
            engrams = store.engrams("neocortex")
            await engrams.insert([sample_placed(1)])  # there is no replica yet
            await _replicate(server, replica)
            await engrams.insert([sample_placed(2)])
            replica.pause()
            try:
                started = time.monotonic()
                with pytest.raises(StoreUnavailableError, match="no replica has confirmed within 1 s"):
                    await engrams.insert([sample_placed(3)])
                assert 0.9 < time.monotonic() - started < 3.0
                # It is there, so writing it again changes nothing: that it is not on a replica is still said.
                with pytest.raises(StoreUnavailableError, match="no replica has confirmed"):
                    await engrams.insert([sample_placed(3)])
                for _ in range(2):
                    with pytest.raises(StoreUnavailableError, match="no replica has confirmed"):
                        await engrams.amend([sample_id(1)], counted, op_id="a")
                assert len(await engrams.scan()) == 3
            finally:
                replica.resume()
            await engrams.insert([sample_placed(3)])
            [engram] = await engrams.amend([sample_id(1)], counted, op_id="a")
            assert engram.access_count == 1
        async with aclosing(await RedisConnection.open(replica.url)) as connection:
            [count] = await connection.send([("ZCARD", "neuro:{n}:ids:neocortex")])
        assert count == 3


async def test_fast_durability_does_not_wait_for_replicas(tmp_path: Path) -> None:
    quick = ("--repl-diskless-sync-delay", "0")
    async with running(tmp_path / "master", *quick) as server, running(tmp_path / "replica") as replica:
        await _replicate(server, replica)
        async with aclosing(await RedisStore.open(server.url, namespace="n")) as store:
            replica.pause()
            try:
                started = time.monotonic()
                await store.engrams("neocortex").insert([sample_placed(1)])
                assert time.monotonic() - started < 0.9
            finally:
                replica.resume()
