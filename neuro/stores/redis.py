"""The store on a Redis server (7.0 or later): memories outlive the process and its machine.

All keys of a namespace begin with ``neuro:{namespace}:``: one hash tag, so a cluster keeps them together.

    schema             string  version of this layout
    regions            set     regions that ever held an engram
    d:<region>:<id>    hash    the document of an engram, written once: JSON and float16 features
    m:<region>:<id>    hash    its dynamics, written at every change
    ids:<region>       zset    ids of engrams in order
    forget:<region>    zset    id -> forgotten_at of those that are not dormant
    dormant:<region>   zset    the same of those that are
    review:<region>    zset    id -> review_at
    rehearsal:<region> zset    id -> rehearse_at
    digests:<region>   zset    digest:id in order
    dim:<region>       string  dimension of the features
    own:<region>       hash    id -> writer whose it is
    as:<id>            hash    links of an engram, target|kind -> weight
    to:<id>            set     links to an engram, source|kind
    linked             set     ids of those that have links, from or to them
    doc                hash    bookkeeping documents, key -> JSON
    chg                stream  what happened to which engram, the last 10,000
    wr                 zset    writer -> last beat
    lease              hash    who sleeps: holder, until, and the highest fence so far
    ops, ops-order     hash    the last 10,000 operations that writes named -> outcome, and a list of them in order
    tries, tries-order hash    the same of those without a name, for commands that come again after a lost reply
    quarantine         hash    key of a record that could not be read -> reason; what it held: quarantine:<key>

An instant that never comes is in no sorted set. Keys are never looked for with KEYS or SCAN. Nothing is kept to
find engrams by their words or features, whatever is read is what the server holds now, and nothing expires.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio import Redis

from neuro.errors import ConfigurationError, CorruptRecordError
from neuro.stores import redis_scripts as scripts
from neuro.stores.base import Contents, Durability, Flaw, Health, Lease, Link, News, Quarantined, Write
from neuro.stores.codec import load_json
from neuro.stores.redis_care import Care
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_engrams import RedisEngrams
from neuro.stores.redis_guard import Guard, attempt_id
from neuro.stores.redis_keys import Keys
from neuro.stores.redis_sharing import Sharing
from neuro.stores.redis_turns import Turns
from neuro.stores.redis_upgrade import is_taken, settle
from neuro.stores.redis_writes import Writes, document_text, read_link
from neuro.stores.unreadable import Unreadable


class RedisStore:
    """`neuro.stores.base.Store` in a namespace of a Redis server; made by `open`."""

    durable = True
    remote = True

    def __init__(self, connection: RedisConnection, namespace: str, durability: Durability) -> None:
        self.url = connection.url
        self._namespace = namespace
        self._connection = connection
        self._keys = Keys(namespace)
        self._unreadable = Unreadable(self.url)
        self._guard = Guard(connection, self._keys)
        self._writes = Writes(connection, self._keys, self._guard, self._unreadable, self._make_room)
        self._sharing = Sharing(connection, self._keys, self._guard)
        self._care = Care(connection, self._keys, self._guard, self._writes, self._unreadable, durability)
        self._turns = Turns(connection)
        self._regions: dict[str, RedisEngrams] = {}

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        namespace: str = "default",
        durability: str = Durability.FAST,
        client: Redis | None = None,
    ) -> RedisStore:
        """Opens a namespace of the server at a URL; one of the layout of an older neuro is brought to that of today.

        Args:
            url: ``redis://``, ``rediss://`` or ``unix://``, with redis-py's options after a ``?``.
            namespace: separates brains on one server; not blank, without braces.
            durability: what an acknowledged write has survived; ``full`` waits for the server's replicas, and for
                its disk as far as it is set up for that (``appendfsync always``), see `health`.
            client: used instead of one of our own, and left open at the end.

        Raises:
            InvalidArgumentError: there is no such durability.
            ConfigurationError: a bad URL or namespace, wrong credentials, or a server older than 7.0.
            StoreUnavailableError: nobody answers there; within 5 seconds, naming the address.
            CorruptRecordError: a newer neuro has written there; nothing is touched.
        """
        _check_namespace(namespace)
        level = Durability.of(durability, "RedisStore.durability")
        schema = Keys(namespace).schema
        connection = await RedisConnection.open(url, client, durability=level, key=schema)
        try:
            store = cls(connection, namespace, level)
            await settle(connection, store._keys, store._unreadable)
        except BaseException:
            await connection.aclose()
            raise
        return store

    @classmethod
    async def exists(cls, url: str, *, namespace: str = "default", client: Redis | None = None) -> bool:
        """Whether there is anything in a namespace; takes and changes nothing. See `open`."""
        _check_namespace(namespace)
        keys = Keys(namespace)
        connection = await RedisConnection.open(url, client, key=keys.schema)
        try:
            return await is_taken(connection, keys)
        finally:
            await connection.aclose()

    def engrams(self, region: str) -> RedisEngrams:
        if region not in self._regions:
            self._regions[region] = RedisEngrams(
                region, self._connection, self._keys, self._guard, self._writes, self._unreadable
            )
        return self._regions[region]

    async def _make_room(self, region: str, engram_ids: Sequence[str]) -> None:
        await self._care.quarantine.take_unreadable(region, engram_ids)

    async def write(self, writes: Sequence[Write], *, op_id: str | None = None) -> None:
        await self._writes.carry_out(writes, op_id)

    async def links(self, engram_ids: Sequence[str]) -> list[list[Link]]:
        replies = await self._connection.send([("HGETALL", self._keys.links(i)) for i in engram_ids])
        return [self._outgoing(*held) for held in zip(engram_ids, replies, strict=True)]

    def _outgoing(self, source: str, held: dict[bytes, bytes]) -> list[Link]:
        """The links of an engram, without those that cannot be read."""
        links: list[Link] = []
        unreadable: set[str] = set()
        own = f"{self._keys.links(source)}["
        for field, weight in held.items():
            name = f"{own}{field.decode(errors='replace')}]"
            try:
                links.append(read_link(name, source, field, weight))
            except CorruptRecordError as error:
                unreadable.add(name)
                self._unreadable.note(name, error)
        self._unreadable.forget_all(own, but=unreadable)
        return sorted(links)

    # Documents

    async def read_documents(self, keys: Sequence[str]) -> list[Any]:
        replies = await self._connection.send([("HMGET", self._keys.documents, *keys)] if keys else [])
        return [self._load(key, value) for values in replies for key, value in zip(keys, values, strict=True)]

    def _load(self, key: str, value: bytes | None) -> Any:
        """A document; None if there is none, or none that can be read."""
        if value is None:
            self._unreadable.forget(self._keys.document(key))
            return None
        name = self._keys.document(key)
        try:
            loaded = load_json(name, value)
        except CorruptRecordError as error:
            self._unreadable.note(name, error)
            return None
        self._unreadable.forget(name)
        return loaded

    async def amend_document(self, key: str, change: Callable[[Any], Any]) -> Any:
        text = ""

        async def attempt() -> bool:
            nonlocal text
            [[held]] = await self._connection.send([("HMGET", self._keys.documents, key)])
            text = document_text(change(self._load(key, held)))
            if held is not None and await self._put_aside(key, held):
                held = None
            keys, values = [self._keys.documents], [key, text, b"" if held is None else held]
            command = self._guard.command(scripts.AMEND_DOCUMENT, keys, values, once=attempt_id())
            [[word, *_]] = await self._guard.send([command])
            return word == b"done"

        await self._turns.land([key], attempt)
        return json.loads(text or "null")

    async def _put_aside(self, key: str, held: bytes) -> bool:
        """Moves a document out of the way of another if it cannot be read; whether it could not."""
        reason = self._unreadable.reasons.get(self._keys.document(key))
        if reason is None:
            return False
        await self._care.quarantine.take_field(self._keys.documents, key, held, reason)
        return True

    # Sharing

    async def news(self, since: str | None) -> News:
        return await self._sharing.news(since)

    async def beat(self, writer: str, at: float) -> None:
        await self._sharing.beat(writer, at)

    async def retire(self, writer: str) -> None:
        await self._sharing.retire(writer)

    async def adopt(
        self, region: str, writer: str, *, silent_since: float, ahead_of: float = math.inf
    ) -> list[str]:
        return await self._sharing.adopt(region, writer, silent_since, ahead_of)

    async def acquire(self, holder: str, *, now: float, until: float) -> Lease:
        return await self._sharing.acquire(holder, now, until)

    async def renew(self, lease: Lease, *, until: float) -> bool:
        return await self._sharing.renew(lease, until)

    async def release(self, lease: Lease) -> None:
        await self._sharing.release(lease)

    # Care

    async def contents(self) -> Contents:
        regions, documents = await self._connection.send(
            [("SMEMBERS", self._keys.regions), ("HKEYS", self._keys.documents)]
        )
        found = ([name.decode(errors="replace") for name in names] for names in (regions, documents))
        return Contents(*(tuple(sorted(names)) for names in found))

    async def health(self) -> Health:
        return await self._care.health()

    async def verify(self, *, repair: bool = False) -> list[Flaw]:
        return await self._care.verify(repair=repair)

    async def quarantine(self) -> list[Quarantined]:
        return await self._care.quarantine.records()

    async def discard(self, keys: Sequence[str]) -> None:
        await self._care.quarantine.discard(keys)

    async def scrub(self) -> tuple[str, ...]:
        return await self._care.scrub()

    async def aclose(self) -> None:
        await self._connection.aclose()

    def __repr__(self) -> str:
        return f"RedisStore({self.url!r}, namespace={self._namespace!r})"


def _check_namespace(namespace: str) -> None:
    if not namespace.strip() or "{" in namespace or "}" in namespace:
        raise ConfigurationError(
            f"RedisStore.namespace: must not be blank or hold braces (got {namespace!r})"
        )
