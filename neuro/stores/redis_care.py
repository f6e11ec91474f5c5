"""How well a namespace on Redis is kept, and taking what was removed out of the server's files."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

from redis.exceptions import NoPermissionError

from neuro.errors import StoreError, StoreUnavailableError
from neuro.stores.base import Durability, Flaw, Health
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_guard import Guard
from neuro.stores.redis_keys import HIPPOCAMPUS, Keys
from neuro.stores.redis_lua import Command
from neuro.stores.redis_quarantine import Quarantine
from neuro.stores.redis_verify import Verification
from neuro.stores.redis_writes import Writes
from neuro.stores.unreadable import Unreadable

_REWRITE_LIMIT = 300.0
"""Seconds for which `Care.scrub` waits for the server to write one of its files anew."""
_FIRST_LOOK, _LONGEST_LOOK = 0.02, 1.0
"""Seconds between two looks whether it has."""
_STARTS = 5
"""How often it is asked to if it is started anew meanwhile."""
_IN_PROGRESS = "already in progress"
"""What the server says to who asks for a file while it writes it."""
_NEARLY_FULL = 0.9
"""Share of the server's memory limit from which on there is little room."""

_SURVIVED = {
    "always": "a power cut too: the server waits for its disk (appendfsync always)",
    "everysec": "the end of the server's process; a power cut there may take the last second (appendfsync everysec)",
    "no": "the end of the server's process; a power cut there may take the last half minute (appendfsync no)",
    None: "the end of the server's process; what a power cut there takes is unknown (CONFIG GET is refused)",
}
"""By the policy of a server that keeps an append-only file."""


_OLD_LOG = (
    "An append-only file that the server writes no more keeps what was removed since: delete it, or set appendonly yes"
    " and scrub again."
)
_MANUAL_SNAPSHOT = (
    "A snapshot was made by hand: its file keeps what was removed since; BGSAVE writes it anew."
)
_OLD_FILE = (
    "The server was started from a file that it writes no more, which keeps what was removed since: delete it, or have"
    " BGSAVE run there."
)
_SLOW_LOG = "The server's slow log, in its memory, holds pieces of records: SLOWLOG RESET empties it."
_HIDDEN_SLOW_LOG = (
    "The server's slow log, in its memory, may hold pieces of records; this user may not look (SLOWLOG GET is refused):"
    " SLOWLOG RESET empties it."
)


