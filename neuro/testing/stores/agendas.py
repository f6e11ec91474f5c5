"""Checks of the agendas: what is upcoming on each, and how it follows the engrams."""

from __future__ import annotations

import asyncio
import math
import random
from contextlib import aclosing

from neuro.engram import Engram
from neuro.stores.base import Agenda, Placed, Remove
from neuro.testing.expect import raises
from neuro.testing.samples import sample_engram, sample_id, sample_placed
from neuro.testing.stores.engrams import REGION, MakeStore, counted


def on(agenda: Agenda, at: float, placed: Placed) -> Placed:
    """The same with its key on one agenda."""
    return placed._replace(review_at=at) if agenda == Agenda.REVIEW else placed._replace(rehearse_at=at)


# Listing


async def check_upcoming_lists_the_earliest_first_up_to_the_limit(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        instants = [-1e300, -5.5, -0.1, 5e-324, 0.1 + 0.2, 3.0, 1.7e9 + 0.123456, 1.7e9 + 0.123457, 1e300]
        shuffled = random.Random(0).sample(range(len(instants)), len(instants))
        await engrams.insert([Placed(sample_engram(n), 1e6, instants[n], -instants[n]) for n in shuffled])
        reviews = [(sample_id(n), at) for n, at in enumerate(instants)]
        rehearsals = [(engram_id, -at) for engram_id, at in reversed(reviews)]
        for agenda, expected in ((Agenda.REVIEW, reviews), (Agenda.REHEARSAL, rehearsals)):
            assert await engrams.upcoming(agenda, math.inf, limit=99) == expected
            assert await engrams.upcoming(agenda, math.inf, limit=4) == expected[:4]
        assert await engrams.upcoming(Agenda.REVIEW, 3.5, limit=99) == reviews[:6]


async def check_upcoming_lists_ties_by_id(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        for agenda in Agenda:
            await engrams.insert([on(agenda, 10.0, sample_placed(n)) for n in (12, 3, 250, 17)])
            await engrams.amend([sample_id(250)], lambda e, a=agenda: on(a, 9.0, counted(e)), op_id="moves")
            await engrams.amend([sample_id(3)], lambda e, a=agenda: on(a, 9.0, counted(e)), op_id="follows")
            ties = [(sample_id(3), 9.0), (sample_id(250), 9.0), (sample_id(12), 10.0), (sample_id(17), 10.0)]
            assert await engrams.upcoming(agenda, math.inf, limit=99) == ties
            assert await engrams.upcoming(agenda, math.inf, limit=1) == ties[:1]
            for engram_id, _ in ties:
                await engrams.delete(engram_id)


async def check_upcoming_leaves_out_the_bound_and_what_never_comes(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, bound = store.engrams(REGION), 1_700_000_000.1
        for number, agenda in enumerate(Agenda):
            await engrams.insert([on(agenda, bound, sample_placed(number))])
            beyond = math.nextafter(bound, math.inf)
            assert await engrams.upcoming(agenda, bound, limit=9) == []
            assert await engrams.upcoming(agenda, beyond, limit=9) == [(sample_id(number), bound)]
            assert await engrams.upcoming(agenda, math.inf, limit=9) == [(sample_id(number), bound)]


async def check_regions_and_agendas_are_apart(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        here, there = store.engrams(REGION), store.engrams("cerebellum")
        await here.insert([Placed(sample_engram(1), 3.0, 1.0, 2.0), sample_placed(2, forgotten_at=4.0)])
        await there.insert([Placed(sample_engram(3), math.inf, rehearse_at=5.0)])
        assert await here.upcoming(Agenda.REVIEW, math.inf, limit=9) == [(sample_id(1), 1.0)]
        assert await here.upcoming(Agenda.REHEARSAL, math.inf, limit=9) == [(sample_id(1), 2.0)]
        assert await there.upcoming(Agenda.REVIEW, math.inf, limit=9) == []
        assert await there.upcoming(Agenda.REHEARSAL, math.inf, limit=9) == [(sample_id(3), 5.0)]
        assert await here.due(math.inf, limit=9) == [sample_id(1), sample_id(2)]
        assert await there.count(math.inf) == (1, 0)


# Coming and going


async def check_the_deleted_are_never_upcoming(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        for by_write in (False, True):
            await engrams.insert([Placed(sample_engram(1), 1e6, 10.0, 20.0)])
            if by_write:
                await store.write([Remove(REGION, sample_id(1))])
            else:
                await engrams.delete(sample_id(1))
            for agenda in Agenda:
                assert await engrams.upcoming(agenda, math.inf, limit=9) == []
        await engrams.insert([Placed(sample_engram(1), 1e6, review_at=5.0)])
        assert await engrams.upcoming(Agenda.REVIEW, math.inf, limit=9) == [(sample_id(1), 5.0)]
        assert await engrams.upcoming(Agenda.REHEARSAL, math.inf, limit=9) == []


async def check_a_repeated_insert_leaves_the_agendas(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, item = store.engrams(REGION), Placed(sample_engram(1), 1e6, 10.0, 20.0)
        await engrams.insert([item])
        await engrams.amend([sample_id(1)], lambda e: counted(e)._replace(review_at=30.0), op_id="a")
        await engrams.insert([item])
        assert await engrams.upcoming(Agenda.REVIEW, math.inf, limit=9) == [(sample_id(1), 30.0)]
        assert await engrams.upcoming(Agenda.REHEARSAL, math.inf, limit=9) == []


# Changing


async def check_amend_moves_adds_and_removes_what_is_upcoming(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, ids = store.engrams(REGION), [sample_id(n) for n in (1, 2, 3)]
        for agenda in Agenda:
            await engrams.insert([on(agenda, 10.0 * n, sample_placed(n)) for n in (1, 2)])
            await engrams.insert([sample_placed(3)])
            for engram_id, at in zip(ids, (25.0, math.inf, 5.0), strict=True):
                await engrams.amend([engram_id], lambda e, at=at, a=agenda: on(a, at, counted(e)), op_id="a")
            for before, expected in ((6.0, [(ids[2], 5.0)]), (math.inf, [(ids[2], 5.0), (ids[0], 25.0)])):
                assert await engrams.upcoming(agenda, before, limit=9) == expected
            for engram_id in ids:
                await engrams.delete(engram_id)


async def check_an_amend_that_does_not_count_leaves_the_agendas(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, ids = store.engrams(REGION), [sample_id(1)]
        await engrams.insert([Placed(sample_engram(1), 1e6, 10.0, 20.0)])
        await engrams.amend(ids, lambda e: Placed(counted(e).engram, 1e6, 30.0, 40.0), op_id="a")
        await engrams.amend(ids, lambda e: Placed(counted(e).engram, 1e6, 50.0), op_id="a")

        def fail(engram: Engram) -> Placed:
            raise ArithmeticError(engram.engram_id)

        with raises(ArithmeticError):
            await engrams.amend(ids, fail, op_id="b")
        assert await engrams.upcoming(Agenda.REVIEW, math.inf, limit=9) == [(sample_id(1), 30.0)]
        assert await engrams.upcoming(Agenda.REHEARSAL, math.inf, limit=9) == [(sample_id(1), 40.0)]


async def check_concurrent_amends_leave_the_key_of_the_last(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1)])

        def reschedule(engram: Engram) -> Placed:
            placed = counted(engram)
            count = placed.engram.access_count
            return Placed(placed.engram, 1e6, 10.0 * count, math.inf if count % 2 else 20.0 * count)

        await asyncio.gather(
            *(engrams.amend([sample_id(1)], reschedule, op_id=f"{n}") for n in range(12)),
        )
        assert await engrams.upcoming(Agenda.REVIEW, math.inf, limit=9) == [(sample_id(1), 120.0)]
        assert await engrams.upcoming(Agenda.REHEARSAL, math.inf, limit=9) == [(sample_id(1), 240.0)]


async def check_the_dormant_are_upcoming_too(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([Placed(sample_engram(n), 10.0, 10.0 + n, 20.0 + n) for n in (1, 2)])
        assert await engrams.demote([sample_id(1)], 15.0) == [sample_id(1)]
        await engrams.amend(
            [sample_id(1)], lambda e: Placed(counted(e).engram, 10.0, 30.0, 21.0), op_id="only counts"
        )
        assert await engrams.due(15.0, limit=9) == [sample_id(2)]
        reviews = [(sample_id(2), 12.0), (sample_id(1), 30.0)]
        assert await engrams.upcoming(Agenda.REVIEW, math.inf, limit=9) == reviews
        rehearsals = [(sample_id(1), 21.0), (sample_id(2), 22.0)]
        assert await engrams.upcoming(Agenda.REHEARSAL, math.inf, limit=9) == rehearsals


AGENDA_CHECKS = (
    check_upcoming_lists_the_earliest_first_up_to_the_limit,
    check_upcoming_lists_ties_by_id,
    check_upcoming_leaves_out_the_bound_and_what_never_comes,
    check_regions_and_agendas_are_apart,
    check_the_deleted_are_never_upcoming,
    check_a_repeated_insert_leaves_the_agendas,
    check_amend_moves_adds_and_removes_what_is_upcoming,
    check_an_amend_that_does_not_count_leaves_the_agendas,
    check_concurrent_amends_leave_the_key_of_the_last,
    check_the_dormant_are_upcoming_too,
)
