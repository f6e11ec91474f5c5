"""The checks of insert, reveal, delete, get and find earn their place: each catches a planted fault."""

import asyncio
from contextlib import suppress

import numpy as np
from planting import Bends, Faults, FaultyEngrams, FaultyStore, assert_caught

from neuro.errors import StaleEngramError
from neuro.testing.expect import in_order
from neuro.testing.stores import engrams as checks
from neuro.testing.stores.changes import check_a_delete_by_revision_never_loses_a_recall
from neuro.testing.stores.scanning import check_scan_shows_all_that_is_visible_as_it_is_now

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
    async def insert(self, items, *, arriving=False):
        for item in items:
            await self.inner.delete(item.engram.engram_id)
        await self.inner.insert(items, arriving=arriving)


@faults.caught_by(checks.check_an_insert_with_other_content_is_refused_as_a_whole)
class InsertsOneByOne(FaultyEngrams):
    async def insert(self, items, *, arriving=False):
        for item in items:
            await self.inner.insert([item], arriving=arriving)


@faults.caught_by(checks.check_an_insert_with_other_content_is_refused_as_a_whole)
class IgnoresOtherContent(FaultyEngrams):
    async def insert(self, items, *, arriving=False):
        with suppress(StaleEngramError):
            await self.inner.insert(items, arriving=arriving)


@faults.caught_by(checks.check_an_insert_neither_hides_the_visible_nor_shows_the_arriving)
class HidesWhatArrivesAgain(FaultyEngrams):
    async def insert(self, items, *, arriving=False):
        if arriving:
            for item in items:
                await self.inner.delete(item.engram.engram_id)
        await self.inner.insert(items, arriving=arriving)


@faults.caught_by(checks.check_an_insert_neither_hides_the_visible_nor_shows_the_arriving)
class ShowsWhatIsInsertedAgain(FaultyEngrams):
    async def insert(self, items, *, arriving=False):
        await self.inner.insert(items, arriving=arriving)
        if not arriving:
            await self.inner.reveal([item.engram.engram_id for item in items])


@faults.caught_by(checks.check_an_insert_may_be_repeated)
class CountsEveryInsert(FaultyEngrams):
    def prepare(self):
        self.inserted = 0

    async def insert(self, items, *, arriving=False):
        self.inserted += len(items)
        await self.inner.insert(items, arriving=arriving)

    async def count(self, before):
        _, fading = await self.inner.count(before)
        return self.inserted, fading


@faults.caught_by(checks.check_concurrent_inserts_of_one_engram_store_it_once)
class LooksBeforeItCounts(FaultyEngrams):
    def prepare(self):
        self.counted = 0

    async def insert(self, items, *, arriving=False):
        known = await self.inner.get([item.engram.engram_id for item in items])
        await asyncio.sleep(0)
        await self.inner.insert(items, arriving=arriving)
        self.counted += known.count(None)

    async def count(self, before):
        _, fading = await self.inner.count(before)
        return self.counted, fading


# Arriving


class RemembersArrivals(FaultyEngrams):
    def prepare(self):
        self.arrived = {}

    async def insert(self, items, *, arriving=False):
        await self.inner.insert(items, arriving=arriving)
        if arriving:
            self.arrived.update({item.engram.engram_id: item for item in items})


@faults.caught_by(checks.check_arriving_engrams_are_invisible)
class GetsTheArriving(RemembersArrivals):
    async def get(self, engram_ids):
        arrived = [self.arrived.get(engram_id) for engram_id in engram_ids]
        visible = await self.inner.get(engram_ids)
        return [v or (a.engram if a else None) for v, a in zip(visible, arrived, strict=True)]


@faults.caught_by(
    checks.check_arriving_engrams_are_invisible, check_scan_shows_all_that_is_visible_as_it_is_now
)
class ScansTheArriving(RemembersArrivals):
    async def scan(self, *, after=None, limit=500):
        arriving = [self.arrived[engram_id].engram for engram_id in await self.inner.arrivals()]
        found = [*await self.inner.scan(after=after, limit=limit), *arriving]
        return [e for e in in_order(found) if after is None or e.engram_id > after][:limit]


@faults.caught_by(checks.check_reveal_never_brings_back_the_deleted)
class ResurrectsAtReveal(RemembersArrivals):
    async def reveal(self, engram_ids):
        await self.inner.insert([self.arrived[i] for i in engram_ids if i in self.arrived], arriving=True)
        await self.inner.reveal(engram_ids)


class HasAJournal(FaultyStore):
    """A base for faults of a reveal that knows the journal."""

    def wrap(self, inner):
        journal_of, reveal = self.inner, self.reveal

        class Region(FaultyEngrams):
            async def reveal(self, engram_ids):
                await reveal(self.inner, journal_of, engram_ids)

        return Region(inner, self)


@faults.caught_by(
    checks.check_reveal_never_brings_back_the_deleted, checks.check_reveal_of_the_visible_changes_nothing
)
class DropsEveryJournalEntryAtReveal(HasAJournal):
    async def reveal(self, engrams, store, engram_ids):
        await engrams.reveal(engram_ids)
        await store.write_journal([], drop=engram_ids)


@faults.caught_by(checks.check_reveal_shows_the_engram_and_drops_its_journal_entry)
class KeepsTheJournalAtReveal(HasAJournal):
    async def reveal(self, engrams, store, engram_ids):
        journal = await store.journal()
        await engrams.reveal(engram_ids)
        await store.write_journal(journal)


# Deleting


@faults.caught_by(
    checks.check_delete_by_revision_refuses_what_has_changed,
    checks.check_delete_takes_the_arriving_too,
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


@faults.caught_by(checks.check_delete_takes_the_arriving_too)
class DeletesOnlyTheVisible(FaultyEngrams):
    async def delete(self, engram_id, *, revision=None):
        if not await self.visible([engram_id]):
            return False
        return await self.inner.delete(engram_id, revision=revision)


@faults.caught_by(checks.check_delete_of_the_unknown_is_false)
class DeletesWhatIsNotThere(FaultyEngrams):
    async def delete(self, engram_id, *, revision=None):
        await self.inner.delete(engram_id, revision=revision)
        return True


@faults.caught_by(checks.check_delete_leaves_nothing_behind)
class LeavesTheDeletedToFade(FaultyEngrams):
    def prepare(self):
        self.keys = {}

    async def insert(self, items, *, arriving=False):
        await self.inner.insert(items, arriving=arriving)
        if not arriving:
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
        return await self.visible(engram_ids)


# Finding by digest


@faults.caught_by(checks.check_find_knows_the_visible_by_their_digests)
class FindsTheDeleted(FaultyEngrams):
    def prepare(self):
        self.ids = {}

    async def insert(self, items, *, arriving=False):
        await self.inner.insert(items, arriving=arriving)
        self.ids.update({item.engram.digest: item.engram.engram_id for item in items})

    async def find(self, digests):
        return [self.ids.get(digest) for digest in digests]


@faults.caught_by(checks.check_find_knows_the_twin_of_a_deleted_engram)
class KeepsOneIdPerDigest(FindsTheDeleted):
    async def find(self, digests):
        found = {engram.engram_id for engram in await self.visible(list(self.ids.values()))}
        return [i if (i := self.ids.get(digest)) in found else None for digest in digests]


@faults.parametrize()
async def test_a_planted_fault_of_keeping_is_caught(fault, check):
    await assert_caught(fault, check)


def test_every_check_of_keeping_catches_a_fault():
    assert faults.checks >= set(checks.ENGRAM_CHECKS)
