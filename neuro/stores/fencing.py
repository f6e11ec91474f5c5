"""Writes that are refused once somebody else has got the lease.

A sleeper that was paused past its lease cannot know it: so each of its writes carries the number of its lease, and
the store refuses those with less than the highest it has given (Kleppmann 2016).
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_FENCE: ContextVar[int | None] = ContextVar("neuro_fence", default=None)


@contextmanager
def fenced(fence: int | None) -> Generator[None]:
    """Everything written inside, by this task and those it starts, is done under the lease of this number, or none."""
    token = _FENCE.set(fence)
    try:
        yield
    finally:
        _FENCE.reset(token)


def current_fence() -> int | None:
    """Number of the lease under which a store is asked to write; None: under none, which is never refused."""
    return _FENCE.get()
