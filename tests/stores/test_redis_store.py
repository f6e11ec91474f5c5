"""The store on Redis, over a Redis in this process: the conformance checks, outages, and what is where."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from typing import Any

import pytest
from blockbuster import blockbuster_ctx
from redis_servers import REGION, URL, Servers

from neuro.errors import (
    ConfigurationError,
    FeatureMismatchError,
)
from neuro.stores.base import Agenda, Link, Placed
from neuro.stores.redis import RedisStore
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_scripts import Command
from neuro.testing.samples import (
    axis_features,
    nasty_engrams,
    sample_engram,
    sample_id,
    sample_placed,
)
from neuro.testing.stores import DURABLE_CHECKS, STORE_CHECKS, check_namespaces_are_isolated
from neuro.testing.stores.bookkeeping import more
from neuro.testing.stores.engrams import counted


@pytest.fixture(autouse=True)
def nothing_blocks_the_event_loop() -> Iterator[None]:
    with blockbuster_ctx():
        yield


@pytest.fixture
async def store(servers: Servers) -> AsyncIterator[RedisStore]:
    async with aclosing(await servers.make()) as store:
        yield store


# The contract


@pytest.mark.parametrize("check", STORE_CHECKS, ids=lambda check: check.__name__)
async def test_a_redis_store_keeps_the_contract(check, servers: Servers) -> None:
    await check(servers.make)


@pytest.mark.parametrize("check", DURABLE_CHECKS, ids=lambda check: check.__name__)
async def test_a_redis_store_keeps_what_it_acknowledged(check, servers: Servers) -> None:
    await check(servers.make, servers.reopen)


async def test_namespaces_on_one_server_are_isolated(servers: Servers) -> None:
    await check_namespaces_are_isolated(servers.make, servers.neighbour)


async def test_features_of_another_dimension_are_refused(store: RedisStore) -> None:
    engrams = store.engrams(REGION)
    await engrams.insert([sample_placed(1, features=axis_features(1))], arriving=True)
    narrow, wide = (sample_placed(n, features=axis_features(1)[:, :n]) for n in (8, 9))
    for arriving in (False, True):
        with pytest.raises(FeatureMismatchError, match="dimension 16"):
            await engrams.insert([sample_placed(2), narrow], arriving=arriving)
        with pytest.raises(FeatureMismatchError, match=r"\[8, 9\]"):
            await engrams.insert([narrow, wide], arriving=arriving)
    assert await engrams.count(math.inf) == (0, 0)
    assert await engrams.arrivals() == [sample_id(1)]
    await engrams.delete(sample_id(1))
    await engrams.insert([narrow])
    assert await engrams.count(math.inf) == (1, 1)


# Keys


async def test_every_key_carries_the_hash_tag_of_its_namespace(servers: Servers) -> None:
    async with aclosing(await servers.make()) as store:
        engrams = store.engrams(REGION)
        items = [Placed(sample_engram(n, features=axis_features(n)), 1e6, 10.0, 20.0) for n in (1, 2)]
        await engrams.insert(items)
        await engrams.insert([sample_placed(3)], arriving=True)
        await engrams.demote([sample_id(1)], math.inf)
        await store.link([Link("a", "b", "temporal", 0.5)])
        await store.write_journal([sample_engram(4)])
        await store.amend_document("clock", more)
    keys = await servers.client().keys()
    assert {key.split(b"}")[0] for key in keys} == {b"neuro:{brain 1"}
    families = {key.split(b":")[2] for key in keys}
    assert families == {
        b"d",
        b"m",
        b"ids",
        b"forget",
        b"dormant",
        b"review",
        b"rehearsal",
        b"arriving",
        b"digests",
        b"dim",
        b"as",
        b"jrn",
        b"doc",
        b"ops",
    }


async def test_what_was_deleted_leaves_no_key_behind(servers: Servers) -> None:
    async with aclosing(await servers.make()) as store:
        engrams, nasty = store.engrams(REGION), nasty_engrams()
        ids = [engram.engram_id for engram in nasty]
        items = [Placed(sample_engram(n, engram_id=i), 1e6, 10.0, 20.0) for n, i in enumerate(ids)]
        await engrams.insert(items[:6])
        await engrams.insert(items[6:], arriving=True)
        await engrams.reveal(ids[6:8])
        await engrams.amend(ids[2:7], lambda e: Placed(counted(e).engram, 1e6, 30.0, 40.0), op_id="a")
        await engrams.demote(ids[:4], math.inf)
        await store.link([Link(ids[0], ids[1], "temporal", 1.0), Link(ids[1], ids[0], "temporal", 1.0)])
        await store.write_journal(nasty)
        for engram_id in ids:
            assert await engrams.delete(engram_id)
            await store.unlink(engram_id)
        await store.write_journal([], drop=ids)
    assert await servers.client().keys() == []


async def test_what_never_comes_is_in_no_index(servers: Servers, store: RedisStore) -> None:
    engrams, ids = store.engrams(REGION), [sample_id(1), sample_id(2)]
    await engrams.insert([Placed(sample_engram(1), math.inf)])
    await engrams.insert([Placed(sample_engram(2), math.inf)], arriving=True)
    await engrams.reveal(ids[1:])
    indexes = [f"neuro:{{brain 1}}:{index}:neocortex" for index in ("forget", "review", "rehearsal")]
    assert await servers.client().exists(*indexes) == 0
    await engrams.amend(ids, lambda e: Placed(counted(e).engram, 5.0, 6.0, 7.0), op_id="a")
    assert await servers.client().exists(*indexes) == 3
    await engrams.amend(ids, lambda e: Placed(counted(e).engram, math.inf), op_id="b")
    assert await servers.client().exists(*indexes) == 0


async def test_what_arrived_before_there_were_agendas_is_on_none(servers: Servers, store: RedisStore) -> None:
    engrams, client = store.engrams(REGION), servers.client()
    await engrams.insert([Placed(sample_engram(1), 5.0, 10.0, 20.0)], arriving=True)
    await client.hdel(f"neuro:{{brain 1}}:m:neocortex:{sample_id(1)}", "w", "h")
    await engrams.reveal([sample_id(1)])
    assert await engrams.due(6.0, limit=9) == [sample_id(1)]
    for agenda in Agenda:
        assert await engrams.upcoming(agenda, math.inf, limit=9) == []


@pytest.mark.parametrize("namespace", ["", " ", "a}b", "{", "a{b"])
async def test_a_namespace_that_would_break_the_hash_tag_is_refused(namespace: str) -> None:
    with pytest.raises(ConfigurationError, match=r"RedisStore\.namespace"):
        await RedisStore.open(URL, namespace=namespace)


# Scanning


async def test_what_another_process_changes_shows_at_once(servers: Servers) -> None:
    async with aclosing(await servers.make()) as here, aclosing(await servers.reopen()) as there:
        mine, theirs = here.engrams(REGION), there.engrams(REGION)
        await mine.insert([sample_placed(1), sample_placed(2)])
        await theirs.insert([sample_placed(3)])
        await theirs.delete(sample_id(1))
        changed = await theirs.amend([sample_id(2)], counted, op_id="a")
        assert await mine.scan() == [*changed, sample_engram(3)]
        assert await mine.get([sample_id(3), sample_id(1)]) == [sample_engram(3), None]


async def test_a_long_scan_asks_the_server_for_a_thousand_at_a_time(
    servers: Servers, store: RedisStore, sent: list[str]
) -> None:
    engrams = store.engrams(REGION)
    items = [sample_placed(n) for n in range(1200)]
    await engrams.insert(items)
    evicted = [f"neuro:{{brain 1}}:{kind}:neocortex:{sample_id(n)}" for n in range(1000) for kind in "dm"]
    for limit, trips in ((1000, 1), (1001, 2), (5000, 2)):
        sent.clear()
        assert await engrams.scan(limit=limit) == [item.engram for item in items[:limit]]
        assert len(sent) == trips
    await servers.client().delete(*evicted)
    assert await engrams.scan(limit=1100) == [item.engram for item in items[1000:]]


# Changing


async def test_a_thousand_amends_at_once_all_count(store: RedisStore) -> None:
    engrams = store.engrams(REGION)
    await engrams.insert([sample_placed(1)])
    await asyncio.gather(*(engrams.amend([sample_id(1)], counted, op_id=str(n)) for n in range(1000)))
    [engram] = await engrams.get([sample_id(1)])
    assert engram is not None
    assert engram.access_count == engram.revision == 1000


async def test_two_processes_that_amend_one_engram_both_count(servers: Servers) -> None:
    async with aclosing(await servers.make()) as here, aclosing(await servers.reopen()) as there:
        await here.engrams(REGION).insert([sample_placed(1)])
        await asyncio.gather(
            *(
                store.engrams(REGION).amend([sample_id(1)], counted, op_id=f"{name}{n}")
                for n in range(40)
                for name, store in (("here", here), ("there", there))
            )
        )
        [engram] = await here.engrams(REGION).get([sample_id(1)])
        assert engram is not None
        assert engram.access_count == engram.revision == 80


async def test_a_batch_costs_one_round_trip_each_way(store: RedisStore, sent: list[str]) -> None:
    engrams, ids = store.engrams(REGION), [sample_id(n) for n in (1, 2)]
    items = [Placed(sample_engram(n), 1e6, 10.0, 20.0) for n in (1, 2)]
    verbs: list[tuple[Callable[[], Awaitable[object]], int]] = [
        (lambda: engrams.insert(items, arriving=True), 1),
        (lambda: engrams.reveal(ids), 1),
        (lambda: engrams.scan(limit=1000), 1),
        (lambda: engrams.amend(ids, counted, op_id="a"), 2),
        (lambda: engrams.upcoming(Agenda.REVIEW, 99.0, limit=9), 1),
        (lambda: engrams.delete(ids[0]), 1),
        (lambda: store.amend_document("nights", more), 2),
    ]
    for verb, trips in verbs:
        sent.clear()
        await verb()
        assert len(sent) == trips, sent


async def test_tasks_of_one_process_do_not_make_each_others_changes_stale(
    store: RedisStore, sent: list[str]
) -> None:
    await asyncio.gather(*(store.amend_document("nights", more) for _ in range(50)))
    assert await store.read_documents(["nights"]) == [50]
    assert sent.count("EVALSHA") == 50


async def test_what_is_carried_out_twice_counts_once(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the connection broke before the reply came, and redis-py sent the commands again."""
    honest = RedisConnection._round_trip

    async def twice(self: RedisConnection, commands: Sequence[Command]) -> list[Any]:
        await honest(self, commands)
        return await honest(self, commands)

    async with aclosing(await servers.make()) as here, aclosing(await servers.reopen()) as there:
        await here.engrams(REGION).insert([sample_placed(1)])
        monkeypatch.setattr(RedisConnection, "_round_trip", twice)
        amends = [
            store.engrams(REGION).amend([sample_id(1)], counted, op_id=f"{name}{n}")
            for n in range(10)
            for name, store in (("here", here), ("there", there))
        ]
        changes = [store.amend_document("nights", more) for _ in range(10) for store in (here, there)]
        _, seen = await asyncio.gather(asyncio.gather(*amends), asyncio.gather(*changes))
        assert sorted(seen) == list(range(1, 21))
        [engram] = await here.engrams(REGION).get([sample_id(1)])
        assert engram is not None
        assert engram.access_count == 20


# Saying where


async def test_the_password_is_masked(store: RedisStore) -> None:
    assert store.url == "redis://:***@memory.example:6380/2"
    assert repr(store) == "RedisStore('redis://:***@memory.example:6380/2', namespace='brain 1')"


async def test_a_client_that_was_given_stays_open(servers: Servers) -> None:
    client = servers.client()
    await (await RedisStore.open(URL, client=client)).aclose()
    assert await client.ping()
