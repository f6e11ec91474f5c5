"""Every check of a store earns its place: a fault is planted in an honest store, and the check catches it."""

import asyncio
import itertools
import math
from collections import defaultdict
from contextlib import suppress

import numpy as np
import pytest

from neuro.engram import Engram
from neuro.errors import StaleEngramError, StoreClosedError
from neuro.indexing.engram_index import EngramIndex
from neuro.indexing.probe import Frequencies, Match
from neuro.stores.base import Link, Placed
from neuro.stores.memory import MemoryStore
from neuro.testing.doubles import EngramsWrapper, StoreWrapper
from neuro.testing.stores import STORE_CHECKS

_CHECKS = {check.__name__: check for check in STORE_CHECKS}
_FAULTS: list[tuple[type, str]] = []


def caught_by(*names: str):
    """The checks that must fail on a store with this fault."""

    def plant(fault: type) -> type:
        _FAULTS.extend((fault, name) for name in names)
        return fault

    return plant


class Planted(StoreWrapper):
    """A memory store whose regions have a fault."""

    def __init__(self, fault: type[EngramsWrapper]) -> None:
        super().__init__(MemoryStore())
        self.fault = fault

    def wrap(self, inner):
        return self.fault(inner, self)


def changed_on_insert(change):
    """A region that bends what it is given."""

    class Bending(EngramsWrapper):
        async def insert(self, items, *, arriving=False):
            bent = [Placed(e.model_copy(update=change(e)), at) for e, at in items]
            await self.inner.insert(bent, arriving=arriving)

    return Bending


_BITS = "check_get_returns_what_was_inserted_bit_for_bit"


# Inserting


@caught_by(_BITS)
class RoundsFeatures(
    changed_on_insert(
        lambda e: (
            {} if e.features is None else {"features": (np.round(e.features * 127) / 127).astype(np.float16)}
        )
    )
):
    pass


@caught_by(_BITS)
class DropsContext(changed_on_insert(lambda e: {"context": {}})):
    pass


@caught_by(_BITS)
class WritesFourteenDigits(
    changed_on_insert(
        lambda e: {"trace": e.trace.model_copy(update={"half_life": float(f"{e.trace.half_life:.14g}")})}
    )
):
    pass


@caught_by(_BITS)
class LosesTheSignOfZero(changed_on_insert(lambda e: {"valence": e.valence + 0.0})):
    pass


@caught_by(_BITS)
class NormalisesContent(changed_on_insert(lambda e: {"content": e.content.strip()})):
    pass


@caught_by("check_get_answers_in_the_order_asked_and_none_for_the_unknown")
class AnswersInItsOwnOrder(EngramsWrapper):
    async def get(self, engram_ids):
        return await self.inner.get(sorted(engram_ids))


@caught_by("check_nothing_asked_is_nothing_answered")
class TakesNothingForEverything(EngramsWrapper):
    async def frequencies(self, terms):
        return await self.inner.frequencies(terms or ["harbour"])


@caught_by("check_an_insert_never_overwrites")
class Overwrites(EngramsWrapper):
    async def insert(self, items, *, arriving=False):
        for item in items:
            await self.inner.delete(item.engram.engram_id)
        await self.inner.insert(items, arriving=arriving)


@caught_by("check_an_insert_with_other_content_is_refused_as_a_whole")
class InsertsOneByOne(EngramsWrapper):
    async def insert(self, items, *, arriving=False):
        for item in items:
            await self.inner.insert([item], arriving=arriving)


@caught_by("check_an_insert_with_other_content_is_refused_as_a_whole")
class IgnoresOtherContent(EngramsWrapper):
    async def insert(self, items, *, arriving=False):
        with suppress(StaleEngramError):
            await self.inner.insert(items, arriving=arriving)


@caught_by("check_an_insert_neither_hides_the_visible_nor_shows_the_arriving")
class HidesWhatArrivesAgain(EngramsWrapper):
    async def insert(self, items, *, arriving=False):
        if arriving:
            for item in items:
                await self.inner.delete(item.engram.engram_id)
        await self.inner.insert(items, arriving=arriving)


