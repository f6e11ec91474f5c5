"""The tables of a SQLite file, and how a connection to it is opened.

What never changes of an engram (``document``, ``embedding``) is kept apart from what does (``engram``), so
that a recall writes a few hundred bytes. A *place* is a region of a namespace.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

from neuro.errors import ConfigurationError, CorruptRecordError, StoreError
from neuro.stores.base import Agenda

_APPLICATION_ID = int.from_bytes(b"neur")

_AGENDA_INDEXES = (
    """CREATE INDEX engram_by_review ON engram (place, arriving, review_at, engram_id)
        WHERE review_at IS NOT NULL""",
    """CREATE INDEX engram_by_rehearsal ON engram (place, arriving, rehearsal_at, engram_id)
        WHERE rehearsal_at IS NOT NULL""",
)

_TABLES = (
    """CREATE TABLE place (
        id INTEGER PRIMARY KEY,
        namespace TEXT NOT NULL,
        region TEXT NOT NULL,
        dimension INTEGER,
        engrams INTEGER NOT NULL DEFAULT 0,
        UNIQUE (namespace, region)
    )""",
    """CREATE TABLE engram (
        id INTEGER PRIMARY KEY,
        place INTEGER NOT NULL REFERENCES place,
        engram_id TEXT NOT NULL,
        digest TEXT NOT NULL,
        arriving INTEGER NOT NULL,
        dormant INTEGER NOT NULL DEFAULT 0,
        forgotten_at REAL NOT NULL,
        revision INTEGER NOT NULL,
        dynamics TEXT NOT NULL,
        operations TEXT NOT NULL DEFAULT '[]',
        review_at REAL,
        rehearsal_at REAL
    )""",
    "CREATE UNIQUE INDEX engram_by_id ON engram (place, engram_id)",
    "CREATE INDEX engram_by_digest ON engram (place, arriving, digest)",
    "CREATE INDEX engram_by_fading ON engram (place, arriving, dormant, forgotten_at, engram_id)",
    *_AGENDA_INDEXES,
    """CREATE TABLE document (
        engram INTEGER PRIMARY KEY REFERENCES engram ON DELETE CASCADE,
        document TEXT NOT NULL
    )""",
    """CREATE TABLE embedding (
        engram INTEGER PRIMARY KEY REFERENCES engram ON DELETE CASCADE,
        features BLOB NOT NULL
    )""",
    """CREATE TABLE link (
        namespace TEXT NOT NULL,
        source_id TEXT NOT NULL,
        target_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        weight REAL NOT NULL,
        PRIMARY KEY (namespace, source_id, target_id, kind)
    ) WITHOUT ROWID""",
    """CREATE TABLE journal (
        namespace TEXT NOT NULL,
        engram_id TEXT NOT NULL,
        document TEXT NOT NULL,
        dynamics TEXT NOT NULL,
        features BLOB NOT NULL,
        PRIMARY KEY (namespace, engram_id)
    )""",
    """CREATE TABLE bookkeeping (
        namespace TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (namespace, key)
    ) WITHOUT ROWID""",
    f"PRAGMA application_id = {_APPLICATION_ID}",
)


def _create(connection: sqlite3.Connection) -> None:
    for statement in _TABLES:
        connection.execute(statement)


def _add_agendas(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE engram ADD COLUMN review_at REAL")
    connection.execute("ALTER TABLE engram ADD COLUMN rehearsal_at REAL")
    for statement in _AGENDA_INDEXES:
        connection.execute(statement)


def _drop_full_text(connection: sqlite3.Connection) -> None:
    """Until version 2 a file had a full-text index for each place; their pages are used again."""
    for (place,) in connection.execute("SELECT id FROM place").fetchall():
        connection.execute(f"DROP TABLE vocabulary_{place}")
        connection.execute(f"DROP TABLE words_{place}")
    connection.execute("DROP TABLE fragment")
    for column in ("fragments", "words"):
        connection.execute(f"ALTER TABLE place DROP COLUMN {column}")


_UPGRADES = (_add_agendas, _drop_full_text)
"""What makes a file of each version, from 2 on, out of one of the version before."""
SCHEMA_VERSION = 1 + len(_UPGRADES)


def instant_of(agenda: Agenda) -> str:
    """Name of the column that holds the key on an agenda; NULL: not on it."""
    return f"{agenda}_at"


def index_of(agenda: Agenda) -> str:
    """Name of the index of the engrams that are on an agenda."""
    return f"engram_by_{agenda}"


def open_writer(path: Path, busy_timeout: float) -> sqlite3.Connection:
    """The connection that writes; makes the file and its tables when they are not there, or brings them up to date.

    Raises:
        ConfigurationError: the parent folder does not exist, or the path is a folder.
        CorruptRecordError: a newer schema version.
        StoreError: a database of something else.
    """
    if not path.parent.is_dir():
        raise ConfigurationError(f"SQLiteStore.path: the folder {path.parent} does not exist (got {path})")
    if path.is_dir():
        raise ConfigurationError(f"SQLiteStore.path: must be a file, not a folder (got {path})")
    connection = _connect(path, busy_timeout)
    try:
        outdated = _version(connection, path) < SCHEMA_VERSION
        with suppress(
            sqlite3.OperationalError
        ):  # busy: another process is making the file, and does this too
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        if outdated:
            _update(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path, busy_timeout: float) -> sqlite3.Connection:
    """The connection that reads, beside the writer's and never waiting for it."""
    connection = _connect(path, busy_timeout)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _connect(path: Path, busy_timeout: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=busy_timeout, isolation_level=None)


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """The schema version of the file, 0 when it holds nothing yet; raises for what this neuro cannot use."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if not tables:
        return 0
    if application_id != _APPLICATION_ID:
        raise StoreError(f"{path}: is a database of something else than neuro")
    if not 1 <= version <= SCHEMA_VERSION:
        raise CorruptRecordError(f"{path}: schema version {version}, this neuro reads {SCHEMA_VERSION}")
    return version


def _update(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection, path)  # another process may have been quicker
        for step in _UPGRADES[version - 1 :] if version else (_create,):
            step(connection)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
