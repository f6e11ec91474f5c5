"""The store on one SQLite file: durable, embedded, nothing to install.

Two connections in two threads: one writes, in groups; one reads, beside it. The write-ahead log keeps what
was acknowledged through a crash of the process; what a power cut may take is the choice of `Durability`, never the
file. Other processes may have the same file open.
"""

from __future__ import annotations

import asyncio
import json
import math
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from neuro.engram import Engram
from neuro.errors import CorruptRecordError
from neuro.stores import sqlite_leases, sqlite_log
from neuro.stores.base import (
    Agenda,
    Change,
    Contents,
    Document,
    Durability,
    Flaw,
    Health,
    Insert,
    Kept,
    Lease,
    Link,
    News,
    Placed,
    Quarantined,
    Write,
)
from neuro.stores.codec import is_utf8
from neuro.stores.sqlite_backup import back_up
from neuro.stores.sqlite_care import Checkup, contents_of, scrub
from neuro.stores.sqlite_connection import open_reader, open_writer, url_of
from neuro.stores.sqlite_leases import FencedWriter
from neuro.stores.sqlite_place import Place
from neuro.stores.sqlite_quarantine import discard, document_key, put_aside
from neuro.stores.sqlite_thread import ConnectionThread, translated
from neuro.stores.sqlite_verify import Found, find_flaws
from neuro.stores.sqlite_writes import Writing, amend_document, document_text, read_documents
from neuro.stores.unreadable import Unreadable

T = TypeVar("T")

_WRITES_PER_COMMIT = 256
_REPAIRS = 3
"""Rounds of a repair at most: links lead nowhere once their engram has been put aside; the last one finds all well."""


class SQLiteEngrams:
    """The engrams of one region in a file; `neuro.stores.base.EngramStore`."""

    def __init__(
        self, place: Place, store: SQLiteStore, writer: FencedWriter, reader: ConnectionThread
    ) -> None:
        self.region = place.region
        self._place = place
        self._store = store
        self._writer = writer
        self._reader = reader

    async def insert(self, items: Sequence[Placed], *, writer: str | None = None) -> None:
        await self._store.write([Insert(self.region, placed, writer) for placed in items])

    async def amend(self, engram_ids: Sequence[str], change: Change, *, op_id: str) -> list[Engram]:
        ids = tuple(engram_ids)
        return await self._writer.run(lambda c: self._place.amend(c, ids, change, op_id))

    async def delete(self, engram_id: str, *, revision: int | None = None) -> bool:
        def delete(connection: sqlite3.Connection) -> bool:
            writing = self._store.begin(connection)
            deleted = writing.remove(self.region, engram_id, revision)
            writing.finish()
            return deleted

        return await self._writer.run(delete)

    async def get(self, engram_ids: Sequence[str]) -> list[Engram | None]:
        ids = tuple(engram_ids)
        return await self._reader.run(lambda c: self._place.get(c, ids))

    async def kept(self, engram_ids: Sequence[str]) -> list[Kept | None]:
        ids = tuple(engram_ids)
        return await self._reader.run(lambda c: self._place.kept(c, ids))

    async def find(self, digests: Sequence[str]) -> list[str | None]:
        asked = tuple(digests)
        return await self._reader.run(lambda c: self._place.find(c, asked))

    async def scan(self, *, after: str | None = None, limit: int = 500) -> list[Engram]:
        return await self._reader.run(lambda c: self._place.scan(c, after, limit))

    async def due(self, before: float, *, limit: int) -> list[str]:
        return await self._reader.run(lambda c: self._place.due(c, before, limit))

    async def demote(self, engram_ids: Sequence[str], before: float) -> list[str]:
        ids = tuple(engram_ids)
        return await self._writer.run(lambda c: self._place.demote(c, ids, before))

    async def upcoming(self, agenda: Agenda, before: float, *, limit: int) -> list[tuple[str, float]]:
        return await self._reader.run(lambda c: self._place.upcoming(c, agenda, before, limit))

    async def count(self, before: float) -> tuple[int, int]:
        return await self._reader.run(lambda c: self._place.count(c, before))


