"""Looking after a store on Redis: what does not fit together is found and mended, what cannot be read is kept apart."""

import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import pytest
from redis.asyncio import Redis
from redis_servers import REGION, Servers, key

from neuro import Brain
from neuro.stores import redis_verify
from neuro.stores.base import Agenda, Document, Happening, Insert, Link, Placed, Remove, Unlink
from neuro.stores.redis import RedisStore
from neuro.testing.samples import axis_features, sample_engram, sample_id, sample_placed
from neuro.testing.stores.bookkeeping import more
from neuro.testing.stores.engrams import counted

DOCUMENT, DYNAMICS = key(f"d:{REGION}:"), key(f"m:{REGION}:")


async def fill(store: RedisStore) -> None:
    """Four engrams, of which the first two are linked both ways and the fourth is dormant."""
    items = [Placed(sample_engram(n, features=axis_features(n)), 1e6 + n, 10.0, 20.0) for n in (1, 2, 3, 4)]
    await store.engrams(REGION).insert(items, writer="somebody")
    await store.engrams(REGION).demote([sample_id(4)], math.inf)
    await store.write(
        [
            Link(sample_id(1), sample_id(2), "temporal", 0.5),
            Link(sample_id(2), sample_id(1), "temporal", 0.5),
            Document("clock", 1),
        ]
    )


# What cannot be read


async def spoil(client: Redis) -> None:
    """Of the first three engrams: a part is gone, is no engram, is no JSON."""
    await client.delete(DOCUMENT + sample_id(1))
    await client.hset(DOCUMENT + sample_id(2), "t", "{}")
    await client.hset(DYNAMICS + sample_id(3), "o", "[")


async def test_what_cannot_be_read_is_as_good_as_gone(
    servers: Servers, store: RedisStore, caplog: pytest.LogCaptureFixture
) -> None:
    await fill(store)
    await spoil(servers.client())
    engrams, ids = store.engrams(REGION), [sample_id(n) for n in (1, 2, 3, 4)]
    with caplog.at_level(logging.WARNING, "neuro"):
        for _ in range(2):
            found = await engrams.get(ids)
            assert [e and e.engram_id for e in found] == [None, None, None, ids[3]]
            assert [e.engram_id for e in await engrams.amend(ids, counted, op_id="a")] == [ids[3]]
            assert await engrams.scan(after=ids[2]) == await engrams.get(ids[3:])
            assert await engrams.find([sample_engram(n).digest for n in (1, 4)]) == [None, ids[3]]
            assert await engrams.due(math.inf, limit=2) == [ids[3]]
            assert await engrams.upcoming(Agenda.REVIEW, math.inf, limit=2) == []
            assert not await engrams.delete(ids[0], revision=5)
    for engram_id in ids[:3]:
        assert sum(engram_id in message for message in caplog.messages) == 1
    quarantined = (await store.health()).quarantined
    assert [sum(f"d:{REGION}:{i}" in line for line in quarantined) for i in ids] == [1, 1, 1, 0]


async def test_a_scan_leaves_out_what_cannot_be_read(servers: Servers, store: RedisStore) -> None:
    await fill(store)
    await servers.client().hset(DOCUMENT + sample_id(2), "t", "{}")
    await servers.client().delete(DOCUMENT + sample_id(3), DYNAMICS + sample_id(3))
    await servers.client().delete(DYNAMICS + sample_id(4))
    await servers.client().set(DYNAMICS + sample_id(4), "no hash")
    assert [e.engram_id for e in await store.engrams(REGION).scan(limit=2)] == [sample_id(1)]
    assert len((await store.health()).quarantined) == 3


async def test_documents_that_cannot_be_read_are_none(servers: Servers, store: RedisStore) -> None:
    await servers.client().hset(key("doc"), mapping={"clock": "no JSON", "other": "7"})
    assert await store.read_documents(["clock", "other"]) == [None, 7]
    [named] = (await store.health()).quarantined
    assert "doc[clock]" in named
    [flaw] = await store.verify(repair=True)
    assert flaw.repaired and "doc[clock]" in flaw.key
    assert await servers.client().hgetall(key("quarantine:doc")) == {b"clock": b"no JSON"}
    assert await store.amend_document("clock", more) == 1
    assert len((await store.health()).quarantined) == 1


