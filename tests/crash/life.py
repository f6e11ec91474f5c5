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
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

from neuro import Brain, MemoryType, NeuroError, Perception, Stimulus
from neuro.clock import SystemClock

from .testimony import ALL, look, seek, state_of, testify

Facts = dict[str, Any]
Prepared = tuple[Facts, Callable[[], Awaitable[Facts]]]
"""What an act is about, and the act."""

ACTS = {
    "perceive": 8,
    "perceive_many": 3,
    "recall": 6,
    "reinforce": 2,
    "forget": 5,
    "pin": 2,
    "schedule": 2,
    "sleep": 3,
    "browse": 2,
    "seek": 2,
    "reopen": 1,
}
"""How often each act is drawn, relative to the others."""
_TOGETHER = 0.15
"""Share of the acts that begin while the act before is under way."""
_REPEATED = 0.2
"""Share of what is perceived that was perceived before."""
_MOST = 60
"""Engrams above which a child forgets instead of perceiving: a store that is kept over many kills stays small."""
_LIMIT = 5
_WORDS = (
    "amber anchor basil bridge candle cedar copper dune ember falcon garden harbour island juniper kettle lantern "
    "marble meadow needle orchard pebble quarry raven saffron timber umber valley walnut yarrow zephyr"
).split()
"""Harmless words, of which some recur in every content, so that a cue brings back several."""


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
        self._serials = (f"{job['seed']}n{i}" for i in itertools.count())
        self._alive: dict[str, str] = {}

    async def live(self) -> None:
        """From waking to an orderly close; most lives end before."""
        if not await self._carry_out("wake", ({}, self._wake)):
            return
        if self._job["testify"]:
            await self._carry_out("testify", ({}, self._testify))
        else:
            await self._carry_out("browse", self._browse())
        under_way: set[asyncio.Task[bool]] = set()
        for name in self._job["program"]:
            alone = name == "reopen"
            if under_way and (alone or self._rng.random() >= _TOGETHER):
                await asyncio.gather(*under_way)
                under_way.clear()
            possible = self._possible(name)
            prepared: Prepared = getattr(self, f"_{possible}")()
            under_way.add(asyncio.create_task(self._carry_out(possible, prepared)))
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

    def _possible(self, name: str) -> str:
        """This act, or what must come before it: something to act upon, and room for more."""
        if name.startswith("perceive"):
            return name if len(self._alive) <= _MOST else "forget"
        return name if self._alive or name in ("sleep", "reopen") else "perceive"

    # Waking and closing

    async def _wake(self) -> Facts:
        self._brain = await Brain.create(
            self._job["url"],
            namespace=self._job["namespace"],
            embedder="lexical",
            clock=ShiftedClock(self._job["shift"]),
            rng=self._job["seed"],
            **self._job["options"],
        )
        return {}

    async def _testify(self) -> Facts:
        facts = await testify(self._brain, self._rng, self._job["forgotten"])
        self._alive = {state["id"]: state["content"] for state in facts["listed"]}
        return facts

    async def _close(self) -> Facts:
        await self._brain.close()
        return {}

    def _reopen(self) -> Prepared:
        async def reopen() -> Facts:
            await self._close()
            return await self._wake()

        return {}, reopen

    # Acts

    def _content(self) -> str:
        if self._alive and self._rng.random() < _REPEATED:
            return self._rng.choice([*self._alive.values()])
        return f"{words(self._rng, 4)} {next(self._serials)}"

    def _perceive(self) -> Prepared:
        content, salience = self._content(), round(self._rng.random(), 2)

        async def perceive() -> Facts:
            kind = kind_of(content)
            return await self._perceived(
                [await self._brain.perceive(content, memory_type=kind, salience=salience)]
            )

        return {"contents": [content]}, perceive

    def _perceive_many(self) -> Prepared:
        contents = [self._content() for _ in range(self._rng.randint(2, 6))]

        async def perceive_many() -> Facts:
            stimuli = [Stimulus(content=content, memory_type=kind_of(content)) for content in contents]
            return await self._perceived(await self._brain.perceive_many(stimuli))

        return {"contents": contents}, perceive_many

    async def _perceived(self, perceptions: list[Perception]) -> Facts:
        facts: list[Facts] = []
        for perception in perceptions:
            engram = perception.engram
            if engram is None:
                continue
            self._alive[engram.engram_id] = engram.content
            seen = await look(self._brain, engram.engram_id)
            facts.append(
                {
                    "state": state_of(engram),
                    "repeated": perception.repeated,
                    "durable": getattr(perception, "durable", True),
                    "wired": [] if seen is None else list(seen.associations),
                }
            )
        return {"perceived": facts}

    def _recall(self) -> Prepared:
        cue = words(self._rng, 2)

        async def recall() -> Facts:
            found = await self._brain.recall(cue, limit=_LIMIT)
            return {"recalled": [state_of(r.engram) for r in found], "silent": list(found.silent)}

        return {"cue": cue}, recall

    def _one(self) -> str:
        return self._rng.choice([*self._alive])

    async def _look(self, engram_id: str) -> Facts:
        seen = await look(self._brain, engram_id)
        return {} if seen is None else {"state": state_of(seen)}

    def _reinforce(self) -> Prepared:
        engram_id = self._one()

        async def reinforce() -> Facts:
            await self._brain.reinforce(engram_id)
            return await self._look(engram_id)

        return {"id": engram_id}, reinforce

    def _forget(self) -> Prepared:
        engram_id = self._one()
        del self._alive[engram_id]

        async def forget() -> Facts:
            await self._brain.forget(engram_id)
            return {}

        return {"id": engram_id}, forget

    def _pin(self) -> Prepared:
        engram_id, pinned = self._one(), self._rng.random() < 0.5

        async def pin() -> Facts:
            await (self._brain.pin(engram_id) if pinned else self._brain.unpin(engram_id))
            return await self._look(engram_id)

        return {"id": engram_id, "pinned": pinned}, pin

    def _schedule(self) -> Prepared:
        engram_id, target = self._one(), self._rng.choice([None, 0.8, 0.9])

        async def schedule() -> Facts:
            if target is None:
                await self._brain.schedule.unregister(engram_id)
            else:
                await self._brain.schedule.register(engram_id, retention=target)
            return await self._look(engram_id)

        return {"id": engram_id, "target": target}, schedule

    def _sleep(self) -> Prepared:
        async def sleep() -> Facts:
            report = await self._brain.sleep()
            return {
                "moved": {i: region for region, ids in report.moved.items() for i in ids},
                "sleeps": self._brain.inspect().sleeps,
                "skipped": getattr(report, "skipped", None) is not None,
            }

        return {}, sleep

    def _browse(self) -> Prepared:
        async def look_at_all() -> Facts:
            found = await self._brain.list(limit=ALL, dormant=True)
            self._alive = {engram.engram_id: engram.content for engram in found}
            return {"listed": [*self._alive]}

        return {}, look_at_all

    def _seek(self) -> Prepared:
        engram_id = self._one()
        content = self._alive[engram_id]

        async def look_for_one() -> Facts:
            return {"found": await seek(self._brain, content)}

        return {"id": engram_id}, look_for_one


def words(rng: random.Random, number: int) -> str:
    """So many different words."""
    return " ".join(rng.sample(_WORDS, number))


def kind_of(content: str) -> MemoryType:
    """A type of memory: the same for the same content, or that would be no repeat."""
    return [*MemoryType][zlib.crc32(content.encode()) % len(MemoryType)]


def draw_program(rng: random.Random, length: int) -> list[str]:
    """Names of so many acts."""
    return rng.choices([*ACTS], [*ACTS.values()], k=length)


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
