"""Knowledge of kinds and entities: what was told of animals, foods, places, ... and of whom and what memories name."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from neuro.concepts import ConceptParams, instance_of
from neuro.engram import Engram
from neuro.entities import EntityExtractor, EntityMention, EntityParams, named_in, unsure
from neuro.indexing.kinds import Kinds
from neuro.pace import Pace
from neuro.sleep.stage import Night

_CHARACTERS = 1000
"""A content of so many counts as one more item for `Pace`."""
_AT_ONCE = 500
"""Engrams, or entities, that are read or written together."""

_Instances = dict[str, list[str]]
"""Engram ids by the id of a concept or an entity."""


class Abstraction:
    """Wires what was encoded since the last night to the concepts that it is an instance of, and to what it names.

    Sleep abstracts what overlapping memories have in common (Lewis & Durrant 2011). It comes before consolidation, so
    that a night which breaks off finds the same engrams again; wiring them twice changes nothing.

    Args:
        kinds: which words name members of which kinds.
        concepts: see `ConceptParams`.
        extractor: finds what an engram names; asked in a thread.
        entities: see `EntityParams`.
    """

    name = "abstraction"

    def __init__(
        self, kinds: Kinds, concepts: ConceptParams, extractor: EntityExtractor, entities: EntityParams
    ) -> None:
        self._kinds = kinds
        self._concepts = concepts
        self._extractor = extractor
        self._entities = entities

    async def run(self, night: Night) -> Mapping[str, int]:
        new = night.anatomy.hippocampus.staying()
        wired = 0
        for most, instances in (
            (self._concepts.most_instances, await self._told(new)),
            (self._entities.most_instances, await self._named(night, new)),
        ):
            for part in _parts(instances):
                wired += await night.connectome.wire(part, most, night.forgotten)
        return {"abstracted": wired}

    async def _told(self, engrams: Sequence[Engram]) -> _Instances:
        """Of which concepts these are instances."""
        instances: defaultdict[str, list[str]] = defaultdict(list)
        pace = Pace()
        for engram in engrams:
            for concept in instance_of(engram, self._kinds):
                instances[concept].append(engram.engram_id)
            await pace.turn(1 + len(engram.content) // _CHARACTERS)
        return instances

    async def _named(self, night: Night, engrams: Sequence[Engram]) -> _Instances:
        """Which entities these name; what may be a name is one if memory has it as one."""
        told = [engram for engram in engrams if not engram.inferred]
        read = await asyncio.to_thread(self._read, told) if told else []
        doubtful = sorted(unsure(read))
        for start in range(0, len(doubtful), _AT_ONCE):
            asked = doubtful[start : start + _AT_ONCE]
            held = await night.connectome.instances(asked)
            unknown = {engram_id for engram_id, ids in zip(asked, held, strict=True) if not ids}
            for named in read:
                for engram_id in [i for i in named if i in unknown]:
                    del named[engram_id]
        instances: defaultdict[str, list[str]] = defaultdict(list)
        for engram, named in zip(told, read, strict=True):
            for engram_id in named:
                instances[engram_id].append(engram.engram_id)
        return instances

    def _read(self, engrams: Sequence[Engram]) -> list[dict[str, EntityMention]]:
        return [named_in(engram.content, self._extractor) for engram in engrams]


def _parts(instances: _Instances) -> Iterator[_Instances]:
    """So much of it at a time that a store which writes it keeps nobody waiting."""
    part: _Instances = {}
    size = 0
    for engram_id, held in instances.items():
        if part and size + len(held) > _AT_ONCE:
            yield part
            part, size = {}, 0
        part[engram_id] = held
        size += len(held)
    if part:
        yield part
