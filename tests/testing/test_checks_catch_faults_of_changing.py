"""The checks of amend, due, demote and count earn their place: each catches a planted fault."""

import asyncio
import itertools
import math

from planting import Faults, FaultyEngrams, assert_caught

from neuro.stores.base import Placed
from neuro.testing.samples import sample_placed
from neuro.testing.stores import changes as checks
from neuro.testing.stores import fading
from neuro.testing.stores.engrams import check_delete_by_revision_refuses_what_has_changed

faults = Faults()

# Amending


@faults.caught_by(
    checks.check_concurrent_amends_all_count, checks.check_concurrent_amends_equal_a_serial_order
)
class ReadsThenWrites(FaultyEngrams):
    async def amend(self, engram_ids, change, *, op_id):
        read = {engram.engram_id: engram for engram in await self.found(engram_ids)}
        await asyncio.sleep(0)
        return await self.inner.amend(engram_ids, lambda e: change(read[e.engram_id]), op_id=op_id)


@faults.caught_by(checks.check_an_operation_counts_once, checks.check_a_cancelled_amend_repeated_counts_once)
class IgnoresOperations(FaultyEngrams):
    def prepare(self):
        self.fresh = itertools.count()

    async def amend(self, engram_ids, change, *, op_id):
        amended = await self.inner.amend(engram_ids, change, op_id=str(next(self.fresh)))
        await asyncio.sleep(0)
        return amended


@faults.caught_by(checks.check_an_operation_counts_once)
class RemembersOnlyTheLastOperation(IgnoresOperations):
    last = None

    async def amend(self, engram_ids, change, *, op_id):
        if op_id == self.last:
            return await self.found(engram_ids)
        self.last = op_id
        return await super().amend(engram_ids, change, op_id=op_id)


class RemembersOperationsItself(IgnoresOperations):
    def prepare(self):
        super().prepare()
        self.seen = set()


@faults.caught_by(checks.check_an_operation_counts_once, checks.check_a_change_that_raises_changes_nothing)
class NotesTheOperationEarlyAndForAllEngrams(RemembersOperationsItself):
    async def amend(self, engram_ids, change, *, op_id):
        if op_id in self.seen:
            return await self.found(engram_ids)
        self.seen.add(op_id)
        return await super().amend(engram_ids, change, op_id=op_id)


@faults.caught_by(checks.check_a_change_that_raises_at_one_engram_changes_no_other)
class AmendsOneByOne(FaultyEngrams):
    async def amend(self, engram_ids, change, *, op_id):
        one_by_one = [await self.inner.amend([i], change, op_id=op_id) for i in engram_ids]
        return [engram for amended in one_by_one for engram in amended]


@faults.caught_by(checks.check_a_cancelled_amend_repeated_counts_once)
class NotesTheOperationLate(RemembersOperationsItself):
    async def amend(self, engram_ids, change, *, op_id):
        if op_id in self.seen:
            return await self.found(engram_ids)
        amended = await super().amend(engram_ids, change, op_id=op_id)
        self.seen.add(op_id)
        return amended


@faults.caught_by(checks.check_amend_returns_in_the_order_asked_what_is_stored_afterwards)
class ReturnsWhatWasThereBefore(FaultyEngrams):
    async def amend(self, engram_ids, change, *, op_id):
        before = await self.found(engram_ids)
        await self.inner.amend(engram_ids, change, op_id=op_id)
        return before


@faults.caught_by(checks.check_amend_returns_in_the_order_asked_what_is_stored_afterwards)
class AmendsInItsOwnOrder(FaultyEngrams):
    async def amend(self, engram_ids, change, *, op_id):
        return await self.inner.amend(sorted(engram_ids), change, op_id=op_id)


@faults.caught_by(checks.check_amend_keeps_every_bit_of_what_it_changed)
class KeepsOnlyTheTrace(FaultyEngrams):
    async def amend(self, engram_ids, change, *, op_id):
        def kept(engram):
            placed = change(engram)
            return Placed(engram.with_trace(placed.engram.trace), placed.forgotten_at)

        return await self.inner.amend(engram_ids, kept, op_id=op_id)


@faults.caught_by(checks.check_amend_keeps_every_bit_of_what_it_changed)
class KeepsTheTargetRetention(FaultyEngrams):
    async def amend(self, engram_ids, change, *, op_id):
        def kept(engram):
            placed, target = change(engram), {"target_retention": engram.target_retention}
            return placed._replace(engram=placed.engram.model_copy(update=target))

        return await self.inner.amend(engram_ids, kept, op_id=op_id)


@faults.caught_by(
    checks.check_amend_keeps_every_bit_of_what_it_changed,
    check_delete_by_revision_refuses_what_has_changed,
)
class KeepsTheRevision(FaultyEngrams):
    async def amend(self, engram_ids, change, *, op_id):
        def kept(engram):
            placed = change(engram)
            return placed._replace(engram=placed.engram.model_copy(update={"revision": engram.revision}))

        return await self.inner.amend(engram_ids, kept, op_id=op_id)


@faults.caught_by(checks.check_amend_leaves_out_the_missing_and_creates_nothing)
class MakesWhatItAmends(FaultyEngrams):
    async def amend(self, engram_ids, change, *, op_id):
        missing = [i for i, e in zip(engram_ids, await self.inner.get(engram_ids), strict=True) if e is None]
        await self.inner.insert([sample_placed(engram_id=engram_id) for engram_id in missing])
        return await self.inner.amend(engram_ids, change, op_id=op_id)


