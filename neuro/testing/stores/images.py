"""All that a store shows, to see that nothing has changed."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from neuro.stores.base import Agenda, Store
from neuro.testing.expect import exact
from neuro.testing.samples import sample_id
from neuro.testing.stores.engrams import REGION

HIPPOCAMPUS, CEREBELLUM = "hippocampus", "cerebellum"
REGIONS = (HIPPOCAMPUS, REGION, CEREBELLUM)
"""The regions that checks of whole stores use."""

_IDS = [sample_id(number) for number in range(16)]
_DOCUMENTS = ("a", "b", "c")
_ALL = 10**6


async def image_of(store: Store) -> list[object]:
    """Engrams and indexes of the `REGIONS`, links of the first sample ids, documents a, b and c."""
    shown: list[object] = []
    for region in REGIONS:
        engrams = store.engrams(region)
        shown += [exact(engram) for engram in await engrams.scan(limit=_ALL)]
        shown += [await engrams.due(math.inf, limit=_ALL), await engrams.count(math.inf)]
        shown += [await engrams.upcoming(agenda, math.inf, limit=_ALL) for agenda in Agenda]
    shown += [sorted(outgoing) for outgoing in await store.links(_IDS)]
    return [*shown, *await store.read_documents(_DOCUMENTS)]


@asynccontextmanager
async def nothing_changes(store: Store, what: str) -> AsyncGenerator[None]:
    """The block must leave a store as it is, and bring no news; ``what`` says what would have changed it."""
    before, position = await image_of(store), (await store.news(None)).position
    yield
    assert await image_of(store) == before, f"{what} changed something"
    news = await store.news(position)
    assert not news.happened and not news.gap, f"{what} was news"
