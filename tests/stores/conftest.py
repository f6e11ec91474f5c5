"""What the tests of stores share: places to open stores at, and eyes on what they send."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fakeredis import FakeServer
from redis_servers import Servers
from sqlite_files import Hook

from neuro.stores.redis import RedisStore
from neuro.stores.redis_connection import RedisConnection
from neuro.stores.redis_lua import Command


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "brain.db"


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Callable[[Hook], None]:
    """Calls a hook, in the thread of the connection, before every statement of a store."""

    def install(hook: Hook) -> None:
        class Spied(sqlite3.Connection):
            def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
                hook(self, sql, parameters)
                return super().execute(sql, parameters)

            def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
                rows = list(parameters)
                for row in rows[:1]:
                    hook(self, sql, row)
                return super().executemany(sql, rows)

        monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Spied))

    return install


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
async def servers(server: FakeServer) -> AsyncIterator[Servers]:
    async with AsyncExitStack() as stack:
        yield Servers(server, stack)


@pytest.fixture
async def store(servers: Servers) -> AsyncIterator[RedisStore]:
    """A brain's place on a Redis server in this process."""
    async with aclosing(await servers.make()) as store:
        yield store


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands of each round trip, by name."""
    trips: list[str] = []
    honest = RedisConnection.send

    async def send(self: RedisConnection, commands: Sequence[Command], **options: bool) -> list[Any]:
        trips.append(" ".join(command[0] for command in commands))
        return await honest(self, commands, **options)

    monkeypatch.setattr(RedisConnection, "send", send)
    return trips
