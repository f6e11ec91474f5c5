"""What children told of their acts, and what may be true after acts of which nobody knows whether they happened."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Facts = dict[str, Any]

_STALL = 1.5
"""Seconds; an answer of a store is waited for 2 s."""


@dataclass(slots=True, eq=False)
class Act:
    """One act of a child; without an outcome nobody knows whether it happened."""

    child: int
    name: str
    about: Facts
    began: float
    ended: float = math.inf
    done: Facts | None = None
    failed: str | None = None
    block: Act | None = None
    """The transaction that it was a part of."""

    @property
    def certain(self) -> bool:
        """Whether it is known to have happened."""
        return self.done is not None

    @property
    def perhaps(self) -> bool:
        """Whether it may have happened: what is refused has not, but what is out of reach may have been."""
        return self.done is None and self.failed not in ("EngramNotFoundError", "BufferFullError")

    @property
    def ids(self) -> list[str]:
        """Engrams that it was to change."""
        return [part["id"] for part in self.about.get("parts", [self.about]) if "id" in part]

    @property
    def stalled(self) -> bool:
        """Whether it took so long that its store may have been given up: a machine may stand still for seconds."""
        return self.ended - self.began > _STALL

    def parts(self) -> list[Act]:
        """Itself; of a transaction what it was to do, of one that was broken off on purpose nothing."""
        if self.name != "transaction":
            return [self]
        if self.about["regretted"]:
            return []
        told: list[Facts] = self.about["parts"]
        outcomes = [None] * len(told) if self.done is None else self.done["parts"]
        return [
            Act(self.child, part["act"], part, self.began, self.ended, outcome, self.failed, self)
            for part, outcome in zip(told, outcomes, strict=True)
        ]


def read_acts(child: int, messages: Iterable[Facts]) -> list[Act]:
    """What a child did, from what it told."""
    acts: dict[int, Act] = {}
    for message in messages:
        if "act" in message:
            acts[message["n"]] = Act(child, message["act"], message, message["at"])
        elif "n" in message:
            act = acts[message["n"]]
            act.ended = message["at"]
            act.done, act.failed = message.get("done"), message.get("failed")
    return [*acts.values()]


class _Try(NamedTuple):
    """When a value began and ended to be set; ``inf``: it may not have happened."""

    value: object
    began: float
    ended: float
    block: Act | None


class Setting:
    """What a value may be after acts that set it, of which some met and some may not have happened."""

    def __init__(self, value: object) -> None:
        self._tried = [_Try(value, -math.inf, -math.inf, None)]

    def set(self, value: object, act: Act) -> None:
        """An act that sets it."""
        self._tried.append(_Try(value, act.began, act.ended if act.certain else math.inf, act.block))

    def possible(self) -> list[object]:
        """Values of acts after which nothing is known to have set it anew."""
        latest = max(attempt.began for attempt in self._tried if attempt.ended < math.inf)
        return [attempt.value for attempt in self._tried if attempt.ended >= latest]

    def tells(self, value: object, block: Act) -> bool | None:
        """Whether its value says that a transaction happened; None where it does not tell."""
        before, *tried = self._tried
        if len(tried) != 1 or tried[0].block is not block or tried[0].value == before.value:
            return None
        return value == tried[0].value


@dataclass(slots=True)
class Known:
    """An engram that is there."""

    content: str
    state: Facts
    """As it was last seen, at its highest revision."""
    since: float = -math.inf
    """When it was acknowledged."""
    doubtful: int | None = None
    """Child that had it in its buffer only when the perceive returned, until it closes in order."""
    accesses: Counter[str] = field(default_factory=Counter)
    """Least and most."""
    exposures: Counter[str] = field(default_factory=Counter)
    pinned: Setting = field(default_factory=lambda: Setting(False))
    target: Setting = field(default_factory=lambda: Setting(None))
    forgetting: list[Act] = field(default_factory=list[Act])
    """What tried to forget it."""
    region: str | None = None
    """Where a night brought it."""
    wired: set[str] = field(default_factory=set)
    """What it was bound to when it was perceived, until a night."""

    @property
    def sure(self) -> bool:
        """Whether it must be there."""
        return not self.forgetting and self.doubtful is None


def seen(state: Facts) -> Known:
    """An engram as somebody has just found it."""
    return Known(
        state["content"],
        state,
        accesses=Counter(least=state["accesses"], most=state["accesses"]),
        exposures=Counter(least=state["exposures"], most=state["exposures"]),
        pinned=Setting(state["pinned"]),
        target=Setting(state["target"]),
    )
