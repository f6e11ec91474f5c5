"""Planting faults in a brain that is honest otherwise: each must be caught by the machine within some programs."""

import random

import pytest

from neuro.stores.memory import MemoryStore
from neuro.testing.doubles import StoreWrapper
from neuro.testing.machine import draw_program, live, memory_place

PROGRAMS = 1000
"""Programs within which every fault must be caught; most are within five."""


class _Faulty(StoreWrapper):
    """A memory store whose regions have a fault."""

    def __init__(self, engrams):
        super().__init__(MemoryStore())
        self._engrams = engrams

    def wrap(self, inner):
        return self._engrams(inner, self)


class Faults:
    """The faults of one test module: a function patches the brain, a class stands for the engrams of a region."""

    def __init__(self):
        self.planted = []

    def caught(self, *, trouble=False):
        """Must be caught by programs, of those with trouble if that is what the fault is about."""

        def plant(fault):
            self.planted.append((fault, trouble))
            return fault

        return plant

    def parametrize(self):
        """Runs a test of ``(fault, trouble)`` for each."""
        names = [fault.__name__ for fault, _ in self.planted]
        return pytest.mark.parametrize(("fault", "trouble"), self.planted, ids=names)


async def assert_caught(fault, trouble, monkeypatch):
    """One of the programs fails."""
    in_a_store = isinstance(fault, type)
    if not in_a_store:
        fault(monkeypatch.setattr)
    for seed in range(PROGRAMS):
        program = draw_program(random.Random(seed), trouble=trouble)
        try:
            await live(program, memory_place(_Faulty(fault) if in_a_store else None), seed=seed)
        except AssertionError as error:
            assert isinstance(error.__cause__, AssertionError), "the fault broke down instead of doing wrong"
            return
    pytest.fail(f"{PROGRAMS} programs came to a good end")