async def test_what_cannot_be_read_is_moved_out_of_the_way_as_it_was(
    servers: Servers, store: RedisStore
) -> None:
    await fill(store)
    client, position = servers.client(), (await store.news(None)).position
    await spoil(client)
    held = await client.hgetall(DOCUMENT + sample_id(2))
    keys = {DOCUMENT + sample_id(n) for n in (1, 2, 3)}
    assert {flaw.key for flaw in await store.verify()} >= keys
    assert await client.hgetall(DOCUMENT + sample_id(2)) == held
    flaws = await store.verify(repair=True)
    assert {flaw.key for flaw in flaws} >= keys and all(flaw.repaired for flaw in flaws)
    assert await store.verify(repair=True) == []
    assert await client.hgetall(key(f"quarantine:d:{REGION}:{sample_id(2)}")) == held
    assert [line.partition(": ")[0] for line in (await store.health()).quarantined] == sorted(keys)
    happened = (await store.news(position)).happened
    assert {i for kind, i in happened if kind == Happening.REMOVED} == {sample_id(n) for n in (1, 2, 3)}
    assert await store.engrams(REGION).count(math.inf) == (1, 1)
    assert await store.links([sample_id(1), sample_id(2)]) == [[], []]
    assert any("quarantine" in sentence for sentence in await store.scrub())


async def test_a_document_that_cannot_be_read_is_kept_when_another_takes_its_place(
    servers: Servers, store: RedisStore
) -> None:
    client, name = servers.client(), f"{key('doc')}[clock]"
    await client.hset(key("doc"), "clock", "no JSON")

    def refuse(_: object) -> object:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.amend_document("clock", refuse)
    assert await client.hget(key("doc"), "clock") == b"no JSON" and await store.quarantine() == []
    assert await store.amend_document("clock", more) == 1
    [record] = await store.quarantine()
    assert (record.key, record.size) == (name, 7)
    assert await client.hget(key("quarantine:doc"), "clock") == b"no JSON"
    await store.discard([name])
    assert (await store.health()).quarantined == ()
    assert await store.amend_document("clock", more) == 2


async def test_what_is_put_aside_later_does_not_take_the_place_of_the_first(
    servers: Servers, store: RedisStore
) -> None:
    client, lists = servers.client(), key(f"review:{REGION}")
    for broken in ("first", "second", "third"):
        await store.engrams(REGION).insert([sample_placed(1)])
        await client.hset(DYNAMICS + sample_id(1), "y", broken)
        await client.hset(key("doc"), "clock", broken)
        await client.delete(lists)
        await client.set(lists, broken)
        assert len(await store.verify(repair=True)) == 3
    kept = await store.quarantine()
    names = [f"{key('doc')}[clock{n}]" for n in ("", "#2", "#3")]
    names += [f"{name}{n}" for name in (DOCUMENT + sample_id(1), lists) for n in ("", "#2", "#3")]
    assert [record.key for record in kept] == sorted(names)
    for number, broken in (("", b"first"), ("#2", b"second"), ("#3", b"third")):
        assert await client.hget(key(f"quarantine:m:{REGION}:{sample_id(1)}{number}"), "y") == broken
        assert await client.hget(key("quarantine:doc"), f"clock{number}") == broken
        assert await client.get(key(f"quarantine:review:{REGION}{number}")) == broken
    await store.discard([names[1]])
    assert await client.hkeys(key("quarantine:doc")) == [b"clock", b"clock#3"]
    await store.discard(names)
    assert not [name for name in await client.keys() if b"quarantine" in name]


