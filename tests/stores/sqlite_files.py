"""SQLite files, and what other programs do to them, for tests of the store on one."""

import asyncio
import itertools
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neuro.engram import Engram
from neuro.stores.base import EngramStore, Placed
from neuro.stores.sqlite import SQLiteStore
from neuro.testing.samples import sample_id
from neuro.testing.stores.engrams import counted

Hook = Callable[[sqlite3.Connection, str, Any], object]
"""Is given the connection, a statement and its parameters."""


class Files:
    """Fresh files, the last of which can be opened again."""

    def __init__(self, folder: Path) -> None:
        self._paths = (folder / f"{i}.db" for i in itertools.count())
        self._path = next(self._paths)

    async def make(self) -> SQLiteStore:
        self._path = next(self._paths)
        return await SQLiteStore.open(self._path)

    async def reopen(self) -> SQLiteStore:
        return await SQLiteStore.open(self._path)

    async def neighbour(self) -> SQLiteStore:
        return await SQLiteStore.open(self._path, namespace="another")


def aside(path: Path, *statements: str) -> list[Any]:
    """Runs statements as another program would; returns what the last one answers."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return [connection.execute(statement).fetchall() for statement in statements][-1]
    finally:
        connection.close()


class Gate:
    """An amend that keeps the writer busy until it is opened."""

    def __init__(self) -> None:
        self._entered = threading.Event()
        self._opened = threading.Event()

    def change(self, engram: Engram) -> Placed:
        self._entered.set()
        assert self._opened.wait(30.0)
        return counted(engram)

    async def close(self, engrams: EngramStore) -> asyncio.Task[list[Engram]]:
        task = asyncio.create_task(engrams.amend([sample_id(1)], self.change, op_id="gate"))
        assert await asyncio.to_thread(self._entered.wait, 30.0)
        return task

    def open(self) -> None:
        self._opened.set()
