"""Namespaces on Redis that an older neuro wrote, or a newer one."""

import asyncio
import json
import logging
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis_servers import NAMESPACE, REGION, URL, Servers, key

from neuro.errors import CorruptRecordError, StoreUnavailableError
from neuro.stores.base import Agenda, Document, Link, Remove, Unlink
from neuro.stores.redis import RedisStore
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_lua import Command
from neuro.testing.samples import axis_features, sample_engram, sample_id

WRITTEN = Path(__file__).parent / "written_by" / "redis_version_1.json"


COMMANDS: list[list[str]] = json.loads(WRITTEN.read_text("utf-8"))
"""By which a namespace comes to what the first layout held."""


@pytest.fixture
async def old(servers: Servers) -> AsyncIterator[Redis]:
    """A client of a server with a namespace of the first layout."""
    client = servers.client()
    for command in COMMANDS:
        await client.execute_command(*command)
    yield client


async def open_store(servers: Servers) -> RedisStore:
    return await RedisStore.open(URL, namespace=NAMESPACE, client=servers.client())


async def assert_upgraded(store: RedisStore) -> None:
    """1 and 2 were in the neocortex, 3 in the cerebellum, 4 and 5 on their way; the journal had 2, 3, 4 and 6."""
    neocortex, hippocampus = store.engrams(REGION), store.engrams("hippocampus")
    assert [e.engram_id for e in await neocortex.scan()] == [sample_id(n) for n in (1, 2, 5)]
    assert [e.engram_id for e in await store.engrams("cerebellum").scan()] == [sample_id(3)]
    left = [
        sample_engram(4, "lantern"),
        sample_engram(6, "ferry", features=axis_features(2), salience=0.9),
    ]
    assert await hippocampus.scan() == left
    assert await neocortex.due(math.inf, limit=9) == [sample_id(1), sample_id(5)]
    assert await neocortex.upcoming(Agenda.REVIEW, math.inf, limit=9) == [
        (sample_id(5), 3.0),
        (sample_id(1), 11.0),
    ]
    assert await neocortex.upcoming(Agenda.REHEARSAL, math.inf, limit=9) == [(sample_id(5), 4.0)]
    assert await neocortex.find([sample_engram(5, "bakery").digest]) == [sample_id(5)]
    assert await hippocampus.count(math.inf) == (2, 0)
    link = Link(sample_id(1), sample_id(6), "temporal", 0.5)
    assert await store.links([sample_id(1)]) == [[link]]
    assert await store.read_documents(["clock", "nights"]) == [{"brain": 0.1 + 0.2}, 1]
    assert await store.verify() == []


async def test_a_journal_becomes_engrams_of_nobody(servers: Servers, old: Redis) -> None:
    async with aclosing(await open_store(servers)) as store:
        await assert_upgraded(store)
        assert await store.adopt("hippocampus", "new", silent_since=0.0) == [sample_id(4), sample_id(6)]
    assert await old.exists(key("jrn"), key(f"arriving:{REGION}")) == 0
    async with aclosing(await open_store(servers)) as store:
        await assert_upgraded(store)
        await store.write([Document("a", 1)], op_id="a")


async def test_links_are_found_by_where_they_lead(servers: Servers, old: Redis) -> None:
    for source, target in ((1, 5), (3, 5)):
        await old.hset(key("as:") + sample_id(source), f"{sample_id(target)}|temporal", "0.5")
    nodes = (
        (sample_id(5), "c1"),
        ("c1", sample_id(5)),
        ("c1", "c2"),
        ("c2", sample_id(1)),
        ("concepts", "c1"),
    )
    for source, target in nodes:
        await old.hset(key("as:") + source, f"{target}|instance", "1")
    async with aclosing(await open_store(servers)) as store:
        assert await store.verify() == []
        await store.write([Remove(REGION, sample_id(5)), Unlink(sample_id(5))])
        assert await store.verify() == []
        links = await store.links([sample_id(1), sample_id(3), "c1", "c2", "concepts"])
        assert [[link.target_id for link in each] for each in links] == [
            [sample_id(6)], [], ["c2"], [sample_id(1)], ["c1"]
        ]  # fmt: skip
        await store.write([Unlink(sample_id(1)), Unlink("c1"), Unlink("c2")])
    left = [name for name in await old.keys() if b":as:" in name or b":to:" in name or b":linked" in name]
    assert left == []


async def test_an_upgrade_that_was_cut_off_anywhere_goes_on(
    servers: Servers, old: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, trips = RedisConnection.send, 0

    async def send(self: RedisConnection, commands: Sequence[Command], **options: bool) -> list[Any]:
        nonlocal trips
        trips += 1
        if trips == cut:
            for command in commands[:1]:  # the others never came
                await honest(self, [command], **options)
            raise StoreUnavailableError("cut off")
        return await honest(self, commands, **options)

    monkeypatch.setattr(RedisConnection, "send", send)
    cut = 2
    while True:
        await old.flushall()
        for command in COMMANDS:
            await old.execute_command(*command)
        trips = 0
        try:
            await (await open_store(servers)).aclose()
        except StoreUnavailableError:
            trips, last, cut = 0, cut, math.inf
            async with aclosing(await open_store(servers)) as store:
                await assert_upgraded(store)
            cut = last + 1
        else:
            break
    assert cut > 8


async def test_of_several_that_upgrade_at_once_each_finds_everything(servers: Servers, old: Redis) -> None:
    stores = await asyncio.gather(*(open_store(servers) for _ in range(5)))
    for store in stores:
        await assert_upgraded(store)
        await store.aclose()


async def test_journal_entries_that_cannot_be_read_are_kept_apart(
    servers: Servers, old: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    await old.hset(key("jrn"), sample_id(7), "no engram")
    await old.hset(key("jrn"), sample_id(8), b"{}\0{}\0")
    with caplog.at_level(logging.WARNING, "neuro"):
        async with aclosing(await open_store(servers)) as store:
            await assert_upgraded(store)
            quarantined = (await store.health()).quarantined
    for n in (7, 8):
        assert sum(sample_id(n) in line for line in quarantined) == 1
        assert sum(sample_id(n) in message for message in caplog.messages) == 1
    assert await old.hget(key("quarantine:jrn"), sample_id(7)) == b"no engram"


@pytest.mark.parametrize("schema", [b"3", b"17", b"a newer one", b""])
async def test_what_a_newer_neuro_wrote_is_not_touched(servers: Servers, old: Redis, schema: bytes) -> None:
    await old.set(key("schema"), schema)
    before = [(name, await old.dump(name)) for name in sorted(await old.keys())]
    with pytest.raises(
        CorruptRecordError, match=rf"neuro:.*:schema: schema version {schema.decode()}, .* up to 2"
    ):
        await open_store(servers)
    assert [(name, await old.dump(name)) for name in sorted(await old.keys())] == before


async def test_nothing_is_written_once_a_newer_neuro_has_upgraded_it(servers: Servers) -> None:
    async with aclosing(await servers.make()) as store:
        await servers.client().set(key("schema"), "3")
        for verb in (
            store.write([Document("a", 1)]),
            store.amend_document("a", lambda _: 1),
            store.engrams(REGION).demote([sample_id(1)], 1.0),
            store.beat("somebody", 1.0),
        ):
            with pytest.raises(CorruptRecordError, match="schema version 3"):
                await verb
    assert not await servers.client().exists(key("doc"), key("wr"))
