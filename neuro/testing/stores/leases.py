"""Checks of the sleeper's lease, and of writes that are refused once somebody else has got it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Generator
from contextlib import aclosing, contextmanager, suppress

from neuro.errors import LeaseLostError
from neuro.stores.base import Document, Insert, Lease, Link, Remove, Replace, Store, Unlink, Write
from neuro.stores.fencing import fenced
from neuro.testing.expect import raises
from neuro.testing.samples import sample_engram, sample_id, sample_placed
from neuro.testing.stores.bookkeeping import more
from neuro.testing.stores.engrams import REGION, MakeStore, counted
from neuro.testing.stores.images import nothing_changes

_NOW = 1_700_000_000.123456
_UNTIL = _NOW + 10.0


@contextmanager
def never_refused(what: str) -> Generator[None]:
    """The block must not be refused for want of a lease."""
    try:
        yield
    except LeaseLostError as error:
        raise AssertionError(f"{what} was refused") from error


async def _acquire(store: Store, holder: str, now: float = _NOW) -> Lease:
    return await store.acquire(holder, now=now, until=now + 10.0)


# Holding


async def check_a_lease_is_held_until_it_ends(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        first = await _acquire(store, "one")
        assert first == Lease("one", first.fence, _UNTIL)
        for now in (_NOW - 100.0, _NOW, math.nextafter(_UNTIL, -math.inf)):
            assert await _acquire(store, "two", now) == first, "two held it at once"
        second = await _acquire(store, "two", _UNTIL)
        assert second == Lease("two", second.fence, _UNTIL + 10.0)
        assert second.fence > first.fence
        assert await _acquire(store, "one", _UNTIL) == second


async def check_of_several_that_acquire_at_once_one_holds(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        fence, now = -math.inf, _NOW
        for _ in range(4):
            leases = await asyncio.gather(*(_acquire(store, f"{n}", now) for n in range(6)))
            assert len(set(leases)) == 1, f"several hold it: {set(leases)}"
            assert leases[0].fence > fence
            fence, now = leases[0].fence, leases[0].until


async def check_a_lease_is_prolonged_unless_it_is_lost(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        first = await _acquire(store, "one")
        assert await store.renew(first, until=_UNTIL + 5.0)
        assert await _acquire(store, "two", _UNTIL) == first._replace(until=_UNTIL + 5.0)
        assert await store.renew(first, until=_UNTIL + 6.0), "it was late, but nobody had got the lease"
        second = await _acquire(store, "two", _UNTIL + 6.0)
        assert second.holder == "two"
        assert not await store.renew(first, until=_UNTIL + 99.0)
        assert not await store.renew(first._replace(holder="two"), until=_UNTIL + 99.0)
        assert await _acquire(store, "three", _UNTIL + 6.0) == second, (
            "a loser prolonged the lease of another"
        )


async def check_a_lease_is_released_by_its_holder_alone(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        first = await _acquire(store, "one")
        await store.release(first)
        second = await _acquire(store, "two")
        assert second.holder == "two" and second.fence > first.fence, "a fence was given twice"
        for _ in range(2):
            await store.release(first)
            assert await _acquire(store, "three") == second, "a loser released the lease of another"
        await store.release(second)
        assert (await _acquire(store, "three")).fence > second.fence


async def check_a_holder_that_acquires_again_gets_a_new_lease(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        first = await _acquire(store, "one")
        second = await _acquire(store, "one", _NOW + 1.0)
        assert second == Lease("one", second.fence, _UNTIL + 1.0) and second.fence > first.fence
        assert not await store.renew(first, until=_UNTIL + 9.0)
        with fenced(first.fence), raises(LeaseLostError):
            await store.write([Document("a", 1)])
        with fenced(second.fence), never_refused("a write under the lease"):
            await store.write([Document("a", 2)])
        assert await store.read_documents(["a"]) == [2]


# Fences


def _writing(store: Store) -> list[Callable[[], Awaitable[object]]]:
    """Every verb that writes, and every kind of write."""
    engrams, held = store.engrams(REGION), sample_id(1)
    writes: list[Write] = [
        Insert(REGION, sample_placed(2)),
        Replace(REGION, counted(sample_engram(1), 20.0), 0),
        Remove(REGION, held),
        Link(held, held, "temporal", 0.5),
        Unlink(held),
        Document("a", 2),
    ]
    return [
        *(lambda write=write: store.write([write]) for write in writes),
        lambda: store.write(writes, op_id="all"),
        lambda: engrams.insert([sample_placed(2)], writer="somebody"),
        lambda: engrams.amend([held], lambda e: counted(e, 20.0), op_id="a"),
        lambda: engrams.demote([held], 1e9),
        lambda: engrams.delete(held),
        lambda: engrams.delete(held, revision=0),
        lambda: store.amend_document("a", more),
    ]


async def _populate(store: Store) -> None:
    await store.engrams(REGION).insert([sample_placed(1, forgotten_at=10.0)])
    await store.write([Link(sample_id(1), sample_id(1), "temporal", 1.0), Document("a", 1)])


async def check_every_write_under_a_lost_lease_is_refused(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        await _populate(store)
        lost = await _acquire(store, "one")
        await _acquire(store, "two", _UNTIL)
        async with nothing_changes(store, "a write under a lost lease"):
            for verb in _writing(store):
                with fenced(lost.fence), raises(LeaseLostError):
                    await verb()


async def check_writes_under_the_lease_and_under_none_are_never_refused(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        lost = await _acquire(store, "one")
        for verb in range(len(_writing(store))):
            await _populate(store)
            held = await _acquire(store, "two", _UNTIL)
            with fenced(held.fence), never_refused("a write under the lease"):
                await _writing(store)[verb]()
            await store.write([Remove(REGION, sample_id(n)) for n in (1, 2)])
            await _populate(store)
            with never_refused("a write under no lease"):
                await _writing(store)[verb]()
            await store.write([Remove(REGION, sample_id(n)) for n in (1, 2)])
        with fenced(lost.fence), never_refused("reading"):
            assert await store.engrams(REGION).scan() == []
            assert await store.links([sample_id(9)]) == [[]]


async def check_a_lease_that_nobody_took_still_writes(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        lease = await _acquire(store, "one")
        assert await _acquire(store, "two") == lease
        with fenced(lease.fence), never_refused("a write under the last lease"):
            await store.write([Document("a", 1)])
            await store.release(lease)
            assert await store.amend_document("a", more) == 2


async def check_a_write_carries_the_lease_of_its_own_task(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        lost = await _acquire(store, "one")
        held = await _acquire(store, "two", _UNTIL)

        async def write(number: int, fence: int | None) -> bool:
            try:
                if fence is None:
                    await store.engrams(REGION).insert([sample_placed(number)])
                else:
                    with fenced(fence):
                        await store.engrams(REGION).insert([sample_placed(number)])
            except LeaseLostError:
                return False
            return True

        fences = [(None, lost.fence, held.fence)[n % 3] for n in range(18)]
        written = await asyncio.gather(*(write(number, fence) for number, fence in enumerate(fences)))
        assert written == [fence != lost.fence for fence in fences]
        stored = {engram.engram_id for engram in await store.engrams(REGION).scan()}
        assert stored == {sample_id(n) for n, done in enumerate(written) if done}


async def check_nothing_is_written_after_the_lease_was_lost(make_store: MakeStore) -> None:
    async with aclosing(await make_store()) as store:
        engrams = store.engrams(REGION)

        async def written() -> list[object]:
            return [await engrams.count(0.0), await store.read_documents(["a"])]

        for life in range(6):
            lease = await _acquire(store, "sleeper", _NOW + 100.0 * life)

            async def sleep(number: int, fence: int = lease.fence) -> None:
                with fenced(fence), suppress(LeaseLostError):
                    for step in range(3):
                        await engrams.insert([sample_placed(1000 * fence + 10 * number + step)])
                        await store.amend_document("a", more)
                        await asyncio.sleep(0)

            async def take(now: float = lease.until) -> list[object]:
                await asyncio.sleep(0)
                assert (await _acquire(store, "other", now)).holder == "other"
                return await written()

            sleepers = [asyncio.create_task(sleep(number)) for number in range(6)]
            seen = await take()
            await asyncio.gather(*sleepers)
            assert seen == await written(), "a late write landed under a lost lease"


LEASE_CHECKS = (
    check_a_lease_is_held_until_it_ends,
    check_of_several_that_acquire_at_once_one_holds,
    check_a_lease_is_prolonged_unless_it_is_lost,
    check_a_lease_is_released_by_its_holder_alone,
    check_a_holder_that_acquires_again_gets_a_new_lease,
    check_every_write_under_a_lost_lease_is_refused,
    check_writes_under_the_lease_and_under_none_are_never_refused,
    check_a_lease_that_nobody_took_still_writes,
    check_a_write_carries_the_lease_of_its_own_task,
    check_nothing_is_written_after_the_lease_was_lost,
)
