"""A brain on a real Redis keeps its promises, and lives the same life as in memory."""

import itertools
import os
import random
import uuid
from collections.abc import AsyncIterator, Callable

import pytest
from redis.asyncio import Redis

from neuro.stores.base import Store
from neuro.stores.redis import RedisStore
from neuro.testing.brain import BRAIN_CHECKS
from neuro.testing.machine import OpenPlace, differences, draw_program, live

PROGRAMS = int(os.environ.get("NEURO_TEST_PROGRAMS", "60")) // 5

pytestmark = pytest.mark.redis


@pytest.fixture
async def make_place() -> AsyncIterator[Callable[[], OpenPlace]]:
    """Makes places in namespaces of their own, and empties them in the end."""
    url, tag, numbers = os.environ["NEURO_TEST_REDIS_URL"], f"test-{uuid.uuid4()}", itertools.count()

    def make() -> OpenPlace:
        namespace = f"{tag}-{next(numbers)}"

        async def open_place() -> Store:
            return await RedisStore.open(url, namespace=namespace)

        return open_place

    yield make
    async with Redis.from_url(url) as client:
        async for key in client.scan_iter(f"neuro:{{{tag}*", count=1000):
            await client.unlink(key)


@pytest.mark.parametrize("check", BRAIN_CHECKS, ids=lambda check: check.__name__)
async def test_a_brain_keeps_its_promises_on_a_real_redis(check, make_place):
    await check(make_place())


@pytest.mark.timeout(120 + PROGRAMS)
@pytest.mark.parametrize("trouble", [False, True], ids=["with a reliable store", "with trouble"])
async def test_a_brain_lives_the_same_life_as_in_memory(trouble, make_place):
    for seed in range(PROGRAMS):
        program = draw_program(random.Random(seed), together=False, trouble=trouble)
        expected, image = await live(program, seed=seed), await live(program, make_place(), seed=seed)
        assert image == expected, f"with seed {seed}: {differences(expected, image)}"


async def test_acts_may_meet_on_a_real_redis(make_place):
    for seed in range(PROGRAMS):
        await live(draw_program(random.Random(seed), trouble=seed % 2 == 1), make_place(), seed=seed)
