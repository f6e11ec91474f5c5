"""Where a Redis is, and what it says when it cannot serve: against sockets that answer as scripted."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from neuro.errors import ConfigurationError, NeuroError, StoreError, StoreUnavailableError
from neuro.stores import redis_connection
from neuro.stores.redis import RedisStore
from neuro.stores.redis_connection import read_address

SILENCE = b""
HELLO = b"%3\r\n+server\r\n+redis\r\n+version\r\n+7.0.15\r\n+proto\r\n:3\r\n"
ORDINARY = {"HELLO": HELLO, "PING": b"+PONG\r\n"}


@pytest.fixture(autouse=True)
def nothing_blocks_the_event_loop() -> Iterator[None]:
    with blockbuster_ctx():
        yield


async def _command(reader: asyncio.StreamReader) -> str:
    """The name of the next command; empty when the client is gone."""
    words: list[bytes] = []
    head = await reader.readline()
    for _ in range(int(head[1:] or b"0")):
        size = int((await reader.readline())[1:])
        words.append((await reader.readexactly(size + 2))[:-2])
    return words[0].decode() if words else ""


@asynccontextmanager
async def answering(replies: Mapping[str, bytes], *, path: str | None = None) -> AsyncIterator[str]:
    """A server that answers a command with what is said for it or for ``*``, else as usual; yields its place."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while name := await _command(reader):
            writer.write(replies.get(name, replies.get("*", ORDINARY.get(name, b"+OK\r\n"))))
        writer.close()

    if path is None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    else:
        server, place = await asyncio.start_unix_server(serve, path), path
    async with server:
        yield place


@pytest.fixture
def closed_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


async def refusal(url: str) -> NeuroError:
    """What opening a store at ``url`` raises, within five seconds."""
    async with asyncio.timeout(5):
        with pytest.raises(NeuroError) as caught:
            await RedisStore.open(url)
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(caught.value)
    return caught.value


# Addresses


@pytest.mark.parametrize(
    ("url", "shown", "place"),
    [
        ("redis://", "redis://localhost:6379/0", "localhost:6379"),
        ("redis://h:7/3", "redis://h:7/3", "h:7"),
        ("redis://h?db=4", "redis://h:6379/4", "h:6379"),
        ("redis://:s3cret@h", "redis://:***@h:6379/0", "h:6379"),
        ("redis://user:s3cret@h:7", "redis://:***@h:7/0", "h:7"),
        ("redis://s3cret@h", "redis://:***@h:6379/0", "h:6379"),
        ("redis://h?password=s3cret&socket_timeout=1", "redis://:***@h:6379/0", "h:6379"),
        ("redis://:a%40b%2Fs3cret@h", "redis://:***@h:6379/0", "h:6379"),
        ("rediss://[::1]:7/1", "rediss://[::1]:7/1", "[::1]:7"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock?db=0", "/run/redis.sock"),
        ("unix://:s3cret@/run/redis.sock?db=2", "unix://:***@/run/redis.sock?db=2", "/run/redis.sock"),
    ],
)
def test_an_address_is_shown_without_its_credentials(url: str, shown: str, place: str) -> None:
    address = read_address(url)
    assert (address.url, address.place) == (shown, place)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3cret",
        "localhost:6379",
        "http://:s3cret@h",
        "redis://:s3cret@h:port",
        "redis://:s3/cret@h:6379",
        "redis://:s3cret@h:99999",
        "redis://:s3cret@h/name",
        "redis://:s3cret@h/1/2",
        "redis://:s3cret@h?db=s3cret",
        "redis://:s3cret@h?nonsense=s3cret",
        "redis://:s3cret@h?max_connections=-1",
        "redis://:s3cret@[::1",
        "unix://",
        "unix://:s3cret@",
    ],
)
async def test_a_url_that_cannot_be_read_is_refused_without_repeating_it(url: str) -> None:
    error = await refusal(url)
    assert isinstance(error, ConfigurationError)
    assert str(error).startswith("RedisStore.url: ")


