"""Looking engrams up for people: by the first digits of an id, with its region and what it is wired to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from neuro import Brain, Engram, EngramNotFoundError, InvalidArgumentError
from neuro.connectome import Association
from neuro.regions.memory_region import MemoryRegion

FEWEST_DIGITS = 6
"""First digits of an id that are enough, if no other engram has them."""
_ID_LENGTH = 32
_CANDIDATES = 5


class Wire(NamedTuple):
    """An association, and what is at its other end."""

    association: Association
    engram: Engram


async def full_id(brain: Brain, asked: str) -> str:
    """The id that is meant: the only one that begins so. One of 32 digits is taken as it is.

    Raises:
        EngramNotFoundError: none begins so.
        InvalidArgumentError: several do; the message names them. Or it is too short to tell.
    """
    if len(asked) >= _ID_LENGTH:
        return asked
    if len(asked) < FEWEST_DIGITS:
        raise InvalidArgumentError(
            f"engram_id: give all {_ID_LENGTH} digits, or at least the first {FEWEST_DIGITS} (got {asked!r})"
        )
    beginning = asked.lower()
    following = await brain.list(after=beginning, limit=_CANDIDATES, dormant=True)
    found = [engram.engram_id for engram in following if engram.engram_id.startswith(beginning)]
    if not found:
        raise EngramNotFoundError(asked)
    if len(found) > 1:
        more = ", and more" if len(found) == _CANDIDATES else ""
        raise InvalidArgumentError(
            f"engram_id: {asked!r} is how {len(found)} engrams begin, give more digits: {', '.join(found)}{more}"
        )
    return found[0]


async def find_engram(brain: Brain, asked: str) -> Engram:
    """The engram whose id is meant; see `full_id`. Counts nothing."""
    return await brain.get(await full_id(brain, asked))


async def _owned(brain: Brain, engram_ids: Sequence[str]) -> dict[str, tuple[str, Engram]]:
    found: dict[str, tuple[str, Engram]] = {}
    for region in brain.regions.values():
        if isinstance(region, MemoryRegion):
            engrams = await region.reinstate(engram_ids)
            found.update(
                {engram.engram_id: (region.name, engram) for engram in engrams if engram is not None}
            )
    return found


async def owner_of(brain: Brain, engram_id: str) -> str:
    """Name of the region that owns an engram. EngramNotFoundError if none does."""
    owned = await _owned(brain, [engram_id])
    if engram_id not in owned:
        raise EngramNotFoundError(engram_id)
    return owned[engram_id][0]


async def wires(brain: Brain, engram_id: str) -> list[Wire]:
    """What an engram is wired to, strongest first."""
    associations = (await brain.connectome.associations([engram_id]))[engram_id]
    owned = await _owned(brain, list(dict.fromkeys(a.target_id for a in associations)))
    return [Wire(a, owned[a.target_id][1]) for a in associations if a.target_id in owned]


def described(brain: Brain, engram: Engram) -> dict[str, Any]:
    """JSON of an engram without its features, with how much of it is left and for how long."""
    return {
        **engram.to_dict(),
        "retention": brain.retention(engram),
        "hours_left": brain.hours_left(engram),
    }
