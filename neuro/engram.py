"""What stays: an engram, the trace of it, and the types of memory.

Knows what a memory is and holds; deliberately does not know how it is stored, found or forgotten. All
records are frozen: a change makes a new record with the next `Engram.revision`.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import Field, PlainSerializer, PlainValidator

from neuro.arguments import JsonObject, check_json_object, shown
from neuro.errors import FeatureMismatchError, InvalidArgumentError
from neuro.records import Positive, Record, Signed, Unit
from neuro.units import HOUR

_UNIT_TOLERANCE = 1e-3
TOKEN_SCALE = 127
"""Length of the int8 rows of tokens."""
RECENT_ACCESSES = 8
"""How many of the last access times a trace keeps (Petrov's hybrid of the ACT-R base level wants a few)."""


_FACTUAL = "factual"
_Kind = TypeVar("_Kind", bound=StrEnum)
_Number = TypeVar("_Number", np.int8, np.int32)


def _member(kind: type[_Kind], value: object, name: str) -> _Kind:
    if isinstance(value, str) and value in [member.value for member in kind]:
        return kind(value)
    known = ", ".join(member.value for member in kind)
    raise InvalidArgumentError(f"{name}: must be one of {known} (got {shown(value)})")


class MemoryType(StrEnum):
    """What kind of memory an engram is; decides its home and its half-life."""

    EPISODIC = "episodic"
    """What happened."""
    SEMANTIC = "semantic"
    """What is so; ``"factual"`` is another name for it."""
    PROCEDURAL = "procedural"
    """How something is done."""
    HABITUAL = "habitual"
    """What is always done."""
    RELATIONAL = "relational"
    """Who is what to whom."""
    EMOTIONAL = "emotional"
    """How something felt."""
    OPINION = "opinion"
    """What somebody thinks of something."""

    @classmethod
    def of(cls, value: object) -> MemoryType:
        """The type, or its value as a string; anything else raises `InvalidArgumentError`."""
        factual = isinstance(value, str) and value == _FACTUAL
        return cls.SEMANTIC if factual else _member(cls, value, "memory_type")


class ConsolidationState(StrEnum):
    """How far a memory has become independent of the hippocampus; follows from its trace and the brain's sleeps."""

    LABILE = "labile"
    """Accessed, and not slept on for a full night since."""
    CONSOLIDATING = "consolidating"
    """Slept on; the hippocampus still holds the greater part."""
    CONSOLIDATED = "consolidated"
    """The neocortex holds the greater part."""
    LONG_TERM = "long_term"
    """The neocortex holds nine tenths or more."""
    RECONSOLIDATING = "reconsolidating"
    """It was consolidated, and an access has made it labile again (Nader, Schafe & LeDoux 2000)."""

    @classmethod
    def of(cls, value: object) -> ConsolidationState:
        """The state, or its value as a string; anything else raises `InvalidArgumentError`."""
        return _member(cls, value, "consolidation")


class Span(NamedTuple):
    """A fragment of content that is found on its own: ``content[start:stop]``."""

    start: int
    stop: int


def _features_in(value: Any) -> npt.NDArray[np.float16] | None:
    if value is None:
        return None
    if isinstance(value, dict):
        data: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        try:
            rows, columns = data["shape"]
            array = np.frombuffer(base64.b64decode(data["float16"]), dtype="<f2").reshape(rows, columns)
        except (KeyError, TypeError, ValueError) as exc:
            raise FeatureMismatchError(f"features: cannot be read ({exc})") from None
    else:
        array = np.asarray(value)
    if array.dtype != np.float16 or array.ndim != 2 or array.size == 0:
        raise FeatureMismatchError(
            f"features: must be a float16 array of shape (fragments, dimension) (got {array.dtype} {array.shape})"
        )
    wide = array.astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    if not np.all(np.abs(lengths - 1.0) <= _UNIT_TOLERANCE):  # NaN fails too
        raise FeatureMismatchError("features: every row must be finite and of unit length to 1e-3")
    if array.flags.writeable or not array.flags.c_contiguous:
        array = np.array(array, dtype=np.float16, order="C")
        array.setflags(write=False)
    return array


def _features_out(array: npt.NDArray[np.float16] | None) -> dict[str, Any] | None:
    if array is None:
        return None
    return {"shape": list(array.shape), "float16": base64.b64encode(array.astype("<f2").tobytes()).decode()}


Features = Annotated[
    npt.NDArray[np.float16],
    PlainValidator(_features_in),
    PlainSerializer(_features_out, when_used="json"),
]
"""float16, shape (fragments, dimension), one row of unit length per fragment, read-only."""


class TokenVectors:
    """Vectors of the tokens of a text, read in context by an encoder and reduced; immutable, equal by value.

    They take ``dimension`` + 4 bytes a token: 1.4 kB for a fragment of 20 tokens at 64 dimensions.

    Args:
        rows: int8, shape (tokens, dimension): 127 times rows of unit length.
        pieces: int32, shape (tokens,), at least 0: which word piece of the encoder's vocabulary each is.
        counts: tokens of each fragment, in order.

    Raises:
        FeatureMismatchError: arrays that do not fit this or each other.
    """

    __slots__ = ("counts", "pieces", "rows")

    def __init__(
        self, rows: npt.NDArray[np.int8], pieces: npt.NDArray[np.int32], counts: Sequence[int]
    ) -> None:
        self.rows = _frozen(rows, np.int8, 2)
        self.pieces = _frozen(pieces, np.int32, 1)
        self.counts = tuple(counts)
        fits = len(self.rows) == len(self.pieces) == sum(self.counts) and self.rows.shape[1] > 0
        if not fits or min(self.counts, default=-1) < 0 or np.any(self.pieces < 0):
            raise FeatureMismatchError(
                f"tokens: {len(self.rows)} rows, {len(self.pieces)} pieces and counts {shown(self.counts)} "
                "do not go together"
            )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TokenVectors):
            return NotImplemented
        return (
            self.counts == other.counts
            and np.array_equal(self.rows, other.rows)
            and np.array_equal(self.pieces, other.pieces)
        )

    def __hash__(self) -> int:
        return hash((self.counts, self.pieces.tobytes()))

    def __repr__(self) -> str:
        return f"TokenVectors(counts={self.counts}, dimension={self.rows.shape[1]})"

    def of_fragment(self, number: int) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int32]]:
        """Rows and pieces of one fragment."""
        start = sum(self.counts[:number])
        own = slice(start, start + self.counts[number])
        return self.rows[own], self.pieces[own]


