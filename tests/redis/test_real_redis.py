"""The store on a real Redis server: the conformance checks, and what no imitation of a server shows."""

import asyncio
import itertools
import json
import math
import os
import random
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from neuro.errors import ConfigurationError
from neuro.stores.base import (
    Agenda,
    Document,
    Happening,
    Insert,
    Link,
    Placed,
    Remove,
    Replace,
    Unlink,
)
from neuro.stores.fencing import fenced
from neuro.stores.redis import RedisStore
from neuro.testing.samples import axis_features, sample_engram, sample_id, sample_placed
from neuro.testing.stores import DURABLE_CHECKS, STORE_CHECKS, check_namespaces_are_isolated
from neuro.testing.stores.bookkeeping import more
from neuro.testing.stores.engrams import counted

REGION = "neocortex"
FIRST_LAYOUT: list[list[str]] = json.loads(
    (Path(__file__).parents[1] / "stores" / "written_by" / "redis_version_1.json").read_text("utf-8")
)
"""Commands by which a namespace comes to what the first layout held."""

pytestmark = pytest.mark.redis


class Server:
    """A real server: fresh stores on it, the last of which can be opened again, and a client to look behind them."""

    def __init__(self, url: str, client: Redis) -> None:
        self.url = url
        self.client = client
        self._tag = f"test-{uuid.uuid4()}"
        self._namespaces = (f"{self._tag}-{i}" for i in itertools.count())
        self.namespace = next(self._namespaces)

    async def make(self) -> RedisStore:
        self.namespace = next(self._namespaces)
        return await self.reopen()

    async def reopen(self) -> RedisStore:
        return await RedisStore.open(self.url, namespace=self.namespace)

    async def neighbour(self) -> RedisStore:
        return await RedisStore.open(self.url, namespace=f"{self._tag}-neighbour")

    async def keys(self) -> list[bytes]:
        """Every key of every namespace that was made."""
        return [key async for key in self.client.scan_iter(f"neuro:{{{self._tag}*", count=1000)]


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    url = os.environ["NEURO_TEST_REDIS_URL"]
    async with Redis.from_url(url, driver_info=None) as client:
        server = Server(url, client)
        yield server
        for key in await server.keys():
            await client.unlink(key)


async def use(store: RedisStore) -> None:
    """Every verb of a store once, at the end of which it holds no engram."""
    engrams, ids = store.engrams(REGION), [sample_id(n) for n in (1, 2, 3)]
    position = (await store.news(None)).position
    items = [Placed(sample_engram(1, "harbour", features=axis_features(1)), 1e6, 10.0, 0.1)]
    items += [Placed(sample_engram(n, "harbour"), 1e6, 10.0 * n, 0.1 + 0.2) for n in (2, 3)]
    await store.beat("silent", 1.0)
    await engrams.insert(items, writer="silent")
    assert [e.engram_id for e in await engrams.scan(after=ids[0], limit=9)] == ids[1:]
    assert await engrams.upcoming(Agenda.REVIEW, 30.0, limit=9) == [(ids[0], 10.0), (ids[1], 20.0)]
    rehearsals = [(ids[0], 0.1), (ids[1], 0.1 + 0.2), (ids[2], 0.1 + 0.2)]
    assert await engrams.upcoming(Agenda.REHEARSAL, math.inf, limit=9) == rehearsals
    assert len(await engrams.amend(ids, lambda e: counted(e)._replace(review_at=1.0), op_id="a")) == 3
    assert await engrams.upcoming(Agenda.REVIEW, math.inf, limit=1) == [(ids[0], 1.0)]
    assert await engrams.find([sample_engram(1, "harbour").digest]) == [ids[0]]
    assert await engrams.demote(await engrams.due(math.inf, limit=2), math.inf) == ids[:2]
    assert await engrams.count(math.inf) == (3, 3)
    pair = [Link(ids[0], ids[1], "temporal", 0.5), Link(ids[1], ids[0], "temporal", 0.5)]
    await store.write([*pair, Document("clock", 1)], op_id=position)
    assert [len(links) for links in await store.links(ids)] == [1, 1, 0]
    lease = await store.acquire("sleeper", now=1.0, until=2.0)
    with fenced(lease.fence):
        assert await store.adopt(REGION, "sleeper", silent_since=2.0) == ids
        [engram] = await engrams.get(ids[:1])
        assert engram is not None
        move = [Remove(REGION, ids[0], 1), Insert("cerebellum", Placed(engram, math.inf))]
        await store.write([*move, Replace(REGION, counted((await engrams.scan())[1]), 1), Unlink(ids[0])])
        assert await store.renew(lease, until=3.0)
    await store.release(lease)
    happened = (await store.news(position)).happened
    assert happened == (*((Happening.INSERTED, i) for i in ids), (Happening.MOVED, ids[0]))
    assert await store.read_documents(["clock"]) == [1]
    assert await store.amend_document("clock", more) == 2
    assert await store.verify(repair=True) == []
    assert (await store.health()).details["engrams"] == 3
    await store.write([Document("clock", None)])
    for place in (engrams, store.engrams("cerebellum")):
        for engram in await place.scan():
            assert await place.delete(engram.engram_id)
    await store.retire("sleeper")


