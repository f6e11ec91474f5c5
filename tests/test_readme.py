"""What the README shows is run, and prints what the README says."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def blocks(language: str) -> list[str]:
    return [body for kind, body in BLOCKS if kind == language]


TOUR = next(body for body in blocks("python") if "tour.db" in body)
SHOWN = next(body for body in blocks("text") if body.startswith("on the mind"))


def run_python(code: str, folder: Path) -> str:
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    return finished.stdout


def test_the_tour_prints_what_the_readme_says(tmp_path: Path) -> None:
    assert run_python(TOUR, tmp_path) == SHOWN


@pytest.mark.parametrize("code", [code for code in blocks("python") if code != TOUR])
def test_every_other_piece_of_code_runs(code: str, tmp_path: Path) -> None:
    run_python(code, tmp_path)


def test_the_first_two_shell_blocks_are_one_line_each_and_stand_alone() -> None:
    first, second = blocks("sh")[:2]
    for block in (first, second):
        assert block.count("\n") == 1
        assert block.startswith("python3 ")
    assert first.rstrip().endswith("neuro demo")
    assert second.rstrip().endswith("-m pytest")


def test_every_command_of_the_command_line_that_is_shown_exists() -> None:
    shown = next(body for body in blocks("text") if body.startswith("neuro add"))
    commands = set(re.findall(r"\bneuro (\w+)", shown))
    for command in sorted(commands):
        finished = subprocess.run(
            [sys.executable, "-m", "neuro", command, "--help"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=60,
            check=False,
        )
        assert finished.returncode == 0, f"{shlex.join(finished.args)}: {finished.stderr}"


@pytest.mark.parametrize("path", re.findall(r"\]\(((?!http)[^)#]+)\)", README))
def test_every_link_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()
