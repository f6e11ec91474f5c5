"""The store on Redis when something fails: outages, replies that are lost, a server that forgot."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any

import pytest
from redis_servers import REGION, Servers, key

from neuro.engram import Engram
from neuro.errors import StaleEngramError, StoreError, StoreUnavailableError
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
    Write,
)
from neuro.stores.redis import RedisStore
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_lua import Command
from neuro.testing.samples import sample_engram, sample_id, sample_placed
from neuro.testing.stores.bookkeeping import more
from neuro.testing.stores.engrams import counted


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
            store.write([Document("a", 1)]),
            store.news("0-0"),
            store.acquire("somebody", now=0.0, until=1.0),
            store.adopt(REGION, "somebody", silent_since=0.0),
            store.health(),
            store.verify(),
            store.scrub(),
            store.quarantine(),
            store.discard(["a"]),
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


async def test_a_key_of_another_kind_is_an_error_of_the_store(servers: Servers, store: RedisStore) -> None:
    await servers.client().set(key("doc"), "a string")
    with pytest.raises(StoreError, match="WRONGTYPE"):
        await store.read_documents(["clock"])


# Replies that are lost

Meanwhile = Callable[[], Awaitable[object]]


class LosesReplies:
    """What was carried out is carried out again, as redis-py does when the connection breaks before the reply comes;
    in between others do what they do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    async def during(self, act: Callable[[], Awaitable[Any]], meanwhile: Meanwhile) -> Any:
        """What an act returns whose every exchange with the server is repeated once."""
        honest, others = RedisConnection._exchange, False

        async def twice(self: RedisConnection, commands: Sequence[Command]) -> list[Any]:
            nonlocal others
            if others:  # their replies come
                return await honest(self, commands)
            await honest(self, commands)
            others = True
            await meanwhile()
            others = False
            return await honest(self, commands)

        with self._monkeypatch.context() as patch:
            patch.setattr(RedisConnection, "_exchange", twice)
            return await act()


@pytest.fixture
def lossy(monkeypatch: pytest.MonkeyPatch) -> LosesReplies:
    return LosesReplies(monkeypatch)


async def nothing() -> None:
    pass


async def moved_by_another(store: RedisStore) -> None:
    """Another process takes over what was just written and changes it."""
    for region in (REGION, "cerebellum"):
        await store.engrams(region).amend([sample_id(n) for n in (1, 2)], counted, op_id="theirs")
    await store.write([Document("nights", 7), Link(sample_id(1), sample_id(3), "temporal", 0.1)])


WRITES: dict[str, Sequence[Write]] = {
    "insert": [Insert(REGION, sample_placed(3), "somebody")],
    "move": [Remove(REGION, sample_id(1), 0), Insert("cerebellum", sample_placed(1))],
    "remove": [Remove(REGION, sample_id(1), 0)],
    "replace": [Replace(REGION, counted(sample_engram(1)), 0)],
    "link": [Link(sample_id(1), sample_id(2), "temporal", 0.5)],
    "unlink": [Unlink(sample_id(1))],
    "document": [Document("nights", 1)],
}


@pytest.mark.parametrize("writes", WRITES.values(), ids=WRITES.keys())
@pytest.mark.parametrize("op_id", [None, "named"])
async def test_a_write_that_is_carried_out_twice_counts_once(
    servers: Servers, store: RedisStore, lossy: LosesReplies, writes: Sequence[Write], op_id: str | None
) -> None:
    await store.engrams(REGION).insert([sample_placed(1), sample_placed(2)])
    await store.write([Link(sample_id(1), sample_id(2), "temporal", 0.9)])
    async with aclosing(await servers.reopen()) as there:
        seen: list[Any] = []

        async def look() -> None:
            await moved_by_another(there)
            seen.append(await everything(there))

        position = (await store.news(None)).position
        await lossy.during(lambda: store.write(writes, op_id=op_id), look)
        assert await everything(there) == seen[-1]
        assert len((await store.news(position)).happened) <= 1


async def everything(store: RedisStore) -> list[Any]:
    regions = [await store.engrams(region).scan() for region in (REGION, "cerebellum")]
    links = await store.links([sample_id(n) for n in (1, 2)])
    return [regions, links, await store.read_documents(["nights"])]


