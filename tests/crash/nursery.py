"""A process that has imported everything already and forks children from itself: a child starts in milliseconds."""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

Message = dict[str, Any]

_ROOT = Path(__file__).absolute().parents[2]
_LONGEST_REQUEST = 1 << 16
_CHUNK = 1 << 16


class Child:
    """A process that lives a life and reports it; everything it reported can be read after its death."""

    def __init__(self, nursery: Nursery, pid: int, pipe: int) -> None:
        self.pid = pid
        self._nursery = nursery
        self._pipe = pipe
        self._unread = b""

    def fileno(self) -> int:
        """For a selector."""
        return self._pipe

    def read(self) -> list[Message] | None:
        """What it has reported since; waits for something. None: it is dead, and said nothing more."""
        chunk = os.read(self._pipe, _CHUNK)
        if not chunk:
            return None  # a last line without an end is a report that it could not finish
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        return [json.loads(line) for line in lines]

    def signal(self, number: signal.Signals) -> None:
        """Kills, stops or continues it; it is there until `bury`, so that no other process is hit."""
        os.kill(self.pid, number)

    def bury(self) -> int:
        """Waits for its end; its exit status, or the number of what killed it, negative."""
        os.close(self._pipe)
        return self._nursery.ask({"wait": self.pid})


class Nursery:
    """Starts the process that forks, in a package of this folder's tree, whatever the caller's is called."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.nursery", str(theirs.fileno())],
                cwd=_ROOT,
                pass_fds=[theirs.fileno()],
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )

    def start(self, job: Message) -> Child:
        """Forks a child that lives a job, see `tests.crash.life`."""
        reader, writer = os.pipe()
        try:
            socket.send_fds(self._socket, [json.dumps(job).encode()], [writer])
        finally:
            os.close(writer)
        return Child(self, self._answer(), reader)

    def ask(self, request: Message) -> int:
        """Sends a request and waits for the answer."""
        self._socket.send(json.dumps(request).encode())
        return self._answer()

    def _answer(self) -> int:
        answer = self._socket.recv(_LONGEST_REQUEST)
        if not answer:
            raise RuntimeError("the process that forks children has ended")
        return json.loads(answer)

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._socket.close()
        self._process.wait()


def serve(requests: socket.socket) -> None:
    """Forks children on request until the other end is closed."""
    life = importlib.import_module("tests.crash.life")
    life.warm_up()
    gc.freeze()
    while True:
        message, pipes, _, _ = socket.recv_fds(requests, _LONGEST_REQUEST, 1)
        if not message:
            return
        request = json.loads(message)
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            requests.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())
            continue
        [pipe] = pipes
        pid = os.fork()
        if not pid:
            requests.close()
            os._exit(life.run(request, pipe))
        os.close(pipe)
        requests.send(json.dumps(pid).encode())


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as ours:
        serve(ours)
