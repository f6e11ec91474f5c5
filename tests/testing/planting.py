"""Planting faults: a fault is a small wrapper around an honest store, and names the checks that must catch it."""

import pytest

from neuro.stores.memory import MemoryStore
from neuro.testing.doubles import EngramsWrapper, StoreWrapper


class FaultyStore(StoreWrapper):
    """A base for faults of a whole store, around a memory store."""

    def __init__(self):
        super().__init__(MemoryStore())


class FaultyEngrams(EngramsWrapper):
    """A base for faults of a region; ``prepare`` makes what a fault keeps."""

    def __init__(self, inner, owner):
        super().__init__(inner, owner)
        self.prepare()

    def prepare(self):
        return None

    async def found(self, engram_ids):
        return [engram for engram in await self.inner.get(engram_ids) if engram is not None]


class FaultyWrites(FaultyStore):
    """A base for faults of what is written; `bend` makes other writes of one."""

    async def bend(self, write):
        raise NotImplementedError

    async def write(self, writes, *, op_id=None):
        bent = [await self.bend(write) for write in writes]
        await self.inner.write([other for several in bent for other in several], op_id=op_id)


class Bends(FaultyEngrams):
    """A region that bends what it is given."""

    def bend(self, engram):
        raise NotImplementedError

    async def insert(self, items, *, writer=None):
        def bent(engram):
            return engram.model_copy(update=self.bend(engram))

        bent_items = [item._replace(engram=bent(item.engram)) for item in items]
        await self.inner.insert(bent_items, writer=writer)


class _Planted(FaultyStore):
    def __init__(self, fault):
        super().__init__()
        self.fault = fault

    def wrap(self, inner):
        return self.fault(inner, self)


class Faults:
    """The faults of one test module."""

    def __init__(self):
        self.planted = []

    def caught_by(self, *checks):
        """The checks that must fail on a store with this fault."""

        def plant(fault):
            self.planted.extend((fault, check) for check in checks)
            return fault

        return plant

    @property
    def checks(self):
        """All checks that are known to catch something."""
        return {check for _, check in self.planted}

    def parametrize(self):
        """Runs a test of ``(fault, check)`` for each."""
        names = [f"{fault.__name__}-{check.__name__}" for fault, check in self.planted]
        return pytest.mark.parametrize(("fault", "check"), self.planted, ids=names)


async def assert_caught(fault, check):
    """The check fails on a store with the fault."""

    async def make_store():
        return _Planted(fault) if issubclass(fault, EngramsWrapper) else fault()

    with pytest.raises(AssertionError):
        await check(make_store)
