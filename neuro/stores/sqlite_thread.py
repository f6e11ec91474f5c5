"""SQLite off the event loop: one connection, the thread that owns it, and the queue it works through.

Jobs that wait together share a transaction, each in a savepoint of its own: one that fails takes back only
itself, and a burst of writes costs one commit. Nobody hears of a result before it is committed. A connection that
the disk has let down is opened anew for the next job, so that work goes on by itself when the disk is well again.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import Enum
from itertools import groupby
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from neuro.errors import CorruptRecordError, StoreClosedError, StoreError, StoreUnavailableError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_LET_DOWN = frozenset(
    {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL}
)
"""After these a connection is not to be trusted."""
_IN_USE = "another process is writing to it; try again"
_RIGHTS = "it and its folder must exist, and this user be allowed to write them"
_TRANSIENT = MappingProxyType(
    {
        sqlite3.SQLITE_BUSY: _IN_USE,
        sqlite3.SQLITE_LOCKED: _IN_USE,
        sqlite3.SQLITE_PROTOCOL: _IN_USE,
        sqlite3.SQLITE_FULL: "make room on its disk, and writing goes on by itself",
        sqlite3.SQLITE_IOERR: "see to its disk (full, away, or a limit on the size of files); it goes on by itself",
        sqlite3.SQLITE_CANTOPEN: _RIGHTS,
        sqlite3.SQLITE_READONLY: _RIGHTS,
        sqlite3.SQLITE_PERM: _RIGHTS,
        sqlite3.SQLITE_NOMEM: "free some memory, and try again",
    }
)
"""What passes, and what is to be done about it."""


def primary_code(exc: BaseException) -> int:
    """SQLite's code of an error without its details; `sqlite3.SQLITE_OK` for what is none of SQLite's."""
    if not isinstance(exc, sqlite3.Error):
        return sqlite3.SQLITE_OK
    return getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the low byte is the primary code


def is_damage(exc: BaseException) -> bool:
    """Whether it says that the file does not hold together."""
    return primary_code(exc) in _DAMAGED


def translated(path: Path, exc: BaseException) -> BaseException:
    """What SQLite raises as an error of neuro's own that names the file; other exceptions as they are."""
    if not isinstance(exc, sqlite3.Error):
        return exc
    code = primary_code(exc)
    if code in _TRANSIENT:
        return StoreUnavailableError(f"{path}: {exc}: {_TRANSIENT[code]}")
    if is_damage(exc):
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
        elif isinstance(error, StopIteration):  # no future takes it, as no coroutine does
            self.future.set_exception(RuntimeError(f"what was called raised {error!r}"))
        else:
            self.future.set_exception(error)


class _Manner(Enum):
    TOGETHER = "in a transaction with what waits beside it"
    ALONE = "outside any transaction"
    CLOSE = "the last one"


class _Job(NamedTuple):
    work: Work[Any]
    reply: _Reply
    manner: _Manner


