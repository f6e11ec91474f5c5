"""Where a Redis is, and what it says when it cannot serve: against sockets that answer as scripted."""

import asyncio
import os
import re
import socket
import tomllib
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from redis.asyncio import Redis

from neuro.errors import ConfigurationError, NeuroError, StoreClosedError, StoreError, StoreUnavailableError
from neuro.stores import redis_cluster, redis_connection
from neuro.stores.opening import parse_url
from neuro.stores.redis import RedisStore
from neuro.stores.redis_address import read_address
from neuro.stores.redis_connection import RedisConnection

SILENCE = b""
HELLO = b"%4\r\n+server\r\n+redis\r\n+version\r\n+7.0.15\r\n+proto\r\n:3\r\n+mode\r\n+standalone\r\n"
IN_CLUSTER = HELLO.replace(b"standalone", b"cluster")
ORDINARY = {
    "HELLO": HELLO,
    "PING": b"+PONG\r\n",
    "COMMAND": b"*2\r\n_\r\n_\r\n",
    "CLUSTER": b"-CLUSTERDOWN Hash slot not served\r\n",
}


def said(text: str) -> bytes:
    """A text as a server sends it."""
    return f"${len(text)}\r\n{text}\r\n".encode()


def told(**facts: object) -> bytes:
    """What a server says of itself."""
    return said("".join(f"{name}:{fact}\r\n" for name, fact in facts.items()))


def replicas(*states: str) -> bytes:
    """What a server says of its replicas."""
    slaves = {f"slave{n}": f"ip=h,port={n},state={state},offset=0,lag=0" for n, state in enumerate(states)}
    return told(role="master", connected_slaves=len(states), **slaves)


async def _command(reader: asyncio.StreamReader) -> list[str]:
    """The words of the next command; none when the client is gone."""
    words: list[bytes] = []
    try:
        head = await reader.readline()
        for _ in range(int(head[1:] or b"0")):
            size = int((await reader.readline())[1:])
            words.append((await reader.readexactly(size + 2))[:-2])
    except (ConnectionError, asyncio.IncompleteReadError):
        return []
    return [word.decode(errors="replace") for word in words]


class Heard:
    """A scripted server: its place, and what it has been told on each of its connections."""

    def __init__(self) -> None:
        self.place = ""
        self.connections: list[list[list[str]]] = []

    @property
    def commands(self) -> list[list[str]]:
        return [words for connection in self.connections for words in connection]

    def forget(self) -> None:
        self.connections = [[] for _ in self.connections]


@asynccontextmanager
async def listening(replies: Mapping[str, bytes], *, path: str | None = None) -> AsyncIterator[Heard]:
    """A server that answers a command with what is said for it or for ``*``, else as usual."""
    heard = Heard()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(heard.connections)
        heard.connections.append([])
        while words := await _command(reader):
            heard.connections[number].append(words)
            name = words[0]
            writer.write(replies.get(name, replies.get("*", ORDINARY.get(name, b"+OK\r\n"))))
        writer.close()

    if path is None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        heard.place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    else:
        server, heard.place = await asyncio.start_unix_server(serve, path), path
    async with server:
        yield heard


@asynccontextmanager
async def answering(replies: Mapping[str, bytes], *, path: str | None = None) -> AsyncIterator[str]:
    """The place of a server that answers so."""
    async with listening(replies, path=path) as heard:
        yield heard.place


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


