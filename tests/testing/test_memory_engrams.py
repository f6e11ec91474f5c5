"""Engrams in memory answer at once too, and the store around them keeps no more than it must."""

import math

import pytest

from neuro.errors import StaleEngramError
from neuro.stores.base import Agenda, Document, Happening, Insert, Link, Placed, Remove, Unlink
from neuro.stores.memory import NEWS_REMEMBERED, WRITES_REMEMBERED, MemoryEngrams, MemoryStore
from neuro.testing.samples import sample_engram, sample_id, sample_placed
from neuro.testing.stores.engrams import counted

ONE = sample_id(1)


def holding(*items: Placed) -> MemoryEngrams:
    engrams = MemoryEngrams("hippocampus")
    for item in items:
        engrams.put(*item)
    return engrams


def test_what_is_put_is_found_at_once():
    item = Placed(sample_engram(1), 10.0, 20.0, 30.0)
    engrams = holding(sample_placed(2), item)
    assert len(engrams) == 2 and ONE in engrams and sample_id(3) not in engrams
    assert engrams.look_up(ONE) is item.engram and engrams.look_up(sample_id(3)) is None
    assert engrams.look_for(item.engram.digest) is item.engram and engrams.look_for("0" * 32) is None
    assert engrams.look_ahead(Agenda.REHEARSAL, 31.0, 9) == [(ONE, 30.0)]
    assert engrams.everything() == [item.engram, sample_engram(2)]


def test_a_change_counts_at_once_and_once_by_its_name():
    engrams = holding(sample_placed(1))
    first = engrams.change(ONE, counted, "a")
    assert first is not None and first.access_count == 1
    assert engrams.change(ONE, counted, "a") is first
    again = engrams.change(ONE, counted)
    assert again is not None and again.access_count == 2
    assert engrams.change(sample_id(2), counted) is None


def test_what_is_dropped_is_gone_unless_it_has_changed():
    engrams = holding(sample_placed(1))
    with pytest.raises(StaleEngramError) as caught:
        engrams.drop(ONE, 1)
    assert caught.value.engram_ids == (ONE,)
    assert engrams.drop(ONE, 0) and not engrams.drop(ONE)
    assert len(engrams) == 0 and engrams.look_for(sample_engram(1).digest) is None


async def test_a_refresh_takes_a_newer_revision_and_its_keys():
    engrams = holding(sample_placed(1, forgotten_at=10.0))
    await engrams.demote([ONE], 20.0)
    newer = counted(sample_engram(1), 15.0)._replace(review_at=5.0)
    engrams.refresh(newer)
    assert engrams.look_up(ONE) is newer.engram
    assert await engrams.due(20.0, limit=9) == [ONE]
    assert engrams.look_ahead(Agenda.REVIEW, math.inf, 9) == [(ONE, 5.0)]


async def test_a_refresh_by_what_is_not_newer_or_not_here_changes_nothing():
    newer = counted(sample_engram(1), 15.0)
    engrams = holding(newer)
    for older in (sample_placed(1), counted(sample_engram(1), 99.0), sample_placed(2, revision=7)):
        engrams.refresh(older)
    assert engrams.everything() == [newer.engram]
    assert await engrams.due(math.inf, limit=9) == [ONE]
    assert await engrams.count(16.0) == (1, 1)


@pytest.mark.parametrize("position", ["7", "-1", "", "1-0", "a position"])
async def test_the_news_since_a_position_that_was_never_given_are_a_gap(position):
    store = MemoryStore()
    await store.write([Insert("neocortex", sample_placed(1))])
    news = await store.news(position)
    assert news.gap and not news.happened
    assert await store.news(news.position) == news._replace(gap=False)


async def test_the_news_beyond_what_is_remembered_are_a_gap():
    store, item = MemoryStore(), sample_placed(1)
    start = (await store.news(None)).position
    for _ in range(NEWS_REMEMBERED // 2):
        await store.write([Insert("neocortex", item)])
        await store.write([Remove("neocortex", ONE)])
    assert len((await store.news(start)).happened) == NEWS_REMEMBERED
    await store.write([Insert("neocortex", item)])
    assert (await store.news(start)).gap
    assert (await store.news("1")).happened[-1] == (Happening.INSERTED, ONE)


async def test_the_oldest_of_many_operations_is_forgotten():
    store = MemoryStore()
    for number in range(WRITES_REMEMBERED + 1):
        await store.write([Document("a", number)], op_id=f"{number}")
    await store.write([Document("a", "again")], op_id="1")
    assert await store.read_documents(["a"]) == [WRITES_REMEMBERED]
    await store.write([Document("a", "again")], op_id="0")
    assert await store.read_documents(["a"]) == ["again"]


async def test_health_counts_what_is_there_and_nothing_that_was():
    store = MemoryStore()
    empty = await store.health()
    await store.beat("somebody", 1.0)
    links = [Link(ONE, sample_id(2), "temporal", 1.0), Link(sample_id(2), ONE, "temporal", 1.0)]
    await store.write([*(Insert("neocortex", sample_placed(n)) for n in (1, 2)), *links, Document("a", 1)])
    assert (await store.health()).details == {"engrams": 2, "links": 2, "documents": 1, "writers": 1}
    gone = [Remove("neocortex", sample_id(n)) for n in (1, 2)]
    await store.write([*gone, Unlink(ONE), Document("a", None)])
    await store.retire("somebody")
    assert await store.health() == empty
