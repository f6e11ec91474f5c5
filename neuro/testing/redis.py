"""A Redis in this process, for tests of what is built on `neuro.stores.redis`: no server, nothing kept."""

from __future__ import annotations

from redis.asyncio import BlockingConnectionPool, Redis

from neuro.errors import MissingDependencyError

try:
    from fakeredis import FakeServer
    from fakeredis.aioredis import FakeAsyncRedisConnection
except ModuleNotFoundError:
    raise MissingDependencyError("fakeredis", "test") from None


def fake_redis(server: FakeServer) -> Redis:
    """A client of ``server``, which `RedisStore.open` takes as ``client``; whoever makes it closes it.

    It is redis-py's own client down to the connection: its pool, pipelines and scripts are the real ones. Two
    clients of one server are two processes; ``server.connected = False`` is an outage.
    """
    pool = BlockingConnectionPool(
        connection_class=FakeAsyncRedisConnection,  # pyright: ignore[reportArgumentType] (a connection in all but type)
        server=server,
        max_connections=32,
        protocol=2,  # the one that fakeredis speaks
        legacy_responses=False,
        driver_info=None,
    )
    return Redis.from_pool(pool)
