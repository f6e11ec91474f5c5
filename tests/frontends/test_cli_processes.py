"""The command line as processes of its own: from one to the next, and interrupted."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import neuro

ROOT = Path(neuro.__file__).parent.parent
COMMAND = [sys.executable, "-W", "error", "-m", "neuro"]
PATIENCE = 60.0


@pytest.fixture
def environment(store: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


def heed_interrupts() -> None:
    """For the child: a shell that runs the tests in the background has interrupts ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def started(
    environment: dict[str, str], *arguments: str, **streams: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does not outlive its test."""
    with subprocess.Popen(
        [*COMMAND, *arguments], env=environment, preexec_fn=heed_interrupts, **streams
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_what_one_process_adds_the_next_recalls(environment) -> None:
    added = run(environment, "add", "We met Dana at the harbour")
    assert (added.returncode, added.stderr) == (0, "")
    recalled = run(environment, "recall", "Dana")
    assert (recalled.returncode, recalled.stderr) == (0, "")
    assert recalled.stdout.startswith("We met Dana at the harbour\n")


def test_without_an_encoding_for_them_no_sign_is_a_reason_to_fail(environment) -> None:
    environment |= {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    told = run(environment, "demo")
    assert (told.returncode, told.stderr) == (0, "")
    assert "####" in told.stdout
    assert told.stdout.isascii()
    assert json.loads(run(environment, "demo", "--json").stdout)["turns"] == 164


def test_a_reader_that_goes_away_is_no_error(environment) -> None:
    with started(environment, "demo", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(PATIENCE) == 141


def test_interrupted_while_it_lives_through_a_conversation_it_closes_orderly(
    environment, tmp_path: Path
) -> None:
    file = tmp_path / "chat.jsonl"
    turns = [{"text": f"Remark number {number}", "at": 1000.0 * number} for number in range(800)]
    file.write_text("\n".join(map(json.dumps, turns)), "utf-8")
    terminal, side = pty.openpty()
    with started(environment, "ingest", str(file), stdout=subprocess.PIPE, stderr=side) as process:
        os.close(side)
        shown = os.read(terminal, 1)  # the progress bar: it has begun
        process.send_signal(signal.SIGINT)
        shown += drained(terminal)
        assert process.wait(PATIENCE) == 130
    assert b"Traceback" not in shown
    listed = run(environment, "list", "--limit", "1000", "--json").stdout
    lived = json.loads(listed)["engrams"] if listed else []  # it may have been too early for any
    assert len(lived) < 800
    assert [engram["content"] for engram in lived] == [turn["text"] for turn in turns[: len(lived)]]
    again = json.loads(run(environment, "ingest", str(file), "--json").stdout)
    assert (again["known"], again["perceived"], again["repeated"]) == (len(lived), 800 - len(lived), 0)


def test_at_a_terminal_the_demo_lets_the_user_ask_until_interrupted(environment, tmp_path: Path) -> None:
    file = tmp_path / "demo.db"
    terminal, side = pty.openpty()
    with started(environment, "demo", "--store", str(file), stdin=side, stdout=side, stderr=side) as process:
        os.close(side)
        shown = until(terminal, b"an empty line ends): ")
        os.write(terminal, b"scrape candle wax off a tablecloth\n")
        shown = until(terminal, b"an empty line ends): ")
        assert b"with a spoon, not a knife" in shown.replace(b"\r\n", b"\n").replace(b"\n  ", b" ")
        process.send_signal(signal.SIGINT)
        with suppress(OSError):  # if it is gone; a signal just before it waits for a line does not wake it
            os.write(terminal, b"\n")
        assert b"Traceback" not in drained(terminal)
        assert process.wait(PATIENCE) == 130
    assert json.loads(run(environment, "stats", "--store", str(file), "--json").stdout)["engrams"] == 161


def until(terminal: int, sign: bytes) -> bytes:
    """What a terminal shows up to a sign."""
    shown = b""
    while sign not in shown:
        shown += os.read(terminal, 4096)
    return shown


def drained(terminal: int) -> bytes:
    """What a terminal shows until its process is gone."""
    shown = b""
    try:
        while read := os.read(terminal, 4096):
            shown += read
    except OSError:  # how Linux reports the end
        pass
    os.close(terminal)
    return shown
