"""A brain that forgets as much as it perceives does not grow."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).absolute().parents[2]
MOST_A_DAY = 24 * 1024
"""Bytes by which the store may grow on a day, of 15 engrams of 3 KiB each: the log of changes has not filled up yet."""
SLACK = 6 * 2**20
"""Bytes by which the process may grow meanwhile: what it imports and what its tables are grown to."""


def test_weeks_of_perceiving_and_forgetting_leave_nothing_behind():
    arguments = ["--years", "0.06", "--daily", "15", "--live", "15", "--json"]
    told = subprocess.run(
        [sys.executable, "-m", "tests.crash.soak", *arguments], cwd=ROOT, capture_output=True, check=False
    )
    samples = json.loads(told.stdout)["samples"]
    begun, ended = samples[len(samples) // 3], samples[-1]
    days = ended["day"] - begun["day"]
    assert {sample["engrams"] for sample in samples} == {15}
    assert ended["stored"] - begun["stored"] < days * MOST_A_DAY
    assert ended["resident"] - begun["resident"] < SLACK
