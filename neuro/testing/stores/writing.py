"""Checks of writing: many things as one, in order, and once however often it is repeated."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Generator, Sequence
from contextlib import aclosing, contextmanager, suppress
from itertools import pairwise

import numpy as np

from neuro.errors import FeatureMismatchError, StaleEngramError
from neuro.stores.base import Agenda, Document, Insert, Link, Placed, Remove, Replace, Store, Unlink, Write
from neuro.testing.expect import assert_same, raises
from neuro.testing.samples import sample_engram, sample_features, sample_id, sample_placed
from neuro.testing.stores.engrams import REGION, MakeStore, counted
from neuro.testing.stores.images import CEREBELLUM, HIPPOCAMPUS, REGIONS, nothing_changes


@contextmanager
def stale(*numbers: int) -> Generator[None]:
    """The block must be refused as stale, naming these engrams."""
    ids = {sample_id(number) for number in numbers}
    try:
        yield
    except StaleEngramError as error:
        assert set(error.engram_ids) == ids, f"named {error.engram_ids} where {ids} are stale"
    else:
        raise AssertionError("a stale write was not refused")


@contextmanager
def never_stale(what: str) -> Generator[None]:
    """The block must not be refused as stale."""
    try:
        yield
    except StaleEngramError as error:
        raise AssertionError(f"{what} was stale") from error


async def owners(store: Store, engram_id: str) -> list[str]:
    """The regions that hold an engram."""
    return [region for region in REGIONS if await store.engrams(region).get([engram_id]) != [None]]


async def _populate(store: Store) -> None:
    """Engrams 1 and 2 in the hippocampus, 3, changed once, and 4 in the neocortex, a link and a document."""
    await store.engrams(HIPPOCAMPUS).insert([Placed(sample_engram(1), 1e6, 10.0, 20.0)], writer="somebody")
    await store.engrams(HIPPOCAMPUS).insert([sample_placed(2)])
    await store.engrams(REGION).insert([sample_placed(3), sample_placed(4)])
    await store.engrams(REGION).amend([sample_id(3)], counted, op_id="changed")
    await store.write([Link(sample_id(3), sample_id(4), "temporal", 0.5), Document("a", 1)])


_GOOD: tuple[Write, ...] = (
    Insert(HIPPOCAMPUS, sample_placed(5), "somebody"),
    Remove(REGION, sample_id(4), 0),
    Replace(HIPPOCAMPUS, counted(sample_engram(1)), 0),
    Unlink(sample_id(3)),
    Link(sample_id(1), sample_id(5), "temporal", 1.0),
    Document("a", 2),
    Document("b", 3),
)
"""One write of each kind to what `_populate` leaves."""

_STALE: tuple[tuple[int, Write], ...] = (
    (2, Insert(HIPPOCAMPUS, sample_placed(2, "Something else"))),
    (3, Remove(REGION, sample_id(3), 0)),
    (9, Remove(REGION, sample_id(9), 0)),
    (3, Replace(REGION, counted(sample_engram(3)), 0)),
    (9, Replace(REGION, counted(sample_engram(9)), 0)),
)
"""Each way in which a write can be stale, and the engram."""


# All or none


async def check_a_write_does_each_thing(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await _populate(store)
        await store.write(_GOOD)
        one = counted(sample_engram(1)).engram
        assert_same(await store.engrams(HIPPOCAMPUS).scan(), [one, sample_engram(2), sample_engram(5)])
        assert [e.engram_id for e in await store.engrams(REGION).scan()] == [sample_id(3)]
        assert await store.links([sample_id(3), sample_id(1)]) == [[], [_GOOD[4]]]
        assert await store.read_documents(["a", "b"]) == [2, 3]


async def check_a_stale_write_changes_nothing(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await _populate(store)
        for number, write in _STALE:
            for place in (0, 3, len(_GOOD)):
                async with nothing_changes(store, f"a refused {write}"):
                    with stale(number):
                        await store.write([*_GOOD[:place], write, *_GOOD[place:]])
        await store.write(_GOOD)


async def check_a_stale_write_names_all_that_are_stale(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await _populate(store)
        with stale(2, 3, 9):
            await store.write([*_GOOD, *(write for _, write in _STALE)])
        with stale(3, 4):
            others = [sample_placed(n, "Something else") for n in (3, 5, 4)]
            await store.engrams(REGION).insert(others)


async def check_a_write_that_is_no_json_changes_nothing(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await _populate(store)
        async with nothing_changes(store, "what is no JSON"):
            with raises(TypeError, ValueError):
                await store.write([*_GOOD, Document("c", object())], op_id="refused")
        await store.write(_GOOD, op_id="refused")
        assert await store.read_documents(["a", "b"]) == [2, 3]


async def check_features_of_another_dimension_change_nothing(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await _populate(store)
        engrams = store.engrams(HIPPOCAMPUS)
        short = sample_placed(8, features=np.eye(1, 8, dtype=np.float16))
        await engrams.insert([sample_placed(7, features=sample_features())])
        async with nothing_changes(store, "features of another dimension"):
            with raises(FeatureMismatchError):
                await store.write([*_GOOD, Insert(HIPPOCAMPUS, short)])
            with raises(FeatureMismatchError):
                await engrams.insert([sample_placed(6), short])


async def check_nobody_sees_a_part_of_a_write(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        ids = [sample_id(n) for n in (1, 2)]

        async def write(n: int) -> None:
            links = [Link(one, two, "temporal", float(n)) for one, two in (ids, ids[::-1])]
            engrams = [Insert(REGION, sample_placed(2 * n + more)) for more in (100, 101)]
            await store.write(
                [links[0], Document("a", n), engrams[0], links[1], Document("b", n), engrams[1]]
            )

        async def read() -> None:
            for _ in range(8):
                a, b = await store.read_documents(["a", "b"])
                assert a == b, "half of a write was seen"
                there, back = await store.links(ids)
                assert [link.weight for link in there] == [link.weight for link in back], (
                    "half of a write was seen"
                )
                count, _ = await store.engrams(REGION).count(0.0)
                assert count % 2 == 0, "half of a write was seen"
                await asyncio.sleep(0)

        await write(0)
        await asyncio.gather(read(), *(write(n) for n in range(1, 9)), read())


# In order


async def check_writes_are_carried_out_in_order(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        one, first, last = sample_engram(1), sample_placed(1, "harbour"), sample_placed(1, "piano")
        changed = counted(first.engram)
        writes: list[Write] = [
            Insert(REGION, first), Replace(REGION, changed, 0), Remove(REGION, one.engram_id, 1),
            Remove(REGION, one.engram_id), Insert(REGION, last), Insert(REGION, last),
            Link("a", "b", "temporal", 1.0), Link("b", "a", "temporal", 1.0), Unlink("a"),
            Link("a", "c", "temporal", 1.0), Link("a", "c", "temporal", 2.0), Link("a", "d", "temporal", 3.0),
            Link("a", "d", "temporal", 0.0), Document("a", 1), Document("a", None), Document("b", 1),
            Document("b", 2),
        ]  # fmt: skip
        with never_stale("what is right in order"):
            await store.write(writes)
        assert_same(await store.engrams(REGION).scan(), [last.engram])
        assert await store.engrams(REGION).find([first.engram.digest]) == [None]
        assert await store.links(["a", "b"]) == [[Link("a", "c", "temporal", 2.0)], []]
        assert await store.read_documents(["a", "b"]) == [None, 2]
        await store.write([Insert(REGION, sample_placed(2)), Remove(REGION, sample_id(2), 0)])
        assert_same(await store.engrams(REGION).scan(), [last.engram])


async def check_a_link_is_kept_if_its_ends_are_there_when_its_turn_comes(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        one, two, three = (sample_id(n) for n in (1, 2, 3))
        early, kept, last, to_gone = (
            Link(*ends, "temporal", 1.0) for ends in ((one, two), (two, one), (one, three), (two, three))
        )
        await store.write(
            [early, Insert(REGION, sample_placed(1)), Insert(HIPPOCAMPUS, sample_placed(2)), kept]
        )
        assert await store.links([one, two]) == [[], [kept]], "a link went ahead of the engram, or was lost"
        await store.write([Insert(REGION, sample_placed(3)), last, Remove(REGION, three), to_gone])
        assert await store.links([one, two]) == [[last], [kept]], (
            "only an Unlink removes the links of an engram"
        )
        await store.write([Remove(REGION, one), kept._replace(weight=0.0), Unlink(one)])
        assert await store.links([one, two]) == [[], []]


async def check_what_is_stale_after_an_earlier_write_is_refused(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await _populate(store)
        changed, gone = counted(sample_engram(1)), Remove(REGION, sample_id(4))
        broken: tuple[tuple[int, Sequence[Write]], ...] = (
            (1, (Replace(HIPPOCAMPUS, changed, 0), Replace(HIPPOCAMPUS, changed, 0))),
            (1, (Replace(HIPPOCAMPUS, changed, 0), Remove(HIPPOCAMPUS, sample_id(1), 0))),
            (4, (gone, gone._replace(revision=0))),
            (6, (Insert(REGION, sample_placed(6)), Insert(REGION, sample_placed(6, "Something else")))),
        )
        for number, writes in broken:
            async with nothing_changes(store, f"the refused {writes}"):
                with stale(number):
                    await store.write(writes)


async def check_a_replacement_changes_what_an_amend_changes(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([Placed(sample_engram(n), 10.0, 30.0, 40.0) for n in (1, 2)])
        assert await engrams.demote([sample_id(1), sample_id(2)], 20.0) == [sample_id(1), sample_id(2)]
        kept = Placed(sample_engram(1).changed(pinned=True, salience=1 / 3, superseded_by="x"), 10.0, 31.0)
        moved = counted(sample_engram(2), 15.0)
        await store.write([Replace(REGION, kept, 0), Replace(REGION, moved, 0)])
        assert_same(await engrams.scan(), [kept.engram, moved.engram])
        assert await engrams.due(20.0, limit=9) == [sample_id(2)], "a key that moves wakes, another does not"
        assert await engrams.count(12.0) == (2, 1)
        assert await engrams.upcoming(Agenda.REVIEW, math.inf, limit=9) == [(sample_id(1), 31.0)]
        assert await engrams.upcoming(Agenda.REHEARSAL, math.inf, limit=9) == []


# Moving


def _move(engram: Placed, source: str, destination: str) -> tuple[Write, Write]:
    revision = engram.engram.revision
    return Remove(source, engram.engram.engram_id, revision), Insert(destination, engram)


async def check_a_move_takes_everything_along(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        source, destination = store.engrams(HIPPOCAMPUS), store.engrams(REGION)
        item = Placed(sample_engram(1, "harbour", features=sample_features()), 7.0, 8.0, 9.0)
        await source.insert([item], writer="somebody")
        for step in (1, -1):
            await store.write(_move(item, source.region, destination.region)[::step])
            assert await owners(store, sample_id(1)) == [destination.region]
            assert_same(await destination.scan(), [item.engram])
            assert await source.find([item.engram.digest]) == [None]
            assert await destination.find([item.engram.digest]) == [sample_id(1)]
            assert await source.count(10.0) == (0, 0)
            assert await destination.due(10.0, limit=9) == [sample_id(1)]
            for agenda in Agenda:
                assert await source.upcoming(agenda, 10.0, limit=9) == []
                assert await destination.upcoming(agenda, 10.0, limit=9) == [(sample_id(1), item.key(agenda))]
            source, destination = destination, source


async def check_an_amend_counts_once_though_the_engram_moves(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        homes, there = [HIPPOCAMPUS, REGION, CEREBELLUM], [sample_id(1)]
        await store.engrams(HIPPOCAMPUS).insert([sample_placed(1)])
        for step, (home, next_home) in enumerate(pairwise(homes)):
            [engram] = await store.engrams(home).amend(there, counted, op_id=f"op {step}")
            move = _move(Placed(engram, 1e6), home, next_home)
            await store.write(move[::-1] if step else move)
            for op_id in ("op 0", f"op {step}"):
                assert_same(await store.engrams(next_home).amend(there, counted, op_id=op_id), [engram])
        await store.write([Remove(CEREBELLUM, sample_id(1))])
        await store.engrams(CEREBELLUM).insert([sample_placed(1)])
        [anew] = await store.engrams(CEREBELLUM).amend(there, counted, op_id="op 0")
        assert anew.access_count == 1, "an engram that starts anew had seen an operation"


async def check_of_concurrent_moves_one_wins(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        for number in range(1, 7):
            item = sample_placed(number)
            await store.engrams(HIPPOCAMPUS).insert([item], writer="somebody")

            async def move(destination: str, item: Placed = item) -> bool:
                with suppress(StaleEngramError):
                    await store.write(_move(item, HIPPOCAMPUS, destination))
                    return True
                return False

            won = await asyncio.gather(*(move(region) for region in (REGION, CEREBELLUM, REGION)))
            assert sum(won) == 1, f"{sum(won)} of 3 moves won"
            assert await owners(store, sample_id(number)) == [CEREBELLUM if won[1] else REGION]


async def check_a_move_never_loses_a_recall(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(HIPPOCAMPUS)
        for number in range(1, 9):
            item = sample_placed(number)
            await engrams.insert([item])

            async def move(item: Placed = item) -> bool:
                with suppress(StaleEngramError):
                    await store.write(_move(item, HIPPOCAMPUS, REGION))
                    return True
                return False

            async def recall(number: int = number) -> bool:
                return bool(await engrams.amend([sample_id(number)], counted, op_id=f"{number}"))

            acts = [recall, move] if number % 2 else [move, recall]
            won = dict(zip(acts, await asyncio.gather(*(act() for act in acts)), strict=True))
            assert won[recall] != won[move], "a recall and a move by revision both won, or neither"
            assert await owners(store, sample_id(number)) == [REGION if won[move] else HIPPOCAMPUS]


# Once


async def check_a_write_counts_once_whatever_happened_meanwhile(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await _populate(store)
        await store.write(_GOOD, op_id="first")
        await store.write([Remove(HIPPOCAMPUS, sample_id(5)), Document("a", None), Document("b", 4)])
        await store.engrams(HIPPOCAMPUS).amend([sample_id(1)], counted, op_id="a")
        await store.write([Link(sample_id(1), sample_id(5), "temporal", 0.0)])
        for other in range(40):
            await store.write([Document("c", other)], op_id=f"other {other}")
        async with nothing_changes(store, "a repeated write"):
            with never_stale("a repeated write"):
                await store.write(_GOOD, op_id="first")
                await store.write([], op_id="other 0")
                await store.write([Document("c", "repeated")], op_id="other 0")


async def check_a_refused_write_may_be_tried_again_by_its_name(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await _populate(store)
        changed = Replace(REGION, counted(sample_engram(3)), 0)
        for _ in range(2):
            with stale(3):
                await store.write([Document("a", 2), changed], op_id="again")
        await store.write([Document("a", 3)], op_id="again")
        await store.write([Document("a", 4)], op_id="again")
        assert await store.read_documents(["a"]) == [3]


async def check_a_write_repeated_at_once_counts_once(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await _populate(store)
        moved: list[Write] = [*_move(sample_placed(1), HIPPOCAMPUS, REGION), Document("b", 1)]
        with never_stale("a repeated write"):
            await asyncio.gather(*(store.write(moved, op_id="moves") for _ in range(5)))
        assert await owners(store, sample_id(1)) == [REGION]


async def check_a_cancelled_write_repeated_counts_once(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        for steps in range(16):
            item = sample_placed(steps)
            await store.engrams(HIPPOCAMPUS).insert([item])

            async def move(item: Placed = item, op_id: str = f"{steps}") -> None:
                await store.write(_move(item, HIPPOCAMPUS, REGION), op_id=op_id)

            task = asyncio.create_task(move())
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            with never_stale(f"a move cancelled after {steps} steps and repeated"):
                await move()
            assert await owners(store, sample_id(steps)) == [REGION]


WRITE_CHECKS = (
    check_a_write_does_each_thing,
    check_a_stale_write_changes_nothing,
    check_a_stale_write_names_all_that_are_stale,
    check_a_write_that_is_no_json_changes_nothing,
    check_features_of_another_dimension_change_nothing,
    check_nobody_sees_a_part_of_a_write,
    check_writes_are_carried_out_in_order,
    check_a_link_is_kept_if_its_ends_are_there_when_its_turn_comes,
    check_what_is_stale_after_an_earlier_write_is_refused,
    check_a_replacement_changes_what_an_amend_changes,
    check_a_move_takes_everything_along,
    check_an_amend_counts_once_though_the_engram_moves,
    check_of_concurrent_moves_one_wins,
    check_a_move_never_loses_a_recall,
    check_a_write_counts_once_whatever_happened_meanwhile,
    check_a_refused_write_may_be_tried_again_by_its_name,
    check_a_write_repeated_at_once_counts_once,
    check_a_cancelled_write_repeated_counts_once,
)
