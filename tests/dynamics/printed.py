"""The reference figures, and what it is to agree with them."""

import json
from pathlib import Path
from typing import Any

DIGITS = 6
"""Digits after the point that every figure of the reference was rounded to."""


def reference(name: str) -> dict[str, Any]:
    """The content of one file of figures."""
    return json.loads((Path(__file__).parent / "reference" / f"{name}.json").read_text("utf-8"))


def assert_printed(value: Any, figure: float, *case: object) -> None:
    """The value rounds to the figure, give or take what a float cannot hold."""
    slack = 0.5 * 10.0**-DIGITS * (1 + 1e-9) + 1e-14 * abs(figure)
    assert abs(float(value) - figure) <= slack, (float(value), figure, *case)
