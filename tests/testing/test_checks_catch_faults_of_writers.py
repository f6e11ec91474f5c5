"""The checks of writers earn their place: each catches a planted fault."""

import itertools
import math

from planting import Faults, FaultyEngrams, FaultyStore, assert_caught

from neuro.stores.base import Insert
from neuro.testing.stores import writers as checks

faults = Faults()


@faults.caught_by(checks.check_the_living_keep_what_is_theirs)
class AdoptsFromTheLiving(FaultyStore):
    async def adopt(self, region, writer, *, silent_since):
        return await self.inner.adopt(region, writer, silent_since=math.inf)


@faults.caught_by(checks.check_the_living_keep_what_is_theirs)
class AdoptsFromThoseOnTheBound(FaultyStore):
    async def adopt(self, region, writer, *, silent_since):
        beyond = math.nextafter(silent_since, math.inf)
        return await self.inner.adopt(region, writer, silent_since=beyond)


@faults.caught_by(
    checks.check_what_belongs_to_nobody_is_adopted, checks.check_the_adopted_belong_to_their_adopter
)
class NeverRetires(FaultyStore):
    async def retire(self, writer):
        return None


@faults.caught_by(checks.check_what_belongs_to_nobody_is_adopted)
class AdoptsOnlyFromTheRetired(FaultyStore):
    async def adopt(self, region, writer, *, silent_since):
        return await self.inner.adopt(region, writer, silent_since=-math.inf)


@faults.caught_by(checks.check_what_belongs_to_nobody_is_adopted)
class LeavesWhatNeverHadAWriter(FaultyStore):
    async def write(self, writes, *, op_id=None):
        await self.inner.beat("nobody", math.inf)
        owned = [w._replace(writer=w.writer or "nobody") if isinstance(w, Insert) else w for w in writes]
        await self.inner.write(owned, op_id=op_id)


@faults.caught_by(checks.check_what_belongs_to_nobody_is_adopted)
class AdoptsInItsOwnOrder(FaultyStore):
    async def adopt(self, region, writer, *, silent_since):
        return (await self.inner.adopt(region, writer, silent_since=silent_since))[::-1]


@faults.caught_by(
    checks.check_the_adopted_belong_to_their_adopter,
    checks.check_of_several_that_adopt_at_once_one_gets_an_engram,
)
class AdoptsForNobody(FaultyStore):
    def __init__(self):
        super().__init__()
        self.adopters = itertools.count()

    async def adopt(self, region, writer, *, silent_since):
        return await self.inner.adopt(region, f"phantom {next(self.adopters)}", silent_since=silent_since)


@faults.caught_by(checks.check_an_engram_keeps_its_writer_whatever_happens_to_it)
class TakesTheWriterOfEveryInsert(FaultyEngrams):
    async def insert(self, items, *, writer=None):
        for engram_id in [item.engram.engram_id for item in items]:
            await self.inner.delete(engram_id)
        await self.inner.insert(items, writer=writer)


@faults.caught_by(checks.check_an_engram_keeps_its_writer_whatever_happens_to_it)
class LosesTheWriterOfWhatIsDemoted(FaultyEngrams):
    async def demote(self, engram_ids, before):
        demoted = await self.inner.demote(engram_ids, before)
        for engram in await self.found(demoted):
            await self.inner.delete(engram.engram_id)
            await self.inner.insert([checks.counted(engram)._replace(engram=engram)])
        return demoted


@faults.caught_by(checks.check_what_comes_again_has_the_writer_it_comes_with)
class RemembersTheWritersOfTheDeleted(FaultyStore):
    def __init__(self):
        super().__init__()
        self.first = {}

    async def write(self, writes, *, op_id=None):
        owned = [
            w._replace(writer=self.first.setdefault(w.placed.engram.engram_id, "living"))
            if isinstance(w, Insert)
            else w
            for w in writes
        ]
        await self.inner.write(owned, op_id=op_id)


@faults.caught_by(checks.check_engrams_are_adopted_in_their_region)
class AdoptsInAllRegions(FaultyStore):
    async def adopt(self, region, writer, *, silent_since):
        regions = ("hippocampus", "neocortex")
        adopted = [await self.inner.adopt(each, writer, silent_since=silent_since) for each in regions]
        return sorted(itertools.chain(*adopted))


@faults.caught_by(checks.check_a_beat_of_a_clock_that_was_set_back_is_no_sign_of_life)
class WaitsForAClockThatWasSetBack(FaultyStore):
    async def adopt(self, region, writer, *, silent_since, ahead_of=math.inf):
        return await self.inner.adopt(region, writer, silent_since=silent_since)


@faults.caught_by(checks.check_a_beat_of_a_clock_that_was_set_back_is_no_sign_of_life)
class AdoptsFromAllThatAreAhead(FaultyStore):
    async def adopt(self, region, writer, *, silent_since, ahead_of=math.inf):
        return await self.inner.adopt(region, writer, silent_since=silent_since, ahead_of=silent_since + 30.0)


@faults.caught_by(checks.check_the_last_beat_counts)
class HearsOnlyTheFirstBeat(FaultyStore):
    def __init__(self):
        super().__init__()
        self.heard = set()

    async def beat(self, writer, at):
        if writer not in self.heard:
            self.heard.add(writer)
            await self.inner.beat(writer, at)


@faults.caught_by(checks.check_the_last_beat_counts)
class RetiresForGood(FaultyStore):
    def __init__(self):
        super().__init__()
        self.retired = set()

    async def retire(self, writer):
        self.retired.add(writer)
        await self.inner.retire(writer)

    async def beat(self, writer, at):
        if writer not in self.retired:
            await self.inner.beat(writer, at)


@faults.parametrize()
async def test_a_planted_fault_of_writers_is_caught(fault, check):
    await assert_caught(fault, check)


def test_every_check_of_writers_catches_a_fault():
    assert faults.checks == set(checks.WRITER_CHECKS)
