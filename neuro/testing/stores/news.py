"""Checks of the news: what was inserted, moved and removed, by which others keep an index up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress

from neuro.errors import StaleEngramError
from neuro.stores.base import Document, Happening, Insert, Link, Placed, Remove, Replace, Store, Write
from neuro.testing.samples import sample_id, sample_placed
from neuro.testing.stores.engrams import REGION, MakeStore, counted
from neuro.testing.stores.images import HIPPOCAMPUS, nothing_changes
from neuro.testing.stores.random_life import random_life

_AT_LEAST = 10_000
"""Happenings that a store must know."""


async def position_of(store: Store) -> str:
    """The position of now."""
    return (await store.news(None)).position


async def happened(store: Store, since: str) -> list[tuple[Happening, str]]:
    """What happened since a position that is not long ago."""
    news = await store.news(since)
    assert not news.gap, "a gap where little has happened"
    return list(news.happened)


def _all(happening: Happening, *numbers: int) -> list[tuple[Happening, str]]:
    return [(happening, sample_id(number)) for number in numbers]


async def check_inserts_moves_and_removals_are_news_in_order(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        here, there = store.engrams(HIPPOCAMPUS), store.engrams(REGION)
        start = await position_of(store)
        await here.insert([sample_placed(n) for n in (3, 1, 2)], writer="somebody")
        await store.write([Remove(HIPPOCAMPUS, sample_id(1), 0), Insert(REGION, sample_placed(1))])
        await store.write([Insert(REGION, sample_placed(2)), Remove(HIPPOCAMPUS, sample_id(2), 0)])
        await there.delete(sample_id(1))
        await store.write([Insert(REGION, sample_placed(4)), Remove(REGION, sample_id(2)), Document("a", 1)])
        await here.insert([sample_placed(1)])
        expected = [
            *_all(Happening.INSERTED, 3, 1, 2),
            *_all(Happening.MOVED, 1, 2),
            *_all(Happening.REMOVED, 1),
            *_all(Happening.INSERTED, 4),
            *_all(Happening.REMOVED, 2),
            *_all(Happening.INSERTED, 1),
        ]
        assert await happened(store, start) == expected


async def check_what_was_put_anew_is_inserted_news(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await store.engrams(REGION).insert([sample_placed(1)])
        start = await position_of(store)
        await store.write([Remove(REGION, sample_id(1)), Insert(REGION, sample_placed(1, "Something else"))])
        assert await happened(store, start) == [*_all(Happening.REMOVED, 1), *_all(Happening.INSERTED, 1)]


async def check_only_coming_and_going_is_news(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, item = store.engrams(REGION), sample_placed(1)
        await store.write([Insert(REGION, item, "somebody")], op_id="a")
        start = await position_of(store)
        await engrams.amend([sample_id(1)], counted, op_id="a")
        await store.write([Replace(REGION, counted(counted(item.engram).engram), 1)])
        await engrams.demote([sample_id(1)], 1e9)
        await store.write([Link(sample_id(1), sample_id(1), "temporal", 1.0), Document("a", 1)])
        await store.beat("somebody", 1.0)
        await store.adopt(REGION, "else", silent_since=2.0)
        assert await happened(store, start) == []


async def check_what_changes_nothing_is_no_news(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, item = store.engrams(REGION), sample_placed(1)
        insert: Sequence[Write] = [Insert(REGION, item), Insert(REGION, item)]
        await store.write(insert, op_id="a")
        async with nothing_changes(store, "what was done already, refused or undone at once"):
            await engrams.insert([item, item])
            await store.write(insert)
            await store.write(insert, op_id="a")
            await store.write([Remove(REGION, sample_id(2)), *insert])
            await store.write([Insert(REGION, sample_placed(2)), Remove(REGION, sample_id(2))])
            assert not await engrams.delete(sample_id(2))
            with suppress(StaleEngramError):
                await store.write([Insert(REGION, sample_placed(2)), Remove(REGION, sample_id(1), 7)])
        await engrams.delete(sample_id(1))
        async with nothing_changes(store, "an insert that counted already"):
            await store.write(insert, op_id="a")


async def check_news_go_on_from_any_position(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        first = await store.news(None)
        assert not first.happened and not first.gap
        positions = [first.position]
        for number in range(1, 9):
            await engrams.insert([sample_placed(number)])
            news = await store.news(positions[-1])
            assert list(news.happened) == _all(Happening.INSERTED, number) and not news.gap
            positions.append(news.position)
        for asked, position in enumerate(positions):
            assert await happened(store, position) == _all(Happening.INSERTED, *range(asked + 1, 9))
        assert await happened(store, await position_of(store)) == []


async def check_no_news_is_missed_while_others_write(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, heard = store.engrams(REGION), list[tuple[Happening, str]]()
        position = await position_of(store)

        async def write(task: int) -> None:
            for number in range(10 * task, 10 * task + 5):
                await engrams.insert([sample_placed(number)])

        async def listen() -> None:
            nonlocal position
            for _ in range(30):
                news = await store.news(position)
                assert not news.gap
                heard.extend(news.happened)
                position = news.position

        await asyncio.gather(listen(), *(write(task) for task in range(6)))
        heard.extend(await happened(store, position))
        numbers = [10 * task + n for task in range(6) for n in range(5)]
        assert sorted(heard) == _all(Happening.INSERTED, *numbers), "news were missed, or told twice"


async def check_news_reach_far_back_or_say_that_they_do_not(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        items = [sample_placed(n) for n in range(500)]
        rounds: tuple[Callable[[Placed], Write], ...] = (
            lambda item: Insert(REGION, item),
            lambda item: Remove(REGION, item.engram.engram_id),
        )
        start = await position_of(store)
        await store.engrams(REGION).insert([sample_placed(500)])
        later = await position_of(store)
        for turn in range(_AT_LEAST // len(items)):
            await store.write([rounds[turn % 2](item) for item in items])
        news = await store.news(later)
        assert not news.gap and len(news.happened) == _AT_LEAST
        assert news.happened[0] == (Happening.INSERTED, sample_id(0))
        assert news.happened[-1] == (Happening.REMOVED, sample_id(499))
        oldest = await store.news(start)
        assert oldest.gap or len(oldest.happened) == _AT_LEAST + 1, "something is missing, and no gap"
        assert await happened(store, oldest.position) == []


async def check_whoever_follows_the_news_knows_what_is_there(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        position, known = await position_of(store), set[str]()
        async for step, owners in random_life(store, seed=1):
            if step % 3:
                continue
            news = await store.news(position)
            assert not news.gap
            for happening, engram_id in news.happened:
                (known.discard if happening == Happening.REMOVED else known.add)(engram_id)
            position = news.position
            assert known == set(owners), f"after {step} steps"


NEWS_CHECKS = (
    check_inserts_moves_and_removals_are_news_in_order,
    check_what_was_put_anew_is_inserted_news,
    check_only_coming_and_going_is_news,
    check_what_changes_nothing_is_no_news,
    check_news_go_on_from_any_position,
    check_no_news_is_missed_while_others_write,
    check_news_reach_far_back_or_say_that_they_do_not,
    check_whoever_follows_the_news_knows_what_is_there,
)
