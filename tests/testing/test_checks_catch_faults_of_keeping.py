"""The checks of insert, delete, get and find earn their place: each catches a planted fault."""

import asyncio
from contextlib import suppress

import numpy as np
from planting import Bends, Faults, FaultyEngrams, assert_caught

from neuro.errors import StaleEngramError
from neuro.testing.stores import engrams as checks
from neuro.testing.stores.changes import check_a_delete_by_revision_never_loses_a_recall

faults = Faults()

# Inserting


@faults.caught_by(checks.check_get_returns_what_was_inserted_bit_for_bit)
class RoundsFeatures(Bends):
    def bend(self, engram):
        return {"features": None if engram.features is None else np.round(engram.features, 3)}


@faults.caught_by(checks.check_get_returns_what_was_inserted_bit_for_bit)
class DropsContext(Bends):
    def bend(self, engram):
        return {"context": {}}


@faults.caught_by(checks.check_get_returns_what_was_inserted_bit_for_bit)
class WritesFourteenDigits(Bends):
    def bend(self, engram):
        return {
            "trace": engram.trace.model_copy(update={"half_life": float(f"{engram.trace.half_life:.14g}")})
        }


@faults.caught_by(checks.check_get_returns_what_was_inserted_bit_for_bit)
class LosesTheSignOfZero(Bends):
    def bend(self, engram):
        return {"valence": engram.valence + 0.0}


@faults.caught_by(checks.check_get_returns_what_was_inserted_bit_for_bit)
class TrimsContent(Bends):
    def bend(self, engram):
        return {"content": engram.content.strip()}


@faults.caught_by(checks.check_get_returns_what_was_inserted_bit_for_bit)
class DropsTheTargetRetention(Bends):
    def bend(self, engram):
        return {"target_retention": None}


@faults.caught_by(checks.check_get_answers_in_the_order_asked_and_none_for_the_unknown)
class AnswersInItsOwnOrder(FaultyEngrams):
    async def get(self, engram_ids):
        return await self.inner.get(sorted(engram_ids))


@faults.caught_by(checks.check_nothing_asked_is_nothing_answered)
class TakesNothingForSomething(FaultyEngrams):
    async def get(self, engram_ids):
        return await self.inner.get(engram_ids or ["unknown"])


@faults.caught_by(checks.check_an_insert_never_overwrites)
class Overwrites(FaultyEngrams):
    async def insert(self, items, *, writer=None):
        for item in items:
            await self.inner.delete(item.engram.engram_id)
        await self.inner.insert(items, writer=writer)


@faults.caught_by(checks.check_an_insert_with_other_content_is_refused_as_a_whole)
class InsertsOneByOne(FaultyEngrams):
    async def insert(self, items, *, writer=None):
        for item in items:
            await self.inner.insert([item], writer=writer)


@faults.caught_by(checks.check_an_insert_with_other_content_is_refused_as_a_whole)
class IgnoresOtherContent(FaultyEngrams):
    async def insert(self, items, *, writer=None):
        with suppress(StaleEngramError):
            await self.inner.insert(items, writer=writer)


@faults.caught_by(checks.check_an_insert_may_be_repeated)
class CountsEveryInsert(FaultyEngrams):
    def prepare(self):
        self.inserted = 0

    async def insert(self, items, *, writer=None):
        self.inserted += len(items)
        await self.inner.insert(items, writer=writer)

    async def count(self, before):
        _, fading = await self.inner.count(before)
        return self.inserted, fading


@faults.caught_by(checks.check_concurrent_inserts_of_one_engram_store_it_once)
class LooksBeforeItCounts(FaultyEngrams):
    def prepare(self):
        self.counted = 0

    async def insert(self, items, *, writer=None):
        known = await self.inner.get([item.engram.engram_id for item in items])
        await asyncio.sleep(0)
        await self.inner.insert(items, writer=writer)
        self.counted += known.count(None)

    async def count(self, before):
        _, fading = await self.inner.count(before)
        return self.counted, fading


# Deleting


@faults.caught_by(
    checks.check_delete_by_revision_refuses_what_has_changed,
    check_a_delete_by_revision_never_loses_a_recall,
)
class DeletesAnyRevision(FaultyEngrams):
    async def delete(self, engram_id, *, revision=None):
        return await self.inner.delete(engram_id)


@faults.caught_by(check_a_delete_by_revision_never_loses_a_recall)
class LooksBeforeItDeletes(FaultyEngrams):
    async def delete(self, engram_id, *, revision=None):
        [found] = await self.inner.get([engram_id])
        if revision is not None and found is not None and found.revision != revision:
            raise StaleEngramError(engram_id)
        await asyncio.sleep(0)
        return await self.inner.delete(engram_id)

    async def amend(self, engram_ids, change, *, op_id):
        await asyncio.sleep(0)
        return await self.inner.amend(engram_ids, change, op_id=op_id)


@faults.caught_by(checks.check_delete_of_the_unknown_is_false)
class DeletesWhatIsNotThere(FaultyEngrams):
    async def delete(self, engram_id, *, revision=None):
        await self.inner.delete(engram_id, revision=revision)
        return True


@faults.caught_by(checks.check_delete_leaves_nothing_behind)
class LeavesTheDeletedToFade(FaultyEngrams):
    def prepare(self):
        self.keys = {}

    async def insert(self, items, *, writer=None):
        await self.inner.insert(items, writer=writer)
        self.keys.update({item.engram.engram_id: item.forgotten_at for item in items})

    async def due(self, before, *, limit):
        return [engram_id for engram_id, at in self.keys.items() if at < before][:limit]


@faults.caught_by(checks.check_what_was_deleted_starts_anew_when_it_is_inserted_again)
class RemembersOperationsOfTheDeleted(FaultyEngrams):
    def prepare(self):
        self.seen = set()

    async def amend(self, engram_ids, change, *, op_id):
        fresh = [i for i in engram_ids if (i, op_id) not in self.seen]
        self.seen.update((i, op_id) for i in engram_ids)
        await self.inner.amend(fresh, change, op_id=op_id)
        return await self.found(engram_ids)


# Finding by digest


@faults.caught_by(checks.check_find_knows_engrams_by_their_digests)
class FindsTheDeleted(FaultyEngrams):
    def prepare(self):
        self.ids = {}

    async def insert(self, items, *, writer=None):
        await self.inner.insert(items, writer=writer)
        self.ids.update({item.engram.digest: item.engram.engram_id for item in items})

    async def find(self, digests):
        return [self.ids.get(digest) for digest in digests]


@faults.caught_by(checks.check_find_knows_the_twin_of_a_deleted_engram)
class KeepsOneIdPerDigest(FindsTheDeleted):
    async def find(self, digests):
        found = {engram.engram_id for engram in await self.found(list(self.ids.values()))}
        return [i if (i := self.ids.get(digest)) in found else None for digest in digests]


@faults.parametrize()
async def test_a_planted_fault_of_keeping_is_caught(fault, check):
    await assert_caught(fault, check)


def test_every_check_of_keeping_catches_a_fault():
    assert faults.checks >= set(checks.ENGRAM_CHECKS)
