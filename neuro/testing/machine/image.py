"""A picture of a brain that can be compared: equal for two brains that lived alike, whatever they are stored in."""

from __future__ import annotations

from dataclasses import dataclass

from neuro.brain import Brain
from neuro.engram import Engram
from neuro.stores.base import Store
from neuro.testing.machine.audit import Census, take_census
from neuro.units import DORMANT_BELOW


@dataclass(frozen=True, slots=True)
class Image:
    """What a brain keeps; equal by value."""

    engrams: dict[str, tuple[str, Engram]]
    """Owner and engram of each id."""
    wires: dict[tuple[str, str, str], float]
    """Weight of each association by source, target and kind, to seven digits: they are scaled on the way to a store.
    Includes those that are not written down yet."""
    dormant: frozenset[str]
    brain_time: float
    sleeps: float
    log_scale: float
    """How far sleep has scaled the wires down."""


async def take_image(brain: Brain, store: Store) -> Image:
    """A picture of a brain over ``store``, while nothing else happens and every region is intact."""
    return await develop(await take_census(brain, store), brain)


async def develop(census: Census, brain: Brain) -> Image:
    """`take_image` of a brain whose census has been taken."""
    engrams: dict[str, tuple[str, Engram]] = {}
    for engram_id in sorted(census.ids):
        for region, engram in census.owners(engram_id).items():
            engrams[engram_id] = (region, engram)
    wired = await brain.connectome.associations(sorted(engrams))
    now = brain.time.now()
    return Image(
        engrams=engrams,
        wires={
            (a.source_id, a.target_id, a.kind.value): round(a.weight, 7)
            for found in wired.values()
            for a in found
        },
        dormant=frozenset(i for i, (_, engram) in engrams.items() if brain.retention(engram) < DORMANT_BELOW),
        brain_time=now,
        sleeps=brain.inspect().sleeps,
        log_scale=brain.connectome.log_scale,
    )


def differences(one: Image, other: Image) -> list[str]:
    """What tells two images apart, in words."""
    found: list[str] = []
    for engram_id in sorted(one.engrams.keys() | other.engrams.keys()):
        pair = one.engrams.get(engram_id), other.engrams.get(engram_id)
        if pair[0] != pair[1]:
            found.append(f"{engram_id}: {pair[0]!r} and {pair[1]!r}")
    told_apart = {
        "wires": (one.wires, other.wires),
        "dormant": (one.dormant, other.dormant),
        "brain_time": (one.brain_time, other.brain_time),
        "sleeps": (one.sleeps, other.sleeps),
        "log_scale": (one.log_scale, other.log_scale),
    }
    return found + [f"{name}: {a!r} and {b!r}" for name, (a, b) in told_apart.items() if a != b]
