"""One Redis server: a pool of connections to it, and commands in one round trip.

No command that is sent blocks, but for ``WAIT``, which is given less time than an answer may take: redis-py gives up
on a connection that is silent for ``socket_timeout``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from neuro.errors import ConfigurationError
from neuro.stores.redis_lua import Command

ANSWER_TIMEOUT = 2.0
"""Seconds that a server may take to answer, unless the URL says otherwise."""
RETRIES = 3
"""How often what met a lost connection is sent again: for up to a second."""

_MOST_CONNECTIONS = 32
_CONNECTION_WAIT = 5.0
"""Seconds that a command waits for a free connection."""
_CONNECT_TIMEOUT = 2.0
_BACKOFF = ExponentialWithJitterBackoff(base=0.1, cap=0.5)
_HEALTH_CHECK = 15
"""Seconds of idling after which a connection is tried before it is used."""


_TEXTS = frozenset(
    """
    host path username password client_name lib_name lib_version ssl_keyfile ssl_certfile ssl_cert_reqs ssl_ca_certs
    ssl_ca_path ssl_ca_data ssl_ciphers ssl_password
    """.split()
)
"""The options that are texts; others that redis-py leaves as texts need an object, which no URL can give."""


class Exchange(Protocol):
    """Whoever answers commands: a server, or the node of a cluster that has the keys."""

    async def exchange(self, commands: Sequence[Command]) -> list[Any]:
        """Replies to commands sent together, refusals among them; raises redis-py's errors if it is out of reach."""
        ...

    async def aclose(self) -> None: ...


def open_client(options: Mapping[str, Any], *, retries: int = RETRIES) -> Redis:
    """A client with a pool that waits for a free connection; connects nothing yet.

    Raises:
        ConfigurationError: an option that redis-py does not know or cannot read.
    """
    defaults: dict[str, Any] = {
        "max_connections": _MOST_CONNECTIONS,
        "timeout": _CONNECTION_WAIT,
        "socket_connect_timeout": _CONNECT_TIMEOUT,
        "socket_timeout": ANSWER_TIMEOUT,
        "health_check_interval": _HEALTH_CHECK,
    }
    fixed: dict[str, Any] = {
        "decode_responses": False,
        "legacy_responses": False,
        # A server that hangs was waited for already.
        "retry": Retry(_BACKOFF, retries, (RedisConnectionError,)),
        "driver_info": None,  # else each connection looks its version up in files, on the event loop
        "encoding": "utf-8",
        "encoding_errors": "strict",
    }
    if any(isinstance(value, str) for name, value in options.items() if name not in {*_TEXTS, *fixed}):
        raise _unknown_option()
    try:
        pool = BlockingConnectionPool(**{**defaults, **options, **fixed})
        pool.make_connection()  # connects nothing, but meets an option that does not exist
    except (TypeError, ValueError, RedisError):
        raise _unknown_option() from None
    return Redis.from_pool(pool)


def _unknown_option() -> ConfigurationError:
    return ConfigurationError(
        "RedisStore.url: has an option after the ? that redis-py does not know or cannot read"
    )


async def exchange(client: Redis, commands: Sequence[Command]) -> list[Any]:
    """`Exchange.exchange` with one server, on one of its connections."""
    pipeline: Any = client.pipeline(transaction=False)
    for command in commands:
        pipeline.execute_command(*command)
    return await pipeline.execute(raise_on_error=False)


class SingleServer:
    """`Exchange` with one server.

    Args:
        client: of that server.
        owned: whether the client is closed at the end.
    """

    def __init__(self, client: Redis, *, owned: bool) -> None:
        self._client = client
        self._owned = owned

    async def exchange(self, commands: Sequence[Command]) -> list[Any]:
        """Its replies, refusals among them."""
        return await exchange(self._client, commands)

    async def aclose(self) -> None:
        if self._owned:
            await self._client.aclose()
