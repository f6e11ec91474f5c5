"""The ledger of the crash harness sees each kind of fault, and allows what may have been."""

from typing import Any

import pytest

from .ledger import Ledger
from .told import read_acts

Facts = dict[str, Any]


def state(engram_id: str = "a", **changes: Any) -> Facts:
    return {
        "id": engram_id,
        "content": f"content of {engram_id}",
        "revision": 0,
        "accesses": 0,
        "exposures": 1,
        "half_life": 60.0,
        "last_access": 0.0,
        "pinned": False,
        "target": None,
        **changes,
    }


def acts(*steps: tuple[str, Facts, Facts | str | None], child: int = 0) -> list[Any]:
    """Acts one after the other: name, what about, and what came of it (a fact, an error's name, or nothing)."""
    messages: list[Facts] = []
    for number, (name, about, outcome) in enumerate(steps):
        messages.append({"at": 2.0 * number, "n": number, "act": name, **about})
        told = {"at": 2.0 * number + 1.0, "n": number}
        if isinstance(outcome, str):
            messages.append({**told, "failed": outcome})
        elif outcome is not None:
            messages.append({**told, "done": outcome})
    return read_acts(child, messages)


def perceived(
    engram_id: str = "a", *, durable: bool = True, repeated: bool = False, wired: str = "b", **changes: Any
) -> Any:
    fact = {
        "state": state(engram_id, **changes),
        "repeated": repeated,
        "durable": durable,
        "wired": wired.split(),
    }
    return "perceive", {"contents": [f"content of {engram_id}"]}, {"perceived": [fact]}


def witness(*states: Facts, **changes: Any) -> Facts:
    return {
        "listed": list(states),
        "owners": {s["id"]: ["neocortex"] for s in states},
        "links": [],
        "held": [],
        "agenda": [s["id"] for s in states if s["target"] is not None],
        "found": {},
        "shown": [],
        "flaws": [],
        "sleeps": 0.0,
        **changes,
    }


CUT_SHORT = ("perceive", {"contents": ["content of a"]}, None)
RECALLED = ("recall", {}, {"recalled": [state(revision=1, accesses=1)], "counted": True})
OWED = ("recall", {}, {"recalled": [state(revision=1, accesses=1)], "counted": False})
PINNED = ("pin", {"id": "a", "pinned": True}, {})
FORGOTTEN = ("forget", {"id": "a", "hard": False}, {"remains": None})
ERASED = ("forget", {"id": "a", "hard": True}, {"remains": []})
SWEPT = ("forget_where", {"tag": "content", "hard": False}, {"forgotten": ["a"], "remains": None})
FAILED_REVIEW = ("review", {"id": "a", "grade": "again"}, {"state": state(revision=1, exposures=2)})
REVIEWED = ("review", {"id": "a", "grade": "good"}, {"state": state(revision=1)})
SLEPT = ("sleep", {}, {"moved": {"a": "neocortex"}, "sleeps": 1.0, "skipped": False})

PARTS: list[Facts] = [
    {"act": "perceive", "contents": ["content of c"], "fresh": True},
    {"act": "forget", "id": "a", "hard": False},
    {"act": "pin", "id": "b", "pinned": True},
]
OUTCOMES: list[Facts] = [
    {"perceived": [{"state": state("c"), "repeated": False, "durable": True, "wired": []}]},
    {"remains": None},
    {"state": state("b", revision=1, pinned=True)},
]


def block(outcome: Facts | str | None, *, regretted: bool = False) -> Any:
    return "transaction", {"parts": PARTS, "regretted": regretted}, outcome


AB, BLOCK = [perceived("a", wired=""), perceived("b", wired="")], block({"parts": OUTCOMES})
CUT_BLOCK, REGRETTED = block(None), block({"parts": []}, regretted=True)
BEFORE, AFTER = [state(), state("b")], [state("b", revision=1, pinned=True), state("c")]

