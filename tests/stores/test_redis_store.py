"""The store on Redis, over a Redis in this process: the conformance checks, outages, and what is where."""

import asyncio
import math
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any

import pytest
from redis_servers import REGION, URL, Servers, key

from neuro.engram import Engram
from neuro.errors import ConfigurationError, FeatureMismatchError, LeaseLostError, StaleEngramError
from neuro.stores import redis_engrams, redis_sharing
from neuro.stores.base import (
    Agenda,
    Document,
    Happening,
    Insert,
    Lease,
    Link,
    Placed,
    Remove,
    Replace,
    Unlink,
)
from neuro.stores.fencing import fenced
from neuro.stores.redis import RedisStore
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_lua import Command
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
    await engrams.insert([sample_placed(1, features=axis_features(1))])
    narrow, wide = (sample_placed(n, features=axis_features(1)[:, :n]) for n in (8, 9))
    with pytest.raises(FeatureMismatchError, match="dimension 16"):
        await engrams.insert([sample_placed(2), narrow])
    await engrams.delete(sample_id(1))
    with pytest.raises(FeatureMismatchError, match="dimension 8"):
        await engrams.insert([narrow, wide])
    assert await engrams.count(math.inf) == (0, 0)
    await store.write([Insert(REGION, wide), Remove(REGION, sample_id(9)), Insert(REGION, narrow)])
    assert await engrams.count(math.inf) == (1, 1)


# Keys


async def fill(store: RedisStore) -> None:
    """Some of everything that a store may hold."""
    items = [Placed(sample_engram(n, features=axis_features(n)), 1e6, 10.0, 20.0) for n in (1, 2)]
    await store.engrams(REGION).insert(items, writer="somebody")
    await store.engrams(REGION).demote([sample_id(1)], math.inf)
    await store.write([Link(sample_id(1), sample_id(2), "temporal", 0.5), Document("a", 1)], op_id="first")
    await store.amend_document("clock", more)
    await store.beat("somebody", 1.0)
    await store.acquire("somebody", now=1.0, until=2.0)


async def test_every_key_carries_the_hash_tag_of_its_namespace(servers: Servers) -> None:
    async with aclosing(await servers.make()) as store:
        await fill(store)
        await servers.client().hset(key("d:neocortex:") + sample_id(2), "t", "{}")
        await store.verify(repair=True)
    keys = await servers.client().keys()
    assert {key.split(b"}")[0] for key in keys} == {b"neuro:{brain 1"}
    families = {key.split(b":")[2].decode() for key in keys}
    regional = {"d", "m", "ids", "review", "rehearsal", "dormant", "digests", "dim", "own"}
    shared = {"schema", "regions", "chg", "doc", "wr", "lease", "quarantine"}
    assert families == regional | shared | {"ops", "ops-order", "tries", "tries-order"}


async def test_nothing_expires(servers: Servers, store: RedisStore) -> None:
    await fill(store)
    client = servers.client()
    assert {await client.ttl(key) for key in await client.keys()} == {-1}


async def test_what_was_deleted_leaves_no_key_behind(servers: Servers) -> None:
    async with aclosing(await servers.make()) as store:
        engrams, nasty = store.engrams(REGION), nasty_engrams()
        ids = [engram.engram_id for engram in nasty]
        items = [Placed(sample_engram(n, engram_id=i), 1e6, 10.0, 20.0) for n, i in enumerate(ids)]
        await engrams.insert(items, writer="somebody")
        await engrams.amend(ids[2:7], lambda e: Placed(counted(e).engram, 1e6, 30.0, 40.0), op_id="a")
        await engrams.demote(ids[:4], math.inf)
        ends = [(ids[0], ids[1]), (ids[1], ids[0]), (ids[0], ids[6]), (ids[6], ids[0])]
        await store.write([Link(*pair, "temporal", 1.0) for pair in ends])
        await store.write([Document("a", 1)])
        await store.write([Document("a", None)])
        for engram_id in ids:
            await store.write([Remove(REGION, engram_id), Unlink(engram_id)])
        await store.beat("somebody", 1.0)
        await store.retire("somebody")
    left = {name.removeprefix(key("").encode()) for name in await servers.client().keys()}
    assert left == {b"schema", b"regions", b"chg", b"tries", b"tries-order"}


