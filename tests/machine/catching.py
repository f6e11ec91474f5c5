"""Planting faults in a brain that is honest otherwise: each must be caught by the machine within some programs."""

import random
from typing import NamedTuple

import pytest

from neuro.regions.anatomy import Anatomy
from neuro.stores.memory import MemoryStore
from neuro.testing.doubles import StoreWrapper
from neuro.testing.machine import Program, draw_program, live, memory_place

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
    """The faults of one test module: a function patches the brain, a class stands for a store or for the engrams of
    its regions."""

    def __init__(self):
        self.planted = []

    def caught(self, *, trouble=False, brains=1, program=None, first=0):
        """Must be caught by random programs; with trouble, or of two brains, if that is what the fault is about; or
        by one program, lived through in many orders, if it shows but rarely.

        Args:
            first: number of the program to begin with: one shortly before those that have caught it, to save time.
        """

        def plant(fault):
            self.planted.append((fault, Programs(program, trouble, brains, first)))
            return fault

        return plant

    def parametrize(self):
        """Runs a test of ``(fault, programs)`` for each."""
        names = [fault.__name__ for fault, _ in self.planted]
        return pytest.mark.parametrize(("fault", "programs"), self.planted, ids=names)


class Programs(NamedTuple):
    """What is lived through to catch a fault."""

    fixed: Program | None
    trouble: bool
    brains: int
    first: int

    def draw(self, seed):
        """The one by this number."""
        if self.fixed is not None:
            return self.fixed
        return draw_program(random.Random(seed), trouble=self.trouble, brains=self.brains)


async def assert_caught(fault, programs, monkeypatch):
    """One of the programs fails."""
    in_a_store = isinstance(fault, type)
    if not in_a_store:
        fault(monkeypatch.setattr)
    for seed in range(programs.first, programs.first + PROGRAMS):
        inner = MemoryStore()
        if in_a_store:
            inner = fault(inner) if issubclass(fault, StoreWrapper) else _Faulty(fault)
        try:
            await live(programs.draw(seed), memory_place(inner), seed=seed, brains=programs.brains)
        except AssertionError as error:
            assert isinstance(error.__cause__, AssertionError), "the fault broke down instead of doing wrong"
            return
    pytest.fail(f"{PROGRAMS} programs came to a good end")


def a_move_that_failed_is_not_tried_again(patch):
    """A fault that both the checks of a brain and the machine must catch."""
    honest = Anatomy.move

    async def move(self, engram_ids, destination):
        try:
            return await honest(self, engram_ids, destination)
        except BaseException:
            self.hippocampus.departed(engram_ids)
            raise

    patch(Anatomy, "move", move)
