"""The checks of links, journal, documents and closing earn their place: each catches a planted fault."""

import asyncio
from contextlib import suppress

from planting import Faults, FaultyStore, assert_caught

from neuro.errors import StoreClosedError
from neuro.stores.base import Link, Placed
from neuro.testing.stores import bookkeeping as checks
from neuro.testing.stores import life

faults = Faults()

# Links


@faults.caught_by(checks.check_links_are_set_replaced_and_removed)
class AddsWeights(FaultyStore):
    async def link(self, links):
        for link in links:
            [outgoing] = await self.inner.links([link.source_id])
            known = sum(other.weight for other in outgoing if other[:3] == link[:3])
            await self.inner.link([link._replace(weight=link.weight and link.weight + known)])


@faults.caught_by(checks.check_links_are_set_replaced_and_removed)
class KeepsRemovedLinks(FaultyStore):
    async def link(self, links):
        await self.inner.link([link._replace(weight=link.weight or 5e-324) for link in links])


@faults.caught_by(checks.check_links_are_outgoing_in_the_order_asked)
class LinksBothWays(FaultyStore):
    async def link(self, links):
        await self.inner.link([*links, *(Link(b, a, kind, weight) for a, b, kind, weight in links)])


@faults.caught_by(checks.check_unlink_removes_both_directions)
class UnlinksOneWay(FaultyStore):
    async def unlink(self, engram_id):
        [outgoing] = await self.inner.links([engram_id])
        await self.inner.link([link._replace(weight=0.0) for link in outgoing])


# The journal


@faults.caught_by(checks.check_the_journal_keeps_the_newest_and_drops)
class KeepsTheOldest(FaultyStore):
    async def write_journal(self, engrams, *, drop=()):
        known = {engram.engram_id for engram in await self.inner.journal()}
        await self.inner.write_journal([e for e in engrams if e.engram_id not in known], drop=drop)


@faults.caught_by(checks.check_the_journal_keeps_the_newest_and_drops)
class NeverDrops(FaultyStore):
    async def write_journal(self, engrams, *, drop=()):
        await self.inner.write_journal(engrams)


@faults.caught_by(checks.check_the_journal_is_in_order_of_id)
class ReadsTheJournalBackwards(FaultyStore):
    async def journal(self):
        return (await self.inner.journal())[::-1]


@faults.caught_by(checks.check_the_journal_is_apart_from_the_regions)
class StoresTheJournal(FaultyStore):
    async def write_journal(self, engrams, *, drop=()):
        await self.inner.engrams("hippocampus").insert([Placed(engram, 1.0) for engram in engrams])


# Documents


@faults.caught_by(checks.check_documents_survive_as_json)
class WritesWholeNumbersAsIntegers(FaultyStore):
    async def write_documents(self, documents):
        def bent(value):
            if isinstance(value, list):
                return [bent(item) for item in value]
            return int(value) if isinstance(value, float) and value.is_integer() else value

        await self.inner.write_documents({key: bent(value) for key, value in documents.items()})


@faults.caught_by(checks.check_documents_do_not_change_with_what_was_given_or_read)
class KeepsDocumentsByReference(FaultyStore):
    def __init__(self):
        super().__init__()
        self.documents = {}

    async def write_documents(self, documents):
        self.documents.update(documents)

    async def read_documents(self, keys):
        return [self.documents.get(key) for key in keys]


@faults.caught_by(checks.check_documents_are_written_all_or_none)
class WritesDocumentsOneByOne(FaultyStore):
    async def write_documents(self, documents):
        for key, value in documents.items():
            await asyncio.sleep(0)
            await self.inner.write_documents({key: value})


@faults.caught_by(checks.check_documents_do_not_change_with_what_was_given_or_read)
class ReturnsWhatItKeeps(FaultyStore):
    def __init__(self):
        super().__init__()
        self.amended = {}

    async def amend_document(self, key, change):
        self.amended[key] = await self.inner.amend_document(key, change)
        return self.amended[key]

    async def read_documents(self, keys):
        read = await self.inner.read_documents(keys)
        return [self.amended.get(key, value) for key, value in zip(keys, read, strict=True)]


@faults.caught_by(checks.check_a_document_is_changed_from_what_is_stored_now)
class ChangesNothingStored(FaultyStore):
    async def amend_document(self, key, change):
        return await self.inner.amend_document(key, lambda _: change(None))


@faults.caught_by(checks.check_a_document_is_changed_from_what_is_stored_now)
class ReturnsTheDocumentAsItWas(FaultyStore):
    async def amend_document(self, key, change):
        [held] = await self.inner.read_documents([key])
        await self.inner.amend_document(key, change)
        return held


@faults.caught_by(checks.check_changed_documents_survive_as_json)
class SortsWhatItIsGiven(FaultyStore):
    async def amend_document(self, key, change):
        def bent(held):
            changed = change(held)
            return sorted(changed) if key == "numbers" else changed

        return await self.inner.amend_document(key, bent)


@faults.caught_by(checks.check_a_change_of_a_document_that_fails_changes_nothing)
class MakesADocumentBeforeItChangesIt(FaultyStore):
    async def amend_document(self, key, change):
        await self.inner.amend_document(key, lambda held: held or 0)
        return await self.inner.amend_document(key, change)


@faults.caught_by(checks.check_a_change_of_a_document_that_fails_changes_nothing)
class KeepsWhatIsNoJson(FaultyStore):
    async def amend_document(self, key, change):
        with suppress(TypeError):
            return await self.inner.amend_document(key, change)


@faults.caught_by(checks.check_concurrent_changes_of_a_document_all_count)
class ReadsADocumentThenWritesIt(FaultyStore):
    async def amend_document(self, key, change):
        [held] = await self.inner.read_documents([key])
        await asyncio.sleep(0)
        return await self.inner.amend_document(key, lambda _: change(held))


# Closing


@faults.caught_by(life.check_closing_twice_is_harmless)
class ClosesOnce(FaultyStore):
    closed = False

    async def aclose(self):
        if self.closed:
            raise StoreClosedError("closed")
        self.closed = True


@faults.caught_by(life.check_every_verb_after_closing_raises)
class StaysOpen(FaultyStore):
    async def aclose(self):
        return None


@faults.parametrize()
async def test_a_planted_fault_of_bookkeeping_is_caught(fault, check):
    await assert_caught(fault, check)


def test_every_check_of_bookkeeping_catches_a_fault():
    assert faults.checks >= {*checks.BOOKKEEPING_CHECKS, *life.LIFE_CHECKS}