@pytest.mark.parametrize(("said", "meant"), [("true", True), ("1", True), ("No", False), ("false", False)])
def test_an_address_may_say_whether_it_is_in_a_cluster(said: str, meant: bool) -> None:
    address = read_address(f"redis://h?cluster={said}&socket_timeout=1")
    assert address.cluster is meant
    assert "cluster" not in address.options
    assert read_address("redis://h").cluster is None


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
        "redis://:s3cret@h?cluster=s3cret",
        "redis://:s3cret@h?protocol=9",
        "redis://:s3cret@h?credential_provider=s3cret",
        "redis://:s3cret@h?redis_connect_func=s3cret",
        "redis://:s3cret@h?event_dispatcher=s3cret",
        "redis://:s3cret@h?maint_notifications_config=s3cret",
        "redis://:s3cret@h?socket_keepalive_options=s3cret",
        "rediss://:s3cret@h?ssl_cert_reqs=s3cret",
        "redis://:s3cret@[::1",
        "unix://",
        "unix://:s3cret@",
    ],
)
async def test_a_url_that_cannot_be_read_is_refused_without_repeating_it(url: str) -> None:
    error = await refusal(url)
    assert isinstance(error, ConfigurationError)
    assert str(error).startswith("RedisStore.url: ")


@pytest.mark.parametrize(
    "option", ["encoding=foo", "encoding=utf-16", "encoding_errors=x", "decode_responses=true"]
)
async def test_how_bytes_are_read_is_not_for_the_url_to_say(option: str) -> None:
    async with (
        listening({}) as heard,
        aclosing(await RedisConnection.open(f"redis://{heard.place}?{option}&client_name=me")) as connection,
    ):
        assert await connection.send([("HSET", "a", "b")]) == [b"OK"]
        assert ["HSET", "a", "b"] in heard.commands


@pytest.mark.parametrize("password", ["p&q+x", "a#b", "100%25", "two words", "é"])
def test_the_options_of_a_url_mean_what_they_say_whoever_reads_it(password: str) -> None:
    url = f"redis://h/0?password={quote_plus(password)}&namespace=n&socket_timeout=1"
    scheme, location, namespace = parse_url(url, "default")
    assert (scheme, namespace) == ("redis", "n")
    assert read_address(location).options["password"] == password
    assert read_address(location).options["socket_timeout"] == 1.0


@pytest.mark.parametrize("protocol", [2, 3])
async def test_a_client_that_decodes_what_it_reads_is_refused(protocol: int) -> None:
    hello = HELLO if protocol == 3 else HELLO.replace(b"%4", b"*8")
    async with (
        answering({"HELLO": hello}) as place,
        Redis.from_url(
            f"redis://{place}?protocol={protocol}", decode_responses=True, driver_info=None
        ) as client,
    ):
        with pytest.raises(ConfigurationError, match="decode_responses=False"):
            await RedisStore.open("redis://", client=client)


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
        aclosing(await RedisConnection.open(f"redis://{place}")) as connection,
    ):
        with pytest.raises(StoreError) as caught:
            await connection.send([("HGETALL", "key")])
        assert type(caught.value) is expected
        assert f"Redis at {place}: {reply[1:]}" in str(caught.value)
        assert connection.failures == (expected is StoreUnavailableError)


async def test_a_server_behind_a_socket_is_reached(tmp_path: Path) -> None:
    path = os.fspath(tmp_path / "redis.sock")
    async with (
        answering({}, path=path),
        aclosing(await RedisConnection.open(f"unix://:s3cret@{path}")) as connection,
    ):
        assert connection.url == f"unix://:***@{path}?db=0"
        assert await connection.send([("HSET", "key", "value")]) == [b"OK"]


# What a server can do


async def test_what_a_server_can_do_is_found_out_but_never_required() -> None:
    for reply, found in (
        (b"*2\r\n_\r\n_\r\n", [False, False]),
        (b"*2\r\n*1\r\n+vsim\r\n_\r\n", [True, False]),
        (b"*2\r\n*1\r\n+vsim\r\n*1\r\n+ft.search\r\n", [True, True]),
        (b"-NOPERM this user has no permissions to run the 'command|info' command\r\n", []),
    ):
        async with (
            answering({"COMMAND": reply}) as place,
            aclosing(await RedisConnection.open(f"redis://{place}")) as connection,
        ):
            assert connection.abilities == dict(zip(("vector sets", "query engine"), found, strict=False))
            assert connection.version


# Many at once


