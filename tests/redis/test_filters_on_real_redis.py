"""Filters and ties on a real Redis: what a filter means is what comes, the same as in memory."""

import itertools
import os
import random
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from neuro import Brain, Where
from neuro.clock import SimulatedClock
from neuro.testing.samples import sample_id

pytestmark = pytest.mark.redis

TYPES = ("episodic", "semantic", "procedural", "habitual")


@pytest.fixture
async def namespace() -> AsyncIterator[str]:
    name = f"filters-{uuid.uuid4()}"
    yield name
    async with Redis.from_url(os.environ["NEURO_TEST_REDIS_URL"], driver_info=None) as client:
        async for key in client.scan_iter(f"neuro:{{{name}*", count=1000):
            await client.unlink(key)


def some_filter(rng: random.Random) -> Where:
    conditions: dict[str, Any] = {
        "memory_type": rng.choice(TYPES),
        "speaker": rng.choice(("Ada", "Ben")),
        "tags": rng.sample("abc", rng.randint(0, 2)),
        "context": {"turn": rng.choice((0, 1, True, "1"))},
        "encoded_from": rng.randrange(60) * 10.0,
        "pinned": rng.random() < 0.5,
    }
    return Where.of({name: conditions[name] for name in rng.sample(sorted(conditions), rng.randint(1, 3))})  # type: ignore[return-value]


async def told(brain: Brain, clock: SimulatedClock, seed: int) -> None:
    rng = random.Random(seed)
    for number in range(60):
        context = {"speaker": rng.choice(("Ada", "Ben")), "turn": rng.choice((0, 1, True, "1"))}
        tags = rng.sample("abc", rng.randint(0, 2))
        done = await brain.perceive(
            f"Dana sailed {number}", memory_type=rng.choice(TYPES), tags=tags, context=context
        )
        if rng.random() < 0.2 and done.engram is not None:
            await brain.pin(done.engram.engram_id)
        await clock.advance(10.0)


@pytest.mark.parametrize("seed", range(2))
async def test_filters_and_ties_are_as_in_memory(seed: int, namespace: str) -> None:
    urls = {"memory://": "default", os.environ["NEURO_TEST_REDIS_URL"]: namespace}
    found: list[list[list[str]]] = []
    for url, name in urls.items():
        clock, rng, numbers = SimulatedClock(), random.Random(seed), itertools.count(1)
        answers: list[list[str]] = []
        async with Brain.create(
            url, namespace=name, clock=clock, ids=lambda _, n=numbers: sample_id(next(n))
        ) as brain:
            await told(brain, clock, seed)
            for _ in range(2):
                for where in [some_filter(rng) for _ in range(20)]:
                    meant = [e.engram_id for e in await brain.list(limit=100) if where.matches(e)]
                    assert [e.engram_id for e in await brain.list(where=where)] == meant
                    recall = await brain.recall("Dana sailed", where=where, limit=100, update=False)
                    answers.append([r.engram.engram_id for r in recall])
                    assert sorted(answers[-1]) == meant
                await brain.sleep()
        found.append(answers)
    assert found[0] == found[1]
