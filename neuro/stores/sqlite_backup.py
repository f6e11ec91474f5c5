"""Copying a SQLite file that is in use, to a place where there is none yet.

A copy is made in a folder of its own beside its place and appears there when it is whole and checked, or never.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from neuro.errors import CorruptRecordError, InvalidArgumentError, StoreUnavailableError
from neuro.stores.base import Durability, Flaw
from neuro.stores.sqlite_care import log_of
from neuro.stores.sqlite_connection import open_reader, open_writer
from neuro.stores.sqlite_schema import version_of
from neuro.stores.sqlite_thread import translated
from neuro.stores.sqlite_verify import find_flaws

if sys.platform != "win32":
    import fcntl

T = TypeVar("T")
Connect = Callable[[], sqlite3.Connection]
"""How to connect to what is to be copied."""

_PATIENCE = 5.0
"""Seconds for which a reader waits while a file is being opened by another process."""
_PAGES = 4096
"""Pages that are copied between two looks at whether to stop: 16 MiB."""
_STEPS = 100_000
"""Steps of a check between two such looks, a few milliseconds."""
_ATTEMPTS = 10
"""At a folder that another copy to the same place has just deleted."""
_LOCK = "lock"


class Restored(NamedTuple):
    """What has been copied to become a store again."""

    engrams: dict[str, int]
    """How many, by namespace."""
    flaws: tuple[Flaw, ...]


def back_up(connect: Connect, path: Path, stopped: threading.Event | None = None) -> None:
    """Copies what a connection reads, as it is at one moment, to a file that appears when it is whole and checked.

    Blocks for as long as it takes; others go on reading and writing meanwhile. See `SQLiteStore.backup`.

    Args:
        stopped: once it is set, no file appears any more, and some error is raised soon.
    """
    stop = threading.Event() if stopped is None else stopped
    with _made(path, stop) as copy:
        _copy(connect, copy, path, stop)


def restore_file(connect: Connect, path: Path, stopped: threading.Event) -> Restored:
    """`back_up` of a file that becomes a store: brought up to date and verified before it appears."""
    with _made(path, stopped) as copy:
        _copy(connect, copy, path, stopped)
        with closing(open_writer(copy, _PATIENCE, Durability.FAST, create=False)):
            reader = partial(_stoppable, reader_of(copy), stopped)
            engrams = engrams_by_namespace(copy)
            flaws = [
                flaw.told(repaired=False)
                for namespace in engrams
                for flaw in find_flaws(reader, path, namespace)
            ]
    return Restored(engrams, tuple(dict.fromkeys(flaws)))


async def until_stopped(work: Callable[[threading.Event], T]) -> T:
    """Runs what takes long in a thread; cancelled, it tells it to stop and waits until it has."""
    stopped = threading.Event()
    running = asyncio.ensure_future(asyncio.to_thread(work, stopped))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stopped.set()
        await asyncio.gather(running, return_exceptions=True)
        raise


def _copy(connect: Connect, copy: Path, path: Path, stopped: threading.Event) -> None:
    with closing(connect()) as source, closing(_stoppable(partial(sqlite3.connect, copy), stopped)) as target:
        (_, _, file), *_ = source.execute("PRAGMA database_list")
        shutil.copymode(file, copy)  # nobody may read it who may not read that
        source.execute("BEGIN")  # of one moment: another's write would make it start again
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()

        def watch(_status: int, _left: int, _pages: int) -> None:
            _go_on(path, stopped)

        source.backup(target, pages=_PAGES, progress=watch)
        problems = [row[0] for row in target.execute("PRAGMA quick_check")]
        # Without a log it can be read where nothing can be written.
        target.execute("PRAGMA journal_mode = DELETE")
    if problems != ["ok"]:
        raise CorruptRecordError(f"{path}: the copy does not hold together: {problems[0]}")


def _stoppable(connect: Connect, stopped: threading.Event) -> sqlite3.Connection:
    connection = connect()
    connection.set_progress_handler(stopped.is_set, _STEPS)
    return connection


def _go_on(path: Path, stopped: threading.Event) -> None:
    if stopped.is_set():
        raise StoreUnavailableError(f"{path}: the copy was given up")


# A file in the making


@contextmanager
def _made(path: Path, stopped: threading.Event) -> Generator[Path]:
    """Where to write a new file; it appears in its place when the block ends, but not if that raises."""
    folder = path.with_name(f"{path.name}.partial")
    try:
        check_free(path)
        lock = _claim(folder)
        try:
            copy = folder / path.name
            _clear(folder)
            yield copy
            if log_of(copy).exists():
                raise StoreUnavailableError(f"{copy}: another process has it open; try again")
            check_free(path)
            _go_on(path, stopped)
            _publish(copy, path)
        finally:
            _clear(folder)
            with suppress(OSError):  # somebody may have begun another copy as soon as this one was done
                (folder / _LOCK).unlink()
                folder.rmdir()
            os.close(lock)
    except sqlite3.Error as exc:
        raise translated(path, exc) from None
    except StoreUnavailableError:  # an OSError too
        raise
    except OSError as exc:
        raise StoreUnavailableError(
            f"{path}: {exc.strerror or exc}: its folder must have room, and this user be allowed to write it"
        ) from None


def _claim(folder: Path) -> int:
    """Makes the folder, or takes over one that a crash has left; the lock that says that it is in use."""
    for _ in range(_ATTEMPTS):
        try:
            folder.mkdir(mode=0o700, exist_ok=sys.platform != "win32")
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except FileExistsError:
            raise InvalidArgumentError(
                f"{folder}: is in the way, or left of a copy that was interrupted: delete it"
            ) from None
        except FileNotFoundError:  # another one has just been done with it
            continue
        if _hold(lock, folder):
            return lock
        os.close(lock)
    raise StoreUnavailableError(f"{folder}: cannot be made; try again, or choose another place")


def _hold(lock: int, folder: Path) -> bool:
    """Holds a lock until it is closed or the process ends; False if the file has been deleted meanwhile."""
    if sys.platform == "win32":  # where the folder was not there before
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(lock), (folder / _LOCK).stat())
    except BlockingIOError:
        os.close(lock)
        raise InvalidArgumentError(f"{folder}: is being written by another copy to the same place") from None
    except FileNotFoundError:
        return False


def _clear(folder: Path) -> None:
    for file in folder.iterdir():
        if file.name != _LOCK:
            file.unlink()


def _publish(copy: Path, path: Path) -> None:
    """Gives a file its name, unless there is something of that name already."""
    try:
        try:
            os.link(copy, path)
        except FileExistsError:
            raise
        except OSError:  # this file system has no links; the empty file is there for an instant
            path.open("xb").close()
            try:
                copy.replace(path)
            except OSError:
                path.unlink()
                raise
    except FileExistsError:
        raise _taken(path) from None


def check_free(path: Path) -> None:
    """Raises InvalidArgumentError unless a new file can be made there, to which no log of another one belongs."""
    if "\0" in str(path):
        raise InvalidArgumentError("path: must not hold a NUL character")
    for file in (path, log_of(path), path.with_name(f"{path.name}-journal")):
        if file.exists():
            raise _taken(file)
    if not path.parent.is_dir():
        raise InvalidArgumentError(f"{path}: the folder {path.parent} does not exist")


def _taken(file: Path) -> InvalidArgumentError:
    return InvalidArgumentError(f"{file}: there is a file already, and copies overwrite nothing")


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


def reader_of(path: Path) -> Connect:
    """How to connect to a file that is to be copied, for `back_up`."""
    return partial(open_reader, path, _PATIENCE)
