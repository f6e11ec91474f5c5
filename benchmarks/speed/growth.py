"""How recall slows down as a brain fills up, beside the search of the same index without a brain around it.

    python benchmarks/speed/growth.py                                  # SQLite in a temporary folder
    python benchmarks/speed/growth.py memory:// --sizes 1000 10000

A recall is a probe (`update=False`, the default limit) by a cue whose features are at hand; the search reads the same
cue and takes as many engrams as the recall considers from an index over all that the brain holds. Both are timed in
turns, cue by cue. The second table tells how their medians grow: recall should grow no faster than the search.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from itertools import count, islice, pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from neuro import Brain, BrainConfig, Stimulus
from neuro.indexing.fragment_index import FragmentIndex
from neuro.indexing.word_table import WordTable

ROUNDS = 100
LIMIT = 10
BATCH = 1000
"""Stimuli between two nights."""
SESSION = 20
"""Stimuli of an episode."""
WORDS, CUE_WORDS = 15, 5
PEOPLE = ("Ada", "Ben", "Chloe", "Dev")
NAMING, TURNS_PER_NAME = 0.05, 50
"""Share of the turns that name something, and in how many turns there is one more to be named."""


class Sized(NamedTuple):
    """Milliseconds of every recall and every search at one size."""

    size: int
    recalls: list[float]
    searches: list[float]


class Talk:
    """A conversation without end between four people, in sessions; the same for the same seed.

    Its words are the stems of the word table in an order of their own, the n-th about 1/n as frequent as the first; its
    names are the last of them, with a capital.
    """

    def __init__(self, seed: int) -> None:
        self._rng, self._naming = random.Random(seed), random.Random(f"names of {seed}")
        self._stems = self._rng.sample(list(WordTable.shipped().at), len(WordTable.shipped().at))
        self._said = count()

    def words(self, number: int) -> str:
        """So many words."""
        return " ".join(self._stems[int(len(self._stems) ** self._rng.random()) - 1] for _ in range(number))

    def stimuli(self, number: int) -> list[Stimulus]:
        """What is said next."""
        return [
            Stimulus.of(
                f"{self._named(self.words(WORDS), turn)} {turn}.",
                context={"speaker": self._rng.choice(PEOPLE), "session": str(turn // SESSION)},
            )
            for turn in islice(self._said, number)
        ]

    def _named(self, words: str, turn: int) -> str:
        """These words, a few times with a name after the first."""
        if self._naming.random() >= NAMING:
            return words
        names = min(1 + turn // TURNS_PER_NAME, len(self._stems))
        first, _, rest = words.partition(" ")
        return f"{first} {self._stems[-1 - self._naming.randrange(names)].capitalize()} {rest}"


async def measured(url: str, sizes: Sequence[int]) -> AsyncGenerator[Sized]:
    """Fills one brain to each size and asks it and a bare index over the same engrams."""
    talk, index, last = Talk(1), FragmentIndex(WordTable.shipped()), None
    breadth = LIMIT * BrainConfig().recall.breadth
    async with Brain.create(url, namespace=f"growth-{uuid.uuid4().hex}") as brain:
        stored = 0
        for size in sizes:
            while stored < size:
                batch = talk.stimuli(min(BATCH, size - stored))
                stored += len(await brain.perceive_many(batch))
                await brain.sleep()
                print(f"\r{stored} engrams", end="", file=sys.stderr, flush=True)
            while page := await brain.list(limit=BATCH, after=last, dormant=True):
                index.add_many(page)
                last = page[-1].engram_id
            await brain.recall("fill", update=False)  # the first one fills its index
            found = Sized(size, [], [])
            for number in range(ROUNDS):
                cue = talk.words(CUE_WORDS) + (f" {PEOPLE[number % len(PEOPLE)]}" if number % 2 else "")
                start = time.perf_counter()
                await brain.recall(cue, limit=LIMIT, update=False)
                between = time.perf_counter()
                index.search(index.read(cue, time.time()), None, breadth)
                found.recalls.append(1000 * (between - start))
                found.searches.append(1000 * (time.perf_counter() - between))
            print("\r", end="", file=sys.stderr)
            yield found


def tables(found: Sequence[Sized]) -> str:
    """Medians and 95th percentiles, and how the medians grow from size to size."""
    lines = ["| engrams | recall p50 / p95 ms | search p50 / p95 ms |", "|---|---|---|"]
    for one in found:
        recall, search = (
            f"{median(times):.1f} / {quantiles(times, n=20)[-1]:.1f}" for times in (one.recalls, one.searches)
        )
        lines.append(f"| {one.size:,} | {recall} | {search} |")
    lines += ["", "| from | to | recall grows | search grows |", "|---|---|---|---|"]
    for less, more in pairwise(found):
        recall, search = (
            median(more.recalls) / median(less.recalls),
            median(more.searches) / median(less.searches),
        )
        lines.append(f"| {less.size:,} | {more.size:,} | x {recall:.1f} | x {search:.1f} |")
    return "\n".join(lines)


async def measure(url: str, sizes: Sequence[int]) -> None:
    print(tables([one async for one in measured(url, sizes)]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", nargs="?", help="where the brain lives; default: SQLite in a temporary folder")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(given.url or str(Path(folder) / "growth.db"), sorted(given.sizes)))


if __name__ == "__main__":
    main()
