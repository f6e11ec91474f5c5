"""What the README shows is run, and prints what the README says."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from neuro import BrainConfig, presets
from neuro.units import DAY

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


@pytest.mark.parametrize(
    "row", re.findall(r"^\| `(\w+)\(\)`[^|]*\| (\.\d\d) \| (\.\d\d) \| (\.\d\d) \|$", README, re.M)
)
def test_a_preset_retains_what_its_row_says(row: tuple[str, ...]) -> None:
    make = BrainConfig if row[0] == "BrainConfig" else getattr(presets, row[0])
    config: BrainConfig = make()
    trace = config.plasticity.imprint(0.0, half_life=config.types.half_life("episodic"))
    for day, said in zip((1, 30, 365), row[1:], strict=True):
        assert round(config.plasticity.strength(trace, day * DAY), 2) == float(said)


def test_the_first_two_shell_blocks_are_one_line_each_and_stand_alone() -> None:
    first, second = blocks("sh")[:2]
    for block in (first, second):
        assert block.count("\n") == 1
        assert block.startswith("python3 ")
    assert first.rstrip().endswith("neuro demo")
    assert second.rstrip().endswith("-m pytest -n auto")


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
