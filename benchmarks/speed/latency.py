"""How long a perceive, a recall and an idle night take as the brain fills up.

    python benchmarks/speed/latency.py                                  # SQLite in a temporary folder
    python benchmarks/speed/latency.py redis://localhost:6379 --sizes 1000 10000

Prints the median and the 95th percentile in milliseconds for each size, all in one run.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median, quantiles

from neuro import Brain

ROUNDS = 100
VOCABULARY = 4000
WORDS = 15


def sentence(rng: random.Random) -> str:
    """Words with the skewed frequencies of language."""
    picked = (min(VOCABULARY - 1, int(rng.paretovariate(0.7))) for _ in range(WORDS))
    return " ".join(f"word{number}" for number in picked)


async def timed(act: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await act()
    return 1000 * (time.perf_counter() - start)


async def measure(url: str, sizes: list[int]) -> None:
    rng = random.Random(1)
    print("| engrams | perceive p50 / p95 ms | recall (limit 10) p50 / p95 ms | idle night p50 ms |")
    print("|---|---|---|---|")
    async with Brain.create(url, namespace=f"latency-{uuid.uuid4().hex}") as brain:
        stored = 0
        for size in sizes:
            while stored < size:
                batch = min(1000, size - stored)
                await brain.perceive_many([sentence(rng) for _ in range(batch)])
                stored += batch
                await brain.sleep()
            perceives = [await timed(lambda: brain.perceive(sentence(rng))) for _ in range(ROUNDS)]
            await brain.sleep()
            await brain.recall(sentence(rng))  # the first one fills the index
            recalls = [await timed(lambda: brain.recall(sentence(rng))) for _ in range(ROUNDS)]
            nights = [await timed(brain.sleep) for _ in range(10)]
            cells = [f"{median(x):.1f} / {quantiles(x, n=20)[-1]:.1f}" for x in (perceives, recalls)]
            print(f"| {size} | {cells[0]} | {cells[1]} | {median(nights):.1f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", nargs="?", help="where the brain lives; default: SQLite in a temporary folder")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10000])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(given.url or str(Path(folder) / "latency.db"), sorted(given.sizes)))


if __name__ == "__main__":
    main()