class SQLiteStore:
    """`neuro.stores.base.Store` in a namespace of a file; made by `open`."""

    durable = True
    remote = False

    def __init__(self, path: Path, namespace: str, busy_timeout: float, durability: Durability) -> None:
        self.url = url_of(path)
        self._path = path
        self._namespace = namespace
        self._busy_timeout = busy_timeout
        self._durability = durability
        self._unreadable = Unreadable(self.url)
        self._regions: dict[str, SQLiteEngrams] = {}
        self._places: dict[str, Place] = {}
        opening = partial(open_writer, path, busy_timeout, durability)
        self._writer = ConnectionThread(
            "neuro-sqlite-writer",
            path,
            partial(opening, create=True),
            partial(opening, create=False),
            begin="BEGIN IMMEDIATE",
            group=_WRITES_PER_COMMIT,
        )
        reading = partial(open_reader, path, busy_timeout)
        self._reader = ConnectionThread("neuro-sqlite-reader", path, reading, reading, begin="BEGIN", group=1)
        self._fenced = FencedWriter(self._writer, namespace)

    @classmethod
    async def open(
        cls,
        path: str | Path,
        *,
        namespace: str = "default",
        durability: str = Durability.FAST,
        busy_timeout: float = 5.0,
    ) -> SQLiteStore:
        """Opens a file, made when it is not there.

        Args:
            path: the file; a folder to hold it must exist.
            namespace: whose memory this is; those in one file know nothing of each other.
            durability: what an acknowledged write has survived, see `Durability`.
            busy_timeout: seconds for which a write waits while another process writes.

        Raises:
            InvalidArgumentError: there is no such durability.
            ConfigurationError: the parent folder does not exist, or the path is a folder.
            StoreUnavailableError: the file cannot be opened, or is locked.
            CorruptRecordError: the file is not a database, or was written by another version of the schema.
            StoreError: it is a database of something else.
        """
        level = Durability.of(durability, "SQLiteStore.durability")
        absolute = await asyncio.to_thread(Path(path).absolute)
        store = cls(absolute, namespace, busy_timeout, level)
        try:
            await store._writer.start()
            await store._reader.start()
        except BaseException:
            store._stop()
            raise
        return store

    def _place(self, region: str) -> Place:
        if region not in self._places:
            self._places[region] = Place(self._namespace, region, self._unreadable)
        return self._places[region]

    def engrams(self, region: str) -> SQLiteEngrams:
        if region not in self._regions:
            self._regions[region] = SQLiteEngrams(self._place(region), self, self._fenced, self._reader)
        return self._regions[region]

    async def links(self, engram_ids: Sequence[str]) -> list[list[Link]]:
        asked = tuple(engram_ids)

        def read(connection: sqlite3.Connection) -> list[list[Link]]:
            outgoing: dict[str, list[Link]] = {engram_id: [] for engram_id in asked}
            rows = connection.execute(
                "SELECT source_id, target_id, kind, weight FROM link"
                " WHERE namespace = ? AND source_id IN (SELECT value FROM json_each(?))"
                " ORDER BY source_id, target_id, kind",
                (self._namespace, json.dumps(asked)),
            )
            for row in rows:
                if is_utf8("".join(row[1:3])):
                    outgoing[row[0]].append(Link(*row))
            return [list(outgoing[engram_id]) for engram_id in asked]

        return await self._reader.run(read)

    async def read_documents(self, keys: Sequence[str]) -> list[Any]:
        asked = tuple(keys)
        return await self._reader.run(lambda c: read_documents(c, self._namespace, asked, self._unreadable))

    async def amend_document(self, key: str, change: Callable[[Any], Any]) -> Any:
        return await self._fenced.run(
            lambda c: amend_document(c, self._namespace, key, change, self._unreadable)
        )

    # Writing

    async def write(self, writes: Sequence[Write], *, op_id: str | None = None) -> None:
        held = [
            Document(write.key, document_text(write.value)) if isinstance(write, Document) else write
            for write in writes
        ]
        await self._fenced.run(lambda c: self.begin(c).carry_out(held, op_id))
        for write in held:
            if isinstance(write, Document):
                self._unreadable.forget(document_key(write.key))

    def begin(self, connection: sqlite3.Connection) -> Writing:
        """Writes that happen together, within the transaction of the writer's thread."""
        return Writing(connection, self._namespace, self._place)

    async def news(self, since: str | None) -> News:
        return await self._reader.run(lambda c: sqlite_log.news(c, self._namespace, since))

    # Writers

    async def beat(self, writer: str, at: float) -> None:
        await self._writer.run(lambda c: sqlite_leases.beat(c, self._namespace, writer, at))

    async def retire(self, writer: str) -> None:
        await self._writer.run(lambda c: sqlite_leases.retire(c, self._namespace, writer))

    async def adopt(
        self, region: str, writer: str, *, silent_since: float, ahead_of: float = math.inf
    ) -> list[str]:
        def adopt(connection: sqlite3.Connection) -> list[str]:
            adopted = self._place(region).adopt(connection, writer, silent_since, ahead_of)
            sqlite_leases.forget_silent(connection, self._namespace, writer, silent_since, ahead_of)
            return adopted

        return await self._writer.run(adopt)

    # The lease of the sleeper

    async def acquire(self, holder: str, *, now: float, until: float) -> Lease:
        return await self._writer.run(lambda c: sqlite_leases.acquire(c, self._namespace, holder, now, until))

    async def renew(self, lease: Lease, *, until: float) -> bool:
        return await self._writer.run(lambda c: sqlite_leases.renew(c, self._namespace, lease, until))

    async def release(self, lease: Lease) -> None:
        await self._writer.run(lambda c: sqlite_leases.release(c, self._namespace, lease))

    # Care

    async def contents(self) -> Contents:
        return await self._reader.run(lambda c: contents_of(c, self._namespace))

    async def health(self) -> Health:
        checkup = Checkup(self._path, self._namespace, self._durability, self._unreadable)
        return await self._reader.run(checkup.examine)

    async def verify(self, *, repair: bool = False) -> list[Flaw]:
        told: dict[tuple[str, str], Flaw] = {}
        for _ in range(_REPAIRS if repair else 1):
            found = await self._aside(lambda connect: find_flaws(connect, self._path, self._namespace))
            flaws = [flaw.told(repaired=repair and await self._mend(flaw)) for flaw in found]
            told |= {(flaw.key, flaw.problem): flaw for flaw in flaws}
            if not any(flaw.repaired for flaw in flaws):
                break
        return list(told.values())

    async def _mend(self, flaw: Found) -> bool:
        if flaw.mend is None:
            return False
        try:
            mended = await self._writer.run(flaw.mend) is not False
        except CorruptRecordError:  # the file itself is damaged there
            return False
        if mended:
            self._unreadable.forget(flaw.key)
        return mended

    async def quarantine(self) -> list[Quarantined]:
        return await self._reader.run(lambda c: put_aside(c, self._namespace))

    async def discard(self, keys: Sequence[str]) -> None:
        doomed = tuple(keys)

        def work(connection: sqlite3.Connection) -> None:
            discard(connection, self._namespace, doomed)
            for key in doomed:
                self._unreadable.forget(key)

        await self._writer.run(work)

    async def scrub(self) -> tuple[str, ...]:
        return await scrub(self._writer, self._path, self._namespace)

    async def backup(self, path: str | PathLike[str]) -> None:
        """Copies the whole file, all namespaces as they are at one moment, while brains go on reading and writing.

        Args:
            path: of the copy, a file that does not exist yet. To restore, put the copy in the place of a file that
                nobody has open, without the ``-wal`` and ``-shm`` beside that.

        Raises:
            InvalidArgumentError: there is a file already, or no folder to hold it.
            StoreUnavailableError: there is no room for the copy.
            CorruptRecordError: the copy does not hold together, and is deleted again.
        """
        await self._aside(lambda connect: back_up(connect, Path(path).absolute()))

    async def _aside(self, work: Callable[[Callable[[], sqlite3.Connection]], T]) -> T:
        """Runs what takes long in a thread of its own, beside all reads and writes; it is told how to connect."""
        self._reader.check_open()
        try:
            return await asyncio.to_thread(work, partial(open_reader, self._path, self._busy_timeout))
        except sqlite3.Error as exc:
            raise translated(self._path, exc) from None

    async def aclose(self) -> None:
        """Closes once every write in the queue is done, also if this is cancelled; folds the log into the file."""
        await asyncio.shield(self._stop())

    def _stop(self) -> asyncio.Future[None]:
        """Both take nothing more, and close one after the other: of two that close at once, each may leave it to the
        other to fold the log into the file."""
        self._reader.stop()
        return self._writer.stop(after=self._reader)

    def __repr__(self) -> str:
        return f"SQLiteStore({self.url!r})"
