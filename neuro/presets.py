"""Ready-made configurations."""

from __future__ import annotations

from neuro.config import BrainConfig
from neuro.plasticity import OddsPlasticity


def human() -> BrainConfig:
    """A person's half-lives: an episode heard once is at .90 after a day, .25 after a month, .03 after a year."""
    return BrainConfig(plasticity=OddsPlasticity(half_life_scale=1.0))
