"""Where memories are kept: in memory, in one SQLite file, on Redis."""

from neuro.stores.base import (
    Agenda,
    Change,
    Contents,
    Document,
    EngramStore,
    Flaw,
    Happening,
    Health,
    Insert,
    Kept,
    Lease,
    Link,
    News,
    Placed,
    Remove,
    Replace,
    Store,
    Unlink,
    Write,
)
from neuro.stores.memory import MemoryStore
from neuro.stores.opening import open_store

__all__ = [
    "Agenda",
    "Change",
    "Contents",
    "Document",
    "EngramStore",
    "Flaw",
    "Happening",
    "Health",
    "Insert",
    "Kept",
    "Lease",
    "Link",
    "MemoryStore",
    "News",
    "Placed",
    "Remove",
    "Replace",
    "Store",
    "Unlink",
    "Write",
    "open_store",
]
