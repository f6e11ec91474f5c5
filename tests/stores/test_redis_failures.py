"""The store on Redis when something fails: outages, a server that forgot, records that cannot be read."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import pytest
from blockbuster import blockbuster_ctx
from redis_servers import REGION, Servers

from neuro.engram import Engram
from neuro.errors import CorruptRecordError, StoreError, StoreUnavailableError
from neuro.stores.base import Agenda, Placed
from neuro.stores.redis import RedisStore
from neuro.testing.samples import sample_engram, sample_id, sample_placed
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


async def test_an_outage_is_reported_with_the_address_and_passes(servers: Servers) -> None:
    async with aclosing(await servers.make()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1, "harbour")])
        servers.server.connected = False
        for verb in (
            engrams.insert([sample_placed(2)]),
            engrams.amend([sample_id(1)], counted, op_id="a"),
            engrams.get([sample_id(1)]),
            engrams.scan(),
            engrams.upcoming(Agenda.REVIEW, 1.0, limit=9),
            store.write_journal([sample_engram(1)]),
            store.amend_document("nights", more),
            store.links(["a"]),
        ):
            with pytest.raises(StoreUnavailableError, match=r"Redis at memory\.example:6380: ") as caught:
                await verb
            assert "s3cret" not in str(caught.value)
        servers.server.connected = True
        await engrams.insert([sample_placed(2, "harbour")])
        await engrams.amend([sample_id(1)], counted, op_id="a")
        assert [e.access_count for e in await engrams.scan()] == [1, 0]


async def test_those_who_wait_for_a_change_that_fails_fail_with_it(
    servers: Servers, store: RedisStore
) -> None:
    engrams = store.engrams(REGION)
    await engrams.insert([sample_placed(1)])
    calls: list[str] = []

    def change(engram: Engram) -> Placed:
        calls.append(engram.engram_id)
        servers.server.connected = False
        return counted(engram)

    amends = [engrams.amend([sample_id(1)], change, op_id=str(n)) for n in range(50)]
    outcomes = await asyncio.gather(*amends, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {StoreUnavailableError}
    servers.server.connected = True
    await engrams.amend([sample_id(1)], counted, op_id="later")
    assert len(calls) == 1


async def test_scripts_that_the_server_forgot_are_loaded_again(servers: Servers, store: RedisStore) -> None:
    engrams = store.engrams(REGION)
    await engrams.insert([sample_placed(1)])
    await servers.client().script_flush()
    assert len(await engrams.amend([sample_id(1)], counted, op_id="a")) == 1
    await servers.client().script_flush()
    assert await engrams.delete(sample_id(1))


async def test_a_server_that_came_back_empty_is_just_empty(servers: Servers, store: RedisStore) -> None:
    engrams = store.engrams(REGION)
    await engrams.insert([sample_placed(1)])
    await servers.client().flushall()
    assert await engrams.get([sample_id(1)]) == [None]
    assert await engrams.scan() == []
    assert await engrams.amend([sample_id(1)], counted, op_id="a") == []
    assert not await engrams.delete(sample_id(1))
    await engrams.insert([sample_placed(1)])
    assert await engrams.scan() == [sample_engram(1)]


async def test_a_corrupt_record_is_reported_with_its_key(servers: Servers, store: RedisStore) -> None:
    engrams, client = store.engrams(REGION), servers.client()
    await engrams.insert([sample_placed(n) for n in (1, 2, 3, 4)])
    document, dynamics = (f"neuro:{{brain 1}}:{kind}:neocortex:" for kind in "dm")
    await client.delete(document + sample_id(1))
    await client.hset(document + sample_id(2), "t", "{}")
    await client.hset(dynamics + sample_id(3), "o", "[")
    for number in (1, 2, 3):
        with pytest.raises(CorruptRecordError, match=f"d:neocortex:{sample_id(number)}"):
            await engrams.get([sample_id(4), sample_id(number)])
    for number, engram_id in enumerate([None, sample_id(1)], start=1):
        with pytest.raises(CorruptRecordError, match=f"d:neocortex:{sample_id(number)}"):
            await engrams.scan(after=engram_id)
    await client.hset("neuro:{brain 1}:jrn", sample_id(5), "no engram")
    with pytest.raises(CorruptRecordError, match=sample_id(5)):
        await store.journal()
    await client.hset("neuro:{brain 1}:doc", "clock", "no JSON")
    with pytest.raises(CorruptRecordError, match="clock"):
        await store.read_documents(["other", "clock"])
    with pytest.raises(CorruptRecordError, match="clock"):
        await store.amend_document("clock", more)


async def test_a_key_of_another_kind_is_an_error_of_the_store(servers: Servers, store: RedisStore) -> None:
    await servers.client().set("neuro:{brain 1}:doc", "a string")
    with pytest.raises(StoreError, match="WRONGTYPE"):
        await store.read_documents(["clock"])