async def test_commands_wait_for_a_free_connection_however_many_there_are() -> None:
    async with (
        listening({}) as heard,
        aclosing(await RedisConnection.open(f"redis://{heard.place}")) as connection,
    ):
        replies = await asyncio.gather(*(connection.send([("HSET", n, n)]) for n in range(500)))
        assert replies == [[b"OK"]] * 500
        assert len(heard.connections) <= 32


async def test_nothing_is_connected_any_more_after_closing() -> None:
    async with listening({}) as heard:
        connection = await RedisConnection.open(f"redis://{heard.place}")
        sending = asyncio.create_task(connection.send([("HSET", "a", "b")]))
        await asyncio.sleep(0)
        await connection.aclose()
        await connection.aclose()
        assert await sending == [b"OK"]
        with pytest.raises(StoreClosedError):
            await connection.send([("HSET", "a", "b")])
        assert len(heard.connections) == 1


# Replicas


WRITE = [("HSET", "a", "b")]


async def test_what_is_to_settle_waits_for_a_replica_on_the_same_connection() -> None:
    async with (
        listening({"INFO": replicas("online"), "WAIT": b":1\r\n"}) as heard,
        aclosing(await RedisConnection.open(f"redis://{heard.place}", durability="full")) as connection,
    ):
        assert connection.replicated
        heard.forget()
        assert await connection.send(WRITE * 2, settle=True) == [b"OK", b"OK"]
        assert [c for c in heard.connections if c] == [[["HSET", "a", "b"]] * 2 + [["WAIT", "1", "1000"]]]
        heard.forget()
        assert await connection.send(WRITE) == [b"OK"]
        assert await connection.send([]) == []
        assert heard.commands == [["HSET", "a", "b"]]
        heard.forget()
        assert await connection.send([], settle=True) == []  # it may be somebody else's write that is found
        assert [c for c in heard.connections if c] == [[["PING"], ["WAIT", "1", "1000"]]]


async def test_too_few_acknowledgements_are_an_error_that_leaves_it_open() -> None:
    async with (
        answering({"INFO": replicas("online"), "WAIT": b":0\r\n"}) as place,
        aclosing(await RedisConnection.open(f"redis://{place}", durability="full")) as connection,
    ):
        with pytest.raises(StoreUnavailableError, match="no replica has confirmed within 1 s") as caught:
            await connection.send(WRITE, settle=True)
        assert "what was to be written may be" in str(caught.value)
        assert connection.failures == 1


async def test_the_wait_for_a_replica_is_shorter_than_that_for_an_answer() -> None:
    async with listening({"INFO": replicas("online"), "WAIT": b":1\r\n"}) as heard:
        url = f"redis://{heard.place}?socket_timeout=0.5"
        async with aclosing(await RedisConnection.open(url, durability="full")) as connection:
            await connection.send(WRITE, settle=True)
    assert heard.commands[-1] == ["WAIT", "1", "250"]


async def test_a_server_without_replicas_is_not_waited_for_until_it_has_one() -> None:
    replies = {"INFO": replicas(), "WAIT": b":1\r\n"}
    async with (
        listening(replies) as heard,
        aclosing(await RedisConnection.open(f"redis://{heard.place}", durability="full")) as connection,
    ):
        assert not connection.replicated
        heard.forget()
        assert await connection.send(WRITE, settle=True) == [b"OK"]
        assert [words[0] for words in heard.commands] == ["HSET", "INFO"]
        replies["INFO"] = replicas("online")
        heard.forget()
        assert await connection.send(WRITE, settle=True) == [b"OK"]
        assert [words[0] for words in heard.commands] == ["HSET", "INFO", "HSET", "WAIT"]
        assert connection.replicated


async def test_a_replica_that_has_not_caught_up_is_not_waited_for() -> None:
    replies = {"INFO": replicas("wait_bgsave", "send_bulk"), "WAIT": b":0\r\n"}
    async with (
        answering(replies) as place,
        aclosing(await RedisConnection.open(f"redis://{place}", durability="full")) as connection,
    ):
        assert await connection.send(WRITE, settle=True) == [b"OK"]
        replies["INFO"] = replicas("send_bulk", "online")
        with pytest.raises(StoreUnavailableError, match="no replica has confirmed"):
            await connection.send(WRITE, settle=True)