async def test_what_was_put_aside_is_listed_and_deleted_by_its_key(
    servers: Servers, store: RedisStore
) -> None:
    await fill(store)
    client = servers.client()
    sound = set(await client.keys())
    await spoil(client)
    await client.hset(key("doc"), mapping={"a[1]": "no JSON", "b": "nor this"})
    await client.delete(key(f"review:{REGION}"))
    await client.rpush(key(f"review:{REGION}"), "no", "zset")
    remains = [
        sum(map(len, (await client.hgetall(name)).values()))
        for n in (1, 2, 3)
        for name in (DOCUMENT + sample_id(n), DYNAMICS + sample_id(n))
    ]
    assert await store.quarantine() == []
    await store.verify(repair=True)
    kept = {record.key: record for record in await store.quarantine()}
    fields = [f"{key('doc')}[{name}]" for name in ("a[1]", "b")]
    engrams = [DOCUMENT + sample_id(n) for n in (1, 2, 3)]
    assert list(kept) == sorted([*fields, *engrams, key(f"review:{REGION}")])
    assert [kept[name].size for name in fields] == [7, 8]
    assert sum(kept[name].size for name in engrams) == sum(remains)
    assert all(record.size > 0 and record.reason for record in kept.values())
    await store.discard([fields[0], engrams[1], "nothing"])
    assert [record.key for record in await store.quarantine()] == sorted(
        kept.keys() - {fields[0], engrams[1]}
    )
    assert await client.hgetall(key("quarantine:doc")) == {b"b": b"nor this"}
    await store.discard(list(kept))
    assert await store.quarantine() == [] and (await store.health()).quarantined == ()
    assert not [name for name in await client.keys() if b"quarantine" in name]
    assert {name for name in sound if b":doc" in name} <= set(await client.keys())
    assert await store.read_documents(["clock"]) == [1] and await store.verify() == []


async def test_what_cannot_be_read_makes_room_for_an_insert(servers: Servers, store: RedisStore) -> None:
    await fill(store)
    client = servers.client()
    await client.hset(DYNAMICS + sample_id(2), "y", "{}")
    await client.delete(DYNAMICS + sample_id(3))
    await store.write([Insert(REGION, sample_placed(n)) for n in (2, 3)])
    assert await store.engrams(REGION).get([sample_id(2), sample_id(3)]) == [
        sample_engram(2),
        sample_engram(3),
    ]
    assert (await client.hget(key(f"quarantine:m:{REGION}:{sample_id(2)}"), "y")) == b"{}"
    assert await store.verify() == []


async def test_what_could_not_be_read_and_can_be_now_is_found_again(
    servers: Servers, store: RedisStore
) -> None:
    await fill(store)
    engrams, client, digest = store.engrams(REGION), servers.client(), sample_engram(2).digest
    held = await client.hget(DOCUMENT + sample_id(2), "t")
    assert held is not None
    for mend in (
        lambda: client.hset(DOCUMENT + sample_id(2), "t", held),
        lambda: store.write([Remove(REGION, sample_id(2)), Insert(REGION, sample_placed(2))]),
    ):
        await client.hset(DOCUMENT + sample_id(2), "t", "{}")
        assert await engrams.get([sample_id(2)]) == [None]
        assert await engrams.find([digest]) == [None]
        await mend()
        assert len(await engrams.scan()) == 4
        assert await engrams.find([digest]) == [sample_id(2)]
        assert (await store.health()).quarantined == ()


WEIGHTS = {b"\xff|temporal": "0.5", f"{sample_id(3)}|temporal": "much", f"{sample_id(4)}|temporal": "nan"}
"""Links that cannot be read."""


async def test_links_that_cannot_be_read_are_left_out_and_named(servers: Servers, store: RedisStore) -> None:
    await fill(store)
    there, own = Link(sample_id(1), sample_id(2), "temporal", 0.5), key("as:") + sample_id(1)
    await servers.client().hset(own, mapping=WEIGHTS)
    assert await store.links([sample_id(1), sample_id(3)]) == [[there], []]
    quarantined = (await store.health()).quarantined
    assert len(quarantined) == 3 and all(own in line for line in quarantined)
    assert len(await store.verify()) == 3
    await servers.client().hdel(own, *WEIGHTS)
    assert await store.links([sample_id(1)]) == [[there]]
    assert (await store.health()).quarantined == ()