@caught_by("check_an_insert_neither_hides_the_visible_nor_shows_the_arriving")
class ShowsWhatIsInsertedAgain(EngramsWrapper):
    async def insert(self, items, *, arriving=False):
        await self.inner.insert(items, arriving=arriving)
        if not arriving:
            await self.inner.reveal([item.engram.engram_id for item in items])


@caught_by("check_an_insert_may_be_repeated")
class CountsTermsAtEveryInsert(EngramsWrapper):
    def __init__(self, inner, owner):
        super().__init__(inner, owner)
        self.inserted = 0

    async def insert(self, items, *, arriving=False):
        self.inserted += len(items)
        await self.inner.insert(items, arriving=arriving)

    async def frequencies(self, terms):
        return (await self.inner.frequencies(terms))._replace(fragments=self.inserted)


@caught_by("check_concurrent_inserts_of_one_engram_store_it_once")
class LooksBeforeItInserts(EngramsWrapper):
    def __init__(self, inner, owner):
        super().__init__(inner, owner)
        self.counted = defaultdict(int)

    async def insert(self, items, *, arriving=False):
        known = await self.inner.get([item.engram.engram_id for item in items])
        await asyncio.sleep(0)
        await self.inner.insert(items, arriving=arriving)
        for item, before in zip(items, known, strict=True):
            self.counted[item.engram.content] += before is None

    async def frequencies(self, terms):
        real = await self.inner.frequencies(terms)
        return real._replace(counts=tuple(self.counted[term] for term in terms))


# Arriving


@caught_by(
    "check_arriving_engrams_are_invisible",
    "check_search_never_shows_the_deleted_or_the_arriving",
)
class FindsTheArriving(EngramsWrapper):
    async def search(self, probe, *, limit):
        arriving = [Match(engram_id, 1e-9, 0.0, 0.0, ()) for engram_id in await self.inner.arrivals()]
        return [*await self.inner.search(probe, limit=limit), *arriving][:limit]


class RemembersArrivals(EngramsWrapper):
    def __init__(self, inner, owner):
        super().__init__(inner, owner)
        self.arrived = {}

    async def insert(self, items, *, arriving=False):
        await self.inner.insert(items, arriving=arriving)
        if arriving:
            self.arrived.update({item.engram.engram_id: item for item in items})


@caught_by("check_arriving_engrams_are_invisible")
class GetsTheArriving(RemembersArrivals):
    async def get(self, engram_ids):
        visible = await self.inner.get(engram_ids)
        return [
            found or (self.arrived[engram_id].engram if engram_id in self.arrived else None)
            for engram_id, found in zip(engram_ids, visible, strict=True)
        ]


@caught_by("check_reveal_never_brings_back_the_deleted")
class ResurrectsAtReveal(RemembersArrivals):
    async def reveal(self, engram_ids):
        await self.inner.insert([self.arrived[i] for i in engram_ids if i in self.arrived], arriving=True)
        await self.inner.reveal(engram_ids)


@caught_by(
    "check_reveal_never_brings_back_the_deleted",
    "check_reveal_of_the_visible_changes_nothing",
)
class DropsEveryJournalEntryAtReveal(StoreWrapper):
    def __init__(self):
        super().__init__(MemoryStore())

    def wrap(self, inner):
        store = self.inner

        class Region(EngramsWrapper):
            async def reveal(self, engram_ids):
                await self.inner.reveal(engram_ids)
                await store.write_journal([], drop=engram_ids)

        return Region(inner, self)


@caught_by("check_reveal_shows_the_engram_and_drops_its_journal_entry")
class KeepsTheJournalAtReveal(StoreWrapper):
    def __init__(self):
        super().__init__(MemoryStore())

    def wrap(self, inner):
        store = self.inner

        class Region(EngramsWrapper):
            async def reveal(self, engram_ids):
                journal = await store.journal()
                await self.inner.reveal(engram_ids)
                await store.write_journal(journal)

        return Region(inner, self)


