"""Ready-made configurations: how long what kind of agent remembers.

The agents vary `BrainConfig`, in which nothing fails at random, and nothing else; `human` is the model of people.
What each says of an episode is its retention when it was heard once and never recalled, by the brain's own time:
an agent that is switched off most of the time forgets more slowly than the calendar says.
"""

from __future__ import annotations

from neuro.config import BrainConfig, RecallParams
from neuro.fading import ImportanceParams
from neuro.profiles import TypeProfiles
from neuro.regions.prefrontal_cortex import PrefrontalCortexParams
from neuro.units import HOUR


def human(*, stochastic: bool = False) -> BrainConfig:
    """A person: an episode is at .90 after a day, .25 after a month, .03 after a year.

    Half-lives are those measured on people, and importance neither holds a memory above a floor nor has it
    rehearsed in sleep.

    Args:
        stochastic: recall fails at random, as often as retention says, drawn from the brain's rng.
    """
    return BrainConfig(
        types=TypeProfiles(half_life_scale=1.0),
        importance=ImportanceParams(floor=0.0, rehearsal=None),
        recall=RecallParams(mode="human" if stochastic else "agent"),
    )


def chatbot() -> BrainConfig:
    """Talks with many, about what is current: an episode is at .97 after a day, .62 after a month, .12 after a year."""
    return BrainConfig(types=TypeProfiles(half_life_scale=5.0))


def task_agent() -> BrainConfig:
    """Works through a task with nine slots in mind for hours: an episode is at .96 after a day, .50 after a month,
    .08 after a year."""
    return BrainConfig(
        types=TypeProfiles(half_life_scale=3.0),
        prefrontal_cortex=PrefrontalCortexParams(capacity=9, decay_seconds=2 * HOUR),
    )


def personal_assistant() -> BrainConfig:
    """Knows one person for years: an episode is at .99 after a day, .86 after a month, .35 after a year."""
    return BrainConfig(types=TypeProfiles(half_life_scale=20.0))


def researcher() -> BrainConfig:
    """Keeps what it read: an episode is at .99 after a day, .93 after a month, .57 after a year."""
    return BrainConfig(types=TypeProfiles(half_life_scale=50.0))
