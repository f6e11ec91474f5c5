"""Lets children live on one store and kills them at random moments, during every kind of act alike."""

from __future__ import annotations

import random
import selectors
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .acts import ACTS, draw_program
from .ledger import Fault, Ledger
from .nursery import Child, Message, Nursery
from .told import Act, read_acts
from .wording import legible

_PATIENCE = 60.0
"""Seconds without a word after which a child counts as stuck."""
_USUAL = 0.02
"""Seconds that an act is taken to last before one has been seen."""
_BEYOND = 1.4
"""How far beyond the usual length of an act its child may be killed: then the next act is hit."""
_GONE_ASKED_FOR = 10
_UNLINKING = 5.0
"""Seconds within which a server takes the files away that it has rewritten."""
_SHIFTS = (0.0, 0.0, 0.5, 15.0, 45.0, 90_000.0, -3.0)
"""Seconds by which the clock may move between children: leases lapse, days pass, and clocks are put back."""
_TARGETS = dict.fromkeys(ACTS, 1) | {
    "wake": 2,
    "testify": 1,
    "close": 1,
    "sleep": 4,
    "perceive": 2,
    "forget": 3,
    "transaction": 3,
}
"""How often a child is killed in each act, relative to the others."""
_AWAY = frozenset(("StoreUnavailableError", "BufferFullError", "SleepError", "BrainClosedError"))
"""Errors of a brain whose store is away; it may have closed, and not been able to wake."""
_OVERTAKEN = frozenset(("SleepError", "LeaseLostError"))
"""Errors of a sleeper that has lost its lease."""


@dataclass(frozen=True)
class Place:
    """Where children live."""

    url: str
    namespace: str = "default"
    options: Message = field(default_factory=dict)
    """Further ones of `Brain.create`."""
    files: Path | None = None
    """Folder of all files in which its contents may be, if they can be read from here."""


@dataclass
class Summary:
    """What came of a hunt."""

    kills: int = 0
    kills_in: Counter[str] = field(default_factory=Counter)
    """Kills by the act that was under way."""
    acknowledged: Counter[str] = field(default_factory=Counter)
    """Acts that returned, by name."""
    failed: Counter[str] = field(default_factory=Counter)
    """Acts that failed, by error."""
    facts: int = 0
    """Comparisons of what was found with what was acknowledged."""
    faults: list[Fault] = field(default_factory=list)
    seconds: float = 0.0
    notes: Counter[str] = field(default_factory=Counter)
    """What else is worth knowing, by name."""

    def to_dict(self) -> dict[str, Any]:
        """JSON of it."""
        kinds = Counter(fault.kind for fault in self.faults)
        return {
            "kills": self.kills,
            "kills_in": dict(sorted(self.kills_in.items())),
            "acts_acknowledged": self.acknowledged.total(),
            "acknowledged": dict(sorted(self.acknowledged.items())),
            "failed": dict(self.failed),
            "facts_checked": self.facts,
            "losses": kinds["lost"] + kinds["reverted"] + kinds["unset"],
            "duplicates": kinds["duplicated"],
            "faults": dict(kinds),
            "examples": [str(fault) for fault in self.faults[:20]],
            "notes": dict(self.notes),
            "seconds": round(self.seconds, 1),
        }

    def __str__(self) -> str:
        told = self.to_dict()
        lines = [f"{name.replace('_', ' '):18} {told[name]}" for name in told if name != "examples"]
        return "\n".join([*lines, *(f"  {fault}" for fault in told["examples"])])


@dataclass
class _Doomed:
    """A child, and when it is to be struck."""

    child: Child
    name: str
    """The act in which it is struck."""
    skip: int
    """After how many acts of this name."""
    delay: float
    messages: list[Message] = field(default_factory=list)
    heard_at: float = field(default_factory=time.monotonic)
    strike_at: float = float("inf")
    struck: bool = False

    def hear(self, messages: Sequence[Message]) -> None:
        """Takes in what it said."""
        self.heard_at = time.monotonic()
        for message in messages:
            self.messages.append(message)
            if message.get("act") == self.name and self.strike_at == float("inf"):
                if not self.skip:
                    self.strike_at = message["at"] + self.delay
                self.skip -= 1

    def under_way(self) -> str:
        """What it was doing."""
        ended = {message["n"] for message in self.messages if "act" not in message and "n" in message}
        doing = [
            message["act"] for message in self.messages if "act" in message and message["n"] not in ended
        ]
        return doing[-1] if doing else "between acts"

    def has_said(self, name: str) -> bool:
        """Whether an act of this name is over."""
        numbers = {m["n"] for m in self.messages if m.get("act") == name}
        return any(m["n"] in numbers for m in self.messages if "act" not in m and "n" in m)