# Deleting


@caught_by(
    "check_delete_by_revision_refuses_what_has_changed",
    "check_delete_takes_the_arriving_too",
    "check_a_delete_by_revision_never_loses_a_recall",
)
class DeletesAnyRevision(EngramsWrapper):
    async def delete(self, engram_id, *, revision=None):
        return await self.inner.delete(engram_id)


@caught_by("check_a_delete_by_revision_never_loses_a_recall")
class LooksBeforeItDeletes(EngramsWrapper):
    async def delete(self, engram_id, *, revision=None):
        [found] = await self.inner.get([engram_id])
        if revision is not None and found is not None and found.revision != revision:
            raise StaleEngramError(engram_id)
        await asyncio.sleep(0)
        return await self.inner.delete(engram_id)

    async def amend(self, engram_ids, change, *, op_id):
        await asyncio.sleep(0)
        return await self.inner.amend(engram_ids, change, op_id=op_id)


@caught_by("check_delete_takes_the_arriving_too")
class DeletesOnlyTheVisible(EngramsWrapper):
    async def delete(self, engram_id, *, revision=None):
        if await self.inner.get([engram_id]) == [None]:
            return False
        return await self.inner.delete(engram_id, revision=revision)


@caught_by("check_delete_of_the_unknown_is_false")
class DeletesWhatIsNotThere(EngramsWrapper):
    async def delete(self, engram_id, *, revision=None):
        await self.inner.delete(engram_id, revision=revision)
        return True


@caught_by("check_delete_leaves_nothing_behind", "check_search_never_shows_the_deleted_or_the_arriving")
class NeverUnindexes(EngramsWrapper):
    def __init__(self, inner, owner):
        super().__init__(inner, owner)
        self.index = EngramIndex()

    async def insert(self, items, *, arriving=False):
        await self.inner.insert(items, arriving=arriving)
        for item in items:
            if not arriving:
                self.index.add(item.engram)

    async def reveal(self, engram_ids):
        await self.inner.reveal(engram_ids)
        for engram in await self.inner.get(engram_ids):
            if engram is not None:
                self.index.add(engram)

    async def search(self, probe, *, limit):
        return self.index.search(probe, limit)


@caught_by("check_what_was_deleted_starts_anew_when_it_is_inserted_again")
class RemembersOperationsOfTheDeleted(EngramsWrapper):
    def __init__(self, inner, owner):
        super().__init__(inner, owner)
        self.seen = set()

    async def amend(self, engram_ids, change, *, op_id):
        fresh = [i for i in engram_ids if (i, op_id) not in self.seen]
        self.seen.update((i, op_id) for i in engram_ids)
        await self.inner.amend(fresh, change, op_id=op_id)
        return [engram for engram in await self.inner.get(engram_ids) if engram is not None]


class KeepsOneIdPerDigest(EngramsWrapper):
    def __init__(self, inner, owner):
        super().__init__(inner, owner)
        self.ids = {}

    async def insert(self, items, *, arriving=False):
        await self.inner.insert(items, arriving=arriving)
        self.ids.update({item.engram.digest: item.engram.engram_id for item in items})

    async def find(self, digests):
        ids = [self.ids.get(digest) for digest in digests]
        visible = await self.inner.get([i or "none" for i in ids])
        return [i if engram else None for i, engram in zip(ids, visible, strict=True)]


caught_by("check_find_knows_the_twin_of_a_deleted_engram")(KeepsOneIdPerDigest)


@caught_by("check_find_knows_the_visible_by_their_digests")
class FindsTheDeleted(KeepsOneIdPerDigest):
    async def find(self, digests):
        return [self.ids.get(digest) for digest in digests]


# Amending


@caught_by("check_concurrent_amends_all_count", "check_concurrent_amends_equal_a_serial_order")
class ReadsThenWrites(EngramsWrapper):
    async def amend(self, engram_ids, change, *, op_id):
        read = {e.engram_id: e for e in await self.inner.get(engram_ids) if e is not None}
        await asyncio.sleep(0)
        return await self.inner.amend(engram_ids, lambda e: change(read[e.engram_id]), op_id=op_id)


