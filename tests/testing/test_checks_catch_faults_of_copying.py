"""The checks of what copies are made by earn their place: each catches a planted fault."""

import math

from planting import Faults, FaultyEngrams, FaultyStore, assert_caught

from neuro.stores.base import Kept
from neuro.testing.stores import copying as checks

faults = Faults()


class Bends(FaultyEngrams):
    """A base for faults of telling what is kept."""

    def bend(self, kept):
        raise NotImplementedError

    async def kept(self, engram_ids):
        found = await self.inner.kept(engram_ids)
        return [None if kept is None else self.bend(kept) for kept in found]


@faults.caught_by(checks.check_kept_tells_all_of_an_engram)
class SwapsTheAgendas(Bends):
    def bend(self, kept):
        placed = kept.placed
        return kept._replace(
            placed=placed._replace(review_at=placed.rehearse_at, rehearse_at=placed.review_at)
        )


@faults.caught_by(checks.check_kept_tells_all_of_an_engram)
class RoundsInstants(Bends):
    def bend(self, kept):
        return kept._replace(
            placed=kept.placed._replace(forgotten_at=float(f"{kept.placed.forgotten_at:.9g}"))
        )


@faults.caught_by(checks.check_kept_tells_all_of_an_engram)
class DropsFeatures(Bends):
    def bend(self, kept):
        engram = kept.placed.engram.model_copy(update={"features": None})
        return kept._replace(placed=kept.placed._replace(engram=engram))


@faults.caught_by(checks.check_kept_tells_all_of_an_engram)
class CallsAllAwake(Bends):
    def bend(self, kept):
        return kept._replace(dormant=False)


@faults.caught_by(checks.check_kept_answers_in_the_order_asked_with_what_is_stored_now)
class CallsAllThatFadeDormant(Bends):
    def bend(self, kept):
        return kept._replace(dormant=kept.placed.forgotten_at < math.inf)


@faults.caught_by(checks.check_kept_tells_all_of_an_engram)
class WakesWhatIsLookedAt(FaultyEngrams):
    async def kept(self, engram_ids):
        found = await self.inner.kept(engram_ids)
        for kept in found:
            if kept is not None and kept.dormant:
                engram_id = kept.placed.engram.engram_id
                await self.inner.delete(engram_id)
                await self.inner.insert([kept.placed])
        return found


@faults.caught_by(checks.check_kept_answers_in_the_order_asked_with_what_is_stored_now)
class AnswersInOrderOfId(FaultyEngrams):
    async def kept(self, engram_ids):
        return await self.inner.kept(sorted(engram_ids))


@faults.caught_by(checks.check_kept_answers_in_the_order_asked_with_what_is_stored_now)
class AnswersWithWhatWasInserted(FaultyEngrams):
    def prepare(self):
        self.first = {}

    async def insert(self, items, *, writer=None):
        await self.inner.insert(items, writer=writer)
        self.first |= {item.engram.engram_id: item for item in items}

    async def kept(self, engram_ids):
        found = await self.inner.kept(engram_ids)
        return [k and Kept(self.first[k.placed.engram.engram_id], k.dormant) for k in found]


class Lists(FaultyStore):
    """A base for faults of telling what there is."""

    def bend(self, contents):
        raise NotImplementedError

    async def contents(self):
        return self.bend(await self.inner.contents())


@faults.caught_by(checks.check_contents_name_what_there_is)
class ListsOnlyKnownRegions(Lists):
    def bend(self, contents):
        return contents._replace(regions=tuple(r for r in contents.regions if ":" not in r))


@faults.caught_by(checks.check_contents_name_what_there_is)
class ListsInDisorder(Lists):
    def bend(self, contents):
        return contents._replace(documents=contents.documents[::-1])


@faults.caught_by(checks.check_contents_name_what_there_is)
class ListsWhatWasAskedFor(FaultyStore):
    def __init__(self):
        super().__init__()
        self.asked = set()

    async def read_documents(self, keys):
        self.asked |= set(keys)
        return await self.inner.read_documents(keys)

    async def contents(self):
        contents = await self.inner.contents()
        return contents._replace(documents=tuple(sorted({*contents.documents, *self.asked})))


@faults.caught_by(checks.check_contents_name_what_there_is)
class ListsWhatIsGone(FaultyStore):
    def __init__(self):
        super().__init__()
        self.seen = set()

    async def contents(self):
        contents = await self.inner.contents()
        self.seen |= set(contents.documents)
        return contents._replace(documents=tuple(sorted(self.seen)))


@faults.parametrize()
async def test_a_planted_fault_of_what_copies_are_made_by_is_caught(fault, check):
    await assert_caught(fault, check)


def test_every_check_of_what_copies_are_made_by_catches_a_fault():
    assert faults.checks == set(checks.COPYING_CHECKS)
