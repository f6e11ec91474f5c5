"""Checks of care: health, verify and scrub."""

from __future__ import annotations

from contextlib import aclosing

from neuro.stores.base import Document, Insert, Link, Remove, Unlink
from neuro.testing.expect import assert_same
from neuro.testing.samples import sample_id, sample_placed
from neuro.testing.stores.engrams import REGION, MakeStore, counted
from neuro.testing.stores.images import HIPPOCAMPUS, REGIONS, nothing_changes
from neuro.testing.stores.random_life import lived


def _assert_sentences(*told: str) -> None:
    for sentence in told:
        assert sentence.rstrip().endswith((".", "?", "!")), f"{sentence!r} is no sentence"


async def check_health_says_how_well_it_keeps(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await lived(store, seed=1)
        async with nothing_changes(store, "asking for its health"):
            health = await store.health()
        _assert_sentences(health.durability, *health.concerns)
        for name, fact in health.details.items():
            assert name and type(fact) in (str, int, float, bool), f"{name}: {fact!r}"
        for name, able in health.capabilities.items():
            assert name and type(able) in (str, bool), f"{name}: {able!r}"
        assert health.quarantined == (), "something was unreadable in a healthy store"


async def check_a_healthy_store_has_no_flaws(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        assert await store.verify() == []
        await lived(store, seed=3, steps=400)
        for repair in (False, True):
            async with nothing_changes(store, "looking at a healthy store"):
                assert await store.verify(repair=repair) == []


async def check_nothing_that_is_well_is_in_quarantine(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await lived(store, seed=4)
        await store.write([Insert(REGION, sample_placed(10**6)), Document("a", 1)])
        keys = [REGION, "a", sample_id(10**6), f"{REGION}/{sample_id(10**6)}", "bookkeeping/a"]
        for _ in range(2):
            async with nothing_changes(store, "looking into and emptying the quarantine"):
                assert await store.quarantine() == []
                await store.discard(keys)


async def check_an_engram_with_two_owners_is_named_and_mended(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        for region in REGIONS:
            await store.engrams(region).insert([sample_placed(1, "harbour")])
        await store.engrams(REGION).insert([sample_placed(2)])
        [newest] = await store.engrams(REGION).amend([sample_id(1)], counted, op_id="a")
        async with nothing_changes(store, "looking"):
            flaws = await store.verify()
            assert flaws and not any(flaw.repaired for flaw in flaws)
            assert any(sample_id(1) in flaw.key + flaw.problem for flaw in flaws), flaws
            assert not any(sample_id(2) in flaw.key + flaw.problem for flaw in flaws), flaws
        assert all(flaw.repaired for flaw in await store.verify(repair=True))
        assert await store.verify() == []
        assert await store.engrams(HIPPOCAMPUS).scan() == []
        assert await store.engrams(HIPPOCAMPUS).find([newest.digest]) == [None]
        kept = await store.engrams(REGION).get([sample_id(1), sample_id(2)])
        assert_same(kept, [newest, sample_placed(2).engram])


async def check_links_that_lead_nowhere_are_named_and_mended(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await store.engrams(HIPPOCAMPUS).insert([sample_placed(1)], writer="somebody")
        await store.engrams(REGION).insert([sample_placed(2), sample_placed(3), sample_placed(4)])
        good = Link(sample_id(1), sample_id(2), "temporal", 1.0)
        loose = [
            Link(sample_id(2), sample_id(3), "temporal", 1.0),
            Link(sample_id(4), sample_id(2), "co_held", 1.0),
        ]
        await store.write([good, *loose])
        await store.write([Remove(REGION, sample_id(3)), Remove(REGION, sample_id(4))])
        async with nothing_changes(store, "looking"):
            flaws = await store.verify()
            for gone in (3, 4):
                assert any(sample_id(gone) in flaw.key + flaw.problem for flaw in flaws), flaws
        assert all(flaw.repaired for flaw in await store.verify(repair=True))
        assert await store.verify() == []
        assert await store.links([sample_id(n) for n in (1, 2, 4)]) == [[good], [], []]


async def check_a_link_of_what_is_gone_is_not_kept(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await store.engrams(HIPPOCAMPUS).insert([sample_placed(1)])
        await store.engrams(REGION).insert([sample_placed(2), sample_placed(3)])
        await store.write([Remove(REGION, sample_id(3)), Unlink(sample_id(3))])
        ends = [(1, 2), (2, 1), (2, 3), (3, 1), (4, 4)]
        await store.write([Link(sample_id(a), sample_id(b), "temporal", 1.0) for a, b in ends])
        node = Link("a node", sample_id(1), "instance", 1.0)  # what is no engram's id is never gone
        await store.write([node, Link(sample_id(3), "a node", "instance", 1.0)])
        kept = [Link(sample_id(a), sample_id(b), "temporal", 1.0) for a, b in ends[:2]]
        assert await store.links([sample_id(n) for n in range(1, 5)]) == [[kept[0]], [kept[1]], [], []]
        assert await store.links(["a node"]) == [[node]]
        assert await store.verify() == []


async def check_scrubbing_keeps_what_is_there(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await lived(store, seed=2)
        for _ in range(2):
            async with nothing_changes(store, "scrubbing"):
                _assert_sentences(*await store.scrub())
        assert await store.verify() == []


CARE_CHECKS = (
    check_health_says_how_well_it_keeps,
    check_a_healthy_store_has_no_flaws,
    check_nothing_that_is_well_is_in_quarantine,
    check_an_engram_with_two_owners_is_named_and_mended,
    check_links_that_lead_nowhere_are_named_and_mended,
    check_a_link_of_what_is_gone_is_not_kept,
    check_scrubbing_keeps_what_is_there,
)
