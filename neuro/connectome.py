"""Who is wired to whom, how strongly.

Associations are formed at once in memory, and written to the store with new engrams and by night; both are read
together. Knows links between ids; deliberately does not know what an engram says.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Container,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import Field

from neuro.dynamics.hebbian import hebbian
from neuro.dynamics.homeostasis import effective_weight, stored_weight
from neuro.dynamics.spreading import spread_share
from neuro.errors import StoreError
from neuro.ids import is_engram_id
from neuro.records import Params, Unit
from neuro.stores.base import Link, Store

_FAINTEST = 0.005
"""Links weaker than this are not kept."""
_CONCEPTS = "concepts"
"""The node that is wired to all concepts."""


class AssociationType(StrEnum):
    """Why two engrams are wired together."""

    TEMPORAL = "temporal"
    """One followed the other."""
    CO_HELD = "co_held"
    """Working memory held both."""
    CO_RECALLED = "co_recalled"
    """One cue brought both back."""
    INSTANCE = "instance"
    """One is a concept or an entity, the other an engram that tells of an instance of it or names it."""
    ENTITY = "entity"
    """Both name the same entity; such links are not kept, they lead through it."""


class Association(NamedTuple):
    """One direction of a wire."""

    source_id: str
    target_id: str
    kind: AssociationType
    weight: float
    """In [0, 1]."""


class Spread(NamedTuple):
    """Activation that reached an engram along an association."""

    source_id: str
    kind: AssociationType
    amount: float


class Reach(NamedTuple):
    """What activation reaches from some engrams."""

    engrams: dict[str, list[Spread]]
    """Arrivals at other engrams, strongest first."""
    concepts: dict[str, list[str]]
    """Of each source the concepts and entities that it is an instance of, in order."""


class ConnectomeParams(Params):
    """Parameters of the connectome."""

    spreading: Unit = 0.1
    """W: share of a source's activation that flows to what it is wired to; 0 switches spreading off (Anderson 1983)."""
    most_links: Annotated[int, Field(ge=1)] = 32
    """Associations an engram keeps, the strongest."""
    downscaling_rate: Unit = 0.01
    """Log-scale lost by every link in a full night (Tononi & Cirelli 2006)."""


_Key = tuple[str, str]
_Increments = dict[str, dict[_Key, float]]


