"""The README's tour recalls the same in the same order with a real model."""

import os
import re
import runpy
from pathlib import Path

import pytest

import neuro

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
TOUR = next(body for kind, body in BLOCKS if kind == "python" and "tour.db" in body)
SHOWN = next(body for kind, body in BLOCKS if kind == "text" and body.startswith("on the mind"))


def recalled(printed: str) -> list[str]:
    """Cues and contents, without the reasons: a model adds its own."""
    return [line for line in printed.splitlines() if not line.startswith("    because")]


def test_the_tour_recalls_the_same_in_the_same_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = os.environ["NEURO_TEST_MODEL"]
    create = neuro.Brain.create
    monkeypatch.setattr(neuro.Brain, "create", lambda url, **given: create(url, embedder=model, **given))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tour.py").write_text(TOUR, "utf-8")
    runpy.run_path("tour.py")
    assert recalled(capsys.readouterr().out) == recalled(SHOWN)
