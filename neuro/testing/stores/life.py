"""Checks of the life of a store: closing, coming back after a restart, and neighbours in the same place."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from neuro.engram import Engram
from neuro.errors import StoreClosedError
from neuro.stores.base import Agenda, Link, Placed, Store
from neuro.testing.expect import assert_same, in_order, raises
from neuro.testing.samples import nasty_engrams, sample_engram, sample_id, sample_placed
from neuro.testing.stores.bookkeeping import more
from neuro.testing.stores.engrams import REGION, MakeStore, counted

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
    ids = [sample_id(1)]
    for engrams in (used, unused, store.engrams("basal_ganglia")):
        verbs: list[Callable[[], Awaitable[object]]] = [
            lambda e=engrams: e.insert([sample_placed(1)]),
            lambda e=engrams: e.reveal(ids),
            lambda e=engrams: e.arrivals(),
            lambda e=engrams: e.amend(ids, counted, op_id="a"),
            lambda e=engrams: e.delete(ids[0]),
            lambda e=engrams: e.get(ids),
            lambda e=engrams: e.find(["0" * 32]),
            lambda e=engrams: e.scan(),
            lambda e=engrams: e.due(1.0, limit=1),
            lambda e=engrams: e.demote(ids, 1.0),
            lambda e=engrams: e.upcoming(Agenda.REVIEW, 1.0, limit=1),
            lambda e=engrams: e.count(1.0),
            lambda: store.links(ids),
            lambda: store.link([Link("a", "b", "temporal", 1.0)]),
            lambda: store.unlink("a"),
            store.journal,
            lambda: store.write_journal([sample_engram(1)]),
            lambda: store.read_documents(["a"]),
            lambda: store.write_documents({"a": 1}),
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
    kept, moved, deleted, arriving = (sample_id(n) for n in (1, 2, 3, 4))
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        items = [Placed(sample_engram(n), 1e6, small, late) for n in (1, 2, 3)]
        await engrams.insert(items)
        await engrams.insert([Placed(sample_engram(4), 1e6, -1e300, 5e-324)], arriving=True)
        await engrams.amend([moved], lambda e: counted(e)._replace(rehearse_at=8.0), op_id="a")
        await engrams.delete(deleted)
    async with aclosing(await reopen()) as store:
        engrams = store.engrams(REGION)
        reviews, rehearsals = [(kept, small)], [(moved, 8.0), (kept, late)]
        assert await engrams.upcoming(Agenda.REVIEW, math.inf, limit=9) == reviews
        assert await engrams.upcoming(Agenda.REHEARSAL, math.inf, limit=9) == rehearsals
        await engrams.reveal([arriving])
    async with aclosing(await reopen()) as store:
        engrams = store.engrams(REGION)
        assert await engrams.upcoming(Agenda.REVIEW, 1.0, limit=9) == [(arriving, -1e300), *reviews]
        rehearsals.insert(0, (arriving, 5e-324))
        assert await engrams.upcoming(Agenda.REHEARSAL, math.inf, limit=9) == rehearsals


async def check_arrivals_and_operations_survive_reopening(make_store: MakeStore, reopen: Reopen) -> None:
    arriving = sample_placed(2, forgotten_at=5.0)
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1)])
        await engrams.insert([arriving], arriving=True)
        amended = await engrams.amend([sample_id(1)], counted, op_id="first")
        for other in range(7):
            amended = await engrams.amend([sample_id(1)], counted, op_id=f"other {other}")
        await store.write_journal([arriving.engram])
    async with aclosing(await reopen()) as store:
        engrams = store.engrams(REGION)
        assert_same(await engrams.amend([sample_id(1), sample_id(2)], counted, op_id="first"), amended)
        assert await engrams.arrivals() == [sample_id(2)]
        assert_same(await engrams.scan(), amended)
        await engrams.reveal([sample_id(2)])
        assert await store.journal() == []
    async with aclosing(await reopen()) as store:
        engrams = store.engrams(REGION)
        assert await engrams.arrivals() == []
        assert_same(await engrams.scan(), [*amended, arriving.engram])
        assert await engrams.due(6.0, limit=9) == [sample_id(2)]


async def check_bookkeeping_survives_reopening(make_store: MakeStore, reopen: Reopen) -> None:
    nasty = in_order(nasty_engrams())
    link, gone = Link("a", "b", "temporal", 0.1 + 0.2), Link("a", "c", "co_held", 1.0)
    async with aclosing(await make_store()) as store:
        await store.link([link, gone])
        await store.link([gone._replace(weight=0.0)])
        await store.write_journal(nasty)
        await store.write_documents({"clock": {"brain": 0.1 + 0.2, "nights": 3}})
    async with aclosing(await reopen()) as store:
        assert await store.links(["a", "b"]) == [[link], []]
        assert_same(await store.journal(), nasty)
        assert await store.read_documents(["clock", "none"]) == [{"brain": 0.1 + 0.2, "nights": 3}, None]


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


# Neighbours


async def check_namespaces_are_isolated(make_store: MakeStore, open_neighbour: Reopen) -> None:
    async with aclosing(await make_store()) as store, aclosing(await open_neighbour()) as neighbour:
        item, other = Placed(sample_engram(1, "harbour"), 1e6, 10.0, 20.0), sample_placed(1, "piano")
        await store.engrams(REGION).insert([item])
        await store.engrams(REGION).insert([sample_placed(2)], arriving=True)
        await store.link([Link("a", "b", "temporal", 1.0)])
        await store.write_journal([item.engram])
        await store.write_documents({"key": 1})
        await _assert_empty(neighbour, item.engram)
        await neighbour.engrams(REGION).insert([other])
        await neighbour.unlink("a")
        await neighbour.write_journal([], drop=[sample_id(1)])
        assert await neighbour.amend_document("key", more) == 1
        assert await neighbour.engrams(REGION).delete(sample_id(1))
        assert_same(await store.engrams(REGION).scan(), [item.engram])
        assert await store.links(["a"]) == [[Link("a", "b", "temporal", 1.0)]]
        assert_same(await store.journal(), [item.engram])
        for agenda in Agenda:
            assert len(await store.engrams(REGION).upcoming(agenda, math.inf, limit=9)) == 1
        assert await store.amend_document("key", more) == 2


async def _assert_empty(store: Store, missing: Engram) -> None:
    engrams = store.engrams(REGION)
    assert await engrams.get([missing.engram_id]) == [None]
    assert await engrams.find([missing.digest]) == [None]
    assert await engrams.scan() == []
    assert await engrams.count(math.inf) == (0, 0)
    assert await engrams.arrivals() == []
    for agenda in Agenda:
        assert await engrams.upcoming(agenda, math.inf, limit=9) == []
    assert await store.links(["a"]) == [[]]
    assert await store.journal() == []
    assert await store.read_documents(["key"]) == [None]


LIFE_CHECKS = (check_closing_twice_is_harmless, check_every_verb_after_closing_raises)

DURABLE_CHECKS = (
    check_engrams_survive_reopening,
    check_the_forget_index_survives_reopening,
    check_the_agendas_survive_reopening,
    check_arrivals_and_operations_survive_reopening,
    check_bookkeeping_survives_reopening,
    check_changes_of_a_document_through_two_handles_all_count,
)
