"""The command line works on a Redis as on a file."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TURNS = """{"text": "My sister Ines is allergic to walnuts", "speaker": "Ada", "at": "2026-05-01T09:00:00Z"}
{"text": "She visits on the first Sunday of May", "speaker": "Ada", "at": "2026-05-01T09:00:30Z"}
{"text": "Let us bake the carrot cake", "speaker": "Tom", "at": "2026-05-02T10:00:00Z"}
"""


def neuro(*arguments: str, namespace: str, stdin: str = "", code: int = 0) -> str:
    where = ("--store", os.environ["NEURO_TEST_REDIS_URL"], "--namespace", namespace)
    finished = subprocess.run(
        [sys.executable, "-m", "neuro", *arguments, *where],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert finished.returncode == code, finished.stderr
    return finished.stdout


def kept(namespace: str) -> list[dict[str, Any]]:
    """What is listed, without what passes with time."""
    passing = ("retention", "hours_left")
    listed = json.loads(neuro("list", "--json", namespace=namespace))["engrams"]
    return [{key: value for key, value in engram.items() if key not in passing} for engram in listed]


def test_a_conversation_is_ingested_once_and_recalled_by_another_process() -> None:
    namespace = f"command-line-{uuid.uuid4().hex}"
    assert neuro("recall", "walnuts", namespace=namespace, code=1) == ""
    neuro("ingest", "-", namespace=namespace, stdin=TURNS)
    before = kept(namespace)
    neuro("ingest", "-", namespace=namespace, stdin=TURNS)
    assert kept(namespace) == before
    assert "My sister Ines is allergic to walnuts" in neuro("recall", "walnuts", namespace=namespace)
    neuro("add", "Tom never locks the shed", "--type", "habitual", namespace=namespace)
    assert "habitual" in neuro("recall", "who locks the shed?", namespace=namespace)