FAULTS: list[tuple[str, list[Any], Facts]] = [
    ("lost", [perceived()], witness()),
    ("lost", [perceived()], witness(state(), owners={})),
    ("lost", [perceived(), perceived("b")], witness(state(), state("b"))),  # the wire between them
    ("duplicated", [perceived()], witness(state(), owners={"a": ["hippocampus", "neocortex"]})),
    ("duplicated", [CUT_SHORT], witness(state(), state("b", content="content of a"))),
    ("miscounted", [perceived(), RECALLED], witness(state(revision=2))),
    ("miscounted", [perceived(), RECALLED], witness(state(revision=2, accesses=2))),
    ("miscounted", [perceived(), perceived(repeated=True)], witness(state())),
    ("unset", [perceived(), PINNED], witness(state())),
    ("reverted", [perceived(revision=1)], witness(state())),
    ("reverted", [perceived(), SLEPT], witness(state(), owners={"a": ["hippocampus"]}, sleeps=1.0)),
    ("reverted", [perceived(), SLEPT], witness(state())),  # the count of sleeps
    ("torn", [perceived()], witness(state(half_life=61.0))),
    ("torn", [], witness(state())),  # nobody perceived it
    ("resurrected", [perceived(), FORGOTTEN], witness(state())),
    ("resurrected", [perceived(), FORGOTTEN], witness(owners={"a": ["hippocampus"]})),
    ("resurrected", [perceived(), FORGOTTEN, ("browse", {}, {"shown": ["a"]})], witness()),
    ("resurrected", [perceived(), FORGOTTEN, RECALLED], witness()),
    ("resurrected", [], witness(shown=["a"])),
    ("hidden", [perceived(), ("browse", {}, {"shown": []})], witness(state())),
    ("hidden", [perceived(), ("seek", {"id": "a"}, {"shown": []})], witness(state())),
    ("hidden", [perceived()], witness(state(), found={"a": []})),
    ("dangling", [perceived()], witness(state(), links=[["a", "b" * 32]])),
    ("dangling", [], witness(held=["a"])),
    ("flawed", [], witness(flaws=["key: it does not fit"])),
    ("failed", [("sleep", {}, "SleepError")], witness()),
    (
        "failed",
        [perceived(), ("pin", {"id": "a", "pinned": True}, "EngramNotFoundError")],
        witness(state()),
    ),
    ("failed", [perceived(durable=False)], witness(state())),
    ("resurrected", [perceived(), SWEPT], witness(state())),
    ("resurrected", [SWEPT], witness(state())),  # whoever perceived it
    ("lost", [perceived(), ("forget_where", {"tag": "other", "hard": False}, None)], witness()),
    ("miscounted", [perceived(), FAILED_REVIEW], witness(state(revision=2))),
    (
        "miscounted",
        [perceived(), ("review", {"id": "a", "grade": "good"}, None)],
        witness(state(revision=1, exposures=2)),
    ),
    ("reverted", [perceived(), REVIEWED], witness(state())),
    ("hidden", [perceived(target=0.8)], witness(state(target=0.8), agenda=[])),
    ("resurrected", [perceived()], witness(state(), agenda=["a"])),
    ("resurrected", [perceived(), FORGOTTEN, ("due", {}, {"shown": ["a"]})], witness()),
    ("lost", [*AB, BLOCK], witness(state("b", revision=1, pinned=True))),
    ("resurrected", [*AB, BLOCK], witness(state(), *AFTER)),
    ("unset", [*AB, BLOCK], witness(state("b", revision=2), state("c"))),
    ("torn", [*AB, CUT_BLOCK], witness(*BEFORE, state("c"))),
    ("torn", [*AB, CUT_BLOCK], witness(state("b"))),
    ("torn", [*AB, CUT_BLOCK], witness(state(), state("b", revision=1, pinned=True))),
    ("lost", [*AB, REGRETTED], witness(state("b"))),
    ("torn", [*AB, REGRETTED], witness(*BEFORE, state("c"))),
    ("unset", [*AB, REGRETTED], witness(state(), state("b", revision=1, pinned=True))),
    ("failed", [*AB, block("EngramNotFoundError")], witness(*BEFORE)),
]


@pytest.mark.parametrize(("kind", "lived", "found"), FAULTS)
def test_each_kind_of_fault_is_seen(kind: str, lived: list[Any], found: Facts):
    ledger = Ledger()
    ledger.record(acts(*lived))
    ledger.compare(found)
    assert {fault.kind for fault in ledger.faults()} == {kind}


ALLOWED: list[tuple[list[Any], Facts]] = [
    ([perceived(), perceived("b")], witness(state(), state("b"), links=[["a", "b"], ["b", "b"]])),
    ([CUT_SHORT], witness()),
    ([CUT_SHORT], witness(state())),
    ([perceived(), ("recall", {}, None)], witness(state())),
    ([perceived(), OWED], witness(state(revision=2))),
    ([perceived(), OWED], witness(state(revision=2, accesses=1))),
    ([perceived(), ("recall", {}, None)], witness(state(revision=1, accesses=1))),
    ([perceived(), ("forget", {"id": "a"}, None)], witness(state())),
    ([perceived(), ("forget", {"id": "a"}, None)], witness()),
    ([perceived(), ("pin", {"id": "a", "pinned": True}, None)], witness(state())),
    ([perceived(), ("pin", {"id": "a", "pinned": True}, None)], witness(state(revision=1, pinned=True))),
    ([perceived(), FORGOTTEN], witness()),
    ([perceived(), SLEPT], witness(state(revision=1), sleeps=1.0)),
    ([perceived(), FORGOTTEN, ("pin", {"id": "a", "pinned": True}, "EngramNotFoundError")], witness()),
    ([perceived(), ("review", {"id": "a", "grade": "again"}, None)], witness(state(revision=1, exposures=2))),
    ([perceived(), ("forget_where", {"tag": "content", "hard": False}, None)], witness()),
    ([perceived(), ("forget_where", {"tag": "content", "hard": False}, None)], witness(state())),
    ([*AB, CUT_BLOCK], witness(*BEFORE)),
    ([*AB, CUT_BLOCK], witness(*AFTER)),
    ([*AB, BLOCK], witness(*AFTER)),
    ([*AB, REGRETTED], witness(*BEFORE)),
    ([*AB, FORGOTTEN, block("EngramNotFoundError")], witness(state("b"))),
]