async def test_a_server_that_has_lost_its_replica_acknowledges_nothing() -> None:
    replies = {"INFO": replicas("online"), "WAIT": b":0\r\n"}
    async with (
        answering(replies) as place,
        aclosing(await RedisConnection.open(f"redis://{place}", durability="full")) as connection,
    ):
        replies["INFO"] = replicas()
        with pytest.raises(StoreUnavailableError):
            await connection.send(WRITE, settle=True)


async def test_scripts_that_are_loaded_anew_are_waited_for_too() -> None:
    replies = {"INFO": replicas("online"), "WAIT": b":1\r\n", "EVALSHA": b"-NOSCRIPT No matching script.\r\n"}
    async with (
        listening(replies) as heard,
        aclosing(await RedisConnection.open(f"redis://{heard.place}", durability="full")) as connection,
    ):
        heard.forget()
        with pytest.raises(StoreError, match="NOSCRIPT"):
            await connection.send([("EVALSHA", "sha", 0)], settle=True)
        names = [words[0] for words in heard.commands if words[0] != "SCRIPT"]
        assert names == ["EVALSHA", "WAIT"] * 2


async def test_nobody_waits_for_replicas_unless_asked_to() -> None:
    async with (
        listening({"INFO": replicas("online"), "WAIT": b":1\r\n"}) as heard,
        aclosing(await RedisConnection.open(f"redis://{heard.place}")) as connection,
    ):
        await connection.send(WRITE, settle=True)
        assert {"INFO", "WAIT"}.isdisjoint(words[0] for words in heard.commands)


async def test_a_user_who_may_not_ask_for_replicas_cannot_have_full_durability() -> None:
    refused = {"INFO": b"-NOPERM this user has no permissions to run the 'info' command\r\n"}
    async with answering(refused) as place:
        with pytest.raises(ConfigurationError, match=r"allow the user the command INFO"):
            await RedisConnection.open(f"redis://{place}", durability="full")


async def test_an_imitation_that_knows_no_replicas_is_not_waited_for() -> None:
    async with (
        listening({"INFO": b"-ERR unknown command 'INFO'\r\n"}) as heard,
        aclosing(await RedisConnection.open(f"redis://{heard.place}", durability="full")) as connection,
    ):
        heard.forget()
        assert await connection.send(WRITE, settle=True) == [b"OK"]
        assert heard.commands == [["HSET", "a", "b"]]


# Clusters

KEY = "neuro:{n}:schema"


def moved(place: str) -> bytes:
    return f"-MOVED 10 {place}\r\n".encode()


def slots(*places: str) -> bytes:
    """All slots at one master, its replicas after it."""
    nodes = [place.rpartition(":") for place in places]
    said = "".join(f"*2\r\n${len(host)}\r\n{host}\r\n:{port}\r\n" for host, _, port in nodes)
    return f"*1\r\n*{2 + len(nodes)}\r\n:0\r\n:16383\r\n{said}".encode()


@pytest.fixture
def hasty_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_cluster, "_PATIENCE", 0.5)


async def test_commands_go_to_the_node_that_has_the_keys() -> None:
    async with (
        listening({"HELLO": IN_CLUSTER}) as there,
        listening({"HELLO": IN_CLUSTER, "HSET": moved(there.place)}) as here,
        aclosing(await RedisConnection.open(f"redis://{here.place}", key=KEY)) as connection,
    ):
        assert await connection.send([("HSET", KEY, "2"), ("PING",)]) == [b"OK", True]
        here.forget()
        there.forget()
        assert await connection.send([("HSET", KEY, "3"), ("PING",)]) == [b"OK", True]
        assert here.commands == []
        assert there.commands == [["HSET", KEY, "3"], ["PING"]]


