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


def test_what_was_recalled_in_spaced_sessions_is_kept_better(tmp_path: Path) -> None:
    shown = run_example(ROOT / "examples" / "05_massed_and_spaced.py", tmp_path, None)
    massed, daily, weekly = map(float, re.findall(r"after 30 days (0\.\d\d)", shown))
    assert massed + 0.1 < daily < weekly


def test_drawing_without_matplotlib_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ImportError", "utf-8")
    copy = tmp_path / "05_massed_and_spaced.py"
    copy.write_text((ROOT / "examples" / copy.name).read_text("utf-8"), "utf-8")
    finished = subprocess.run(
        [sys.executable, copy, "picture.svg"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )
    assert finished.returncode == 1
    assert finished.stderr == "Drawing needs matplotlib: pip install 'neuro-brain[plot]'\n"
    assert not (tmp_path / "picture.svg").exists()
