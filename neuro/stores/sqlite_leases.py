"""Who writes and who sleeps on a namespace of a SQLite file, and the writes that a lost lease forbids.

Functions take the connection and run in the thread that owns it, within a transaction.
"""

from __future__ import annotations

import sqlite3
from typing import TypeVar

from neuro.errors import LeaseLostError
from neuro.stores.base import Lease
from neuro.stores.fencing import current_fence
from neuro.stores.sqlite_thread import ConnectionThread, Work

T = TypeVar("T")


class FencedWriter:
    """Runs jobs of a namespace in the writer's thread, unless somebody else has got the lease they are done under."""

    def __init__(self, thread: ConnectionThread, namespace: str) -> None:
        self._thread = thread
        self._namespace = namespace

    async def run(self, work: Work[T]) -> T:
        """`ConnectionThread.run`.

        Raises:
            LeaseLostError: a lease with a higher fence has been given; nothing is done.
        """
        fence = current_fence()
        if fence is None:
            return await self._thread.run(work)

        def guarded(connection: sqlite3.Connection) -> T:
            highest = _highest_fence(connection, self._namespace)
            if fence < highest:
                raise LeaseLostError(f"the lease {fence} is lost: another brain has got the lease {highest}")
            return work(connection)

        return await self._thread.run(guarded)


def _highest_fence(connection: sqlite3.Connection, namespace: str) -> int:
    found = connection.execute("SELECT fence FROM lease WHERE namespace = ?", (namespace,)).fetchone()
    return 0 if found is None else found[0]


def acquire(connection: sqlite3.Connection, namespace: str, holder: str, now: float, until: float) -> Lease:
    """`neuro.stores.base.Store.acquire`."""
    connection.execute(
        "INSERT INTO lease VALUES (?, ?, 1, ?) ON CONFLICT DO UPDATE"
        " SET holder = excluded.holder, fence = fence + 1, until = excluded.until"
        " WHERE holder = excluded.holder OR until IS NULL OR until <= ?",
        (namespace, holder, until, now),
    )
    in_force = "SELECT holder, fence, until FROM lease WHERE namespace = ?"
    return Lease(*connection.execute(in_force, (namespace,)).fetchone())


def renew(connection: sqlite3.Connection, namespace: str, lease: Lease, until: float) -> bool:
    """`neuro.stores.base.Store.renew`; one that was released is nobody's to renew."""
    renewed = connection.execute(
        "UPDATE lease SET until = ? WHERE namespace = ? AND fence = ? AND until IS NOT NULL",
        (until, namespace, lease.fence),
    )
    return renewed.rowcount == 1


def release(connection: sqlite3.Connection, namespace: str, lease: Lease) -> None:
    """`neuro.stores.base.Store.release`; the fence stays, so that the next one is higher."""
    connection.execute(
        "UPDATE lease SET until = NULL WHERE namespace = ? AND fence = ?", (namespace, lease.fence)
    )


def beat(connection: sqlite3.Connection, namespace: str, writer: str, at: float) -> None:
    """`neuro.stores.base.Store.beat`."""
    connection.execute("INSERT OR REPLACE INTO writer VALUES (?, ?, ?)", (namespace, writer, at))


def retire(connection: sqlite3.Connection, namespace: str, writer: str) -> None:
    """`neuro.stores.base.Store.retire`: what belongs to a writer that is not known is anybody's."""
    connection.execute("DELETE FROM writer WHERE namespace = ? AND name = ?", (namespace, writer))


def forget_silent(
    connection: sqlite3.Connection, namespace: str, writer: str, silent_since: float, ahead_of: float
) -> None:
    """Lets go of the writers that others may be adopted from, all but one."""
    connection.execute(
        "DELETE FROM writer WHERE namespace = ? AND name <> ? AND beat_at NOT BETWEEN ? AND ?",
        (namespace, writer, silent_since, ahead_of),
    )