# The contract


@pytest.mark.parametrize("check", STORE_CHECKS, ids=lambda check: check.__name__)
async def test_a_real_redis_keeps_the_contract(check, server: Server) -> None:
    await check(server.make)


@pytest.mark.parametrize("check", DURABLE_CHECKS, ids=lambda check: check.__name__)
async def test_a_real_redis_keeps_what_it_acknowledged(check, server: Server) -> None:
    await check(server.make, server.reopen)


async def test_namespaces_on_one_real_server_are_isolated(server: Server) -> None:
    await check_namespaces_are_isolated(server.make, server.neighbour)


async def test_both_protocols_give_the_same(server: Server) -> None:
    url = server.url + ("&" if "?" in server.url else "?")
    for protocol in (2, 3):
        async with aclosing(
            await RedisStore.open(f"{url}protocol={protocol}", namespace=server.namespace)
        ) as store:
            await use(store)


# Keys and commands


async def test_what_was_deleted_leaves_only_bookkeeping_behind(server: Server) -> None:
    async with aclosing(await server.make()) as store:
        await use(store)
    left = "schema", "regions", "chg", "lease", "ops", "ops-order", "tries", "tries-order"
    assert set(await server.keys()) == {f"neuro:{{{server.namespace}}}:{key}".encode() for key in left}


async def test_keys_are_never_looked_for(server: Server) -> None:
    async with aclosing(await server.make()) as store:
        await server.client.config_resetstat()
        await use(store)
        used = set(await server.client.info("commandstats"))
    assert {"cmdstat_evalsha", "cmdstat_hgetall"} <= used
    assert not used & {"cmdstat_keys", "cmdstat_scan", "cmdstat_randomkey", "cmdstat_eval"}


async def test_a_user_who_may_only_touch_the_namespace_can_do_everything(server: Server) -> None:
    user = server.namespace
    rights = [
        "on",
        ">s3cret",
        f"~neuro:{{{server.namespace}}}:*",
        "+@all",
        "-@dangerous",
        "-scan",
        "-randomkey",
    ]
    await server.client.execute_command("ACL SETUSER", user, *rights)
    try:
        parts = urlsplit(server.url)
        place = parts.netloc.rpartition("@")[2]
        async with aclosing(
            await RedisStore.open(
                parts._replace(netloc=f"{user}:s3cret@{place}").geturl(), namespace=server.namespace
            )
        ) as store:
            await use(store)
        with pytest.raises(ConfigurationError, match="refuses the user name or password") as caught:
            await RedisStore.open(parts._replace(netloc=f"{user}:wr0ng@{place}").geturl())
        assert "wr0ng" not in str(caught.value)
    finally:
        await server.client.execute_command("ACL DELUSER", user)


async def test_a_namespace_of_the_first_layout_is_upgraded_on_a_real_server(server: Server) -> None:
    for command in FIRST_LAYOUT:
        words = [word.replace("{brain 1}", f"{{{server.namespace}}}") for word in command]
        await server.client.execute_command(*words)
    opened = await asyncio.gather(*(server.reopen() for _ in range(5)))
    for store in opened:
        ids = {region: await store.engrams(region).scan() for region in ("hippocampus", REGION, "cerebellum")}
        numbers = [[int(engram.engram_id, 16) for engram in engrams] for engrams in ids.values()]
        assert numbers == [[4, 6], [1, 2, 5], [3]]
        assert await store.verify() == []
        await store.aclose()


async def test_the_log_of_what_happened_does_not_grow_without_bounds(server: Server) -> None:
    async with aclosing(await server.make()) as store:
        position = (await store.news(None)).position
        grow = "for i = 1, 11000 do redis.call('XADD', KEYS[1], '*', 'i', 'x') end"
        await server.client.eval(grow, 1, f"neuro:{{{server.namespace}}}:chg")
        later = (await store.news(None)).position
        await store.engrams(REGION).insert([sample_placed(1)])
        assert 10_000 <= (await store.health()).details["news"] < 10_200
        assert (await store.news(position)).gap
        assert (await store.news(later)).happened == ((Happening.INSERTED, sample_id(1)),)