class ConnectionThread:
    """Runs jobs on a connection in a daemon thread.

    Args:
        name: of the thread.
        path: the file, for messages.
        connect: opens the connection, making the file if need be; called in the thread.
        reconnect: opens it again after the disk let it down; never makes a file.
        begin: how a transaction begins.
        group: most jobs in one transaction.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        connect: Callable[[], sqlite3.Connection],
        reconnect: Callable[[], sqlite3.Connection],
        *,
        begin: str,
        group: int,
    ) -> None:
        self._path = path
        self._connect = connect
        self._reconnect = reconnect
        self._begin = begin
        self._group = group
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._thread = Thread(target=self._serve, name=name, daemon=True)
        self._closed: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Starts the thread and waits until the connection is open; raises what opening raised."""
        opened = self._put(lambda _: None, _Manner.ALONE)
        self._thread.start()
        await opened

    def check_open(self) -> None:
        """Raises StoreClosedError after `stop`."""
        if self._closed is not None:
            raise StoreClosedError(f"{self._path}: this store is closed")

    async def run(self, work: Work[T], *, alone: bool = False) -> T:
        """Runs a job within a transaction; returns, or raises, what it does, once that is committed.

        A cancelled caller does not stop its job.

        Args:
            alone: the job runs outside any transaction.
        """
        self.check_open()
        return await self._put(work, _Manner.ALONE if alone else _Manner.TOGETHER)

    def stop(self, *, after: ConnectionThread | None = None) -> asyncio.Future[None]:
        """Takes nothing more, and closes after the jobs that wait already, whether anybody waits for it or not.

        Args:
            after: another one that is stopping, and is to have closed before.

        Returns:
            Done when the connection is closed.
        """

        def close(connection: sqlite3.Connection) -> None:
            if after is not None and after._thread.is_alive():
                after._thread.join()
            connection.close()

        if self._closed is None:
            self._closed = self._put(close, _Manner.CLOSE)
        return self._closed

    def _put(self, work: Work[T], manner: _Manner) -> asyncio.Future[T]:
        reply = _Reply()
        self._jobs.put(_Job(work, reply, manner))
        return reply.future

    def _serve(self) -> None:
        opened = self._jobs.get().reply
        try:
            self._connection = self._connect()
            self._identity = self._find_identity()
        except BaseException as exc:  # noqa: BLE001 - it is raised where `start` waits
            opened.send(error=translated(self._path, exc))
            return
        opened.send()
        while True:
            jobs = [self._jobs.get()]
            while len(jobs) < self._group and not self._jobs.empty():
                jobs.append(self._jobs.get())
            for manner, together in groupby(jobs, key=lambda job: job.manner):
                if manner is _Manner.TOGETHER:
                    self._transact(list(together))
                elif manner is _Manner.ALONE:
                    self._run_each(together)
                else:
                    self._close(next(together))
                    return

    def _find_identity(self) -> tuple[int, int]:
        stat = self._path.stat()
        return stat.st_dev, stat.st_ino

    def _ready(self) -> sqlite3.Connection:
        """The connection; what is written into a file that is not there any more would be lost."""
        with suppress(OSError):
            if self._find_identity() == self._identity:
                if self._connection is None:
                    self._connection = self._reconnect()
                return self._connection
        raise StoreUnavailableError(
            f"{self._path}: has been moved, deleted or replaced since it was opened: put it back, or open it anew"
        )

    def _transact(self, jobs: list[_Job]) -> None:
        try:
            connection = self._ready()
            connection.execute(self._begin)
            outcomes = [self._attempt(connection, job.work) for job in jobs]
            connection.execute("COMMIT")
        except BaseException as exc:  # noqa: BLE001 - it is raised where `run` waits
            self._recover(exc)
            outcomes = [(None, translated(self._path, exc)) for _ in jobs]
        for job, (value, error) in zip(jobs, outcomes, strict=True):
            job.reply.send(value, error)

    def _attempt(self, connection: sqlite3.Connection, work: Work[Any]) -> tuple[Any, BaseException | None]:
        connection.execute("SAVEPOINT job")
        try:
            value = work(connection)
        except BaseException as exc:
            if primary_code(exc) in _LET_DOWN or not connection.in_transaction:
                raise  # the whole transaction has to be given up, not this job alone
            connection.execute("ROLLBACK TO job")
            connection.execute("RELEASE job")
            return None, translated(self._path, exc)
        connection.execute("RELEASE job")
        return value, None

    def _run_each(self, jobs: Iterable[_Job]) -> None:
        for job in jobs:
            try:
                job.reply.send(job.work(self._ready()))
            except BaseException as exc:  # noqa: BLE001 - it is raised where `run` waits
                self._recover(exc)
                job.reply.send(error=translated(self._path, exc))

    def _recover(self, exc: BaseException) -> None:
        """Ends the transaction; gives up the connection if it is not to be trusted any more."""
        connection = self._connection
        if connection is None:
            return
        with suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        if primary_code(exc) in _LET_DOWN or connection.in_transaction:
            self._connection = None
            with suppress(sqlite3.Error):
                connection.close()

    def _close(self, job: _Job) -> None:
        with suppress(sqlite3.Error):  # what was acknowledged is in the file or in its log
            if self._connection is not None:
                job.work(self._connection)
        job.reply.send()
