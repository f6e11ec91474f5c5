"""A Redis server of our own, which may be killed.

With ``appendfsync everysec`` Redis may put off writing to its file for up to two seconds while the disk is busy, so a
killed server may lose what it acknowledged just before; with ``always`` it has written before it answers.
"""

from __future__ import annotations

import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis

_PATIENCE = 10.0
_LONGEST_OUTAGE = 0.8
"""Seconds; short beside the patience of a closing brain."""


_STALL = 2.1, 2.7
"""Seconds; an answer is waited for 2 s."""


class RedisServer:
    """A server with an append-only file, on a free port of this machine.

    Args:
        folder: where it keeps its file.
        fsync: when it writes to it, ``always`` or ``everysec``.
    """

    def __init__(self, folder: Path, *, fsync: str = "everysec") -> None:
        self._folder = folder
        self._fsync = fsync
        self._rng = random.Random(0)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Starts it and waits until it has read its file."""
        options = {
            "--port": str(self._port),
            "--bind": "127.0.0.1",
            "--dir": str(self._folder),
            "--save": "",
            "--rdbcompression": "no",  # words in its files can be read
            "--appendonly": "yes",
            "--appendfsync": self._fsync,
        }
        self._process = subprocess.Popen(
            ["redis-server", *(word for pair in options.items() for word in pair)],
            stdout=subprocess.DEVNULL,
        )
        until = time.monotonic() + _PATIENCE
        while not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError("redis-server did not start")
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1.0) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @contextmanager
    def stalling(self) -> Generator[None]:
        """Meanwhile it stands still every few seconds, for longer than a store waits for an answer."""
        over = threading.Event()

        def stall() -> None:
            while not over.wait(self._rng.uniform(0.5, 3.0)):
                assert self._process is not None
                self._process.send_signal(signal.SIGSTOP)
                time.sleep(self._rng.uniform(*_STALL))
                self._process.send_signal(signal.SIGCONT)

        thread = threading.Thread(target=stall)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def restart(self) -> None:
        """Kills it, and starts it again after a while, without what a rewrite that broke off has left."""
        self.kill()
        time.sleep(self._rng.uniform(0.0, _LONGEST_OUTAGE))
        for left in self._folder.glob("temp-*"):  # as the README asks of whoever runs a Redis
            left.unlink(missing_ok=True)
        self.start()

    def __enter__(self) -> RedisServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def sweep(url: str, namespace: str) -> None:
    """Removes what a namespace has on a server that others use."""
    with Redis.from_url(url) as client:
        for key in client.scan_iter(f"neuro:{{{namespace}}}:*", count=1000):
            client.unlink(key)
