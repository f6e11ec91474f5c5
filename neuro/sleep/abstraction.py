"""Knowledge of kinds: what was told of animals, foods, places, ... is wired to a concept of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from neuro.concepts import ConceptParams, instance_of
from neuro.indexing.kinds import Kinds
from neuro.pace import Pace
from neuro.sleep.stage import Night

_CHARACTERS = 1000
"""A content of so many counts as one more item for `Pace`."""


class Abstraction:
    """Wires what was encoded since the last night to the concepts that it is an instance of.

    Sleep abstracts what overlapping memories have in common (Lewis & Durrant 2011). It comes before consolidation, so
    that a night which breaks off finds the same engrams again; wiring them twice changes nothing.

    Args:
        kinds: which words name members of which kinds.
        params: see `ConceptParams`.
    """

    name = "abstraction"

    def __init__(self, kinds: Kinds, params: ConceptParams) -> None:
        self._kinds = kinds
        self._params = params

    async def run(self, night: Night) -> Mapping[str, int]:
        instances: defaultdict[str, list[str]] = defaultdict(list)
        pace = Pace()
        for engram in night.anatomy.hippocampus.staying():
            for concept in instance_of(engram, self._kinds):
                instances[concept].append(engram.engram_id)
            await pace.turn(1 + len(engram.content) // _CHARACTERS)
        wired = 0
        if instances:
            wired = await night.connectome.wire(instances, self._params.most_instances, night.forgotten)
        return {"abstracted": wired}
