"""What every script that writes on Redis is asked with, and what all of them may answer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from neuro.errors import CorruptRecordError, LeaseLostError
from neuro.stores.fencing import current_fence
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_keys import Keys
from neuro.stores.redis_lua import Command, Script

SCHEMA = 2
"""The layout of keys that this neuro writes; 1 had a journal and arriving engrams, and no key that said so."""


class Guard:
    """Sends scripts that write: refused when the lease is lost or the layout is newer, and counted once each."""

    def __init__(self, connection: RedisConnection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def command(
        self,
        script: Script,
        keys: Sequence[str | bytes] = (),
        arguments: Sequence[str | bytes] = (),
        *,
        op_id: str | None = None,
        once: bytes = b"",
        fenced: bool = True,
    ) -> Command:
        """The command that runs a script that begins with a guard.

        Args:
            script: the script; its own keys and arguments come after those of the guard.
            keys: see ``script``.
            arguments: see ``script``.
            op_id: the operation that it is, as the caller calls it.
            once: the same of an operation without a name, see `attempt_id`; neither: it may be carried out twice.
            fenced: whether it is refused to a sleeper that has lost the lease.
        """
        fence = current_fence() if fenced else None
        remembered, operation = (self._keys.operations, op_id) if op_id else (self._keys.tries, once)
        guard = (str(SCHEMA), "" if fence is None else str(fence), operation)
        return script([self._keys.schema, self._keys.lease, *remembered, *keys], [*guard, *arguments])

    async def send(self, commands: Sequence[Command]) -> list[list[Any]]:
        """The answers of scripts with a guard: a word, and what belongs to it.

        Raises:
            LeaseLostError: one was refused for that.
            CorruptRecordError: a newer neuro has changed the layout meanwhile.
            StoreUnavailableError: the server cannot be reached, or no replica has confirmed what durability ``full``
                waits for; it may be carried out.
        """
        answers = await self._connection.send(commands, settle=True)
        for word, *rest in answers:
            if word == b"lost":
                raise LeaseLostError(
                    f"{self._connection}: another brain has got the lease ({rest[0].decode()})"
                )
            if word == b"schema":
                raise newer_schema(self._keys.schema, rest[0])
        return answers


def attempt_id() -> bytes:
    """By which the server knows a command that comes again after a lost reply."""
    return uuid.uuid4().bytes


def newer_schema(key: str, schema: bytes) -> CorruptRecordError:
    """The error for a layout that this neuro does not know."""
    found = schema.decode(errors="replace")
    return CorruptRecordError(f"{key}: schema version {found}, this neuro reads up to {SCHEMA}")