async def test_what_links_to_no_name_is_unlinked(servers: Servers, store: RedisStore) -> None:
    await fill(store)
    client, link = servers.client(), f"{sample_id(1)}|temporal"
    await client.hset(key("as:") + sample_id(1), mapping=WEIGHTS)
    await client.sadd(key("to:").encode() + b"\xff", link)
    await client.hset(key("as:").encode() + b"\xff", link, "0.5")
    await client.sadd(key("to:") + sample_id(1), b"\xff|temporal")
    await store.write([Unlink(sample_id(1))])
    assert not [name for name in await client.keys() if b":as:" in name or b":to:" in name]


async def test_an_engram_whose_operations_are_none_is_named_by_all_that_look(
    servers: Servers, store: RedisStore
) -> None:
    await fill(store)
    await servers.client().hset(DYNAMICS + sample_id(3), "o", "5")
    engrams, ids = store.engrams(REGION), [sample_id(3), sample_id(4)]
    assert [e.engram_id for e in await engrams.amend(ids, counted, op_id="a")] == ids[1:]
    assert (await engrams.get(ids))[0] is None
    [flaw] = await store.verify()
    assert flaw.key == DOCUMENT + sample_id(3) and "operations" in flaw.problem
    await store.write([Remove(REGION, sample_id(3)), Insert(REGION, sample_placed(3))])
    assert [e.engram_id for e in await engrams.amend(ids, counted, op_id="b")] == ids


@pytest.mark.parametrize("instant", ["soon", "nan"])
async def test_an_engram_that_fades_at_no_instant_is_not_copied_until_it_is_mended(
    servers: Servers, store: RedisStore, instant: str
) -> None:
    await fill(store)
    engrams, ids = store.engrams(REGION), [sample_id(1), sample_id(2)]
    kept = await engrams.kept(ids)
    await servers.client().hset(DYNAMICS + sample_id(1), "f", instant)
    assert await engrams.kept(ids) == [None, kept[1]]
    assert any(sample_id(1) in line for line in (await store.health()).quarantined)
    [flaw] = await store.verify(repair=True)
    assert flaw.repaired and "instant" in flaw.problem
    assert await engrams.kept(ids) == kept
    assert (await store.health()).quarantined == ()


async def test_what_another_process_has_mended_is_named_no_more(servers: Servers, store: RedisStore) -> None:
    await fill(store)
    client, engrams = servers.client(), store.engrams(REGION)
    await spoil(client)
    await client.hset(key("doc"), "clock", "no JSON")
    await client.hset(key("as:") + sample_id(2), mapping=WEIGHTS)

    async def named() -> int:
        return len((await store.health()).quarantined)

    async def meet() -> None:
        await engrams.get([sample_id(n) for n in (1, 2, 3)])
        await store.links([sample_id(2)])
        await store.read_documents(["clock"])

    await meet()
    assert await named() == 3 + len(WEIGHTS) + 1
    async with aclosing(await servers.reopen()) as there:
        await there.verify(repair=True)
        await there.discard([record.key for record in await there.quarantine()])
        assert await named() == 0
        await there.write([Document("clock", 1), *(Insert(REGION, sample_placed(n)) for n in (1, 2, 3))])
    await meet()
    assert await named() == 0


async def test_what_a_write_took_away_is_named_no_more(servers: Servers, store: RedisStore) -> None:
    await fill(store)
    client = servers.client()
    await client.hset(key("doc"), "clock", "no JSON")
    await client.hset(key("as:") + sample_id(2), mapping=WEIGHTS)
    await store.links([sample_id(2)])
    await store.read_documents(["clock"])
    assert len((await store.health()).quarantined) == 1 + len(WEIGHTS)
    await store.write([Document("clock", 2), Unlink(sample_id(2))])
    assert (await store.health()).quarantined == ()


# What does not fit together

Spoil = Callable[[Redis], Awaitable[object]]


