"""The basal ganglia: habits and reward."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from neuro.clock import Clock
from neuro.dynamics.reward import rescorla_wagner
from neuro.engram import Engram
from neuro.fading import ImportanceParams
from neuro.plasticity import AnyPlasticity, Plasticity
from neuro.profiles import TypeProfiles
from neuro.records import Params, Unit
from neuro.regions.base import Snapshot
from neuro.regions.memory_region import MemoryRegion, stretched
from neuro.stores.base import EngramStore


class BasalGangliaParams(Params):
    """Parameters of the basal ganglia."""

    learning_rate: Unit = 0.3
    """alpha of the expectation of reward (Rescorla & Wagner 1972; Kamin's blocking at .3)."""
    habit_benefit: Annotated[float, Field(ge=0.0)] = 1.0
    """A habit that settles with reward r > 0 keeps (1 + benefit r) times as long (Knowlton et al. 1996)."""
    plasticity: AnyPlasticity | None = None
    """How habits fade; None: as everything in the brain."""


class BasalGangliaSnapshot(Snapshot):
    """What the basal ganglia expect."""

    expected_reward: float


class BasalGanglia(MemoryRegion):
    """Keeps habits, and compares each reward with what it expected.

    In the brain, the striatum learns habits slowly by reward, apart from the hippocampus (Knowlton, Mangels &
    Squire 1996); dopamine signals the error of the prediction (Schultz, Dayan & Montague 1997).

    Lesioned: habits are silent and none arrives, rewards surprise nobody; facts and episodes are spared.
    """

    name = "basal_ganglia"

    def __init__(
        self,
        store: EngramStore | None = None,
        params: BasalGangliaParams | None = None,
        *,
        plasticity: Plasticity | None = None,
        importance: ImportanceParams | None = None,
        profiles: TypeProfiles | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(store, plasticity=plasticity, importance=importance, profiles=profiles, clock=clock)
        self.params = BasalGangliaParams() if params is None else params
        self.expected_reward = 0.0

    def learn(self, reward: float) -> float:
        """Takes in a reward in [-1, 1]; returns the prediction error in [-2, 2]. Lesioned: 0."""
        if not self._intact:
            return 0.0
        self.expected_reward, error = rescorla_wagner(self.expected_reward, reward, self.params.learning_rate)
        return error

    def settle(self, engram: Engram) -> Engram:
        reward = max(0.0, engram.reward or 0.0)
        return engram.with_trace(stretched(engram, 1.0 + self.params.habit_benefit * reward))

    def inspect(self, now: float | None = None) -> BasalGangliaSnapshot:
        return BasalGangliaSnapshot(name=self.name, intact=self._intact, expected_reward=self.expected_reward)
