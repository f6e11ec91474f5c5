"""Bad input is an error of the documented tree that names the argument, and nothing has changed."""

import asyncio
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from telling import DAY, whole

from neuro import (
    Brain,
    BrainConfig,
    EmbedderError,
    EngramNotFoundError,
    FeatureMismatchError,
    InvalidArgumentError,
    InvalidStimulusError,
    NeuroError,
    UnknownRegionError,
)
from neuro.arguments import shown
from neuro.clock import SimulatedClock
from neuro.embedders import HashingEmbedder

TOO_LONG = "x" * 10_000_000
SURROGATE = "ok \ud800"
DEEP: dict[str, Any] = {}
for _ in range(1000):
    DEEP = {"deeper": DEEP}

TEXTS: list[Any] = ["", "  \n", None, 5, b"x", ["x"], TOO_LONG, SURROGATE]
NUMBERS: list[Any] = [math.nan, math.inf, -math.inf, True, "0.5", [0.5], 10**400, 1j]
IDS: list[Any] = [None, 5, "", " ", b"x", SURROGATE, "x" * 65, ["x"]]

PERCEIVE: dict[str, list[Any]] = {
    "memory_type": ["x", "", "Episodic", None, 5, True, [], DEEP],
    "salience": [*NUMBERS, -0.1, 1.1],
    "reward": [*NUMBERS, -1.1, 1.1],
    "modality": [*TEXTS, "x" * 65],
    "context": ["x", 5, [("a", 1)], {1: 2}, {"a": math.nan}, {"a": object()}, {"a": {1}}, {"a": SURROGATE},
                {SURROGATE: 1}, {"a": TOO_LONG}, {"speaker": datetime(2026, 5, 1)}, DEEP],  # noqa: DTZ001
    "tags": ["tag", None, 5, [5], [""], [SURROGATE], [TOO_LONG], map(str, range(1000))],
    "occurred_at": [*NUMBERS, datetime(2026, 5, 1), "2026-05-01"],  # noqa: DTZ001
}  # fmt: skip
RECALL: dict[str, list[Any]] = {
    "limit": [0, -1, "x", "1", True, False, 1.0, 1.5, None, math.nan, [1]],
    "where": ["x", 5, [], {"colour": "red"}, {"memory_type": "x"}, {"tags": "x"}, {"salience_from": math.nan},
              {"encoded_from": "x"}, {"context": {"a": object()}}, {"speaker": 5}, {"self": 1}, {1: 2}],
}  # fmt: skip

CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *(("perceive", (content,), {}) for content in TEXTS),
    *(("perceive", ("ok",), {name: value}) for name, values in PERCEIVE.items() for value in values),
    *(("perceive_many", (["ok", content],), {}) for content in TEXTS),
    *(("perceive_many", (items,), {}) for items in (None, 5, "ok")),
    *(("recall", (cue,), {}) for cue in TEXTS),
    *(("recall", ("ok",), {name: value}) for name, values in RECALL.items() for value in values),
    *(
        ("recall", ("ok",), {name: value, "update": False})
        for name, values in RECALL.items()
        for value in values
    ),
    *((verb, (i,), {}) for verb in ("get", "forget", "reinforce", "pin", "unpin") for i in [*IDS, "unknown"]),
    *(("list", (), {name: value}) for name, values in RECALL.items() for value in values),
    *(("list", (), {"after": value}) for value in IDS if value is not None),
]

WRONG: list[tuple[str, Callable[[Any], Any], type[NeuroError]]] = [
    ("another dimension", lambda rows: rows[:, :-1], FeatureMismatchError),
    ("no rows", lambda rows: rows[:0], EmbedderError),
    ("one row too many", lambda rows: np.concatenate([rows, rows]), EmbedderError),
    ("flat", lambda rows: rows[0], EmbedderError),
    ("NaN", lambda rows: rows * np.nan, EmbedderError),
    ("infinite", lambda rows: rows * np.inf, EmbedderError),
    ("nothing", lambda rows: None, EmbedderError),
    ("text", lambda rows: ["x"], EmbedderError),
    ("booleans", lambda rows: rows > 0, EmbedderError),
]


async def remembering(**options: Any) -> Brain:
    clock = SimulatedClock()
    brain = await Brain.create(clock=clock, **options)
    await brain.perceive("We met Dana at the harbour", memory_type="procedural")
    await brain.sleep()
    await clock.advance(DAY)
    await brain.perceive("She lost her keys")
    await brain.recall("Dana")
    return brain


