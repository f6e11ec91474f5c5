"""The same program gives the same image whatever a brain is stored in."""

import os
import random
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from fakeredis import FakeServer

from neuro.stores.base import Store
from neuro.stores.redis import RedisStore
from neuro.stores.sqlite import SQLiteStore
from neuro.testing.machine import OpenPlace, differences, draw_program, live
from neuro.testing.redis import fake_redis

PROGRAMS = int(os.environ.get("NEURO_TEST_PROGRAMS", "60")) // 5


def sqlite_place(path: Path) -> OpenPlace:
    async def open_place() -> Store:
        return await SQLiteStore.open(path)

    return open_place


def redis_place(stack: AsyncExitStack) -> OpenPlace:
    server = FakeServer()

    async def open_place() -> Store:
        client = fake_redis(server)
        stack.push_async_callback(client.aclose)
        return await RedisStore.open("redis://fake", client=client)

    return open_place


@pytest.mark.timeout(120 + PROGRAMS)
@pytest.mark.parametrize("trouble", [False, True], ids=["with a reliable store", "with trouble"])
@pytest.mark.parametrize("store", ["sqlite", "redis"])
async def test_a_brain_lives_the_same_life_as_in_memory(store: str, trouble: bool, tmp_path: Path):
    async with AsyncExitStack() as stack:
        for seed in range(PROGRAMS):
            program = draw_program(random.Random(seed), together=False, trouble=trouble)
            place = sqlite_place(tmp_path / f"{seed}.db") if store == "sqlite" else redis_place(stack)
            expected, image = await live(program, seed=seed), await live(program, place, seed=seed)
            assert image == expected, f"with seed {seed}: {differences(expected, image)}"


@pytest.mark.parametrize("store", ["sqlite", "redis"])
async def test_acts_may_meet_on_a_durable_store(store: str, tmp_path: Path):
    async with AsyncExitStack() as stack:
        for seed in range(PROGRAMS // 2):
            place = sqlite_place(tmp_path / f"{seed}.db") if store == "sqlite" else redis_place(stack)
            await live(draw_program(random.Random(seed), trouble=seed % 2 == 1), place, seed=seed)