async def test_the_node_that_has_the_keys_is_found_at_opening() -> None:
    async with listening({"HELLO": IN_CLUSTER}) as there:
        replies = {"HELLO": IN_CLUSTER, "CLUSTER": slots(there.place)}
        async with (
            listening(replies) as here,
            aclosing(await RedisConnection.open(f"redis://{here.place}", key=KEY)) as connection,
        ):
            here.forget()
            assert await connection.send([("HSET", KEY, "2")]) == [b"OK"]
            assert here.commands == []


async def test_a_server_is_asked_whether_it_is_in_a_cluster_unless_the_url_says_so() -> None:
    async with listening({}) as there:
        replies = {"HELLO": IN_CLUSTER, "HSET": moved(there.place)}
        async with answering(replies) as place:
            async with aclosing(await RedisConnection.open(f"redis://{place}?cluster=false")) as connection:
                with pytest.raises(StoreUnavailableError, match="MOVED 10"):
                    await connection.send([("HSET", KEY, "2")])
            replies["HELLO"] = HELLO
            async with aclosing(await RedisConnection.open(f"redis://{place}?cluster=true")) as connection:
                assert await connection.send([("HSET", KEY, "2")]) == [b"OK"]


async def test_a_cluster_behind_a_socket_is_refused(tmp_path: Path) -> None:
    path = os.fspath(tmp_path / "redis.sock")
    async with answering({"HELLO": IN_CLUSTER}, path=path):
        with pytest.raises(ConfigurationError, match="by host and port"):
            await RedisConnection.open(f"unix://{path}")


@pytest.mark.parametrize(
    "reply", [b"-CLUSTERDOWN The cluster is down", b"-TRYAGAIN Multiple keys", b"-ASK 10 h:7"]
)
async def test_a_cluster_that_is_changing_is_asked_again(reply: bytes) -> None:
    replies = {"HELLO": IN_CLUSTER, "HSET": reply + b"\r\n"}
    async with (
        answering(replies) as place,
        aclosing(await RedisConnection.open(f"redis://{place}", key=KEY)) as connection,
    ):
        asyncio.get_running_loop().call_later(0.2, replies.pop, "HSET")
        assert await connection.send([("HSET", KEY, "2")]) == [b"OK"]


async def test_another_node_takes_over_without_anybody_noticing() -> None:
    replica_replies = {"HELLO": IN_CLUSTER}
    async with listening(replica_replies) as replica:
        master_replies = {"HELLO": IN_CLUSTER}
        async with listening(master_replies) as master:
            replica_replies |= {"CLUSTER": slots(master.place, replica.place), "HSET": moved(master.place)}
            master_replies |= {"CLUSTER": slots(master.place, replica.place), "HSET": b"-CLUSTERDOWN\r\n"}
            connection = await RedisConnection.open(f"redis://{master.place}", key=KEY)
            sending = [asyncio.create_task(connection.send([("HSET", KEY, n)])) for n in range(50)]
            await asyncio.sleep(0.2)
        # The master is gone with its connections; its replica takes over.
        master_replies["*"] = SILENCE
        replica_replies["CLUSTER"] = slots(replica.place)
        del replica_replies["HSET"]
        async with aclosing(connection):
            assert await asyncio.gather(*sending) == [[b"OK"]] * 50
            assert connection.failures == 0


@pytest.mark.usefixtures("hasty_cluster")
async def test_a_cluster_that_stays_away_is_reported() -> None:
    replies = {"HELLO": IN_CLUSTER, "HSET": b"-CLUSTERDOWN Hash slot not served\r\n"}
    async with (
        answering(replies) as place,
        aclosing(await RedisConnection.open(f"redis://{place}", key=KEY)) as connection,
    ):
        with pytest.raises(StoreUnavailableError, match=re.escape(f"Redis at {place}: CLUSTERDOWN")):
            await connection.send([("HSET", KEY, "2")])


