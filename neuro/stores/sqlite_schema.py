"""The tables of a SQLite file, and how files of older versions become files of this one.

What never changes of an engram (``document``, ``embedding``) is kept apart from what does (``engram``), so
that a recall writes a few hundred bytes. A *place* is a region of a namespace.
"""

from __future__ import annotations

import math
import sqlite3
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from neuro.errors import CorruptRecordError, StoreError
from neuro.stores.base import Agenda
from neuro.stores.codec import is_utf8, unpack_as
from neuro.stores.sqlite_quarantine import engram_key

_APPLICATION_ID = int.from_bytes(b"neur")
HIPPOCAMPUS = "hippocampus"
"""The region whose engrams were in a journal until version 3."""

ENGRAM_INDEXES = MappingProxyType(
    {
        "engram_by_id": "CREATE UNIQUE INDEX engram_by_id ON engram (place, engram_id)",
        "engram_by_digest": "CREATE INDEX engram_by_digest ON engram (place, digest)",
        "engram_by_fading": "CREATE INDEX engram_by_fading ON engram (place, dormant, forgotten_at, engram_id)",
        "engram_by_review": "CREATE INDEX engram_by_review ON engram (place, review_at, engram_id)"
        " WHERE review_at IS NOT NULL",
        "engram_by_rehearsal": "CREATE INDEX engram_by_rehearsal ON engram (place, rehearsal_at, engram_id)"
        " WHERE rehearsal_at IS NOT NULL",
    }
)
"""Statements that make them, by name."""
_INDEXES = (*ENGRAM_INDEXES.values(), "CREATE INDEX link_by_target ON link (namespace, target_id)")

_SHARING = (
    """CREATE TABLE writer (
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        beat_at REAL NOT NULL,
        PRIMARY KEY (namespace, name)
    ) WITHOUT ROWID""",
    """CREATE TABLE lease (
        namespace TEXT NOT NULL PRIMARY KEY,
        holder TEXT NOT NULL,
        fence INTEGER NOT NULL,
        until REAL
    ) WITHOUT ROWID""",
    """CREATE TABLE happening (
        namespace TEXT NOT NULL,
        seq INTEGER NOT NULL,
        kind TEXT NOT NULL,
        engram_id TEXT NOT NULL,
        PRIMARY KEY (namespace, seq)
    ) WITHOUT ROWID""",
    """CREATE TABLE operation (
        namespace TEXT NOT NULL,
        seq INTEGER NOT NULL,
        op_id TEXT NOT NULL,
        PRIMARY KEY (namespace, seq)
    ) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX operation_by_id ON operation (namespace, op_id)",
    """CREATE TABLE quarantine (
        id INTEGER PRIMARY KEY,
        namespace TEXT NOT NULL,
        key TEXT NOT NULL,
        reason TEXT NOT NULL,
        document BLOB,
        dynamics BLOB,
        features BLOB
    )""",
    "CREATE INDEX quarantine_by_namespace ON quarantine (namespace, key)",
)
"""Who writes and who sleeps, what happened, what was done already, and what cannot be read."""

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
        dormant INTEGER NOT NULL DEFAULT 0,
        forgotten_at REAL NOT NULL,
        revision INTEGER NOT NULL,
        dynamics TEXT NOT NULL,
        operations TEXT NOT NULL DEFAULT '[]',
        review_at REAL,
        rehearsal_at REAL,
        writer TEXT
    )""",
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
    """CREATE TABLE bookkeeping (
        namespace TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (namespace, key)
    ) WITHOUT ROWID""",
    *_INDEXES,
    *_SHARING,
    f"PRAGMA application_id = {_APPLICATION_ID}",
)


def _create(connection: sqlite3.Connection) -> None:
    for statement in _TABLES:
        connection.execute(statement)