@caught_by("check_an_operation_counts_once", "check_a_cancelled_amend_repeated_counts_once")
class IgnoresOperations(EngramsWrapper):
    def __init__(self, inner, owner):
        super().__init__(inner, owner)
        self.fresh = itertools.count()

    async def amend(self, engram_ids, change, *, op_id):
        await asyncio.sleep(0)
        amended = await self.inner.amend(engram_ids, change, op_id=str(next(self.fresh)))
        await asyncio.sleep(0)
        return amended


@caught_by("check_an_operation_counts_once")
class RemembersOnlyTheLastOperation(EngramsWrapper):
    def __init__(self, inner, owner):
        super().__init__(inner, owner)
        self.last, self.fresh = None, itertools.count()

    async def amend(self, engram_ids, change, *, op_id):
        if op_id == self.last:
            return [e for e in await self.inner.get(engram_ids) if e is not None]
        self.last = op_id
        return await self.inner.amend(engram_ids, change, op_id=str(next(self.fresh)))


@caught_by("check_an_operation_counts_once")
class RemembersOperationsForAllEngrams(EngramsWrapper):
    def __init__(self, inner, owner):
        super().__init__(inner, owner)
        self.seen = set()

    async def amend(self, engram_ids, change, *, op_id):
        if op_id in self.seen:
            return [e for e in await self.inner.get(engram_ids) if e is not None]
        self.seen.add(op_id)
        return await self.inner.amend(engram_ids, change, op_id=op_id)


@caught_by("check_a_cancelled_amend_repeated_counts_once")
class NotesTheOperationLate(EngramsWrapper):
    def __init__(self, inner, owner):
        super().__init__(inner, owner)
        self.seen, self.fresh = set(), itertools.count()

    async def amend(self, engram_ids, change, *, op_id):
        if op_id in self.seen:
            return [e for e in await self.inner.get(engram_ids) if e is not None]
        amended = await self.inner.amend(engram_ids, change, op_id=str(next(self.fresh)))
        await asyncio.sleep(0)
        self.seen.add(op_id)
        return amended


@caught_by("check_a_change_that_raises_changes_nothing")
class NotesTheOperationEarly(EngramsWrapper):
    async def amend(self, engram_ids, change, *, op_id):
        await self.inner.amend(engram_ids, lambda e: Placed(e, 1e6), op_id=op_id)
        noted = await self.inner.amend(engram_ids, change, op_id=op_id + " in fact")
        return noted


@caught_by("check_amend_returns_in_the_order_asked_what_is_stored_afterwards")
class ReturnsWhatWasThereBefore(EngramsWrapper):
    async def amend(self, engram_ids, change, *, op_id):
        before = await self.inner.get(engram_ids)
        await self.inner.amend(engram_ids, change, op_id=op_id)
        return [engram for engram in before if engram is not None]


@caught_by("check_amend_returns_in_the_order_asked_what_is_stored_afterwards")
class AmendsInItsOwnOrder(EngramsWrapper):
    async def amend(self, engram_ids, change, *, op_id):
        return await self.inner.amend(sorted(engram_ids), change, op_id=op_id)


@caught_by("check_amend_keeps_every_bit_of_what_it_changed")
class KeepsOnlyTheTrace(EngramsWrapper):
    async def amend(self, engram_ids, change, *, op_id):
        def kept(engram: Engram) -> Placed:
            placed = change(engram)
            return Placed(engram.with_trace(placed.engram.trace), placed.forgotten_at)

        return await self.inner.amend(engram_ids, kept, op_id=op_id)


@caught_by("check_amend_leaves_out_the_missing_and_creates_nothing")
class RevealsWhatItAmends(EngramsWrapper):
    async def amend(self, engram_ids, change, *, op_id):
        await self.inner.reveal(engram_ids)
        return await self.inner.amend(engram_ids, change, op_id=op_id)


