"""The checks of the news earn their place: each catches a planted fault."""

import asyncio

from planting import Faults, FaultyStore, assert_caught

from neuro.stores.base import Happening, Insert
from neuro.testing.stores import news as checks

faults = Faults()


class Retells(FaultyStore):
    """A base for faults that tell the news in another way."""

    def retell(self, happened):
        raise NotImplementedError

    async def news(self, since):
        news = await self.inner.news(since)
        return news._replace(happened=tuple(self.retell(news.happened)))


@faults.caught_by(checks.check_inserts_moves_and_removals_are_news_in_order)
class TellsTheNewestFirst(Retells):
    def retell(self, happened):
        return happened[::-1]


@faults.caught_by(checks.check_inserts_moves_and_removals_are_news_in_order)
class KnowsNoMoves(Retells):
    def retell(self, happened):
        for happening, engram_id in happened:
            if happening == Happening.MOVED:
                yield from ((kind, engram_id) for kind in (Happening.REMOVED, Happening.INSERTED))
            else:
                yield happening, engram_id


@faults.caught_by(checks.check_what_was_put_anew_is_inserted_news)
class TellsOfEachEngramOnce(Retells):
    def retell(self, happened):
        return [(happening, engram_id) for engram_id, happening in {i: kind for kind, i in happened}.items()]


@faults.caught_by(checks.check_whoever_follows_the_news_knows_what_is_there)
class KeepsRemovalsQuiet(Retells):
    def retell(self, happened):
        return [news for news in happened if news[0] != Happening.REMOVED]


class TellsMore(FaultyStore):
    """A base for faults that tell what is no news; `extra` is told from then on."""

    def __init__(self):
        super().__init__()
        self.extra = ()

    async def news(self, since):
        news = await self.inner.news(since)
        return news._replace(happened=(*news.happened, *self.extra)) if since is not None else news


@faults.caught_by(checks.check_only_coming_and_going_is_news)
class TellsOfDocuments(TellsMore):
    async def write(self, writes, *, op_id=None):
        await self.inner.write(writes, op_id=op_id)
        self.extra += tuple(
            (Happening.INSERTED, w.key) for w in writes if not isinstance(w, Insert) and w[0] == "a"
        )


@faults.caught_by(checks.check_what_changes_nothing_is_no_news)
class TellsOfEveryInsert(TellsMore):
    async def write(self, writes, *, op_id=None):
        inserted = [write.placed.engram.engram_id for write in writes if isinstance(write, Insert)]
        known = await self.inner.engrams("neocortex").get(inserted)
        await self.inner.write(writes, op_id=op_id)
        self.extra += tuple((Happening.INSERTED, engram.engram_id) for engram in known if engram is not None)


@faults.caught_by(checks.check_news_go_on_from_any_position)
class NeverMovesOn(FaultyStore):
    async def news(self, since):
        news = await self.inner.news(since)
        return news if since is None else news._replace(position=since)


@faults.caught_by(checks.check_news_go_on_from_any_position)
class TellsEverythingOnce(FaultyStore):
    told = 0

    async def news(self, since):
        news = await self.inner.news(since)
        if since is None:
            return news
        first, self.told = self.told, max(self.told, int(news.position))
        return news._replace(happened=news.happened[max(0, first - int(since)) :])


@faults.caught_by(checks.check_news_go_on_from_any_position)
class StartsWithAGap(FaultyStore):
    async def news(self, since):
        return (await self.inner.news(since))._replace(gap=since is None)


@faults.caught_by(checks.check_no_news_is_missed_while_others_write)
class TakesThePositionLate(FaultyStore):
    async def news(self, since):
        news = await self.inner.news(since)
        await asyncio.sleep(0)
        return news._replace(position=(await self.inner.news(None)).position)


@faults.caught_by(checks.check_news_reach_far_back_or_say_that_they_do_not)
class ForgetsTheOldestInSilence(FaultyStore):
    async def news(self, since):
        news = await self.inner.news(since)
        return news._replace(happened=news.happened[-10_000:], gap=False)


@faults.caught_by(checks.check_news_reach_far_back_or_say_that_they_do_not)
class ForgetsTheOldestTooSoon(FaultyStore):
    async def news(self, since):
        news = await self.inner.news(since)
        return news._replace(happened=(), gap=True) if len(news.happened) > 9_999 else news


@faults.parametrize()
async def test_a_planted_fault_of_the_news_is_caught(fault, check):
    await assert_caught(fault, check)


def test_every_check_of_the_news_catches_a_fault():
    assert faults.checks == set(checks.NEWS_CHECKS)
