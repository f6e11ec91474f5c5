"""What a body knows of kinds and entities: looked up, listed, asked for, and what they lend to their instances."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Container, Mapping, Sequence
from itertools import islice

from neuro.concepts import Members, composed, concept_id, ids_asked, kind_of
from neuro.connectome import AssociationType, Spread
from neuro.dynamics.spreading import fan_strength
from neuro.engram import Engram
from neuro.entities import FEWEST, entity_id, ids_named, is_entity, portrait
from neuro.indexing.probe import Reading
from neuro.pathways.waking import Body
from neuro.query import Where
from neuro.regions.neocortex import Neocortex
from neuro.signals import Reason, Recollection

_AT_ONCE = 32
"""Concepts whose instances are read together."""
_ON_LOOP_BELOW = 16_384
"""Characters of instances; concepts of more are put together in a thread: it takes over 10 ms."""
_EACH = 16
"""As many characters does an instance of a concept cost besides."""
_NAMED = 0.5
"""Share of a concept's activation that is due to the person whom the cue names (by hand)."""


class Knowing:
    """The concepts of one body."""

    def __init__(self, body: Body) -> None:
        self._body = body

    async def lent(self, reading: Reading) -> dict[str, Spread]:
        """Activation for each instance of the concepts that a cue asks for; a cue that asks for none reads nothing.

        Raises:
            StoreUnavailableError: the store cannot be reached.
        """
        amount = self._body.config.concepts.lending
        asked = ids_asked(self._body.kinds, reading.terms.values(), reading.speaker) if amount else []
        lent: dict[str, Spread] = {}
        for concept, held in zip(asked, await self._body.connectome.instances(asked), strict=True):
            for engram_id in held:
                lent.setdefault(engram_id, Spread(concept, AssociationType.INSTANCE, amount))
        return lent

    async def bridged(
        self, reading: Reading, echoes: Mapping[str, float], named: Mapping[str, Sequence[str]]
    ) -> dict[str, Spread]:
        """Activation for what names the same as the best echoes, where the cue does not name it itself.

        Args:
            reading: of the cue.
            echoes: relevance by engram id, the best first.
            named: what the best of them are instances of.

        Raises:
            StoreUnavailableError: the store cannot be reached.
        """
        params, reached = self._body.config.entities, dict[str, Spread]()
        namers: dict[str, str] = {}
        for engram_id in islice(echoes, params.seeds if params.lending else 0):
            for entity in filter(is_entity, named.get(engram_id, ())):
                namers.setdefault(entity, engram_id)
        for entity in ids_named(reading.text) if namers else ():
            namers.pop(entity, None)
        instances = await self._body.connectome.instances([*namers])
        for namer, held in zip(namers.values(), instances, strict=True):
            share = params.lending * max(0.0, fan_strength(params.fan_strength, max(1.0, len(held) - 1.0)))
            share /= params.fan_strength
            for engram_id in held:
                amount = float(share * (echoes[namer] - echoes.get(engram_id, 0.0)))
                if amount > 0.0 and (engram_id not in reached or reached[engram_id].amount < amount):
                    reached[engram_id] = Spread(namer, AssociationType.ENTITY, amount)
        return reached

    @staticmethod
    def about(engram_id: str) -> bool:
        """Whether an id is that of a concept or an entity, be there one or not."""
        return kind_of(engram_id) is not None or is_entity(engram_id)

    async def get(self, engram_id: str) -> Engram | None:
        """The concept with this id; None if there is none."""
        return next(iter(await self._engrams([engram_id], lambda _: True)), None)

    async def browse(self, wanted: Where, limit: int, after: str | None, dormant: bool) -> list[Engram]:
        """At most ``limit`` concepts that are wanted, in order of id, beyond ``after``; one entity is read alone."""
        name = wanted.context.get("entity")
        ids = [entity_id(name)] if isinstance(name, str) else await self._body.connectome.concepts()
        found: list[Engram] = []
        async for engram in self._all([i for i in ids if after is None or i > after], dormant=dormant):
            if self._body.meant(wanted, engram):
                found.append(engram)
                if len(found) == limit:
                    break
        return found

    async def recall(self, reading: Reading, limit: int, where: Where) -> list[Recollection]:
        """The entities that a cue names and the concepts that have most to do with it, best first, ties by id; those
        about the person it names, if any."""
        kinds, ids = self._body.kinds, await self._body.connectome.concepts()
        ids = [engram_id for engram_id in ids if kind_of(engram_id) is not None]
        if reading.speaker is not None:
            theirs = {concept_id(kind, reading.speaker) for kind in kinds.names}
            ids = [engram_id for engram_id in ids if engram_id in theirs]
        asked, names = kinds.asked(reading.terms.values()), ids_named(reading.text)
        wired = zip(names, await self._body.connectome.instances(names), strict=True)
        ids = [*(entity for entity, held in wired if held), *ids]
        found: list[Recollection] = []
        now = self._body.time.now()
        async for engram in self._all(ids, dormant=True):
            if self._body.meant(where, engram):
                likeness = self._likeness(engram, asked, reading)
                activation = likeness
                if not is_entity(engram.engram_id):
                    likeness *= 1.0 - _NAMED
                    activation = likeness + (_NAMED if reading.speaker is not None else 0.0)
                reasons = (Reason("gist", likeness, f"is about {engram.concepts[0]}"),)
                confidence = engram.reliability * self._body.anatomy.fading(engram).retention(engram, now)
                found.append(Recollection(engram, activation, confidence, Neocortex.name, reasons))
        return sorted(found, key=lambda r: (-r.activation, r.engram.engram_id))[:limit]

    def _likeness(self, engram: Engram, asked: Container[str], reading: Reading) -> float:
        """How far a concept is about what a cue says, in [0, 1]; an entity is one that it names."""
        about = engram.concepts[0]
        if is_entity(engram.engram_id) or about in asked:
            return 1.0
        return self._body.kinds.likeness(about, reading.terms)

    async def _all(self, ids: Sequence[str], *, dormant: bool) -> AsyncGenerator[Engram]:
        now = self._body.time.now()
        for start in range(0, len(ids), _AT_ONCE):
            for engram in await self._engrams(
                ids[start : start + _AT_ONCE],
                lambda one: dormant or not self._body.anatomy.dormant(one, now),
            ):
                yield engram

    async def _engrams(self, ids: Sequence[str], used: Callable[[Engram], bool]) -> list[Engram]:
        """Concepts and entities put together from those of their instances that are there and to be used."""
        ids = [engram_id for engram_id in ids if self.about(engram_id)]
        wired = zip(ids, await self._body.connectome.instances(ids), strict=True)
        known = {i: held for i, held in wired if len(held) >= (FEWEST if is_entity(i) else 1)}
        there = await self._body.anatomy.owners([*dict.fromkeys(i for held in known.values() for i in held)])
        shown = {engram_id: engram for engram_id, (_, engram) in there.items() if used(engram)}
        members, extractor, config = Members(self._body.kinds), self._body.extractor, self._body.config

        def put_together() -> list[Engram]:
            found: list[Engram | None] = []
            for engram_id, held in known.items():
                there = [shown[i] for i in held if i in shown]
                found.append(
                    portrait(engram_id, there, extractor, config.entities)
                    if is_entity(engram_id)
                    else composed(engram_id, there, members, config.concepts)
                )
            return [engram for engram in found if engram is not None]

        cost = sum(len(engram.content) for engram in shown.values()) + _EACH * sum(map(len, known.values()))
        if cost < _ON_LOOP_BELOW and not any(map(is_entity, known)):  # an extractor may take its time
            return put_together()
        return await asyncio.to_thread(put_together)
