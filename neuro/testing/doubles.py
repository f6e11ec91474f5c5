"""Doubles of a store: wrappers that interleave, count or fail, and otherwise answer as what they wrap.

Each is a `StoreWrapper`, whose one hook `around` sees every verb of the store and of its regions.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from neuro.engram import Engram
from neuro.errors import InvalidArgumentError, StoreClosedError, StoreUnavailableError
from neuro.stores.base import (
    Agenda,
    Change,
    Contents,
    EngramStore,
    Flaw,
    Health,
    Kept,
    Lease,
    Link,
    News,
    Placed,
    Quarantined,
    Store,
    Write,
)

T = TypeVar("T")

_SUSPENSIONS = (0, 0, 1, 1, 2, 3, 3, 15)

VERBS = frozenset(
    name for name, member in [*vars(Store).items(), *vars(EngramStore).items()] if iscoroutinefunction(member)
)
"""Every awaited verb of a store and of its regions."""

_ENGRAM_READS = ("get", "kept", "scan", "amend")


class StoreWrapper:
    """A store around another one: every verb is carried out by `around`, which subclasses extend."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.url = inner.url
        self.durable = inner.durable
        self.remote = inner.remote
        self._regions: dict[str, EngramsWrapper] = {}

    async def around(self, verb: str, call: Callable[[], Awaitable[T]], *, written: int = 0) -> T:
        """Carries out ``verb`` by awaiting ``call``; ``written`` is how many records it writes."""
        return await call()

    def wrap(self, inner: EngramStore) -> EngramsWrapper:
        """What stands for a region's engrams."""
        return EngramsWrapper(inner, self)

    def engrams(self, region: str) -> EngramsWrapper:
        if region not in self._regions:
            self._regions[region] = self.wrap(self.inner.engrams(region))
        return self._regions[region]

    async def links(self, engram_ids: Sequence[str]) -> list[list[Link]]:
        return await self.around("links", lambda: self.inner.links(engram_ids))

    async def read_documents(self, keys: Sequence[str]) -> list[Any]:
        return await self.around("read_documents", lambda: self.inner.read_documents(keys))

    async def amend_document(self, key: str, change: Callable[[Any], Any]) -> Any:
        return await self.around("amend_document", lambda: self.inner.amend_document(key, change), written=1)

    async def write(self, writes: Sequence[Write], *, op_id: str | None = None) -> None:
        return await self.around("write", lambda: self.inner.write(writes, op_id=op_id), written=len(writes))

    async def news(self, since: str | None) -> News:
        return await self.around("news", lambda: self.inner.news(since))

    async def beat(self, writer: str, at: float) -> None:
        return await self.around("beat", lambda: self.inner.beat(writer, at))

    async def retire(self, writer: str) -> None:
        return await self.around("retire", lambda: self.inner.retire(writer))

    async def adopt(
        self, region: str, writer: str, *, silent_since: float, ahead_of: float = math.inf
    ) -> list[str]:
        return await self.around(
            "adopt",
            lambda: self.inner.adopt(region, writer, silent_since=silent_since, ahead_of=ahead_of),
        )

    async def acquire(self, holder: str, *, now: float, until: float) -> Lease:
        return await self.around("acquire", lambda: self.inner.acquire(holder, now=now, until=until))

    async def renew(self, lease: Lease, *, until: float) -> bool:
        return await self.around("renew", lambda: self.inner.renew(lease, until=until))

    async def release(self, lease: Lease) -> None:
        return await self.around("release", lambda: self.inner.release(lease))

    async def contents(self) -> Contents:
        return await self.around("contents", self.inner.contents)

    async def health(self) -> Health:
        return await self.around("health", self.inner.health)

    async def verify(self, *, repair: bool = False) -> list[Flaw]:
        return await self.around("verify", lambda: self.inner.verify(repair=repair))

    async def quarantine(self) -> list[Quarantined]:
        return await self.around("quarantine", self.inner.quarantine)

    async def discard(self, keys: Sequence[str]) -> None:
        return await self.around("discard", lambda: self.inner.discard(keys))

    async def scrub(self) -> tuple[str, ...]:
        return await self.around("scrub", self.inner.scrub)

    async def aclose(self) -> None:
        return await self.around("aclose", self.inner.aclose)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.inner!r})"


