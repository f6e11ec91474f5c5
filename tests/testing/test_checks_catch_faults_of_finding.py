"""The checks of frequencies, search and scan earn their place: each catches a planted fault."""

from planting import Bends, Faults, FaultyEngrams, FaultyStore, assert_caught

from neuro.indexing.engram_index import EngramIndex
from neuro.indexing.probe import Match
from neuro.testing.doubles import EngramsWrapper
from neuro.testing.stores import finding as checks

faults = Faults()


@faults.caught_by(checks.check_frequencies_equal_a_recount)
class CountsTheDeleted(FaultyEngrams):
    def prepare(self):
        self.most = 0

    async def frequencies(self, terms):
        real = await self.inner.frequencies(terms)
        self.most = max(self.most, real.fragments)
        return real._replace(fragments=self.most)


class HasItsOwnIndex(FaultyEngrams):
    """A base for faults of what is indexed."""

    def prepare(self):
        self.index = EngramIndex()

    async def insert(self, items, *, arriving=False):
        await self.inner.insert(items, arriving=arriving)
        for item in items:
            self.index.add(item.engram.model_copy(update=self.indexed(item.engram)))

    async def search(self, probe, *, limit):
        return self.index.search(probe, limit)


@faults.caught_by(checks.check_a_long_content_is_found_by_its_best_fragment)
class IndexesOnlyTheFirstFragment(HasItsOwnIndex):
    def indexed(self, engram):
        features = None if engram.features is None else engram.features[:1]
        return {"content": engram.texts[0], "fragments": (), "features": features}


@faults.caught_by(checks.check_a_long_content_is_found_by_its_best_fragment)
class IndexesContentsWhole(HasItsOwnIndex):
    def indexed(self, engram):
        return {"fragments": ()}


@faults.caught_by(checks.check_search_equals_the_naive_reference)
class ScoresAlmostRight(FaultyEngrams):
    async def search(self, probe, *, limit):
        found = await self.inner.search(probe, limit=limit)
        return [match._replace(relevance=match.relevance * 1.00001) for match in found]


@faults.caught_by(checks.check_search_equals_the_naive_reference)
class ReportsOtherTerms(FaultyEngrams):
    async def search(self, probe, *, limit):
        found = await self.inner.search(probe, limit=limit)
        return [match._replace(matched=probe.terms) for match in found]


@faults.caught_by(checks.check_search_equals_the_naive_reference)
class FindsOneMore(FaultyEngrams):
    async def search(self, probe, *, limit):
        return await self.inner.search(probe, limit=limit + 1)


@faults.caught_by(checks.check_search_equals_the_naive_reference)
class MissesTheWeak(FaultyEngrams):
    async def search(self, probe, *, limit):
        return [m for m in await self.inner.search(probe, limit=limit) if m.relevance > 0.01]


@faults.caught_by(checks.check_search_equals_the_naive_reference)
class MissesTheSecondBest(FaultyEngrams):
    async def search(self, probe, *, limit):
        found = await self.inner.search(probe, limit=limit + 1)
        return (found[:1] + found[2:])[:limit]


@faults.caught_by(checks.check_search_finds_by_words)
class FindsTheIrrelevant(FaultyEngrams):
    async def search(self, probe, *, limit):
        found = await self.inner.search(probe, limit=limit)
        known = {match.engram_id for match in found}
        others = [Match(e.engram_id, 0.0, 0.0, 0.0, ()) for e in await self.inner.scan()]
        return [*found, *(m for m in others if m.engram_id not in known)][:limit]


@faults.caught_by(checks.check_search_finds_by_features)
class DropsFeatures(Bends):
    def bend(self, engram):
        return {"features": None}


@faults.caught_by(checks.check_search_breaks_ties_by_id)
class BreaksTiesTheOtherWay(FaultyEngrams):
    async def search(self, probe, *, limit):
        found = (await self.inner.search(probe, limit=10**6))[::-1]
        return sorted(found, key=lambda match: -match.relevance)[:limit]


@faults.caught_by(checks.check_search_never_shows_the_deleted_or_the_arriving)
class FindsTheArrivingAlready(HasItsOwnIndex):
    def indexed(self, engram):
        return {}


@faults.caught_by(checks.check_search_finds_what_was_amended)
class LosesTheAmended(FaultyEngrams):
    async def search(self, probe, *, limit):
        found = await self.inner.search(probe, limit=limit)
        engrams = await self.inner.get([match.engram_id for match in found])
        return [m for m, e in zip(found, engrams, strict=True) if e is not None and e.revision == 0]


@faults.caught_by(checks.check_scan_pages_in_order_of_id)
class ScansFromTheIdItself(FaultyEngrams):
    async def scan(self, *, after=None, limit=500):
        everything = await self.inner.scan(limit=10**6)
        return [e for e in everything if after is None or e.engram_id >= after][:limit]


@faults.caught_by(checks.check_scan_pages_in_order_of_id)
class ScansWithoutRegardToCase(FaultyEngrams):
    async def scan(self, *, after=None, limit=500):
        everything = sorted(await self.inner.scan(limit=10**6), key=lambda e: e.engram_id.lower())
        return [e for e in everything if after is None or e.engram_id.lower() > after.lower()][:limit]


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
async def test_a_planted_fault_of_finding_is_caught(fault, check):
    await assert_caught(fault, check)


def test_every_check_of_finding_catches_a_fault():
    assert faults.checks >= set(checks.FINDING_CHECKS)
