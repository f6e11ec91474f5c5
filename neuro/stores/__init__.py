"""Where memories are kept: in memory, in one SQLite file, on Redis."""

from neuro.stores.base import Agenda, Change, EngramStore, Link, Placed, Store
from neuro.stores.memory import MemoryStore
from neuro.stores.opening import open_store

__all__ = ["Agenda", "Change", "EngramStore", "Link", "MemoryStore", "Placed", "Store", "open_store"]