def _frozen(value: object, kind: type[_Number], dimensions: int) -> npt.NDArray[_Number]:
    """The array itself where it is read-only already, else a read-only copy."""
    array: npt.NDArray[Any] = np.asarray(value)
    if array.dtype != kind or array.ndim != dimensions:
        raise FeatureMismatchError(
            f"tokens: must be {kind.__name__} with {dimensions} axes (got {array.dtype} {array.shape})"
        )
    if array.flags.writeable or not array.flags.c_contiguous:
        array = np.array(array, order="C")
        array.setflags(write=False)
    return array


def _tokens_in(value: Any) -> TokenVectors | None:
    if value is None or isinstance(value, TokenVectors):
        return value
    try:
        pieces = np.frombuffer(base64.b64decode(value["pieces"]), dtype="<i4").astype(np.int32, copy=False)
        rows = np.frombuffer(base64.b64decode(value["int8"]), dtype=np.int8)
        return TokenVectors(rows.reshape(len(pieces), -1), pieces, value["counts"])
    except (KeyError, TypeError, ValueError) as exc:
        raise FeatureMismatchError(f"tokens: cannot be read ({exc})") from None


def _tokens_out(tokens: TokenVectors | None) -> dict[str, Any] | None:
    if tokens is None:
        return None
    return {
        "counts": list(tokens.counts),
        "pieces": base64.b64encode(tokens.pieces.astype("<i4").tobytes()).decode(),
        "int8": base64.b64encode(tokens.rows.tobytes()).decode(),
    }


Tokens = Annotated[TokenVectors, PlainValidator(_tokens_in), PlainSerializer(_tokens_out, when_used="json")]

Context = Annotated[JsonObject, PlainValidator(check_json_object), PlainSerializer(dict, when_used="always")]


class Trace(Record):
    """The numbers of an engram that change; only a Plasticity interprets them. Instants are brain time; sleep may
    move those of accesses back a little.

    Every plasticity keeps what all of them read up to date, so a trace made under one can be read under another.
    What practice earned may not carry over: two laws keep it in uses or intensities and not in the half-life.
    """

    half_life: Positive
    """Scale of time of forgetting, seconds: about when strength has fallen to a half since the last access."""
    encoded_half_life: Positive
    """Half-life at encoding, seconds."""
    last_access: float
    """Brain time of the last study or counted recall."""
    first_access: float | None = None
    """Brain time of the first study; None: there was one access only."""
    exposures: Annotated[float, Field(gt=0.0)] = 1.0
    """Study events."""
    presentations: Annotated[float, Field(gt=0.0)] = 1.0
    """Accesses that taught: studies and recalls that were used, a refractory period or more apart."""
    access_count: Annotated[int, Field(ge=0)] = 0
    """Every recall that returned it."""
    cortical_share: Unit = 0.0
    """Share of the trace that the neocortex held at ``sleeps``."""
    consolidation_rate: Unit = 0.03
    """Share of the rest that moves to the neocortex in one sleep."""
    sleeps: Annotated[float, Field(ge=0.0)] = 0.0
    """The brain's count of sleeps (a real number) at the last access."""
    fresh: bool = True
    """Not slept on since the last access."""
    recent: Annotated[tuple[float, ...], Field(max_length=RECENT_ACCESSES, strict=False)] = ()
    """The times of the last few presentations, oldest first."""
    difficulty: Annotated[float, Field(ge=1.0, le=10.0)] | None = None
    """Difficulty, for plasticities of the FSRS family."""
    hippocampal_intensity: Annotated[float, Field(ge=0.0)] | None = None
    """Intensity in the hippocampus at the last access, for the memory chain."""
    cortical_intensity: Annotated[float, Field(ge=0.0)] | None = None
    """Intensity in the neocortex at the last access, for the memory chain."""