class Server:
    """What a server says of itself; it may refuse to."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection

    async def ask(self, *command: Any) -> Any:
        """The reply to a command, or the StoreError by which the server refuses it."""
        wanted: Command = command
        try:
            [reply] = await self._connection.send([wanted])
        except StoreUnavailableError:
            raise
        except StoreError as error:
            return error
        return reply

    async def info(self) -> dict[str, Any]:
        """Its INFO; empty where that is refused."""
        reply = await self.ask("INFO")
        return {} if isinstance(reply, StoreError) else reply

    async def config(self, name: str) -> str | None:
        """A setting; None where that is refused."""
        reply = await self.ask("CONFIG GET", name)
        if isinstance(reply, StoreError):
            return None
        settings: dict[bytes | str, bytes | str] = reply
        return next((v.decode() if isinstance(v, bytes) else v for v in settings.values()), None)


class Care:
    """Health, verification and scrubbing of a namespace."""

    def __init__(
        self,
        connection: RedisConnection,
        keys: Keys,
        guard: Guard,
        writes: Writes,
        unreadable: Unreadable,
        durability: Durability,
    ) -> None:
        self._connection = connection
        self._server = Server(connection)
        self._keys = keys
        self._guard = guard
        self._writes = writes
        self._unreadable = unreadable
        self._durability = durability
        self.quarantine = Quarantine(connection, keys, guard, unreadable)

    async def verify(self, *, repair: bool) -> list[Flaw]:
        look = Verification(
            self._connection, self._keys, self._guard, self._writes, self.quarantine, repair=repair
        )
        return await look.carry_out()

    # Health

    async def health(self) -> Health:
        info = await self._server.info()
        fsync = await self._server.config("appendfsync")
        snapshots = await self._server.config("save")
        await self._forget_what_is_gone()
        met = [f"{key}: {reason}" for key, reason in self._unreadable.reasons.items()]
        kept = [f"{key}: {reason}" for key, reason in (await self.quarantine.reasons()).items()]
        return Health(
            self._survived(info, fsync, snapshots),
            tuple(_concerns(info, fsync, snapshots, self._durability)),
            {**_facts(info, fsync, snapshots), **await self._counts()},
            {"version": self._connection.version, **self._connection.abilities},
            tuple(dict.fromkeys([*met, *kept])),
        )

    async def _forget_what_is_gone(self) -> None:
        """What another process has put aside or deleted is not met again."""
        names = [*self._unreadable.reasons]
        for name, held in zip(
            names, await self._connection.send([self._keys.look_for(name) for name in names]), strict=True
        ):
            if not held:
                self._unreadable.forget(name)

    def _survived(self, info: Mapping[str, Any], fsync: str | None, snapshots: str | None) -> str:
        survived = _survived(info, fsync, snapshots)
        if self._durability == Durability.FULL and self._connection.replicated:
            return f"{survived} It waits until a replica has it too."
        return survived

    async def _counts(self) -> dict[str, int]:
        keys = self._keys
        [members] = await self._connection.send([("SMEMBERS", keys.regions)])
        regions = {member.decode(): keys.region(member.decode()) for member in members}
        linked, documents, writers, news, *ids = await self._connection.send(
            [
                ("SCARD", keys.linked),
                ("HLEN", keys.documents),
                ("ZCARD", keys.writers),
                ("XLEN", keys.changes),
                *(("ZCARD", region.ids) for region in regions.values()),
            ]
        )
        [owners, living] = await self._connection.send(
            [("HVALS", keys.region(HIPPOCAMPUS).owners), ("ZRANGE", keys.writers, 0, -1)]
        )
        counts = {f"engrams in the {region}": count for region, count in zip(regions, ids, strict=True)}
        owned = sum(Counter(owners)[writer] for writer in living)
        return {
            "engrams": sum(ids),
            **counts,
            "engrams of nobody": counts.get(f"engrams in the {HIPPOCAMPUS}", 0) - owned,
            "linked engrams": linked,
            "documents": documents,
            "writers": writers,
            "news": news,
        }

    # Scrubbing

    async def scrub(self) -> tuple[str, ...]:
        info = await self._server.info()
        left: list[str] = []
        if not info:
            left.append(
                "The server does not say what files it keeps (INFO is refused): have BGREWRITEAOF and BGSAVE run there."
            )
        elif info.get("loading") != 1:
            left += await self._scrub_log(info)
            left += await self._scrub_snapshot(info)
        left += _replicas(info)
        left += await self._look_at_slow_log()
        if kept := await self.quarantine.reasons():
            left.append(
                f"The quarantine keeps {len(kept)} records that could not be read and may hold it: look at them, delete"
                " them (neuro check --empty-quarantine), and scrub again."
            )
        return tuple(left)

    async def _look_at_slow_log(self) -> list[str]:
        """Whether commands that took long are kept with something of what they wrote."""
        entries = await self._server.ask("SLOWLOG GET", -1)
        if isinstance(entries, StoreError):
            hidden = isinstance(entries.__cause__, NoPermissionError)  # an imitation of a server has none
            off = hidden and await self._server.config("slowlog-log-slower-than") == "-1"
            return [_HIDDEN_SLOW_LOG] if hidden and not off else []
        held = any(self._keys.prefix in text and '{"' in text for text in map(str, entries))
        return [_SLOW_LOG] if held else []

    async def _scrub_log(self, info: Mapping[str, Any]) -> list[str]:
        if info.get("aof_enabled") != 1:
            return [_OLD_LOG] if info.get("aof_rewrites", 0) else []
        advice = "the append-only file keeps what was removed until BGREWRITEAOF has run there."
        return await self._write_anew(("BGREWRITEAOF",), "aof_last_bgrewrite_status", advice)

    async def _scrub_snapshot(self, info: Mapping[str, Any]) -> list[str]:
        policy = await self._server.config("save")
        if policy == "":
            if info.get("rdb_saves", 0):
                return [_MANUAL_SNAPSHOT]
            # With an append-only file that one counts as loaded too, so it is no sign of a snapshot.
            started_empty = not (
                info.get("rdb_last_load_keys_loaded") or info.get("rdb_last_load_keys_expired")
            )
            return [] if info.get("aof_enabled") == 1 or started_empty else [_OLD_FILE]
        advice = "the snapshot (its dump file) keeps what was removed until BGSAVE has run there."
        return await self._write_anew(("BGSAVE", "SCHEDULE"), "rdb_last_bgsave_status", advice)

    async def _write_anew(self, command: Command, status: str, advice: str) -> list[str]:
        """Has the server write a file anew; again if it was started anew meanwhile, as it then knows of no failure."""
        for _ in range(_STARTS):
            before = await self._idle()
            if before is None:
                return [f"The server is still writing its files after {_REWRITE_LIMIT:g} s: {advice}"]
            refusal = await self._server.ask(*command)
            # One in progress has begun since the server was idle, for another brain: it serves this one as well.
            if isinstance(refusal, StoreError) and _IN_PROGRESS not in str(refusal):
                return [f"{command[0]} is refused ({refusal}): {advice}"]
            after = await self._idle()
            if after is not None and after.get("run_id") != before.get("run_id"):
                continue
            done = after is not None and after.get(status) == "ok"
            return [] if done else [f"{command[0]} did not succeed within {_REWRITE_LIMIT:g} s: {advice}"]
        return [f"The server was started anew {_STARTS} times meanwhile: {advice}"]

    async def _idle(self) -> dict[str, Any] | None:
        """INFO once the server writes neither of its files anew, nor is about to; None if that takes too long."""
        pause = _FIRST_LOOK
        try:
            async with asyncio.timeout(_REWRITE_LIMIT):
                while _is_writing(info := await self._server.info()):
                    await asyncio.sleep(pause)
                    pause = min(2.0 * pause, _LONGEST_LOOK)
        except TimeoutError:
            return None
        return info


def _is_writing(info: Mapping[str, Any]) -> bool:
    signs = ("aof_rewrite_in_progress", "aof_rewrite_scheduled", "rdb_bgsave_in_progress")
    return any(info.get(sign) == 1 for sign in signs)


def _replicas(info: Mapping[str, Any]) -> list[str]:
    """What to do on each replica."""
    places = [info.get(f"slave{n}") for n in range(int(info.get("connected_slaves", 0)))]
    return [
        f"The replica at {place['ip']}:{place['port']} keeps files of its own: have BGREWRITEAOF and BGSAVE run there."
        for place in places
        if isinstance(place, Mapping)
    ]


def _survived(info: Mapping[str, Any], fsync: str | None, snapshots: str | None) -> str:
    if not info:
        return (
            "What an acknowledged write has survived is unknown: the server does not say what files it keeps."
        )
    if info.get("aof_enabled") == 1:
        return f"An acknowledged write has survived {_SURVIVED.get(fsync, _SURVIVED[None])}."
    if snapshots == "":
        return "Nothing outlives the server's process: it keeps neither an append-only file nor snapshots."
    return "An acknowledged write is lost with the server's process, until its next snapshot."


def _concerns(
    info: Mapping[str, Any], fsync: str | None, snapshots: str | None, durability: Durability
) -> list[str]:
    if not info:
        return [
            "The server refuses INFO: nothing is known of its files; allow the user +info and +config|get."
        ]
    concerns: list[str] = []
    if info.get("aof_enabled") != 1:
        concerns.append("The server keeps no append-only file: set appendonly yes.")
    elif fsync == "no":
        concerns.append(
            "The server leaves it to the system when the disk is written: set appendfsync everysec."
        )
    elif durability == Durability.FULL and fsync != "always":
        concerns.append("A power cut of the server may take the last second: set appendfsync always.")
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        concerns.append(
            f"The server throws memories away when it is full ({policy}): set maxmemory-policy noeviction."
        )
    limit, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
    if limit and used > _NEARLY_FULL * limit:
        concerns.append(f"The server has used {used} of its {limit} bytes of memory: raise maxmemory.")
    if info.get("role") != "master":
        concerns.append("The server is a replica, which takes no writes: open its master.")
    for name, what in (
        ("aof_last_write_status", "write to its append-only file"),
        ("aof_last_bgrewrite_status", "write its append-only file anew"),
        ("rdb_last_bgsave_status", "write its snapshot"),
    ):
        if info.get(name, "ok") != "ok":
            concerns.append(f"The server failed to {what}: see its log, and whether its disk is full.")
    return concerns


def _facts(
    info: Mapping[str, Any], fsync: str | None, snapshots: str | None
) -> dict[str, str | int | float | bool]:
    facts: dict[str, str | int | float | bool] = {
        "append-only file": info.get("aof_enabled") == 1,
        "appendfsync": "unknown" if fsync is None else fsync,
        "snapshots": "unknown" if snapshots is None else snapshots or "none",
    }
    for name, fact in (
        ("mode", "redis_mode"),
        ("role", "role"),
        ("replicas", "connected_slaves"),
        ("memory used", "used_memory"),
        ("memory limit", "maxmemory"),
        ("maxmemory-policy", "maxmemory_policy"),
    ):
        if fact in info:
            facts[name] = info[fact]
    return facts