# Nobody there


async def test_an_address_where_nobody_listens_is_reported(closed_port: int) -> None:
    error = await refusal(f"redis://:s3cret@127.0.0.1:{closed_port}")
    assert isinstance(error, StoreUnavailableError)
    assert f"Redis at 127.0.0.1:{closed_port}: " in str(error)


async def test_a_socket_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    error = await refusal(f"unix://:s3cret@{tmp_path}/no.sock")
    assert isinstance(error, StoreUnavailableError)
    assert f"Redis at {tmp_path}/no.sock: " in str(error)


@pytest.mark.parametrize("patience", [0.05, 60.0])
async def test_an_address_where_nobody_answers_is_reported(
    patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_connection, "_OPEN_TIMEOUT", 0.2)
    async with answering({"*": SILENCE}) as place:
        error = await refusal(f"redis://:s3cret@{place}?socket_timeout={patience}")
    assert isinstance(error, StoreUnavailableError)
    assert f"Redis at {place}: " in str(error)


async def test_an_address_where_something_else_answers_is_reported() -> None:
    async with answering({"*": b"HTTP/1.1 400 Bad Request\r\n\r\n"}) as place:
        error = await refusal(f"redis://{place}")
    assert isinstance(error, StoreUnavailableError)
    assert f"Redis at {place}: " in str(error)


# Somebody there who cannot serve


@pytest.mark.parametrize(
    "reply",
    [
        b"-NOAUTH HELLO must be called with the client already authenticated\r\n",
        b"-WRONGPASS invalid username-password pair or user is disabled.\r\n",
    ],
)
async def test_wrong_credentials_are_a_configuration_error(reply: bytes) -> None:
    async with answering({"*": reply}) as place:
        error = await refusal(f"redis://:s3cret@{place}")
    assert isinstance(error, ConfigurationError)
    assert f"Redis at {place}: refuses the user name or password" in str(error)


async def test_a_server_older_than_seven_is_refused() -> None:
    async with answering({"HELLO": HELLO.replace(b"7.0.15", b"6.2.14")}) as place:
        error = await refusal(f"redis://{place}")
    assert isinstance(error, ConfigurationError)
    assert str(error) == f"Redis at {place}: is version 6.2.14; neuro needs Redis 7.0 or later"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("-LOADING Redis is loading the dataset in memory", StoreUnavailableError),
        ("-READONLY You can't write against a read only replica.", StoreUnavailableError),
        ("-OOM command not allowed when used memory > 'maxmemory'.", StoreUnavailableError),
        ("-MISCONF Errors writing to the AOF file: No space left on device", StoreUnavailableError),
        ("-BUSY Redis is busy running a script.", StoreUnavailableError),
        ("-CLUSTERDOWN The cluster is down", StoreUnavailableError),
        ("-ERR max number of clients reached", StoreUnavailableError),
        ("-NOPERM this user has no permissions to access one of the keys", StoreError),
        ("-ERR unknown command", StoreError),
    ],
)
async def test_what_a_server_refuses_is_told_apart(reply: str, expected: type[StoreError]) -> None:
    answer = f"{reply}\r\n".encode()
    async with (
        answering({"HGETALL": answer}) as place,
        aclosing(await RedisStore.open(f"redis://{place}")) as store,
    ):
        with pytest.raises(StoreError) as caught:
            await store.journal()
        assert type(caught.value) is expected
        assert f"Redis at {place}: {reply[1:]}" in str(caught.value)


async def test_a_server_behind_a_socket_is_reached(tmp_path: Path) -> None:
    path = os.fspath(tmp_path / "redis.sock")
    async with (
        answering({}, path=path),
        aclosing(await RedisStore.open(f"unix://:s3cret@{path}", namespace="n")) as store,
    ):
        assert repr(store) == f"RedisStore('unix://:***@{path}?db=0', namespace='n')"
