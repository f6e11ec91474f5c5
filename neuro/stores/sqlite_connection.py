"""Connections to a SQLite file: how each is opened, and with which settings."""

from __future__ import annotations

import re
import sqlite3
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from neuro.errors import ConfigurationError
from neuro.stores.base import Durability
from neuro.stores.sqlite_schema import SCHEMA_VERSION, update, version_of

_SYNCHRONOUS = {Durability.FAST: "NORMAL", Durability.FULL: "FULL"}
_LOG_KEPT = 64 * 2**20
"""Bytes that the write-ahead log keeps on the disk once it has been longer: 64 MiB, room for a night's writes."""


_SPECIAL = re.compile("[%?#\t\r\n\udc80-\udcff]")
"""What a path may hold and a URL may not: it would mean something else there, or nothing."""


def url_of(path: Path) -> str:
    """The URL that opens a file, see `neuro.stores.opening.parse_url`."""
    quoted = _SPECIAL.sub(lambda found: quote(found[0], errors="surrogateescape"), str(path))
    return f"sqlite:///{quoted}"


def open_writer(
    path: Path, busy_timeout: float, durability: Durability, *, create: bool
) -> sqlite3.Connection:
    """The connection that writes; makes the tables when they are not there, or brings them up to date.

    Args:
        create: makes the file when it is not there.

    Raises:
        ConfigurationError: the parent folder does not exist, or the path is a folder.
        CorruptRecordError: a newer schema version.
        StoreError: a database of something else.
    """
    if create and not path.parent.is_dir():
        raise ConfigurationError(f"SQLiteStore.path: the folder {path.parent} does not exist (got {path})")
    if create and path.is_dir():
        raise ConfigurationError(f"SQLiteStore.path: must be a file, not a folder (got {path})")
    connection = _connect(path, busy_timeout, "rwc" if create else "rw")
    try:
        outdated = version_of(connection, path) < SCHEMA_VERSION
        with suppress(
            sqlite3.OperationalError
        ):  # busy: another process is making the file, and does this too
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {_SYNCHRONOUS[durability]}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # zeros where something was deleted
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_KEPT}")
        if outdated:
            update(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path, busy_timeout: float) -> sqlite3.Connection:
    """A connection that reads, beside the writer's and never waiting for it; makes no file."""
    connection = _connect(path, busy_timeout, "rw")  # to read the log, its index must be writable
    connection.execute("PRAGMA query_only = ON")
    return connection


def _connect(path: Path, busy_timeout: float, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}", uri=True, timeout=busy_timeout, isolation_level=None
    )
    connection.text_factory = _as_text
    return connection


def _as_text(raw: bytes) -> str:
    """Text of the file; bytes that are no UTF-8 become lone surrogates, by which a record that cannot be read is known
    (`neuro.stores.codec.is_utf8`). By itself, sqlite3 would fail the whole statement for one such byte."""
    return raw.decode("utf-8", "surrogateescape")
