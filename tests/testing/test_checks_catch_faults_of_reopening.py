"""The checks of durable stores and of namespaces earn their place: each catches a planted fault."""

import asyncio
import math

import pytest
from planting import Faults

from neuro.errors import StoreClosedError
from neuro.stores.base import Document, Placed, Unlink
from neuro.stores.fencing import fenced
from neuro.stores.memory import MemoryStore
from neuro.testing.doubles import EngramsWrapper, StoreWrapper
from neuro.testing.stores import DURABLE_CHECKS, check_namespaces_are_isolated, check_store, life

faults = Faults()


class Place:
    """A place in memory that can be opened again, as that of a durable store; faults forget while closed."""

    async def make_store(self):
        self.kept, self.openings = MemoryStore(), 0
        return await self.open()

    async def reopen(self):
        await self.forget(self.kept, self.kept.engrams("neocortex"))
        return await self.open()

    async def open(self):
        self.openings += 1
        return Opened(self.kept)

    async def forget(self, store, engrams):
        return None


class Opened(StoreWrapper):
    """What is closed when it is left, while the place goes on."""

    closed = False

    async def around(self, verb, call, *, written=0):
        if self.closed:
            raise StoreClosedError("this store is closed")
        return await super().around(verb, call, written=written)

    async def aclose(self):
        self.closed = True


@faults.caught_by(life.check_engrams_survive_reopening)
class LosesAnEngram(Place):
    async def forget(self, store, engrams):
        [first] = await engrams.scan(limit=1)
        await engrams.delete(first.engram_id)


@faults.caught_by(life.check_engrams_survive_reopening)
class LosesTheLastChange(Place):
    async def forget(self, store, engrams):
        everything = await engrams.scan()
        for engram in everything:
            await engrams.delete(engram.engram_id)
        await engrams.insert([Placed(e.model_copy(update={"revision": 0}), 1e6) for e in everything])


@faults.caught_by(life.check_the_forget_index_survives_reopening)
class WakesTheDormant(Place):
    async def forget(self, store, engrams):
        keys = [-1e300, 5e-324, 0.1 + 0.2, 1_700_000_000.123456, math.inf]
        for engram, key in zip(await engrams.scan(), keys, strict=True):
            for moved in (math.inf, key):
                await engrams.amend(
                    [engram.engram_id], lambda e, at=moved: Placed(e, at), op_id=f"wakes {moved}"
                )


@faults.caught_by(life.check_the_agendas_survive_reopening)
class LosesTheAgendas(Place):
    async def forget(self, store, engrams):
        ids = [engram.engram_id for engram in await engrams.scan()]
        await engrams.amend(ids, lambda e: Placed(e, 1e6), op_id="loses")


class Reopens(Place):
    """A base for faults of what is opened; ``again`` tells the first opening from those after it."""

    async def open(self):
        opened = await super().open()
        await self.plant(opened, self.openings > 1)
        return opened

    async def plant(self, opened, again):
        raise NotImplementedError


@faults.caught_by(life.check_operations_survive_reopening)
class ForgetsOperationsOfEngrams(Reopens):
    async def plant(self, opened, again):
        class Region(EngramsWrapper):
            async def amend(self, engram_ids, change, *, op_id):
                return await self.inner.amend(engram_ids, change, op_id=f"{again} {op_id}")

        opened.wrap = lambda inner: Region(inner, opened)


@faults.caught_by(life.check_operations_survive_reopening, life.check_two_handles_see_what_each_other_writes)
class ForgetsOperationsOfWrites(Reopens):
    async def plant(self, opened, again):
        async def write(writes, *, op_id=None):
            await self.kept.write(writes, op_id=op_id and f"{again} {op_id}")

        opened.write = write


@faults.caught_by(life.check_bookkeeping_survives_reopening)
class LosesLinks(Place):
    async def forget(self, store, engrams):
        await store.write([Unlink("a")])


@faults.caught_by(life.check_bookkeeping_survives_reopening)
class LosesDocuments(Place):
    async def forget(self, store, engrams):
        await store.write([Document("clock", None)])


@faults.caught_by(life.check_writers_survive_reopening)
class ForgetsWhoLives(Place):
    async def forget(self, store, engrams):
        for writer in ("living", "adopter"):
            await store.retire(writer)


@faults.caught_by(life.check_writers_survive_reopening)
class TakesTheSilentForAlive(Place):
    async def forget(self, store, engrams):
        await store.beat("silent", 1e9)


@faults.caught_by(life.check_news_survive_reopening)
class StartsTheNewsAnew(Reopens):
    async def plant(self, opened, again):
        first = (await self.kept.news(None)).position

        async def news(since):
            late = since is not None and int(since) < int(first)
            return await self.kept.news(first if late else since)

        opened.news = news


