"""The quick start of the examples runs as it stands on a Redis."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_quick_start_runs_on_redis() -> None:
    code = (ROOT / "examples" / "01_quick_start.py").read_text("utf-8")
    server = os.environ["NEURO_TEST_REDIS_URL"]
    code = code.replace("redis://localhost:6379", f"{server}?namespace=quick-start-{uuid.uuid4().hex}")
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert "[semantic]  Paris is the capital of France" in finished.stdout.splitlines()[0]
    assert "consolidated 4" in finished.stdout
