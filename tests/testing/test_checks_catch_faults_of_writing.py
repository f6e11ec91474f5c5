"""The checks of writing earn their place: each catches a planted fault."""

import asyncio
from contextlib import suppress

from planting import Faults, FaultyStore, FaultyWrites, assert_caught

from neuro.errors import StaleEngramError
from neuro.stores.base import Document, Insert, Link, Placed, Remove, Replace, Unlink
from neuro.testing.stores import writing as checks

faults = Faults()


class Guarded(FaultyStore):
    """A base for faults that know what is stored."""

    async def stored(self, write):
        placed = write.placed.engram.engram_id if isinstance(write, Replace) else write.engram_id
        [engram] = await self.inner.engrams(write.region).get([placed])
        return None if engram is None else engram.revision

    async def unguarded(self, write):
        """A write that is never stale; None: nothing."""
        if isinstance(write, Remove):
            return write._replace(revision=None)
        if isinstance(write, Replace):
            revision = await self.stored(write)
            return None if revision is None else write._replace(revision=revision)
        return write


# All or none


@faults.caught_by(checks.check_a_write_does_each_thing)
class IgnoresTheLastWrite(FaultyStore):
    async def write(self, writes, *, op_id=None):
        await self.inner.write(writes[:-1], op_id=op_id)


@faults.caught_by(checks.check_a_write_does_each_thing)
class WritesOnlyEngrams(FaultyWrites):
    async def bend(self, write):
        return [] if isinstance(write, Link | Unlink | Document) else [write]


@faults.caught_by(
    checks.check_a_stale_write_changes_nothing,
    checks.check_a_write_that_is_no_json_changes_nothing,
    checks.check_features_of_another_dimension_change_nothing,
    checks.check_nobody_sees_a_part_of_a_write,
    checks.check_what_is_stale_after_an_earlier_write_is_refused,
)
class WritesOneByOne(FaultyStore):
    async def write(self, writes, *, op_id=None):
        for write in writes:
            await asyncio.sleep(0)
            await self.inner.write([write])


@faults.caught_by(checks.check_a_stale_write_changes_nothing)
class WritesTheBookkeepingFirst(FaultyStore):
    async def write(self, writes, *, op_id=None):
        engrams = [write for write in writes if isinstance(write, Insert | Remove | Replace)]
        await self.inner.write([write for write in writes if write not in engrams])
        await self.inner.write(engrams, op_id=op_id)


@faults.caught_by(checks.check_a_stale_write_changes_nothing)
class IgnoresStaleness(FaultyStore):
    async def write(self, writes, *, op_id=None):
        with suppress(StaleEngramError):
            await self.inner.write(writes, op_id=op_id)


@faults.caught_by(checks.check_a_stale_write_changes_nothing)
class RemovesAnyRevision(FaultyWrites):
    async def bend(self, write):
        return [write._replace(revision=None) if isinstance(write, Remove) else write]


@faults.caught_by(checks.check_a_stale_write_changes_nothing)
class ReplacesAnyRevision(Guarded):
    async def write(self, writes, *, op_id=None):
        bent = [await self.unguarded(write) if isinstance(write, Replace) else write for write in writes]
        await self.inner.write([write for write in bent if write is not None], op_id=op_id)


@faults.caught_by(checks.check_a_stale_write_names_all_that_are_stale)
class NamesOneOfTheStale(FaultyStore):
    async def write(self, writes, *, op_id=None):
        try:
            await self.inner.write(writes, op_id=op_id)
        except StaleEngramError as error:
            raise StaleEngramError(str(error), error.engram_ids[:1]) from error


@faults.caught_by(checks.check_features_of_another_dimension_change_nothing)
class DropsFeaturesThatDoNotFit(FaultyWrites):
    async def bend(self, write):
        if isinstance(write, Insert) and write.placed.engram.features is not None:
            engram = write.placed.engram.model_copy(update={"features": None})
            return [write._replace(placed=write.placed._replace(engram=engram))]
        return [write]


# In order


@faults.caught_by(checks.check_writes_are_carried_out_in_order)
class WritesInItsOwnOrder(FaultyStore):
    async def write(self, writes, *, op_id=None):
        kinds = [Unlink, Remove, Replace, Insert, Link, Document]
        await self.inner.write(sorted(writes, key=lambda write: kinds.index(type(write))), op_id=op_id)


