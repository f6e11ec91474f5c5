"""Every example runs as it stands, in a process of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
REDIS = 'redis_url="redis://localhost:6379"'


def run_example(path: Path, folder: Path, url: str | None) -> str:
    """What an example prints; its Redis, which is not everywhere, is replaced by ``url``."""
    code = path.read_text("utf-8")
    if url is not None:
        code = code.replace(REDIS, f'url="{url}"')
    copy = folder / path.name
    copy.write_text(code, "utf-8")
    finished = subprocess.run(
        [sys.executable, "-W", "error", copy],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    return finished.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_on_the_embedded_store(path: Path, tmp_path: Path) -> None:
    assert run_example(path, tmp_path, f"sqlite:///{tmp_path}/example.db").strip()


def test_the_quick_start_finds_the_capital_first_and_consolidates_everything(tmp_path: Path) -> None:
    shown = run_example(EXAMPLES[0], tmp_path, "memory://")
    assert re.match(r"0\.\d{3}  \[semantic\]  Paris is the capital of France", shown)
    assert "Working memory: 4 / 7 slots" in shown
    assert "consolidated 4" in shown
    assert shown.endswith("[]\n")
