"""One Redis server: where it is, commands in one round trip, failures in our own terms.

Knows addresses, timeouts, retries and scripts; deliberately not what is stored. A user name or password never
appears in what it says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    InvalidResponse,
    NoScriptError,
    RedisError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from neuro.errors import ConfigurationError, NeuroError, StoreClosedError, StoreError, StoreUnavailableError
from neuro.stores.redis_scripts import SCRIPTS, Command

_OLDEST_VERSION = 7
_MOST_CONNECTIONS = 32
_CONNECTION_WAIT = 5.0
"""Seconds that a command waits for a free connection."""
_CONNECT_TIMEOUT = 1.0
_ANSWER_TIMEOUT = 2.0
_OPEN_TIMEOUT = 4.0
"""Seconds after which an address counts as unreachable, whatever the name service and the handshake do."""
_HEALTH_CHECK = 15
"""Seconds of idling after which a connection is tried before it is used."""

_CANNOT_WRITE_NOW = frozenset(
    ("OOM", "READONLY", "MISCONF", "NOREPLICAS", "BUSY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN")
)
"""Codes by which a server says that it would have to be asked again later."""


class RedisAddress(NamedTuple):
    """What a URL says."""

    url: str
    """With the credentials masked and without options."""
    place: str
    """``host:port``, or the path of a socket."""
    options: dict[str, Any]
    """For a connection pool; holds the credentials."""


def read_address(url: str) -> RedisAddress:
    """The address in a ``redis://``, ``rediss://`` or ``unix://`` URL.

    Raises:
        ConfigurationError: it cannot be read. The message does not repeat it: a password may be anywhere in it.
    """
    try:
        options: dict[str, Any] = dict(parse_url(url))
        parts = urlsplit(url)
    except ValueError:
        raise _unreadable() from None
    options.setdefault("db", 0)
    credentials = ":***@" if options.get("username") or options.get("password") else ""
    if parts.scheme == "unix":
        if not options.get("path"):
            raise _unreadable()
        place = options["path"]
        return RedisAddress(f"unix://{credentials}{place}?db={options['db']}", place, options)
    database = parts.path.strip("/")
    if database and not database.isdecimal():
        raise _unreadable()
    host = options.setdefault("host", "localhost")
    place = f"{f'[{host}]' if ':' in host else host}:{options.setdefault('port', 6379)}"
    return RedisAddress(f"{parts.scheme}://{credentials}{place}/{options['db']}", place, options)


def _unreadable() -> ConfigurationError:
    return ConfigurationError(
        "RedisStore.url: cannot be read; write redis://[user:password@]host[:port][/database], the same with "
        "rediss:// for TLS, or unix://[user:password@]/path/to/socket, special characters percent-encoded"
    )


def _pool(options: dict[str, Any]) -> BlockingConnectionPool:
    defaults: dict[str, Any] = {
        "max_connections": _MOST_CONNECTIONS,
        "timeout": _CONNECTION_WAIT,
        "socket_connect_timeout": _CONNECT_TIMEOUT,
        "socket_timeout": _ANSWER_TIMEOUT,
        "health_check_interval": _HEALTH_CHECK,
    }
    # A refused connection is tried again for up to a second; a server that hangs was waited for already.
    retry = Retry(ExponentialWithJitterBackoff(base=0.1, cap=0.5), 3, (RedisConnectionError,))
    fixed: dict[str, Any] = {
        "decode_responses": False,
        "legacy_responses": False,
        "retry": retry,
        "driver_info": None,  # else each connection looks its version up in files, on the event loop
    }
    try:
        pool = BlockingConnectionPool(**{**defaults, **options, **fixed})
        pool.make_connection()  # connects nothing, but meets an option that does not exist
    except (TypeError, ValueError):
        raise ConfigurationError(
            "RedisStore.url: has an option after the ? that redis-py does not know or cannot read"
        ) from None
    return pool


class RedisConnection:
    """Sends commands to one server; made by `open`."""

    def __init__(self, client: Redis, address: RedisAddress, *, owned: bool) -> None:
        self.url = address.url
        self._place = address.place
        self._client = client
        self._owned = owned
        self._closed = False
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.failures = 0
        """How often the server could not be reached or could not write so far."""

    @classmethod
    async def open(cls, url: str, client: Redis | None = None) -> RedisConnection:
        """Connects, and makes sure that a Redis of a known version answers.

        Args:
            url: see `read_address`.
            client: used instead of one of our own, and left open at the end.

        Raises:
            ConfigurationError: a bad URL, wrong credentials, or too old a server.
            StoreUnavailableError: nobody answers there; after 4 seconds at the latest.
        """
        address = read_address(url)
        owned = client is None
        connection = cls(
            Redis.from_pool(_pool(address.options)) if client is None else client, address, owned=owned
        )
        try:
            async with asyncio.timeout(_OPEN_TIMEOUT):
                await connection._greet()
        except TimeoutError:
            await connection.aclose()
            raise StoreUnavailableError(f"{connection}: no answer within {_OPEN_TIMEOUT:g} s") from None
        except BaseException:
            await connection.aclose()
            raise
        return connection

    async def _greet(self) -> None:
        [reply] = await self.send([("HELLO",)])
        server = _as_map(reply)
        version: str = server[b"version"].decode()
        if server[b"server"] == b"redis" and int(version.partition(".")[0]) < _OLDEST_VERSION:
            raise ConfigurationError(
                f"{self}: is version {version}; neuro needs Redis {_OLDEST_VERSION}.0 or later"
            )

    def refuse(self) -> None:
        """From here on every command raises StoreClosedError."""
        self._closed = True

    def check_open(self) -> None:
        """Raises StoreClosedError once closed."""
        if self._closed:
            raise StoreClosedError("this store is closed")

    async def send(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to some commands, sent together in one round trip; each is carried out on its own.

        Raises:
            StoreUnavailableError: the server cannot be reached or cannot write now; some may be carried out.
            ConfigurationError: it refuses the credentials.
            StoreError: it refuses one of the commands.
        """
        self.check_open()
        if not commands:
            return []
        try:
            replies = await self._round_trip(commands)
            unknown = [i for i, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
            if unknown:  # a new server, one that was restarted, or scripts flushed
                loads: list[Command] = [("SCRIPT LOAD", script.source) for script in SCRIPTS]
                again = await self._round_trip([*loads, *(commands[i] for i in unknown)])
                for i, reply in zip(unknown, again[len(loads) :], strict=True):
                    replies[i] = reply
        except RedisError as exc:
            raise self._failure(exc) from exc
        for reply in replies:
            if isinstance(reply, RedisError):
                raise self._failure(reply) from reply
        return replies

    async def _round_trip(self, commands: Sequence[Command]) -> list[Any]:
        pipeline: Any = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        self._under_way += 1
        self._idle.clear()
        try:
            return await pipeline.execute(raise_on_error=False)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    def _failure(self, exc: RedisError) -> NeuroError:
        # redis-py takes the code off the messages of the errors that it knows.
        reason = f"{exc.status_code} {exc}" if exc.status_code else str(exc)
        if isinstance(exc, (AuthenticationError, AuthenticationWrongNumberOfArgsError)):
            return ConfigurationError(f"{self}: refuses the user name or password in the URL ({reason})")
        lost = isinstance(exc, (RedisConnectionError, RedisTimeoutError, InvalidResponse))
        if lost or reason.partition(" ")[0] in _CANNOT_WRITE_NOW:
            self.failures += 1
            return StoreUnavailableError(f"{self}: {reason}")
        return StoreError(f"{self}: {reason}")

    async def aclose(self) -> None:
        """Disconnects; twice is harmless."""
        self.refuse()
        if self._owned:
            # What is under way would connect anew if its connection were taken away from it.
            with suppress(TimeoutError):
                async with asyncio.timeout(_ANSWER_TIMEOUT):
                    await self._idle.wait()
            await self._client.aclose()

    def __str__(self) -> str:
        return f"Redis at {self._place}"


def _as_map(reply: dict[bytes, Any] | list[Any]) -> dict[bytes, Any]:
    """A map, as the newer protocol has it; the older one writes keys and values in turn."""
    return dict(zip(reply[::2], reply[1::2], strict=True)) if isinstance(reply, list) else reply