class Connectome:
    """The wiring of one brain.

    Args:
        store: where links outlive the process.
        params: see `ConnectomeParams`.
        unborn: ids of engrams that are not stored yet; what leads from or to them is written when they are.
    """

    def __init__(
        self, store: Store, params: ConnectomeParams | None = None, *, unborn: Container[str] = frozenset()
    ) -> None:
        self.params = ConnectomeParams() if params is None else params
        self._store = store
        self._unborn = unborn
        self.log_scale = 0.0
        """How far nights have scaled all links down; the same for every brain on the store, see `Calendar`."""
        self._new: _Increments = defaultdict(dict)
        self._being_written: _Increments = {}
        self._writing = asyncio.Lock()

    def associate(self, associations: Iterable[Association]) -> int:
        """Strengthens associations by their weight, Hebbian and bounded; returns how many directions."""
        return _strengthen(self._new, associations)

    @property
    def unwritten(self) -> bool:
        """Whether there is anything to `flush`."""
        return bool(self._new)

    async def associations(self, engram_ids: Sequence[str]) -> dict[str, list[Association]]:
        """Outgoing associations of each engram, strongest first."""
        return self._associations(await self._stored(engram_ids))

    async def _stored(self, engram_ids: Sequence[str]) -> dict[str, list[Link]]:
        links = await self._store.links(engram_ids) if engram_ids else []
        return dict(zip(engram_ids, links, strict=True))

    def _associations(self, stored: Mapping[str, list[Link]]) -> dict[str, list[Association]]:
        found: dict[str, list[Association]] = {}
        for source, links in stored.items():
            weights = self._weights(links)
            for increments in (self._being_written.get(source, {}), self._new.get(source, {})):
                for key, increment in increments.items():
                    weights[key] = hebbian(weights.get(key, 0.0), increment)
            strongest = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[
                : self.params.most_links
            ]
            found[source] = [Association(source, t, AssociationType(k), w) for (t, k), w in strongest]
        return found

    def _weights(self, links: Sequence[Link]) -> dict[tuple[str, str], float]:
        return {
            (link.target_id, link.kind): float(effective_weight(link.weight, self.log_scale))
            for link in links
            if link.kind != AssociationType.INSTANCE  # they neither grow by use nor fade
        }

    async def instances(self, concept_ids: Sequence[str]) -> list[list[str]]:
        """Ids of the engrams that each concept is wired to, in order; some may be no more."""
        stored = await self._store.links(concept_ids) if concept_ids else []
        return [[link.target_id for link in links if link.target_id != _CONCEPTS] for links in stored]

    async def concepts(self) -> list[str]:
        """Ids of all concepts, in order; some may have no instance left."""
        return (await self.instances([_CONCEPTS]))[0]

    async def wire(
        self, instances: Mapping[str, Sequence[str]], most: int, gone: Callable[[str], bool]
    ) -> int:
        """Wires concepts to engrams, both ways; what is wired already stays so. Returns how many pairs are new.

        Args:
            instances: engram ids by concept id.
            most: instances that a concept keeps, those with the greatest ids.
            gone: whether an engram has been forgotten meanwhile.
        """
        async with self._writing:  # or an engram that is being forgotten would be wired again
            links: list[Link] = []
            wired = 0
            for concept, held in zip(instances, await self.instances(list(instances)), strict=True):
                new = {i for i in instances[concept] if not gone(i)}.difference(held)
                kept = set(sorted(new.union(held))[-most:])
                wired += len(new & kept)
                changed = [(i, 1.0) for i in sorted(new & kept)] + [(i, 0.0) for i in held if i not in kept]
                if changed:
                    links += _listing(concept, 1.0)
                for engram_id, weight in changed:
                    links.append(Link(concept, engram_id, AssociationType.INSTANCE, weight))
                    links.append(Link(engram_id, concept, AssociationType.INSTANCE, weight))
            if links:
                await self._store.write(links)
                # Another brain may have forgotten meanwhile all that one of them was wired to.
                written = list(dict.fromkeys(link.source_id for link in links if link.target_id == _CONCEPTS))
                held = await self.instances(written)
                bare = [concept for concept, left in zip(written, held, strict=True) if not left]
                if bare:
                    await self._store.write([li for concept in bare for li in _listing(concept, 0.0)])
            return wired

    async def spread(self, sources: Mapping[str, float]) -> Reach:
        """What activation reaches from active engrams.

        Args:
            sources: activation >= 0 by engram id.
        """
        stored = await self._stored(list(sources))
        concepts = {
            source: [link.target_id for link in links if link.kind == AssociationType.INSTANCE]
            for source, links in stored.items()
        }
        reached: dict[str, list[Spread]] = defaultdict(list)
        for source, links in self._associations(stored if self.params.spreading else {}).items():
            total = sum(link.weight for link in links)
            for link in links:
                amount = self.params.spreading * sources[source] * spread_share(link.weight, total)
                if amount > 0.0:
                    reached[link.target_id].append(Spread(source, link.kind, amount))
        for arrivals in reached.values():
            arrivals.sort(key=lambda arrival: (-arrival.amount, arrival.source_id))
        return Reach(reached, concepts)

    async def flush(self) -> int:
        """Writes what is new to the store; returns how many links. If the store fails, nothing is lost."""
        async with self.writing() as links:
            if links:
                await self._store.write(links)
            return sum(link.weight > 0.0 for link in links)

    @asynccontextmanager
    async def writing(
        self,
        also: Callable[[], Awaitable[Iterable[Association]]] | None = None,
        *,
        born: Container[str] = frozenset(),
    ) -> AsyncGenerator[list[Link]]:
        """What is new, as links that the block writes to the store; if it raises, they remain new.

        Args:
            also: asked as soon as nothing else is being written, for associations that exist if the block writes them.
            born: ids of engrams that the block stores.
        """
        async with self._writing:
            self._being_written, self._new = self._ripe(born)
            try:
                new, early = self._being_written, list[Association]()
                if also is not None:
                    new = defaultdict(dict, {source: {**found} for source, found in new.items()})
                    for wire in await also():
                        if wire.source_id in self._unborn or wire.target_id in self._unborn:
                            early.append(wire)
                        else:
                            _strengthen(new, [wire])
                yield await self._links(new, born) if new else []
                self.associate(early)
            except BaseException:
                for source, increments in self._being_written.items():
                    for key, increment in increments.items():
                        self._new[source][key] = hebbian(self._new[source].get(key, 0.0), increment)
                raise
            finally:
                self._being_written = {}

    def _ripe(self, born: Container[str]) -> tuple[_Increments, _Increments]:
        """What is new and can be written, and what leads from or to an engram that is not stored yet."""
        ripe: _Increments = defaultdict(dict)
        unripe: _Increments = defaultdict(dict)
        for source, increments in self._new.items():
            for key, increment in increments.items():
                early = any(end in self._unborn and end not in born for end in (source, key[0]))
                (unripe if early else ripe)[source][key] = increment
        return ripe, unripe

    async def _links(self, new: _Increments, born: Container[str]) -> list[Link]:
        known = [source for source in new if source not in born]  # what is just being stored has no links yet
        stored = dict(zip(known, await self._store.links(known) if known else [], strict=True))
        links: list[Link] = []
        for source, increments in new.items():
            weights = self._weights(stored.get(source, ()))
            for key, increment in increments.items():
                weights[key] = hebbian(weights.get(key, 0.0), increment)
            ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
            for rank, ((target, kind), weight) in enumerate(ranked):
                kept = rank < self.params.most_links and weight >= _FAINTEST
                if not kept or (target, kind) in increments:
                    lasting = float(stored_weight(weight, self.log_scale)) if kept else 0.0
                    links.append(Link(source, target, kind, lasting))
        return links

    @asynccontextmanager
    async def forgetting(self, engram_ids: Sequence[str]) -> AsyncGenerator[list[Link]]:
        """`unlisting`, and nothing new leads to these engrams either."""
        async with self._writing:  # or what is being written would bring their links back
            async with self.unlisting(engram_ids) as links:
                yield links
            for engram_id in engram_ids:
                self.let_go(engram_id)

    @asynccontextmanager
    async def unlisting(self, engram_ids: Collection[str]) -> AsyncGenerator[list[Link]]:
        """Around the deletion of engrams and of their links: gives what is to be written with it, so that concepts
        which keep no instance are no longer among `concepts`."""
        linked = await self._store.links([*engram_ids]) if engram_ids else []
        told = {one.target_id for links in linked for one in links if one.kind == AssociationType.INSTANCE}
        concepts = sorted(told.difference((_CONCEPTS,)).difference(filter(is_engram_id, told)))
        gone = frozenset(engram_ids)
        before = await self.instances(concepts)
        bare = {one for one, held in zip(concepts, before, strict=True) if gone.issuperset(held)}
        yield [link for concept in sorted(bare) for link in _listing(concept, 0.0)]
        with suppress(StoreError):  # the deletion has been written
            changed: list[Link] = []
            for concept, held in zip(concepts, await self.instances(concepts), strict=True):
                if bool(held) == (concept in bare):  # another brain has wired it, or taken its last instance
                    changed += _listing(concept, 1.0 if held else 0.0)
            if changed:
                await self._store.write(changed)

    def let_go(self, engram_id: str) -> None:
        """Nothing new leads from or to an engram that is gone."""
        self._new.pop(engram_id, None)
        for increments in self._new.values():
            for key in [key for key in increments if key[0] == engram_id]:
                del increments[key]


def _listing(concept: str, weight: float) -> list[Link]:
    """The links that make a concept one of all; copies of a store find it by the second."""
    return [
        Link(_CONCEPTS, concept, AssociationType.INSTANCE, weight),
        Link(concept, _CONCEPTS, AssociationType.INSTANCE, weight),
    ]


def _strengthen(increments: _Increments, associations: Iterable[Association]) -> int:
    """Adds associations to what is new; how many directions."""
    count = 0
    for source, target, kind, weight in associations:
        if source != target:
            key = (target, kind.value)
            increments[source][key] = hebbian(increments[source].get(key, 0.0), weight)
            count += 1
    return count
