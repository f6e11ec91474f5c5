"""What each type of memory is like: where it is at home, and how long it lasts. One table."""

from __future__ import annotations

from typing import Literal

from neuro.engram import MemoryType
from neuro.records import Params, Positive
from neuro.units import DAY

Home = Literal["neocortex", "cerebellum", "basal_ganglia"]
"""Name of a long-term region."""


class TypeProfile(Params):
    """One type of memory."""

    home: Home = "neocortex"
    """The region to which sleep moves it."""
    half_life: Positive
    """Half-life at encoding, days of brain time, in a person."""


class TypeProfiles(Params):
    """The table of all types."""

    half_life_scale: Positive = 10.0
    """Factor on every half-life: 1 is human, 10 the agent that forgets ten times slower."""
    episodic: TypeProfile = TypeProfile(half_life=10.0)
    """A meaningful event told once (Carpenter et al. 2008)."""
    semantic: TypeProfile = TypeProfile(half_life=50.0)
    """Well-learned vocabulary (Bahrick 1979)."""
    procedural: TypeProfile = TypeProfile(home="cerebellum", half_life=730.0)
    """Skills last for years (Fleishman & Parker 1962)."""
    habitual: TypeProfile = TypeProfile(home="basal_ganglia", half_life=365.0)
    """Habits outlive what formed them (Dickinson 1985)."""
    relational: TypeProfile = TypeProfile(half_life=100.0)
    """Who is what to whom is met again and again; by hand, twice the half-life of other facts."""
    emotional: TypeProfile = TypeProfile(half_life=30.0)
    """exp(1.1), the boost by full arousal, times that of an event (LaBar & Phelps 1998)."""
    opinion: TypeProfile = TypeProfile(half_life=20.0)
    """By hand: opinions change, so they last longer than events but less than facts."""

    def of(self, memory_type: MemoryType | str) -> TypeProfile:
        """The profile of a type. InvalidArgumentError for an unknown one."""
        profile: TypeProfile = getattr(self, MemoryType.of(memory_type).value)
        return profile

    def half_life(self, memory_type: MemoryType | str) -> float:
        """Half-life of a type at encoding, scaled, in seconds."""
        return self.of(memory_type).half_life * DAY * self.half_life_scale

    def at(self, home: str) -> frozenset[MemoryType]:
        """The types that are at home in a region."""
        return frozenset(kind for kind in MemoryType if self.of(kind).home == home)
