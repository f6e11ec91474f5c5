"""The checks of links, documents and closing earn their place: each catches a planted fault."""

import asyncio
from contextlib import suppress

from planting import Faults, FaultyStore, FaultyWrites, assert_caught

from neuro.errors import StoreClosedError
from neuro.stores.base import Link, Unlink
from neuro.testing.stores import bookkeeping as checks
from neuro.testing.stores import life

faults = Faults()

# Links


@faults.caught_by(checks.check_links_are_set_replaced_and_removed)
class AddsWeights(FaultyWrites):
    async def bend(self, write):
        if not isinstance(write, Link):
            return [write]
        [outgoing] = await self.inner.links([write.source_id])
        known = sum(other.weight for other in outgoing if other[:3] == write[:3])
        return [write._replace(weight=write.weight and write.weight + known)]


@faults.caught_by(checks.check_links_are_set_replaced_and_removed)
class KeepsRemovedLinks(FaultyWrites):
    async def bend(self, write):
        return [write._replace(weight=write.weight or 5e-324) if isinstance(write, Link) else write]


@faults.caught_by(checks.check_links_are_outgoing_in_the_order_asked)
class LinksBothWays(FaultyWrites):
    async def bend(self, write):
        if isinstance(write, Link):
            return [write, write._replace(source_id=write.target_id, target_id=write.source_id)]
        return [write]


@faults.caught_by(checks.check_unlink_removes_both_directions)
class UnlinksOneWay(FaultyWrites):
    async def bend(self, write):
        if isinstance(write, Unlink):
            [outgoing] = await self.inner.links([write.engram_id])
            return [link._replace(weight=0.0) for link in outgoing]
        return [write]


@faults.caught_by(
    checks.check_unlink_removes_links_that_lead_one_way, checks.check_what_is_forgotten_is_linked_from_nowhere
)
class UnlinksWhereItLeadsOnly(FaultyWrites):
    async def bend(self, write):
        if isinstance(write, Unlink):
            [outgoing] = await self.inner.links([write.engram_id])
            targets = list(dict.fromkeys(link.target_id for link in outgoing))
            back = [link for links in await self.inner.links(targets) for link in links]
            known = [*outgoing, *(link for link in back if link.target_id == write.engram_id)]
            return [link._replace(weight=0.0) for link in known]
        return [write]


# Documents


@faults.caught_by(checks.check_documents_survive_as_json)
class WritesWholeNumbersAsIntegers(FaultyWrites):
    async def bend(self, write):
        def bent(value):
            if isinstance(value, list):
                return [bent(item) for item in value]
            return int(value) if isinstance(value, float) and value.is_integer() else value

        return [write._replace(value=bent(write.value))]


@faults.caught_by(checks.check_a_document_set_to_none_is_gone)
class KeepsWhatIsSetToNone(FaultyWrites):
    async def bend(self, write):
        return [] if write.value is None else [write]


@faults.caught_by(checks.check_documents_do_not_change_with_what_was_given_or_read)
class KeepsDocumentsByReference(FaultyStore):
    def __init__(self):
        super().__init__()
        self.documents = {}

    async def write(self, writes, *, op_id=None):
        self.documents.update(dict(writes))

    async def read_documents(self, keys):
        return [self.documents.get(key) for key in keys]


@faults.caught_by(checks.check_documents_are_written_all_or_none)
class WritesDocumentsOneByOne(FaultyStore):
    async def write(self, writes, *, op_id=None):
        for write in writes:
            await asyncio.sleep(0)
            await self.inner.write([write])


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