@caught_by("check_an_amend_never_brings_back_the_deleted")
class WritesBackWhatWasDeleted(EngramsWrapper):
    async def amend(self, engram_ids, change, *, op_id):
        read = [e for e in await self.inner.get(engram_ids) if e is not None]
        await asyncio.sleep(0)
        await self.inner.insert([change(engram) for engram in read])
        return await self.inner.amend(engram_ids, change, op_id=op_id)


class KnowsTheForgetIndex(EngramsWrapper):
    def __init__(self, inner, owner):
        super().__init__(inner, owner)
        self.inserted, self.demoted = {}, set()

    async def insert(self, items, *, arriving=False):
        await self.inner.insert(items, arriving=arriving)
        self.inserted.update({item.engram.engram_id: item.forgotten_at for item in items})

    async def demote(self, engram_ids, before):
        demoted = await self.inner.demote(engram_ids, before)
        self.demoted.update(demoted)
        return demoted


@caught_by("check_amend_moves_the_key_of_the_forget_index")
class NeverMovesTheKey(KnowsTheForgetIndex):
    async def amend(self, engram_ids, change, *, op_id):
        def kept(engram: Engram) -> Placed:
            return Placed(change(engram).engram, self.inserted[engram.engram_id])

        return await self.inner.amend(engram_ids, kept, op_id=op_id)


@caught_by("check_amend_wakes_the_dormant")
class NeverWakes(KnowsTheForgetIndex):
    async def due(self, before, *, limit):
        return [i for i in await self.inner.due(before, limit=limit) if i not in self.demoted]


@caught_by("check_an_amend_that_only_counts_leaves_the_dormant_asleep")
class WakesAtEveryAmend(EngramsWrapper):
    async def amend(self, engram_ids, change, *, op_id):
        amended = await self.inner.amend(engram_ids, change, op_id=op_id)
        keys = {e.engram_id: change(e).forgotten_at for e in amended}
        await self.inner.amend(engram_ids, lambda e: Placed(e, math.inf), op_id=op_id + " wakes")
        await self.inner.amend(engram_ids, lambda e: Placed(e, keys[e.engram_id]), op_id=op_id + " again")
        return amended


# Fading


@caught_by("check_due_and_count_leave_out_the_bound")
class ListsTheBoundAsDue(EngramsWrapper):
    async def due(self, before, *, limit):
        return await self.inner.due(math.nextafter(before, math.inf), limit=limit)


@caught_by("check_due_lists_the_earliest_first_up_to_the_limit")
class ListsTheLatestFirst(EngramsWrapper):
    async def due(self, before, *, limit):
        return (await self.inner.due(before, limit=10**6))[::-1][:limit]


@caught_by("check_the_pinned_are_never_due")
class KnowsNoInfinity(EngramsWrapper):
    async def insert(self, items, *, arriving=False):
        finite = [Placed(e, min(at, 1e308)) for e, at in items]
        await self.inner.insert(finite, arriving=arriving)


@caught_by("check_demote_marks_only_what_is_still_due")
class DemotesWithoutMarking(EngramsWrapper):
    async def demote(self, engram_ids, before):
        late = await self.inner.due(before, limit=10**6)
        return [engram_id for engram_id in engram_ids if engram_id in late]


@caught_by("check_demote_marks_only_what_is_still_due")
class DemotesWhatItIsTold(EngramsWrapper):
    async def demote(self, engram_ids, before):
        return await self.inner.demote(engram_ids, math.inf)


@caught_by("check_a_demotion_never_marks_what_was_recalled_meanwhile")
class LooksBeforeItDemotes(EngramsWrapper):
    async def demote(self, engram_ids, before):
        late = await self.inner.due(before, limit=10**6)
        await asyncio.sleep(0)
        return await self.inner.demote([i for i in engram_ids if i in late], math.inf)


@caught_by("check_the_dormant_are_kept_counted_and_found")
class DeletesTheDormant(EngramsWrapper):
    async def demote(self, engram_ids, before):
        demoted = await self.inner.demote(engram_ids, before)
        for engram_id in demoted:
            await self.inner.delete(engram_id)
        return demoted


