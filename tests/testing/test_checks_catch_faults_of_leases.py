"""The checks of the lease earn their place: each catches a planted fault."""

import asyncio
import math

from planting import Faults, FaultyEngrams, FaultyStore, assert_caught

from neuro.errors import LeaseLostError
from neuro.stores.base import Lease
from neuro.stores.fencing import current_fence, fenced
from neuro.testing.stores import leases as checks

faults = Faults()
EVERY = 10**9
"""A fence beyond all others: what is written under it is never refused."""


class Remembers(FaultyStore):
    """A base for faults that know the lease in force."""

    held = Lease("", 0, -math.inf)

    async def acquire(self, holder, *, now, until):
        self.held = await self.inner.acquire(holder, now=now, until=until)
        return self.held


# Holding


@faults.caught_by(checks.check_a_lease_is_held_until_it_ends)
class GivesItToWhoeverAsks(FaultyStore):
    async def acquire(self, holder, *, now, until):
        return await self.inner.acquire(holder, now=math.inf, until=until)


@faults.caught_by(checks.check_a_lease_is_held_until_it_ends)
class GivesItALittleLate(FaultyStore):
    async def acquire(self, holder, *, now, until):
        return await self.inner.acquire(holder, now=math.nextafter(now, -math.inf), until=until)


@faults.caught_by(checks.check_a_lease_is_held_until_it_ends)
class KnowsWholeSeconds(FaultyStore):
    async def acquire(self, holder, *, now, until):
        return await self.inner.acquire(holder, now=now, until=float(int(until)))


@faults.caught_by(checks.check_of_several_that_acquire_at_once_one_holds)
class LooksBeforeItGives(Remembers):
    async def acquire(self, holder, *, now, until):
        if self.held.until <= now:
            await asyncio.sleep(0)
            self.held = Lease(holder, self.held.fence + 1, until)
            return self.held
        return self.held


@faults.caught_by(checks.check_a_lease_is_prolonged_unless_it_is_lost)
class RenewsForLosers(Remembers):
    async def renew(self, lease, *, until):
        return await self.inner.renew(self.held, until=until)


@faults.caught_by(checks.check_a_lease_is_prolonged_unless_it_is_lost)
class RenewsByTheNameOfTheHolder(Remembers):
    async def renew(self, lease, *, until):
        return lease.holder == self.held.holder and await self.inner.renew(self.held, until=until)


@faults.caught_by(checks.check_a_lease_is_prolonged_unless_it_is_lost)
class SaysYesAndRenewsNothing(FaultyStore):
    async def renew(self, lease, *, until):
        return True


@faults.caught_by(checks.check_a_lease_is_released_by_its_holder_alone)
class ReleasesForLosers(Remembers):
    async def release(self, lease):
        await self.inner.release(self.held)


@faults.caught_by(checks.check_a_lease_is_released_by_its_holder_alone)
class NeverReleases(FaultyStore):
    async def release(self, lease):
        return None


@faults.caught_by(checks.check_a_lease_is_released_by_its_holder_alone)
class StartsTheFencesAnew(FaultyStore):
    released = 0

    async def acquire(self, holder, *, now, until):
        lease = await self.inner.acquire(holder, now=now, until=until)
        return lease._replace(fence=lease.fence - self.released)

    async def release(self, lease):
        await self.inner.release(lease._replace(fence=lease.fence + self.released))
        self.released = lease.fence


@faults.caught_by(checks.check_a_holder_that_acquires_again_gets_a_new_lease)
class ProlongsTheLeaseOfWhoAcquiresAgain(Remembers):
    async def acquire(self, holder, *, now, until):
        if holder == self.held.holder and await self.inner.renew(self.held, until=until):
            return self.held._replace(until=until)
        return await super().acquire(holder, now=now, until=until)


# Fences


@faults.caught_by(
    checks.check_every_write_under_a_lost_lease_is_refused,
    checks.check_a_holder_that_acquires_again_gets_a_new_lease,
)
class WritesUnderAnyLease(FaultyStore):
    async def write(self, writes, *, op_id=None):
        with fenced(EVERY):
            await self.inner.write(writes, op_id=op_id)


