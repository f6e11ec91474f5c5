"""Redis servers of a test's own: started on free ports, killed, started again, and joined to a cluster."""

import asyncio
import random
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

SERVER = "redis-server"
_CHANCE = random.SystemRandom()
_PATIENCE = 20.0
"""Seconds in which a server must be up, or a cluster whole."""


def free_port() -> int:
    """A port that nobody has, below those that the system lends to clients and so that 10,000 more is too.

    A client that calls a dead server at a port of that kind may be lent that very port, and then talks to itself.
    """
    while True:
        port = _CHANCE.randrange(12_000, 22_000)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


async def eventually(holds: Callable[[], bool], within: float) -> None:
    """Waits until something holds, so many seconds at most."""
    async with asyncio.timeout(within):
        while True:
            if holds():
                return
            await asyncio.sleep(0.02)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Waits until something holds; servers that are not up yet do not hold anything."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            try:
                if await holds():
                    return
            except (RedisError, OSError):
                pass
            await asyncio.sleep(0.05)


class RealServer:
    """A server process with a folder of its own.

    Args:
        folder: for its files; made if it is not there.
        options: as on its command line.
        port: a free one unless it is given.
    """

    def __init__(self, folder: Path, *options: str, port: int | None = None) -> None:
        self.port = free_port() if port is None else port
        self.url = f"redis://127.0.0.1:{self.port}"
        self.folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        self.folder.mkdir(exist_ok=True)
        own = ("--port", self.port, "--bind", "127.0.0.1", "--dir", self.folder, "--save", "")
        words = [SERVER, *map(str, own), *self._options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log)

    async def start(self) -> None:
        """Returns when it answers."""
        self.launch()
        await until(self._answers)

    async def _answers(self) -> bool:
        async with self.client() as client:
            return await client.ping()

    def kill(self) -> None:
        """Ends it as suddenly as a process can end; it is no error if it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Has it hang, until it is resumed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def client(self) -> Redis:
        """A client of it, which whoever asks for it closes."""
        return Redis.from_url(self.url, driver_info=None, decode_responses=True, socket_timeout=5)


@asynccontextmanager
async def running(folder: Path, *options: str) -> AsyncIterator[RealServer]:
    """A server that answers."""
    server = RealServer(folder, *options)
    try:
        await server.start()
        yield server
    finally:
        server.kill()


class RealCluster:
    """Three masters with a replica each."""

    def __init__(self, servers: list[RealServer]) -> None:
        self.servers = servers

    async def master_of(self, key: str) -> RealServer:
        async with self.servers[0].client() as client:
            slot = await client.execute_command("CLUSTER", "KEYSLOT", key)
            places = await client.execute_command("CLUSTER", "SLOTS")
        [port] = [master[1] for first, last, master, *_ in places if first <= slot <= last]
        return next(server for server in self.servers if server.port == port)


@asynccontextmanager
async def running_cluster(folder: Path, *, node_timeout: int = 2000) -> AsyncIterator[RealCluster]:
    """A cluster that is whole, its replicas up to date."""
    async with AsyncExitStack() as stack:
        servers: list[RealServer] = []
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", str(node_timeout))
        options += ("--appendonly", "yes", "--repl-diskless-sync-delay", "0")
        ports = set[int]()
        while len(ports) < 6:
            ports.add(free_port())
        for port in sorted(ports):
            servers.append(RealServer(folder / f"node{port}", *options, port=port))
            stack.callback(servers[-1].kill)
            servers[-1].launch()
        await asyncio.gather(*(until(server._answers) for server in servers))
        places = [f"127.0.0.1:{server.port}" for server in servers]
        creator = await asyncio.create_subprocess_exec(
            "redis-cli", "--cluster", "create", *places, "--cluster-replicas", "1", "--cluster-yes",
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(2 * _PATIENCE):
            assert await creator.wait() == 0
        await asyncio.gather(*(until(lambda server=server: _is_whole(server)) for server in servers))
        yield RealCluster(servers)


async def _is_whole(server: RealServer) -> bool:
    async with server.client() as client:
        cluster = await client.execute_command("CLUSTER", "INFO")
        replication = await client.info("replication")
    if "cluster_state:ok" not in cluster:
        return False
    if replication["role"] == "master":
        return replication["connected_slaves"] == 1 and replication["slave0"]["state"] == "online"
    return replication["master_link_status"] == "up"


def has_openssl() -> bool:
    return shutil.which("openssl") is not None
