"""Filters: which engrams are meant."""

from typing import Any

import pytest

from neuro import InvalidArgumentError, MemoryType, Where
from neuro.testing.samples import sample_engram

ENGRAM = sample_engram(
    content="We met Dana at the harbour",
    memory_type=MemoryType.SEMANTIC,
    encoded_at=100.0,
    salience=0.7,
    tags=("a", "b"),
    context={"speaker": "Alice", "session": 3, "notes": [1, {"x": None}]},
)


@pytest.mark.parametrize(
    ("fields", "matches"),
    [
        ({}, True),
        ({"memory_type": "semantic"}, True),
        ({"memory_type": MemoryType.EPISODIC}, False),
        ({"memory_type": None}, True),
        ({"inferred": None}, True),
        ({"inferred": False}, True),
        ({"inferred": True}, False),
        ({"speaker": "Alice"}, True),
        ({"speaker": "alice"}, False),
        ({"tags": ["a"]}, True),
        ({"tags": ("b", "a")}, True),
        ({"tags": ["a", "c"]}, False),
        ({"context": {"session": 3}}, True),
        ({"context": {"session": "3"}}, False),
        ({"context": {"notes": [1, {"x": None}]}}, True),
        ({"context": {"notes": [True, {"x": None}]}}, False),
        ({"context": {"session": 3.0}}, True),
        ({"context": {"other": None}}, False),
        ({"encoded_from": 100.0}, True),
        ({"encoded_from": 100.1}, False),
        ({"encoded_before": 100.0}, False),
        ({"encoded_before": 100.1}, True),
        ({"salience_from": 0.7}, True),
        ({"salience_from": 0.71}, False),
        ({"pinned": False}, True),
        ({"pinned": True}, False),
        ({"memory_type": "semantic", "speaker": "Bob"}, False),
    ],
    ids=str,
)
def test_every_condition_given_must_hold(fields: dict[str, Any], matches: bool):
    where = Where.of(fields)
    assert where is not None
    assert where.matches(ENGRAM) is matches
    assert Where.of(where) == where


def test_none_asks_for_everything():
    assert Where.of(None) is None


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (5, "where: must be a Where"),
        ("speaker", "where: must be a Where"),
        ([("speaker", "Alice")], "where: must be a Where"),
        ({"colour": "red"}, "Where.colour"),
        ({"self": 1}, "Where.self"),
        ({5: 1}, "Where.5"),
        ({"memory_type": "x"}, "memory_type: must be one of"),
        ({"memory_type": 5}, "memory_type: must be one of"),
        ({"tags": "a"}, "Where.tags"),
        ({"tags": [5]}, "Where.tags"),
        ({"speaker": 5}, "Where.speaker"),
        ({"context": 5}, "context: must be a JSON object"),
        ({"context": {"x": 1j}}, "must be JSON"),
        ({"encoded_from": float("nan")}, "Where.encoded_from"),
        ({"encoded_from": "1"}, "Where.encoded_from"),
        ({"salience_from": 2.0}, "Where.salience_from"),
        ({"pinned": "yes"}, "Where.pinned"),
    ],
    ids=str,
)
def test_a_bad_filter_is_an_error_that_names_the_field(bad: Any, message: str):
    with pytest.raises(InvalidArgumentError, match=message):
        Where.of(bad)


def test_a_filter_is_frozen_and_hashable_by_value():
    where = Where(tags=("a",), speaker="Alice")
    assert where == Where(speaker="Alice", tags=("a",))
    with pytest.raises(ValueError, match="frozen"):
        where.speaker = "Bob"  # type: ignore[misc]
