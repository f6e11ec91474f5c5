"""Tasks that write to a store as fast as it lets them, and note what it acknowledges."""

import asyncio
import itertools
from contextlib import aclosing
from typing import Self

from neuro.errors import StoreUnavailableError
from neuro.stores.base import Document, Insert, Link
from neuro.stores.redis import RedisStore
from neuro.testing.samples import sample_id, sample_placed
from neuro.testing.stores.engrams import counted

REGION = "hippocampus"
_COUNTERS = 1_000_000
"""Numbers from which on the engrams are whose accesses are counted, one for each task."""


class Load:
    """Writes until it is stopped; what the store could not acknowledge is tried again."""

    def __init__(self, store: RedisStore, tasks: int = 8) -> None:
        self.inserted: dict[int, float] = {}
        """Number of each engram whose insert was acknowledged, with the time of the loop."""
        self.counted = [0] * tasks
        """Acknowledged amends of each task."""
        self.refusals: list[StoreUnavailableError] = []
        self._store = store
        self._numbers = itertools.count(1)
        self._stopped = False
        self._tasks = [asyncio.create_task(self._write(task)) for task in range(tasks)]

    async def _write(self, task: int) -> None:
        loop = asyncio.get_running_loop()
        counter = sample_id(_COUNTERS + task)
        engrams = self._store.engrams(REGION)
        if not await self._land(lambda: engrams.insert([sample_placed(_COUNTERS + task)])):
            return
        for number in self._numbers:
            writes = [
                Insert(REGION, sample_placed(number), "writer"),
                Link(sample_id(number), counter, "temporal", 0.5),
                Document(f"last of task {task}", number),
            ]
            if not await self._land(lambda: self._store.write(writes, op_id=f"write {number}")):  # noqa: B023
                return
            self.inserted[number] = loop.time()
            if not await self._land(lambda: engrams.amend([counter], counted, op_id=f"amend {number}")):  # noqa: B023
                return
            self.counted[task] += 1
            if self._stopped:
                return

    async def _land(self, act) -> bool:
        """Repeats an act until it is acknowledged; False if it never was."""
        while True:
            try:
                await act()
            except StoreUnavailableError as refusal:
                self.refusals.append(refusal)
                if self._stopped:
                    return False
                await asyncio.sleep(0.02)
            else:
                return True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopped = True
        await asyncio.gather(*self._tasks)

    @property
    def stall(self) -> float:
        """The longest time without an acknowledgement, in seconds."""
        times = sorted(self.inserted.values())
        return max((after - before for before, after in itertools.pairwise(times)), default=0.0)

    async def lost(self, url: str, namespace: str) -> set[int]:
        """Numbers of the acknowledged engrams that are not there any more."""
        async with aclosing(await RedisStore.open(url, namespace=namespace)) as store:
            numbers = sorted(self.inserted)
            found = await store.engrams(REGION).get([sample_id(number) for number in numbers])
        return {number for number, engram in zip(numbers, found, strict=True) if engram is None}

    async def assert_kept_once(self, url: str, namespace: str) -> None:
        """Everything acknowledged is there, nothing twice, and what belongs together came together."""
        assert await self.lost(url, namespace) == set()
        async with aclosing(await RedisStore.open(url, namespace=namespace)) as store:
            engrams = store.engrams(REGION)
            stored = await engrams.scan(limit=1_000_000)
            numbers = [int(engram.engram_id, 16) for engram in stored]
            assert numbers == sorted(set(numbers))
            assert set(self.inserted) <= set(numbers)
            written = [engram.engram_id for engram in stored if int(engram.engram_id, 16) < _COUNTERS]
            assert all(len(links) == 1 for links in await store.links(written))
            # What was refused at last may be there all the same.
            unknown = len(self.counted)
            assert len(written) - len(self.inserted) <= unknown
            counters = await engrams.get([sample_id(_COUNTERS + n) for n in range(len(self.counted))])
            for engram, count in zip(counters, self.counted, strict=True):
                assert engram is not None
                assert count <= engram.access_count <= count + 1
            assert await store.verify() == []
