"""Copying all that one store keeps into another, while brains go on with the first.

Everything goes through the ports. What came, moved or was forgotten while the copy was made is in the news of the
source, and is looked at once more at the end: so every engram is in the copy once, and what is forgotten is not.
Who writes, who sleeps and what happened are of the place, not of the memory: they are not copied.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from neuro.errors import CorruptRecordError, InvalidArgumentError
from neuro.ids import is_engram_id
from neuro.stores.base import Document, Insert, Kept, Remove, Store, Unlink, Write

UNFINISHED_DOCUMENT = "unfinished copy"
"""In a place that is being filled; nothing else is written down there before all is in it."""

_PAGE = 200
"""Engrams that are read, and written as a whole, at once."""
_ROUNDS = 20
"""How often what happened meanwhile is made up for; after that only what moved while it was looked at."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy holds."""

    engrams: int
    documents: int
    """Of bookkeeping."""
    unreadable: tuple[str, ...]
    """Records of the source that could not be read, with the reason; they are not in the copy."""


async def copy_store(
    source: Store, target: Store, *, on_engrams: Callable[[int], object] = lambda _: None
) -> Copied:
    """Copies everything into an empty place, and verifies it there.

    An attempt that was interrupted is made anew: a place that holds nothing but the beginnings of a copy counts as
    empty.

    Args:
        source: may be written to meanwhile.
        target: nobody may be writing there.
        on_engrams: told how many engrams have been copied since it was told last.

    Raises:
        InvalidArgumentError: there is a memory in the target already, or an unfinished copy in the source.
        CorruptRecordError: the copy does not fit together.
    """
    if UNFINISHED_DOCUMENT in (await source.contents()).documents:
        raise InvalidArgumentError(f"{source.url}: holds the beginnings of a copy; finish that first")
    await _make_room(target)
    return await _Copy(source, target, on_engrams).carry_out()


async def is_vacant(store: Store) -> bool:
    """Whether a store holds nothing, or only the beginnings of a copy."""
    contents = await store.contents()
    if contents.documents:
        return contents.documents == (UNFINISHED_DOCUMENT,)
    counts = [(await store.engrams(region).count(0.0))[0] for region in contents.regions]
    return not any(counts)


async def _make_room(target: Store) -> None:
    if not await is_vacant(target):
        raise InvalidArgumentError(f"{target.url}: there is a memory already; copies go into an empty place")
    await target.write([Document(UNFINISHED_DOCUMENT, True)])
    for region in (await target.contents()).regions:
        async for ids in _pages(target, region):
            removals: list[Write] = [Remove(region, engram_id) for engram_id in ids]
            await target.write([*removals, *map(Unlink, ids)])


async def _pages(store: Store, region: str) -> AsyncGenerator[list[str]]:
    """Ids of all engrams of a region, in order; what comes while the last of them are read is left to the news."""
    ids: list[str] = []
    while not ids or len(ids) == _PAGE:
        page = await store.engrams(region).scan(after=ids[-1] if ids else None, limit=_PAGE)
        if not page:
            return
        ids = [engram.engram_id for engram in page]
        yield ids


class _Copy:
    def __init__(self, source: Store, target: Store, on_engrams: Callable[[int], object]) -> None:
        self._source = source
        self._target = target
        self._on_engrams = on_engrams
        self._homes: dict[str, str] = {}
        """The region of each engram in the copy."""
        self._nodes: set[str] = set()
        """What engrams are linked to that is none."""
        self._documents: dict[str, Any] = {}

    async def carry_out(self) -> Copied:
        position = (await self._source.news(None)).position
        for region in (await self._source.contents()).regions:
            async for ids in _pages(self._source, region):
                kept = await self._source.engrams(region).kept(ids)
                await self._put({i: (region, k) for i, k in zip(ids, kept, strict=True) if k is not None})
                self._on_engrams(len(ids))
        await self._link(self._homes)
        await self._catch_up(position)
        left = [flaw for flaw in await self._target.verify(repair=True) if not flaw.repaired]
        if left:
            raise CorruptRecordError(f"{self._target.url}: {left[0].key}: {left[0].problem} (in the copy)")
        documents = [Document(key, value) for key, value in self._documents.items()]
        await self._target.write([*documents, Document(UNFINISHED_DOCUMENT, None)])
        unreadable = (await self._source.health()).quarantined
        return Copied(len(self._homes), len(documents), unreadable)

    async def _catch_up(self, position: str) -> None:
        """Makes up for what happened since ``position``, until nothing has."""
        rounds, last = 0, set[str]()
        while True:
            await self._read_documents()  # after the engrams: their brain time is not behind theirs
            news = await self._source.news(position)
            position, happened = news.position, {engram_id for _, engram_id in news.happened}
            if news.gap:
                happened = {*self._homes, *await self._all_ids()}
            rounds += 1
            if rounds > _ROUNDS:
                happened &= last
            if not happened:
                return
            for ids in _batches(sorted(happened)):
                await self._settle(ids)
            last = happened

    async def _read_documents(self) -> None:
        keys = (await self._source.contents()).documents
        values = await self._source.read_documents(keys)
        self._documents = {key: v for key, v in zip(keys, values, strict=True) if v is not None}

    async def _all_ids(self) -> list[str]:
        regions = (await self._source.contents()).regions
        return [i for region in regions async for ids in _pages(self._source, region) for i in ids]

    async def _settle(self, engram_ids: Sequence[str]) -> None:
        """Puts engrams where they are by now, with their links; takes out what is gone."""
        found: dict[str, tuple[str, Kept]] = {}
        for region in (await self._source.contents()).regions:
            kept = await self._source.engrams(region).kept(engram_ids)
            found |= {i: (region, k) for i, k in zip(engram_ids, kept, strict=True) if k is not None}
        await self._put(found)
        gone = [(i, self._homes.pop(i)) for i in engram_ids if i not in found and i in self._homes]
        removals: list[Write] = [Remove(home, engram_id) for engram_id, home in gone]
        await self._target.write([*removals, *(Unlink(engram_id) for engram_id, _ in gone)])
        await self._link(await self._link([*found]))  # and back

    async def _put(self, found: dict[str, tuple[str, Kept]]) -> None:
        """Engrams into regions of the copy, and out of those where they were."""
        writes: list[Write] = []
        dormant: defaultdict[str, list[str]] = defaultdict(list)
        for engram_id, (region, kept) in found.items():
            if engram_id in self._homes:
                writes.append(Remove(self._homes[engram_id], engram_id))
            writes.append(Insert(region, kept.placed))
            self._homes[engram_id] = region
            if kept.dormant:
                dormant[region].append(engram_id)
        await self._target.write(writes)
        for region, ids in dormant.items():
            await self._target.engrams(region).demote(ids, math.inf)

    async def _link(self, sources: Iterable[str]) -> list[str]:
        """Outgoing links of engrams and other nodes, and of nodes to which these lead that were not known; returns
        where they lead. A store keeps none that lead to what it does not hold."""
        ends, waiting = set[str](), sorted(sources)
        while waiting:
            reached = set[str]()
            for nodes in _batches(waiting):
                outgoing = await self._source.links(nodes)
                await self._target.write([link for links in outgoing for link in links])
                reached |= {link.target_id for links in outgoing for link in links}
            ends |= reached
            waiting = sorted(node for node in reached - self._nodes if not is_engram_id(node))
            self._nodes |= set(waiting)
        return sorted(ends)


def _batches(ids: Iterable[str]) -> list[list[str]]:
    listed = list(ids)
    return [listed[i : i + _PAGE] for i in range(0, len(listed), _PAGE)]
