"""A Redis in this process, for tests of what is built on `neuro.stores.redis`: no server, nothing kept."""

from __future__ import annotations

from redis.asyncio import BlockingConnectionPool, Redis

from neuro.errors import MissingDependencyError

try:
    from fakeredis import FakeServer
    from fakeredis.aioredis import FakeConnection
except ModuleNotFoundError:
    raise MissingDependencyError("fakeredis", "test") from None


def fake_redis(server: FakeServer | None = None) -> Redis:
    """A client of ``server``, or of an empty one of its own; `RedisStore.open` takes it as ``client``.

    It is redis-py's own client down to the connection, so pools, pipelines and scripts are the real ones. Whoever
    makes it closes it. ``server.connected = False`` is an outage.
    """
    pool = BlockingConnectionPool(
        connection_class=FakeConnection,  # pyright: ignore[reportArgumentType] (a connection in all but type)
        server=FakeServer() if server is None else server,
        max_connections=32,
        protocol=2,  # the one that fakeredis speaks
        legacy_responses=False,
    )
    return Redis.from_pool(pool)
