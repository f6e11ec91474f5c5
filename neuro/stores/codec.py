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


def load_json(key: str, value: str | bytes) -> Any:
    """A JSON value; raises CorruptRecordError, naming ``key``, when it is none."""
    try:
        return json.loads(value)
    except ValueError as exc:
        raise CorruptRecordError(f"{key}: {exc}") from None


def unpack(key: str, document: str | bytes, dynamics: str | bytes, features: bytes) -> Engram:
    """The engram again.

    Raises:
        CorruptRecordError: the pieces are not those of an engram; names ``key`` and the schema version.
    """
    schema: Any = "unknown"
    try:
        fields: dict[str, Any] = from_json(document, allow_inf_nan=False)
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
        fields.update(from_json(dynamics, allow_inf_nan=False))
        return Engram(**fields)
    except CorruptRecordError:
        raise
    except (ValueError, KeyError, TypeError, NeuroError) as exc:
        raise CorruptRecordError(f"{key} (schema version {schema}): {exc}") from None


def _apart(packed: bytes, counts: list[int], dimension: int) -> tuple[bytes, TokenVectors]:
    """Features and tokens from the bytes that hold both."""
    size = sum(counts)
    rest = len(packed) - size * (4 + dimension)
    pieces = np.frombuffer(packed, dtype="<i4", count=size, offset=rest).astype(np.int32, copy=False)
    rows = np.frombuffer(packed, dtype=np.int8, offset=rest + 4 * size).reshape(size, dimension)
    return packed[:rest], TokenVectors(rows, pieces, counts)
