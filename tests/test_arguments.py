"""The checks at the door: each value in its canonical form, or an error that names the argument."""

import copy
import json
import math
import pickle
from collections import OrderedDict
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro.arguments import (
    JsonObject,
    check_content,
    check_count,
    check_instant,
    check_json_object,
    check_number,
    check_tags,
    check_text,
)
from neuro.errors import InvalidArgumentError, InvalidStimulusError

NESTED: dict[str, Any] = {}
_inner = NESTED
for _ in range(100_000):
    _inner["deeper"] = {}
    _inner = _inner["deeper"]
NAIVE = datetime(2026, 5, 1)  # noqa: DTZ001
CIRCULAR: dict[str, Any] = {}
CIRCULAR["self"] = CIRCULAR


@pytest.mark.parametrize("text", ["x", "  x  ", "\0", "👍", "港で", "x" * 100, "\u200f\u0301"], ids=ascii)
def test_a_text_comes_back_as_it_is(text: str):
    assert check_text(text, "cue", limit=100) is text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "cue: must not be blank"),
        (" \n\t\u00a0\u3000", "cue: must not be blank"),
        (None, r"cue: must be a string \(got NoneType\)"),
        (b"x", r"cue: must be a string \(got bytes\)"),
        (5, "cue: must be a string"),
        ("x" * 101, r"at most 100 bytes of UTF-8 \(got 101"),
        ("é" * 51, r"at most 100 bytes of UTF-8 \(got 102\)"),
        ("ok \udc80", "lone surrogate at position 3"),
        ("\ud83d", "lone surrogate at position 0"),
    ],
    ids=ascii,
)
def test_what_is_no_text_is_refused(value: Any, message: str):
    with pytest.raises(InvalidArgumentError, match=message) as failure:
        check_text(value, "cue", limit=100)
    assert type(failure.value) is InvalidArgumentError
    assert len(str(failure.value)) < 200


def test_bad_content_is_an_error_of_its_own_kind():
    with pytest.raises(InvalidStimulusError, match="content: must not be blank"):
        check_content(" ")
    with pytest.raises(InvalidStimulusError, match="1048576 bytes"):
        check_content("x" * 10_000_000)
    assert check_content("x" * (1 << 20))


@pytest.mark.parametrize(("value", "expected"), [(0, 0.0), (1, 1.0), (0.5, 0.5), (-0.0, 0.0)])
def test_a_number_comes_back_as_a_float(value: Any, expected: float):
    number = check_number(value, "salience", 0.0, 1.0)
    assert number == expected and type(number) is float


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (True, "salience: must be a number"),
        ("0.5", "salience: must be a number"),
        (None, "salience: must be a number"),
        (1j, "salience: must be a number"),
        (math.nan, r"salience: must be finite \(got nan\)"),
        (-math.inf, "salience: must be finite"),
        (10**5000, "salience: is too large"),
        ([10**5000], "salience: must be a number"),
        (NESTED, "salience: must be a number"),
        (1.0000001, r"salience: must be in \[0, 1\]"),
        (-1, r"salience: must be in \[0, 1\]"),
    ],
    ids=range(11),
)
def test_what_is_no_number_in_its_range_is_refused(value: Any, message: str):
    with pytest.raises(InvalidArgumentError, match=message):
        check_number(value, "salience", 0.0, 1.0)


@pytest.mark.parametrize(
    "value", [0, -1, "x", "1", True, False, 1.0, 1.5, None, math.nan, -(10**5000)], ids=range(11)
)
def test_a_count_is_an_int_of_at_least_one(value: Any):
    with pytest.raises(InvalidArgumentError, match="limit: must be"):
        check_count(value, "limit")
    assert check_count(1, "limit") == 1
    assert check_count(10**30, "limit") == 10**30


def test_an_instant_is_finite_seconds_or_an_aware_datetime():
    assert check_instant(5, "occurred_at") == 5.0
    assert check_instant(-1e9, "occurred_at") == -1e9
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert check_instant(noon, "occurred_at") == noon.timestamp()
    assert check_instant(noon.astimezone(timezone(timedelta(hours=9))), "occurred_at") == noon.timestamp()
    assert check_instant(datetime.min.replace(tzinfo=UTC), "occurred_at") < 0.0


