"""SQLite off the event loop: one connection, the thread that owns it, and the queue it works through.

Jobs that wait together share a transaction, each in a savepoint of its own: one that fails takes back only
itself, and a burst of writes costs one commit. Nobody hears of a result before it is committed.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, TypeVar

from neuro.errors import CorruptRecordError, StoreClosedError, StoreError, StoreUnavailableError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_TRANSIENT = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
    }
)


def translated(path: Path, exc: BaseException) -> BaseException:
    """What SQLite raises as an error of neuro's own that names the file; other exceptions as they are."""
    if not isinstance(exc, sqlite3.Error):
        return exc
    code = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the low byte is the primary code
    if code in _TRANSIENT:
        return StoreUnavailableError(f"{path}: {exc}")
    if code in _DAMAGED:
        return CorruptRecordError(f"{path}: {exc}")
    return StoreError(f"{path}: {exc}")


class _Reply:
    """Where a result goes: a future of the loop that asked."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self._loop.create_future()

    def send(self, value: Any = None, error: BaseException | None = None) -> None:
        """Resolves the future from another thread."""
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._settle, value, error)

    def _settle(self, value: Any, error: BaseException | None) -> None:
        if self.future.done():  # cancelled meanwhile; the job was done all the same
            return
        if error is None:
            self.future.set_result(value)
        else:
            self.future.set_exception(error)


class _Job(NamedTuple):
    work: Work[Any] | None
    """None: close."""
    reply: _Reply


class ConnectionThread:
    """Runs jobs on a connection in a daemon thread.

    Args:
        name: of the thread.
        path: the file, for messages.
        connect: opens the connection; called in the thread.
        begin: how a transaction begins.
        group: most jobs in one transaction.
    """

    def __init__(
        self, name: str, path: Path, connect: Callable[[], sqlite3.Connection], *, begin: str, group: int
    ) -> None:
        self._path = path
        self._connect = connect
        self._begin = begin
        self._group = group
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._thread = Thread(target=self._serve, name=name, daemon=True)
        self._closed: _Reply | None = None

    async def start(self) -> None:
        """Starts the thread and waits until the connection is open; raises what opening raised."""
        opened = _Reply()
        self._jobs.put(_Job(None, opened))
        self._thread.start()
        await opened.future

    async def run(self, work: Work[T]) -> T:
        """Runs a job within a transaction; returns, or raises, what it does, once that is committed.

        A cancelled caller does not stop its job.
        """
        if self._closed is not None:
            raise StoreClosedError(f"{self._path}: this store is closed")
        reply = _Reply()
        self._jobs.put(_Job(work, reply))
        return await reply.future

    def stop(self) -> asyncio.Future[None]:
        """Closes after the jobs that wait already; the future is done when the connection is closed."""
        if self._closed is None:
            self._closed = _Reply()
            self._jobs.put(_Job(None, self._closed))
        return self._closed.future

    def _serve(self) -> None:
        opened = self._jobs.get().reply
        try:
            connection = self._connect()
        except BaseException as exc:  # noqa: BLE001 - it is raised where `start` waits
            opened.send(error=translated(self._path, exc))
            return
        opened.send()
        while True:
            jobs = [self._jobs.get()]
            while len(jobs) < self._group and not self._jobs.empty():
                jobs.append(self._jobs.get())
            work = [(job.work, job.reply) for job in jobs if job.work is not None]
            if work:
                self._transact(connection, work)
            if len(work) < len(jobs):  # the last one says close
                try:
                    connection.close()
                finally:
                    jobs[-1].reply.send()
                return

    def _transact(self, connection: sqlite3.Connection, jobs: list[tuple[Work[Any], _Reply]]) -> None:
        try:
            connection.execute(self._begin)
            outcomes = [self._attempt(connection, work) for work, _ in jobs]
            connection.execute("COMMIT")
        except sqlite3.Error as exc:
            with suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            outcomes = [(None, translated(self._path, exc)) for _ in jobs]
        for (_, reply), (value, error) in zip(jobs, outcomes, strict=True):
            reply.send(value, error)

    def _attempt(self, connection: sqlite3.Connection, work: Work[Any]) -> tuple[Any, BaseException | None]:
        connection.execute("SAVEPOINT job")
        try:
            value = work(connection)
        except BaseException as exc:
            if isinstance(exc, sqlite3.Error) and not connection.in_transaction:
                raise  # SQLite has given up the whole transaction, not this job alone
            connection.execute("ROLLBACK TO job")
            connection.execute("RELEASE job")
            return None, translated(self._path, exc)
        connection.execute("RELEASE job")
        return value, None
