"""The checks of the agendas earn their place: each catches a planted fault."""

import asyncio
import itertools
import math

from planting import Faults, FaultyEngrams, FaultyStore, assert_caught

from neuro.stores.base import Agenda, Placed
from neuro.testing.stores import agendas as checks

faults = Faults()
EVERYTHING = 10**6

# Listing


@faults.caught_by(checks.check_upcoming_lists_the_earliest_first_up_to_the_limit)
class ListsTheLatestFirst(FaultyEngrams):
    async def upcoming(self, agenda, before, *, limit):
        return (await self.inner.upcoming(agenda, before, limit=EVERYTHING))[::-1][:limit]


@faults.caught_by(checks.check_upcoming_lists_the_earliest_first_up_to_the_limit)
class ListsOneMore(FaultyEngrams):
    async def upcoming(self, agenda, before, *, limit):
        return await self.inner.upcoming(agenda, before, limit=limit + 1)


@faults.caught_by(checks.check_upcoming_lists_ties_by_id)
class ListsTiesBackwards(FaultyEngrams):
    async def upcoming(self, agenda, before, *, limit):
        found = await self.inner.upcoming(agenda, before, limit=EVERYTHING)
        found.reverse()
        found.sort(key=lambda entry: entry[1])
        return found[:limit]


@faults.caught_by(checks.check_upcoming_leaves_out_the_bound_and_what_never_comes)
class ListsTheBound(FaultyEngrams):
    async def upcoming(self, agenda, before, *, limit):
        return await self.inner.upcoming(agenda, math.nextafter(before, math.inf), limit=limit)


@faults.caught_by(checks.check_upcoming_leaves_out_the_bound_and_what_never_comes)
class KnowsNoInfinity(FaultyEngrams):
    async def insert(self, items, *, writer=None):
        finite = [Placed(item.engram, *(min(key, 1e308) for key in item[1:])) for item in items]
        await self.inner.insert(finite, writer=writer)


@faults.caught_by(checks.check_regions_and_agendas_are_apart)
class HasOneAgenda(FaultyEngrams):
    async def upcoming(self, agenda, before, *, limit):
        found = [await self.inner.upcoming(each, before, limit=limit) for each in Agenda]
        return sorted(itertools.chain(*found), key=lambda entry: entry[1])[:limit]


@faults.caught_by(checks.check_regions_and_agendas_are_apart)
class HasTheAgendasOfAllRegions(FaultyStore):
    def wrap(self, inner):
        regions = [self.inner.engrams(region) for region in ("neocortex", "cerebellum")]

        class Region(FaultyEngrams):
            async def upcoming(self, agenda, before, *, limit):
                found = [await region.upcoming(agenda, before, limit=limit) for region in regions]
                return sorted(itertools.chain(*found), key=lambda entry: entry[1])[:limit]

        return Region(inner, self)


@faults.caught_by(checks.check_regions_and_agendas_are_apart)
class FindsTheFadingByItsAgenda(FaultyEngrams):
    async def due(self, before, *, limit):
        found = await self.inner.upcoming(Agenda.REHEARSAL, before, limit=limit)
        return [engram_id for engram_id, _ in found]


# Coming and going


class Remembers(FaultyEngrams):
    """A base for faults that remember the keys with which engrams came."""

    def prepare(self):
        self.placed = {}
        self.fresh = itertools.count()

    async def insert(self, items, *, writer=None):
        await self.inner.insert(items, writer=writer)
        self.placed.update({item.engram.engram_id: item for item in items})

    async def place(self, engram_ids, change):
        """Sets keys and nothing else."""
        await self.inner.amend(
            engram_ids, lambda e: change(e)._replace(engram=e), op_id=f"places {next(self.fresh)}"
        )


@faults.caught_by(checks.check_the_deleted_are_never_upcoming)
class ListsAllThatEverCame(Remembers):
    async def upcoming(self, agenda, before, *, limit):
        keys = {engram_id: placed.key(agenda) for engram_id, placed in self.placed.items()}
        return sorted((entry for entry in keys.items() if entry[1] < before), key=lambda entry: entry[1])


@faults.caught_by(checks.check_the_deleted_are_never_upcoming)
class GivesBackTheKeysOfTheDeleted(Remembers):
    async def insert(self, items, *, writer=None):
        known = [self.placed.get(item.engram.engram_id, item) for item in items]
        await super().insert(known, writer=writer)


@faults.caught_by(checks.check_a_repeated_insert_leaves_the_agendas)
class TakesTheKeysOfEveryInsert(Remembers):
    async def insert(self, items, *, writer=None):
        await super().insert(items, writer=writer)
        await self.place([item.engram.engram_id for item in items], lambda e: self.placed[e.engram_id])


# Changing


@faults.caught_by(checks.check_amend_moves_adds_and_removes_what_is_upcoming)
class NeverMoves(Remembers):
    async def amend(self, engram_ids, change, *, op_id):
        def kept(engram):
            return self.placed[engram.engram_id]._replace(engram=change(engram).engram)

        return await self.inner.amend(engram_ids, kept, op_id=op_id)


@faults.caught_by(checks.check_amend_moves_adds_and_removes_what_is_upcoming)
class NeverRemoves(Remembers):
    async def amend(self, engram_ids, change, *, op_id):
        def kept(engram):
            placed, came = change(engram), self.placed[engram.engram_id]
            keys = [new if new < math.inf else old for new, old in zip(placed[1:], came[1:], strict=True)]
            return Placed(placed.engram, *keys)

        return await self.inner.amend(engram_ids, kept, op_id=op_id)


@faults.caught_by(checks.check_an_amend_that_does_not_count_leaves_the_agendas)
class PlacesWhatDoesNotCount(Remembers):
    async def amend(self, engram_ids, change, *, op_id):
        await self.place(engram_ids, change)
        return await self.inner.amend(engram_ids, change, op_id=op_id)


@faults.caught_by(checks.check_concurrent_amends_leave_the_key_of_the_last)
class PlacesWhatItRead(FaultyEngrams):
    async def amend(self, engram_ids, change, *, op_id):
        keys = {engram.engram_id: change(engram)[1:] for engram in await self.found(engram_ids)}
        await asyncio.sleep(0)

        def stale(engram):
            return Placed(change(engram).engram, *keys[engram.engram_id])

        return await self.inner.amend(engram_ids, stale, op_id=op_id)


@faults.caught_by(checks.check_the_dormant_are_upcoming_too)
class LeavesOutTheDormant(FaultyEngrams):
    def prepare(self):
        self.dormant = set()

    async def demote(self, engram_ids, before):
        demoted = await self.inner.demote(engram_ids, before)
        self.dormant.update(demoted)
        return demoted

    async def upcoming(self, agenda, before, *, limit):
        found = await self.inner.upcoming(agenda, before, limit=limit)
        return [entry for entry in found if entry[0] not in self.dormant]


@faults.caught_by(checks.check_the_dormant_are_upcoming_too)
class WakesWhatIsRescheduled(Remembers):
    async def amend(self, engram_ids, change, *, op_id):
        await self.place(engram_ids, lambda e: Placed(e, math.inf))
        return await self.inner.amend(engram_ids, change, op_id=op_id)


@faults.parametrize()
async def test_a_planted_fault_of_the_agendas_is_caught(fault, check):
    await assert_caught(fault, check)


def test_every_check_of_the_agendas_catches_a_fault():
    assert faults.checks == set(checks.AGENDA_CHECKS)
