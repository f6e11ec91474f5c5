"""A night costs what is due, not what is stored: counted over a hundred engrams and over a hundred thousand."""

import math
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from neuro import Brain
from neuro.clock import SimulatedClock
from neuro.stores import MemoryStore, Placed, Store
from neuro.stores.sqlite import SQLiteStore
from neuro.testing import CountingStore
from neuro.testing.samples import sample_engram, sample_id
from neuro.units import DAY, YEAR

FEW = 100
_BATCH = 10_000
LATE = 1000 * YEAR

OF_ENGRAMS_AND_INDEXES = {"insert", "amend", "delete", "demote"}
BOOKKEEPING = {"write", "amend_document"}


async def fill(store: Store, count: int) -> None:
    """Lays down engrams straight in the neocortex; each third is scheduled for review, or to be rehearsed."""
    first = sample_engram()
    for start in range(0, count, _BATCH):
        await store.engrams("neocortex").insert(
            [
                Placed(
                    first.model_copy(update={"engram_id": sample_id(n), "content": f"memory {n}"}),
                    LATE + n,
                    *[(math.inf, math.inf), (LATE, math.inf), (math.inf, LATE)][n % 3],
                )
                for n in range(start, min(count, start + _BATCH))
            ]
        )


class Cost(NamedTuple):
    """What a night asked of the store: calls, records read and records written, by verb."""

    calls: Counter[str]
    read: Counter[str]
    written: Counter[str]


async def nights(inner: Store, count: int) -> list[Cost]:
    """What nights cost over so many engrams: a full one, a short one, and one right after it."""
    await fill(inner, count)
    store, clock, costs = CountingStore(inner), SimulatedClock(), list[Cost]()
    async with Brain.create(store, clock=clock) as brain:
        for waking in (DAY, 60.0, 0.0):
            await clock.advance(waking)
            store.reset()
            report = await brain.sleep()
            costs.append(Cost(+store.calls, +store.read, +store.written))
            assert set(report.values()) == {0}
        assert (await brain.stats())["engrams"] == count
    return costs


@pytest.mark.parametrize(("kind", "many"), [("memory", 10_000), ("file", 100_000)])
async def test_a_night_of_which_nothing_is_due_costs_the_same_over_ever_so_many(
    kind: str, many: int, tmp_path: Path
):
    async def place(name: str) -> Store:
        return MemoryStore() if kind == "memory" else await SQLiteStore.open(tmp_path / name)

    costs = await nights(await place("many.db"), many)
    assert costs == await nights(await place("few.db"), FEW)
    for cost in costs:
        assert not {verb for verb, records in cost.written.items() if records} & OF_ENGRAMS_AND_INDEXES
        assert {verb for verb, records in cost.read.items() if records} <= BOOKKEEPING
        assert sum(cost.read.values()) <= 2
        assert sum(cost.written[verb] for verb in BOOKKEEPING) <= 6
        assert sum(cost.calls.values()) <= 17
