"""Checks of changing engrams: amend by compare-and-set, alone and against other tasks."""

from __future__ import annotations

import asyncio
import math
from contextlib import aclosing, suppress

from neuro.engram import RECENT_ACCESSES, Engram
from neuro.errors import StaleEngramError
from neuro.stores.base import Change, Placed
from neuro.testing.expect import assert_same, raises
from neuro.testing.samples import nasty_engrams, sample_id, sample_placed
from neuro.testing.stores.engrams import REGION, MakeStore, assert_absent, counted


def _stretched(step: float) -> Change:
    """A change that does not commute with itself at another ``step``, and leaves its name in the trace."""

    def change(engram: Engram) -> Placed:
        trace = engram.trace
        recent = (*trace.recent, step)[-RECENT_ACCESSES:]
        stretched = trace.model_copy(update={"half_life": _stretch(trace.half_life, step), "recent": recent})
        return Placed(engram.with_trace(stretched), 1e6)

    return change


def _stretch(half_life: float, step: float) -> float:
    return half_life * (1.0 + step / 10.0) + step


async def check_amend_returns_in_the_order_asked_what_is_stored_afterwards(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(n) for n in (1, 2, 3)])
        ids = [sample_id(3), sample_id(1)]
        amended = await engrams.amend(ids, counted, op_id="a")
        assert [(e.engram_id, e.access_count, e.revision) for e in amended] == [(i, 1, 1) for i in ids]
        assert_same(await engrams.get(ids), amended)
        assert_same(await engrams.get([sample_id(2)]), [sample_placed(2).engram])


async def check_amend_keeps_every_bit_of_what_it_changed(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        nasty = nasty_engrams()
        complete, extreme = nasty[1], nasty[2]
        plain = sample_placed(4)
        await engrams.insert([plain])
        for step, source in enumerate((complete, extreme)):
            changed = {
                name: getattr(source, name)
                for name in (
                    "trace",
                    "pinned",
                    "superseded_by",
                    "target_retention",
                    "salience",
                    "reliability",
                )
            }
            amended = await engrams.amend(
                [sample_id(4)],
                lambda e, changed=changed: Placed(e.changed(**changed), math.inf),
                op_id=f"step {step}",
            )
            assert_same(amended, [plain.engram.model_copy(update={**changed, "revision": step + 1})])
            assert_same(await engrams.get([sample_id(4)]), amended)


async def check_amend_leaves_out_the_missing_and_creates_nothing(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1)])
        await store.engrams("cerebellum").insert([sample_placed(2)])
        asked = [sample_id(3), sample_id(1), sample_id(2)]
        amended = await engrams.amend(asked, counted, op_id="a")
        assert [e.engram_id for e in amended] == [sample_id(1)]
        assert await engrams.count(math.inf) == (1, 1)
        assert_same(await store.engrams("cerebellum").get([sample_id(2)]), [sample_placed(2).engram])


async def check_an_operation_counts_once(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(n) for n in (1, 2)])
        after = await engrams.amend([sample_id(1)], counted, op_id="first")
        for other in range(7):
            after = await engrams.amend([sample_id(1)], counted, op_id=f"other {other}")
        again = await engrams.amend([sample_id(1), sample_id(2)], counted, op_id="first")
        assert_same(again[:1], after)
        assert again[0].access_count == 8, "an operation was repeated within the last eight and counted twice"
        assert again[1].access_count == 1, "operations belong to the engram that saw them"
        await asyncio.gather(*(engrams.amend([sample_id(2)], counted, op_id="second") for _ in range(5)))
        stored = await engrams.get([sample_id(1), sample_id(2)])
        assert [e and e.access_count for e in stored] == [8, 2]


