"""The acts of a child: each is drawn, then told, then done."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any

from neuro import Brain, Engram, Perception, Stimulus
from neuro.signals import Forgetting

from .testimony import ALL, EVER, look, seek, state_of
from .wording import kind_of, rare_words, tag_of, words

Facts = dict[str, Any]
Prepared = tuple[Facts, Callable[[], Awaitable[Facts]]]
"""What an act is about, and the act."""

ACTS = {
    "perceive": 8,
    "perceive_many": 3,
    "recall": 6,
    "reinforce": 2,
    "forget": 5,
    "forget_where": 1,
    "pin": 2,
    "schedule": 2,
    "review": 2,
    "due": 1,
    "transaction": 4,
    "sleep": 3,
    "browse": 2,
    "seek": 2,
    "reopen": 1,
}
"""How often each act is drawn, relative to the others."""
_ENCODING = frozenset(("perceive", "perceive_many", "transaction"))
_REPEATED = 0.2
"""Share of what is perceived that was perceived before."""
_HARD = 0.3
"""Share of the forgets that are hard."""
_REGRETTED = 0.2
"""Share of the transactions that are broken off when all of it has been said."""
_PARTS = 3
"""The most that a transaction perceives, and the most that it changes."""
_MOST = 60
"""Engrams above which a child forgets instead of perceiving: a store that is kept over many kills stays small."""
_LIMIT = 5
_TARGETS = (None, 0.8, 0.9)
"""Retentions at which a review is due."""
_GRADES = ("again", "hard", "good", "easy")


class _RegretError(Exception):
    """Breaks a transaction off."""


class Acts:
    """Draws acts on a brain.

    Args:
        seed: of what is drawn, and of what is said.
        rng: draws.
    """

    brain: Brain
    """Set when it wakes."""

    def __init__(self, seed: int, rng: random.Random) -> None:
        self.alive: dict[str, str] = {}
        """Contents of what is there, as far as this child knows."""
        self._rng = rng
        self._rare = rare_words(seed)

    def prepare(self, name: str) -> tuple[str, Prepared]:
        """This act, or what must come before it: something to act upon, and room for more."""
        name = "forget" if name in _ENCODING and len(self.alive) > _MOST else name
        name = name if self.alive or name in ("sleep", "browse") else "perceive"
        return name, getattr(self, f"_{name}")()

    # Perceiving

    def _fresh(self) -> str:
        return f"{words(self._rng, 4)} {next(self._rare)}"

    def _content(self) -> str:
        if self.alive and self._rng.random() < _REPEATED:
            return self._rng.choice([*self.alive.values()])
        return self._fresh()

    def _perceive(self) -> Prepared:
        content, salience = self._content(), round(self._rng.random(), 2)

        async def perceive() -> Facts:
            kind, tags = kind_of(content), [tag_of(content)]
            perception = await self.brain.perceive(content, memory_type=kind, tags=tags, salience=salience)
            return {"perceived": await self._perceived([perception])}

        return {"contents": [content]}, perceive

    def _perceive_many(self) -> Prepared:
        contents = [self._content() for _ in range(self._rng.randint(2, 6))]

        async def perceive_many() -> Facts:
            stimuli = [Stimulus(content=c, memory_type=kind_of(c), tags=(tag_of(c),)) for c in contents]
            return {"perceived": await self._perceived(await self.brain.perceive_many(stimuli))}

        return {"contents": contents}, perceive_many

    async def _perceived(self, perceptions: list[Perception]) -> list[Facts]:
        facts: list[Facts] = []
        for perception in perceptions:
            engram = perception.engram
            if engram is None:
                continue
            self.alive[engram.engram_id] = engram.content
            seen = await look(self.brain, engram.engram_id)
            facts.append(
                {
                    "state": state_of(engram),
                    "repeated": perception.repeated,
                    "durable": perception.durable,
                    "wired": [] if seen is None else list(seen.associations),
                }
            )
        return facts

    # Recalling

    def _recall(self) -> Prepared:
        cue = words(self._rng, 2)

        async def recall() -> Facts:
            found = await self.brain.recall(cue, limit=_LIMIT)
            recalled = [state_of(r.engram) for r in found]
            return {"recalled": recalled, "counted": found.durable and not found.silent}

        return {"cue": cue}, recall

    def _browse(self) -> Prepared:
        async def look_at_all() -> Facts:
            found = await self.brain.list(limit=ALL, dormant=True)
            self.alive = {engram.engram_id: engram.content for engram in found}
            return {"shown": [*self.alive]}

        return {}, look_at_all

    def _due(self) -> Prepared:
        async def look_at_the_agenda() -> Facts:
            planned = await self.brain.schedule.due(within=EVER, limit=ALL)
            return {"shown": [review.engram.engram_id for review in planned]}

        return {}, look_at_the_agenda

    def _seek(self) -> Prepared:
        engram_id = self._one()
        content = self.alive[engram_id]

        async def look_for_one() -> Facts:
            return {"shown": await seek(self.brain, content)}

        return {"id": engram_id}, look_for_one

    # Changing one

    def _one(self) -> str:
        return self._rng.choice([*self.alive])

    async def _look(self, engram_id: str) -> Facts:
        seen = await look(self.brain, engram_id)
        return {} if seen is None else {"state": state_of(seen)}

    def _changed(self, about: Facts, change: Callable[[Facts], Awaitable[object]]) -> Prepared:
        async def change_it() -> Facts:
            await change(about)
            return await self._look(about["id"])

        return about, change_it

    def _reinforce(self) -> Prepared:
        return self._changed({"id": self._one()}, lambda about: self.brain.reinforce(about["id"]))

    def _review(self) -> Prepared:
        return self._changed({"id": self._one(), "grade": self._rng.choice(_GRADES)}, self._do_review)

    def _pin(self) -> Prepared:
        return self._changed({"id": self._one(), "pinned": self._rng.random() < 0.5}, self._do_pin)

    def _schedule(self) -> Prepared:
        return self._changed({"id": self._one(), "target": self._rng.choice(_TARGETS)}, self._do_schedule)

    async def _do_review(self, about: Facts) -> Engram:
        return await self.brain.schedule.review(about["id"], about["grade"])

    async def _do_pin(self, about: Facts) -> None:
        await (self.brain.pin if about["pinned"] else self.brain.unpin)(about["id"])

    async def _do_schedule(self, about: Facts) -> None:
        if about["target"] is None:
            await self.brain.schedule.unregister(about["id"])
        else:
            await self.brain.schedule.register(about["id"], retention=about["target"])

    # Forgetting

    def _forget(self) -> Prepared:
        engram_id, hard = self._one(), self._rng.random() < _HARD
        del self.alive[engram_id]

        async def forget() -> Facts:
            return {"remains": _remains(await self.brain.forget(engram_id, hard=hard))}

        return {"id": engram_id, "hard": hard}, forget

    def _forget_where(self) -> Prepared:
        tag, hard = tag_of(self.alive[self._one()]), self._rng.random() < _HARD
        self.alive = {i: content for i, content in self.alive.items() if tag_of(content) != tag}

        async def forget_where() -> Facts:
            gone = await self.brain.forget_where({"tags": [tag]}, hard=hard)
            remains = _remains(gone[0]) if gone else None
            return {"forgotten": [forgetting.engram_id for forgetting in gone], "remains": remains}

        return {"tag": tag, "hard": hard}, forget_where

    # Sleeping

    def _sleep(self) -> Prepared:
        async def sleep() -> Facts:
            report = await self.brain.sleep()
            return {
                "moved": {i: region for region, ids in report.moved.items() for i in ids},
                "sleeps": self.brain.inspect().sleeps,
                "skipped": report.skipped is not None,
            }

        return {}, sleep

    # Several at once

    def _transaction(self) -> Prepared:
        rng, regretted = self._rng, self._rng.random() < _REGRETTED
        changed = rng.sample([*self.alive], min(len(self.alive), rng.randint(1, _PARTS)))
        others = [content for i, content in self.alive.items() if i not in changed]
        parts: list[Facts] = [
            {"act": "perceive", "contents": [self._fresh()], "fresh": True}
            for _ in range(rng.randint(1, _PARTS))
        ]
        if others and rng.random() < _REPEATED:
            parts.append({"act": "perceive", "contents": [rng.choice(others)], "fresh": False})
        for engram_id in changed:
            choices = [
                {"act": "forget", "hard": rng.random() < _HARD},
                {"act": "pin", "pinned": rng.random() < 0.5},
                {"act": "schedule", "target": rng.choice(_TARGETS)},
                {"act": "review", "grade": rng.choice(_GRADES)},
            ]
            parts.append({"id": engram_id, **rng.choice(choices)})
        rng.shuffle(parts)
        if not regretted:
            for part in parts:
                if part["act"] == "forget":
                    del self.alive[part["id"]]

        async def transaction() -> Facts:
            told: list[Forgetting] = []
            unsubscribe = self.brain.observers.subscribe(Forgetting, told.append)
            try:
                async with self.brain.transaction():
                    done = [await self._take_part(part) for part in parts]
                    if regretted:
                        raise _RegretError
            except _RegretError:
                return {"parts": []}
            finally:
                unsubscribe()
            remains = {forgetting.engram_id: _remains(forgetting) for forgetting in told}
            return {"parts": [await self._outcome(*both, remains) for both in zip(parts, done, strict=True)]}

        return {"parts": parts, "regretted": regretted}, transaction

    async def _take_part(self, part: Facts) -> Perception | None:
        match part["act"]:
            case "perceive":
                [content] = part["contents"]
                tags = [tag_of(content)]
                return await self.brain.perceive(content, memory_type=kind_of(content), tags=tags)
            case "forget":
                await self.brain.forget(part["id"], hard=part["hard"])
            case name:
                await getattr(self, f"_do_{name}")(part)
        return None

    async def _outcome(self, part: Facts, perception: Perception | None, remains: Facts) -> Facts:
        """What became of a part when all of them were written."""
        if part["act"] == "forget":
            return {"remains": remains[part["id"]]}
        if perception is None:
            return await self._look(part["id"])
        [fact] = await self._perceived([perception])
        fact["durable"] = True
        if perception.repeated:  # what was imagined inside the block may have changed meanwhile
            now = await self._look(fact["state"]["id"])
            return {"perceived": [fact | now] if now else []}
        return {"perceived": [fact]}


def _remains(forgetting: Forgetting) -> list[str] | None:
    return None if forgetting.remains is None else list(forgetting.remains)


def draw_program(rng: random.Random, length: int) -> list[str]:
    """Names of so many acts."""
    return rng.choices([*ACTS], [*ACTS.values()], k=length)
