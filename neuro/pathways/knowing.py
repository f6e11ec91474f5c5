"""What a body knows of kinds: its concepts looked up, listed, asked for, and what they lend to their instances."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from neuro.concepts import Members, composed, concept_id, ids_asked, kind_of
from neuro.connectome import AssociationType, Spread
from neuro.engram import Engram
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

    async def get(self, engram_id: str) -> Engram | None:
        """The concept with this id; None if there is none."""
        return next(iter(await self._engrams([engram_id], lambda _: True)), None)

    async def browse(
        self, shown: Callable[[Engram], bool], limit: int, after: str | None, dormant: bool
    ) -> list[Engram]:
        """At most ``limit`` concepts that are to be shown, in order of id, beyond ``after``."""
        ids = [i for i in await self._body.connectome.concepts() if after is None or i > after]
        found: list[Engram] = []
        async for engram in self._all(ids, dormant=dormant):
            if shown(engram):
                found.append(engram)
                if len(found) == limit:
                    break
        return found

    async def recall(self, reading: Reading, limit: int, where: Where) -> list[Recollection]:
        """The concepts that have most to do with a cue, best first, ties by id; about the person it names, if any."""
        kinds, ids = self._body.kinds, await self._body.connectome.concepts()
        if reading.speaker is not None:
            theirs = {concept_id(kind, reading.speaker) for kind in kinds.names}
            ids = [engram_id for engram_id in ids if engram_id in theirs]
        asked = kinds.asked(reading.terms.values())
        found: list[Recollection] = []
        now = self._body.time.now()
        async for engram in self._all(ids, dormant=True):
            if self._body.meant(where, engram):
                kind = engram.concepts[0]
                likeness = 1.0 if kind in asked else kinds.likeness(kind, reading.terms)
                named = _NAMED if reading.speaker is not None else 0.0
                reasons = (Reason("gist", (1.0 - _NAMED) * likeness, f"is about {kind}"),)
                activation = named + (1.0 - _NAMED) * likeness
                confidence = engram.reliability * self._body.anatomy.fading(engram).retention(engram, now)
                found.append(Recollection(engram, activation, confidence, Neocortex.name, reasons))
        return sorted(found, key=lambda r: (-r.activation, r.engram.engram_id))[:limit]

    async def _all(self, ids: Sequence[str], *, dormant: bool) -> AsyncGenerator[Engram]:
        now = self._body.time.now()
        for start in range(0, len(ids), _AT_ONCE):
            for engram in await self._engrams(
                ids[start : start + _AT_ONCE],
                lambda one: dormant or not self._body.anatomy.dormant(one, now),
            ):
                yield engram

    async def _engrams(self, ids: Sequence[str], used: Callable[[Engram], bool]) -> list[Engram]:
        """Concepts put together from those of their instances that are there and to be used."""
        ids = [engram_id for engram_id in ids if kind_of(engram_id) is not None]
        instances = await self._body.connectome.instances(ids)
        there = await self._body.anatomy.owners([*dict.fromkeys(i for held in instances for i in held)])
        shown = {engram_id: engram for engram_id, (_, engram) in there.items() if used(engram)}
        kinds, params = self._body.kinds, self._body.config.concepts

        def put_together() -> list[Engram]:
            members = Members(kinds)
            found = (
                composed(engram_id, [shown[i] for i in held if i in shown], members, params)
                for engram_id, held in zip(ids, instances, strict=True)
            )
            return [engram for engram in found if engram is not None]

        cost = sum(len(engram.content) for engram in shown.values()) + _EACH * sum(map(len, instances))
        return put_together() if cost < _ON_LOOP_BELOW else await asyncio.to_thread(put_together)
