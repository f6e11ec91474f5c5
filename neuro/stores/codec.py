"""Engrams as bytes: what never changes apart from what does, features apart from both.

A document is written once; the dynamics are small and written at every change. Python's JSON writes floats
by their shortest exact form, so every number comes back bit for bit. What is read is validated as what a caller
gives: that takes a third of the time, and a record that cannot be an engram never becomes one.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np
from pydantic_core import from_json

from neuro.engram import Engram, TokenVectors
from neuro.errors import CorruptRecordError, NeuroError

SCHEMA_VERSION = 2
"""Of engrams with vectors of their tokens; those without are written and read as ever."""
_WITHOUT_TOKENS = 1

_DYNAMIC = ("trace", "pinned", "superseded_by", "target_retention", "revision", "salience", "reliability")
_APART = ("features", "tokens", "associations")
_GIVEN = " (got "
"""What follows in a message is content, which is not for logs."""


class Packed(NamedTuple):
    """An engram in three pieces."""

    document: str
    dynamics: str
    features: bytes
    """float16 rows, little-endian, as many as the document says, then int32 pieces, little-endian, and int8 rows of
    tokens, if the document says so; empty without features and tokens."""


def pack(engram: Engram) -> Packed:
    """The three pieces of an engram."""
    fields = engram.model_dump(mode="json", exclude={*_DYNAMIC, *_APART})
    fields["shape"] = None if engram.features is None else list(engram.features.shape)
    features = b"" if engram.features is None else engram.features.astype("<f2").tobytes()
    fields["schema"] = _WITHOUT_TOKENS
    if (tokens := engram.tokens) is not None:
        fields |= {
            "schema": SCHEMA_VERSION,
            "tokens": [*tokens.counts],
            "token_dimension": tokens.rows.shape[1],
        }
        features += tokens.pieces.astype("<i4").tobytes() + tokens.rows.tobytes()
    return Packed(json.dumps(fields, ensure_ascii=False), pack_dynamics(engram), features)


def pack_dynamics(engram: Engram) -> str:
    """Only what changes."""
    return json.dumps(engram.model_dump(mode="json", include=set(_DYNAMIC)))


def is_utf8(text: str | bytes) -> bool:
    """Whether a text, as a store has read it, is one: a str is not if it has lone surrogates in place of bytes."""
    if text.isascii():
        return True
    try:
        if isinstance(text, str):
            text.encode("utf-8")
        else:
            text.decode("utf-8")
    except UnicodeError:
        return False
    return True


def load_json(key: str, value: str | bytes) -> Any:
    """A JSON value; raises CorruptRecordError, naming ``key``, when it is none."""
    if not is_utf8(value):
        raise CorruptRecordError(f"{key}: is not UTF-8")
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as exc:
        raise CorruptRecordError(f"{key}: {exc}") from None


def load_operations(key: str, value: str | bytes) -> list[Any]:
    """The operations that an engram remembers; raises CorruptRecordError, naming ``key``, when they are none."""
    operations = load_json(key, value)
    if not isinstance(operations, list):
        raise CorruptRecordError(f"{key}: the operations that it remembers are no list")
    return operations  # pyright: ignore[reportUnknownVariableType]


def unpack(key: str, document: str | bytes, dynamics: str | bytes, features: bytes) -> Engram:
    """The engram again.

    Raises:
        CorruptRecordError: the pieces are not those of an engram; names ``key`` and the schema version.
    """
    schema: Any = "unknown"
    try:
        fields = _fields(document)
        schema = fields.pop("schema")
        if schema not in (_WITHOUT_TOKENS, SCHEMA_VERSION):
            raise CorruptRecordError(
                f"{key}: schema version {schema}, this neuro reads up to {SCHEMA_VERSION}"
            )
        shape = fields.pop("shape")
        if schema == SCHEMA_VERSION:
            features, fields["tokens"] = _apart(features, fields["tokens"], fields.pop("token_dimension"))
        if shape is not None:
            rows = np.frombuffer(features, dtype="<f2").reshape(shape)  # read-only, as bytes are
            fields["features"] = rows.astype(np.float16, copy=False)
        fields.update(_fields(dynamics))
        return Engram(**fields)
    except CorruptRecordError:
        raise
    except (ValueError, KeyError, TypeError, OverflowError, NeuroError) as exc:
        garbled = not (is_utf8(document) and is_utf8(dynamics))
        problem = "is not UTF-8" if garbled else str(exc).partition(_GIVEN)[0]
        raise CorruptRecordError(f"{key} (schema version {schema}): {problem}") from None


def _fields(piece: str | bytes) -> dict[str, Any]:
    fields = from_json(piece, allow_inf_nan=False)
    if not isinstance(fields, dict):
        raise TypeError("is no JSON object")
    return fields  # pyright: ignore[reportUnknownVariableType]


def unpack_as(engram_id: str, key: str, *pieces: Any) -> Engram:
    """The engram again; CorruptRecordError also if it is not the one of this id."""
    engram = unpack(key, *pieces)
    if engram.engram_id != engram_id:
        raise CorruptRecordError(f"{key}: is the record of {engram.engram_id}")
    return engram


def _apart(packed: bytes, counts: list[int], dimension: int) -> tuple[bytes, TokenVectors]:
    """Features and tokens from the bytes that hold both."""
    size = sum(counts)
    rest = len(packed) - size * (4 + dimension)
    pieces = np.frombuffer(packed, dtype="<i4", count=size, offset=rest).astype(np.int32, copy=False)
    rows = np.frombuffer(packed, dtype=np.int8, offset=rest + 4 * size).reshape(size, dimension)
    return packed[:rest], TokenVectors(rows, pieces, counts)
