"""The store on one SQLite file: durable, embedded, nothing to install.

Two connections in two threads: one writes, in groups; one reads, beside it. The write-ahead log keeps what
was acknowledged through a crash of the process; a power cut may take the last moments, never the file. Other
processes may have the same file open.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from neuro.engram import Engram
from neuro.stores.base import Agenda, Change, Link, Placed
from neuro.stores.codec import load_json, pack, unpack
from neuro.stores.sqlite_place import Place
from neuro.stores.sqlite_schema import open_reader, open_writer
from neuro.stores.sqlite_thread import ConnectionThread

_WRITES_PER_COMMIT = 256


class SQLiteEngrams:
    """The engrams of one region in a file; `neuro.stores.base.EngramStore`."""

    def __init__(self, place: Place, writer: ConnectionThread, reader: ConnectionThread) -> None:
        self.region = place.region
        self._writer = writer
        self._reader = reader
        self._place = place

    async def insert(self, items: Sequence[Placed], *, arriving: bool = False) -> None:
        held = tuple(items)
        await self._writer.run(lambda c: self._place.insert(c, held, arriving))

    async def reveal(self, engram_ids: Sequence[str]) -> None:
        ids = tuple(engram_ids)
        await self._writer.run(lambda c: self._place.reveal(c, ids))

    async def arrivals(self) -> list[str]:
        return await self._reader.run(self._place.arrivals)

    async def amend(self, engram_ids: Sequence[str], change: Change, *, op_id: str) -> list[Engram]:
        ids = tuple(engram_ids)
        return await self._writer.run(lambda c: self._place.amend(c, ids, change, op_id))

    async def delete(self, engram_id: str, *, revision: int | None = None) -> bool:
        return await self._writer.run(lambda c: self._place.delete(c, engram_id, revision))

    async def get(self, engram_ids: Sequence[str]) -> list[Engram | None]:
        ids = tuple(engram_ids)
        return await self._reader.run(lambda c: self._place.get(c, ids))

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

    def __init__(self, path: Path, namespace: str, busy_timeout: float) -> None:
        self.url = f"sqlite:///{path}"
        self._namespace = namespace
        self._writer = ConnectionThread(
            "neuro-sqlite-writer",
            path,
            partial(open_writer, path, busy_timeout),
            begin="BEGIN IMMEDIATE",
            group=_WRITES_PER_COMMIT,
        )
        self._reader = ConnectionThread(
            "neuro-sqlite-reader", path, partial(open_reader, path, busy_timeout), begin="BEGIN", group=1
        )
        self._regions: dict[str, SQLiteEngrams] = {}

    @classmethod
    async def open(
        cls, path: str | Path, *, namespace: str = "default", busy_timeout: float = 5.0
    ) -> SQLiteStore:
        """Opens a file, made when it is not there.

        Args:
            path: the file; a folder to hold it must exist.
            namespace: whose memory this is; those in one file know nothing of each other.
            busy_timeout: seconds for which a write waits while another process writes.

        Raises:
            ConfigurationError: the parent folder does not exist, or the path is a folder.
            StoreUnavailableError: the file cannot be opened, or is locked.
            CorruptRecordError: the file is not a database, or was written by another version of the schema.
            StoreError: it is a database of something else.
        """
        store = cls(await asyncio.to_thread(Path(path).absolute), namespace, busy_timeout)
        try:
            await store._writer.start()
            await store._reader.start()
        except BaseException:
            store._stop()
            raise
        return store

    def _stop(self) -> asyncio.Future[Any]:
        return asyncio.gather(self._reader.stop(), self._writer.stop())

    def engrams(self, region: str) -> SQLiteEngrams:
        if region not in self._regions:
            self._regions[region] = SQLiteEngrams(Place(self._namespace, region), self._writer, self._reader)
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
                outgoing[row[0]].append(Link(*row))
            return [list(outgoing[engram_id]) for engram_id in asked]

        return await self._reader.run(read)

    async def link(self, links: Sequence[Link]) -> None:
        held = tuple(links)

        def write(connection: sqlite3.Connection) -> None:
            for source_id, target_id, kind, weight in held:
                key = (self._namespace, source_id, target_id, kind)
                if weight == 0.0:
                    same = "namespace = ? AND source_id = ? AND target_id = ? AND kind = ?"
                    connection.execute(f"DELETE FROM link WHERE {same}", key)
                else:
                    connection.execute("INSERT OR REPLACE INTO link VALUES (?, ?, ?, ?, ?)", (*key, weight))

        await self._writer.run(write)

    async def unlink(self, engram_id: str) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "DELETE FROM link WHERE namespace = ? AND target_id = ?"
                " AND source_id IN (SELECT target_id FROM link WHERE namespace = ? AND source_id = ?)",
                (self._namespace, engram_id) * 2,
            )
            connection.execute(
                "DELETE FROM link WHERE namespace = ? AND source_id = ?", (self._namespace, engram_id)
            )

        await self._writer.run(write)

    async def journal(self) -> list[Engram]:
        def read(connection: sqlite3.Connection) -> list[Engram]:
            rows = connection.execute(
                "SELECT engram_id, document, dynamics, features FROM journal"
                " WHERE namespace = ? ORDER BY engram_id",
                (self._namespace,),
            )
            return [unpack(f"journal/{row[0]}", *row[1:]) for row in rows]

        return await self._reader.run(read)

    async def write_journal(self, engrams: Sequence[Engram], *, drop: Sequence[str] = ()) -> None:
        held, dropped = tuple(engrams), tuple(drop)

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "DELETE FROM journal WHERE namespace = ? AND engram_id = ?",
                [(self._namespace, engram_id) for engram_id in dropped],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO journal VALUES (?, ?, ?, ?, ?)",
                [(self._namespace, engram.engram_id, *pack(engram)) for engram in held],
            )

        await self._writer.run(write)

    async def read_documents(self, keys: Sequence[str]) -> list[Any]:
        asked = tuple(keys)

        return await self._reader.run(lambda c: self._documents(c, asked))

    def _documents(self, connection: sqlite3.Connection, keys: Sequence[str]) -> list[Any]:
        rows = connection.execute(
            "SELECT key, value FROM bookkeeping"
            " WHERE namespace = ? AND key IN (SELECT value FROM json_each(?))",
            (self._namespace, json.dumps(keys)),
        )
        found = {key: load_json(f"bookkeeping/{key}", value) for key, value in rows}
        return [found.get(key) for key in keys]

    async def write_documents(self, documents: Mapping[str, Any]) -> None:
        texts = {key: json.dumps(value) for key, value in documents.items()}
        await self._writer.run(lambda c: self._write_documents(c, texts))

    def _write_documents(self, connection: sqlite3.Connection, texts: Mapping[str, str]) -> None:
        connection.executemany(
            "INSERT OR REPLACE INTO bookkeeping VALUES (?, ?, ?)",
            [(self._namespace, key, text) for key, text in texts.items()],
        )

    async def amend_document(self, key: str, change: Callable[[Any], Any]) -> Any:
        def amend(connection: sqlite3.Connection) -> Any:  # nobody else writes meanwhile: the first try lands
            [held] = self._documents(connection, [key])
            text = json.dumps(change(held))
            self._write_documents(connection, {key: text})
            return json.loads(text)

        return await self._writer.run(amend)

    async def aclose(self) -> None:
        """Closes once every write in the queue is done; the last one out folds the log into the file."""
        await asyncio.shield(self._stop())

    def __repr__(self) -> str:
        return f"SQLiteStore({self.url!r})"
