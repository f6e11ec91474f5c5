"""A random life of a store: everything that brains do with one, and where each engram must be after every step."""

from __future__ import annotations

import math
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress

from neuro.engram import Engram
from neuro.errors import StaleEngramError
from neuro.stores.base import Document, Insert, Link, Placed, Remove, Replace, Store, Unlink, Write
from neuro.testing.samples import sample_engram, sample_features, sample_placed
from neuro.testing.stores.engrams import counted
from neuro.testing.stores.images import HIPPOCAMPUS, REGIONS

_NUMBERS = 20
"""How many different engrams come and go."""
_WRITERS = ("a", "b", "c")


async def random_life(
    store: Store, *, seed: int, steps: int = 150
) -> AsyncGenerator[tuple[int, dict[str, str]]]:
    """Does something at random in an empty store, and yields how often by now, and the region of each engram."""
    life = _Life(store, random.Random(seed))
    for step in range(1, steps + 1):
        await life.live()
        yield step, life.owners


class _Life:
    """Every act writes at once whatever belongs together, as a brain does, so that nothing is left loose."""

    def __init__(self, store: Store, rng: random.Random) -> None:
        self.store = store
        self.rng = rng
        self.owners: dict[str, str] = {}
        self._step = 0
        self._last: tuple[list[Write], str] | None = None

    async def live(self) -> None:
        self._step += 1
        acts: list[Callable[[], Awaitable[None]]] = [
            self._perceive, self._perceive, self._move, self._forget, self._recall, self._replace, self._demote,
            self._associate, self._note, self._come_and_go, self._repeat, self._fail,
        ]  # fmt: skip
        await self.rng.choice(acts)()

    def _place(self, engram: Engram) -> Placed:
        """An engram with keys drawn at random."""
        return Placed(engram, *(self.rng.choice((math.inf, self.rng.uniform(0.0, 100.0))) for _ in range(3)))

    def _somebody(self) -> str | None:
        return self.rng.choice(sorted(self.owners)) if self.owners else None

    async def _drawn(self) -> tuple[Placed, str] | None:
        """One that is there with new keys, and where."""
        engram_id = self._somebody()
        if engram_id is None:
            return None
        region = self.owners[engram_id]
        [engram] = await self.store.engrams(region).get([engram_id])
        assert engram is not None, f"{engram_id} is lost from {region}"
        return self._place(engram), region

    async def _write(self, writes: list[Write]) -> None:
        self._last = writes, f"step {self._step}"
        await self.store.write(writes, op_id=self._last[1])

    async def _perceive(self) -> None:
        number = self.rng.randrange(_NUMBERS)
        engram = sample_engram(number, features=None if number % 3 else sample_features(seed=number))
        engram_id, other = engram.engram_id, self._somebody()
        region = self.owners.setdefault(engram_id, self.rng.choice((HIPPOCAMPUS, HIPPOCAMPUS, *REGIONS)))
        writes: list[Write] = [Insert(region, self._place(engram), self.rng.choice((None, *_WRITERS)))]
        if other is not None and other != engram_id:
            writes += _both_ways(engram_id, other, self.rng.random() + 0.1)
        await self._write([*writes, Document("clock", self._step)])

    async def _move(self) -> None:
        if (drawn := await self._drawn()) is not None:
            placed, region = drawn
            engram, destination = placed.engram, self.rng.choice(REGIONS)
            await self._write(
                [Remove(region, engram.engram_id, engram.revision), Insert(destination, placed)]
            )
            self.owners[engram.engram_id] = destination

    async def _forget(self) -> None:
        engram_id = self._somebody()
        if engram_id is not None:
            await self._write([Remove(self.owners.pop(engram_id), engram_id), Unlink(engram_id)])

    async def _recall(self) -> None:
        if (drawn := await self._drawn()) is not None:
            placed, region = drawn
            await self.store.engrams(region).amend(
                [placed.engram.engram_id],
                lambda e: placed._replace(engram=counted(e).engram),
                op_id=f"step {self._step}",
            )

    async def _replace(self) -> None:
        if (drawn := await self._drawn()) is not None:
            placed, region = drawn
            changed = placed._replace(engram=counted(placed.engram).engram)
            await self._write([Replace(region, changed, placed.engram.revision)])

    async def _demote(self) -> None:
        engrams = self.store.engrams(self.rng.choice(REGIONS))
        before = self.rng.uniform(0.0, 100.0)
        await engrams.demote(await engrams.due(before, limit=3), before)

    async def _associate(self) -> None:
        one, other = self._somebody(), self._somebody()
        if one is not None and other is not None and one != other:
            pair = _both_ways(one, other, self.rng.choice((0.0, self.rng.random() + 0.1)))
            await self._write(pair[: 1 + self._step % 2])  # every other time one way only

    async def _note(self) -> None:
        key = self.rng.choice(("a", "b"))
        await self._write([Document(key, self.rng.choice((None, [self._step])))])
        await self.store.amend_document("nights", lambda held: (held or 0) + 1)

    async def _come_and_go(self) -> None:
        writer, other = self.rng.sample(_WRITERS, 2)
        await self.store.beat(writer, float(self._step))
        if self.rng.random() < 0.3:
            await self.store.retire(other)
        await self.store.adopt(HIPPOCAMPUS, writer, silent_since=self._step - 20.0)

    async def _repeat(self) -> None:
        if self._last is not None:
            await self.store.write(self._last[0], op_id=self._last[1])

    async def _fail(self) -> None:
        if (drawn := await self._drawn()) is not None:
            placed, region = drawn
            new = Insert(HIPPOCAMPUS, sample_placed(_NUMBERS))
            with suppress(StaleEngramError):
                await self.store.write([new, Remove(region, placed.engram.engram_id, 10**6)], op_id="refused")
                raise AssertionError("a stale write was not refused")


def _both_ways(one: str, other: str, weight: float) -> list[Write]:
    return [Link(one, other, "temporal", weight), Link(other, one, "temporal", weight)]


async def lived(store: Store, *, seed: int, steps: int = 150) -> None:
    """Lives a whole life; every engram must be where it was left, and nowhere else."""
    owners: dict[str, str] = {}
    async for _, now in random_life(store, seed=seed, steps=steps):
        owners = now
    for region in REGIONS:
        found = [engram.engram_id for engram in await store.engrams(region).scan()]
        assert found == sorted(engram_id for engram_id, owner in owners.items() if owner == region)
