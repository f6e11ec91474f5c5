"""How many engrams a second each law of forgetting reads, schedules and teaches, all at once and one by one.

    python benchmarks/speed/plasticity.py
    python benchmarks/speed/plasticity.py --sizes 1000 --json

One by one is measured on the first thousand traces. Every figure is the best of three rounds of one run.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence

from neuro.engram import Trace
from neuro.plasticity import (
    BaseLevelPlasticity,
    EbbinghausPlasticity,
    FsrsPlasticity,
    MemoryChainPlasticity,
    OddsPlasticity,
    Plasticity,
)
from neuro.units import DAY

LAWS: dict[str, Plasticity] = {
    "odds": OddsPlasticity(),
    "ebbinghaus": EbbinghausPlasticity(),
    "base_level": BaseLevelPlasticity(),
    "memory_chain": MemoryChainPlasticity(),
    "fsrs": FsrsPlasticity(),
}
ROUNDS = 3
MOST_ONE_BY_ONE = 1000
LONGEST_LIFE = 20
"""Recalls."""
NOW = 400 * DAY


def lives(plasticity: Plasticity, size: int) -> list[Trace]:
    """Traces recalled up to twenty times; every thousandth has the same past, on another day."""
    rng = random.Random(1)
    pasts: list[Trace] = []
    for _ in range(min(size, MOST_ONE_BY_ONE)):
        now = rng.uniform(0.0, 100 * DAY)
        trace = plasticity.imprint(now, half_life=rng.uniform(1.0, 100.0) * DAY)
        for _ in range(rng.randrange(LONGEST_LIFE + 1)):
            now += rng.expovariate(1.0 / (10 * DAY))
            trace = plasticity.potentiate(trace, now)
        pasts.append(trace)
    days = (rng.uniform(0.0, DAY) for _ in range(size))
    return [
        past.model_copy(update={"last_access": past.last_access + day})
        for past, day in zip((pasts[i % len(pasts)] for i in range(size)), days, strict=True)
    ]


def rate(act: Callable[[Sequence[Trace]], object], traces: Sequence[Trace]) -> float:
    """Traces per second."""
    fastest = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        act(traces)
        fastest = min(fastest, time.perf_counter() - start)
    return len(traces) / fastest


def measure(sizes: list[int]) -> Iterator[dict[str, str | int | float]]:
    for law, plasticity in LAWS.items():
        acts: dict[str, tuple[Callable[[Sequence[Trace]], object], Callable[[Trace], object]]] = {
            "strengths": (
                lambda traces, p=plasticity: p.strengths(traces, NOW),
                lambda trace, p=plasticity: p.strength(trace, NOW),
            ),
            "forgotten_at": (plasticity.forgotten_at_many, plasticity.forgotten_at),
            "potentiate": (
                lambda traces, p=plasticity: p.potentiate_many(traces, NOW),
                lambda trace, p=plasticity: p.potentiate(trace, NOW),
            ),
        }
        for size in sizes:
            traces = lives(plasticity, size)
            for name, (many, one) in acts.items():
                together = rate(many, traces)
                alone = rate(lambda some, one=one: [one(trace) for trace in some], traces[:MOST_ONE_BY_ONE])
                yield {
                    "law": law,
                    "act": name,
                    "engrams": size,
                    "at_once_per_second": round(together),
                    "one_by_one_per_second": round(alone),
                    "ratio": round(together / alone, 1),
                }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 100_000])
    parser.add_argument("--json", action="store_true", help="one object a line instead of a table")
    given = parser.parse_args()
    if not given.json:
        print("| law | act | engrams | at once / s | one by one / s | ratio |")
        print("|---|---|---|---|---|---|")
    for row in measure(sorted(given.sizes)):
        if given.json:
            print(json.dumps(row), flush=True)
        else:
            cells = (f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row.values())
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
