"""The checks of durable stores and of namespaces earn their place: each catches a planted fault."""

import asyncio
import math

import pytest
from planting import Faults

from neuro.errors import StoreClosedError
from neuro.stores.base import Placed
from neuro.stores.memory import MemoryStore
from neuro.testing.doubles import EngramsWrapper, StoreWrapper
from neuro.testing.samples import sample_placed
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


@faults.caught_by(life.check_the_agendas_survive_reopening)
class LosesTheAgendasOfArrivals(Place):
    async def forget(self, store, engrams):
        for engram_id in await engrams.arrivals():
            await engrams.delete(engram_id)
            await engrams.insert([sample_placed(int(engram_id, 16))], arriving=True)


@faults.caught_by(life.check_arrivals_and_operations_survive_reopening)
class ShowsArrivals(Place):
    async def forget(self, store, engrams):
        await engrams.reveal(await engrams.arrivals())


@faults.caught_by(life.check_arrivals_and_operations_survive_reopening)
class LosesArrivals(Place):
    async def forget(self, store, engrams):
        for engram_id in await engrams.arrivals():
            await engrams.delete(engram_id)


@faults.caught_by(life.check_arrivals_and_operations_survive_reopening)
class ForgetsOperations(Place):
    async def open(self):
        opened = await super().open()
        opening = self.openings

        class Region(EngramsWrapper):
            async def amend(self, engram_ids, change, *, op_id):
                return await self.inner.amend(engram_ids, change, op_id=f"{opening} {op_id}")

        opened.wrap = lambda inner: Region(inner, opened)
        return opened


@faults.caught_by(life.check_bookkeeping_survives_reopening)
class LosesTheJournal(Place):
    async def forget(self, store, engrams):
        await store.write_journal([], drop=[engram.engram_id for engram in await store.journal()])


@faults.caught_by(life.check_bookkeeping_survives_reopening)
class LosesLinks(Place):
    async def forget(self, store, engrams):
        await store.unlink("a")


@faults.caught_by(life.check_bookkeeping_survives_reopening)
class LosesDocuments(Place):
    async def forget(self, store, engrams):
        await store.write_documents({"clock": None})


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
    place, forgetful = Place(), LosesTheJournal()
    await check_store(place.make_store, reopen=place.reopen, open_neighbour=make_memory_store)
    with pytest.raises(AssertionError):
        await check_store(forgetful.make_store, reopen=forgetful.reopen)