# Finding


@caught_by("check_frequencies_equal_a_recount")
class CountsTheDeleted(EngramsWrapper):
    def __init__(self, inner, owner):
        super().__init__(inner, owner)
        self.most = Frequencies(0, 0, ())

    async def frequencies(self, terms):
        real = await self.inner.frequencies(terms)
        self.most = self.most._replace(fragments=max(self.most.fragments, real.fragments))
        return real._replace(fragments=self.most.fragments)


class FirstFragments(NeverUnindexes):
    async def insert(self, items, *, arriving=False):
        await self.inner.insert(items, arriving=arriving)
        for engram, _ in items:
            features = None if engram.features is None else engram.features[:1]
            head = {"content": engram.texts[0], "fragments": (), "features": features}
            self.index.add(engram.model_copy(update=head))


caught_by("check_a_long_content_is_found_by_its_best_fragment")(FirstFragments)


@caught_by("check_a_long_content_is_found_by_its_best_fragment")
class IndexesContentsWhole(NeverUnindexes):
    async def insert(self, items, *, arriving=False):
        await self.inner.insert(items, arriving=arriving)
        for engram, _ in items:
            self.index.add(engram.model_copy(update={"fragments": ()}))


@caught_by("check_search_equals_the_naive_reference")
class ScoresAlmostRight(EngramsWrapper):
    async def search(self, probe, *, limit):
        found = await self.inner.search(probe, limit=limit)
        return [match._replace(relevance=match.relevance * 1.00001) for match in found]


@caught_by("check_search_equals_the_naive_reference")
class FindsOneMore(EngramsWrapper):
    async def search(self, probe, *, limit):
        return await self.inner.search(probe, limit=limit + 1)


@caught_by("check_search_equals_the_naive_reference")
class MissesTheWorst(EngramsWrapper):
    async def search(self, probe, *, limit):
        return [m for m in await self.inner.search(probe, limit=limit) if m.relevance > 0.01]


@caught_by("check_search_finds_by_words")
class FindsTheIrrelevant(EngramsWrapper):
    async def search(self, probe, *, limit):
        found = await self.inner.search(probe, limit=limit)
        known = {match.engram_id for match in found}
        others = [Match(e.engram_id, 0.0, 0.0, 0.0, ()) for e in await self.inner.scan()]
        return [*found, *(m for m in others if m.engram_id not in known)][:limit]


@caught_by("check_search_finds_by_features")
class IgnoresFeatures(changed_on_insert(lambda e: {"features": None})):
    pass


@caught_by("check_search_breaks_ties_by_id")
class BreaksTiesTheOtherWay(EngramsWrapper):
    async def search(self, probe, *, limit):
        found = (await self.inner.search(probe, limit=10**6))[::-1]
        return sorted(found, key=lambda match: -match.relevance)[:limit]


@caught_by("check_search_finds_what_was_amended")
class LosesTheAmended(EngramsWrapper):
    async def search(self, probe, *, limit):
        found = await self.inner.search(probe, limit=limit)
        engrams = await self.inner.get([match.engram_id for match in found])
        return [m for m, e in zip(found, engrams, strict=True) if e is not None and e.revision == 0]


@caught_by("check_scan_pages_in_order_of_id")
class ScansFromTheIdItself(EngramsWrapper):
    async def scan(self, *, after=None, limit=500):
        everything = await self.inner.scan(limit=10**6)
        return [e for e in everything if after is None or e.engram_id.lower() > after.lower()][:limit]


@caught_by("check_regions_are_isolated")
class MixesRegions(StoreWrapper):
    def __init__(self):
        super().__init__(MemoryStore())

    def wrap(self, inner):
        mixed = EngramsWrapper(self.inner.engrams("everything"), self)
        mixed.region = inner.region
        return mixed


# Bookkeeping


class Faulty(StoreWrapper):
    def __init__(self):
        super().__init__(MemoryStore())


