"""Benchmarks are scripts: their folders are where Python looks when one is run."""

import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

sys.path[:0] = [str(BENCHMARKS / "recall"), str(BENCHMARKS / "speed")]
