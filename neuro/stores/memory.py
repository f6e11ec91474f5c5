"""The store that keeps nothing: dicts of one process, the reference for all others."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

from neuro.ids import is_engram_id
from neuro.stores.base import (
    Contents,
    Document,
    Flaw,
    Health,
    Insert,
    Lease,
    Link,
    News,
    Quarantined,
    Remove,
    Replace,
    Unlink,
    Write,
)
from neuro.stores.memory_engrams import OPERATIONS_REMEMBERED, MemoryEngrams, Plan, same_memory
from neuro.stores.memory_ledger import NEWS_REMEMBERED, Ledger

__all__ = [
    "NEWS_REMEMBERED",
    "OPERATIONS_REMEMBERED",
    "WRITES_REMEMBERED",
    "MemoryEngrams",
    "MemoryStore",
    "same_memory",
]

WRITES_REMEMBERED = 10_000
"""How many operation ids of writes a store remembers, so that one repeated after a lost reply counts once."""

_NO_LEASE = Lease("", 0, -math.inf)


class MemoryStore:
    """`neuro.stores.base.Store` in the memory of one process; nothing is kept."""

    url = "memory://"
    durable = False
    remote = False

    def __init__(self) -> None:
        self._ledger = Ledger()
        self._regions: dict[str, MemoryEngrams] = {}
        self._links: dict[str, dict[tuple[str, str], float]] = {}
        self._linkers: dict[str, dict[tuple[str, str], None]] = {}
        self._documents: dict[str, str] = {}
        self._operations: dict[str, None] = {}
        self._beats: dict[str, float] = {}
        self._lease = _NO_LEASE

    def engrams(self, region: str) -> MemoryEngrams:
        if region not in self._regions:
            self._regions[region] = MemoryEngrams(region, self._ledger)
        return self._regions[region]

    async def links(self, engram_ids: Sequence[str]) -> list[list[Link]]:
        self._ledger.check_open()
        return [self._outgoing(source) for source in engram_ids]

    def _outgoing(self, source: str) -> list[Link]:
        outgoing = sorted(self._links.get(source, {}).items())
        return [Link(source, target, kind, weight) for (target, kind), weight in outgoing]

    async def read_documents(self, keys: Sequence[str]) -> list[Any]:
        self._ledger.check_open()
        return [self._document(key) for key in keys]

    def _document(self, key: str) -> Any:
        return json.loads(self._documents.get(key, "null"))

    async def amend_document(self, key: str, change: Callable[[Any], Any]) -> Any:
        self._ledger.check_writable()
        self._set_document(key, json.dumps(change(self._document(key))))
        return self._document(key)

    def _set_document(self, key: str, text: str) -> None:
        if text == "null":
            self._documents.pop(key, None)
        else:
            self._documents[key] = text

    # Writing

    async def write(self, writes: Sequence[Write], *, op_id: str | None = None) -> None:
        self._ledger.check_writable()
        if op_id in self._operations:
            return
        plan = Plan(self._ledger)
        documents: dict[str, str] = {}
        links: list[Link | Unlink] = []
        for write in writes:
            match write:
                case Insert(region, placed, writer):
                    plan.insert(self.engrams(region), placed, writer)
                case Remove(region, engram_id, revision):
                    plan.remove(self.engrams(region), engram_id, revision)
                case Replace(region, placed, revision):
                    plan.replace(self.engrams(region), placed, revision)
                case Document(key, value):
                    documents[key] = json.dumps(value)
                case Link() if self._gone(write, plan):
                    pass  # as it would be if the writes before it had been carried out
                case Link() | Unlink():
                    links.append(write)
        plan.carry_out()
        for key, text in documents.items():
            self._set_document(key, text)
        for write in links:
            if isinstance(write, Link):
                self._link(write)
            else:
                self._unlink(write.engram_id)
        if op_id is not None:
            self._operations[op_id] = None
            if len(self._operations) > WRITES_REMEMBERED:
                del self._operations[next(iter(self._operations))]

    def _link(self, link: Link) -> None:
        source, target, kind, weight = link
        if weight == 0.0:
            self._cut(source, target, kind)
        else:
            self._links.setdefault(source, {})[target, kind] = weight
            self._linkers.setdefault(target, {})[source, kind] = None

    def _gone(self, link: Link, plan: Plan) -> list[str]:
        """Ends of a link that are ids of engrams that are not here, once what is planned has been done."""
        return [
            end
            for end in (link.source_id, link.target_id)
            if is_engram_id(end) and not any(plan.holds(engrams, end) for engrams in self._regions.values())
        ]

    def _unlink(self, engram_id: str) -> None:
        for target, kind in [*self._links.get(engram_id, ())]:
            self._cut(engram_id, target, kind)
        for source, kind in [*self._linkers.get(engram_id, ())]:
            self._cut(source, engram_id, kind)

    def _cut(self, source: str, target: str, kind: str) -> None:
        _drop(self._links, source, (target, kind))
        _drop(self._linkers, target, (source, kind))

    async def news(self, since: str | None) -> News:
        self._ledger.check_open()
        return self._ledger.news(since)

    # Writers

    async def beat(self, writer: str, at: float) -> None:
        self._ledger.check_open()
        self._beats[writer] = at

    async def retire(self, writer: str) -> None:
        self._ledger.check_open()
        self._beats.pop(writer, None)

    async def adopt(
        self, region: str, writer: str, *, silent_since: float, ahead_of: float = math.inf
    ) -> list[str]:
        self._ledger.check_open()

        def abandoned(other: str | None) -> bool:
            last = None if other is None else self._beats.get(other)
            return last is None or not silent_since <= last <= ahead_of

        return self.engrams(region).take_over(writer, abandoned)

    # The lease of the sleeper

    async def acquire(self, holder: str, *, now: float, until: float) -> Lease:
        self._ledger.check_open()
        if self._lease.holder == holder or self._lease.until <= now:
            self._ledger.fence += 1
            self._lease = Lease(holder, self._ledger.fence, until)
        return self._lease

    async def renew(self, lease: Lease, *, until: float) -> bool:
        self._ledger.check_open()
        if self._lease.fence != lease.fence:
            return False
        self._lease = lease._replace(until=until)
        return True

    async def release(self, lease: Lease) -> None:
        self._ledger.check_open()
        if self._lease.fence == lease.fence:
            self._lease = _NO_LEASE

    # Care

    async def contents(self) -> Contents:
        self._ledger.check_open()
        regions = sorted(name for name, engrams in self._regions.items() if len(engrams))
        return Contents(tuple(regions), tuple(sorted(self._documents)))

    async def health(self) -> Health:
        self._ledger.check_open()
        details: dict[str, str | int | float | bool] = {
            "engrams": sum(len(engrams) for engrams in self._regions.values()),
            "links": sum(len(outgoing) for outgoing in self._links.values()),
            "documents": len(self._documents),
            "writers": len(self._beats),
        }
        return Health("Nothing outlives this process.", (), details, {})

    async def verify(self, *, repair: bool = False) -> list[Flaw]:
        self._ledger.check_open()
        return [*self._owned_twice(repair), *self._leading_nowhere(repair)]

    def _owned_twice(self, repair: bool) -> list[Flaw]:
        """Engrams in several regions; mended, the newest revision stays."""
        owners: dict[str, list[MemoryEngrams]] = {}
        for engrams in self._regions.values():
            for engram in engrams.everything():
                owners.setdefault(engram.engram_id, []).append(engrams)
        flaws: list[Flaw] = []
        for engram_id, regions in owners.items():
            if len(regions) == 1:
                continue
            regions.sort(key=lambda engrams: (-_revision(engrams, engram_id), engrams.region))
            names = ", ".join(engrams.region for engrams in regions)
            flaws.append(Flaw(engram_id, f"is in several regions: {names}", repair))
            if repair:
                plan = Plan(self._ledger)
                for engrams in regions[1:]:
                    plan.remove(engrams, engram_id, None)
                plan.carry_out()
        return flaws

    def _leading_nowhere(self, repair: bool) -> list[Flaw]:
        """Links from or to what is not there; mended, they are gone."""
        flaws: list[Flaw] = []
        for link in [link for source in self._links for link in self._outgoing(source)]:
            if gone := self._gone(link, Plan(self._ledger)):
                key = f"{link.source_id} -> {link.target_id} ({link.kind})"
                flaws.append(Flaw(key, f"links what is not there: {', '.join(gone)}", repair))
                if repair:
                    self._link(link._replace(weight=0.0))
        return flaws

    async def quarantine(self) -> list[Quarantined]:
        self._ledger.check_open()
        return []

    async def discard(self, keys: Sequence[str]) -> None:
        self._ledger.check_open()

    async def scrub(self) -> tuple[str, ...]:
        self._ledger.check_open()
        return (
            "Memory that this process has freed keeps its bytes until it is used again: end the process.",
        )

    async def aclose(self) -> None:
        self._ledger.closed = True

    def __repr__(self) -> str:
        return "MemoryStore()"


def _drop(links: dict[str, dict[tuple[str, str], Any]], node: str, end: tuple[str, str]) -> None:
    ends = links.get(node, {})
    ends.pop(end, None)
    if not ends:
        links.pop(node, None)


def _revision(engrams: MemoryEngrams, engram_id: str) -> int:
    engram = engrams.look_up(engram_id)
    return -1 if engram is None else engram.revision
