"""Looking engrams up for people: by the first digits of an id, with the region that owns each and what it is wired to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from neuro import Brain, Engram, EngramNotFoundError, InvalidArgumentError
from neuro.connectome import Association
from neuro.regions.memory_region import MemoryRegion

FEWEST_DIGITS = 6
"""Digits of an id that are enough, if no other engram has them."""
_ID_LENGTH = 32
_CANDIDATES = 5


class Wire(NamedTuple):
    """An association, and what is at its other end."""

    association: Association
    engram: Engram


async def find_engram(brain: Brain, asked: str) -> Engram:
    """The engram with this id, or the only one whose id begins so.

    Raises:
        EngramNotFoundError: there is none.
        InvalidArgumentError: several begin so; the message names them. Or it is too short to tell.
    """
    if len(asked) >= _ID_LENGTH:
        return await brain.get(asked)
    if len(asked) < FEWEST_DIGITS:
        raise InvalidArgumentError(
            f"engram_id: give all {_ID_LENGTH} digits, or at least the first {FEWEST_DIGITS} (got {asked!r})"
        )
    following = await brain.list(after=asked.lower(), limit=_CANDIDATES, dormant=True)
    found = [engram for engram in following if engram.engram_id.startswith(asked.lower())]
    if not found:
        raise EngramNotFoundError(asked)
    if len(found) > 1:
        named = ", ".join(engram.engram_id for engram in found)
        more = " and perhaps others" if len(found) == _CANDIDATES else ""
        raise InvalidArgumentError(f"engram_id: {asked!r} is the beginning of {named}{more}; give more digits")
    return await brain.get(found[0].engram_id)


async def owners(brain: Brain, engram_ids: Sequence[str]) -> dict[str, tuple[str, Engram]]:
    """The region that owns each engram, and the engram."""
    found: dict[str, tuple[str, Engram]] = {}
    for region in brain.regions.values():
        if isinstance(region, MemoryRegion):
            engrams = await region.reinstate(engram_ids)
            found.update({e.engram_id: (region.name, e) for e in engrams if e is not None})
    return found


async def wires(brain: Brain, engram_id: str) -> list[Wire]:
    """What an engram is wired to, strongest first."""
    associations = (await brain.connectome.associations([engram_id]))[engram_id]
    others = await owners(brain, list(dict.fromkeys(a.target_id for a in associations)))
    return [Wire(a, others[a.target_id][1]) for a in associations if a.target_id in others]


def described(brain: Brain, engram: Engram) -> dict[str, Any]:
    """JSON of an engram without its features, with how much of it is left and for how long."""
    return {
        **engram.model_dump(mode="json", exclude={"features"}),
        "retention": brain.retention(engram),
        "hours_left": brain.hours_left(engram),
    }
