"""Checks of keeping engrams: insert, delete, get and find."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from neuro.engram import Engram
from neuro.errors import StaleEngramError
from neuro.stores.base import Agenda, Document, EngramStore, Placed, Remove, Store, Unlink
from neuro.testing.expect import assert_same, in_order, raises
from neuro.testing.samples import nasty_engrams, sample_engram, sample_id, sample_placed

MakeStore = Callable[[], Awaitable[Store]]
"""Opens a fresh, empty store; the check closes it."""

REGION = "neocortex"
"""The region that most checks use."""


def counted(engram: Engram, forgotten_at: float = 1e6) -> Placed:
    """A change that counts one more access."""
    trace = engram.trace.model_copy(update={"access_count": engram.trace.access_count + 1})
    return Placed(engram.with_trace(trace), forgotten_at)


async def assert_absent(engrams: EngramStore, engram: Engram) -> None:
    """No reading verb shows ``engram``, and no other engram is stored."""
    assert await engrams.get([engram.engram_id]) == [None]
    assert await engrams.find([engram.digest]) == [None]
    assert await engrams.scan() == []
    assert await engrams.due(math.inf, limit=10) == []
    assert await engrams.count(math.inf) == (0, 0)
    for agenda in Agenda:
        assert await engrams.upcoming(agenda, math.inf, limit=10) == []
    assert await engrams.amend([engram.engram_id], counted, op_id="absent") == []
    assert await engrams.demote([engram.engram_id], math.inf) == []


# Inserting


async def check_get_returns_what_was_inserted_bit_for_bit(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, nasty = store.engrams(REGION), nasty_engrams()
        await engrams.insert([Placed(e, math.inf if e.pinned else 1e6) for e in nasty])
        assert_same(await engrams.get([e.engram_id for e in nasty]), nasty)
        assert_same(await engrams.scan(), in_order(nasty))


async def check_get_answers_in_the_order_asked_and_none_for_the_unknown(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        one, two = sample_placed(1), sample_placed(2)
        await engrams.insert([one, two])
        found = await engrams.get([sample_id(2), sample_id(3), sample_id(1), sample_id(2)])
        assert_same(found, [two.engram, None, one.engram, two.engram])


async def check_nothing_asked_is_nothing_answered(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([])
        assert await engrams.amend([], counted, op_id="none") == []
        assert await engrams.get([]) == []
        assert await engrams.find([]) == []
        assert await engrams.demote([], 1.0) == []
        await store.write([])
        await store.write([Unlink(sample_id(1)), Remove(REGION, sample_id(1)), Document("none", None)])
        assert await store.links([]) == []
        assert await store.read_documents([]) == []


async def check_an_insert_may_be_repeated(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        items = [sample_placed(n) for n in (1, 2)]
        await engrams.insert(items)
        await engrams.insert([*items, items[0]])
        assert await engrams.count(math.inf) == (2, 2)
        assert_same(await engrams.scan(), [item.engram for item in items])


async def check_an_insert_with_other_content_is_refused_as_a_whole(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        items = [sample_placed(n) for n in (2, 4)]
        await engrams.insert(items)
        for other in (sample_placed(2, "Something else"), sample_placed(4, encoded_at=1001.0)):
            with raises(StaleEngramError):
                await engrams.insert([sample_placed(1), other, sample_placed(5)], writer="somebody")
        assert_same(await engrams.scan(), [item.engram for item in items])


async def check_an_insert_never_overwrites(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, item = store.engrams(REGION), sample_placed(1, forgotten_at=10.0)
        await engrams.insert([item])
        amended = await engrams.amend([sample_id(1)], lambda e: counted(e, 20.0), op_id="a")
        assert await engrams.demote([sample_id(1)], 30.0) == [sample_id(1)]
        await engrams.insert([item])
        assert_same(await engrams.get([sample_id(1)]), amended)
        assert await engrams.count(15.0) == (1, 0), "the forget index went back to what was inserted"
        assert await engrams.due(30.0, limit=10) == [], "a repeated insert woke a dormant engram"


async def check_concurrent_inserts_of_one_engram_store_it_once(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, item = store.engrams(REGION), sample_placed(1, "harbour")
        await asyncio.gather(*(engrams.insert([item, sample_placed(n + 2)]) for n in range(8)))
        assert await engrams.count(math.inf) == (9, 9)
        assert [e.engram_id for e in await engrams.scan()] == [sample_id(n + 1) for n in range(9)]


# Deleting


async def check_delete_leaves_nothing_behind(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, item = store.engrams(REGION), sample_placed(1)
        await engrams.insert([item])
        assert await engrams.delete(sample_id(1))
        await assert_absent(engrams, item.engram)
        assert not await engrams.delete(sample_id(1))


async def check_delete_by_revision_refuses_what_has_changed(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1)])
        amended = await engrams.amend([sample_id(1)], counted, op_id="a")
        with raises(StaleEngramError):
            await engrams.delete(sample_id(1), revision=0)
        assert_same(await engrams.get([sample_id(1)]), amended)
        assert await engrams.delete(sample_id(1), revision=amended[0].revision)
        assert await engrams.get([sample_id(1)]) == [None]


async def check_delete_of_the_unknown_is_false(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1)])
        assert await engrams.delete(sample_id(2)) is False
        assert await engrams.delete(sample_id(2), revision=0) is False
        assert await engrams.count(0.0) == (1, 0)


async def check_what_was_deleted_starts_anew_when_it_is_inserted_again(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, item = store.engrams(REGION), sample_placed(1, forgotten_at=10.0)
        await engrams.insert([item])
        await engrams.amend([sample_id(1)], lambda e: counted(e, 20.0), op_id="a")
        await engrams.demote([sample_id(1)], 30.0)
        await engrams.delete(sample_id(1))
        await engrams.insert([item])
        assert_same(await engrams.get([sample_id(1)]), [item.engram])
        assert await engrams.due(11.0, limit=9) == [sample_id(1)]
        again = await engrams.amend([sample_id(1)], counted, op_id="a")
        assert [e.access_count for e in again] == [1], "an operation of its earlier life was remembered"


# Finding by digest


async def check_find_knows_engrams_by_their_digests(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        one, two = sample_placed(1, "The keys are in the  kettle"), sample_placed(2, "Nobody knows")
        repeat = sample_engram(9, " The keys are in the kettle\n")
        await engrams.insert([one])
        asked = [two.engram.digest, repeat.digest, sample_engram(3).digest, repeat.digest]
        assert await engrams.find(asked) == [None, sample_id(1), None, sample_id(1)]
        await engrams.insert([two])
        await engrams.amend([sample_id(1), sample_id(2)], counted, op_id="a")
        await engrams.delete(sample_id(1))
        assert await engrams.find(asked) == [sample_id(2), None, None, None]


async def check_find_knows_the_twin_of_a_deleted_engram(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        digest = sample_engram(1, "harbour").digest
        await engrams.insert([sample_placed(1, "harbour"), sample_placed(2, "harbour")])
        found: set[str] = set()
        for left in (2, 1):
            [engram_id] = await engrams.find([digest])
            assert engram_id is not None, f"{left} engrams have the digest, and none was found"
            assert await engrams.delete(engram_id)
            found.add(engram_id)
        assert found == {sample_id(1), sample_id(2)}
        assert await engrams.find([digest]) == [None]


ENGRAM_CHECKS = (
    check_get_returns_what_was_inserted_bit_for_bit,
    check_get_answers_in_the_order_asked_and_none_for_the_unknown,
    check_nothing_asked_is_nothing_answered,
    check_an_insert_may_be_repeated,
    check_an_insert_with_other_content_is_refused_as_a_whole,
    check_an_insert_never_overwrites,
    check_concurrent_inserts_of_one_engram_store_it_once,
    check_delete_leaves_nothing_behind,
    check_delete_by_revision_refuses_what_has_changed,
    check_delete_of_the_unknown_is_false,
    check_what_was_deleted_starts_anew_when_it_is_inserted_again,
    check_find_knows_engrams_by_their_digests,
    check_find_knows_the_twin_of_a_deleted_engram,
)
