"""What a stage of sleep is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from neuro.connectome import Connectome
from neuro.errors import LeaseLostError, SleepError, StoreUnavailableError
from neuro.regions.anatomy import Anatomy
from neuro.regions.prefrontal_cortex import PrefrontalCortex
from neuro.signals import SleepReport


@dataclass(slots=True)
class Night:
    """One night: the sleeping brain as the stages see it."""

    now: float
    """Brain time at which it began."""
    clock_time: float
    """The same instant on the clock."""
    since: float
    """Brain time since the last night, seconds."""
    sleeps: float
    """The brain's count of sleeps, this night included."""
    weight: float
    """Share of a full night, in [0, 1]."""
    op_id: str
    """Makes the night's changes of traces count once each."""
    forgotten: Callable[[str], bool]
    """Whether an engram was deleted since the night began, by its id."""
    anatomy: Anatomy
    connectome: Connectome
    prefrontal_cortex: PrefrontalCortex
    downscaling: float = 0.0
    """Log-scale that every association loses in a full night; it does once the night counts."""
    moved: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


class SleepStage(Protocol):
    """One thing a brain does while it sleeps. A stage costs what has changed, not what is stored."""

    name: str

    async def run(self, night: Night) -> Mapping[str, int]:
        """Does it; returns counts for the report."""
        ...


async def live_through(night: Night, stages: Iterable[SleepStage]) -> SleepReport:
    """The stages in order.

    Raises:
        StoreUnavailableError: a store could not be reached; the night may be tried again.
        LeaseLostError: another brain sleeps by now.
        SleepError: a stage failed otherwise; names it, and holds the counts so far.
    """
    counts: dict[str, int] = {}
    for stage in stages:
        try:
            counts.update(await stage.run(night))
        except (StoreUnavailableError, LeaseLostError):
            raise
        except Exception as error:
            raise SleepError(stage.name, counts, f"{type(error).__name__}: {error}") from error
    return SleepReport(counts, night.now, night.weight, night.moved)
