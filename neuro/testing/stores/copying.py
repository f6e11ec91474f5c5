"""Checks of what a copy is made by: all that is kept of an engram, and what there is."""

from __future__ import annotations

import math
from contextlib import aclosing

from neuro.stores.base import Contents, Document, Kept, Placed, Remove
from neuro.testing.expect import assert_same
from neuro.testing.samples import nasty_engrams, sample_engram, sample_id, sample_placed
from neuro.testing.stores.engrams import REGION, MakeStore, counted
from neuro.testing.stores.images import HIPPOCAMPUS, nothing_changes


async def check_kept_tells_all_of_an_engram(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, nasty = store.engrams(REGION), nasty_engrams()
        instants = [-1.5, 0.1 + 0.2, 5e-324, 1e300, 1_700_000_000.123456, math.inf]
        items = [
            Placed(engram, *(instants[(n + i) % len(instants)] for i in range(3)))
            for n, engram in enumerate(nasty)
        ]
        await engrams.insert(items)
        ids = [engram.engram_id for engram in nasty]
        dormant = set(await engrams.demote(ids[::2], math.inf))
        async with nothing_changes(store, "looking at all that is kept"):
            found = [kept for kept in await engrams.kept(ids) if kept is not None]
        assert_same([kept.placed.engram for kept in found], nasty)
        told = [(kept.placed[1:], kept.dormant) for kept in found]
        assert told == [(item[1:], item.engram.engram_id in dormant) for item in items]


async def check_kept_answers_in_the_order_asked_with_what_is_stored_now(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        assert await engrams.kept([sample_id(1)]) == [None]
        one = Placed(sample_engram(1), 10.0, 20.0, 30.0)
        await engrams.insert([one, sample_placed(2)])
        await store.engrams(HIPPOCAMPUS).insert([sample_placed(3)])
        await engrams.demote([sample_id(1)], math.inf)
        [changed] = await engrams.amend([sample_id(1)], lambda engram: counted(engram, 50.0), op_id="a")
        found = await engrams.kept([sample_id(2), sample_id(3), sample_id(1), sample_id(2)])
        plain = Kept(sample_placed(2), False)
        assert found == [plain, None, Kept(Placed(changed, 50.0), False), plain]


async def check_contents_name_what_there_is(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        assert await store.contents() == Contents((), ())
        store.engrams("cerebellum")
        await store.engrams(REGION).get([sample_id(1)])
        await store.read_documents(["a"])
        assert await store.contents() == Contents((), ()), "it lists what was only asked for"
        for region in (REGION, "a region: of its own", HIPPOCAMPUS):
            await store.engrams(region).insert([sample_placed(1)])
        await store.write([Document("odd key: {x}/%'", 1), Document("b", False)])
        await store.amend_document("a", lambda _: 1)
        documents = tuple(sorted(("odd key: {x}/%'", "b", "a")))
        regions = tuple(sorted((REGION, "a region: of its own", HIPPOCAMPUS)))
        assert await store.contents() == Contents(regions, documents)
        await store.write([Document("b", None), Remove(HIPPOCAMPUS, sample_id(1))])
        contents = await store.contents()
        assert contents.documents == ("a", "odd key: {x}/%'")
        assert set(regions) - {HIPPOCAMPUS} <= set(contents.regions) <= set(regions)


COPYING_CHECKS = (
    check_kept_tells_all_of_an_engram,
    check_kept_answers_in_the_order_asked_with_what_is_stored_now,
    check_contents_name_what_there_is,
)
