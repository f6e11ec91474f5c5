"""Checks of the forget index: due, demote and count."""

from __future__ import annotations

import asyncio
import math
import random
from contextlib import aclosing

from neuro.testing.expect import assert_same
from neuro.testing.samples import sample_id, sample_placed
from neuro.testing.stores.engrams import REGION, MakeStore, counted


async def check_due_lists_the_earliest_first_up_to_the_limit(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        instants = [-1e300, -5.5, -0.1, 5e-324, 0.1 + 0.2, 3.0, 1.7e9 + 0.123456, 1.7e9 + 0.123457, 1e300]
        shuffled = random.Random(0).sample(range(len(instants)), len(instants))
        await engrams.insert([sample_placed(n, forgotten_at=instants[n]) for n in shuffled])
        in_order = [sample_id(n) for n in range(len(instants))]
        assert await engrams.due(math.inf, limit=99) == in_order
        assert await engrams.due(math.inf, limit=4) == in_order[:4]
        assert await engrams.due(3.5, limit=99) == in_order[:6]


async def check_due_and_count_leave_out_the_bound(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, bound = store.engrams(REGION), 1_700_000_000.1
        await engrams.insert([sample_placed(1, forgotten_at=bound)])
        for before, late in ((bound, []), (math.nextafter(bound, math.inf), [sample_id(1)])):
            assert await engrams.due(before, limit=9) == late
            assert await engrams.count(before) == (1, len(late))
        assert await engrams.demote([sample_id(1)], bound) == []


async def check_the_pinned_are_never_due(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1, forgotten_at=math.inf, pinned=True), sample_placed(2)])
        assert await engrams.due(math.inf, limit=9) == [sample_id(2)]
        assert await engrams.demote([sample_id(1)], math.inf) == []
        assert await engrams.count(math.inf) == (2, 1)


async def check_demote_marks_only_what_is_still_due(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(n, forgotten_at=10.0 * n) for n in (1, 2, 3)])
        late = await engrams.due(25.0, limit=9)
        assert late == [sample_id(1), sample_id(2)]
        await engrams.amend([sample_id(1)], lambda e: counted(e, 100.0), op_id="a")
        demoted = await engrams.demote([*late, sample_id(3), sample_id(9)], 25.0)
        assert demoted == [sample_id(2)]
        assert await engrams.due(25.0, limit=9) == [], "a dormant engram was due again"
        assert await engrams.demote([sample_id(2)], 25.0) == []
        assert await engrams.due(math.inf, limit=9) == [sample_id(3), sample_id(1)]


async def check_the_dormant_are_kept_counted_and_found(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, item = store.engrams(REGION), sample_placed(1, "harbour", forgotten_at=10.0)
        await engrams.insert([item])
        await engrams.demote([sample_id(1)], 20.0)
        assert await engrams.count(20.0) == (1, 1)
        assert_same(await engrams.scan(), [item.engram])
        assert await engrams.find([item.engram.digest]) == [sample_id(1)]
        assert_same(await engrams.get([sample_id(1)]), [item.engram])
        assert await engrams.delete(sample_id(1))
        assert await engrams.count(20.0) == (0, 0)


async def check_a_demotion_never_marks_what_was_recalled_meanwhile(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        ids = [sample_id(n) for n in range(1, 9)]
        await engrams.insert([sample_placed(n, forgotten_at=10.0) for n in range(1, 9)])
        recalls = [engrams.amend([i], lambda e: counted(e, 100.0), op_id="a") for i in ids]
        await asyncio.gather(*recalls[:4], engrams.demote(ids, 20.0), *recalls[4:])
        assert sorted(await engrams.due(101.0, limit=9)) == ids


FADING_CHECKS = (
    check_due_lists_the_earliest_first_up_to_the_limit,
    check_due_and_count_leave_out_the_bound,
    check_the_pinned_are_never_due,
    check_demote_marks_only_what_is_still_due,
    check_the_dormant_are_kept_counted_and_found,
    check_a_demotion_never_marks_what_was_recalled_meanwhile,
)
