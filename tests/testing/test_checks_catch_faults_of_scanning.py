"""The checks of scan and of regions earn their place: each catches a planted fault."""

from planting import Bends, Faults, FaultyEngrams, FaultyStore, assert_caught

from neuro.testing.doubles import EngramsWrapper
from neuro.testing.stores import scanning as checks

faults = Faults()
EVERYTHING = 10**6

# Scanning


@faults.caught_by(checks.check_scan_pages_in_order_of_id)
class ScansFromTheIdItself(FaultyEngrams):
    async def scan(self, *, after=None, limit=500):
        everything = await self.inner.scan(limit=EVERYTHING)
        return [e for e in everything if after is None or e.engram_id >= after][:limit]


@faults.caught_by(checks.check_scan_pages_in_order_of_id)
class ScansWithoutRegardToCase(FaultyEngrams):
    async def scan(self, *, after=None, limit=500):
        everything = sorted(await self.inner.scan(limit=EVERYTHING), key=lambda e: e.engram_id.lower())
        return [e for e in everything if after is None or e.engram_id.lower() > after.lower()][:limit]


@faults.caught_by(checks.check_scan_shows_all_that_is_there_as_it_is_now)
class ScansWithoutFeatures(Bends):
    def bend(self, engram):
        return {"features": None}


@faults.caught_by(checks.check_scan_shows_all_that_is_there_as_it_is_now)
class ScansWhatWasInserted(FaultyEngrams):
    def prepare(self):
        self.inserted = {}

    async def insert(self, items, *, writer=None):
        await self.inner.insert(items, writer=writer)
        self.inserted.update({item.engram.engram_id: item.engram for item in items})

    async def scan(self, *, after=None, limit=500):
        return [self.inserted[e.engram_id] for e in await self.inner.scan(after=after, limit=limit)]


@faults.caught_by(checks.check_scan_shows_all_that_is_there_as_it_is_now)
class SkipsTheDormant(FaultyEngrams):
    async def scan(self, *, after=None, limit=500):
        awake = set(await self.inner.due(float("inf"), limit=EVERYTHING))
        everything = await self.inner.scan(after=after, limit=EVERYTHING)
        return [e for e in everything if e.engram_id in awake][:limit]


@faults.caught_by(checks.check_scan_shows_all_that_is_there_as_it_is_now)
class ScansFiftyAtATime(FaultyEngrams):
    async def scan(self, *, after=None, limit=500):
        return await self.inner.scan(after=after, limit=min(limit, 50))


@faults.caught_by(checks.check_scan_goes_on_where_an_engram_was_deleted)
class ScansFromAPosition(FaultyEngrams):
    async def scan(self, *, after=None, limit=500):
        everything = await self.inner.scan(limit=EVERYTHING)
        ids = [engram.engram_id for engram in everything]
        start = ids.index(after) + 1 if after in ids else 0
        return everything[start : start + limit]


# Regions


@faults.caught_by(checks.check_regions_are_isolated)
class MixesRegions(FaultyStore):
    def wrap(self, inner):
        mixed = EngramsWrapper(self.inner.engrams("everything"), self)
        mixed.region = inner.region
        return mixed


@faults.caught_by(checks.check_regions_are_isolated)
class MakesARegionAnewEachTime(FaultyStore):
    def engrams(self, region):
        return self.wrap(self.inner.engrams(region))


@faults.parametrize()
async def test_a_planted_fault_of_scanning_is_caught(fault, check):
    await assert_caught(fault, check)


def test_every_check_of_scanning_catches_a_fault():
    assert faults.checks == set(checks.SCAN_CHECKS)
