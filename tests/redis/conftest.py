"""Tests on a real server: collected only where $NEURO_TEST_REDIS_URL says where one is.

The user in that URL must be one who may do everything. The tests keep to namespaces of their own and empty them.
"""

import itertools
import os
import uuid
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from neuro.stores.redis import RedisStore

collect_ignore_glob = [] if os.environ.get("NEURO_TEST_REDIS_URL") else ["test_*.py"]


class Server:
    """A real server: fresh stores on it, the last of which can be opened again, and a client to look behind them."""

    def __init__(self, url: str, client: Redis) -> None:
        self.url = url
        self.client = client
        self._tag = f"test-{uuid.uuid4()}"
        self._namespaces = (f"{self._tag}-{i}" for i in itertools.count())
        self.namespace = next(self._namespaces)

    async def make(self) -> RedisStore:
        self.namespace = next(self._namespaces)
        return await self.reopen()

    async def reopen(self) -> RedisStore:
        return await RedisStore.open(self.url, namespace=self.namespace)

    async def neighbour(self) -> RedisStore:
        return await RedisStore.open(self.url, namespace=f"{self._tag}-neighbour")

    async def keys(self) -> list[bytes]:
        """Every key of every namespace that was made."""
        return [key async for key in self.client.scan_iter(f"neuro:{{{self._tag}*", count=1000)]


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    url = os.environ["NEURO_TEST_REDIS_URL"]
    async with Redis.from_url(url) as client:
        server = Server(url, client)
        yield server
        if keys := await server.keys():
            await client.unlink(*keys)
