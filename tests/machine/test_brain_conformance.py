"""A brain keeps its promises in memory, in a file and on Redis."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from fakeredis import FakeServer

from neuro.stores.base import Store
from neuro.stores.redis import RedisStore
from neuro.stores.sqlite import SQLiteStore
from neuro.testing.brain import BRAIN_CHECKS, check_brain
from neuro.testing.machine import OpenPlace, memory_place
from neuro.testing.redis import fake_redis

BrainCheck = Callable[[OpenPlace], object]
each_check = pytest.mark.parametrize("check", BRAIN_CHECKS, ids=lambda check: check.__name__)


async def test_a_brain_keeps_its_promises_in_memory():
    await check_brain(memory_place)


@each_check
async def test_a_brain_keeps_its_promises_in_a_file(check, tmp_path: Path):
    async def open_place() -> Store:
        return await SQLiteStore.open(tmp_path / "brain.db")

    await check(open_place)


@each_check
async def test_a_brain_keeps_its_promises_on_redis(check):
    server = FakeServer()
    async with AsyncExitStack() as stack:

        async def open_place() -> Store:
            client = fake_redis(server)
            stack.push_async_callback(client.aclose)
            return await RedisStore.open("redis://fake", client=client)

        await check(open_place)
