"""Copying a SQLite file that is in use."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from neuro.errors import CorruptRecordError, InvalidArgumentError
from neuro.stores.sqlite_thread import translated


def back_up(connect: Callable[[], sqlite3.Connection], path: Path) -> None:
    """Copies what a connection reads, as it is at one moment, to a file that appears when it is whole and checked.

    Blocks for as long as it takes; others go on reading and writing meanwhile. See `SQLiteStore.backup`.
    """
    if path.exists():
        raise InvalidArgumentError(f"SQLiteStore.backup: there is a file already (got {path})")
    if not path.parent.is_dir():
        raise InvalidArgumentError(
            f"SQLiteStore.backup: the folder {path.parent} does not exist (got {path})"
        )
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.open("xb").close()  # so that two at once cannot write into each other
    except FileExistsError:
        raise InvalidArgumentError(
            f"SQLiteStore.backup: {partial} is being written, or is left of one that was interrupted: delete it"
        ) from None
    try:
        with closing(connect()) as source, closing(sqlite3.connect(partial)) as copy:
            source.backup(copy)  # in one step: another's write would make it start again
            problems = [row[0] for row in copy.execute("PRAGMA quick_check")]
        if problems != ["ok"]:
            raise CorruptRecordError(f"{path}: the copy does not hold together: {problems[0]}")
        partial.rename(path)
    except sqlite3.Error as exc:
        raise translated(partial, exc) from None
    finally:
        for leftover in (
            partial,
            *(partial.with_name(partial.name + end) for end in ("-wal", "-shm", "-journal")),
        ):
            leftover.unlink(missing_ok=True)
