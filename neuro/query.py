"""Immutable filters over engram fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from neuro.arguments import JsonObject, check_tags, shown
from neuro.engram import ConsolidationState, Context, Engram, MemoryType
from neuro.errors import InvalidArgumentError
from neuro.records import Record, Unit


class Where(Record):
    """Which engrams are meant; every condition given must hold."""

    memory_type: Annotated[MemoryType, BeforeValidator(MemoryType.of)] | None = None
    speaker: str | None = None
    tags: Annotated[tuple[str, ...], BeforeValidator(check_tags)] = ()
    """All of these."""
    context: Context = JsonObject()
    """These keys with these values, equal as JSON: 1 is 1.0, but not true."""
    encoded_from: float | None = None
    """Earliest clock time of encoding, epoch seconds, inclusive."""
    encoded_before: float | None = None
    """Latest clock time of encoding, exclusive."""
    salience_from: Unit | None = None
    pinned: bool | None = None
    inferred: bool | None = None
    """True: what nights made of what was told (`neuro.concepts`), which is shown to nobody who does not ask for it."""
    consolidation: Annotated[ConsolidationState, BeforeValidator(ConsolidationState.of)] | None = None

    @classmethod
    def of(cls, value: object) -> Where | None:
        """A filter, or the fields of one as a mapping; None asks for everything."""
        if value is None:
            return None
        if isinstance(value, Where):
            return value.rechecked()
        if isinstance(value, Mapping):
            fields: dict[str, Any] = {
                key if isinstance(key, str) else shown(key): item  # pyright: ignore[reportUnknownArgumentType]
                for key, item in value.items()  # pyright: ignore[reportUnknownVariableType]
            }
            return cls(**fields)
        raise InvalidArgumentError(f"where: must be a Where or a mapping of its fields (got {shown(value)})")

    def matches(self, engram: Engram) -> bool:
        """Whether an engram is meant; its consolidation has been filled in if that is asked for."""
        return (
            (self.memory_type is None or engram.memory_type is self.memory_type)
            and (self.speaker is None or engram.speaker == self.speaker)
            and set(self.tags) <= set(engram.tags)
            and all(
                key in engram.context and _same(engram.context[key], value)
                for key, value in self.context.items()
            )
            and (self.encoded_from is None or engram.encoded_at >= self.encoded_from)
            and (self.encoded_before is None or engram.encoded_at < self.encoded_before)
            and (self.salience_from is None or engram.salience >= self.salience_from)
            and (self.pinned is None or engram.pinned is self.pinned)
            and (self.inferred is None or engram.inferred is self.inferred)
            and (self.consolidation is None or engram.consolidation is self.consolidation)
        )


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON, where true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType, reportUnknownMemberType]
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))  # pyright: ignore[reportUnknownArgumentType]
    return one == other
