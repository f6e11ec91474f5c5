"""One sleeper at a time: the lease of a night, prolonged while it lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from neuro.clock import Clock
from neuro.errors import StoreUnavailableError
from neuro.pathways.life import end
from neuro.stores import Lease, Store

LEASE = 9.0
"""Seconds after which the lease of a brain that does not prolong it ends; another one may sleep then."""
_RENEWAL = 3.0
"""Real seconds between two prolongations."""
_SKEW = 1.0
"""Seconds by which the clocks of two processes may differ; a lease beyond that was given before one was set back."""


@asynccontextmanager
async def sleeping(
    store: Store, holder: str, clock: Clock, sign_of_life: Callable[[], Awaitable[None]]
) -> AsyncGenerator[Lease]:
    """The lease in force: of ``holder``, for as long as the block lasts; or of another brain, which sleeps now.

    Args:
        sign_of_life: gives one of the holder; called whenever the lease is prolonged.
    """
    lease = await _acquire(store, holder, clock)
    if lease.holder != holder:
        yield lease
        return
    renewal = asyncio.create_task(_prolong(store, lease, clock, sign_of_life), name="neuro lease")
    try:
        yield lease
    finally:
        await end(renewal)
        with suppress(StoreUnavailableError):  # it ends by itself
            await store.release(lease)


async def _acquire(store: Store, holder: str, clock: Clock) -> Lease:
    now = clock.now()
    lease = await store.acquire(holder, now=now, until=now + LEASE)
    if lease.holder != holder and lease.until > now + LEASE + _SKEW:
        await store.release(lease)
        lease = await store.acquire(holder, now=now, until=now + LEASE)
    return lease


async def _prolong(
    store: Store, lease: Lease, clock: Clock, sign_of_life: Callable[[], Awaitable[None]]
) -> None:
    while True:
        await asyncio.sleep(_RENEWAL)
        with suppress(StoreUnavailableError):
            if not await store.renew(lease, until=clock.now() + LEASE):
                return  # the next write of the night is refused
            await sign_of_life()