class Hunt:
    """Rounds of children on one place; what one leaves behind the next finds.

    Args:
        seed: draws programs and moments; the moments themselves are as exact as the machine.
        children: how many live at once.
        shaky: whether the store is struck, too or instead of the children.
    """

    def __init__(
        self, nursery: Nursery, place: Place, *, seed: int, children: int = 1, shaky: bool = False
    ) -> None:
        self.place = place
        self.ledger = Ledger(shaky=shaky)
        self._shaky = shaky
        self.summary = Summary()
        self._nursery = nursery
        self._rng = random.Random(seed)
        self._seeds = iter(range(seed * 1_000_003, 2**62))
        self._children = children
        self._shift = 0.0
        self._lengths: dict[str, float] = {}

    # Rounds

    def kill_some(self) -> int:
        """One round of children that are killed; how many were."""
        before = self.summary.kills
        self._shift += self._rng.choice(_SHIFTS)
        first = self._beget(testify=True, doomed=self._children == 1 or self._rng.random() < 0.2)
        if self._children > 1:
            self._watch([first], until=lambda: first.has_said("testify"))
        others = [self._beget(testify=False, doomed=True) for _ in range(self._children - 1)]
        self._watch([first, *others], strike=self._kill)
        self._conclude([first, *others], excused=_AWAY if self._shaky else frozenset())
        return self.summary.kills - before

    def cut_off(self, strike: Callable[[], None]) -> None:
        """One child whose store is struck instead; it lives on and closes in order."""
        self._shift += self._rng.choice(_SHIFTS)
        child = self._beget(
            testify=True, doomed=True, targets=("perceive", "perceive_many", "sleep", "recall")
        )
        self._watch([child], until=lambda: child.has_said("testify"))

        def struck(doomed: _Doomed) -> None:
            doomed.strike_at = float("inf")
            doomed.struck = True
            self.summary.kills += 1
            self.summary.kills_in[doomed.under_way()] += 1
            strike()

        self._watch([child], strike=struck)
        self._conclude([child], excused=_AWAY)

    def overtake(self) -> None:
        """One sleeper is stopped in its sleep past its lease, another one sleeps meanwhile, then it goes on."""
        self._shift += 15.0
        sleeper = self._beget(testify=True, doomed=True, targets=("sleep",))
        self._watch([sleeper], strike=self._stop)
        if sleeper.struck:
            self._shift += 15.0
            program = ["sleep", "perceive", "recall", "forget", "pin", "sleep"]
            other = self._beget(testify=False, doomed=False, program=program)
            self._watch([other])
            nights = [a for a in read_acts(1, other.messages) if a.name == "sleep" and a.certain]
            self.summary.notes["nights of others meanwhile"] += sum(not a.done["skipped"] for a in nights)
            stopped_in, stopped_at = sleeper.under_way(), len(sleeper.messages)
            sleeper.child.signal(signal.SIGCONT)
            self._watch([sleeper])
            if stopped_in == "sleep":
                outcome = next((m for m in sleeper.messages[stopped_at:] if m.get("act") != "sleep"), {})
                refused = "failed" in outcome or outcome.get("done", {}).get("skipped", False)
                self.summary.notes["nights stopped in the middle"] += 1
                self.summary.notes["of these, refused when they went on"] += refused
            self._conclude([sleeper, other], excused=_OVERTAKEN | _AWAY)
        else:
            self._conclude([sleeper], excused=_OVERTAKEN)

    def finish(self) -> Summary:
        """A last child that looks at everything, does nothing and closes; and one that looks again."""
        for _ in range(2):
            self._shift += 45.0
            last = self._beget(testify=True, doomed=False, program=["sleep"])
            self._watch([last])
            self._conclude([last])
        return self.summary

    # Children

    def _beget(
        self,
        *,
        testify: bool,
        doomed: bool,
        targets: Sequence[str] = tuple(_TARGETS),
        program: Sequence[str] | None = None,
    ) -> _Doomed:
        [target] = self._rng.choices(targets, [_TARGETS[name] for name in targets])
        before = self._rng.randint(2, 12)
        if program is None:
            program = draw_program(self._rng, before)
            if target in ACTS:
                program += [target, *draw_program(self._rng, 8)]
        gone = [*self.ledger.gone]
        job = {
            "url": self.place.url,
            "namespace": self.place.namespace,
            "options": self.place.options,
            "seed": next(self._seeds),
            "program": program,
            "shift": self._shift,
            "testify": testify,
            "forgotten": [*gone[-_GONE_ASKED_FOR:], *self._rng.sample(gone, min(_GONE_ASKED_FOR, len(gone)))],
        }
        delay = self._rng.uniform(0.0, _BEYOND) * self._lengths.get(target, _USUAL)
        skip = program[:before].count(target)
        return _Doomed(self._nursery.start(job), target if doomed else "", skip, delay)

    def _watch(
        self,
        living: Sequence[_Doomed],
        *,
        strike: Callable[[_Doomed], None] | None = None,
        until: Callable[[], bool] = lambda: False,
    ) -> None:
        """Listens until all are dead, stopped, or something has happened."""
        with selectors.DefaultSelector() as selector:
            for doomed in living:
                selector.register(doomed.child, selectors.EVENT_READ, doomed)
            while selector.get_map() and not until():
                now = time.monotonic()
                waiting = [key.data for key in selector.get_map().values()]
                for doomed in waiting:
                    if strike is not None and doomed.strike_at <= now:
                        strike(doomed)
                        if doomed.struck and strike == self._stop:
                            return
                    elif now - doomed.heard_at > _PATIENCE:
                        self._report(Fault("stuck", f"in {doomed.under_way()}"))
                        doomed.child.signal(signal.SIGKILL)
                        doomed.heard_at = float("inf")
                soonest = min(doomed.strike_at for doomed in waiting) if strike else float("inf")
                for key, _ in selector.select(max(0.0, min(soonest - time.monotonic(), 1.0))):
                    messages = key.data.child.read()
                    if messages is None:
                        selector.unregister(key.fileobj)
                    else:
                        key.data.hear(messages)

    def _kill(self, doomed: _Doomed) -> None:
        doomed.strike_at = float("inf")
        doomed.struck = True
        doomed.child.signal(signal.SIGKILL)

    def _stop(self, doomed: _Doomed) -> None:
        doomed.strike_at = float("inf")
        doomed.struck = True
        doomed.child.signal(signal.SIGSTOP)
        self.summary.kills += 1
        self.summary.kills_in[doomed.under_way()] += 1

    # What came of it

    def _conclude(self, dead: Sequence[_Doomed], *, excused: frozenset[str] = frozenset()) -> None:
        """Compares what the first one found with the ledger, and takes in what they all did then."""
        acts: list[Act] = []
        for number, doomed in enumerate(dead):
            status = doomed.child.bury()
            if status == -signal.SIGKILL and doomed.struck:
                self.summary.kills += 1
                self.summary.kills_in[doomed.under_way()] += 1
            for message in doomed.messages:
                if "crashed" in message:
                    self._report(Fault("crashed", message["crashed"]))
            lived = read_acts(number, doomed.messages)
            for act in lived:
                self._measure(act)
                if act.name == "testify" and act.certain:
                    self.ledger.compare(act.done)
            acts += lived
        self.ledger.record(acts, excused=excused)
        self._read_files()
        for fault in self.ledger.faults():
            self._report(fault)
        self.summary.facts = self.ledger.facts

    def _read_files(self) -> None:
        if self.place.files is None:
            return
        until, words = time.monotonic() + _UNLINKING, legible(self.place.files)
        while words & self.ledger.erased() and time.monotonic() < until:
            time.sleep(0.1)
            words = legible(self.place.files)
        self.ledger.read(words)

    def _measure(self, act: Act) -> None:
        if act.certain:
            self.summary.acknowledged[act.name] += 1
            length = act.ended - act.began
            self._lengths[act.name] = 0.8 * self._lengths.get(act.name, length) + 0.2 * length
            for part in act.parts():
                if (remains := (part.done or {}).get("remains")) is not None:
                    self.summary.notes["hard forgets"] += 1
                    self.summary.notes["of these, with remains that were named"] += bool(remains)
        elif act.failed is not None:
            self.summary.failed[act.failed] += 1

    def _report(self, fault: Fault) -> None:
        self.summary.faults.append(fault)