@faults.caught_by(checks.check_an_amend_never_brings_back_the_deleted)
class WritesBackWhatWasDeleted(FaultyEngrams):
    async def amend(self, engram_ids, change, *, op_id):
        read = await self.found(engram_ids)
        await asyncio.sleep(0)
        await self.inner.insert([change(engram) for engram in read])
        return await self.inner.amend(engram_ids, change, op_id=op_id)


@faults.caught_by(checks.check_a_delete_by_revision_never_loses_a_recall)
class WritesOverARelease(FaultyEngrams):
    async def amend(self, engram_ids, change, *, op_id):
        read = await self.found(engram_ids)
        await asyncio.sleep(0)
        await self.inner.amend(engram_ids, change, op_id=op_id)
        return [change(engram).engram for engram in read]


@faults.caught_by(checks.check_amend_moves_the_key_of_the_forget_index)
class NeverMovesTheKey(FaultyEngrams):
    def prepare(self):
        self.keys = {}

    async def insert(self, items, *, writer=None):
        self.keys.update({item.engram.engram_id: item.forgotten_at for item in items})
        await self.inner.insert(items, writer=writer)

    async def amend(self, engram_ids, change, *, op_id):
        def kept(engram):
            return Placed(change(engram).engram, self.keys[engram.engram_id])

        return await self.inner.amend(engram_ids, kept, op_id=op_id)


@faults.caught_by(checks.check_amend_wakes_the_dormant)
class NeverWakes(FaultyEngrams):
    def prepare(self):
        self.dormant = set()

    async def demote(self, engram_ids, before):
        demoted = await self.inner.demote(engram_ids, before)
        self.dormant.update(demoted)
        return demoted

    async def due(self, before, *, limit):
        return [i for i in await self.inner.due(before, limit=limit) if i not in self.dormant]


@faults.caught_by(checks.check_an_amend_that_only_counts_leaves_the_dormant_asleep)
class WakesAtEveryAmend(FaultyEngrams):
    async def amend(self, engram_ids, change, *, op_id):
        await self.inner.amend(engram_ids, lambda e: Placed(e, math.inf), op_id=f"{op_id} wakes")
        return await self.inner.amend(engram_ids, change, op_id=op_id)


# Fading


@faults.caught_by(fading.check_due_and_count_leave_out_the_bound)
class ListsTheBoundAsDue(FaultyEngrams):
    async def due(self, before, *, limit):
        return await self.inner.due(math.nextafter(before, math.inf), limit=limit)


@faults.caught_by(fading.check_due_and_count_leave_out_the_bound)
class CountsTheBoundAsForgotten(FaultyEngrams):
    async def count(self, before):
        return await self.inner.count(math.nextafter(before, math.inf))


@faults.caught_by(fading.check_due_lists_the_earliest_first_up_to_the_limit)
class ListsTheLatestFirst(FaultyEngrams):
    async def due(self, before, *, limit):
        return (await self.inner.due(before, limit=10**6))[::-1][:limit]


@faults.caught_by(fading.check_due_lists_the_earliest_first_up_to_the_limit)
class ListsOneMore(FaultyEngrams):
    async def due(self, before, *, limit):
        return await self.inner.due(before, limit=limit + 1)


@faults.caught_by(fading.check_the_pinned_are_never_due)
class KnowsNoInfinity(FaultyEngrams):
    async def insert(self, items, *, writer=None):
        finite = [item._replace(forgotten_at=min(item.forgotten_at, 1e308)) for item in items]
        await self.inner.insert(finite, writer=writer)


@faults.caught_by(fading.check_demote_marks_only_what_is_still_due)
class DemotesWithoutMarking(FaultyEngrams):
    async def demote(self, engram_ids, before):
        late = await self.inner.due(before, limit=10**6)
        return [engram_id for engram_id in engram_ids if engram_id in late]


@faults.caught_by(fading.check_demote_marks_only_what_is_still_due)
class DemotesWhatItIsTold(FaultyEngrams):
    async def demote(self, engram_ids, before):
        return await self.inner.demote(engram_ids, math.inf)


@faults.caught_by(fading.check_a_demotion_never_marks_what_was_recalled_meanwhile)
class LooksBeforeItDemotes(FaultyEngrams):
    async def demote(self, engram_ids, before):
        late = await self.inner.due(before, limit=10**6)
        await asyncio.sleep(0)
        return await self.inner.demote([i for i in engram_ids if i in late], math.inf)


@faults.caught_by(fading.check_the_dormant_are_kept_counted_and_found)
class DeletesTheDormant(FaultyEngrams):
    async def demote(self, engram_ids, before):
        demoted = await self.inner.demote(engram_ids, before)
        for engram_id in demoted:
            await self.inner.delete(engram_id)
        return demoted


@faults.parametrize()
async def test_a_planted_fault_of_changing_is_caught(fault, check):
    await assert_caught(fault, check)


def test_every_check_of_changing_catches_a_fault():
    assert faults.checks >= {*checks.CHANGE_CHECKS, *fading.FADING_CHECKS}
