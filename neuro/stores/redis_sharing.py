"""How several brains share a namespace on Redis: the news, who writes, and who sleeps."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from neuro.stores import redis_scripts as scripts
from neuro.stores.base import Happening, Lease, News
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_guard import Guard, attempt_id
from neuro.stores.redis_keys import Keys, number
from neuro.stores.redis_lua import Script

_NEWS_PAGE = 1_000
"""Happenings that are read at once."""
_ADOPTED_AT_ONCE = 1_000
"""Engrams that one script looks at when they are adopted."""
_POSITION = re.compile(r"\d{1,20}-\d{1,20}", re.ASCII)
_BEGINNING = b"0-0"
"""The position in a log that holds nothing."""
_HAPPENINGS = {b"i": Happening.INSERTED, b"m": Happening.MOVED, b"r": Happening.REMOVED}


class Sharing:
    """The news, the writers and the lease of a namespace."""

    def __init__(self, connection: RedisConnection, keys: Keys, guard: Guard) -> None:
        self._connection = connection
        self._keys = keys
        self._guard = guard

    # News. The log begins with an entry of its own, so that a position is always that of an entry. One that is there
    # no more was trimmed away, or lost with what a server forgot: something may be missing after it.

    async def news(self, since: str | None) -> News:
        if since is None or not _POSITION.fullmatch(since):
            return News((await self._latest()).decode(), gap=since is not None)
        position, happened = since.encode(), list[tuple[Happening, str]]()
        while True:
            [entries] = await self._connection.send(
                [("XRANGE", self._keys.changes, position, "+", "COUNT", _NEWS_PAGE + 1)]
            )
            if not entries or entries[0][0] != position:
                latest = await self._latest()
                return News(latest.decode(), gap=bool(entries) or latest != position)
            for entry, fields in entries[1:]:
                position = entry
                happened += _happenings(fields)
            if len(entries) <= _NEWS_PAGE:
                return News(position.decode(), tuple(happened))

    async def _latest(self) -> bytes:
        [entries] = await self._connection.send([("XREVRANGE", self._keys.changes, "+", "-", "COUNT", 1)])
        return entries[0][0] if entries else _BEGINNING

    # Writers

    async def beat(self, writer: str, at: float) -> None:
        await self._change(scripts.BEAT, [self._keys.writers], [writer, number(at)])

    async def retire(self, writer: str) -> None:
        await self._change(scripts.RETIRE, [self._keys.writers], [writer])

    async def adopt(self, region: str, writer: str, silent_since: float, ahead_of: float) -> list[str]:
        keys, adopted, start = [self._keys.writers, *self._keys.region(region)], list[str](), "-"
        asked = [writer, number(silent_since), number(ahead_of)]
        while True:
            page = [*asked, start, str(_ADOPTED_AT_ONCE)]
            [report] = await self._change(scripts.ADOPT, keys, page, once=attempt_id())
            last, *ids = json.loads(report)
            adopted += ids
            if not last:
                return adopted
            start = f"({last}"

    # The lease

    async def acquire(self, holder: str, now: float, until: float) -> Lease:
        asked = [holder, number(now), number(until)]
        name, fence, ends = await self._change(scripts.ACQUIRE, [], asked)
        return Lease(name.decode(), int(fence), float(ends))

    async def renew(self, lease: Lease, until: float) -> bool:
        return await self._change(scripts.RENEW, [], [str(lease.fence), number(until)]) == [b"1"]

    async def release(self, lease: Lease) -> None:
        await self._change(scripts.RELEASE, [], [str(lease.fence)])

    async def _change(
        self, script: Script, keys: Sequence[str], arguments: Sequence[str], once: bytes = b""
    ) -> list[bytes]:
        """What a script returns that is not refused to those who sleep no longer."""
        command = self._guard.command(script, keys, arguments, once=once, fenced=False)
        [[_, *outcome]] = await self._guard.send([command])
        return outcome


def _happenings(fields: Mapping[bytes, bytes]) -> list[tuple[Happening, str]]:
    """What an entry of the log says; one that only marks a beginning says nothing."""
    return [
        (_HAPPENINGS[kind], engram_id.decode()) for kind, engram_id in fields.items() if kind in _HAPPENINGS
    ]
