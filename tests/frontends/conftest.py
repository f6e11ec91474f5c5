"""The command line in this process: its exit code, what it said, and a store of its own for each test."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from neuro.frontends.main import main


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it answered, which must be one JSON document."""
        return json.loads(self.out)


Run = Callable[..., Ended]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that does not exist yet, where commands find their memory."""
    file = tmp_path / "memory.db"
    monkeypatch.setenv("NEURO_STORE", str(file))
    for variable in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    return file


@pytest.fixture
def neuro(store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command."""

    def run(*arguments: str, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main(arguments)
        return Ended(code, *capsys.readouterr())

    return run