@pytest.mark.parametrize("value", [NAIVE, "2026-05-01", math.nan, math.inf, None, True, object()])
def test_what_is_no_instant_is_refused(value: Any):
    with pytest.raises(InvalidArgumentError, match="occurred_at: must"):
        check_instant(value, "occurred_at")


def test_tags_are_distinct_and_keep_their_order():
    assert check_tags(["b", "a", "b"]) == ("b", "a")
    assert check_tags(tag for tag in "ab") == ("a", "b")
    assert check_tags(()) == ()


@pytest.mark.parametrize(
    "value",
    ["ab", b"ab", None, 5, [""], ["a", 5], ["\ud800"], ["x" * 1025], map(str, range(257))],
    ids=lambda value: "numbers" if isinstance(value, map) else ascii(value)[:40],
)
def test_what_are_no_tags_is_refused(value: Any):
    with pytest.raises(InvalidArgumentError, match="tags: "):
        check_tags(value)


def test_a_context_is_a_deeply_frozen_copy():
    given_context = OrderedDict(b=[1, {"x": [True, None]}], a=MappingProxyType({"é": 1.5}))
    context = check_json_object(given_context)
    assert context == {"a": {"é": 1.5}, "b": (1, {"x": (True, None)})}
    given_context["b"][1]["x"] = "changed"
    assert context["b"][1]["x"] == (True, None)
    for change in (
        lambda: context.update(a=1),
        lambda: context.__setitem__("a", 1),
        lambda: context["a"].clear(),
        lambda: context["b"][1].setdefault("y", 1),
        lambda: context["b"][1].popitem(),
    ):
        with pytest.raises(TypeError, match="frozen record"):
            change()
    assert json.loads(json.dumps(context)) == {"a": {"é": 1.5}, "b": [1, {"x": [True, None]}]}
    assert copy.deepcopy(context) is context
    assert pickle.loads(pickle.dumps(context)) == context
    assert check_json_object(None) == {} == JsonObject()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("x", "context: must be a JSON object"),
        ([("a", 1)], "context: must be a JSON object"),
        ({"a": {1, 2}}, r"context\.a: must be JSON \(got set\)"),
        ({"a": [object()]}, r"context\.a\[0\]: must be JSON"),
        ({"a": b"x"}, "must be JSON"),
        ({"a": datetime(2026, 5, 1, tzinfo=UTC)}, "must be JSON"),
        ({1: "a"}, "keys must be strings"),
        ({"a": {None: 1}}, r"context\.a: keys must be strings"),
        ({"a": math.nan}, "must be finite"),
        ({"a": [math.inf]}, "must be finite"),
        ({"\ud800": 1}, "lone surrogate"),
        ({"a": "\udfff"}, "lone surrogate"),
        ({"a": "x" * (1 << 20)}, "at most 1048576 bytes as JSON"),
        ({"a": [0] * 600_000}, "at most 1048576 bytes as JSON"),
        ({"a": 10**5000}, "no JSON"),
        (NESTED, "nested deeper than 100 levels"),
        (CIRCULAR, "nested deeper than 100 levels"),
    ],
    ids=range(17),
)
def test_what_is_no_json_object_is_refused(value: Any, message: str):
    with pytest.raises(InvalidArgumentError, match=message):
        check_json_object(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_every_json_object_is_accepted_and_stays_the_same(value: dict[str, Any]):
    frozen = check_json_object(value)
    assert json.dumps(frozen) == json.dumps(value)
    assert check_json_object(frozen) == frozen


def test_a_hundred_levels_are_not_too_many():
    value: Any = []
    for _ in range(99):
        value = [value]
    assert json.dumps(check_json_object({"a": value})) == json.dumps({"a": value})
    with pytest.raises(InvalidArgumentError, match="nested deeper"):
        check_json_object({"a": [value]})
