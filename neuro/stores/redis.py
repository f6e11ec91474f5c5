"""The store on a Redis server (7.0 or later): memories outlive the process and its machine.

All keys of a namespace begin with ``neuro:{namespace}:``: one hash tag, so a cluster keeps them together.

    d:<region>:<id>    hash    the document of an engram, written once: JSON and float16 features
    m:<region>:<id>    hash    its dynamics, written at every change
    ids:<region>       zset    ids of visible engrams in order
    forget:<region>    zset    id -> forgotten_at of those that are not dormant
    dormant:<region>   zset    the same of those that are
    review:<region>    zset    id -> review_at
    rehearsal:<region> zset    id -> rehearse_at
    arriving:<region>  set     ids of arriving engrams
    digests:<region>   zset    digest:id in order
    dim:<region>       string  dimension of the features
    as:<id>            hash    links of an engram, target|kind -> weight
    jrn                hash    the journal, id -> engram
    doc                hash    bookkeeping documents, key -> JSON
    ops                hash    the last operations that changed each of them, key -> 8 x 32 characters

An instant that never comes is in no sorted set. Keys are never looked for with KEYS or SCAN. Nothing is kept to
find engrams by their words or features, and whatever is read is what the server holds now.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

from redis.asyncio import Redis

from neuro.engram import Engram
from neuro.errors import ConfigurationError, CorruptRecordError
from neuro.stores import redis_scripts as scripts
from neuro.stores.base import Link
from neuro.stores.codec import load_json, pack, unpack
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_engrams import RedisEngrams, number
from neuro.stores.redis_scripts import Command
from neuro.stores.redis_turns import Turns

_NUL = b"\0"
"""Between the pieces of a journal entry; JSON holds none."""


class RedisStore:
    """`neuro.stores.base.Store` in a namespace of a Redis server; made by `open`."""

    durable = True

    def __init__(self, connection: RedisConnection, namespace: str) -> None:
        self.url = connection.url
        self._namespace = namespace
        self._connection = connection
        self._prefix = f"neuro:{{{namespace}}}:"
        self._journal = f"{self._prefix}jrn"
        self._documents = f"{self._prefix}doc"
        self._operations = f"{self._prefix}ops"
        self._turns = Turns(connection)
        self._regions: dict[str, RedisEngrams] = {}

    @classmethod
    async def open(cls, url: str, *, namespace: str = "default", client: Redis | None = None) -> RedisStore:
        """Opens a namespace of the server at a URL.

        Args:
            url: ``redis://``, ``rediss://`` or ``unix://``, with redis-py's options after a ``?``.
            namespace: separates brains on one server; not blank, without braces.
            client: used instead of one of our own, and left open at the end.

        Raises:
            ConfigurationError: a bad URL or namespace, wrong credentials, or a server older than 7.0.
            StoreUnavailableError: nobody answers there; within 5 seconds, naming the address.
        """
        if not namespace.strip() or "{" in namespace or "}" in namespace:
            raise ConfigurationError(
                f"RedisStore.namespace: must not be blank or hold braces (got {namespace!r})"
            )
        return cls(await RedisConnection.open(url, client), namespace)

    def engrams(self, region: str) -> RedisEngrams:
        if region not in self._regions:
            self._regions[region] = RedisEngrams(region, self._connection, self._prefix)
        return self._regions[region]

    # Links

    async def links(self, engram_ids: Sequence[str]) -> list[list[Link]]:
        replies = await self._connection.send([("HGETALL", self._links_of(i)) for i in engram_ids])
        return [
            sorted(Link(source, *_target_and_kind(field), float(weight)) for field, weight in reply.items())
            for source, reply in zip(engram_ids, replies, strict=True)
        ]

    def _links_of(self, engram_id: str) -> str:
        return f"{self._prefix}as:{engram_id}"

    async def link(self, links: Sequence[Link]) -> None:
        weights = {(link.source_id, f"{link.target_id}|{link.kind}"): link.weight for link in links}
        kept: dict[str, dict[str, str]] = defaultdict(dict)
        gone: dict[str, list[str]] = defaultdict(list)
        for (source, field), weight in weights.items():
            if weight == 0.0:
                gone[source].append(field)
            else:
                kept[source][field] = number(weight)
        commands: list[Command] = [("HDEL", self._links_of(i), *fields) for i, fields in gone.items()]
        for source, fields in kept.items():
            commands.append(("HSET", self._links_of(source), *chain.from_iterable(fields.items())))
        await self._connection.send(commands)

    async def unlink(self, engram_id: str) -> None:
        key = self._links_of(engram_id)
        [fields] = await self._connection.send([("HKEYS", key)])
        targets = sorted({_target_and_kind(field)[0] for field in fields})
        await self._connection.send([scripts.UNLINK([key, *map(self._links_of, targets)], [engram_id])])

    # The journal

    async def journal(self) -> list[Engram]:
        [entries] = await self._connection.send([("HGETALL", self._journal)])
        return await asyncio.to_thread(self._unpack_entries, entries)

    def _unpack_entries(self, entries: Mapping[bytes, bytes]) -> list[Engram]:
        return [self._unpack_entry(engram_id.decode(), entries[engram_id]) for engram_id in sorted(entries)]

    def _unpack_entry(self, engram_id: str, entry: bytes) -> Engram:
        key = f"{self._journal}[{engram_id}]"
        pieces = entry.split(_NUL, 2)
        if len(pieces) != 3:
            raise CorruptRecordError(f"{key}: is not the journal entry of an engram")
        return unpack(key, *pieces)

    async def write_journal(self, engrams: Sequence[Engram], *, drop: Sequence[str] = ()) -> None:
        entries = await asyncio.to_thread(_pack_entries, engrams)
        arguments = [str(len(drop)), *drop, *entries]
        await self._connection.send([scripts.WRITE_JOURNAL([self._journal], arguments)])

    # Bookkeeping

    async def read_documents(self, keys: Sequence[str]) -> list[Any]:
        replies = await self._connection.send([("HMGET", self._documents, *keys)] if keys else [])
        return [self._load(key, value) for values in replies for key, value in zip(keys, values, strict=True)]

    def _load(self, key: str, value: bytes | None) -> Any:
        return None if value is None else load_json(f"{self._documents}[{key}]", value)

    async def write_documents(self, documents: Mapping[str, Any]) -> None:
        fields = [piece for key, value in documents.items() for piece in (key, json.dumps(value))]
        await self._connection.send([("HSET", self._documents, *fields)] if fields else [])

    async def amend_document(self, key: str, change: Callable[[Any], Any]) -> Any:
        text = ""

        async def attempt() -> bool:
            nonlocal text
            [held] = await self._connection.send([("HGET", self._documents, key)])
            text = json.dumps(change(self._load(key, held)))
            keys = [self._documents, self._operations]
            arguments = [key, uuid.uuid4().hex, text] + ([] if held is None else [held])
            [landed] = await self._connection.send([scripts.AMEND_DOCUMENT(keys, arguments)])
            return bool(landed)

        await self._turns.land([key], attempt)
        return json.loads(text)

    async def aclose(self) -> None:
        await self._connection.aclose()

    def __repr__(self) -> str:
        return f"RedisStore({self.url!r}, namespace={self._namespace!r})"


def _target_and_kind(field: bytes) -> tuple[str, str]:
    target, _, kind = field.decode().rpartition("|")
    return target, kind


def _pack_entries(engrams: Sequence[Engram]) -> list[str | bytes]:
    """Id and packed engram of each."""
    entries: list[str | bytes] = []
    for engram in engrams:
        document, dynamics, features = pack(engram)
        entries += (engram.engram_id, _NUL.join((document.encode(), dynamics.encode(), features)))
    return entries
