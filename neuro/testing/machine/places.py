"""Places where brains live in tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from neuro.stores.base import Store
from neuro.stores.memory import MemoryStore
from neuro.testing.doubles import KeptOpen

OpenPlace = Callable[[], Awaitable[Store]]
"""Opens one place, empty the first time; each call stands for a new process that opens it."""


def memory_place(inner: Store | None = None) -> OpenPlace:
    """A place in the memory of this process that keeps what it is given while it is in use.

    Args:
        inner: the store that keeps it, never closed; a new `MemoryStore` if none.
    """
    kept = MemoryStore() if inner is None else inner

    async def open_place() -> Store:
        return KeptOpen(kept)

    return open_place
