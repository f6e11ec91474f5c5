"""The checks of care earn their place: each catches a planted fault."""

from planting import Faults, FaultyStore, assert_caught

from neuro.ids import is_engram_id
from neuro.stores.base import Document, Flaw, Link, Quarantined, Unlink
from neuro.testing.stores import care as checks

faults = Faults()


class Unwell(FaultyStore):
    """A base for faults of telling how well it is."""

    def say(self, health):
        raise NotImplementedError

    async def health(self):
        return self.say(await self.inner.health())


@faults.caught_by(checks.check_health_says_how_well_it_keeps)
class SaysNothingOfDurability(Unwell):
    def say(self, health):
        return health._replace(durability="")


@faults.caught_by(checks.check_health_says_how_well_it_keeps)
class NamesConcernsByCode(Unwell):
    def say(self, health):
        return health._replace(concerns=("E42",))


@faults.caught_by(checks.check_health_says_how_well_it_keeps)
class TellsFactsInLists(Unwell):
    def say(self, health):
        return health._replace(details={"regions": ["neocortex"]})


@faults.caught_by(checks.check_health_says_how_well_it_keeps)
class FindsSomethingUnreadable(Unwell):
    def say(self, health):
        return health._replace(quarantined=("a key: a reason",))


@faults.caught_by(checks.check_health_says_how_well_it_keeps)
class BringsNewsByLooking(FaultyStore):
    async def health(self):
        await self.inner.engrams("neocortex").insert([checks.sample_placed(10**6)])
        return await self.inner.health()


@faults.caught_by(checks.check_a_healthy_store_has_no_flaws)
class FindsFlawsInHealth(FaultyStore):
    async def verify(self, *, repair=False):
        [document] = await self.inner.read_documents(["nights"])
        return [] if document is None else [Flaw("nights", "a document", repair)]


@faults.caught_by(checks.check_a_healthy_store_has_no_flaws)
class RepairsWhatIsWell(FaultyStore):
    async def verify(self, *, repair=False):
        if repair:
            for number in range(16):
                await self.inner.write([Unlink(checks.sample_id(number))])
        return await self.inner.verify(repair=repair)


@faults.caught_by(checks.check_nothing_that_is_well_is_in_quarantine)
class PutsAsideWhatIsWell(FaultyStore):
    async def quarantine(self):
        return [Quarantined(key, "is well", 1) for key in (await self.inner.contents()).documents]


@faults.caught_by(checks.check_nothing_that_is_well_is_in_quarantine)
class DiscardsWhatIsWell(FaultyStore):
    async def discard(self, keys):
        await self.inner.write([Document(key, None) for key in keys])


@faults.caught_by(checks.check_health_says_how_well_it_keeps)
class TellsAbilitiesInNumbers(Unwell):
    def say(self, health):
        return health._replace(capabilities={"vector sets": 1})


@faults.caught_by(
    checks.check_an_engram_with_two_owners_is_named_and_mended,
    checks.check_links_that_lead_nowhere_are_named_and_mended,
)
class SeesNothing(FaultyStore):
    async def verify(self, *, repair=False):
        return []


@faults.caught_by(
    checks.check_an_engram_with_two_owners_is_named_and_mended,
    checks.check_links_that_lead_nowhere_are_named_and_mended,
)
class RepairsInWordsOnly(FaultyStore):
    async def verify(self, *, repair=False):
        return [flaw._replace(repaired=repair) for flaw in await self.inner.verify()]


@faults.caught_by(
    checks.check_an_engram_with_two_owners_is_named_and_mended,
    checks.check_links_that_lead_nowhere_are_named_and_mended,
)
class RepairsUnasked(FaultyStore):
    async def verify(self, *, repair=False):
        return [flaw._replace(repaired=repair) for flaw in await self.inner.verify(repair=True)]


@faults.caught_by(checks.check_an_engram_with_two_owners_is_named_and_mended)
class KeepsTheOldestOfTwo(FaultyStore):
    async def verify(self, *, repair=False):
        flaws = await self.inner.verify()
        if flaws and repair:
            await self.inner.engrams("neocortex").delete(flaws[0].key)
        return await self.inner.verify(repair=repair) or flaws


@faults.caught_by(checks.check_a_link_of_what_is_gone_is_not_kept)
class LinksAnything(FaultyStore):
    async def write(self, writes, *, op_id=None):
        await self.inner.write(writes, op_id=op_id)
        for link in (write for write in writes if isinstance(write, Link)):
            self.inner._links.setdefault(link.source_id, {})[link.target_id, link.kind] = link.weight


@faults.caught_by(checks.check_a_link_of_what_is_gone_is_not_kept)
class LinksNothingButEngrams(FaultyStore):
    async def write(self, writes, *, op_id=None):
        kept = [w for w in writes if not isinstance(w, Link) or all(map(is_engram_id, w[:2]))]
        await self.inner.write(kept, op_id=op_id)


@faults.caught_by(checks.check_scrubbing_keeps_what_is_there)
class ScrubsTooMuch(FaultyStore):
    async def scrub(self):
        for engram in await self.inner.engrams("hippocampus").scan(limit=1):
            await self.inner.engrams("hippocampus").delete(engram.engram_id)
        return ()


@faults.caught_by(checks.check_scrubbing_keeps_what_is_there)
class TellsWhereWithoutTellingHow(FaultyStore):
    async def scrub(self):
        return ("appendonly.aof",)


@faults.parametrize()
async def test_a_planted_fault_of_care_is_caught(fault, check):
    await assert_caught(fault, check)


def test_every_check_of_care_catches_a_fault():
    assert faults.checks == set(checks.CARE_CHECKS)