@faults.caught_by(life.check_the_lease_survives_reopening)
class LosesTheLease(Place):
    async def forget(self, store, engrams):
        await store.release(await store.acquire("nobody", now=math.inf, until=0.0))


@faults.caught_by(life.check_the_lease_survives_reopening, life.check_two_handles_share_writers_and_the_lease)
class KnowsOnlyItsOwnFences(Reopens):
    async def plant(self, opened, again):
        class Region(EngramsWrapper):
            async def insert(self, items, *, writer=None):
                with fenced(10**9):
                    await self.inner.insert(items, writer=writer)

        async def write(writes, *, op_id=None):
            with fenced(10**9):
                await self.kept.write(writes, op_id=op_id)

        opened.write, opened.wrap = write, lambda inner: Region(inner, opened)


# Several handles of one place


@faults.caught_by(
    life.check_two_handles_see_what_each_other_writes, life.check_no_news_of_another_handle_is_missed
)
class TellsOnlyItsOwnNews(Reopens):
    async def plant(self, opened, again):
        class Region(EngramsWrapper):
            async def insert(self, items, *, writer=None):
                await self.inner.insert(items, writer=writer)
                told.update(item.engram.engram_id for item in items)

        async def news(since):
            found = await self.kept.news(since)
            return found._replace(happened=tuple(each for each in found.happened if each[1] in told))

        told = set()
        opened.news, opened.wrap = news, lambda inner: Region(inner, opened)


@faults.caught_by(life.check_two_handles_see_what_each_other_writes)
class ReadsWhatItReadBefore(Reopens):
    async def plant(self, opened, again):
        class Region(EngramsWrapper):
            async def get(self, engram_ids):
                for engram_id in engram_ids:
                    if engram_id not in read:
                        read[engram_id] = (await self.inner.get([engram_id]))[0]
                return [read[engram_id] for engram_id in engram_ids]

        read = {}
        opened.wrap = lambda inner: Region(inner, opened)


@faults.caught_by(life.check_no_news_of_another_handle_is_missed)
class TakesThePositionLate(Reopens):
    async def plant(self, opened, again):
        async def news(since):
            found = await self.kept.news(since)
            await asyncio.sleep(0)
            return found._replace(position=(await self.kept.news(None)).position)

        opened.news = news


@faults.caught_by(life.check_two_handles_share_writers_and_the_lease)
class HasALeaseForEachHandle(Reopens):
    async def plant(self, opened, again):
        apart = MemoryStore()
        opened.acquire = apart.acquire


@faults.caught_by(life.check_two_handles_share_writers_and_the_lease)
class AdoptsInEachHandle(Reopens):
    async def plant(self, opened, again):
        async def adopt(region, writer, *, silent_since):
            return [engram.engram_id for engram in await self.kept.engrams(region).scan()]

        opened.adopt = adopt


@faults.caught_by(life.check_changes_of_a_document_through_two_handles_all_count)
class LocksEachHandleAlone(Place):
    async def open(self):
        opened, lock = await super().open(), asyncio.Lock()

        async def amend_document(key, change):
            async with lock:
                [held] = await self.kept.read_documents([key])
                await asyncio.sleep(0)
                return await self.kept.amend_document(key, lambda _: change(held))

        opened.amend_document = amend_document
        return opened


@faults.parametrize()
async def test_a_planted_fault_of_reopening_is_caught(fault, check):
    place = fault()
    with pytest.raises(AssertionError):
        await check(place.make_store, place.reopen)


def test_every_check_of_reopening_catches_a_fault():
    assert faults.checks == set(DURABLE_CHECKS)


@pytest.mark.parametrize("check", DURABLE_CHECKS, ids=lambda check: check.__name__)
async def test_a_place_that_keeps_everything_passes(check):
    place = Place()
    await check(place.make_store, place.reopen)


async def make_memory_store():
    return MemoryStore()


async def test_two_stores_are_isolated_namespaces():
    await check_namespaces_are_isolated(make_memory_store, make_memory_store)


async def test_one_store_given_as_two_namespaces_is_caught():
    shared = MemoryStore()

    async def same_store():
        return shared

    with pytest.raises(AssertionError):
        await check_namespaces_are_isolated(same_store, same_store)


async def test_check_store_runs_the_checks_of_durable_stores_and_of_namespaces():
    place, forgetful = Place(), LosesLinks()
    await check_store(place.make_store, reopen=place.reopen, open_neighbour=make_memory_store)
    with pytest.raises(AssertionError):
        await check_store(forgetful.make_store, reopen=forgetful.reopen)