async def test_a_write_whose_reply_never_came_may_be_repeated_by_its_name(
    servers: Servers, store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = RedisConnection._exchange
    await store.engrams(REGION).insert([sample_placed(1)])
    writes = [Remove(REGION, sample_id(1), 0), Insert("cerebellum", sample_placed(1)), Document("nights", 1)]

    async def deaf(self: RedisConnection, commands: Sequence[Command]) -> list[Any]:
        await honest(self, commands)
        raise StoreUnavailableError("the reply is lost")

    with monkeypatch.context() as patch:
        patch.setattr(RedisConnection, "_exchange", deaf)
        with pytest.raises(StoreUnavailableError):
            await store.write(writes, op_id="move 1")
    async with aclosing(await servers.reopen()) as there:
        await there.amend_document("nights", more)
        assert await there.engrams("cerebellum").delete(sample_id(1))
    await store.write(writes, op_id="move 1")
    assert await store.read_documents(["nights"]) == [2]
    assert await store.engrams("cerebellum").scan() == []
    with pytest.raises(StaleEngramError):
        await store.write(writes, op_id="move 2")


async def test_what_a_verb_returns_is_what_it_did_the_first_time(
    servers: Servers, store: RedisStore, lossy: LosesReplies
) -> None:
    engrams, ids = store.engrams(REGION), [sample_id(n) for n in (1, 2, 3)]
    await engrams.insert([sample_placed(n) for n in (1, 2, 3)])
    assert await lossy.during(lambda: engrams.demote(ids[:2], 2e6), nothing) == ids[:2]
    assert await lossy.during(lambda: engrams.delete(ids[0]), nothing) is True
    assert await lossy.during(lambda: engrams.delete(ids[0]), nothing) is False
    assert await lossy.during(lambda: engrams.delete(ids[1], revision=0), nothing) is True
    adopted = await lossy.during(lambda: store.adopt(REGION, "new", silent_since=0.0), nothing)
    assert adopted == ids[2:]
    position = (await store.news(None)).position
    await lossy.during(lambda: engrams.insert([sample_placed(4)]), nothing)
    assert (await store.news(position)).happened == ((Happening.INSERTED, sample_id(4)),)
    lease = await lossy.during(lambda: store.acquire("somebody", now=0.0, until=9.0), nothing)
    assert await lossy.during(lambda: store.renew(lease, until=10.0), nothing)
    assert (await store.acquire("another", now=1.0, until=2.0)).holder == "somebody"


async def test_what_was_deleted_stays_so_where_another_has_inserted_it_anew(
    servers: Servers, store: RedisStore, lossy: LosesReplies
) -> None:
    await store.engrams(REGION).insert([sample_placed(1)])
    async with aclosing(await servers.reopen()) as there:

        async def insert() -> None:
            await there.engrams(REGION).insert([sample_placed(1)])

        assert await lossy.during(lambda: store.engrams(REGION).delete(sample_id(1)), insert) is True
        assert await store.engrams(REGION).scan() == [sample_engram(1)]


async def test_changes_that_are_carried_out_twice_count_once(
    servers: Servers, store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = RedisConnection._exchange

    async def twice(self: RedisConnection, commands: Sequence[Command]) -> list[Any]:
        await honest(self, commands)
        return await honest(self, commands)

    async with aclosing(await servers.reopen()) as there:
        await store.engrams(REGION).insert([sample_placed(1)])
        monkeypatch.setattr(RedisConnection, "_exchange", twice)
        amends = [
            place.engrams(REGION).amend([sample_id(1)], counted, op_id=f"{name}{n}")
            for n in range(10)
            for name, place in (("here", store), ("there", there))
        ]
        changes = [place.amend_document("nights", more) for _ in range(10) for place in (store, there)]
        _, seen = await asyncio.gather(asyncio.gather(*amends), asyncio.gather(*changes))
        assert sorted(seen) == list(range(1, 21))
        [engram] = await store.engrams(REGION).get([sample_id(1)])
        assert engram is not None
        assert engram.access_count == 20