async def test_a_link_that_comes_while_an_engram_is_unlinked_goes_with_it(
    servers: Servers, store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.engrams(REGION).insert([sample_placed(n) for n in (1, 2, 3)])
    coming = [Link(sample_id(a), sample_id(b), "temporal", 1.0) for a, b in ((1, 2), (3, 1))]
    honest = RedisConnection.send

    async def send(self: RedisConnection, commands: Sequence[Command], **options: bool) -> list[Any]:
        replies = await honest(self, commands, **options)
        if coming and commands[0][0] == "HKEYS":
            await there.write([coming.pop()])
        return replies

    async with aclosing(await servers.reopen()) as there:
        monkeypatch.setattr(RedisConnection, "send", send)
        await store.write([Remove(REGION, sample_id(1)), Unlink(sample_id(1))])
        assert not coming
        assert await there.links([sample_id(n) for n in (1, 2, 3)]) == [[], [], []]
        assert await there.verify() == []


async def test_what_links_nowhere_goes_with_the_engram(servers: Servers, store: RedisStore) -> None:
    await store.engrams(REGION).insert([sample_placed(1)])
    await servers.client().hset(key("as:") + sample_id(1), "nonsense", "1")
    await servers.client().sadd(key("to:") + sample_id(1), "nonsense")
    await store.write([Unlink(sample_id(1))])
    assert await store.verify() == []
    assert not await servers.client().exists(key("as:") + sample_id(1), key("to:") + sample_id(1))


async def test_what_never_comes_is_in_no_index(servers: Servers, store: RedisStore) -> None:
    engrams = store.engrams(REGION)
    await engrams.insert([Placed(sample_engram(1), math.inf)])
    indexes = [key(f"{index}:neocortex") for index in ("forget", "review", "rehearsal")]
    assert await servers.client().exists(*indexes) == 0
    await engrams.amend([sample_id(1)], lambda e: Placed(counted(e).engram, 5.0, 6.0, 7.0), op_id="a")
    assert await servers.client().exists(*indexes) == 3
    await engrams.amend([sample_id(1)], lambda e: Placed(counted(e).engram, math.inf), op_id="b")
    assert await servers.client().exists(*indexes) == 0


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
    evicted = [key(f"{kind}:neocortex:{sample_id(n)}") for n in range(1000) for kind in "dm"]
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
    position = (await store.news(None)).position
    move = [Remove(REGION, ids[1], 1), Insert("cerebellum", items[1])]
    verbs: list[tuple[Callable[[], Awaitable[object]], int]] = [
        (lambda: engrams.insert(items, writer="somebody"), 1),
        (lambda: engrams.insert(items), 3),
        (lambda: engrams.scan(limit=1000), 1),
        (lambda: engrams.amend(ids, counted, op_id="a"), 2),
        (lambda: engrams.upcoming(Agenda.REVIEW, 99.0, limit=9), 1),
        (lambda: store.news(position), 1),
        (lambda: store.write([*move, Link(ids[0], ids[1], "temporal", 1.0), Document("a", 1)]), 1),
        (lambda: store.write([Unlink(ids[0])]), 2),
        (lambda: engrams.delete(ids[0]), 1),
        (lambda: engrams.demote(ids, 1.0), 1),
        (lambda: store.adopt("cerebellum", "somebody", silent_since=1.0), 1),
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


async def test_many_engrams_are_unpacked_and_changed_beside_the_event_loop(
    store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    engrams, ids = store.engrams(REGION), [sample_id(n) for n in range(40)]
    await engrams.insert([sample_placed(n) for n in range(40)])
    threads: list[int] = []
    honest = redis_engrams.unpack_record

    def watched(*record: Any) -> Engram:
        threads.append(threading.get_ident())
        return honest(*record)

    def change(engram: Engram) -> Placed:
        threads.append(threading.get_ident())
        return counted(engram)

    monkeypatch.setattr(redis_engrams, "unpack_record", watched)
    assert len(await engrams.get(ids)) == len(await engrams.kept(ids)) == 40
    assert len(await engrams.amend(ids, change, op_id="a")) == 40
    assert len(threads) == 4 * 40 and threading.get_ident() not in threads
    threads.clear()
    await engrams.amend(ids[:2], change, op_id="b")
    assert set(threads) == {threading.get_ident()}


# Sharing


async def test_writes_that_clash_tell_what_each_met(store: RedisStore) -> None:
    await store.engrams(REGION).insert([sample_placed(1), sample_placed(2)])
    writes = [
        Insert(REGION, sample_placed(1, "Something else")),
        Remove(REGION, sample_id(2), 7),
        Replace(REGION, counted(sample_engram(3)), 0),
    ]
    with pytest.raises(
        StaleEngramError, match=r"1: exists already.*2: .*revision 7.*3: .*revision 0"
    ) as caught:
        await store.write(writes)
    assert caught.value.engram_ids == (sample_id(1), sample_id(2), sample_id(3))


async def test_a_write_of_many_is_still_one(store: RedisStore, sent: list[str]) -> None:
    items = [Placed(sample_engram(n), 1e6) for n in range(300)]
    sent.clear()
    await store.write([Insert("hippocampus", item, "somebody") for item in items])
    await store.write(
        [w for i in items for w in (Remove("hippocampus", i.engram.engram_id, 0), Insert(REGION, i))]
    )
    assert sent == ["EVALSHA", "EVALSHA"]
    assert await store.engrams("hippocampus").count(0.0) == (0, 0)
    assert await store.engrams(REGION).count(0.0) == (300, 0)
    news = await store.news(None)
    assert not (await store.news(news.position)).happened


async def test_the_news_are_read_in_pages_and_tell_everything(
    store: RedisStore, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_sharing, "_NEWS_PAGE", 10)
    position = (await store.news(None)).position
    await store.engrams(REGION).insert([sample_placed(n) for n in range(25)])
    sent.clear()
    news = await store.news(position)
    assert news.happened == tuple((Happening.INSERTED, sample_id(n)) for n in range(25))
    assert len(sent) == 3


async def test_news_that_the_server_has_lost_are_a_gap(servers: Servers, store: RedisStore) -> None:
    """As after a failover to a replica that had not got the last writes, or when the log was trimmed."""
    await store.engrams(REGION).insert([sample_placed(n) for n in (1, 2, 3)])
    position = (await store.news(None)).position
    await servers.client().xdel(key("chg"), position)
    missed = await store.news(position)
    assert missed.gap and not missed.happened
    await store.engrams(REGION).insert([sample_placed(4)])
    assert (await store.news(missed.position)).happened == ((Happening.INSERTED, sample_id(4)),)
    assert (await store.news(position)).gap
    await servers.client().flushall()
    empty = await store.news(missed.position)
    assert empty.gap
    assert not (await store.news(empty.position)).gap
    await store.engrams(REGION).insert([sample_placed(5)])
    assert (await store.news(empty.position)).gap
    for nowhere in ("", "now", "1", "1-", "-", "9999999999999-0"):
        assert (await store.news(nowhere)).gap


async def test_many_are_adopted_a_page_at_a_time(
    store: RedisStore, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_sharing, "_ADOPTED_AT_ONCE", 10)
    items = [sample_placed(n) for n in range(22)]
    await store.beat("silent", 1.0)
    await store.beat("living", 9.0)
    await store.engrams("hippocampus").insert(items[:11], writer="silent")
    await store.engrams("hippocampus").insert(items[11:12], writer="living")
    await store.engrams("hippocampus").insert(items[12:])
    sent.clear()
    adopted = await store.adopt("hippocampus", "new", silent_since=5.0)
    assert adopted == [sample_id(n) for n in range(22) if n != 11]
    assert len(sent) == 3
    assert (await store.health()).details["writers"] == 1


async def test_a_writer_whose_beat_lies_ahead_is_forgotten_when_it_is_adopted_from(store: RedisStore) -> None:
    for writer, at in {"ahead": 3600.0, "adopter": 3600.0, "living": 30.0}.items():
        await store.beat(writer, at)
    await store.engrams("hippocampus").insert([sample_placed(1)], writer="ahead")
    adopted = await store.adopt("hippocampus", "adopter", silent_since=-30.0, ahead_of=30.0)
    assert adopted == [sample_id(1)]
    assert (await store.health()).details["writers"] == 2


async def test_operations_are_remembered_up_to_a_number(servers: Servers, store: RedisStore) -> None:
    client = servers.client()
    await client.rpush(key("ops-order"), *(f"old {n}" for n in range(10_000)))
    await client.hset(key("ops"), mapping={f"old {n}": "0" for n in range(10_000)})
    for name in ("one", "two"):
        await store.write([Document("a", name)], op_id=name)
    assert await client.llen(key("ops-order")) == await client.hlen(key("ops")) == 10_000
    await store.write([Document("a", "again")], op_id="one")
    assert await store.read_documents(["a"]) == ["two"]
    assert not await client.hexists(key("ops"), "old 9999")


async def test_an_operation_that_was_carried_out_is_no_late_write(store: RedisStore) -> None:
    lease = await store.acquire("sleeper", now=0.0, until=1.0)
    with fenced(lease.fence):
        await store.write([Document("a", 1)], op_id="first")
        await store.acquire("another", now=2.0, until=3.0)
        await store.write([Document("a", 2)], op_id="first")
        with pytest.raises(LeaseLostError):
            await store.write([Document("a", 3)], op_id="second")
    assert await store.read_documents(["a"]) == [1]


async def test_a_lease_that_was_released_is_not_renewed(store: RedisStore) -> None:
    lease = await store.acquire("sleeper", now=0.0, until=5.0)
    await store.release(lease)
    assert not await store.renew(lease, until=9.0)
    assert await store.acquire("another", now=1.0, until=2.0) == Lease("another", lease.fence + 1, 2.0)


# Saying where


async def test_the_password_is_masked(store: RedisStore) -> None:
    assert store.url == "redis://:***@memory.example:6380/2"
    assert repr(store) == "RedisStore('redis://:***@memory.example:6380/2', namespace='brain 1')"


async def test_a_client_that_was_given_stays_open(servers: Servers) -> None:
    client = servers.client()
    await (await RedisStore.open(URL, client=client)).aclose()
    assert await client.ping()
