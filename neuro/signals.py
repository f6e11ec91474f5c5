"""What travels between regions, and the outcomes of the brain's verbs.

Each stage makes the next: Stimulus -> Gate -> Percept -> Chunk and Engram; Cue -> Echo -> Recollection.
Nothing here has behaviour beyond reading itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, overload

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator

from neuro.arguments import (
    JsonObject,
    check_content,
    check_instant,
    check_json_object,
    check_number,
    check_tags,
    check_text,
)
from neuro.engram import Context, Engram, MemoryType, Span, TokenVectors
from neuro.errors import InvalidArgumentError
from neuro.records import Record, Signed, Unit
from neuro.units import MAX_CONTENT_BYTES


class Stimulus(Record):
    """Something that reaches the senses."""

    content: str
    memory_type: Annotated[MemoryType, BeforeValidator(MemoryType.of)] = MemoryType.EPISODIC
    salience: Unit | None = None
    """Given by the caller; None leaves it to the amygdala."""
    reward: Signed | None = None
    modality: str = "text"
    context: Context = JsonObject()
    tags: Annotated[tuple[str, ...], BeforeValidator(check_tags)] = ()
    occurred_at: float | None = None

    @classmethod
    def of(
        cls,
        content: object,
        *,
        memory_type: object = MemoryType.EPISODIC,
        salience: object = None,
        reward: object = None,
        modality: object = "text",
        context: object = None,
        tags: object = (),
        occurred_at: object = None,
        limit: int = MAX_CONTENT_BYTES,
    ) -> Stimulus:
        """Checks what a caller gave; every fault raises an `InvalidArgumentError` that names the argument."""
        return cls(
            content=check_content(content, limit=limit),
            memory_type=MemoryType.of(memory_type),
            salience=None if salience is None else check_number(salience, "salience", 0.0, 1.0),
            reward=None if reward is None else check_number(reward, "reward", -1.0, 1.0),
            modality=check_text(modality, "modality", limit=64),
            context=check_json_object(context),
            tags=check_tags(tags),
            occurred_at=None if occurred_at is None else check_instant(occurred_at, "occurred_at"),
        )

    @classmethod
    def checked(cls, item: object, *, limit: int = MAX_CONTENT_BYTES) -> Stimulus:
        """A text, or a stimulus that may have been built without `of`, after the same checks."""
        if isinstance(item, str):
            return cls.of(item, limit=limit)
        if not isinstance(item, Stimulus):
            raise InvalidArgumentError(f"items: must be strings or Stimulus (got {type(item).__name__})")
        fields = {name: getattr(item, name, None) for name in cls.model_fields}
        return cls.of(fields.pop("content"), **fields, limit=limit)


@dataclass(frozen=True, slots=True)
class Gate:
    """The thalamus's answer to a stimulus."""

    opened: bool
    attention: float
    """How much of the attention the stimulus drew, in [0, 1]."""
    reason: str


@dataclass(frozen=True, slots=True)
class Appraisal:
    """The amygdala's view of a stimulus."""

    salience: float
    """In [0, 1]."""
    valence: float
    """In [-1, 1]."""
    arousal: float
    """In [0, 1]; derived from how intense the words are, not from norms of arousal."""
    reason: str


@dataclass(frozen=True, slots=True)
class Percept:
    """A stimulus that was let through, with what it looks like and what it means."""

    stimulus: Stimulus
    appraisal: Appraisal
    fragments: tuple[Span, ...] = ()
    features: npt.NDArray[np.float16] | None = None
    """Shape (fragments, dimension), rows of unit length."""
    embedder: str | None = None
    surprise: float = 0.0
    """Reward prediction error, in [-2, 2]."""
    tokens: TokenVectors | None = None
    """Vectors of the tokens, where the embedder gives them."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a slot of working memory holds: a pointer to an engram and the words of it."""

    engram_id: str
    content: str
    held_at: float
    """Clock time of being taken up."""
    rehearsed_at: float
    """Clock time of the last rehearsal."""
    salience: float = 0.5


@dataclass(frozen=True, slots=True)
class Cue:
    """What asks."""

    text: str
    asked_at: float
    """Clock time, epoch seconds; "last week" counts from here."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One term of why an engram was recalled."""

    kind: str
    """words, related, nearby, speaker, date, gist, meaning, form, temporal, co_held, co_recalled, instance,
    working_memory, strength or dormant."""
    amount: float
    """What it added to the activation."""
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Echo:
    """A region's answer to a cue (Hintzman 1984: content and intensity)."""

    engram: Engram
    region: str
    relevance: float
    """How well it matches the cue, about [0, 1]."""
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Recollection:
    """An engram that came back; also unpacks as ``(engram, activation)``."""

    engram: Engram
    activation: float
    """What it was ranked by."""
    confidence: float
    """Reliability times probability of recall, in [0, 1]."""
    region: str
    reasons: tuple[Reason, ...]

    def __iter__(self) -> Iterator[Any]:
        yield self.engram
        yield self.activation

    def to_dict(self) -> dict[str, Any]:
        """JSON of it, without the features."""
        return {
            "engram": self.engram.to_dict(),
            "activation": self.activation,
            "confidence": self.confidence,
            "region": self.region,
            "reasons": [asdict(reason) for reason in self.reasons],
        }