@pytest.mark.parametrize(("lived", "found"), ALLOWED)
def test_what_was_cut_short_may_have_happened_or_not(lived: list[Any], found: Facts):
    ledger = Ledger()
    ledger.record(acts(*lived))
    ledger.compare(found)
    assert not ledger.faults()
    ledger.compare(found)
    assert not ledger.faults()


def test_what_was_forgotten_hard_must_be_in_no_file():
    ledger = Ledger()
    ledger.record(acts(perceived(), ERASED))
    ledger.read({"b"})
    assert not ledger.faults()
    ledger.compare(witness())
    ledger.read({"a"})
    assert [fault.kind for fault in ledger.faults()] == ["legible"]


@pytest.mark.parametrize(
    "lived",
    [
        [perceived(), FORGOTTEN],
        [perceived(), ("forget", {"id": "a", "hard": True}, {"remains": ["the log"]})],
        [perceived(), ("forget", {"id": "a", "hard": True}, None)],
        [perceived(), ERASED, CUT_SHORT],
    ],
)
def test_what_was_not_erased_or_said_again_may_be_in_a_file(lived: list[Any]):
    ledger = Ledger()
    ledger.record(acts(*lived))
    ledger.read({"a"})
    ledger.compare(witness())
    ledger.read({"a"})
    assert not ledger.faults()


def test_what_another_child_may_have_forgotten_does_not_make_a_transaction_torn():
    ledger = Ledger()
    ledger.record(acts(*AB))
    ledger.record([*acts(CUT_BLOCK), *acts(("forget", {"id": "c", "hard": False}, None), child=1)])
    ledger.compare(witness(state("b", revision=1, pinned=True)))
    assert not ledger.faults()


def test_what_was_buffered_when_the_store_was_away_is_durable_after_the_close():
    ledger = Ledger(shaky=True)
    ledger.record(acts(perceived(durable=False), ("close", {}, {})))
    ledger.compare(witness())
    assert [fault.kind for fault in ledger.faults()] == ["lost"]


def test_errors_of_a_store_that_is_away_are_excused_where_it_is():
    ledger = Ledger(shaky=True)
    ledger.record(acts(("sleep", {}, "SleepError")), excused=frozenset(["SleepError"]))
    assert not ledger.faults()


def test_an_act_that_took_as_long_as_an_answer_is_waited_for_may_fail_as_if_the_store_were_away():
    slow = acts(perceived("b", durable=False), ("sleep", {}, "SleepError"))
    for act in slow:
        act.ended += 2.0
    ledger = Ledger()
    ledger.record(slow)
    ledger.compare(witness())
    assert not ledger.faults()


def test_what_is_encoded_anew_as_no_answer_came_may_have_been_counted_as_a_repeat():
    ledger = Ledger(shaky=True)
    ledger.record(acts(perceived(), perceived("b", content="content of a")))
    ledger.compare(
        witness(
            state(revision=1, exposures=2), state("b", content="content of a"), links=[["a", "b"], ["b", "b"]]
        )
    )
    assert not ledger.faults()


def test_what_only_a_repeat_told_of_has_been_recalled_as_often_as_it_was():
    ledger = Ledger()
    ledger.record(acts(CUT_SHORT, RECALLED, perceived(repeated=True, revision=2, accesses=1, exposures=2)))
    ledger.compare(witness(state(revision=2, accesses=1, exposures=2)))
    assert not ledger.faults()


def test_of_two_settings_that_met_either_may_hold():
    ledger = Ledger()
    ledger.record(acts(perceived()))
    one = acts(("pin", {"id": "a", "pinned": True}, {}))
    other = acts(("pin", {"id": "a", "pinned": False}, {}), child=1)
    ledger.record([*one, *other])
    ledger.compare(witness(state(revision=2)))
    assert not ledger.faults()