class EngramsWrapper:
    """A region's engrams around others; every verb is carried out by the `around` of ``owner``."""

    def __init__(self, inner: EngramStore, owner: StoreWrapper) -> None:
        self.inner = inner
        self.region = inner.region
        self._around = owner.around

    async def insert(self, items: Sequence[Placed], *, writer: str | None = None) -> None:
        return await self._around(
            "insert", lambda: self.inner.insert(items, writer=writer), written=len(items)
        )

    async def amend(self, engram_ids: Sequence[str], change: Change, *, op_id: str) -> list[Engram]:
        return await self._around(
            "amend", lambda: self.inner.amend(engram_ids, change, op_id=op_id), written=len(engram_ids)
        )

    async def delete(self, engram_id: str, *, revision: int | None = None) -> bool:
        return await self._around(
            "delete", lambda: self.inner.delete(engram_id, revision=revision), written=1
        )

    async def get(self, engram_ids: Sequence[str]) -> list[Engram | None]:
        return await self._around("get", lambda: self.inner.get(engram_ids))

    async def kept(self, engram_ids: Sequence[str]) -> list[Kept | None]:
        return await self._around("kept", lambda: self.inner.kept(engram_ids))

    async def find(self, digests: Sequence[str]) -> list[str | None]:
        return await self._around("find", lambda: self.inner.find(digests))

    async def scan(self, *, after: str | None = None, limit: int = 500) -> list[Engram]:
        return await self._around("scan", lambda: self.inner.scan(after=after, limit=limit))

    async def due(self, before: float, *, limit: int) -> list[str]:
        return await self._around("due", lambda: self.inner.due(before, limit=limit))

    async def demote(self, engram_ids: Sequence[str], before: float) -> list[str]:
        return await self._around(
            "demote", lambda: self.inner.demote(engram_ids, before), written=len(engram_ids)
        )

    async def upcoming(self, agenda: Agenda, before: float, *, limit: int) -> list[tuple[str, float]]:
        return await self._around("upcoming", lambda: self.inner.upcoming(agenda, before, limit=limit))

    async def count(self, before: float) -> tuple[int, int]:
        return await self._around("count", lambda: self.inner.count(before))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.inner!r})"


class KeptOpen(StoreWrapper):
    """A client of a store that stays open: closing it closes only itself, as with a server. Whatever it wraps counts
    as durable, so a brain over a memory store can be closed, and reopened through a new client.
    """

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.durable = True
        self._closed = False

    async def around(self, verb: str, call: Callable[[], Awaitable[T]], *, written: int = 0) -> T:
        if self._closed:
            raise StoreClosedError("this store is closed")
        return await call()

    async def aclose(self) -> None:
        self._closed = True


class InterleavingStore(StoreWrapper):
    """Suspends before and after every verb, so that tasks meet in every order that ``rng`` draws.

    Args:
        inner: the store that answers.
        rng: draws how often each verb lets the other tasks run: up to 3 times on each side, now and then 15.
    """

    def __init__(self, inner: Store, rng: random.Random) -> None:
        super().__init__(inner)
        self._rng = rng

    async def around(self, verb: str, call: Callable[[], Awaitable[T]], *, written: int = 0) -> T:
        await self._suspend()
        result = await call()
        await self._suspend()
        return result

    async def _suspend(self) -> None:
        for _ in range(self._rng.choice(_SUSPENSIONS)):
            await asyncio.sleep(0)


class CountingStore(StoreWrapper):
    """Counts, by name of the verb: ``calls``; records ``read`` (engrams, ids, links, documents, happenings or flaws
    answered); records ``written`` (those that it was given to write or remove).
    """

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.reset()

    def reset(self) -> None:
        """Counts from zero again."""
        self.calls: Counter[str] = Counter()
        self.read: Counter[str] = Counter()
        self.written: Counter[str] = Counter()

    @property
    def engrams_read(self) -> int:
        """Whole engrams answered by `get`, `kept`, `scan` and `amend`."""
        return sum(self.read[verb] for verb in _ENGRAM_READS)

    async def around(self, verb: str, call: Callable[[], Awaitable[T]], *, written: int = 0) -> T:
        self.calls[verb] += 1
        result = await call()
        self.read[verb] += _records(verb, result)
        self.written[verb] += written
        return result


def _records(verb: str, result: object) -> int:
    """Records in the answer of a verb; sums such as `count` hold none."""
    if verb == "amend_document":
        return 1
    if isinstance(result, News):
        return len(result.happened)
    if not isinstance(result, list):
        return 0
    answered = cast("list[Any]", result)
    if verb == "links":
        return sum(len(outgoing) for outgoing in answered)
    return sum(record is not None for record in answered)


class FailingStore(StoreWrapper):
    """Fails on demand.

    While ``down`` is True every verb raises StoreUnavailableError, but for `aclose`, which needs no server.

    Args:
        inner: the store that answers.
        remote: whether it passes for one that may be out of reach for a while.
    """

    def __init__(self, inner: Store, *, remote: bool = True) -> None:
        super().__init__(inner)
        self.remote = remote
        self.down = False
        self._failures: defaultdict[str, deque[tuple[Exception | None, bool]]] = defaultdict(deque)

    def fail_next(self, verb: str, error: Exception, *, reply_lost: bool = False, after: int = 0) -> None:
        """The next ``verb`` raises ``error``; several calls queue up.

        Args:
            verb: one of `VERBS`.
            error: what it raises.
            reply_lost: the verb is carried out all the same, only its answer is lost.
            after: how many calls of it succeed before.
        """
        if verb not in VERBS:
            raise InvalidArgumentError(f"verb: must be one of {', '.join(sorted(VERBS))} (got {verb!r})")
        self._failures[verb].extend([(None, False)] * after)
        self._failures[verb].append((error, reply_lost))

    def recover(self) -> None:
        """All is well again: it is up, and failures that have not happened yet never will."""
        self.down = False
        self._failures.clear()

    async def around(self, verb: str, call: Callable[[], Awaitable[T]], *, written: int = 0) -> T:
        if self.down and verb != "aclose":
            raise StoreUnavailableError(f"{self.url} is down")
        error, reply_lost = self._failures[verb].popleft() if self._failures[verb] else (None, False)
        if error is not None and not reply_lost:
            raise error
        result = await call()
        if error is not None:
            raise error
        return result
