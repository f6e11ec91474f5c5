"""``python -m tests.crash.soak``: years in which as much is forgotten as perceived; neither memory nor store grows."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from redis import Redis
from rich.console import Console
from rich.progress import track

from neuro import Brain, Stimulus
from neuro.clock import SimulatedClock
from neuro.units import DAY

from .servers import RedisServer
from .wording import kind_of, words

YEAR_DAYS = 365
_SAMPLES = 40
_RECALLS_A_DAY = 5
_SLACK = 0.03
_SLACK_BYTES = 1 << 20
"""By how much the last quarter may lie above the one before, relative or in bytes: files grow in steps."""


class Sample(NamedTuple):
    """How much there was on an evening."""

    day: int
    engrams: int
    resident: int
    """Bytes of this process in memory."""
    stored: int
    """Bytes in the store."""


def growth(samples: Sequence[Sample], what: Callable[[Sample], float]) -> float:
    """How much more there was in the last quarter than in the one before, bytes."""
    quarter = len(samples) // 4
    before, last = samples[-2 * quarter : -quarter], samples[-quarter:]
    return fmean(map(what, last)) - fmean(map(what, before))


async def soak(
    url: str, stored: Callable[[], int], days: Iterable[int], *, every: int, daily: int, live: int
) -> list[Sample]:
    """Lives through days, each with so much perceived, and so much forgotten that as many stay alive.

    Args:
        stored: tells how many bytes there are in the store.
        every: days from one sample to the next.
    """
    rng, clock = random.Random(0), SimulatedClock(1_000_000.0)
    alive: list[str] = []
    samples: list[Sample] = []
    async with Brain.create(url, embedder="lexical", clock=clock, rng=0) as brain:
        for day in days:
            contents = [f"{words(rng, 6)} {day} {i}" for i in range(daily)]
            stimuli = [Stimulus(content=content, memory_type=kind_of(content)) for content in contents]
            perceived = await brain.perceive_many(stimuli)
            alive += [p.engram.engram_id for p in perceived if p.engram is not None]
            for _ in range(_RECALLS_A_DAY):
                await brain.recall(words(rng, 2))
            await clock.advance(DAY * 2 / 3)
            await brain.sleep()
            rng.shuffle(alive)
            while len(alive) > live:
                await brain.forget(alive.pop())
            await clock.advance(DAY / 3)
            if day % every == every - 1:
                engrams = (await brain.stats())["engrams"]
                samples.append(Sample(day, engrams, _resident(), await asyncio.to_thread(stored)))
    return samples


def _resident() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def placed(store: str) -> Iterator[tuple[str, Callable[[], int]]]:
    """A place of its own, sqlite or redis: its URL, and what tells how many bytes it holds."""
    with tempfile.TemporaryDirectory(prefix="neuro-soak-") as folder:
        if store == "sqlite":
            files = Path(folder)
            yield f"sqlite:///{folder}/brain.db", lambda: sum(file.stat().st_size for file in files.iterdir())
            return
        with RedisServer(Path(folder)) as server, Redis.from_url(server.url) as client:
            yield server.url, lambda: sum(client.memory_usage(k, samples=0) or 0 for k in client.scan_iter())


def main() -> int:
    """Soaks, and says how much there was; 1 if anything grew."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.soak", description=__doc__)
    parser.add_argument("--store", choices=["sqlite", "redis"], default="sqlite")
    parser.add_argument("--years", type=float, default=3.0, help="simulated (default 3)")
    parser.add_argument(
        "--daily", type=int, default=40, help="engrams perceived and forgotten a day (default 40)"
    )
    parser.add_argument("--live", type=int, default=200, help="engrams that stay alive (default 200)")
    parser.add_argument("--json", action="store_true", help="print the samples as JSON")
    asked = parser.parse_args()
    days = range(round(asked.years * YEAR_DAYS))
    shown = track(days, "days", console=Console(stderr=True), transient=True)
    with placed(asked.store) as (url, stored):
        every = max(1, len(days) // _SAMPLES)
        samples = asyncio.run(soak(url, stored, shown, every=every, daily=asked.daily, live=asked.live))
    grew = {"resident": growth(samples, lambda s: s.resident), "stored": growth(samples, lambda s: s.stored)}
    if asked.json:
        print(json.dumps({"growth": grew, "samples": [sample._asdict() for sample in samples]}))
    else:
        for sample in samples[:: max(1, len(samples) // 10)]:
            size = f"{sample.resident / 2**20:8.1f} MiB resident {sample.stored / 2**20:8.2f} MiB stored"
            print(f"day {sample.day + 1:5} {sample.engrams:6} engrams {size}")
        print(", ".join(f"{name} {by / 2**20:+.2f} MiB in the last quarter" for name, by in grew.items()))
    last = samples[-1]
    allowed = {name: max(_SLACK_BYTES, _SLACK * getattr(last, name)) for name in grew}
    return 1 if any(by > allowed[name] for name, by in grew.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
