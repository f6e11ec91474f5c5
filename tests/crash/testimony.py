"""What somebody who wakes finds: through the verbs of the brain, and in its store."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from neuro import Brain, Engram, EngramNotFoundError

ALL = 1_000_000
"""More than any child remembers."""
EVER = 1e11
"""Seconds in which whatever is on the agenda is due."""
_PAGE = 500
_INTERVIEWED = 4
"""Engrams that are sought by their own content, which takes a recall each."""


def state_of(engram: Engram) -> dict[str, Any]:
    """What must be found again of an engram, bit for bit; JSON keeps floats."""
    trace = engram.trace
    return {
        "id": engram.engram_id,
        "content": engram.content,
        "revision": engram.revision,
        "accesses": trace.access_count,
        "exposures": trace.exposures,
        "half_life": trace.half_life,
        "last_access": trace.last_access,
        "pinned": engram.pinned,
        "target": engram.target_retention,
    }


async def testify(brain: Brain, rng: random.Random, forgotten: Sequence[str]) -> dict[str, Any]:
    """Everything that is there; changes nothing.

    Args:
        forgotten: ids that `Brain.get` is asked for and must not show.
    """
    listed = await brain.list(limit=ALL, dormant=True)
    owners: dict[str, list[str]] = {}
    for region in brain.regions.values():
        store = getattr(region, "store", None)
        after: str | None = None
        while store is not None:
            page = await store.scan(after=after, limit=_PAGE)
            for engram in page:
                owners.setdefault(engram.engram_id, []).append(region.name)
            if len(page) < _PAGE:
                break
            after = page[-1].engram_id
    links = await brain.store.links(sorted(owners))
    asked = rng.sample(listed, min(_INTERVIEWED, len(listed)))
    store = brain.store
    return {
        "listed": [state_of(engram) for engram in listed],
        "owners": owners,
        "links": [link[:2] for outgoing in links for link in outgoing],
        "held": [chunk.engram_id for chunk in brain.working_memory],
        "found": {engram.engram_id: await seek(brain, engram.content) for engram in asked},
        "agenda": [review.engram.engram_id for review in await brain.schedule.due(within=EVER, limit=ALL)],
        "shown": [i for i in forgotten if await look(brain, i) is not None],
        "flaws": [f"{f.key}: {f.problem}" for f in await store.verify()] if hasattr(store, "verify") else [],
        "brain_time": brain.time.now(),
        "sleeps": brain.inspect().sleeps,
    }


async def seek(brain: Brain, content: str) -> list[str]:
    """Ids that a content brings back; counts nothing."""
    found = await brain.recall(content, limit=ALL, update=False, strict=True)
    return [r.engram.engram_id for r in found]


async def look(brain: Brain, engram_id: str) -> Engram | None:
    """An engram, None when there is none."""
    try:
        return await brain.get(engram_id)
    except EngramNotFoundError:
        return None