async def test_closing_does_not_wait_for_a_cluster_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_connection, "ANSWER_TIMEOUT", 0.1)
    replies = {"HELLO": IN_CLUSTER, "HSET": b"-CLUSTERDOWN Hash slot not served\r\n"}
    async with answering(replies) as place:
        connection = await RedisConnection.open(f"redis://{place}", key=KEY)
        sending = asyncio.create_task(connection.send([("HSET", KEY, "2")]))
        await asyncio.sleep(0.05)
        async with asyncio.timeout(1):
            await connection.aclose()
            with pytest.raises(StoreUnavailableError):
                await sending


# What is required


def test_the_release_of_redis_py_that_loses_connections_is_excluded() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    assert "redis[hiredis]>=8.0.1,<9" in project["dependencies"]


# What its files hold


@asynccontextmanager
async def scrubbing(replies: Mapping[str, bytes]) -> AsyncIterator[tuple[RedisStore, Heard]]:
    """A store on a server that keeps nothing but what it says of its files."""
    empty = {"EVALSHA": said("2"), "HGETALL": b"%0\r\n", "SLOWLOG": b"*0\r\n", "CONFIG": SETTINGS}
    async with (
        listening({**empty, **replies}) as heard,
        aclosing(await RedisStore.open(f"redis://{heard.place}")) as store,
    ):
        yield store, heard


SETTINGS = b"%1\r\n" + said("save") + said("")
ALL_WELL = {"aof_last_bgrewrite_status": "ok", "rdb_last_bgsave_status": "ok"}


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"aof_enabled": 0}, None),
        ({"aof_enabled": 0, "rdb_last_load_keys_loaded": 3}, "started from a file"),
        ({"aof_enabled": 0, "rdb_last_load_keys_expired": 3}, "started from a file"),
        ({"aof_enabled": 0, "aof_rewrites": 1}, "append-only file that the server writes no more"),
        ({"aof_enabled": 1, "aof_rewrites": 1, "rdb_last_load_keys_loaded": 3}, None),
        ({"aof_enabled": 1, "rdb_saves": 1}, "made by hand"),
    ],
)
async def test_files_that_a_server_has_kept_once_are_told_of(facts: dict[str, int], word: str | None) -> None:
    async with scrubbing({"INFO": told(**facts, **ALL_WELL)}) as (store, _):
        left = await store.scrub()
    assert [word in sentence for sentence in left if word] == ([True] if word else [])
    assert len(left) == (word is not None)


async def test_a_file_that_is_written_for_another_brain_meanwhile_is_as_good() -> None:
    replies = {
        "INFO": told(aof_enabled=1, **ALL_WELL),
        "CONFIG": SETTINGS.replace(said(""), said("900 1")),
        "BGREWRITEAOF": b"-ERR Background append only file rewriting already in progress\r\n",
        "BGSAVE": b"-ERR Background save already in progress\r\n",
    }
    async with scrubbing(replies) as (store, heard):
        assert await store.scrub() == ()
    asked = [words[0] for words in heard.commands if words[0] in ("INFO", "BGREWRITEAOF", "BGSAVE")]
    assert asked[-6:] == ["INFO", "BGREWRITEAOF", "INFO", "INFO", "BGSAVE", "INFO"]
    failed = told(aof_enabled=1, aof_last_bgrewrite_status="err", rdb_last_bgsave_status="err")
    async with scrubbing({**replies, "INFO": failed}) as (store, _):
        assert [sentence.partition(" ")[0] for sentence in await store.scrub()] == ["BGREWRITEAOF", "BGSAVE"]


@pytest.mark.parametrize(("slower_than", "off"), [("10000", False), ("-1", True)])
async def test_a_slow_log_that_may_not_be_looked_at_is_told_of(slower_than: str, off: bool) -> None:
    replies = {
        "INFO": told(aof_enabled=0),
        "SLOWLOG": b"-NOPERM this user has no permissions to run the 'slowlog|get' command\r\n",
        "CONFIG": SETTINGS.replace(said(""), said(slower_than)),
    }
    async with scrubbing(replies) as (store, _):
        slow = [sentence for sentence in await store.scrub() if "slow log" in sentence]
    assert [("SLOWLOG GET is refused" in sentence) for sentence in slow] == ([] if off else [True])
