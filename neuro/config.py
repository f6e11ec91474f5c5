"""One frozen configuration for a whole brain, composed of each part's parameters.

Every number has its default, unit and citation where it is used: in the params of its region or part.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neuro.clock import TimeParams
from neuro.concepts import ConceptParams
from neuro.connectome import ConnectomeParams
from neuro.entities import EntityParams
from neuro.fading import ImportanceParams
from neuro.indexing.probe import Matching
from neuro.plasticity import AnyPlasticity, OddsPlasticity
from neuro.profiles import TypeProfiles
from neuro.records import Params, Positive, Unit
from neuro.regions.amygdala import AmygdalaParams
from neuro.regions.basal_ganglia import BasalGangliaParams
from neuro.regions.cerebellum import CerebellumParams
from neuro.regions.hippocampus import HippocampusParams
from neuro.regions.neocortex import NeocortexParams
from neuro.regions.prefrontal_cortex import PrefrontalCortexParams
from neuro.regions.sensory_cortex import SensoryCortexParams
from neuro.regions.thalamus import ThalamusParams
from neuro.sleep.params import SleepParams
from neuro.units import MAX_CONTENT_BYTES

RecallMode = Literal["agent", "human"]
"""Whether what matches is always recalled, or fails at random as often as its retention says."""


class RecallParams(Params):
    """How echoes compete to be recalled."""

    mode: RecallMode = "agent"
    """``"human"``: a recollection succeeds with the probability that its retention is, drawn from the brain's rng."""
    strength: Unit = 0.0025
    """Activation for each unit of log odds of recall, which is cut at +-3: forgetting re-ranks within +-.0075 of a
    relevance of about [0, 1] and never hides; 0 switches it off."""
    priming: Unit = 0.01
    """Activation added to what working memory holds; 0 switches it off (Meyer & Schvaneveldt 1971)."""
    used: Literal["first", "all", "none"] = "first"
    """Which recollections count as used and are potentiated; `Brain.reinforce` adds to them."""
    seeds: Annotated[int, Field(ge=1)] = 10
    """How many of the best echoes spread activation."""
    breadth: Annotated[int, Field(ge=1)] = 3
    """Echoes considered for each recollection asked for."""


class BrainConfig(Params):
    """The deterministic agent setting: nothing fails at random, half-lives ten times those of people."""

    sensory_cortex: SensoryCortexParams = SensoryCortexParams()
    thalamus: ThalamusParams = ThalamusParams()
    amygdala: AmygdalaParams = AmygdalaParams()
    prefrontal_cortex: PrefrontalCortexParams = PrefrontalCortexParams()
    hippocampus: HippocampusParams = HippocampusParams()
    neocortex: NeocortexParams = NeocortexParams()
    cerebellum: CerebellumParams = CerebellumParams()
    basal_ganglia: BasalGangliaParams = BasalGangliaParams()
    time: TimeParams = TimeParams()
    types: TypeProfiles = TypeProfiles()
    plasticity: AnyPlasticity = OddsPlasticity()
    """The law by which everything fades; the params of a memory region may name another one for it."""
    importance: ImportanceParams = ImportanceParams()
    connectome: ConnectomeParams = ConnectomeParams()
    concepts: ConceptParams = ConceptParams()
    entities: EntityParams = EntityParams()
    matching: Matching = Matching()
    recall: RecallParams = RecallParams()
    sleep: SleepParams = SleepParams()
    max_content_bytes: Annotated[int, Field(ge=1)] = MAX_CONTENT_BYTES
    """Largest content or cue, bytes of UTF-8."""
    keep_for: Positive | None = None
    """Seconds of clock time after which a night deletes what was encoded, pinned or not, as a hard `Brain.forget`
    does; None: never."""
    buffer: Annotated[int, Field(ge=0)] = 10_000
    """Most engrams that wait in this process while a store that may come back is away."""
    closing_patience: Positive = 5.0
    """Real seconds for which a close tries to write to a store that cannot be reached."""
