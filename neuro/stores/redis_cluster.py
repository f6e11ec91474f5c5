"""A Redis cluster: the node that has the keys of a namespace, wherever it is by now.

All keys of a namespace are in one slot, so all that is to be known is which node has that: redis-py's own client for
clusters spreads commands over nodes instead, fails where its connections are all in use rather than wait for one,
and cannot say ``WAIT`` on the connection on which it wrote.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.crc import key_slot
from redis.exceptions import (
    AskError,
    AuthenticationError,
    ClusterDownError,
    MovedError,
    RedisError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from neuro.errors import ConfigurationError
from neuro.stores.redis_address import RedisAddress
from neuro.stores.redis_lua import Command
from neuro.stores.redis_server import exchange, open_client

_PATIENCE = 8.0
"""Seconds for which commands are sent again: a failover takes about 4 at a ``cluster-node-timeout`` of 2."""
_BACKOFF = ExponentialWithJitterBackoff(base=0.05, cap=0.5)
_LONGEST_BACKOFF = 8
"""Attempts after which the back-off grows no more."""
_FREE_MOVES = 3
"""Attempts up to which commands go at once to another node that has been found."""
_LOOK_INTERVAL = 0.1
"""Seconds between two looks at who has the slot."""

_PASSING = (AskError, ClusterDownError, TryAgainError)
"""What a cluster says while it chooses a new node, or moves the slot from one to another; `MovedError` is one too."""


class Node(NamedTuple):
    """Where a node of the cluster is."""

    host: str
    port: int


class Cluster:
    """`neuro.stores.redis_server.Exchange` with the node that has the slot of a key.

    Commands are sent again while that node is out of reach, until another has taken over or patience ends, and while
    the slot is moved to another node: so they may be carried out more than once.

    Args:
        address: of any node.
        key: one in the slot.

    Raises:
        ConfigurationError: the address is that of a socket in the file system.
    """

    def __init__(self, address: RedisAddress, key: str) -> None:
        if "host" not in address.options:
            raise ConfigurationError("RedisStore.url: a cluster is reached by host and port, not by a socket")
        self._options = address.options
        self._slot = key_slot(key.encode())
        self._node = Node(address.options["host"], int(address.options["port"]))
        self._nodes = [self._node]
        self._clients: dict[Node, Redis] = {}
        self._looking = asyncio.Lock()
        self._looked = -_LOOK_INTERVAL
        self._closed = False

    async def exchange(self, commands: Sequence[Command]) -> list[Any]:
        """Replies of the node that has the slot; its refusals too, once patience has ended."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _PATIENCE
        attempt = 0
        while True:
            attempt += 1
            node = self._node
            try:
                replies = await exchange(self._client(node), commands)
                trouble = next((reply for reply in replies if isinstance(reply, _PASSING)), None)
                if trouble is None or self._closed or loop.time() > deadline:
                    return replies
            except AuthenticationError:
                raise
            except (RedisConnectionError, RedisTimeoutError) as exc:
                if self._closed or loop.time() > deadline:
                    raise
                trouble = exc
            await self._follow(node, trouble, attempt)

    async def find(self) -> None:
        """Learns the nodes and who has the slot, if the one that is known says so; else that comes with use."""
        await self._look(self._node, [self._node])
        self._looked = -_LOOK_INTERVAL

    async def _follow(self, node: Node, trouble: RedisError, attempt: int) -> None:
        """Finds out where to send next what ``node`` could not answer, and waits until it is time."""
        others = sorted(self._nodes, key=lambda known: known == node)  # that one last
        if isinstance(trouble, MovedError):
            host, port = trouble.args[0].partition(" ")[2].rpartition(":")[::2]
            await self._look(node, [Node(host or node.host, int(port)), *others])
        elif not isinstance(trouble, (AskError, TryAgainError)):
            await self._look(node, others)
        if self._node == node or attempt > _FREE_MOVES:
            await asyncio.sleep(_BACKOFF.compute(min(attempt, _LONGEST_BACKOFF)))

    async def _look(self, lost: Node, nodes: Sequence[Node]) -> None:
        """Asks some nodes in turn who has the slot, the first if none says; all that need to know share one look."""
        loop = asyncio.get_running_loop()
        async with self._looking:
            if self._node != lost or loop.time() < self._looked + _LOOK_INTERVAL:
                return
            for node in nodes:
                try:
                    [slots] = await exchange(self._client(node), [("CLUSTER", "SLOTS")])
                except RedisError:
                    continue
                if not isinstance(slots, RedisError):
                    self._read(slots, node)
                    break
            else:
                self._node = nodes[0]
            self._looked = loop.time()

    def _read(self, slots: Sequence[Sequence[Any]], asked: Node) -> None:
        """Takes in the reply to ``CLUSTER SLOTS``: first slot, last slot, its master, its replicas; of each range."""
        found: dict[Node, None] = {}
        for first, last, *places in slots:
            # A node that does not know its own name is where it was asked.
            nodes = [Node((place[0] or asked.host.encode()).decode(), place[1]) for place in places]
            found.update(dict.fromkeys(nodes))
            if first <= self._slot <= last and nodes:
                self._node = nodes[0]
        self._nodes = list(found) or self._nodes

    def _client(self, node: Node) -> Redis:
        if self._closed:  # what is still under way would connect anew
            raise RedisConnectionError("closed")
        if node not in self._clients:
            here = {**self._options, "host": node.host, "port": node.port}
            self._clients[node] = open_client(here, retries=0)
        return self._clients[node]

    async def aclose(self) -> None:
        self._closed = True
        for client in self._clients.values():
            await client.aclose()