async def check_concurrent_amends_all_count(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, ids = store.engrams(REGION), [sample_id(n) for n in (1, 2, 3)]
        await engrams.insert([sample_placed(n) for n in (1, 2, 3)])

        async def recall(task: int) -> list[int]:
            order = ids[task % 3 :] + ids[: task % 3]
            seen: list[int] = []
            for turn in range(4):
                amended = await engrams.amend(order, counted, op_id=f"{task}/{turn}")
                assert [e.engram_id for e in amended] == order
                seen.append(amended[0].access_count)
            return seen

        for seen in await asyncio.gather(*(recall(task) for task in range(8))):
            assert seen == sorted(set(seen)), "a task did not see its own change"
        stored = await engrams.get(ids)
        assert [e and (e.access_count, e.revision) for e in stored] == [(32, 32)] * 3


async def check_concurrent_amends_equal_a_serial_order(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, item = store.engrams(REGION), sample_placed(1)
        await engrams.insert([item])
        steps = [float(step) for step in range(1, RECENT_ACCESSES + 1)]
        await asyncio.gather(*(engrams.amend([sample_id(1)], _stretched(s), op_id=str(s)) for s in steps))
        [stored] = await engrams.get([sample_id(1)])
        assert stored is not None
        assert sorted(stored.trace.recent) == steps
        half_life = item.engram.trace.half_life
        for step in stored.trace.recent:
            half_life = _stretch(half_life, step)
        assert stored.trace.half_life == half_life, "the changes do not add up to those of any order"


async def check_a_change_that_raises_changes_nothing(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, item = store.engrams(REGION), sample_placed(1)
        await engrams.insert([item, sample_placed(2)])

        def fail(engram: Engram) -> Placed:
            raise ArithmeticError(engram.engram_id)

        async def expect_failure() -> None:
            with raises(ArithmeticError):
                await engrams.amend([sample_id(1)], fail, op_id="a")

        await asyncio.gather(expect_failure(), engrams.amend([sample_id(2)], counted, op_id="b"))
        assert_same(await engrams.get([sample_id(1)]), [item.engram])
        amended = await engrams.amend([sample_id(1), sample_id(2)], counted, op_id="a")
        assert [e.access_count for e in amended] == [1, 2]


async def check_a_change_that_raises_at_one_engram_changes_no_other(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, ids = store.engrams(REGION), [sample_id(n) for n in (1, 2, 3)]
        items = [sample_placed(n) for n in (1, 2, 3)]
        await engrams.insert(items)
        for failing in ids:

            def change(engram: Engram, failing: str = failing) -> Placed:
                if engram.engram_id == failing:
                    raise ArithmeticError(failing)
                return counted(engram)

            with raises(ArithmeticError):
                await engrams.amend(ids, change, op_id="a")
            assert_same(await engrams.get(ids), [item.engram for item in items])
        amended = await engrams.amend([*ids, ids[0]], counted, op_id="a")
        assert [e.access_count for e in amended] == [1, 1, 1, 1]


async def check_amend_moves_the_key_of_the_forget_index(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(n, forgotten_at=10.0 * n) for n in (1, 2, 3)])
        await engrams.amend([sample_id(1)], lambda e: counted(e, 40.0), op_id="a")
        await engrams.amend([sample_id(3)], lambda e: counted(e, 5.0), op_id="b")
        assert await engrams.due(50.0, limit=9) == [sample_id(3), sample_id(2), sample_id(1)]
        assert await engrams.count(15.0) == (3, 1)
        await engrams.amend([sample_id(3)], lambda e: counted(e, math.inf), op_id="c")
        assert await engrams.due(math.inf, limit=9) == [sample_id(2), sample_id(1)]


async def check_amend_wakes_the_dormant(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1, forgotten_at=10.0)])
        assert await engrams.demote([sample_id(1)], 20.0) == [sample_id(1)]
        await engrams.amend([sample_id(1)], lambda e: counted(e, 15.0), op_id="a")
        assert await engrams.due(20.0, limit=9) == [sample_id(1)]
        assert await engrams.demote([sample_id(1)], 20.0) == [sample_id(1)]


async def check_an_amend_that_only_counts_leaves_the_dormant_asleep(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(n, forgotten_at=10.0 * n) for n in (1, 2)])
        assert await engrams.demote([sample_id(1)], 20.0) == [sample_id(1)]
        amended = await engrams.amend([sample_id(1)], lambda e: counted(e, 10.0), op_id="a")
        assert [e.access_count for e in amended] == [1]
        assert await engrams.due(20.0, limit=9) == []
        assert await engrams.count(20.0) == (2, 1)


async def check_an_amend_never_brings_back_the_deleted(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, item = store.engrams(REGION), sample_placed(1)
        for life in range(8):
            await engrams.insert([item])
            recalls = [engrams.amend([sample_id(1)], counted, op_id=f"{life}/{n}") for n in range(6)]
            await asyncio.gather(*recalls[:3], engrams.delete(sample_id(1)), *recalls[3:])
            await assert_absent(engrams, item.engram)


async def check_a_delete_by_revision_never_loses_a_recall(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, item = store.engrams(REGION), sample_placed(1, "harbour")
        for life in range(8):
            await engrams.insert([item])

            async def release() -> bool:
                with suppress(StaleEngramError):
                    return await engrams.delete(sample_id(1), revision=0)
                return False

            amended, released = await asyncio.gather(
                engrams.amend([sample_id(1)], counted, op_id=f"{life}"), release()
            )
            assert bool(amended) != released, "a recall and a release by revision both won, or neither"
            assert_same(await engrams.get([sample_id(1)]), amended or [None])
            assert await engrams.find([item.engram.digest]) == [None if released else sample_id(1)]
            await engrams.delete(sample_id(1))


async def check_a_cancelled_amend_repeated_counts_once(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)
        await engrams.insert([sample_placed(1)])
        for steps in range(16):

            async def recall(op_id: str = f"{steps}") -> None:
                await engrams.amend([sample_id(1)], counted, op_id=op_id)

            task = asyncio.create_task(recall())
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await recall()
            [stored] = await engrams.get([sample_id(1)])
            assert stored is not None
            assert stored.access_count == stored.revision == steps + 1, f"cancelled after {steps} steps"


CHANGE_CHECKS = (
    check_amend_returns_in_the_order_asked_what_is_stored_afterwards,
    check_amend_keeps_every_bit_of_what_it_changed,
    check_amend_leaves_out_the_missing_and_creates_nothing,
    check_an_operation_counts_once,
    check_concurrent_amends_all_count,
    check_concurrent_amends_equal_a_serial_order,
    check_a_change_that_raises_changes_nothing,
    check_a_change_that_raises_at_one_engram_changes_no_other,
    check_amend_moves_the_key_of_the_forget_index,
    check_amend_wakes_the_dormant,
    check_an_amend_that_only_counts_leaves_the_dormant_asleep,
    check_an_amend_never_brings_back_the_deleted,
    check_a_delete_by_revision_never_loses_a_recall,
    check_a_cancelled_amend_repeated_counts_once,
)
