"""Checks of writers: whose engrams are, and how those of a writer that is gone get another one."""

from __future__ import annotations

import asyncio
import math
from contextlib import aclosing

from neuro.stores.base import Insert, Remove, Replace, Store
from neuro.testing.samples import sample_id, sample_placed
from neuro.testing.stores.engrams import REGION, MakeStore, counted
from neuro.testing.stores.images import HIPPOCAMPUS, nothing_changes

_NOW = 1_700_000_000.123456


def _ids(*numbers: int) -> list[str]:
    return [sample_id(number) for number in numbers]


async def _adopt(store: Store, writer: str, silent_since: float = _NOW - 30.0) -> list[str]:
    return await store.adopt(HIPPOCAMPUS, writer, silent_since=silent_since)


async def check_the_living_keep_what_is_theirs(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, beats = store.engrams(HIPPOCAMPUS), (_NOW, _NOW - 30.0, _NOW - 29.9)
        for number, at in enumerate(beats):
            await store.beat(f"writer {number}", at)
            await engrams.insert([sample_placed(number)], writer=f"writer {number}")
        await store.write([Insert(HIPPOCAMPUS, sample_placed(9), "writer 0")])
        assert await _adopt(store, "adopter") == [], "a living writer lost what it wrote"


async def check_what_belongs_to_nobody_is_adopted(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(HIPPOCAMPUS)
        await store.beat("silent", _NOW)
        await store.beat("retired", _NOW + 40.0)
        await engrams.insert([sample_placed(n) for n in (7, 1)], writer="retired")
        await engrams.insert([sample_placed(2)], writer="silent")
        await store.write(
            [Insert(HIPPOCAMPUS, sample_placed(5)), Insert(HIPPOCAMPUS, sample_placed(3), "living")]
        )
        await store.retire("retired")
        await store.beat("living", _NOW + 40.0)
        await store.beat("adopter", _NOW + 40.0)
        async with nothing_changes(store, "an adoption"):
            assert await _adopt(store, "adopter", _NOW + 10.0) == _ids(1, 2, 5, 7)


async def check_the_adopted_belong_to_their_adopter(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await store.engrams(HIPPOCAMPUS).insert([sample_placed(n) for n in (1, 2)])
        for writer in ("first", "second"):
            await store.beat(writer, _NOW)
        assert await _adopt(store, "first") == _ids(1, 2)
        assert await _adopt(store, "second") == []
        await store.retire("first")
        assert await _adopt(store, "second") == _ids(1, 2)
        await store.beat("first", _NOW + 50.0)
        assert await _adopt(store, "first") == [], "what was given away came back with a beat"
        assert await _adopt(store, "first", _NOW + 1.0) == _ids(1, 2)


async def check_of_several_that_adopt_at_once_one_gets_an_engram(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await store.beat("gone", _NOW)
        await store.engrams(HIPPOCAMPUS).insert([sample_placed(n) for n in range(10)], writer="gone")
        await store.engrams(HIPPOCAMPUS).insert([sample_placed(n) for n in range(10, 20)])
        await store.retire("gone")
        adopters = [f"adopter {n}" for n in range(5)]
        await asyncio.gather(*(store.beat(adopter, _NOW) for adopter in adopters))
        adopted = await asyncio.gather(*(_adopt(store, adopter) for adopter in adopters))
        assert sorted(engram_id for ids in adopted for engram_id in ids) == _ids(*range(20))


async def check_an_engram_keeps_its_writer_whatever_happens_to_it(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, ids = store.engrams(HIPPOCAMPUS), _ids(1, 2)
        await store.beat("writer", _NOW)
        await store.beat("other", _NOW - 60.0)
        items = [sample_placed(n, forgotten_at=10.0) for n in (1, 2)]
        await engrams.insert(items, writer="writer")
        await engrams.insert(items, writer="other")
        await store.write([Insert(HIPPOCAMPUS, item) for item in items])
        amended = await engrams.amend(ids, lambda e: counted(e, 10.0), op_id="a")
        await store.write([Replace(HIPPOCAMPUS, counted(amended[0], 10.0), 1)])
        assert await engrams.demote(ids, 20.0) == ids
        assert await _adopt(store, "adopter") == []
        await store.retire("writer")
        assert await _adopt(store, "adopter") == ids


async def check_what_comes_again_has_the_writer_it_comes_with(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, item = store.engrams(HIPPOCAMPUS), sample_placed(1)
        await store.beat("living", _NOW)
        await engrams.insert([item])
        await engrams.delete(sample_id(1))
        await engrams.insert([item], writer="living")
        assert await _adopt(store, "adopter") == []
        await store.write([Remove(HIPPOCAMPUS, sample_id(1)), Insert(HIPPOCAMPUS, item)])
        await store.beat("adopter", _NOW)
        assert await _adopt(store, "adopter") == _ids(1)
        await engrams.delete(sample_id(1))
        await store.retire("adopter")
        assert await _adopt(store, "another") == [], "what is gone was adopted"


async def check_engrams_are_adopted_in_their_region(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await store.beat("gone", _NOW - 60.0)
        await store.engrams(HIPPOCAMPUS).insert([sample_placed(1)], writer="gone")
        await store.engrams(REGION).insert([sample_placed(2)], writer="gone")
        await store.engrams(HIPPOCAMPUS).insert([sample_placed(3)], writer="gone")
        await store.write([Remove(HIPPOCAMPUS, sample_id(3)), Insert(REGION, sample_placed(3))])
        await store.beat("adopter", _NOW)
        assert await _adopt(store, "adopter") == _ids(1)
        assert await store.adopt(REGION, "adopter", silent_since=_NOW - 30.0) == _ids(2, 3)
        assert await store.adopt("unused", "adopter", silent_since=_NOW) == []


async def check_a_beat_of_a_clock_that_was_set_back_is_no_sign_of_life(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams, bound = store.engrams(HIPPOCAMPUS), _NOW + 30.0
        beats = {"living": _NOW, "on the bound": bound, "ahead": math.nextafter(bound, math.inf)}
        for number, (writer, at) in enumerate(beats.items()):
            await store.beat(writer, at)
            await engrams.insert([sample_placed(number)], writer=writer)
        await engrams.insert([sample_placed(7)], writer="adopter")
        await store.beat("adopter", _NOW + 3600.0)
        silent_since = _NOW - 30.0
        for adopted in (_ids(2), []):
            found = await store.adopt(HIPPOCAMPUS, "adopter", silent_since=silent_since, ahead_of=bound)
            assert found == adopted, "a beat from after the bound is none, and only such a one"
        assert await _adopt(store, "another") == [], "the adopter's own beat was struck off"


async def check_the_last_beat_counts(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await store.engrams(HIPPOCAMPUS).insert([sample_placed(1)], writer="writer")
        await asyncio.gather(*(store.beat(name, _NOW - 60.0) for name in ("writer", "another")))
        await store.beat("another", _NOW)
        await store.retire("another")
        await store.beat("writer", _NOW)
        assert await _adopt(store, "adopter", _NOW) == []
        await store.retire("writer")
        await store.beat("writer", _NOW + 1.0)
        assert await _adopt(store, "adopter", _NOW) == [], "a writer that beats again lives"
        await store.retire("unknown")
        await store.beat("odd: {}'%\u00fc", _NOW)
        await store.engrams(HIPPOCAMPUS).insert([sample_placed(2)], writer="odd: {}'%\u00fc")
        assert await _adopt(store, "adopter", _NOW) == []


WRITER_CHECKS = (
    check_the_living_keep_what_is_theirs,
    check_what_belongs_to_nobody_is_adopted,
    check_the_adopted_belong_to_their_adopter,
    check_of_several_that_adopt_at_once_one_gets_an_engram,
    check_an_engram_keeps_its_writer_whatever_happens_to_it,
    check_what_comes_again_has_the_writer_it_comes_with,
    check_engrams_are_adopted_in_their_region,
    check_a_beat_of_a_clock_that_was_set_back_is_no_sign_of_life,
    check_the_last_beat_counts,
)
