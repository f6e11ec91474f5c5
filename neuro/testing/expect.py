"""What the checks expect, without a test framework: plain assertions, so run them without ``python -O``."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager

from neuro.engram import Engram


@contextmanager
def raises(*errors: type[Exception]) -> Generator[None, None, None]:
    """The block must raise one of ``errors``; any other error passes through."""
    try:
        yield
    except errors:
        return
    raise AssertionError(f"nothing was raised where {' or '.join(e.__name__ for e in errors)} was expected")


def in_order(engrams: Iterable[Engram]) -> list[Engram]:
    """In order of id."""
    return sorted(engrams, key=lambda engram: engram.engram_id)


def exact(engram: Engram) -> str:
    """Every bit of a record: unlike ``==`` it tells 1 from 1.0 and from true, and 0.0 from -0.0."""
    return json.dumps(engram.model_dump(mode="json"), sort_keys=True)


def assert_same(found: Sequence[Engram | None], expected: Sequence[Engram | None]) -> None:
    """The same engrams, bit for bit and in the same order."""
    assert len(found) == len(expected), f"{len(found)} engrams where {len(expected)} were expected"
    for one, other in zip(found, expected, strict=True):
        if one is None or other is None:
            assert one is other, f"{one!r} where {other!r} was expected"
            continue
        assert one == other, f"{one!r} where {other!r} was expected"
        assert exact(one) == exact(other), f"{exact(one)} where {exact(other)} was expected"
