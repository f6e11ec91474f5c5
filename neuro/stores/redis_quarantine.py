"""Where a namespace on Redis keeps what cannot be read: as it was found, out of the way of everything else."""

from __future__ import annotations

from collections.abc import Sequence

from neuro.errors import CorruptRecordError
from neuro.stores.base import Quarantined
from neuro.stores.redis_care_scripts import DISCARD, QUARANTINE, QUARANTINE_FIELD, QUARANTINE_KEY, SIZE
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_engrams import unpack_record
from neuro.stores.redis_guard import Guard
from neuro.stores.redis_keys import Keys
from neuro.stores.redis_scripts import READ
from neuro.stores.unreadable import Unreadable


class Quarantine:
    """Takes records that cannot be read; each only if it is still what was read.

    A later one of a name that it holds already is numbered: ``name#2``.
    """

    def __init__(self, connection: RedisConnection, keys: Keys, guard: Guard, unreadable: Unreadable) -> None:
        self._connection = connection
        self._keys = keys
        self._guard = guard
        self._unreadable = unreadable

    async def take_unreadable(self, region: str, engram_ids: Sequence[str]) -> None:
        """Takes those that cannot be read, so that others may be stored under their ids."""
        names = [self._keys.engram(region, engram_id) for engram_id in engram_ids]
        records = await self._connection.send([READ(name) for name in names])
        for engram_id, (key, _), record in zip(engram_ids, names, records, strict=True):
            document, features, dynamics, *_ = record
            if document is None and dynamics is None:
                continue
            try:
                unpack_record(key, document, dynamics, features)
            except CorruptRecordError as error:
                await self.take(region, engram_id, document, dynamics, str(error))

    async def take(
        self, region: str, engram_id: str, document: bytes | None, dynamics: bytes | None, reason: str
    ) -> bool:
        """Takes the record of an engram; False if it has changed since ``document`` and ``dynamics`` were read."""
        own = self._keys.engram(region, engram_id)
        keys = [*self._keys.region(region), *own, *map(self._keys.quarantined, own)]
        command = self._guard.command(
            QUARANTINE,
            [*keys, self._keys.quarantine, self._keys.changes],
            [engram_id, document or b"", dynamics or b"", reason],
            fenced=False,
        )
        [[word, *_]] = await self._guard.send([command])
        return self._taken(own[0], word == b"done")

    async def take_field(self, key: str, field: str, value: bytes, reason: str) -> bool:
        """Takes a field of a hash."""
        keys = [key, self._keys.quarantined(key), self._keys.quarantine]
        [taken] = await self._connection.send([QUARANTINE_FIELD(keys, [field, value, reason])])
        return self._taken(f"{key}[{field}]", taken == 1)

    async def take_key(self, key: str, kind: bytes, reason: str) -> bool:
        """Takes a whole key of a type that it should not have."""
        keys = [key, self._keys.quarantined(key), self._keys.quarantine]
        [taken] = await self._connection.send([QUARANTINE_KEY(keys, [kind, reason])])
        return self._taken(key, taken == 1)

    def _taken(self, name: str, taken: bool) -> bool:
        if taken:
            self._unreadable.forget(name)
        return taken

    async def reasons(self) -> dict[str, str]:
        """What it holds: key, and why it could not be read."""
        [held] = await self._connection.send([("HGETALL", self._keys.quarantine)])
        return {key.decode(): reason.decode() for key, reason in sorted(held.items())}

    async def records(self) -> list[Quarantined]:
        """What it holds, in order of keys."""
        reasons = await self.reasons()
        places = [self._keys.put_aside(name) for name in reasons]
        sizes = await self._connection.send([SIZE(keys, [field]) for keys, field in places])
        return [Quarantined(*record, size) for record, size in zip(reasons.items(), sizes, strict=True)]

    async def discard(self, names: Sequence[str]) -> None:
        """Deletes records for good."""
        held = await self.reasons()
        doomed = [(name, *self._keys.put_aside(name)) for name in names if name in held]
        reasons = self._keys.quarantine
        await self._connection.send(
            [DISCARD([reasons, *keys], [name, field]) for name, keys, field in doomed]
        )
