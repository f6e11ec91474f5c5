"""Values that no verb can use, or can hardly use: what a caller may pass by mistake, by accident or on purpose."""

import datetime as dt
import decimal
import enum
import fractions
import math
import pathlib
from collections import UserDict, UserList
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import numpy as np
from hypothesis import strategies as st

from neuro import Engram, MemoryType, Stimulus, Where


class PlantedError(Exception):
    """Raised by the caller's own code; it comes back to the caller as it is."""


class Text(str):
    """A subclass."""


class Number(int):
    """A subclass."""


class Real(float):
    """A subclass."""


class Named(enum.StrEnum):
    """Members are strings."""

    EPISODIC = "episodic"
    OTHER = "other"


class Unspeakable:
    """Has no repr."""

    def __repr__(self) -> NoReturn:
        raise PlantedError("repr")


class Broken(Mapping[str, Any]):
    """Says that it has items, and has not."""

    def __getitem__(self, key: str) -> NoReturn:
        raise PlantedError("item")

    def __iter__(self) -> Iterator[str]:
        return iter(["speaker"])

    def __len__(self) -> int:
        return 1


class Nowhere(dt.tzinfo):
    """A time zone that does not know its offset."""

    def utcoffset(self, _: dt.datetime | None) -> None:
        return None


def breaking(items: int) -> Iterator[str]:
    """Gives some items, then fails."""
    for number in range(items):
        yield f"item {number}"
    raise PlantedError("generator")


def nested(levels: int) -> dict[str, Any]:
    """A JSON object in an object in an object."""
    inner: dict[str, Any] = {}
    for _ in range(levels):
        inner = {"deeper": inner}
    return inner


def listed(levels: int) -> list[Any]:
    """A list in a list in a list."""
    inner: list[Any] = []
    for _ in range(levels):
        inner = [inner]
    return inner


def endless_dict() -> dict[str, Any]:
    """Contains itself."""
    own: dict[str, Any] = {}
    own["self"] = own
    return own


def endless_list() -> list[Any]:
    """Contains itself."""
    own: list[Any] = []
    own.append(own)
    return own


UTC = dt.UTC
FAR_EAST = dt.timezone(dt.timedelta(hours=23, minutes=59))
CHARACTERS = st.one_of(
    st.characters(),
    st.characters(categories=["Cs", "Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Zs", "Mn", "Me"]),
    st.sampled_from("\x00\x1b\x7f\ud800\udfff\ufeff\u202e\u200d\ufffe\uffff\U0010ffff\u0130ßﬁ´\u0345"),
)
TEXTS = st.one_of(
    st.text(CHARACTERS, max_size=40),
    st.text(st.sampled_from(" \t\n\u2003\u200b\x85\x1c"), max_size=5),
    st.sampled_from(
        [
            "", "\x00", "a\x00b", "nan", "-1", "None", "' OR 1=1 --", '"', "\\", "{}", "%s%n", "{0.__class__}", "../..",
            "a" * 65, "é" * 500, "x" * 2_000_000, "\U0001f9e0" * 300_000, "a\n" * 10_000, "word " * 5_000, "." * 5_000,
            "\u0301" * 3_000, "1" * 5_000, "yesterday" * 50, "in 99999999999 years", "on 2026-13-45 at 25:61",
        ]
    ),
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(),
    st.integers(min_value=-(10**400), max_value=10**400),
    st.floats(),
    st.sampled_from([True, False, 10**5000, -(10**5000), 2**63, 2**64, -1, 0, math.nan, math.inf, -math.inf, -0.0]),
    st.sampled_from([5e-324, 1e308, -1e308, 1j, decimal.Decimal("NaN"), decimal.Decimal(1), fractions.Fraction(1, 3)]),
    st.sampled_from([np.float64(0.5), np.float64(math.nan), np.float32(0.5), np.int64(3), np.bool_(True)]),
    st.sampled_from([Number(3), Number(-3), Real(0.5), Real(math.inf)]),
)  # fmt: skip
INSTANTS = st.one_of(
    st.datetimes(),
    st.datetimes(timezones=st.sampled_from([UTC, FAR_EAST, Nowhere()])),
    st.dates(),
    st.timedeltas(),
    st.sampled_from([1, 9999]).map(lambda year: dt.datetime(year, 1, 1, tzinfo=UTC)),
    st.sampled_from([1, 9999]).map(lambda year: dt.datetime(year, 12, 31, 23, tzinfo=FAR_EAST)),
    st.sampled_from([1, 9999]).map(lambda year: dt.datetime(year, 1, 1, tzinfo=FAR_EAST)),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(CHARACTERS, max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
MAKERS = (
    lambda: nested(99), lambda: nested(101), lambda: nested(5_000), lambda: nested(100_000), lambda: listed(100_000),
    endless_dict, endless_list, lambda: {"a": endless_list()}, lambda: breaking(0), lambda: breaking(3),
    lambda: {"a": object()}, lambda: {1: 2}, lambda: {None: None}, lambda: {"\ud800": 1}, lambda: {"a": {1, 2}},
    lambda: [0] * 100_000, lambda: ["tag"] * 50, lambda: [f"tag {i}" for i in range(300)], lambda: iter([]),
    lambda: (f"tag {i}" for i in range(3)), lambda: {"a": "x" * 2_000_000},
    lambda: dict.fromkeys(map(str, range(999))),
    Unspeakable, Broken, lambda: [Unspeakable()], lambda: {"a": Unspeakable()}, lambda: UserDict(a=1), UserList,
    object, lambda: object, lambda: len, lambda: (lambda: None), lambda: b"bytes", lambda: bytearray(b"bytes"),
    lambda: memoryview(b"bytes"), lambda: np.zeros(3), lambda: np.array("text"), lambda: np.str_("numpy"), set,
    lambda: frozenset("ab"), lambda: pathlib.Path("somewhere"), lambda: Named.OTHER, lambda: Named.EPISODIC,
    lambda: Text("a subclass"), lambda: Text(""), lambda: MemoryType.EPISODIC, lambda: ..., lambda: NotImplemented,
    lambda: Stimulus(content="a stimulus"), lambda: Stimulus.model_construct(content=5), lambda: Where(pinned=True),
    lambda: Stimulus.model_construct(), lambda: Where.model_construct(tags=5), lambda: Where.model_construct(),
    lambda: range(10**9), lambda: ValueError("an error"), lambda: (), lambda: [()], lambda: [None], lambda: [[]],
    Engram.model_construct, lambda: Engram.model_construct(engram_id="a", trace=5), lambda: {10**5000: 1},
)  # fmt: skip
"""Each makes an odd object of its own: an example must not spoil the next one."""
OBJECTS = st.sampled_from(MAKERS).map(lambda make: make())
VALUES = st.one_of(st.none(), TEXTS, NUMBERS, INSTANTS, JSON, OBJECTS)
"""Anything at all."""


def told(value: object) -> str:
    """A value in a message, whatever it is."""
    try:
        text = ascii(value)
    except BaseException as error:  # noqa: BLE001
        text = f"<{type(value).__name__}, {type(error).__name__} by repr>"
    return text if len(text) <= 200 else f"{text[:150]}... ({len(text)} characters)"