class Engram(Record):
    """A memory. Equal by value, hashed by id, frozen, and the same after JSON both ways."""

    engram_id: Annotated[str, Field(min_length=1, max_length=64)]
    content: Annotated[str, Field(min_length=1)]
    memory_type: Annotated[MemoryType, Field(strict=False)] = MemoryType.EPISODIC
    encoded_at: float
    """Clock time of encoding, epoch seconds."""
    occurred_at: float | None = None
    """When what it tells happened, if that was said; epoch seconds."""
    trace: Trace
    fragments: Annotated[tuple[Span, ...], Field(strict=False)] = ()
    """Spans of whole sentences that are found on their own; empty: the content is one fragment."""
    features: Features | None = None
    embedder: str | None = None
    """Name of the embedder that made the features."""
    tokens: Tokens | None = None
    """Vectors of its tokens, where the embedder gives them."""
    salience: Unit = 0.5
    valence: Signed = 0.0
    arousal: Unit = 0.0
    reward: Signed | None = None
    reliability: Unit = 1.0
    """How far its source is to be believed; does not decay."""
    concepts: Annotated[tuple[str, ...], Field(strict=False)] = ()
    tags: Annotated[tuple[str, ...], Field(strict=False)] = ()
    context: Context = JsonObject()
    """A frozen JSON object; by convention speaker, session, source."""
    episode_id: str | None = None
    scope: str | None = None
    sources: Annotated[tuple[str, ...], Field(strict=False)] = ()
    supersedes: str | None = None
    superseded_by: str | None = None
    pinned: bool = False
    target_retention: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    """Retention that reviews are to keep it at; None: it is not scheduled for review."""
    inferred: bool = False
    revision: Annotated[int, Field(ge=0)] = 0
    associations: Annotated[tuple[str, ...], Field(strict=False, exclude=True)] = ()
    """Ids it is wired to, strongest first; filled in by `Brain.get`, belongs to the connectome, not stored."""
    consolidation: Annotated[ConsolidationState | None, Field(strict=False, exclude=True)] = None
    """Filled in by the verbs of a brain that return engrams; not stored."""

    @property
    def access_count(self) -> int:
        """Every recall that returned it."""
        return self.trace.access_count

    @property
    def stability(self) -> float:
        """Half-life in hours."""
        return self.trace.half_life / HOUR

    @property
    def speaker(self) -> str | None:
        """``context["speaker"]`` if it is a string."""
        speaker = self.context.get("speaker")
        return speaker if isinstance(speaker, str) else None

    @cached_property
    def digest(self) -> str:
        """What makes a repeat a repeat: see `content_digest`."""
        return content_digest(self.content, self.memory_type, self.scope, self.speaker)

    @property
    def texts(self) -> tuple[str, ...]:
        """The content of each fragment."""
        if not self.fragments:
            return (self.content,)
        return tuple(self.content[start:stop] for start, stop in self.fragments)

    def to_dict(self) -> dict[str, Any]:
        """JSON of it, without features and tokens, with its consolidation where that has been filled in."""
        state = {} if self.consolidation is None else {"consolidation": self.consolidation.value}
        return {**self.model_dump(mode="json", exclude={"features", "tokens"}), **state}

    def with_trace(self, trace: Trace) -> Engram:
        """This engram with another trace and the next revision."""
        return self.changed(trace=trace)

    def changed(self, **fields: Any) -> Engram:
        """This engram with some fields changed (unchecked: callers pass what a record gave them)."""
        copy = self.model_copy(update={"revision": self.revision + 1, **fields})
        vars(copy).pop("digest", None)
        return copy

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Engram):
            return NotImplemented
        for name in Engram.model_fields:
            if name in ("features", "associations", "consolidation"):
                continue
            if getattr(self, name) != getattr(other, name):
                return False
        mine, theirs = self.features, other.features
        if mine is None or theirs is None:
            return mine is theirs
        return mine.shape == theirs.shape and mine.tobytes() == theirs.tobytes()

    def __hash__(self) -> int:
        return hash(self.engram_id)


def canonical_content(content: str) -> str:
    """NFC, white space trimmed and collapsed, case kept.

    >>> canonical_content("  We met\\n Dana ")
    'We met Dana'
    """
    return " ".join(unicodedata.normalize("NFC", content).split())


def check_engram(value: object) -> Engram:
    """An engram, which may have been made without checks, after them; `InvalidArgumentError` for anything else."""
    if not isinstance(value, Engram):
        raise InvalidArgumentError(f"engram: must be an Engram (got {shown(value)})")
    return value.rechecked()


def content_digest(content: str, memory_type: MemoryType, scope: str | None, speaker: str | None) -> str:
    """32 hexadecimal digits, equal exactly for the same content of the same type, scope and speaker."""
    parts = (canonical_content(content), memory_type.value, scope, speaker)
    return hashlib.blake2b(repr(parts).encode("utf-8"), digest_size=16).hexdigest()
