"""Which store is meant, whether there is anything in it, and a brain on it for the length of a command."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Coroutine, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuro import Brain, ConfigurationError, NeuroError
from neuro.clock import Clock
from neuro.stores import Store, open_store
from neuro.stores.base import Durability
from neuro.stores.copying import is_vacant
from neuro.stores.opening import parse_url, store_exists

STORE_VARIABLE = "NEURO_STORE"
_FILE = "neuro.db"


class NoMemoryError(NeuroError):
    """Nothing was ever remembered in the store that a command asks."""


def user_data_folder(platform: str, environment: Mapping[str, str], home: Path) -> Path:
    """Where neuro keeps a user's data: what each platform's own guidelines say.

    Args:
        platform: as ``sys.platform``.
    """
    if platform == "win32":
        local = environment.get("LOCALAPPDATA", "")
        return (Path(local) if local else home / "AppData" / "Local") / "neuro"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "neuro"
    share = Path(environment.get("XDG_DATA_HOME", ""))
    if not share.is_absolute():  # a relative one does not count
        share = home / ".local" / "share"
    return share / "neuro"


@dataclass(frozen=True, slots=True)
class Place:
    """One brain's place: a store and a namespace of it."""

    url: str
    namespace: str = "default"
    embedder: str | None = None
    """None: the one that filled the store."""
    folder: Path | None = None
    """Made on the first write: the user's data folder, when no store was named."""

    @classmethod
    def of(cls, store: str | None, namespace: str = "default", embedder: str | None = None) -> Place:
        """What was named, else ``$NEURO_STORE``, else ``neuro.db`` in the user's data folder."""
        named = store or os.environ.get(STORE_VARIABLE)
        if named:
            return cls(named if "://" in named else os.path.expanduser(named), namespace, embedder)
        folder = user_data_folder(sys.platform, os.environ, Path.home())
        return cls(str(folder / _FILE), namespace, embedder, folder)

    @property
    def file(self) -> Path | None:
        """The file of an embedded store; None for a server."""
        scheme, location, _ = parse_url(self.url, self.namespace)
        return Path(location).absolute() if scheme == "sqlite" else None

    @property
    def brain_name(self) -> str:
        """The namespace, which may be part of the URL."""
        return parse_url(self.url, self.namespace)[2]

    def missing(self) -> bool:
        """Whether there is no file; a server is there until it is asked."""
        file = self.file
        return file is not None and (not file.is_file() or file.stat().st_size == 0)

    def make_folder(self) -> None:
        """Makes the user's data folder. A folder that the user named is theirs to make."""
        if self.folder is not None:
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else's business
            except OSError as error:
                raise ConfigurationError(
                    f"{self.folder}: cannot be made ({error.strerror}); name a file with --store"
                ) from None

    def nothing(self, shown: str | None = None) -> NoMemoryError:
        """The error of a command that finds nothing to read."""
        where = str(self.file or shown or "this store")
        name = self.brain_name
        brain = "" if name == "default" else f" in the namespace {name!r}"
        return NoMemoryError(f'there is no memory at {where}{brain} yet; "neuro add" makes one')

    @asynccontextmanager
    async def brain(self, *, writing: bool, clock: Clock | None = None) -> AsyncGenerator[Brain]:
        """A brain on this store, closed orderly whatever happens.

        Args:
            writing: makes the store when there is none; otherwise that is an error, and nothing is made.

        Raises:
            NoMemoryError: there is nothing to read.
        """
        if not writing and await asyncio.to_thread(self.missing):
            raise self.nothing()
        if writing:
            await asyncio.to_thread(self.make_folder)
        brain = await Brain.create(self.url, namespace=self.namespace, embedder=self.embedder, clock=clock)
        try:
            if not writing and await is_vacant(brain.store):
                raise self.nothing(brain.store.url)
            yield brain
        finally:
            await _see_through(brain.close())

    @asynccontextmanager
    async def opened(self, *, durability: str = Durability.FAST) -> AsyncGenerator[Store]:
        """The store without a brain, to be looked after; NoMemoryError if there is nothing in it."""
        if not await store_exists(self.url, namespace=self.namespace):
            raise self.nothing()
        store = await open_store(self.url, namespace=self.namespace, durability=durability)
        async with aclosing(store):
            if await is_vacant(store):
                raise self.nothing(store.url)
            yield store


async def _see_through(closing: Coroutine[Any, Any, None]) -> None:
    """Closes to the end, even if the user presses Ctrl-C meanwhile."""
    task = asyncio.ensure_future(closing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
