"""Looks at a brain between two acts, from inside its store and through its verbs, and compares it with the ledger."""

from __future__ import annotations

import json
import math
from collections.abc import Set
from dataclasses import dataclass

from neuro.brain import Brain
from neuro.config import BrainConfig
from neuro.engram import Engram, MemoryType
from neuro.errors import EngramNotFoundError
from neuro.plasticity import OddsPlasticity
from neuro.stores.base import Link, Store
from neuro.testing.expect import exact
from neuro.testing.machine.acts import ALL
from neuro.testing.machine.ledger import Expected, Ledger
from neuro.units import DORMANT_BELOW

_REGIONS = ("hippocampus", "neocortex", "cerebellum", "basal_ganglia")
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Census:
    """Who is where, read past everything that stands between brains and their store."""

    waiting: dict[str, Engram]
    """What brains keep for a store that is away, as they show it."""
    stored: dict[str, dict[str, Engram]]
    """What each region has in the store."""
    fading: frozenset[str]
    """What stands in an index of forgetting with an end, and is not marked as dormant."""
    counts: dict[str, tuple[int, int]]
    """How many engrams each region says it has in the store, and how many of them are dormant."""
    links: tuple[Link, ...]

    def owners(self, engram_id: str) -> dict[str, Engram]:
        """Regions that own an engram."""
        found = {name: engrams[engram_id] for name, engrams in self.stored.items() if engram_id in engrams}
        if engram_id in self.waiting and found.keys() <= {
            "hippocampus"
        }:  # its write may have landed all the same
            found["hippocampus"] = self.waiting[engram_id]
        return found

    @property
    def ids(self) -> set[str]:
        """Everything that is kept anywhere."""
        return {*self.waiting, *(engram_id for engrams in self.stored.values() for engram_id in engrams)}


def owed(brain: Brain) -> dict[str, Engram]:
    """Engrams that wait for a brain's store, or changes of which do, as the brain shows them."""
    hippocampus = brain.hippocampus
    return {e.engram_id: e for e in hippocampus.owed(e.engram_id for e in hippocampus.recent.everything())}


def _owed_elsewhere(brain: Brain, census: Census, engram_id: str) -> bool:
    """Whether a change waits for the store of an engram that a night has moved meanwhile."""
    journal = brain.hippocampus.journal
    return journal is not None and journal.owes(engram_id) and engram_id not in census.waiting


async def take_census(brain: Brain, store: Store, *others: Brain) -> Census:
    """Counts the engrams of a brain over ``store``, while nothing else happens.

    Args:
        others: those that share the store with it.
    """
    waiting = {engram_id: e for each in (*others, brain) for engram_id, e in owed(each).items()}
    stored: dict[str, dict[str, Engram]] = {}
    counts: dict[str, tuple[int, int]] = {}
    fading: set[str] = set()
    for name in _REGIONS:
        engrams = store.engrams(name)
        stored[name] = {engram.engram_id: engram for engram in await engrams.scan()}
        fading.update(await engrams.due(math.inf, limit=ALL))
        counts[name] = await engrams.count(brain.time.now())
    everyone = sorted({*waiting, *(engram_id for engrams in stored.values() for engram_id in engrams)})
    links = tuple(link for outgoing in await store.links(everyone) for link in outgoing)
    return Census(waiting, stored, frozenset(fading), counts, links)


