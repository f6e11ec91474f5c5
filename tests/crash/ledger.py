"""What was acknowledged, and whether it is there.

Learns from what children report alone. An act that was under way when its child died, or that failed because its
store was away, may have happened or not: then the ledger allows both, until it sees which.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from neuro.ids import is_engram_id

Facts = dict[str, Any]


class Fault(NamedTuple):
    """Something that was promised and does not hold."""

    kind: str
    """lost, resurrected, duplicated, miscounted, unset, reverted, torn, dangling, hidden, flawed, failed or crashed."""
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


@dataclass(slots=True)
class Act:
    """One act of a child; without an outcome nobody knows whether it happened."""

    child: int
    name: str
    about: Facts
    began: float
    ended: float = math.inf
    done: Facts | None = None
    failed: str | None = None

    @property
    def certain(self) -> bool:
        """Whether it is known to have happened."""
        return self.done is not None

    @property
    def perhaps(self) -> bool:
        """Whether it may have happened: what is refused has not, but what is out of reach may have been."""
        return self.done is None and self.failed not in ("EngramNotFoundError", "BufferFullError")


def read_acts(child: int, messages: Iterable[Facts]) -> list[Act]:
    """What a child did, from what it told."""
    acts: dict[int, Act] = {}
    for message in messages:
        if "act" in message:
            acts[message["n"]] = Act(child, message["act"], message, message["at"])
        elif "n" in message:
            act = acts[message["n"]]
            act.ended = message["at"]
            act.done, act.failed = message.get("done"), message.get("failed")
    return [*acts.values()]


class Setting:
    """What a value may be after acts that set it, of which some met and some may not have happened."""

    def __init__(self, value: object) -> None:
        self._tried: list[tuple[object, float, float]] = [(value, -math.inf, -math.inf)]
        """Value, and when it began and ended to be set; ``inf``: it may not have happened."""

    def set(self, value: object, act: Act) -> None:
        """An act that sets it."""
        self._tried.append((value, act.began, act.ended if act.certain else math.inf))

    def possible(self) -> list[object]:
        """Values of acts after which nothing is known to have set it anew."""
        latest = max(began for _, began, ended in self._tried if ended < math.inf)
        return [value for value, _, ended in self._tried if ended >= latest]


@dataclass(slots=True)
class Known:
    """An engram that is there."""

    content: str
    state: Facts
    """As it was last seen, at its highest revision."""
    since: float = -math.inf
    """When it was acknowledged."""
    doubtful: int | None = None
    """Child that had it in its buffer only when the perceive returned, until it closes in order."""
    accesses: Counter[str] = field(default_factory=Counter)
    """Least and most."""
    exposures: Counter[str] = field(default_factory=Counter)
    pinned: Setting = field(default_factory=lambda: Setting(False))
    target: Setting = field(default_factory=lambda: Setting(None))
    forgetting: Act | None = None
    """What tried to forget it."""
    region: str | None = None
    """Where a night brought it."""
    wired: set[str] = field(default_factory=set)
    """What it was bound to when it was perceived, until a night."""


def seen(state: Facts) -> Known:
    """An engram as somebody has just found it."""
    return Known(
        state["content"],
        state,
        accesses=Counter(least=state["accesses"], most=state["accesses"]),
        exposures=Counter(least=state["exposures"], most=state["exposures"]),
        pinned=Setting(state["pinned"]),
        target=Setting(state["target"]),
    )


class Ledger:
    """All engrams of a place, and what became of them.

    Args:
        shaky: whether the store may be away: what is perceived then is durable later, and a repeat may be taken for
            something new.
    """

    def __init__(self, *, shaky: bool = False) -> None:
        self._shaky = shaky
        self.known: dict[str, Known] = {}
        self.gone: dict[str, float] = {}
        """When the forgetting of it was acknowledged."""
        self.facts = 0
        """How many comparisons there were."""
        self._sleeps = 0.0
        self._recalls_in_doubt = 0
        self._floating: Counter[str] = Counter()
        """Contents whose perceives may not have happened."""
        self._faults: list[Fault] = []
        self._told: set[Fault] = set()

    def _expect(self, holds: bool, kind: str, what: str) -> bool:
        self.facts += 1
        fault = Fault(kind, what)
        if not holds and fault not in self._told:  # what is broken stays broken
            self._told.add(fault)
            self._faults.append(fault)
        return holds

    def faults(self) -> list[Fault]:
        """What has been found since the last call."""
        found, self._faults = self._faults, []
        return found

    # What was acknowledged

    def record(self, acts: Iterable[Act], *, excused: frozenset[str] = frozenset()) -> None:
        """Takes in what was done since the last testimony, by however many children.

        Args:
            excused: names of errors that acts may fail by.
        """
        ordered = sorted(acts, key=lambda act: act.ended)
        for act in ordered:
            if act.name.startswith("perceive"):
                self._perceived(act)
        for act in ordered:
            if act.name == "recall":
                self._recalled(act)
            elif "id" in act.about:
                self._changed(act)
            elif act.name == "sleep":
                self._slept(act)
            elif act.name in ("close", "reopen") and act.certain:
                for known in self.known.values():
                    if known.doubtful == act.child and known.since < act.began:
                        known.doubtful = None
        for act in ordered:  # against what all of them together did
            self._observed(act)
            if act.failed is not None and act.failed not in excused:
                self._expect(self._missed(act), "failed", f"{act.about} by {act.failed}")

    def _perceived(self, act: Act) -> None:
        if act.perhaps:
            self._floating.update(act.about["contents"])
        for fact in (act.done or {}).get("perceived", ()):
            state = fact["state"]
            engram_id = state["id"]
            self._expect(fact["durable"] or self._shaky, "failed", f"{engram_id} is not durable")
            known = self.known.get(engram_id)
            if known is None:
                known = self.known[engram_id] = seen(state)
                known.since = act.ended
                known.doubtful = act.child if self._shaky and not fact["durable"] else None
                known.exposures = Counter(least=1, most=1)
            if fact["repeated"]:
                known.exposures["least"] += fact["durable"]
                known.exposures["most"] += 1
            else:
                known.wired.update(fact["wired"])
            self._glimpse(state)

    def _recalled(self, act: Act) -> None:
        if act.done is None:
            self._recalls_in_doubt += act.perhaps
            return
        certain = not act.done["silent"]
        for state in act.done["recalled"]:
            if (known := self.known.get(state["id"])) is not None:
                known.accesses["least"] += certain
                known.accesses["most"] += 1
            self._glimpse(state)

    def _changed(self, act: Act) -> None:
        known = self.known.get(act.about["id"])
        if known is None:
            return
        if act.name == "forget":
            if act.certain:
                del self.known[act.about["id"]]
                self.gone[act.about["id"]] = act.ended
            elif act.perhaps:
                known.forgetting = act
        elif act.name in ("pin", "schedule") and (act.certain or act.perhaps):
            name = "pinned" if act.name == "pin" else "target"
            getattr(known, name).set(act.about[name], act)
        if act.done and "state" in act.done:
            self._glimpse(act.done["state"])

    def _glimpse(self, state: Facts) -> None:
        known = self.known.get(state["id"])
        if known is None:
            return
        if state["revision"] == known.state["revision"]:
            self._expect(state == known.state, "torn", f"{state} and {known.state} have one revision")
        elif state["revision"] > known.state["revision"]:
            known.state = state

    def _slept(self, act: Act) -> None:
        for known in self.known.values():
            if known.since < act.ended:
                known.wired.clear()  # nights let associations fade
        if act.done is None:
            return
        self._sleeps = max(self._sleeps, act.done["sleeps"])
        for engram_id, region in act.done["moved"].items():
            if (known := self.known.get(engram_id)) is not None:
                known.region = region

    # What children saw

    def _missed(self, act: Act) -> bool:
        """Whether an act may have missed its engram."""
        engram_id = act.about.get("id")
        known = self.known.get(engram_id) if engram_id is not None else None
        return act.failed == "EngramNotFoundError" and (
            known is None or known.doubtful is not None or known.forgetting is not None
        )

    def _observed(self, act: Act) -> None:
        """What a child saw must have been there, and what was there it must have seen."""
        if act.done is None:
            return
        if act.name == "recall":
            shown = {state["id"] for state in act.done["recalled"]}
        elif act.name == "browse":
            shown = {*act.done["listed"]}
            for engram_id, known in self.known.items():
                there = known.since < act.began and known.forgetting is None and known.doubtful is None
                self._expect(not there or engram_id in shown, "hidden", f"{engram_id} is not listed")
        elif act.name == "seek":
            shown = {*act.done["found"]}
            known = self.known.get(act.about["id"])
            there = known is not None and known.forgetting is None and known.since < act.began
            self._expect(
                not there or act.about["id"] in shown,
                "hidden",
                f"{act.about['id']} is not found by its own content",
            )
        else:
            return
        for engram_id in shown:
            self._expect(
                self.gone.get(engram_id, math.inf) >= act.began,
                "resurrected",
                f"{act.name} shows {engram_id}, forgotten before",
            )

    # What is there

    def compare(self, testimony: Mapping[str, Any]) -> None:
        """Compares with what somebody found who woke while nobody else did anything, and goes on from there."""
        states = {state["id"]: state for state in testimony["listed"]}
        owners: dict[str, list[str]] = testimony["owners"]
        self._expect(len(states) == len(testimony["listed"]), "duplicated", "an id is listed twice")
        for engram_id, known in [*self.known.items()]:
            self._compare_one(engram_id, known, states.get(engram_id), owners.get(engram_id, []))
        for engram_id in (states.keys() | owners.keys()) - self.known.keys():
            self._admit(engram_id, states.get(engram_id), owners.get(engram_id, []))
        self._compare_wires(testimony, owners)
        contents = Counter(state["content"] for state in states.values())
        for content, number in contents.items():
            self._expect(number == 1 or self._shaky, "duplicated", f"{number} engrams say {content!r}")
        for engram_id, found in testimony["found"].items():
            self._expect(engram_id in found, "hidden", f"{engram_id} is not found by its own content")
            for other in found:
                self._expect(other in states, "resurrected", f"recall shows {other}, which list does not")
        for engram_id in testimony["shown"]:
            self._expect(False, "resurrected", f"get shows {engram_id}, forgotten")
        for flaw in testimony["flaws"]:
            self._expect(False, "flawed", flaw)
        self._expect(
            testimony["sleeps"] >= self._sleeps, "reverted", f"{self._sleeps} sleeps to {testimony['sleeps']}"
        )
        self._settle(states, testimony["sleeps"])

    def _compare_one(self, engram_id: str, known: Known, state: Facts | None, owners: list[str]) -> None:
        if state is None:
            excused = known.forgetting is not None or known.doubtful is not None
            self._expect(excused, "lost", f"{engram_id} ({known.content!r})")
            self._expect(not (excused and owners), "torn", f"{engram_id} is half forgotten, in {owners}")
            return
        told = f"{engram_id} ({known.content!r})"
        self._expect(state["content"] == known.content, "torn", f"{told} says {state['content']!r}")
        self._expect(len(owners) == 1, "duplicated" if owners else "lost", f"{told} is owned by {owners}")
        self._expect(known.region in (None, *owners), "reverted", f"{told} went from {known.region}")
        doubt = {"accesses": self._recalls_in_doubt, "exposures": self._floating[known.content]}
        for name, extra in doubt.items():
            count: Counter[str] = getattr(known, name)
            least, most = count["least"], count["most"] + extra
            holds = least <= state[name] <= most
            self._expect(holds, "miscounted", f"{told}: {state[name]} {name}, not {least} to {most}")
        for name in ("pinned", "target"):
            possible = getattr(known, name).possible()
            self._expect(
                state[name] in possible, "unset", f"{told}: {name} is {state[name]}, not in {possible}"
            )
        before = known.state["revision"], state["revision"]
        if self._expect(
            before[0] <= before[1], "reverted", f"{told}: from revision {before[0]} to {before[1]}"
        ):
            same = before[0] < before[1] or state == known.state
            self._expect(same, "torn", f"{told}: {known.state} became {state}")

    def _admit(self, engram_id: str, state: Facts | None, owners: list[str]) -> None:
        """What nobody acknowledged may have been perceived by an act that was cut short, as a whole."""
        if self._expect(engram_id not in self.gone, "resurrected", f"{engram_id} in {owners}"):
            whole = state is not None and len(owners) == 1
            self._expect(whole, "torn", f"{engram_id} is owned by {owners}, and list shows {state}")
            if state is not None:
                expected = state["content"] in self._floating
                self._expect(expected, "torn", f"{engram_id} ({state['content']!r}) came from nowhere")

    def _compare_wires(self, testimony: Mapping[str, Any], owners: Mapping[str, list[str]]) -> None:
        for _, target in testimony["links"]:
            there = target in owners or not is_engram_id(target)
            self._expect(there, "dangling", f"something is wired to {target}, which is gone")
        for engram_id in testimony["held"]:
            self._expect(engram_id in owners, "dangling", f"{engram_id} is held, and gone")
        wires = {(source, target) for source, target in testimony["links"]}
        for engram_id, known in self.known.items():
            for target in known.wired:
                if engram_id in owners and target in owners:
                    self._expect((engram_id, target) in wires, "lost", f"the wire {engram_id} to {target}")

    def _settle(self, states: Mapping[str, Facts], sleeps: float) -> None:
        for engram_id in self.known.keys() - states.keys():
            self.gone[engram_id] = -math.inf
        regions = {engram_id: known.region for engram_id, known in self.known.items()}
        self.known = {engram_id: seen(state) for engram_id, state in states.items()}
        for engram_id, known in self.known.items():
            known.region = regions.get(engram_id)
        self._sleeps = sleeps
        self._recalls_in_doubt = 0
        self._floating.clear()