@faults.caught_by(checks.check_every_write_under_a_lost_lease_is_refused)
class AmendsDocumentsUnderAnyLease(FaultyStore):
    async def amend_document(self, key, change):
        with fenced(EVERY):
            return await self.inner.amend_document(key, change)


@faults.caught_by(
    checks.check_every_write_under_a_lost_lease_is_refused,
    checks.check_a_write_carries_the_lease_of_its_own_task,
    checks.check_nothing_is_written_after_the_lease_was_lost,
)
class InsertsUnderAnyLease(FaultyEngrams):
    async def insert(self, items, *, writer=None):
        with fenced(EVERY):
            await self.inner.insert(items, writer=writer)


@faults.caught_by(checks.check_every_write_under_a_lost_lease_is_refused)
class AmendsUnderAnyLease(FaultyEngrams):
    async def amend(self, engram_ids, change, *, op_id):
        with fenced(EVERY):
            return await self.inner.amend(engram_ids, change, op_id=op_id)


@faults.caught_by(checks.check_every_write_under_a_lost_lease_is_refused)
class DemotesUnderAnyLease(FaultyEngrams):
    async def demote(self, engram_ids, before):
        with fenced(EVERY):
            return await self.inner.demote(engram_ids, before)


@faults.caught_by(checks.check_every_write_under_a_lost_lease_is_refused)
class DeletesUnderAnyLease(FaultyEngrams):
    async def delete(self, engram_id, *, revision=None):
        with fenced(EVERY):
            return await self.inner.delete(engram_id, revision=revision)


@faults.caught_by(checks.check_writes_under_the_lease_and_under_none_are_never_refused)
class RefusesWhatIsUnderNoLease(FaultyStore):
    async def amend_document(self, key, change):
        if current_fence() is None:
            raise LeaseLostError("no lease")
        return await self.inner.amend_document(key, change)


@faults.caught_by(checks.check_writes_under_the_lease_and_under_none_are_never_refused)
class RefusesTheLeaseInForce(FaultyStore):
    async def write(self, writes, *, op_id=None):
        with fenced((current_fence() or EVERY) - 1):
            await self.inner.write(writes, op_id=op_id)


@faults.caught_by(checks.check_writes_under_the_lease_and_under_none_are_never_refused)
class RefusesReading(Remembers):
    async def links(self, engram_ids):
        if (current_fence() or EVERY) < self.held.fence:
            raise LeaseLostError("reading")
        return await self.inner.links(engram_ids)


@faults.caught_by(checks.check_a_lease_that_nobody_took_still_writes)
class RefusesTheReleased(FaultyStore):
    async def release(self, lease):
        await self.inner.release(lease)
        await self.inner.acquire("nobody", now=math.inf, until=-math.inf)


@faults.caught_by(checks.check_a_write_carries_the_lease_of_its_own_task)
class InsertsTogetherUnderTheLeaseOfTheFirst(FaultyEngrams):
    def prepare(self):
        self.waiting = []

    async def insert(self, items, *, writer=None):
        done = asyncio.get_running_loop().create_future()
        self.waiting.append((items, done))
        if len(self.waiting) == 1:
            await asyncio.sleep(0)
            waiting, self.waiting = self.waiting, []
            for several, each in waiting:
                try:
                    each.set_result(await self.inner.insert(several))
                except LeaseLostError as error:
                    each.set_exception(error)
        await done


@faults.caught_by(checks.check_nothing_is_written_after_the_lease_was_lost)
class LooksAtTheLeaseBeforeItWrites(FaultyStore):
    async def amend_document(self, key, change):
        await self.inner.write([])
        await asyncio.sleep(0)
        with fenced(EVERY):
            return await self.inner.amend_document(key, change)


@faults.parametrize()
async def test_a_planted_fault_of_the_lease_is_caught(fault, check):
    await assert_caught(fault, check)


def test_every_check_of_the_lease_catches_a_fault():
    assert faults.checks == set(checks.LEASE_CHECKS)