async def test_bad_input_is_refused_and_changes_nothing():
    """One brain takes all of it: that is the test."""
    with np.errstate(all="ignore"):
        async with await remembering() as brain:
            before = await whole(brain)
            for verb, arguments, options in CALLS:
                call = f"{verb}({shown(arguments)}, {shown(options)})"
                try:
                    await getattr(brain, verb)(*arguments, **options)
                except NeuroError as error:
                    assert isinstance(error, (InvalidArgumentError, EngramNotFoundError)), call
                    assert len(str(error)) < 500, call
                    assert error.__context__ is None or error.__suppress_context__, call
                else:
                    raise AssertionError(f"nothing was raised by {call}")
                assert await whole(brain) == before, call
            again = await brain.perceive("She lost her keys")
            assert again.repeated and again.gate.attention == pytest.approx(0.35)


@pytest.mark.parametrize("content", TEXTS, ids=lambda value: ascii(value)[:12])
async def test_bad_content_has_an_error_of_its_own(content: Any):
    async with Brain.create() as brain:
        with pytest.raises(InvalidStimulusError, match="content: "):
            await brain.perceive(content)


async def test_the_limit_of_contents_is_configured():
    async with Brain.create(config=BrainConfig(max_content_bytes=10)) as brain:
        assert (await brain.perceive("x" * 10)).engram is not None
        for call in (brain.perceive("é" * 6), brain.perceive_many(["x" * 11]), brain.recall("x" * 11)):
            with pytest.raises(InvalidArgumentError, match="at most 10 bytes"):
                await call


async def test_a_mebibyte_is_perceived_and_found():
    async with Brain.create() as brain:
        text = "the harbour " * 87_381
        assert len(text) <= 1 << 20 < len(text) + 12
        assert (await brain.perceive(text)).engram is not None
        assert len(await brain.recall("harbour")) == 1


@pytest.mark.parametrize("bad", ["cortex", "", None, 5])
async def test_an_unknown_region_changes_nothing(bad: Any):
    async with await remembering() as brain:
        before = await whole(brain)
        for verb in (brain.lesion, brain.restore):
            with pytest.raises(UnknownRegionError, match="no region is called"):
                verb(bad)
        assert await whole(brain) == before


class Wrong(HashingEmbedder):
    """An embedder that is right until it is told otherwise."""

    contextual = True  # so that cues are featured as well
    spoil: Callable[[Any], Any] | None = None

    async def embed(self, texts: Any) -> Any:
        rows = await super().embed(texts)
        return rows if self.spoil is None else self.spoil(rows)


@pytest.mark.parametrize(
    ("spoil", "error"), [wrong[1:] for wrong in WRONG], ids=[wrong[0] for wrong in WRONG]
)
async def test_wrong_features_are_refused_and_change_nothing(
    spoil: Callable[[Any], Any], error: type[NeuroError]
):
    embedder = Wrong()
    async with await remembering(embedder=embedder) as brain:
        before = await whole(brain)
        embedder.spoil = spoil
        with np.errstate(all="ignore"):
            for call in (brain.perceive("new"), brain.perceive_many(["new"]), brain.recall("Dana")):
                with pytest.raises(error, match="lexical"):
                    await call
        assert await whole(brain) == before
        embedder.spoil = None
        assert (await brain.perceive("new")).engram is not None


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (EmbedderError("the model is gone"), "the model is gone"),
        (ConnectionError("secret"), "embedder 'lexical': failed by ConnectionError"),
    ],
    ids=str,
)
async def test_an_embedder_that_fails_changes_nothing(failure: Exception, message: str):
    def fail(rows: Any) -> Any:
        raise failure

    embedder = Wrong()
    async with await remembering(embedder=embedder) as brain:
        before = await whole(brain)
        embedder.spoil = fail
        for call in (brain.perceive("new"), brain.recall("Dana")):
            with pytest.raises(EmbedderError, match=message) as raised:
                await call
            assert failure in (raised.value, raised.value.__cause__)
        assert await whole(brain) == before


async def test_what_no_embedder_can_tell_apart_from_nothing_is_still_remembered():
    embedder = Wrong()
    embedder.spoil = lambda rows: rows * 0.0
    async with Brain.create(embedder=embedder) as brain:
        await brain.perceive("We met Dana at the harbour")
        assert len(await brain.recall("Dana")) == 1


async def test_bad_input_from_many_tasks_harms_no_other():
    async with Brain.create() as brain:
        calls = [brain.perceive(content) for content in ("one", " ", "two", SURROGATE, "three")]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [isinstance(outcome, InvalidStimulusError) for outcome in outcomes] == [
            False,
            True,
            False,
            True,
            False,
        ]
        assert len(await brain.list()) == 3
