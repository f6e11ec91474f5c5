"""How a SQLite file is, and how what was deleted from it is made unreadable."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from pathlib import Path

from neuro.errors import StoreUnavailableError
from neuro.stores.base import Contents, Durability, Health
from neuro.stores.codec import is_utf8
from neuro.stores.sqlite_quarantine import count_put_aside, put_aside
from neuro.stores.sqlite_schema import HIPPOCAMPUS
from neuro.stores.sqlite_thread import ConnectionThread
from neuro.stores.sqlite_verify import is_unreadable
from neuro.stores.unreadable import Unreadable

_MIB = 2**20
_LONG_LOG = 256 * _MIB
"""Bytes of a write-ahead log that is not being folded into the file: four times what it keeps by itself."""
_SCARCE = 64 * _MIB
"""Bytes free on a disk below which a night may not find room."""
_ATTEMPTS = 40
_PAUSE = 0.05
"""Seconds between attempts at the log, which together wait two seconds for others to finish reading."""

_SURVIVED = {
    Durability.FAST: "A write is in the file's log when it returns and outlives the process, however that ends;"
    " a power cut may take the last moments, never the file.",
    Durability.FULL: "A write is on the disk when it returns and outlives the process and a power cut.",
}


class Checkup:
    """Looks at a file without reading all of it."""

    def __init__(self, path: Path, namespace: str, durability: Durability, unreadable: Unreadable) -> None:
        self._path = path
        self._namespace = namespace
        self._durability = durability
        self._unreadable = unreadable

    def examine(self, connection: sqlite3.Connection) -> Health:
        """`neuro.stores.base.Store.health`; runs in the reader's thread."""
        details = self._details(connection)
        aside = {record.key: record.reason for record in put_aside(connection, self._namespace)}
        for key in self._unreadable.reasons:
            if not is_unreadable(connection, self._namespace, key):
                self._unreadable.forget(key)
        reasons = self._unreadable.reasons | aside
        return Health(
            _SURVIVED[self._durability],
            tuple(self._concerns(details)),
            details,
            {},
            tuple(why if why.startswith(key) else f"{key}: {why}" for key, why in sorted(reasons.items())),
        )

    def _details(self, connection: sqlite3.Connection) -> dict[str, str | int | float | bool]:
        def ask(query: str, *values: str) -> int:
            return connection.execute(query, values).fetchone()[0]

        mine = "FROM place WHERE namespace = ?"
        return {
            "sqlite_version": sqlite3.sqlite_version,
            "schema_version": ask("PRAGMA user_version"),
            "journal_mode": connection.execute("PRAGMA journal_mode").fetchone()[0],
            "file_bytes": self._path.stat().st_size,
            "log_bytes": _size(log_of(self._path)),
            "free_bytes": ask("PRAGMA freelist_count") * ask("PRAGMA page_size"),
            "disk_free_bytes": shutil.disk_usage(self._path.parent).free,
            "engrams": ask(f"SELECT coalesce(sum(engrams), 0) {mine}", self._namespace),
            "documents": ask("SELECT count(*) FROM bookkeeping WHERE namespace = ?", self._namespace),
            "writers": ask("SELECT count(*) FROM writer WHERE namespace = ?", self._namespace),
            "quarantined": count_put_aside(connection, self._namespace),
            "unowned": ask(
                "SELECT count(*) FROM engram WHERE place ="
                f" (SELECT id {mine} AND region = ?) AND NOT EXISTS"
                " (SELECT 1 FROM writer WHERE namespace = ? AND name = engram.writer)",
                *(self._namespace, HIPPOCAMPUS, self._namespace),
            ),
        }

    def _concerns(self, details: dict[str, str | int | float | bool]) -> list[str]:
        concerns: list[str] = []
        if details["journal_mode"] != "wal":
            concerns.append(
                f"{self._path} has no write-ahead log (journal mode {details['journal_mode']}), so that readers and"
                " writers wait for each other: put it on a local disk."
            )
        if int(details["log_bytes"]) > _LONG_LOG:
            concerns.append(
                f"{log_of(self._path)} has {int(details['log_bytes']) // _MIB} MiB, for somebody has been reading all"
                " the time: close programs that have the file open."
            )
        if int(details["disk_free_bytes"]) < _SCARCE:
            left = int(details["disk_free_bytes"]) // _MIB
            concerns.append(f"Only {left} MiB are free on the disk of {self._path}: make room.")
        if not os.access(self._path, os.W_OK):
            concerns.append(f"This user may not write {self._path}: change its rights.")
        return concerns


def contents_of(connection: sqlite3.Connection, namespace: str) -> Contents:
    """`neuro.stores.base.Store.contents`."""
    regions = "SELECT region FROM place WHERE namespace = ? AND engrams > 0 ORDER BY region"
    documents = "SELECT key FROM bookkeeping WHERE namespace = ? ORDER BY key"
    found = (connection.execute(query, (namespace,)) for query in (regions, documents))
    return Contents(*(tuple(name for (name,) in rows if is_utf8(name)) for rows in found))


def log_of(path: Path) -> Path:
    """The write-ahead log of a file: beside the file itself, wherever a link to it is."""
    file = Path(os.path.realpath(path))
    return file.with_name(f"{file.name}-wal")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


async def scrub(writer: ConnectionThread, path: Path, namespace: str) -> tuple[str, ...]:
    """`neuro.stores.base.Store.scrub`: rewrites the file, and empties its log.

    What is deleted is overwritten with zeros at once; but where pages of a table were merged or split, copies of
    records may be left in their unused parts, and only rewriting gets rid of those. Writes wait for it, reads do not;
    it takes a while in proportion to the file, and as much room on the disk twice over.
    """
    remains: list[str] = []
    try:
        await writer.run(lambda connection: connection.execute("VACUUM").fetchall(), alone=True)
    except StoreUnavailableError as exc:
        remains.append(
            f"Unused parts of {path} may hold it, for the file could not be rewritten ({exc}): scrub again."
        )
    for attempt in range(_ATTEMPTS):
        if attempt:
            await asyncio.sleep(_PAUSE)
        if await writer.run(_empty_log, alone=True):
            break
    else:
        log = await asyncio.to_thread(log_of, path)
        remains.append(
            f"{log} may hold it, for another connection has been reading all the time: close the programs that"
            " have the file open, and scrub again."
        )
    aside = await writer.run(lambda connection: count_put_aside(connection, namespace), alone=True)
    if aside:
        remains.append(
            f"The table quarantine of {path} keeps {aside} records that could not be read and may hold it:"
            " look at them, delete them (neuro check --empty-quarantine), and scrub again."
        )
    return tuple(remains)


def _empty_log(connection: sqlite3.Connection) -> bool:
    """Folds the log into the file and cuts it to nothing; False while somebody reads from it."""
    (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute("PRAGMA busy_timeout = 0")  # waiting here would keep all writers waiting
    try:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout = {patience}")
    return not busy
