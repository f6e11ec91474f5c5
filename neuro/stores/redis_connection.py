"""A connection to Redis, one server or a cluster: commands in one round trip, failures in our own terms.

Knows scripts, replicas and what a server can do; deliberately not what is stored. A user name or password never
appears in what it says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import (
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    InvalidResponse,
    NoPermissionError,
    NoScriptError,
    RedisError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from neuro.errors import ConfigurationError, NeuroError, StoreClosedError, StoreError, StoreUnavailableError
from neuro.stores.base import Durability
from neuro.stores.redis_address import RedisAddress, read_address
from neuro.stores.redis_cluster import Cluster
from neuro.stores.redis_lua import Command
from neuro.stores.redis_scripts import SCRIPTS
from neuro.stores.redis_server import ANSWER_TIMEOUT, Exchange, SingleServer, open_client

_OLDEST_VERSION = 7
_OPEN_TIMEOUT = 4.0
"""Seconds after which an address counts as unreachable, whatever the name service and the handshake do."""
_COPY_WAIT = 1.0
"""Seconds that a replica has to take a write over; half of what an answer may take, if that is less."""

_CANNOT_SERVE_NOW = frozenset(
    """
    OOM READONLY MISCONF NOREPLICAS BUSY LOADING MASTERDOWN CLUSTERDOWN TRYAGAIN MOVED ASK
    """.split()
)
"""Codes by which a server says that it would have to be asked again later, or another one."""

_ABILITIES = {"vector sets": "VSIM", "query engine": "FT.SEARCH"}
"""What a server may be able to do beyond what is needed, with a command that shows it."""


class RedisConnection:
    """Sends commands to a server or a cluster; made by `open`."""

    def __init__(self, server: Exchange, address: RedisAddress, *, owned: bool) -> None:
        self.url = address.url
        self._place = address.place
        self._server = server
        self._owned = owned
        self._closed = False
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        answer_timeout: float = address.options.get("socket_timeout") or ANSWER_TIMEOUT
        self._copy_wait = min(_COPY_WAIT, answer_timeout / 2)
        self._settles = False
        self.replicated = False
        """Whether writes that are to settle wait for a replica: there has been one since this was opened."""
        self.failures = 0
        """How often the server could not be reached or could not write so far."""
        self.version = ""
        """Of the server."""
        self.abilities: dict[str, bool] = {}
        """Whether the server can do what is not needed: ``vector sets``, ``query engine``; empty if it does not say."""

    @classmethod
    async def open(
        cls,
        url: str,
        client: Redis | None = None,
        *,
        durability: Durability | str = Durability.FAST,
        key: str = "neuro",
    ) -> RedisConnection:
        """Connects, and makes sure that a Redis of a known version answers.

        Args:
            url: see `read_address`. Whether it is that of a cluster is found out, unless ``?cluster=`` says so.
            client: of one server, used instead of one of our own, and left open at the end.
            durability: with ``full``, what is sent to settle waits for a replica, see `send`.
            key: one of those that will be sent, which all are in one slot of a cluster.

        Raises:
            ConfigurationError: a bad URL, wrong credentials, too old a server, or with ``full`` a user who may not
                ask for replicas.
            StoreUnavailableError: nobody answers there; after 4 seconds at the latest.
        """
        address = read_address(url)
        server = SingleServer(
            open_client(address.options) if client is None else client, owned=client is None
        )
        connection = cls(server, address, owned=client is None)
        try:
            async with asyncio.timeout(_OPEN_TIMEOUT):
                is_cluster = await connection._greet()
                if client is None and (is_cluster if address.cluster is None else address.cluster):
                    await server.aclose()
                    connection._server = cluster = Cluster(address, key)
                    await cluster.find()
                connection.abilities = await connection._find_abilities()
                if durability == Durability.FULL:
                    await connection._look_for_replicas()
        except TimeoutError:
            await connection.aclose()
            raise StoreUnavailableError(f"{connection}: no answer within {_OPEN_TIMEOUT:g} s") from None
        except BaseException:
            await connection.aclose()
            raise
        return connection

    async def _greet(self) -> bool:
        """Whether the server is a node of a cluster."""
        [reply] = await self.send([("HELLO",)])
        server = _as_map(reply)
        if b"version" not in server:
            raise ConfigurationError(
                f"{self}: is asked by a client that decodes replies; give it decode_responses=False"
            )
        self.version = server[b"version"].decode()
        if server[b"server"] == b"redis" and int(self.version.partition(".")[0]) < _OLDEST_VERSION:
            raise ConfigurationError(
                f"{self}: is version {self.version}; neuro needs Redis {_OLDEST_VERSION}.0 or later"
            )
        return server.get(b"mode") == b"cluster"

    async def _find_abilities(self) -> dict[str, bool]:
        [known] = await self._exchange([("COMMAND INFO", *_ABILITIES.values())])
        if isinstance(known, RedisError):
            return {}
        return {name: bool(shown) for name, shown in zip(_ABILITIES, known, strict=False)}

    async def _look_for_replicas(self) -> None:
        [info] = await self._exchange([_REPLICATION])
        if isinstance(info, NoPermissionError):
            raise ConfigurationError(
                f"{self}: durability 'full' must ask for replicas; allow the user the command INFO (+info)"
            )
        # An imitation of a server that does not know the command has none.
        self._settles = not isinstance(info, RedisError)
        self.replicated = self._settles and _replicas(info) > 0

    def refuse(self) -> None:
        """From here on every command raises StoreClosedError."""
        self._closed = True

    def check_open(self) -> None:
        """Raises StoreClosedError once closed."""
        if self._closed:
            raise StoreClosedError("this store is closed")

    async def send(self, commands: Sequence[Command], *, settle: bool = False) -> list[Any]:
        """The replies to some commands, sent together in one round trip; each is carried out on its own.

        They must be such that being carried out twice does no harm: what has got no answer is sent again.

        Args:
            commands: name and arguments of each; none settle what was written before.
            settle: if opened with ``full``, return only when a replica has what they wrote; on a server that has had
                none since then, the policy of its append-only file is all there is.

        Raises:
            StoreUnavailableError: the server cannot be reached or cannot write now, or no replica has taken the
                writes over in time; some may be carried out.
            ConfigurationError: it refuses the credentials.
            StoreError: it refuses one of the commands.
        """
        self.check_open()
        if not (settle and self._settles):
            return await self._carry_out(commands)
        if not self.replicated:
            *replies, info = await self._carry_out([*commands, _REPLICATION])
            if not _replicas(info):
                return replies
            self.replicated = True  # the server has got a replica meanwhile
        # On the connection on which they are written: WAIT is for all that the server had when it last answered there.
        wait = ("WAIT", 1, round(1000 * self._copy_wait))
        *replies, copies = await self._carry_out([*(commands or [("PING",)]), wait])
        if not copies:
            self.failures += 1
            raise StoreUnavailableError(
                f"{self}: no replica has confirmed within {self._copy_wait:g} s; what was to be written may be"
            )
        return replies if commands else []

    async def _carry_out(self, commands: Sequence[Command]) -> list[Any]:
        replies = await self._exchange(commands) if commands else []
        unknown = [i for i, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if unknown:  # a new server, one that was restarted, or scripts flushed
            unknown += [i for i, command in enumerate(commands) if command[0] == "WAIT"]
            loads: list[Command] = [("SCRIPT LOAD", script.source) for script in SCRIPTS]
            again = await self._exchange([*loads, *(commands[i] for i in unknown)])
            for i, reply in zip(unknown, again[len(loads) :], strict=True):
                replies[i] = reply
        for reply in replies:
            if isinstance(reply, RedisError):
                raise self._failure(reply) from reply
        return replies

    async def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        """The replies, refusals among them."""
        self._under_way += 1
        self._idle.clear()
        try:
            return await self._server.exchange(commands)
        except RedisError as exc:
            raise self._failure(exc) from exc
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
        if lost or reason.partition(" ")[0] in _CANNOT_SERVE_NOW:
            self.failures += 1
            return StoreUnavailableError(f"{self}: {reason}")
        return StoreError(f"{self}: {reason}")

    async def aclose(self) -> None:
        """Disconnects; twice is harmless."""
        self.refuse()
        if self._owned:
            # What is under way would connect anew if its connection were taken away from it.
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    await self._idle.wait()
            await self._server.aclose()

    def __str__(self) -> str:
        return f"Redis at {self._place}"


_REPLICATION: Command = ("INFO", "replication")


def _replicas(info: Mapping[str, Any]) -> int:
    """How many have caught up: one that still copies everything confirms nothing for as long."""
    told: list[Any] = [info.get(f"slave{n}") for n in range(int(info.get("connected_slaves", 0)))]
    return sum(replica is not None and replica["state"] == "online" for replica in told)


def _as_map(reply: dict[bytes, Any] | list[Any]) -> dict[bytes, Any]:
    """A map, as the newer protocol has it; the older one writes keys and values in turn."""
    return dict(zip(reply[::2], reply[1::2], strict=True)) if isinstance(reply, list) else reply