@faults.caught_by(checks.check_a_link_is_kept_if_its_ends_are_there_when_its_turn_comes)
class LinksLast(FaultyStore):
    async def write(self, writes, *, op_id=None):
        await self.inner.write(
            sorted(writes, key=lambda write: isinstance(write, Link | Unlink)), op_id=op_id
        )


@faults.caught_by(checks.check_what_is_stale_after_an_earlier_write_is_refused)
class LooksOnlyAtWhatIsStored(Guarded):
    async def write(self, writes, *, op_id=None):
        for write in writes:
            if isinstance(write, Remove | Replace) and write.revision is not None:
                revision = await self.stored(write)
                if revision != write.revision:
                    raise StaleEngramError("stale", (write[1],))
        for write in writes:
            if (unguarded := await self.unguarded(write)) is not None:
                await self.inner.write([unguarded])


@faults.caught_by(checks.check_a_replacement_changes_what_an_amend_changes)
class ReplacesWithoutTheAgendas(FaultyWrites):
    async def bend(self, write):
        if isinstance(write, Replace):
            return [write._replace(placed=Placed(*write.placed[:2]))]
        return [write]


# Moving


@faults.caught_by(checks.check_a_move_takes_everything_along)
class LosesTheAgendasOfWhatMoves(FaultyWrites):
    async def bend(self, write):
        if isinstance(write, Insert):
            return [write._replace(placed=Placed(*write.placed[:2]))]
        return [write]


@faults.caught_by(checks.check_a_move_takes_everything_along)
class LeavesTheSource(FaultyStore):
    async def write(self, writes, *, op_id=None):
        came = {write.placed.engram.engram_id for write in writes if isinstance(write, Insert)}
        left = [write for write in writes if not (isinstance(write, Remove) and write.engram_id in came)]
        await self.inner.write(left, op_id=op_id)


@faults.caught_by(checks.check_an_amend_counts_once_though_the_engram_moves)
class StartsAnewWhatMoves(FaultyStore):
    async def write(self, writes, *, op_id=None):
        await self.inner.write([write for write in writes if isinstance(write, Remove)])
        await self.inner.write([write for write in writes if not isinstance(write, Remove)], op_id=op_id)


@faults.caught_by(checks.check_of_concurrent_moves_one_wins, checks.check_a_move_never_loses_a_recall)
class LooksBeforeItMoves(Guarded):
    async def write(self, writes, *, op_id=None):
        for write in writes:
            if isinstance(write, Remove) and await self.stored(write) != write.revision:
                raise StaleEngramError("stale", (write.engram_id,))
        await asyncio.sleep(0)
        await self.inner.write([await self.unguarded(write) for write in writes], op_id=op_id)


# Once


@faults.caught_by(
    checks.check_a_write_counts_once_whatever_happened_meanwhile,
    checks.check_a_write_repeated_at_once_counts_once,
)
class IgnoresOperations(FaultyStore):
    async def write(self, writes, *, op_id=None):
        await self.inner.write(writes)


@faults.caught_by(checks.check_a_write_counts_once_whatever_happened_meanwhile)
class RemembersOnlyTheLastOperation(FaultyStore):
    last = None

    async def write(self, writes, *, op_id=None):
        if op_id is None or op_id != self.last:
            await self.inner.write(writes)
            self.last = op_id


class RemembersOperationsItself(FaultyStore):
    def __init__(self):
        super().__init__()
        self.seen = {None}


@faults.caught_by(
    checks.check_a_refused_write_may_be_tried_again_by_its_name,
    checks.check_a_write_that_is_no_json_changes_nothing,
)
class NotesTheOperationEarly(RemembersOperationsItself):
    async def write(self, writes, *, op_id=None):
        if op_id is None or op_id not in self.seen:
            self.seen.add(op_id)
            await self.inner.write(writes)


@faults.caught_by(
    checks.check_a_write_repeated_at_once_counts_once, checks.check_a_cancelled_write_repeated_counts_once
)
class NotesTheOperationLate(RemembersOperationsItself):
    async def write(self, writes, *, op_id=None):
        if op_id is None or op_id not in self.seen:
            await asyncio.sleep(0)
            await self.inner.write(writes)
            await asyncio.sleep(0)
            self.seen.add(op_id)


@faults.parametrize()
async def test_a_planted_fault_of_writing_is_caught(fault, check):
    await assert_caught(fault, check)


def test_every_check_of_writing_catches_a_fault():
    assert faults.checks == set(checks.WRITE_CHECKS)
