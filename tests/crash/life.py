"""What a child does: it wakes, acts at random, and reports each act before it begins and after it returned."""

from __future__ import annotations

import asyncio
import importlib
import itertools
import json
import logging
import os
import random
import time
import traceback
from collections.abc import Callable

from neuro import Brain, NeuroError
from neuro.clock import SystemClock

from .acts import Acts, Facts, Prepared
from .testimony import testify

_TOGETHER = 0.15
"""Share of the acts that begin while the act before is under way."""


class ShiftedClock(SystemClock):
    """The wall clock, so many seconds later: what lapses with time lapses between two children."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def now(self) -> float:
        return super().now() + self._seconds


class Life:
    """One life on a store.

    Args:
        job: url, namespace, seed, program (names of acts), shift (of the clock, seconds), testify (whether to say what
            is there first), forgotten (ids to ask for then), options (further ones of `Brain.create`).
        report: takes what is to be told.
    """

    def __init__(self, job: Facts, report: Callable[[Facts], None]) -> None:
        self._job = job
        self._report = report
        self._rng = random.Random(job["seed"])
        self._numbers = itertools.count()
        self._acts = Acts(job["seed"], self._rng)

    async def live(self) -> None:
        """From waking to an orderly close; most lives end before."""
        if not await self._carry_out("wake", ({}, self._wake)):
            return
        if self._job["testify"]:
            await self._carry_out("testify", ({}, self._testify))
        else:
            await self._carry_out("browse", self._acts.prepare("browse")[1])
        under_way: set[asyncio.Task[bool]] = set()
        for name in self._job["program"]:
            alone = name == "reopen"
            if under_way and (alone or self._rng.random() >= _TOGETHER):
                await asyncio.gather(*under_way)
                under_way.clear()
            act = (name, ({}, self._reopen)) if alone else self._acts.prepare(name)
            under_way.add(asyncio.create_task(self._carry_out(*act)))
            if alone:
                await asyncio.gather(*under_way)
                under_way.clear()
        await asyncio.gather(*under_way)
        await self._carry_out("close", ({}, self._close))

    async def _carry_out(self, name: str, prepared: Prepared) -> bool:
        about, act = prepared
        number = next(self._numbers)
        self._tell({"n": number, "act": name, **about})
        try:
            facts = await act()
        except NeuroError as error:
            self._tell({"n": number, "failed": type(error).__name__, "message": str(error)})
            return False
        self._tell({"n": number, "done": facts})
        return True

    def _tell(self, message: Facts) -> None:
        self._report({"at": time.monotonic(), **message})  # comparable between processes

    async def _wake(self) -> Facts:
        self._acts.brain = await Brain.create(
            self._job["url"],
            namespace=self._job["namespace"],
            embedder="lexical",
            clock=ShiftedClock(self._job["shift"]),
            rng=self._job["seed"],
            **self._job["options"],
        )
        return {}

    async def _testify(self) -> Facts:
        facts = await testify(self._acts.brain, self._rng, self._job["forgotten"])
        self._acts.alive = {state["id"]: state["content"] for state in facts["listed"]}
        return facts

    async def _close(self) -> Facts:
        await self._acts.brain.close()
        return {}

    async def _reopen(self) -> Facts:
        await self._close()
        return await self._wake()


def run(job: Facts, pipe: int) -> int:
    """Lives a job in a process of its own; the exit status."""

    def report(message: Facts) -> None:
        left = memoryview(json.dumps(message).encode() + b"\n")
        while left:
            left = left[os.write(pipe, left) :]

    try:
        asyncio.run(Life(job, report).live())
    except BaseException:  # whatever it is, the parent is told  # noqa: BLE001
        report({"at": time.monotonic(), "crashed": traceback.format_exc(limit=-6)})
        return 1
    return 0


def warm_up() -> None:
    """Loads and computes once what children would each have to."""
    logging.disable(logging.WARNING)
    for store in ("sqlite", "redis"):
        importlib.import_module(f"neuro.stores.{store}")

    async def live_once() -> None:
        async with Brain.create(embedder="lexical") as brain:
            await brain.perceive("The first words of all")
            await brain.recall("words")
            await brain.sleep()

    asyncio.run(live_once())
