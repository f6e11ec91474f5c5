"""Copying a SQLite file that is in use."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from neuro.errors import CorruptRecordError, InvalidArgumentError
from neuro.stores.sqlite_care import log_of
from neuro.stores.sqlite_connection import open_reader
from neuro.stores.sqlite_schema import version_of
from neuro.stores.sqlite_thread import translated

_PATIENCE = 5.0
"""Seconds for which a reader waits while a file is being opened by another process."""


def back_up(connect: Callable[[], sqlite3.Connection], path: Path) -> None:
    """Copies what a connection reads, as it is at one moment, to a file that appears when it is whole and checked.

    Blocks for as long as it takes; others go on reading and writing meanwhile. See `SQLiteStore.backup`.
    """
    check_free(path)
    copying = path.with_name(f"{path.name}.partial")
    try:
        copying.open("xb").close()  # so that two at once cannot write into each other
    except FileExistsError:
        raise InvalidArgumentError(
            f"{copying}: is being written, or is left of a copy that was interrupted: delete it"
        ) from None
    try:
        with closing(connect()) as source, closing(sqlite3.connect(copying)) as copy:
            (_, _, file), *_ = source.execute("PRAGMA database_list")
            shutil.copymode(file, copying)  # nobody may read it who may not read that
            source.backup(copy)  # in one step: another's write would make it start again
            problems = [row[0] for row in copy.execute("PRAGMA quick_check")]
            copy.execute(
                "PRAGMA journal_mode = DELETE"
            )  # without a log it can be read where nothing can be written
        if problems != ["ok"]:
            raise CorruptRecordError(f"{path}: the copy does not hold together: {problems[0]}")
        copying.rename(path)
    except sqlite3.Error as exc:
        raise translated(copying, exc) from None
    finally:
        for leftover in (
            copying,
            *(copying.with_name(copying.name + end) for end in ("-wal", "-shm", "-journal")),
        ):
            leftover.unlink(missing_ok=True)


def check_free(path: Path) -> None:
    """Raises InvalidArgumentError unless a new file can be made there, to which no log of another one belongs."""
    for file in (path, log_of(path)):
        if file.exists():
            raise InvalidArgumentError(f"{file}: there is a file already, and copies overwrite nothing")
    if not path.parent.is_dir():
        raise InvalidArgumentError(f"{path}: the folder {path.parent} does not exist")


def engrams_by_namespace(path: Path) -> dict[str, int]:
    """How many engrams each memory in a file holds, by namespace; changes nothing, and makes no file.

    Raises:
        InvalidArgumentError: there is no such file, or nothing in it.
        CorruptRecordError: it is no database, or of a newer schema version.
        StoreError: it is a database of something else.
    """
    if not path.is_file():
        raise InvalidArgumentError(f"{path}: there is no such file")
    query = (
        "SELECT namespace, coalesce(sum(engrams), 0) FROM"
        " (SELECT namespace, engrams FROM place UNION ALL SELECT namespace, 0 FROM bookkeeping)"
        " GROUP BY namespace ORDER BY namespace"
    )
    try:
        with closing(reader_of(path)()) as connection:
            found = connection.execute(query).fetchall() if version_of(connection, path) else []
    except sqlite3.Error as exc:
        raise translated(path, exc) from None
    if not found:
        raise InvalidArgumentError(f"{path}: holds no memory")
    return dict(found)


def reader_of(path: Path) -> Callable[[], sqlite3.Connection]:
    """How to connect to a file that is to be copied, for `back_up`."""
    return partial(open_reader, path, _PATIENCE)
