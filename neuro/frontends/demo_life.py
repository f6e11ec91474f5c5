"""What happens in the demo: two weeks of the life of a house, ten questions, and a year in which nobody asks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from importlib.resources import files
from itertools import groupby
from typing import NamedTuple

from neuro import Brain, Engram, Perception, Recall, SleepReport
from neuro.frontends.ingest import Life
from neuro.frontends.turns import Turn, read_transcript
from neuro.signals import Chunk
from neuro.units import DAY, DORMANT_BELOW, HOUR

ZONE = timezone(timedelta(hours=1))
"""The conversation takes place in Trieste, in March."""
WEEKS = (1, 4, 12, 52)
"""After which a year's forgetting is looked at."""
_BEDTIME = 4 * HOUR
"""Silence before each night, seconds."""
_CONSIDERED = 10
"""Recollections among which an answer is looked for."""


class Question(NamedTuple):
    """What is asked, the memory that answers it, and what makes it hard."""

    ask: str
    expect: str
    why: str


class Moment(NamedTuple):
    """A turn, what became of it, and what was on the mind then."""

    turn: Turn
    perception: Perception
    held: tuple[Chunk, ...]


class Day(NamedTuple):
    """A day of the conversation and the night after it."""

    date: date
    moments: list[Moment]
    night: SleepReport


class Faded(NamedTuple):
    """A memory, and how much of it was left after each of the `WEEKS`."""

    question: Question
    engram_id: str
    retentions: list[float]

    @property
    def dormant(self) -> bool:
        """Whether it had faded below the threshold of forgetting in the end."""
        return self.retentions[-1] < DORMANT_BELOW


class Waking(NamedTuple):
    """A cue that found what was dormant."""

    recall: Recall
    before: Engram
    after: Engram
    retention: float
    """Of what it found, afterwards."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question brought back."""

    question: Question
    recall: Recall

    @property
    def rank(self) -> int | None:
        """Where the memory that answers it came, counted from 1; None if it did not."""
        contents = [recollection.engram.content for recollection in self.recall]
        return contents.index(self.question.expect) + 1 if self.question.expect in contents else None


def conversation() -> tuple[Turn, ...]:
    """The conversation that ships with neuro."""
    return read_transcript(_data("demo_conversation.jsonl")).turns


def questions() -> list[Question]:
    """What is asked about it."""
    return [Question(**fields) for fields in json.loads(_data("demo_questions.json"))]


def _data(name: str) -> bytes:
    return (files("neuro.frontends") / "data" / name).read_bytes()


def said_at(turn: Turn) -> float:
    """When a turn of the conversation was; each says so. Epoch seconds."""
    assert turn.at is not None
    return turn.at


def _date(turn: Turn) -> date:
    return datetime.fromtimestamp(said_at(turn), UTC).astimezone(ZONE).date()


async def live(life: Life, turns: Iterable[Turn]) -> list[Day]:
    """Day after day, each slept on."""
    days: list[Day] = []
    for day, said in groupby(turns, key=_date):
        moments: list[Moment] = []
        for turn in said:
            perception = await life.perceive(turn.stimulus, said_at(turn))
            moments.append(Moment(turn, perception, tuple(life.brain.working_memory)))
        days.append(Day(day, moments, await life.night(_BEDTIME)))
    return days


async def ask(brain: Brain, asked: Iterable[Question]) -> list[Answer]:
    """Asks each question."""
    return [Answer(question, await brain.recall(question.ask, limit=_CONSIDERED)) for question in asked]


async def pass_a_year(life: Life, asked: Sequence[Question], turns: Sequence[Turn]) -> list[Faded]:
    """A brain takes in what answers the questions, and then a year of weekly nights goes by in which nobody asks.

    Returns what became of each, the best kept first.
    """
    said = {turn.stimulus.content: turn.stimulus for turn in turns}
    perceived = await life.brain.perceive_many(said[question.expect] for question in asked)
    faded = [
        Faded(question, perception.engram.engram_id, [])
        for question, perception in zip(asked, perceived, strict=True)
        if perception.engram is not None
    ]
    for week in range(1, WEEKS[-1] + 1):
        await life.night(7 * DAY)
        if week in WEEKS:
            for memory in faded:
                memory.retentions.append(life.brain.retention(await life.brain.get(memory.engram_id)))
    return sorted(faded, key=lambda memory: -memory.retentions[-1])
