"""What was acknowledged, and whether it is there.

Learns from what children report alone. An act that was under way when its child died, or that failed because its
store was away, may have happened or not: then the ledger allows both, until it sees which.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from typing import Any, NamedTuple

from neuro.ids import is_engram_id

from .told import Act, Facts, Known, seen
from .wording import rare_word, tag_of

_STALLED = frozenset(("StoreUnavailableError", "BufferFullError", "SleepError"))
"""Errors that an act may fail by whose store did not answer in time, though it is there."""


class Fault(NamedTuple):
    """Something that was promised and does not hold."""

    kind: str
    """lost, resurrected, duplicated, miscounted, unset, reverted, torn, dangling, hidden, legible, flawed, failed or
    crashed."""
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


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
        self._blocks: list[Act] = []
        """Transactions that may not have happened."""
        self._strangers: set[str] = set()
        """Tags of what may have been forgotten without anybody having told that it was there; an empty one: any."""
        self._erased: dict[str, float] = {}
        """Contents of what was forgotten hard, and when that began."""
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
        parts = [part for act in ordered for part in act.parts()]
        for act in parts:
            if act.name.startswith("perceive"):
                self._perceived(act)
        for act in parts:
            if act.name == "recall":
                self._recalled(act)
            elif act.name == "forget_where":
                self._swept(act)
            elif "id" in act.about:
                self._changed(act)
            elif act.name == "sleep":
                self._slept(act)
            elif act.name in ("close", "reopen") and act.certain:
                for known in self.known.values():
                    if known.doubtful == act.child and known.since < act.began:
                        known.doubtful = None
        for act in ordered:  # against what all of them together did
            if act.name == "transaction" and act.perhaps and not act.about["regretted"]:
                self._blocks.append(act)
            self._observed(act)
            if act.failed is not None and act.failed not in (excused | _STALLED if act.stalled else excused):
                self._expect(self._missed(act), "failed", f"{act.about} by {act.failed}")
        self._heed_repeats(parts)

    def _perceived(self, act: Act) -> None:
        if act.perhaps:
            self._floating.update(act.about["contents"])
        for fact in (act.done or {}).get("perceived", ()):
            state = fact["state"]
            engram_id = state["id"]
            allowed = fact["durable"] or self._shaky or act.stalled
            self._expect(allowed, "failed", f"{engram_id} is not durable")
            known = self.known.get(engram_id)
            if known is None:
                known = self.known[engram_id] = seen(state)
                known.since = act.ended
                known.doubtful = None if fact["durable"] or not allowed else act.child
                # All that happened to it since is recorded, though this may not be the first that was told of it.
                known.accesses, known.exposures = Counter(), Counter(least=1, most=1)
            if fact["repeated"]:
                known.exposures["least"] += fact["durable"]
                known.exposures["most"] += 1
            else:
                known.wired.update(fact["wired"])
                self._count_missed_repeats(engram_id, known)
            self._glimpse(state)

    def _count_missed_repeats(self, engram_id: str, known: Known) -> None:
        """A repeat that is encoded anew, as no answer came in time, may have been counted all the same."""
        for other_id, other in self.known.items():
            if other_id != engram_id and other.content == known.content:
                other.exposures["most"] += 1

    def _recalled(self, act: Act) -> None:
        if act.done is None:
            self._recalls_in_doubt += act.perhaps
            return
        certain = act.done["counted"]
        for state in act.done["recalled"]:
            if (known := self.known.get(state["id"])) is not None:
                known.accesses["least"] += certain
                known.accesses["most"] += 1
            self._glimpse(state)

    def _changed(self, act: Act) -> None:
        known = self.known.get(act.about["id"])
        if known is None:
            if act.name == "forget" and act.about["id"] not in self.gone:
                self._strangers.add("")
            return
        if act.name == "forget":
            if act.certain:
                self._let_go(act.about["id"], act)
            elif act.perhaps:
                known.forgetting.append(act)
        elif act.name == "review" and act.about["grade"] == "again" and (act.certain or act.perhaps):
            known.exposures["least"] += act.certain
            known.exposures["most"] += 1
        elif act.name in ("pin", "schedule") and (act.certain or act.perhaps):
            name = "pinned" if act.name == "pin" else "target"
            getattr(known, name).set(act.about[name], act)
        if act.done and "state" in act.done:
            self._glimpse(act.done["state"])

    def _swept(self, act: Act) -> None:
        """What was there before is gone; what came meanwhile may be."""
        if not (act.certain or act.perhaps):
            return
        tag, forgotten = act.about["tag"], [] if act.done is None else act.done["forgotten"]
        self._strangers.add(tag)
        for engram_id, known in [*self.known.items()]:
            if engram_id in forgotten or (
                act.certain and tag_of(known.content) == tag and known.since < act.began
            ):
                self._let_go(engram_id, act)
            elif tag_of(known.content) == tag:
                known.forgetting.append(act)
        self.gone |= {engram_id: self.gone.get(engram_id, act.ended) for engram_id in forgotten}

    def _let_go(self, engram_id: str, act: Act) -> None:
        content = self.known.pop(engram_id).content
        self.gone[engram_id] = act.ended
        if act.done and act.done["remains"] == []:
            self._erased[content] = act.began
        else:
            self._erased.pop(content, None)

    def _heed_repeats(self, acts: Iterable[Act]) -> None:
        """What was said again after it had been forgotten hard may be anywhere."""
        for act in acts:
            if act.name.startswith("perceive"):
                for content in act.about["contents"]:
                    if act.ended > self._erased.get(content, math.inf):
                        del self._erased[content]

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
        """Whether an act may have missed an engram, by its id or, of a repeat within a block, by its content."""
        known = [self.known.get(engram_id) for engram_id in act.ids]
        sure = {one.content for one in self.known.values() if one.sure}
        repeats = [
            part for part in act.about.get("parts", ()) if part["act"] == "perceive" and not part["fresh"]
        ]
        gone = any(one is None or not one.sure for one in known) or any(
            content not in sure for part in repeats for content in part["contents"]
        )
        return act.failed == "EngramNotFoundError" and gone

    def _observed(self, act: Act) -> None:
        """What a child saw must have been there, and what was there it must have seen."""
        if act.done is None or act.name not in ("recall", "browse", "seek", "due"):
            return
        shown = {*act.done["shown"]} if "shown" in act.done else {s["id"] for s in act.done["recalled"]}
        if act.name == "browse":
            for engram_id, known in self.known.items():
                there = known.since < act.began and known.sure
                self._expect(not there or engram_id in shown, "hidden", f"{engram_id} is not listed")
        elif act.name == "seek":
            known = self.known.get(act.about["id"])
            there = known is not None and not known.forgetting and known.since < act.began
            self._expect(
                not there or act.about["id"] in shown,
                "hidden",
                f"{act.about['id']} is not found by its own content",
            )
        for engram_id in shown:
            self._expect(
                self.gone.get(engram_id, math.inf) >= act.began,
                "resurrected",
                f"{act.name} shows {engram_id}, forgotten before",
            )

    def erased(self) -> set[str]:
        """Rare words of what was forgotten hard and not said again: they must be in no file of the store."""
        said = {known.content for known in self.known.values()} | self._floating.keys()
        return {rare_word(content) for content in self._erased if content not in said}

    def read(self, legible: Set[str]) -> None:
        """Compares with the rare words that are in the files of the store."""
        for word in self.erased():
            self._expect(word not in legible, "legible", f"{word} is in a file, and was forgotten hard")

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
        self._compare_agenda({*testimony["agenda"]}, states)
        for block in self._blocks:
            signs = self._signs_of(block, states)
            told = f"of {block.about['parts']} some happened and some did not ({signs})"
            self._expect(len({*signs}) <= 1, "torn", told)
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
            excused = not known.sure
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

    def _compare_agenda(self, agenda: set[str], states: Mapping[str, Facts]) -> None:
        for engram_id in agenda | states.keys():
            state = states.get(engram_id)
            planned = state is not None and state["target"] is not None
            kind = "hidden" if planned else "resurrected"
            self._expect(planned == (engram_id in agenda), kind, f"the agenda is wrong about {engram_id}")

    def _signs_of(self, block: Act, states: Mapping[str, Facts]) -> list[bool]:
        """What tells whether a transaction happened, of each part that is known well enough."""
        contents = {state["content"] for state in states.values()}
        signs: list[bool | None] = []
        for part in block.parts():
            if part.name == "perceive":
                [content] = part.about["contents"]
                if part.about["fresh"]:
                    forgotten = not self._strangers.isdisjoint(("", tag_of(content)))
                    signs.append(True if content in contents else None if forgotten else False)
                continue
            engram_id = part.about["id"]
            known, state = self.known.get(engram_id), states.get(engram_id)
            if known is None:
                continue
            if part.name == "forget" and [act.block for act in known.forgetting] == [block]:
                signs.append(state is None)
            elif part.name in ("pin", "schedule") and state is not None:
                name = "pinned" if part.name == "pin" else "target"
                signs.append(getattr(known, name).tells(state[name], block))
        return [sign for sign in signs if sign is not None]

    def _settle(self, states: Mapping[str, Facts], sleeps: float) -> None:
        for engram_id in self.known.keys() - states.keys():
            self.gone[engram_id] = -math.inf
            self._erased.pop(self.known[engram_id].content, None)
        regions = {engram_id: known.region for engram_id, known in self.known.items()}
        self.known = {engram_id: seen(state) for engram_id, state in states.items()}
        for engram_id, known in self.known.items():
            known.region = regions.get(engram_id)
        self._sleeps = sleeps
        self._recalls_in_doubt = 0
        self._floating.clear()
        self._blocks.clear()
        self._strangers.clear()