class Auditor:
    """Compares brains with what a ledger expects.

    Args:
        config: the brains', whose numbers bound what may change.
        alone: whether there is but one brain.
    """

    def __init__(self, ledger: Ledger, config: BrainConfig, *, alone: bool = True) -> None:
        self._ledger = ledger
        self._config = config
        self._alone = alone

    def glance(self, brain: Brain, ghosts: Set[str]) -> None:
        """What must hold at every moment, while acts are under way too.

        Args:
            ghosts: what is forgotten, as far as this brain must know.
        """
        held = brain.working_memory[:]
        capacity = self._config.prefrontal_cortex.capacity
        assert len(held) <= capacity, f"working memory holds {len(held)} chunks in {capacity} slots"
        for chunk in held:
            assert chunk.engram_id not in ghosts, f"{chunk.engram_id} is forgotten and held"

    def look_for_ghosts(self, brain: Brain, ghosts: Set[str]) -> None:
        """Nothing in a brain points to what is forgotten, as far as it must know."""
        self.glance(brain, ghosts)
        state = json.dumps([brain.hippocampus.stream(), brain.hippocampus.ledger()])
        for engram_id in ghosts:
            assert engram_id not in state, f"{engram_id} is forgotten and still on the hippocampus's mind"

    def audit(self, brain: Brain, census: Census, *, nights: int) -> None:
        """What must hold between two acts, even while the store fails.

        Args:
            brain: one whose time no other is ahead of.
            nights: how many there may have been since the last audit.
        """
        self._take_in(census)
        linked = {engram_id for link in census.links for engram_id in link[:2]}
        ghosts = linked & (self._ledger.forgotten - self._ledger.vanished) if self._alone else None
        assert not ghosts, f"{min(ghosts)} is forgotten and wired"
        self._compare_counts(brain, census)
        for engram_id, expected in [*self._ledger.expected.items()]:
            owners = census.owners(engram_id)
            if not owners and not expected.surely and engram_id not in census.ids:
                self._ledger.vanish(engram_id)
                continue
            assert len(owners) == 1, (
                f"{self._ledger.name(engram_id)} is owned by {sorted(owners) or 'nobody'}"
            )
            [(region, engram)] = owners.items()
            expected.nights += nights
            if (engram_id in census.waiting and not self._alone) or _owed_elsewhere(brain, census, engram_id):
                expected.owed = True
                continue  # what others have changed meanwhile, or waits for its new home, is not known here
            if (
                expected.owed and expected.region != region
            ):  # the write may have landed before another brain moved it
                expected.accesses.repeat(expected.engram.trace.access_count)
                expected.exposures.repeat(expected.engram.trace.exposures)
            self._compare(expected, region, engram, brain)
            if engram.pinned:
                assert engram_id not in census.fading, f"{self._ledger.name(engram_id)} is pinned and fades"
            expected.engram, expected.region, expected.surely, expected.nights = engram, region, True, 0
            expected.owed = False

    def _take_in(self, census: Census) -> None:
        """Everything that is kept is known, or may have been perceived unnoticed."""
        for engrams in census.stored.values():
            for engram_id, engram in engrams.items():
                known = engram_id in self._ledger.expected or self._ledger.admit(engram)
                assert known, f"{engram_id} is stored: it was forgotten, or never was"
        self._ledger.all_seen()
        unknown = census.waiting.keys() - self._ledger.expected.keys()
        assert not (unknown and self._alone), f"{min(unknown)} waits: it was forgotten, or never was"

    def _compare_counts(self, brain: Brain, census: Census) -> None:
        """The index of forgetting says what the traces say."""
        for region, engrams in census.stored.items():
            dormant = sum(brain.retention(engram) < DORMANT_BELOW for engram in engrams.values())
            assert census.counts[region] == (len(engrams), dormant), (
                f"the {region} counts {census.counts[region]}, not {(len(engrams), dormant)}"
            )

    def _compare(self, expected: Expected, region: str, engram: Engram, brain: Brain) -> None:
        name, before, trace = self._ledger.name(engram.engram_id), expected.engram, engram.trace
        assert region in ("hippocampus", self._config.types.of(engram.memory_type).home), (
            f"{name} lives in the {region}"
        )
        assert (engram.content, engram.digest) == (before.content, before.digest), (
            f"{name} says {engram.content!r}"
        )
        expected.accesses.settle(trace.access_count, f"{name}: its access_count")
        expected.exposures.settle(trace.exposures, f"{name}: the number of its exposures")
        assert engram.pinned in expected.pinned, f"{name}: pinned is {engram.pinned}"
        expected.pinned = {engram.pinned}
        if engram.revision == before.revision:
            assert exact(engram) == exact(before), f"{name} changed without a new revision"
        assert engram.revision >= before.revision, (
            f"{name} went back from revision {before.revision} to {engram.revision}"
        )
        self._compare_strength(name, expected, region, engram, brain)

    def _compare_strength(
        self, name: str, expected: Expected, region: str, engram: Engram, brain: Brain
    ) -> None:
        plasticity, before, trace = self._config.plasticity, expected.engram.trace, engram.trace
        now = brain.time.now()
        retention = brain.retention(engram)
        assert 0.0 <= retention <= 1.0, f"{name}: retention is {retention}"
        if engram.pinned:
            ceiling = plasticity.strength(trace, trace.last_access)
            assert retention == ceiling, (
                f"{name}: it is pinned, and its retention is {retention}, not {ceiling}"
            )
        settled = self._settling(engram) if region != "hippocampus" else 1.0
        if expected.encoded_half_life is None:
            expected.encoded_half_life = trace.encoded_half_life / settled
        encoded = expected.encoded_half_life * settled
        assert math.isclose(trace.encoded_half_life, encoded), (
            f"{name}: its half-life at encoding is {trace.encoded_half_life:g} s in the {region}, not {encoded:g} s"
        )
        if not isinstance(plasticity, OddsPlasticity):  # the only law with such a bound
            return
        stretched = settled if expected.region == "hippocampus" else 1.0
        stretched *= (1.0 + plasticity.sleep_benefit) ** expected.nights
        most = stretched * (before.half_life + plasticity.gain * max(0.0, now - before.last_access))
        assert trace.half_life <= most * (1.0 + _ROUNDING), (
            f"{name}: its half-life grew from {before.half_life:g} s to {trace.half_life:g} s, beyond {most:g} s"
        )

    def _settling(self, engram: Engram) -> float:
        """Factor on the half-life of what settles in its home."""
        match engram.memory_type:
            case MemoryType.PROCEDURAL:
                return self._config.cerebellum.resistance
            case MemoryType.HABITUAL:
                return 1.0 + self._config.basal_ganglia.habit_benefit * max(0.0, engram.reward or 0.0)
            case _:
                return 1.0

    async def interview(self, brain: Brain) -> None:
        """What must hold through the verbs, with every region intact and the store up; changes nothing."""
        ledger = self._ledger
        listed = await brain.list(limit=ALL, dormant=True)
        assert [e.engram_id for e in listed] == sorted(ledger.expected), (
            f"list shows {[e.engram_id for e in listed]}, not {sorted(ledger.expected)}"
        )
        for engram_id, expected in ledger.expected.items():
            found = await brain.get(engram_id)
            assert found == expected.engram, f"get({engram_id}) is {found!r}, not {expected.engram!r}"
            ghosts = ledger.forgotten.intersection(found.associations)
            assert not ghosts, f"{engram_id} is associated with {ghosts}, which are forgotten"
            recall = await brain.recall(expected.engram.content, limit=ALL, update=False)
            assert not recall.silent, f"{recall.silent} are silent"
            recalled = [r.engram.engram_id for r in recall]
            assert engram_id in recalled, f"{ledger.name(engram_id)} is not found by its own content"
            assert not ledger.forgotten.intersection(recalled), (
                f"{expected.engram.content!r} brings back what is forgotten"
            )
        for engram_id in ledger.forgotten:
            try:
                await brain.get(engram_id)
            except EngramNotFoundError:
                continue
            raise AssertionError(f"get({engram_id}) shows what is forgotten")

    def assert_consolidated(self, census: Census) -> None:
        """What must hold after a night that nothing disturbed."""
        recent = {*census.waiting, *census.stored["hippocampus"]}
        assert not recent, f"{min(recent)} stayed in the hippocampus in a quiet night"
