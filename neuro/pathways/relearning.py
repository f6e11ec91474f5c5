"""Opening a store under another law of forgetting than the one it was filled under.

Traces are the same for every law. What a law decides and a store keeps are the instants at which nights have to
look at an engram: these are computed anew, once, which costs what is stored.
"""

from __future__ import annotations

import hashlib
import logging

from neuro.engram import Engram
from neuro.pathways.life import operation_id
from neuro.regions.anatomy import Anatomy
from neuro.regions.memory_region import MemoryRegion

_BATCH = 500
_logger = logging.getLogger("neuro")


def laws(anatomy: Anatomy) -> dict[str, str]:
    """What tells one law from another, by region: a digest of all its parameters."""
    return {
        region.name: hashlib.blake2b(repr(region.fading).encode(), digest_size=16).hexdigest()
        for region in anatomy.long_term
    }


async def relearn(anatomy: Anatomy, before: dict[str, str]) -> bool:
    """Computes the instants anew in regions whose law is not the one they had ``before``; whether there was one."""
    now = laws(anatomy)
    changed = [region for region in anatomy.long_term if before.get(region.name) != now[region.name]]
    for region in changed:
        count = await _rekey(region)
        _logger.info("%s engrams of the %s fade by another law from here on", count, region.name)
    return bool(changed)


async def _rekey(region: MemoryRegion) -> int:
    count, last = 0, None
    while engrams := await region.store.scan(after=last, limit=_BATCH):
        ids = [engram.engram_id for engram in engrams]
        await region.reconsolidate(ids, _as_it_is, operation_id())
        count, last = count + len(ids), ids[-1]
    return count


def _as_it_is(engram: Engram, _: object) -> Engram:
    return engram.changed()