async def _no_regions(client: Redis) -> None:
    await client.delete(key("regions"))
    await client.set(key("regions"), "a string")


SPOILS: dict[str, Spoil] = {
    "not among the ids": lambda c: c.zrem(key(f"ids:{REGION}"), sample_id(1)),
    "no ids at all": lambda c: c.delete(key(f"ids:{REGION}")),
    "ids of nothing": lambda c: c.zadd(key(f"ids:{REGION}"), {"nobody": 0}),
    "not fading": lambda c: c.zrem(key(f"forget:{REGION}"), sample_id(1)),
    "fading at another instant": lambda c: c.zadd(key(f"forget:{REGION}"), {sample_id(1): 5}),
    "fading and dormant": lambda c: c.zadd(key(f"forget:{REGION}"), {sample_id(4): 1e6 + 4}),
    "fading, and not there": lambda c: c.zadd(key(f"forget:{REGION}"), {"nobody": 5}),
    "dormant, and not there": lambda c: c.zadd(key(f"dormant:{REGION}"), {"nobody": 5}),
    "due for review, and not there": lambda c: c.zadd(key(f"review:{REGION}"), {"nobody": 5}),
    "due for rehearsal, and not there": lambda c: c.zadd(key(f"rehearsal:{REGION}"), {"nobody": 5}),
    "owned, and not there": lambda c: c.hset(key(f"own:{REGION}"), "nobody", "somebody"),
    "no digest": lambda c: c.zrem(key(f"digests:{REGION}"), f"{sample_engram(1).digest}:{sample_id(1)}"),
    "a digest of nothing": lambda c: c.zadd(key(f"digests:{REGION}"), {"0" * 32 + ":nobody": 0}),
    "another digest": lambda c: c.zadd(key(f"digests:{REGION}"), {"0" * 32 + f":{sample_id(1)}": 0}),
    "no digest form": lambda c: c.zadd(key(f"digests:{REGION}"), {"nonsense": 0}),
    "another revision": lambda c: c.hset(DYNAMICS + sample_id(1), "v", "7"),
    "no instant": lambda c: c.hdel(DYNAMICS + sample_id(1), "f"),
    "no instant that is one": lambda c: c.hset(DYNAMICS + sample_id(1), "f", "soon"),
    "another dimension": lambda c: c.set(key(f"dim:{REGION}"), "17"),
    "no dimension": lambda c: c.delete(key(f"dim:{REGION}")),
    "a link to nobody": lambda c: c.hset(key("as:") + sample_id(1), f"{sample_id(99)}|temporal", "0.5"),
    "a link of no kind": lambda c: c.hset(key("as:") + sample_id(1), "nonsense", "0.5"),
    "a link without weight": lambda c: c.hset(key("as:") + sample_id(1), f"{sample_id(3)}|temporal", "much"),
    "a link to no name": lambda c: c.hset(key("as:") + sample_id(1), b"\xff|temporal", "0.5"),
    "a link without end": lambda c: c.hset(key("as:") + sample_id(1), f"{sample_id(2)}|night", "inf"),
    "a link of another notation": lambda c: c.hset(key("as:") + sample_id(1), f"{sample_id(2)}|night", "0x1"),
    "links that are none": lambda c: c.set(key("as:") + sample_id(3), "a string"),
    "listed as linked": lambda c: c.sadd(key("linked"), sample_id(3)),
    "not listed as linked": lambda c: c.srem(key("linked"), sample_id(1)),
    "a link not listed where it leads": lambda c: c.delete(key("to:") + sample_id(2)),
    "a link listed where it leads not": lambda c: c.sadd(
        key("to:") + sample_id(3), f"{sample_id(1)}|temporal"
    ),
    "a link of nobody": lambda c: c.sadd(key("to:") + sample_id(2), f"{sample_id(99)}|temporal"),
    "a link of no kind where it leads": lambda c: c.sadd(key("to:") + sample_id(2), "nonsense"),
    "linkers that are none": lambda c: c.set(key("to:") + sample_id(2), "a string"),
    "linkers of nothing": lambda c: c.set(key("to:") + sample_id(4), "a string"),
    "a node of no name": lambda c: c.sadd(key("linked"), b"\xff"),
    "a document that is none": lambda c: c.hset(key("doc"), "other", "{"),
    "no regions": lambda c: c.delete(key("regions")),
    "regions that are none": _no_regions,
    "a lease that is none": lambda c: c.set(key("lease"), "a string"),
    "owners that are none": lambda c: c.set(key(f"own:{REGION}"), "a string"),
    "a digest list that is none": lambda c: c.set(key(f"digests:{REGION}"), "a string"),
}
"""Ways in which what is stored stops fitting together; each can be mended without loss."""