@dataclass(frozen=True, slots=True)
class Recall(Sequence[Recollection]):
    """What a cue brought back, best first."""

    cue: str
    recollections: tuple[Recollection, ...] = ()
    silent: tuple[str, ...] = ()
    """Regions that could not answer, lesioned or out of reach, or whose answer could not be counted."""
    durable: bool = False
    """What was counted and strengthened outlives the process: it is in a store that keeps things, and none of it waits
    for one that is away. False where nothing was counted."""

    def __len__(self) -> int:
        return len(self.recollections)

    @overload
    def __getitem__(self, index: int) -> Recollection: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Recollection, ...]: ...
    def __getitem__(self, index: int | slice) -> Recollection | tuple[Recollection, ...]:
        return self.recollections[index]

    def to_dict(self) -> dict[str, Any]:
        """JSON of it, without the features."""
        return {
            "cue": self.cue,
            "silent": list(self.silent),
            "durable": self.durable,
            "recollections": [r.to_dict() for r in self],
        }


@dataclass(frozen=True, slots=True)
class Perception:
    """What became of a stimulus."""

    stimulus: Stimulus
    gate: Gate
    engram: Engram | None
    """None only when the gate refused."""
    displaced: Chunk | None = None
    """The chunk that had to leave working memory."""
    novelty: float = 1.0
    """1 is unlike anything in the hippocampus, 0 a repeat; in [0, 1]."""
    repeated: bool = False
    """The engram existed already and counted one more exposure."""
    durable: bool = False
    """The engram outlives the process: it is in a store that keeps things, and does not wait for one that is away."""

    def to_dict(self) -> dict[str, Any]:
        """JSON of it, without the features."""
        return {
            "stimulus": self.stimulus.model_dump(mode="json"),
            "gate": asdict(self.gate),
            "engram": None if self.engram is None else self.engram.to_dict(),
            "displaced": None if self.displaced is None else asdict(self.displaced),
            "novelty": self.novelty,
            "repeated": self.repeated,
            "durable": self.durable,
        }


_COUNTS = "replayed rehearsed abstracted consolidated deferred pruned_wm pruned_ltm linked".split()
"""What every night counts."""


@dataclass(frozen=True, slots=True)
class SleepReport(Mapping[str, int]):
    """A night: a mapping of its counts, at least consolidated, pruned_wm and pruned_ltm."""

    counts: Mapping[str, int]
    started_at: float
    """Brain time."""
    weight: float
    """Full nights that it counts for, in [0, 1] for one night: waking time since the last counted one over 16 h."""
    moved: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Ids of the engrams that reached each region."""
    skipped: str | None = None
    """Why nothing was done: which other brain on the store is asleep."""

    @classmethod
    def none(cls, started_at: float, skipped: str) -> SleepReport:
        """A night that did not take place."""
        return cls(dict.fromkeys(_COUNTS, 0), started_at, 0.0, skipped=skipped)

    @classmethod
    def of_many(cls, reports: Sequence[SleepReport]) -> SleepReport:
        """Several nights, at least one, as one: their sums, from the first."""
        names = dict.fromkeys(name for report in reports for name in report)
        regions = dict.fromkeys(region for report in reports for region in report.moved)
        return cls(
            {name: sum(report.get(name, 0) for report in reports) for name in names},
            reports[0].started_at,
            sum(report.weight for report in reports),
            {
                region: tuple(i for report in reports for i in report.moved.get(region, ()))
                for region in regions
            },
            next((report.skipped for report in reports if report.skipped is not None), None),
        )

    def __getitem__(self, key: str) -> int:
        return self.counts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.counts)

    def __len__(self) -> int:
        return len(self.counts)

    def __str__(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in self.counts.items())

    def to_dict(self) -> dict[str, Any]:
        """JSON of it."""
        return {
            "counts": dict(self.counts),
            "started_at": self.started_at,
            "weight": self.weight,
            "moved": {region: list(ids) for region, ids in self.moved.items()},
            "skipped": self.skipped,
        }


@dataclass(frozen=True, slots=True)
class Review:
    """An engram that is scheduled for review."""

    engram: Engram
    due_at: float
    """Clock time, epoch seconds, if the brain is awake until then; it is past when the review is overdue, inf when
    retention never falls so far."""
    retention: float
    """Probability of recall now, in [0, 1]."""
    target: float
    """Retention that reviews are to keep it at."""

    def to_dict(self) -> dict[str, Any]:
        """JSON of it, without the features; ``due_at`` is null for what is never due."""
        return {
            "engram": self.engram.to_dict(),
            "due_at": None if math.isinf(self.due_at) else self.due_at,
            "retention": self.retention,
            "target": self.target,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an engram is as retrievable as it is, and when it will fade."""

    engram: Engram
    region: str
    retention: float
    """Probability of recall with a full cue now, in [0, 1]."""
    law: str
    """The plasticity by which it fades."""
    hours_left: float
    """Hours of brain time until it is dormant; 0 if it is, inf if it never will be."""
    fades_at: float | None
    """Clock time, epoch seconds, at which it will be dormant if the brain is awake until then; None: never."""
    because: tuple[str, ...]
    """In words, the most important first."""

    def __str__(self) -> str:
        return " ".join(self.because)

    def to_dict(self) -> dict[str, Any]:
        """JSON of it, without the features; ``hours_left`` is null for what never fades."""
        return {
            "engram": self.engram.to_dict(),
            "region": self.region,
            "retention": self.retention,
            "law": self.law,
            "hours_left": None if math.isinf(self.hours_left) else self.hours_left,
            "fades_at": self.fades_at,
            "because": list(self.because),
        }


@dataclass(frozen=True, slots=True)
class Forgetting:
    """An engram was deleted on request."""

    engram_id: str
    region: str
    remains: tuple[str, ...] | None = None
    """After a hard forget: what may still hold bytes of it, and how to get rid of that; empty: nothing does. None
    after one that was not hard: free pages and logs may."""


@dataclass(frozen=True, slots=True)
class CycleFailure:
    """The background sleep cycle ended by an error."""

    error: Exception
