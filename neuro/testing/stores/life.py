"""Checks of the life of a store: closing, coming back after a restart, and neighbours in the same place."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from neuro.errors import LeaseLostError, StoreClosedError
from neuro.stores.base import (
    Agenda,
    Document,
    Happening,
    Insert,
    Lease,
    Link,
    Placed,
    Remove,
    Store,
    Unlink,
    Write,
)
from neuro.stores.fencing import fenced
from neuro.testing.expect import assert_same, in_order, raises
from neuro.testing.samples import nasty_engrams, sample_engram, sample_id, sample_placed
from neuro.testing.stores.bookkeeping import more
from neuro.testing.stores.engrams import REGION, MakeStore, counted
from neuro.testing.stores.images import HIPPOCAMPUS, nothing_changes
from neuro.testing.stores.news import happened, position_of
from neuro.testing.stores.writing import never_stale, owners

Reopen = Callable[[], Awaitable[Store]]
"""Opens the place of the store made last once more, beside what is open there already."""


# Closing


async def check_closing_twice_is_harmless(make_store: MakeStore) -> None:
    store = await make_store()
    await store.engrams(REGION).insert([sample_placed(1)])
    await store.aclose()
    try:
        await store.aclose()
    except StoreClosedError as error:
        raise AssertionError("a closed store refused to be closed") from error


async def check_every_verb_after_closing_raises(make_store: MakeStore) -> None:
    store = await make_store()
    used, unused = store.engrams(REGION), store.engrams("cerebellum")
    await used.insert([sample_placed(1)])
    await store.aclose()
    ids, lease = [sample_id(1)], Lease("somebody", 1, 2.0)
    for engrams in (used, unused, store.engrams("basal_ganglia")):
        verbs: list[Callable[[], Awaitable[object]]] = [
            lambda e=engrams: e.insert([sample_placed(1)]),
            lambda e=engrams: e.amend(ids, counted, op_id="a"),
            lambda e=engrams: e.delete(ids[0]),
            lambda e=engrams: e.get(ids),
            lambda e=engrams: e.kept(ids),
            lambda e=engrams: e.find(["0" * 32]),
            lambda e=engrams: e.scan(),
            lambda e=engrams: e.due(1.0, limit=1),
            lambda e=engrams: e.demote(ids, 1.0),
            lambda e=engrams: e.upcoming(Agenda.REVIEW, 1.0, limit=1),
            lambda e=engrams: e.count(1.0),
            lambda: store.links(ids),
            lambda: store.read_documents(["a"]),
            lambda: store.write([]),
            lambda: store.write([Document("a", 1)], op_id="a"),
            lambda: store.news(None),
            lambda: store.beat("somebody", 1.0),
            lambda: store.retire("somebody"),
            lambda: store.adopt(REGION, "somebody", silent_since=1.0),
            lambda: store.acquire("somebody", now=1.0, until=2.0),
            lambda: store.renew(lease, until=2.0),
            lambda: store.release(lease),
            store.contents,
            store.health,
            store.verify,
            store.scrub,
            lambda: store.amend_document("a", lambda held: held),
        ]
        for verb in verbs:
            with raises(StoreClosedError):
                await verb()


# Durable stores


async def check_engrams_survive_reopening(make_store: MakeStore, reopen: Reopen) -> None:
    nasty = nasty_engrams()
    ids = [e.engram_id for e in nasty]
    async with aclosing(await make_store()) as store:
        await store.engrams(REGION).insert([Placed(e, math.inf if e.pinned else 1e6) for e in nasty])
        await store.engrams("cerebellum").insert([sample_placed(1, "piano")])
    async with aclosing(await reopen()) as store:
        engrams = store.engrams(REGION)
        assert_same(await engrams.get(ids), nasty)
        assert_same(await engrams.scan(), in_order(nasty))
        assert await engrams.find([e.digest for e in nasty]) == ids
        amended = await engrams.amend(ids, counted, op_id="a")
        assert await engrams.delete(ids[0])
        assert_same(await store.engrams("cerebellum").scan(), [sample_engram(1, "piano")])
    async with aclosing(await reopen()) as store:
        assert_same(await store.engrams(REGION).get(ids), [None, *amended[1:]])


async def check_the_forget_index_survives_reopening(make_store: MakeStore, reopen: Reopen) -> None:
    instants = [-1e300, 5e-324, 0.1 + 0.2, 1_700_000_000.123456, math.inf]
    ids = [sample_id(n) for n in range(len(instants))]
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(n, forgotten_at=at) for n, at in enumerate(instants)])
        await engrams.amend(ids[:1], lambda e: counted(e, 0.2), op_id="a")
        assert await engrams.demote(ids[1:2], 1.0) == ids[1:2]
    async with aclosing(await reopen()) as store:
        engrams = store.engrams(REGION)
        assert await engrams.due(math.inf, limit=9) == [ids[0], ids[2], ids[3]]
        assert await engrams.count(0.2) == (5, 1)
        assert await engrams.count(math.inf) == (5, 4)


async def check_the_agendas_survive_reopening(make_store: MakeStore, reopen: Reopen) -> None:
    late, small = 1_700_000_000.123456, 0.1 + 0.2
    kept, moved, deleted = (sample_id(n) for n in (1, 2, 3))
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        items = [Placed(sample_engram(n), 1e6, small, late) for n in (1, 2, 3)]
        await engrams.insert(items)
        await engrams.amend([moved], lambda e: counted(e)._replace(rehearse_at=8.0), op_id="a")
        await engrams.delete(deleted)
    async with aclosing(await reopen()) as store:
        engrams = store.engrams(REGION)
        reviews, rehearsals = [(kept, small)], [(moved, 8.0), (kept, late)]
        assert await engrams.upcoming(Agenda.REVIEW, math.inf, limit=9) == reviews
        assert await engrams.upcoming(Agenda.REHEARSAL, math.inf, limit=9) == rehearsals


async def check_operations_survive_reopening(make_store: MakeStore, reopen: Reopen) -> None:
    placed = sample_placed(2)
    move = [Remove(HIPPOCAMPUS, sample_id(2), 0), Insert(REGION, placed)]
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1)])
        amended = await engrams.amend([sample_id(1)], counted, op_id="first")
        for other in range(7):
            amended = await engrams.amend([sample_id(1)], counted, op_id=f"other {other}")
        await store.engrams(HIPPOCAMPUS).insert([placed])
        await store.write(move, op_id="moves")
    async with aclosing(await reopen()) as store:
        engrams = store.engrams(REGION)
        assert_same(await engrams.amend([sample_id(1)], counted, op_id="first"), amended)
        await engrams.delete(sample_id(2))
        with never_stale("a repeated write"):
            await store.write(move, op_id="moves")
        assert_same(await engrams.scan(), amended)


async def check_bookkeeping_survives_reopening(make_store: MakeStore, reopen: Reopen) -> None:
    link, gone = Link("a", "b", "temporal", 0.1 + 0.2), Link("a", "c", "co_held", 1.0)
    async with aclosing(await make_store()) as store:
        await store.write(
            [link, gone, Document("clock", {"brain": 0.1 + 0.2, "nights": 3}), Document("gone", 1)]
        )
        await store.write([gone._replace(weight=0.0), Document("gone", None)])
    async with aclosing(await reopen()) as store:
        assert await store.links(["a", "b"]) == [[link], []]
        found = await store.read_documents(["clock", "none", "gone"])
        assert found == [{"brain": 0.1 + 0.2, "nights": 3}, None, None]


async def check_writers_survive_reopening(make_store: MakeStore, reopen: Reopen) -> None:
    living, nobodys, silent, retired = (sample_id(n) for n in (1, 2, 3, 4))
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(HIPPOCAMPUS)
        for number, writer in enumerate(("living", None, "silent", "retired"), 1):
            await engrams.insert([sample_placed(number)], writer=writer)
            if writer is not None:
                await store.beat(writer, 50.0 if writer == "silent" else 100.0)
        await store.retire("retired")
    async with aclosing(await reopen()) as store:
        await store.beat("adopter", 100.0)
        adopted = await store.adopt(HIPPOCAMPUS, "adopter", silent_since=100.0)
        assert adopted == [nobodys, silent, retired]
    async with aclosing(await reopen()) as store:
        assert await store.adopt(HIPPOCAMPUS, "another", silent_since=100.0) == []
        await store.retire("adopter")
        await store.retire("living")
        assert await store.adopt(HIPPOCAMPUS, "another", silent_since=100.0) == [living, *adopted]


async def check_news_survive_reopening(make_store: MakeStore, reopen: Reopen) -> None:
    async with aclosing(await make_store()) as store:
        start = await position_of(store)
        await store.engrams(REGION).insert([sample_placed(1), sample_placed(2)])
        middle = await position_of(store)
        await store.engrams(REGION).delete(sample_id(1))
    expected = [(Happening.REMOVED, sample_id(1)), (Happening.INSERTED, sample_id(3))]
    async with aclosing(await reopen()) as store:
        assert await happened(store, middle) == expected[:1]
        await store.engrams(REGION).insert([sample_placed(3)])
        assert await happened(store, middle) == expected
        assert len(await happened(store, start)) == 4
        assert await happened(store, await position_of(store)) == []


async def check_the_lease_survives_reopening(make_store: MakeStore, reopen: Reopen) -> None:
    async with aclosing(await make_store()) as store:
        lost = await store.acquire("one", now=0.0, until=10.0)
        lease = await store.acquire("two", now=10.0, until=20.1 + 0.2)
    async with aclosing(await reopen()) as store:
        assert await store.acquire("three", now=20.2, until=30.0) == lease
        with fenced(lost.fence), raises(LeaseLostError):
            await store.write([Document("a", 1)])
        with fenced(lease.fence):
            await store.write([Document("a", 2)])
        assert await store.read_documents(["a"]) == [2]
        await store.release(lease)
    async with aclosing(await reopen()) as store:
        assert (await store.acquire("three", now=20.2, until=30.0)).fence > lease.fence


# Several handles of one place


async def check_changes_of_a_document_through_two_handles_all_count(
    make_store: MakeStore, reopen: Reopen
) -> None:
    async with aclosing(await make_store()) as one, aclosing(await reopen()) as other:
        changes = [store.amend_document("nights", more) for _ in range(30) for store in (one, other)]
        assert sorted(await asyncio.gather(*changes)) == list(range(1, 61))
        for store in (one, other):
            assert await store.read_documents(["nights"]) == [60]
    async with aclosing(await reopen()) as store:
        assert await store.amend_document("nights", more) == 61


async def check_two_handles_see_what_each_other_writes(make_store: MakeStore, reopen: Reopen) -> None:
    async with aclosing(await make_store()) as one, aclosing(await reopen()) as other:
        start = await position_of(other)
        for number, (writing, reading) in enumerate(((one, other), (other, one)), 1):
            item = sample_placed(number)
            await writing.engrams(HIPPOCAMPUS).insert([item], writer="somebody")
            assert_same(await reading.engrams(HIPPOCAMPUS).get([sample_id(number)]), [item.engram])
            move = [Remove(HIPPOCAMPUS, sample_id(number), 0), Insert(REGION, item)]
            await reading.write(move, op_id=f"moves {number}")
            with never_stale("a write repeated through another handle"):
                await writing.write(move, op_id=f"moves {number}")
            assert await owners(writing, sample_id(number)) == [REGION]
            assert await happened(writing, start) == await happened(reading, start)
        told = [(kind, sample_id(n)) for n in (1, 2) for kind in (Happening.INSERTED, Happening.MOVED)]
        assert await happened(one, start) == told


async def check_no_news_of_another_handle_is_missed(make_store: MakeStore, reopen: Reopen) -> None:
    async with aclosing(await make_store()) as one, aclosing(await reopen()) as other:
        position, heard = await position_of(other), list[str]()

        async def write(store: Store, first: int) -> None:
            for number in range(first, first + 20):
                await store.engrams(REGION).insert([sample_placed(number)])

        writing = [asyncio.create_task(write(store, 100 * n)) for n, store in enumerate((one, other, one))]
        done = False
        while not done:
            done = all(task.done() for task in writing)
            news = await other.news(position)
            heard += [engram_id for _, engram_id in news.happened]
            position = news.position
            await asyncio.sleep(0)
        await asyncio.gather(*writing)
        expected = [sample_id(100 * task + n) for task in range(3) for n in range(20)]
        assert sorted(heard) == expected, "news were missed, or told twice"


async def check_two_handles_share_writers_and_the_lease(make_store: MakeStore, reopen: Reopen) -> None:
    async with aclosing(await make_store()) as one, aclosing(await reopen()) as other:
        handles = (one, other)
        await one.engrams(HIPPOCAMPUS).insert([sample_placed(n) for n in range(20)])
        adopting: list[Awaitable[list[str]]] = []
        for number in range(4):
            await handles[number % 2].beat(f"{number}", 1.0)
            adopting.append(handles[number % 2].adopt(HIPPOCAMPUS, f"{number}", silent_since=0.0))
        adopted = [engram_id for ids in await asyncio.gather(*adopting) for engram_id in ids]
        assert sorted(adopted) == [sample_id(n) for n in range(20)]
        acquiring = [handles[n % 2].acquire(f"{n}", now=0.0, until=10.0) for n in range(6)]
        lease, *others = await asyncio.gather(*acquiring)
        assert set(others) == {lease}, "two handles hold the lease at once"
        for loser, winner in (handles, handles[::-1]):
            lost, lease = (
                lease,
                await winner.acquire(f"{lease.fence}", now=lease.until, until=lease.until + 10.0),
            )
            assert not await loser.renew(lost, until=1e9)
            with fenced(lost.fence), raises(LeaseLostError):
                await loser.engrams(REGION).insert([sample_placed(1)])
        assert await one.engrams(REGION).scan() == []


# Neighbours


async def check_namespaces_are_isolated(make_store: MakeStore, open_neighbour: Reopen) -> None:
    async with aclosing(await make_store()) as store, aclosing(await open_neighbour()) as neighbour:
        item, other = Placed(sample_engram(1, "harbour"), 1e6, 10.0, 20.0), sample_placed(1, "piano")
        link = Link(sample_id(1), sample_id(1), "temporal", 1.0)
        writes: list[Write] = [Insert(REGION, item, "somebody"), link, Document("a", 1)]
        elsewhere = await position_of(neighbour)
        await store.beat("somebody", 100.0)
        await neighbour.beat("somebody", 0.0)
        async with nothing_changes(neighbour, "a write of a neighbour"):
            await store.write(writes, op_id="a")
            lease = await store.acquire("somebody", now=0.0, until=10.0)
            lease = await store.acquire("somebody", now=0.0, until=10.0)
        assert await neighbour.engrams(REGION).find([item.engram.digest]) == [None]
        assert await neighbour.verify() == []
        async with nothing_changes(store, "a write of a neighbour"):
            await neighbour.write([Insert(REGION, other), Unlink(sample_id(1)), Document("a", 5)], op_id="a")
            assert await neighbour.amend_document("a", more) == 6
            theirs = await neighbour.acquire("else", now=0.0, until=10.0)
            with fenced(theirs.fence):
                assert await neighbour.adopt(REGION, "else", silent_since=50.0) == [sample_id(1)]
                assert await neighbour.engrams(REGION).delete(sample_id(1))
            await neighbour.retire("somebody")
        told = [(Happening.INSERTED, sample_id(1)), (Happening.REMOVED, sample_id(1))]
        assert await happened(neighbour, elsewhere) == told
        assert await store.adopt(REGION, "else", silent_since=50.0) == []
        assert await store.renew(lease, until=20.0)


LIFE_CHECKS = (check_closing_twice_is_harmless, check_every_verb_after_closing_raises)

DURABLE_CHECKS = (
    check_engrams_survive_reopening,
    check_the_forget_index_survives_reopening,
    check_the_agendas_survive_reopening,
    check_operations_survive_reopening,
    check_bookkeeping_survives_reopening,
    check_writers_survive_reopening,
    check_news_survive_reopening,
    check_the_lease_survives_reopening,
    check_changes_of_a_document_through_two_handles_all_count,
    check_two_handles_see_what_each_other_writes,
    check_no_news_of_another_handle_is_missed,
    check_two_handles_share_writers_and_the_lease,
)