@pytest.mark.parametrize("spoiling", SPOILS.values(), ids=SPOILS.keys())
async def test_what_does_not_fit_together_is_named_and_mended(
    servers: Servers, store: RedisStore, spoiling: Spoil
) -> None:
    await fill(store)
    client, engrams, before = servers.client(), store.engrams(REGION), await store.engrams(REGION).scan()
    await spoiling(client)
    flaws = await store.verify()
    assert flaws and not any(flaw.repaired for flaw in flaws)
    assert await store.verify() == flaws
    assert all(flaw.repaired for flaw in await store.verify(repair=True))
    assert await store.verify() == []
    assert await engrams.scan() == before
    assert await engrams.count(math.inf) == (4, 4) or "instant" in flaws[0].problem
    assert await engrams.find([e.digest for e in before]) == [e.engram_id for e in before]
    assert [len(links) for links in await store.links([sample_id(1), sample_id(2)])] == [1, 1]
    assert await store.read_documents(["clock"]) == [1]
    await store.write([Unlink(sample_id(1))])
    assert not [name for name in await client.keys() if b":as:" in name or b":to:" in name]
    assert not await client.exists(key("linked"))


async def test_features_of_two_dimensions_are_named_and_stay(servers: Servers, store: RedisStore) -> None:
    await fill(store)
    await servers.client().delete(key(f"dim:{REGION}"))
    await store.engrams(REGION).insert([sample_placed(5, features=axis_features(1)[:, :8])])
    for repair in (False, True):
        [flaw] = await store.verify(repair=repair)
        assert not flaw.repaired and "[8, 16]" in flaw.problem


async def test_everything_is_looked_at_in_pages(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_verify, "_AT_ONCE", 3)
    items = [sample_placed(n) for n in range(20)]
    await store.engrams(REGION).insert(items)
    await store.engrams("cerebellum").insert(items[7:9])
    assert [flaw.key for flaw in await store.verify(repair=True)] == [sample_id(7), sample_id(8)]
    assert await store.verify() == []


# Health


async def test_health_counts_what_there_is(store: RedisStore) -> None:
    await fill(store)
    await store.engrams("hippocampus").insert([sample_placed(n) for n in (5, 6)], writer="somebody")
    await store.engrams("hippocampus").insert([sample_placed(7)])
    await store.beat("somebody", 1.0)
    details = (await store.health()).details
    expected = {"engrams": 7, "engrams of nobody": 1, "linked engrams": 2, "documents": 1, "writers": 1}
    assert expected.items() <= details.items()
    await store.retire("somebody")
    assert (await store.health()).details["engrams of nobody"] == 3


async def test_health_tells_what_the_server_is_and_can_do(store: RedisStore) -> None:
    capabilities = (await store.health()).capabilities
    assert capabilities["version"]
    assert capabilities.keys() <= {"version", "vector sets", "query engine"}
    async with Brain.create(store) as brain:
        health = await brain.health()
    assert health.capabilities == health.to_dict()["capabilities"] == capabilities


async def test_a_server_that_tells_nothing_of_itself_is_a_concern(store: RedisStore) -> None:
    health = await store.health()
    assert "unknown" in health.durability
    assert any("INFO" in concern for concern in health.concerns)
    assert any("INFO" in sentence for sentence in await store.scrub())