@caught_by("check_links_are_set_replaced_and_removed")
class AddsWeights(Faulty):
    async def link(self, links):
        for link in links:
            [outgoing] = await self.inner.links([link.source_id])
            known = sum(other.weight for other in outgoing if other[:3] == link[:3])
            await self.inner.link([link._replace(weight=link.weight and link.weight + known)])


@caught_by("check_links_are_set_replaced_and_removed")
class KeepsRemovedLinks(Faulty):
    async def link(self, links):
        await self.inner.link([link._replace(weight=link.weight or 5e-324) for link in links])


@caught_by("check_links_are_outgoing_in_the_order_asked")
class LinksBothWays(Faulty):
    async def link(self, links):
        await self.inner.link([*links, *(Link(b, a, kind, weight) for a, b, kind, weight in links)])


@caught_by("check_unlink_removes_both_directions")
class UnlinksOneWay(Faulty):
    async def unlink(self, engram_id):
        [outgoing] = await self.inner.links([engram_id])
        await self.inner.link([link._replace(weight=0.0) for link in outgoing])


@caught_by("check_the_journal_keeps_the_newest_and_drops")
class KeepsTheOldest(Faulty):
    async def write_journal(self, engrams, *, drop=()):
        known = {engram.engram_id for engram in await self.inner.journal()}
        await self.inner.write_journal([e for e in engrams if e.engram_id not in known], drop=drop)


@caught_by("check_the_journal_keeps_the_newest_and_drops")
class NeverDrops(Faulty):
    async def write_journal(self, engrams, *, drop=()):
        await self.inner.write_journal(engrams)


@caught_by("check_the_journal_is_in_order_of_id")
class ReadsTheJournalBackwards(Faulty):
    async def journal(self):
        return (await self.inner.journal())[::-1]


@caught_by("check_the_journal_is_apart_from_the_regions")
class StoresTheJournal(Faulty):
    async def write_journal(self, engrams, *, drop=()):
        await self.inner.engrams("hippocampus").insert([Placed(engram, 1.0) for engram in engrams])


@caught_by("check_documents_survive_as_json")
class WritesWholeNumbersAsIntegers(Faulty):
    async def write_documents(self, documents):
        def bent(value):
            if isinstance(value, list):
                return [bent(item) for item in value]
            return int(value) if isinstance(value, float) and value.is_integer() else value

        await self.inner.write_documents({key: bent(value) for key, value in documents.items()})


class KeepsDocumentsByReference(Faulty):
    def __init__(self):
        super().__init__()
        self.documents = {}

    async def write_documents(self, documents):
        self.documents.update(documents)

    async def read_documents(self, keys):
        return [self.documents.get(key) for key in keys]


caught_by("check_documents_do_not_change_with_what_was_given_or_read")(KeepsDocumentsByReference)


@caught_by("check_documents_are_written_all_or_none")
class WritesDocumentsOneByOne(Faulty):
    async def write_documents(self, documents):
        for key, value in documents.items():
            await asyncio.sleep(0)
            await self.inner.write_documents({key: value})


# Life


@caught_by("check_closing_twice_is_harmless")
class ClosesOnce(Faulty):
    closed = False

    async def aclose(self):
        if self.closed:
            raise StoreClosedError("closed")
        self.closed = True


@caught_by("check_every_verb_after_closing_raises")
class StaysOpen(Faulty):
    async def aclose(self):
        return None


def _make(fault: type):
    async def make_store():
        return Planted(fault) if issubclass(fault, EngramsWrapper) else fault()

    return make_store


@pytest.mark.parametrize(("fault", "check"), _FAULTS, ids=[f"{f.__name__}-{c}" for f, c in _FAULTS])
async def test_a_planted_fault_is_caught_by_its_check(fault, check):
    with pytest.raises(AssertionError):
        await _CHECKS[check](_make(fault))


def test_every_check_catches_a_planted_fault():
    assert {name for _, name in _FAULTS} == set(_CHECKS)