# Many at once


async def test_a_thousand_amends_at_once_all_count_on_a_real_server(server: Server) -> None:
    async with aclosing(await server.make()) as here, aclosing(await server.reopen()) as there:
        await here.engrams(REGION).insert([sample_placed(1)])
        await asyncio.gather(
            *(
                store.engrams(REGION).amend([sample_id(1)], counted, op_id=f"{name}{n}")
                for n in range(500)
                for name, store in (("here", here), ("there", there))
            )
        )
        [engram] = await here.engrams(REGION).get([sample_id(1)])
        assert engram is not None
        assert engram.access_count == engram.revision == 1000


async def test_a_cancelled_read_leaves_no_reply_for_the_next_one(server: Server) -> None:
    rng, ids = random.Random(0), [sample_id(n) for n in range(60)]
    async with aclosing(await server.make()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(n) for n in range(60)])

        async def read() -> None:
            asked = rng.sample(ids, rng.randint(1, 20))
            assert [engram and engram.engram_id for engram in await engrams.get(asked)] == asked

        for _ in range(60):
            tasks = [asyncio.create_task(read()) for _ in range(8)]
            for _ in range(rng.randrange(40)):
                await asyncio.sleep(0)
            for task in tasks[::2]:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(outcome is None or isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)


async def test_thousands_are_written_as_one(server: Server) -> None:
    async with aclosing(await server.make()) as store, aclosing(await server.reopen()) as there:
        position = (await store.news(None)).position
        items = [Placed(sample_engram(n), 1e6) for n in range(2_500)]
        await store.engrams("hippocampus").insert(items, writer="silent")
        assert len((await there.news(position)).happened) == 2_500
        assert len(await there.adopt("hippocampus", "new", silent_since=1.0)) == 2_500
        ids = [item.engram.engram_id for item in items]
        pieces = [
            (Remove("hippocampus", i, 0), Insert(REGION, item)) for i, item in zip(ids, items, strict=True)
        ]
        await store.write([write for piece in pieces for write in piece])
        assert await there.engrams("hippocampus").count(0.0) == (0, 0)
        assert await there.engrams(REGION).count(0.0) == (2_500, 0)
        assert await there.engrams(REGION).demote(ids, math.inf) == ids
        assert await there.verify() == []


async def test_what_others_write_meanwhile_is_no_flaw(server: Server) -> None:
    stopped = False

    async def live(store: RedisStore, task: int) -> None:
        for number in itertools.count(1000 * task):
            if stopped:
                return
            one, other = Placed(sample_engram(number), 5.0, 6.0), sample_id(number)
            friend = sample_id(1000 * task)
            await store.write([Insert("hippocampus", one, "me"), Link(other, friend, "temporal", 1.0)])
            await store.engrams("hippocampus").amend([other], counted, op_id="a")
            [engram] = await store.engrams("hippocampus").get([other])
            assert engram is not None
            await store.write([Remove("hippocampus", other, 1), Insert(REGION, Placed(engram, 7.0))])
            await store.engrams(REGION).demote([other], 9.0)
            if number % 1000 and number % 3 == 1:
                await store.write([Remove(REGION, other), Unlink(other)])

    async with aclosing(await server.make()) as store, aclosing(await server.reopen()) as there:
        tasks = [asyncio.create_task(live(there, task)) for task in range(4)]
        found = [await store.verify(repair=repair) for repair in (False, True) * 8]
        stopped = True
        await asyncio.gather(*tasks)
        assert found == [[]] * 16
        assert await store.verify() == []
        assert (await store.health()).details["engrams"] > 20


# Restarts


async def test_severed_connections_and_flushed_scripts_are_not_noticed(server: Server) -> None:
    async with aclosing(await server.make()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1)])
        for n in range(3):
            await server.client.client_kill_filter(_type="normal", skipme=True)
            await server.client.script_flush()
            await engrams.amend([sample_id(1)], counted, op_id=str(n))
            await server.client.client_kill_filter(_type="normal", skipme=True)
            assert await store.amend_document("nights", more) == n + 1
        [engram] = await engrams.get([sample_id(1)])
        assert engram is not None
        assert engram.access_count == 3


async def test_a_server_that_lost_everything_is_just_empty(server: Server) -> None:
    async with aclosing(await server.make()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1)])
        for key in await server.keys():
            await server.client.unlink(key)
        assert await engrams.get([sample_id(1)]) == [None]
        assert await engrams.scan() == []
        assert await engrams.count(math.inf) == (0, 0)
        await engrams.insert([sample_placed(1)])
        assert await engrams.scan() == [sample_engram(1)]
