"""Redis servers in this process, for tests of the store on Redis."""

import itertools
from contextlib import AsyncExitStack

from fakeredis import FakeServer
from redis.asyncio import Redis

from neuro.stores.redis import RedisStore
from neuro.testing.redis import fake_redis

REGION = "neocortex"
NAMESPACE = "brain 1"
"""What the place that is made first is called."""
URL = "redis://:s3cret@memory.example:6380/2"


def key(name: str) -> str:
    """What a key of `NAMESPACE` is called on the server."""
    return f"neuro:{{{NAMESPACE}}}:{name}"


class Servers:
    """A Redis server, and brains that open it, each by a client of its own."""

    def __init__(self, server: FakeServer, stack: AsyncExitStack) -> None:
        self.server = server
        self._stack = stack
        self._namespaces = (f"brain {i}" for i in itertools.count())
        self._namespace = next(self._namespaces)

    def client(self) -> Redis:
        client = fake_redis(self.server)
        self._stack.push_async_callback(client.aclose)
        return client

    async def make(self) -> RedisStore:
        self._namespace = next(self._namespaces)
        return await self.reopen()

    async def reopen(self) -> RedisStore:
        return await RedisStore.open(URL, namespace=self._namespace, client=self.client())

    async def neighbour(self) -> RedisStore:
        return await RedisStore.open(URL, namespace="a neighbour", client=self.client())