def _add_agendas(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE engram ADD COLUMN review_at REAL")
    connection.execute("ALTER TABLE engram ADD COLUMN rehearsal_at REAL")


def _drop_full_text(connection: sqlite3.Connection) -> None:
    """Until version 2 a file had a full-text index for each place; their pages are used again."""
    for (place,) in connection.execute("SELECT id FROM place").fetchall():
        connection.execute(f"DROP TABLE vocabulary_{place}")
        connection.execute(f"DROP TABLE words_{place}")
    connection.execute("DROP TABLE fragment")
    for column in ("fragments", "words"):
        connection.execute(f"ALTER TABLE place DROP COLUMN {column}")


def _share(connection: sqlite3.Connection) -> None:
    """Until version 3 the hippocampus was written to a journal, and what moved from there was out of sight first."""
    _finish_moves(connection)
    for index in ENGRAM_INDEXES:
        connection.execute(f"DROP INDEX IF EXISTS {index}")
    connection.execute("ALTER TABLE engram DROP COLUMN arriving")
    connection.execute("ALTER TABLE engram ADD COLUMN writer TEXT")
    for statement in (*_INDEXES, *_SHARING):
        connection.execute(statement)
    _replay_journal(connection)
    connection.execute("DROP TABLE journal")


def _finish_moves(connection: sqlite3.Connection) -> None:
    """What was arriving and is still where it came from goes; what is nowhere else has arrived."""
    elsewhere = """
        SELECT 1 FROM place here JOIN place there ON there.namespace = here.namespace AND there.id <> here.id
        JOIN engram other ON other.place = there.id
        WHERE here.id = engram.place AND other.engram_id = engram.engram_id AND other.arriving = 0"""
    journalled = """
        SELECT 1 FROM place here JOIN journal USING (namespace)
        WHERE here.id = engram.place AND journal.engram_id = engram.engram_id"""
    connection.execute(
        f"DELETE FROM engram WHERE arriving = 1 AND (EXISTS ({elsewhere}) OR EXISTS ({journalled}))"
    )
    connection.execute(
        "UPDATE place SET engrams = engrams"
        " + (SELECT count(*) FROM engram WHERE engram.place = place.id AND arriving = 1)"
    )


def _replay_journal(connection: sqlite3.Connection) -> None:
    """Engrams of the journal become nobody's in the hippocampus, unless they have moved on; who adopts them gives
    them the keys by which they fade."""
    moved = (
        "SELECT 1 FROM place JOIN engram ON engram.place = place.id"
        " WHERE place.namespace = journal.namespace AND engram.engram_id = journal.engram_id"
    )
    rows = connection.execute(
        "SELECT rowid, namespace, engram_id, document, dynamics, features FROM journal"
        f" WHERE NOT EXISTS ({moved}) ORDER BY namespace, engram_id"
    ).fetchall()
    for row, namespace, engram_id, document, dynamics, features in rows:
        key = engram_key(HIPPOCAMPUS, engram_id)
        try:
            if not is_utf8(namespace):
                raise CorruptRecordError(f"{key}: its namespace is not UTF-8")
            engram = unpack_as(engram_id, key, document, dynamics, features)
        except CorruptRecordError as exc:
            connection.execute(
                "INSERT INTO quarantine (namespace, key, reason, document, dynamics, features)"
                " SELECT namespace, ?, ?, document, dynamics, features FROM journal WHERE rowid = ?",
                (key, str(exc), row),
            )
            continue
        dimension = None if engram.features is None else engram.features.shape[1]
        ((place,),) = connection.execute(
            "INSERT INTO place (namespace, region, dimension, engrams) VALUES (?, ?, ?, 1)"
            " ON CONFLICT DO UPDATE SET engrams = engrams + 1, dimension = coalesce(dimension, excluded.dimension)"
            " RETURNING id",
            (namespace, HIPPOCAMPUS, dimension),
        ).fetchall()
        row = connection.execute(
            "INSERT INTO engram (place, engram_id, digest, forgotten_at, revision, dynamics)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (place, engram_id, engram.digest, math.inf, engram.revision, dynamics),
        ).lastrowid
        connection.execute("INSERT INTO document VALUES (?, ?)", (row, document))
        if features:
            connection.execute("INSERT INTO embedding VALUES (?, ?)", (row, features))


_UPGRADES = (_add_agendas, _drop_full_text, _share)
"""What makes a file of each version, from 2 on, out of one of the version before."""
SCHEMA_VERSION = 1 + len(_UPGRADES)


def instant_of(agenda: Agenda) -> str:
    """Name of the column that holds the key on an agenda; NULL: not on it."""
    return f"{agenda}_at"


def index_of(agenda: Agenda) -> str:
    """Name of the index of the engrams that are on an agenda."""
    return f"engram_by_{agenda}"


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """The schema version of a file, 0 when it holds nothing yet.

    Raises:
        CorruptRecordError: a newer schema version.
        StoreError: a database of something else.
    """
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


def update(connection: sqlite3.Connection, path: Path) -> None:
    """Makes the tables, or brings those of an older version up to date, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(connection, path)  # another process may have been quicker
        for step in _UPGRADES[version - 1 :] if version else (_create,):
            step(connection)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
