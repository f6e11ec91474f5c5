"""Sleep: the order by night."""

from neuro.sleep.abstraction import Abstraction
from neuro.sleep.consolidation import Consolidation, Replay
from neuro.sleep.cycle import SleepCycle
from neuro.sleep.downscaling import Downscaling
from neuro.sleep.integration import Integration
from neuro.sleep.params import SleepParams
from neuro.sleep.pruning import Pruning
from neuro.sleep.rehearsal import Rehearsal
from neuro.sleep.stage import Night, SleepStage, live_through

__all__ = [
    "Abstraction",
    "Consolidation",
    "Downscaling",
    "Integration",
    "Night",
    "Pruning",
    "Rehearsal",
    "Replay",
    "SleepCycle",
    "SleepParams",
    "SleepStage",
    "live_through",
]
