"""Checks of scanning, by which an index over a store is filled, and of the isolation of regions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import aclosing

from neuro.engram import Engram
from neuro.stores.base import EngramStore, Placed
from neuro.testing.expect import assert_same, in_order
from neuro.testing.samples import sample_corpus, sample_engram, sample_id, sample_placed
from neuro.testing.stores.engrams import REGION, MakeStore, counted


async def _fill(engrams: EngramStore, corpus: Sequence[Engram]) -> list[Engram]:
    """Inserts a corpus by several ways and takes some of it away again; returns what is left."""
    items = [Placed(engram, 1e6) for engram in corpus]
    third = len(items) // 3
    await engrams.insert(items[:third])
    await engrams.insert(items[third:], writer="somebody")
    gone = [*items[: 2 * third : 7], *items[2 * third :]]
    for item in gone:
        await engrams.delete(item.engram.engram_id)
    ids = [item.engram.engram_id for item in items]
    await engrams.amend(ids[::2], counted, op_id="recalled")
    await engrams.demote(ids[::3], math.inf)
    left = [(i, engram) for i, engram in enumerate(corpus) if i < 2 * third and i % 7]
    return [engram if i % 2 else counted(engram).engram for i, engram in left]


async def _paged(engrams: EngramStore, size: int, pages: int) -> list[Engram]:
    """At most so many pages, as whoever fills an index asks for them: the first that is not full is the last."""
    found: list[Engram] = []
    for _ in range(pages):
        page = await engrams.scan(after=found[-1].engram_id if found else None, limit=size)
        assert len(page) <= size
        found.extend(page)
        if len(page) < size:
            break
    return found


async def check_scan_pages_in_order_of_id(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        numbers = [12, 3, 250, 17, 1, 4096, 77, 31]
        odd = ("A", "a", "ab", "a:b", "\u00fc", "\uffff", "\U0001f9e0")
        everything = [sample_engram(engram_id=name) for name in (*map(sample_id, numbers), *odd)]
        await engrams.insert([Placed(engram, 1e6) for engram in everything])
        ordered = in_order(everything)
        assert_same(await engrams.scan(), ordered)
        assert_same(await _paged(engrams, 3, len(ordered) // 3 + 1), ordered)
        after = [e for e in ordered if e.engram_id > sample_id(18)]
        assert_same(await engrams.scan(after=sample_id(18)), after)


async def check_scan_shows_all_that_is_there_as_it_is_now(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        left = await _fill(engrams, sample_corpus(120))
        for size in (1, 7, len(left), 1000):
            assert_same(await _paged(engrams, size, len(left) + 1), left)


async def check_scan_goes_on_where_an_engram_was_deleted(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        items = [sample_placed(n) for n in range(1, 7)]
        await engrams.insert(items)
        assert_same(await engrams.scan(limit=3), [item.engram for item in items[:3]])
        for gone in (1, 3, 4):
            await engrams.delete(sample_id(gone))
        await engrams.insert([items[0]])
        rest = await engrams.scan(after=sample_id(3), limit=3)
        assert_same(rest, [item.engram for item in items[4:]])
        assert await engrams.scan(after=rest[-1].engram_id, limit=3) == []


async def check_regions_are_isolated(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        here, there = store.engrams(REGION), store.engrams("cerebellum")
        assert store.engrams(REGION) is here and here.region == REGION and there.region == "cerebellum"
        item, same_id = sample_placed(1, "harbour"), sample_placed(1, "piano")
        await here.insert([item, sample_placed(2, "harbour")])
        assert await there.get([sample_id(1)]) == [None]
        await there.insert([same_id])
        await there.insert([sample_placed(3, "window")])
        assert_same(await here.get([sample_id(1), sample_id(2)]), [item.engram, sample_engram(2, "harbour")])
        assert_same(await there.get([sample_id(1), sample_id(2)]), [same_id.engram, None])
        assert await here.get([sample_id(3)]) == [None]
        assert await there.find([item.engram.digest]) == [None]
        assert_same(await there.scan(), [same_id.engram, sample_engram(3, "window")])
        assert await there.delete(sample_id(2)) is False and await there.delete(sample_id(3)) is True
        await there.amend([sample_id(1)], lambda e: counted(e, 5.0), op_id="a")
        assert await here.due(math.inf, limit=9) == [sample_id(1), sample_id(2)]
        assert await there.due(10.0, limit=9) == [sample_id(1)]
        assert await here.delete(sample_id(1))
        assert await there.count(math.inf) == (1, 1)
        assert [e.access_count for e in await there.scan()] == [1]


SCAN_CHECKS = (
    check_scan_pages_in_order_of_id,
    check_scan_shows_all_that_is_there_as_it_is_now,
    check_scan_goes_on_where_an_engram_was_deleted,
    check_regions_are_isolated,
)
