"""A Redis server that is killed in the middle of a night, and started again."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest
from real_servers import RealServer, running

from neuro import Brain, StoreUnavailableError
from neuro.stores import Store, open_store
from neuro.testing.doubles import StoreWrapper

pytestmark = pytest.mark.redis

T = TypeVar("T")
KEPT = ("--appendonly", "yes", "--appendfsync", "always")


class Cut(StoreWrapper):
    """Kills its server before one of the verbs to come."""

    def __init__(self, inner: Store, server: RealServer) -> None:
        super().__init__(inner)
        self._server = server
        self.verbs_left = -1
        self.cut = False

    async def around(self, verb: str, call: Callable[[], Awaitable[T]], *, written: int = 0) -> T:
        if self.verbs_left == 0:
            self.cut = True
            await asyncio.to_thread(self._server.kill)
        self.verbs_left -= 1
        return await call()


async def test_a_night_that_is_cut_short_anywhere_is_made_up_for(tmp_path: Path) -> None:
    async with running(tmp_path / "redis", *KEPT) as server:
        store = Cut(await open_store(server.url, namespace="nights"), server)
        told: list[str] = []
        nights_cut_short = 0
        async with Brain.create(store) as brain:
            for verbs in range(1, 20, 3):
                new = [f"Dana met number {len(told) + n} at the harbour" for n in range(20)]
                told += new
                await brain.perceive_many(new)
                await brain.recall(new[0], limit=5)
                store.verbs_left, store.cut = verbs, False
                with suppress(StoreUnavailableError):
                    await brain.sleep()
                store.verbs_left = -1
                if store.cut:
                    nights_cut_short += 1
                    await server.start()
                    await brain.sleep()
                kept = await brain.list(limit=1_000, dormant=True)
                assert sorted(engram.content for engram in kept) == sorted(told)
                assert brain.hippocampus.inspect().engrams == 0
            assert nights_cut_short > 4
            assert sum(engram.access_count for engram in kept) == 5 * len(told) // 20
            assert await store.verify() == []
