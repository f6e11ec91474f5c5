"""Memories in a file of their own: saved while brains use them, and restored into an empty place.

A backup is a SQLite file, and itself a store that can be opened. Of a SQLite file it is the whole, all namespaces at
one moment; of Redis it is one namespace, with all that was acknowledged before the copy began.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from neuro.errors import InvalidArgumentError
from neuro.stores.base import Flaw
from neuro.stores.copying import copy_store, is_vacant
from neuro.stores.opening import open_store, parse_url, store_exists
from neuro.stores.sqlite import SQLiteStore
from neuro.stores.sqlite_backup import (
    back_up,
    check_free,
    engrams_by_namespace,
    reader_of,
    restore_file,
    until_stopped,
)

Progress = Callable[[int], object]
"""Told how many engrams have been copied since it was told last."""

_COPY = "copy.db"


@dataclass(frozen=True, slots=True)
class Backup:
    """What was saved or restored."""

    engrams: dict[str, int]
    """How many, by namespace."""
    unreadable: tuple[str, ...] = ()
    """Records that could not be read, with the reason, and are missing for that."""
    flaws: tuple[Flaw, ...] = ()
    """What does not fit together in what was restored, and did not when it was saved."""


async def save(
    url: str, path: Path, *, namespace: str = "default", on_engrams: Progress = lambda _: None
) -> Backup:
    """Saves the store at a URL or path to a new file, which appears when it is whole and checked.

    Brains may go on using it. On Redis what is remembered, moved or forgotten meanwhile is in the file as it was at
    the end. It needs as much room again beside the file for the time being.

    Raises:
        InvalidArgumentError: there is a file already, no folder to hold it, or no store.
        StoreUnavailableError: the store cannot be reached, or there is no room for the file.
        CorruptRecordError: the file does not hold together, and is deleted again.
    """
    if not await store_exists(url, namespace=namespace):
        raise InvalidArgumentError("url: there is no store to be saved")
    target = await asyncio.to_thread(path.absolute)
    await asyncio.to_thread(check_free, target)
    scheme, location, name = parse_url(url, namespace)
    if scheme == "sqlite":
        source = await asyncio.to_thread(Path(location).absolute)
        await asyncio.to_thread(engrams_by_namespace, source)
        await until_stopped(partial(back_up, reader_of(source), target))
        return Backup(await asyncio.to_thread(engrams_by_namespace, target))
    async with _folder(target.parent) as folder:
        file = folder / _COPY
        async with (
            aclosing(await open_store(url, namespace=namespace)) as store,
            aclosing(await SQLiteStore.open(file, namespace=name)) as copy,
        ):
            if await is_vacant(store):
                raise InvalidArgumentError(f"{store.url}: holds no memory in the namespace {name!r}")
            copied = await copy_store(store, copy, on_engrams=on_engrams)
        await until_stopped(partial(back_up, reader_of(file), target))
    return Backup({name: copied.engrams}, copied.unreadable)


async def restore(
    path: Path,
    url: str,
    *,
    namespace: str = "default",
    source: str | None = None,
    on_engrams: Progress = lambda _: None,
) -> Backup:
    """Restores what `save` saved to a URL or path where there is nothing yet, and verifies it.

    A file becomes a file, with all namespaces, which appears when it is whole and verified; Redis gets one namespace.
    The backup is only read.

    Args:
        path: the backup, or any other SQLite file of neuro's.
        source: for Redis: which namespace of the file; ``namespace`` if it has that, else the only one it has.

    Raises:
        InvalidArgumentError: something is there already, or the file lacks what is asked for.
        CorruptRecordError: the file is damaged.
        StoreUnavailableError: the place cannot be reached or written.
    """
    file = await asyncio.to_thread(path.absolute)
    saved = await asyncio.to_thread(engrams_by_namespace, file)
    scheme, location, name = parse_url(url, namespace)
    if scheme == "memory":
        raise InvalidArgumentError(f"{url}: nothing outlives this; restore into a file or a Redis")
    if scheme == "sqlite":
        if source is not None:
            raise InvalidArgumentError("source: a file is restored as a whole (got one namespace)")
        return await _restore_file(file, await asyncio.to_thread(Path(location).absolute))
    chosen = _choose(file, list(saved), name, source)
    async with _folder(None) as folder:
        copy = folder / _COPY
        await until_stopped(partial(back_up, reader_of(file), copy))
        async with (
            aclosing(await SQLiteStore.open(copy, namespace=chosen)) as store,
            aclosing(await open_store(url, namespace=namespace)) as target,
        ):
            copied = await copy_store(store, target, on_engrams=on_engrams)
    return Backup({name: copied.engrams}, copied.unreadable)


async def _restore_file(file: Path, target: Path) -> Backup:
    if await asyncio.to_thread(target.exists):
        raise InvalidArgumentError(
            f"{target}: there is a memory already; end the programs that use it, move it away with the -wal and -shm"
            " beside it, and restore again"
        )
    restored = await until_stopped(partial(restore_file, reader_of(file), target))
    return Backup(restored.engrams, flaws=restored.flaws)


def _choose(file: Path, saved: list[str], name: str, source: str | None) -> str:
    """The namespace of a file that is meant."""
    wanted = source if source is not None else name if name in saved or len(saved) > 1 else saved[0]
    if wanted not in saved:
        raise InvalidArgumentError(f"{file}: has no namespace {wanted!r}, only {', '.join(map(repr, saved))}")
    return wanted


@asynccontextmanager
async def _folder(beside: Path | None) -> AsyncGenerator[Path]:
    """A folder that is gone in the end."""
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, dir=beside, prefix=".neuro-")
    try:
        yield Path(folder.name)
    finally:
        await asyncio.to_thread(folder.cleanup)
