"""What must be true of the brains in a place after the acts of a program: the model that they are compared with.

Learns from the outcomes of acts alone. Where the store failed or a brain was killed, an act may or may not have
happened: then the ledger allows both, until it sees which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from neuro.engram import Engram, MemoryType, canonical_content
from neuro.errors import (
    BrainClosedError,
    EngramNotFoundError,
    SleepError,
    StoreClosedError,
    StoreUnavailableError,
)
from neuro.signals import Forgetting, Perception, SleepReport
from neuro.signals import Recall as Recalled
from neuro.testing.machine.acts import ALL, Act, Browse, Forget, OnOne, Perceive, Pin, Recall, Seek

_Identity = tuple[str, MemoryType, str | None]
_RECENT = frozenset(("hippocampus",))


class Outcome(NamedTuple):
    """An act, the engram it named if it named one, and what came of it: a result or an error."""

    act: Act
    engram_id: str | None
    result: object
    brain: int = 0
    """By which brain."""


class Circumstances(NamedTuple):
    """What may excuse an outcome of one brain."""

    shaky: bool = False
    """Some verb of its store may have failed."""
    lost: bool = False
    """Some reply of its store may have been lost."""
    lesioned: bool = False
    """Some of its regions was out of action."""
    killed: bool = False
    """It was killed meanwhile."""
    strangers: bool = False
    """What another brain encoded may lie in the hippocampus."""
    rivalled: bool = False
    """Another brain may have held the lease of the sleeper."""
    hidden: frozenset[str] = frozenset()
    """Engrams that another brain may have kept to itself, because its store was away."""
    unheard: frozenset[str] = frozenset()
    """What others have forgotten and this one cannot know of, because its store was away."""

    def joined(self, after: Circumstances) -> Circumstances:
        """What excuses an act between this moment and a later one."""
        return Circumstances(
            shaky=self.shaky or after.shaky,
            lost=self.lost or after.lost,
            lesioned=self.lesioned or after.lesioned,
            killed=self.killed or after.killed,
            strangers=self.strangers or after.strangers,
            rivalled=self.rivalled or after.rivalled,
            hidden=self.hidden | after.hidden,
            unheard=self.unheard | after.unheard,
        )


@dataclass(slots=True)
class Count:
    """A number that is known, or known to lie between two."""

    low: int
    high: int

    def add(self, certain: bool) -> None:
        """One more, or perhaps one more."""
        self.low += certain
        self.high += 1

    def repeat(self, since: float) -> None:
        """What was added since it was seen may have been added twice."""
        self.high += self.high - int(since)

    def settle(self, observed: float, what: str) -> None:
        """Takes what is seen for what is."""
        assert self.low <= observed <= self.high, f"{what} is {observed:g}, not {self}"
        self.low = self.high = int(observed)

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low} to {self.high}"


@dataclass(slots=True)
class Expected:
    """What is expected of one engram."""

    engram: Engram
    """As it was seen last."""
    region: str
    """Where it was seen last."""
    encoded_half_life: float | None
    """Before it settled anywhere; None while that is not known."""
    accesses: Count = field(default_factory=lambda: Count(0, 0))
    exposures: Count = field(default_factory=lambda: Count(1, 1))
    pinned: set[bool] = field(default_factory=lambda: {False})
    """What it may be."""
    surely: bool = True
    """False when it may have been forgotten."""
    nights: int = 0
    """How many there may have been since it was seen last."""
    owed: bool = False
    """Whether it was owed to the store meanwhile."""
    durable: bool = False
    """Whether a perceive has said that it is durable."""


class Ledger:
    """All engrams that ever were, and what became of them."""

    def __init__(self) -> None:
        self.expected: dict[str, Expected] = {}
        self.forgotten: set[str] = set()
        self.vanished: set[str] = set()
        """Forgotten by a call whose reply was lost: nobody has cleared up what points to these yet."""
        self._begun: set[_Identity] = set()
        """Perceptions by brains that were killed amid them."""
        self._ids: list[str] = []

    def pick(self, number: int) -> str:
        """An id by number, counted round; one that never was while there are none."""
        return self._ids[number % len(self._ids)] if self._ids else "0" * 32

    def vanish(self, engram_id: str) -> None:
        """It is seen to be gone, and that is no fault: its deletion may have been carried out."""
        del self.expected[engram_id]
        self.forgotten.add(engram_id)
        self.vanished.add(engram_id)

    def admit(self, engram: Engram) -> bool:
        """Whether an engram of which nobody has been told may be there all the same; once it is stored it must be."""
        if _identity(engram) not in self._begun or engram.engram_id in self._ids:
            return False
        expected = Expected(engram, "hippocampus", None, Count(0, ALL), Count(1, ALL), {True, False})
        expected.surely = False  # the brain that was killed may have shown what it had not written yet
        self.expected[engram.engram_id] = expected
        self._ids.append(engram.engram_id)
        return True

    def all_seen(self) -> None:
        """What has not shown up by now was never perceived."""
        self._begun.clear()

    def bereave(self, engram_id: str, stored: Engram | None) -> None:
        """The brain was killed that owed an engram, or changes of it, to its store, where it is ``stored``."""
        expected = self.expected.get(engram_id)
        if expected is None:
            return
        if stored is None:
            assert not expected.durable, f"{self.name(engram_id)} was durable, and is lost with its brain"
            expected.surely = False
            return
        expected.engram = stored
        expected.accesses.low, expected.exposures.low = 0, 1

    def content(self, engram_id: str) -> str:
        """What an engram says; its id when there is none."""
        expected = self.expected.get(engram_id)
        return engram_id if expected is None else expected.engram.content

    def name(self, engram_id: str) -> str:
        """An engram in words."""
        expected = self.expected.get(engram_id)
        return engram_id if expected is None else f"{engram_id} ({expected.engram.content!r})"

    def record(self, outcomes: Sequence[Outcome], excuses: Sequence[Circumstances]) -> None:
        """Takes in what came of acts that met; ``excuses`` by brain.

        Raises:
            AssertionError: an outcome that no order of the acts explains.
        """
        doomed = {
            o.engram_id for o in outcomes if isinstance(o.act, Forget) and o.engram_id not in self.forgotten
        }
        there = {i for i, e in self.expected.items() if e.surely} - doomed
        known = {*self.expected}
        for outcome in _perceptions(outcomes):
            self._perceived(outcome, _others(outcomes, outcome), doomed, excuses[outcome.brain])
        for outcome in outcomes:
            self._tried_in_vain(outcome, known, excuses[outcome.brain])
        for act, engram_id, result, brain in outcomes:
            excuse = excuses[brain]
            present = there - excuse.hidden
            if excuse.killed and _cut_short(result):
                self._never_answered(act)
                continue
            assert not isinstance(result, StoreUnavailableError) or excuse.shaky, (
                f"{act!r} could not reach a store that is up"
            )
            if isinstance(act, Recall):
                self._recalled(act, result, excuse)
            elif isinstance(act, Seek):
                found = self._recalled(act, result, excuse)
                missed = engram_id in present and engram_id not in found
                assert not missed or excuse.shaky or excuse.lesioned, (
                    f"{act!r} did not find {self.name(engram_id or '')}"
                )
            elif isinstance(act, Browse):
                self._listed(act, result, present, excuse)
            elif isinstance(act, OnOne):
                assert engram_id is not None
                self._named(act, engram_id, result, doomed, excuse)
            elif isinstance(result, SleepReport):
                assert result.skipped is None or excuse.rivalled, f"a night of its own: {result.skipped}"
                assert result.skipped is None or not any(result.values()), f"{result} though it was skipped"
            else:
                failed = isinstance(result, Exception) and not isinstance(result, StoreUnavailableError)
                assert not failed, f"{act!r} failed: {result!r}"
        self._pinned(outcomes, excuses)
        for act, engram_id, result, brain in outcomes:
            if isinstance(act, Forget) and engram_id in self.expected:
                self._forgotten(engram_id, result, excuses[brain])

    # One kind of act each

    def _never_answered(self, act: Act) -> None:
        """Whether an act took place nobody knows, for its brain was killed."""
        if isinstance(act, Recall) and act.update:
            for expected in self.expected.values():
                expected.accesses.add(certain=False)

    def _perceived(
        self, outcome: Outcome, met: set[_Identity], doomed: set[str | None], excuse: Circumstances
    ) -> None:
        act, _, perception, _ = outcome
        assert isinstance(act, Perceive)
        perceived = _identity_of(act)
        alike = [e for e in self.expected.values() if _identity(e.engram) == perceived]
        if excuse.killed and _cut_short(perception):
            self._begun.add(perceived)
            for twin in alike:
                twin.exposures.add(certain=False)
            return
        assert isinstance(perception, Perception), f"{act!r} failed: {perception!r}"
        engram = perception.engram
        if engram is None:
            refused = not perception.gate.opened
            assert refused or excuse.lesioned, f"{act!r} passed the gate and was not encoded"
            for twin in alike if excuse.shaky else ():
                twin.exposures.add(certain=False)
            return
        assert _identity(engram) == perceived, f"{act!r} was taken for {engram.content!r}"
        assert perception.durable or excuse.shaky, f"{act!r} is not durable though the store is there"
        if perception.repeated:
            self._assert_known(engram)
            self.expected[engram.engram_id].exposures.add(certain=True)
            self.expected[engram.engram_id].durable |= perception.durable
            return
        assert engram.engram_id not in self._ids, f"{act!r} used the id {engram.engram_id} again"
        for twin in alike:
            unknown = not twin.surely or twin.engram.engram_id in {*doomed, *excuse.hidden}
            excused = unknown or excuse.shaky or excuse.lesioned or perceived in met
            assert excused, f"{act!r} encoded a repeat of {twin.engram.engram_id} anew"
            twin.exposures.add(certain=False)
        half_life = engram.trace.encoded_half_life
        self.expected[engram.engram_id] = Expected(
            engram, "hippocampus", half_life, durable=perception.durable
        )
        self._ids.append(engram.engram_id)

    def _tried_in_vain(self, outcome: Outcome, known: set[str], excuse: Circumstances) -> None:
        """A reply that was lost may have been to the repeat of what another brain encoded meanwhile."""
        act, perception = outcome.act, outcome.result
        if not (isinstance(act, Perceive) and isinstance(perception, Perception) and excuse.lost):
            return
        encoded = None if perception.engram is None else perception.engram.engram_id
        for engram_id in self.expected.keys() - known - {encoded}:
            expected = self.expected[engram_id]
            if _identity(expected.engram) == _identity_of(act):
                expected.exposures.add(certain=False)

    def _recalled(self, act: Recall | Seek, result: object, excuse: Circumstances) -> list[str]:
        """Checks a recall and counts it; the ids that it brought back."""
        assert isinstance(result, Recalled), f"{act!r} failed: {result!r}"
        ids = [r.engram.engram_id for r in result]
        limit = act.limit if isinstance(act, Recall) else ALL
        assert len(ids) <= limit and len(set(ids)) == len(ids), f"{act!r} brought back {ids}"
        order = [r.activation for r in result]
        assert order == sorted(order, reverse=True), f"{act!r} is not best first: {order}"
        silent = set(result.silent)
        # What a night moves while the reply to its change is lost is nowhere for a moment.
        reachable: frozenset[str] = frozenset() if excuse.strangers or excuse.lost else _RECENT
        assert not silent or excuse.lesioned or (excuse.shaky and silent.isdisjoint(reachable)), (
            f"{act!r} says that {result.silent} are silent"
        )
        for recollection in result:
            if recollection.engram.engram_id in excuse.unheard:
                continue
            self._assert_known(recollection.engram)
            assert 0.0 <= recollection.confidence <= 1.0, f"{act!r}: confidence {recollection.confidence}"
            if isinstance(act, Recall) and act.update:
                self.expected[recollection.engram.engram_id].accesses.add(
                    certain=not (silent and excuse.shaky)
                )
        return ids

    def _listed(self, act: Browse, result: object, present: set[str], excuse: Circumstances) -> None:
        if isinstance(result, StoreUnavailableError):
            return
        assert isinstance(result, list), f"{act!r} failed: {result!r}"
        engrams: list[Engram] = result  # pyright: ignore[reportUnknownVariableType]
        ids = [engram.engram_id for engram in engrams]
        assert ids == sorted(set(ids)), f"{act!r} listed {ids}"
        for engram in engrams:
            if engram.engram_id not in excuse.unheard:
                self._assert_known(engram)
        missing = present - set(ids)
        assert not missing or excuse.lesioned, f"{act!r} left out {self.name(min(missing))}"

    def _named(
        self,
        act: OnOne,
        engram_id: str,
        result: object,
        doomed: set[str | None],
        excuse: Circumstances,
    ) -> None:
        expected = self.expected.get(engram_id)
        if isinstance(result, EngramNotFoundError):
            unknown = expected is None or not expected.surely or engram_id in {*doomed, *excuse.hidden}
            assert unknown or excuse.lesioned, f"{act!r} did not find {self.name(engram_id)}"
            return
        if engram_id in excuse.unheard:
            return
        if not isinstance(result, StoreUnavailableError):
            assert not isinstance(result, Exception), f"{act!r} failed: {result!r}"
            assert expected is not None, f"{act!r} found {engram_id}, which is forgotten"
        if isinstance(result, Engram):
            self._assert_known(result)

    def _pinned(self, outcomes: Sequence[Outcome], excuses: Sequence[Circumstances]) -> None:
        """The last of several pins that met may be any of them."""
        for engram_id, expected in self.expected.items():
            tried = [o for o in outcomes if isinstance(o.act, Pin) and o.engram_id == engram_id]
            wanted = {o.act.pinned for o in tried if isinstance(o.act, Pin)}
            shaky = any(excuses[o.brain].shaky for o in tried)
            if all(o.result is None for o in tried) and tried and not shaky:
                expected.pinned = wanted
            else:
                expected.pinned |= wanted

    def _forgotten(self, engram_id: str, result: object, excuse: Circumstances) -> None:
        if isinstance(result, Forgetting):
            del self.expected[engram_id]
            self.forgotten.add(engram_id)
        elif excuse.lost or excuse.killed:
            self.expected[engram_id].surely = False

    def _assert_known(self, engram: Engram) -> None:
        known = engram.engram_id in self.expected or self.admit(engram)
        assert known, f"{engram.engram_id} ({engram.content!r}) came back: it was forgotten, or never was"
        expected = self.expected[engram.engram_id]
        assert expected.engram.content == engram.content, (
            f"{self.name(engram.engram_id)} says {engram.content!r} by now"
        )


def _identity(engram: Engram) -> _Identity:
    """What makes a repeat a repeat."""
    return canonical_content(engram.content), engram.memory_type, engram.speaker


def _identity_of(act: Perceive) -> _Identity:
    return canonical_content(act.content), act.memory_type, act.speaker


def _others(outcomes: Sequence[Outcome], one: Outcome) -> set[_Identity]:
    """What other brains perceived at the same time."""
    return {_identity_of(o.act) for o in outcomes if isinstance(o.act, Perceive) and o.brain != one.brain}


def _cut_short(result: object) -> bool:
    """Whether an act ended because its brain's process did."""
    return isinstance(result, (StoreClosedError, BrainClosedError, SleepError))


def _perceptions(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Perceptions in an order that explains them: what was encoded before what repeats it."""
    perceived = [outcome for outcome in outcomes if isinstance(outcome.act, Perceive)]
    return iter(sorted(perceived, key=lambda o: isinstance(o.result, Perception) and o.result.repeated))
