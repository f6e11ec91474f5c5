"""Filters and namespaces are exact in recall and list, and ties have one order, on every store."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from telling import KINDS, contents, kept

from neuro import Brain, Engram, Where
from neuro.clock import SimulatedClock
from neuro.testing.samples import sample_id

SPEAKERS = ("Alice", "alice", "Bob")
TYPES = ("episodic", "semantic", "procedural", "habitual")
NOTES: tuple[Any, ...] = (
    1,
    True,
    1.0,
    0,
    False,
    "1",
    None,
    [1],
    [True],
    {"x": 1},
    {"x": True},
    {"x": [None]},
)
STEP = 10.0
"""Seconds between two facts."""

FACTS = st.lists(
    st.fixed_dictionaries(
        {"cued": st.booleans(), "memory_type": st.sampled_from(TYPES), "pinned": st.booleans()},
        optional={
            "speaker": st.sampled_from(SPEAKERS),
            "tags": st.sets(st.sampled_from("abc")),
            "note": st.sampled_from(NOTES),
            "salience": st.sampled_from((0.2, 0.5, 0.9)),
        },
    ),
    min_size=1,
    max_size=30,
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "memory_type": st.sampled_from(TYPES),
        "speaker": st.sampled_from((*SPEAKERS, "Ali", "")),
        "tags": st.sets(st.sampled_from("abcd")),
        "context": st.fixed_dictionaries(
            {}, optional={"note": st.sampled_from(NOTES), "speaker": st.sampled_from(SPEAKERS)}
        ),
        "encoded_from": st.integers(-1, 31).map(lambda n: n * STEP),
        "encoded_before": st.integers(-1, 31).map(lambda n: n * STEP),
        "salience_from": st.sampled_from((0.0, 0.2, 0.5, 0.9, 1.0)),
        "pinned": st.booleans(),
    },
)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: a truth value is no number, wherever it stands, but 1 is 1.0."""
    return json.dumps(one).replace("1.0", "1") == json.dumps(other).replace("1.0", "1")


def meant(number: int, fact: dict[str, Any], salience: float, where: dict[str, Any]) -> bool:
    """Whether a filter means a fact, from what was said of both."""
    context = {key: fact[key] for key in ("speaker", "note") if key in fact}
    conditions: dict[str, Callable[[Any], bool]] = {
        "memory_type": lambda wanted: fact["memory_type"] == wanted,
        "speaker": lambda wanted: fact.get("speaker") == wanted,
        "tags": lambda wanted: wanted <= fact.get("tags", set()),
        "context": lambda wanted: all(key in context and same(context[key], wanted[key]) for key in wanted),
        "encoded_from": lambda wanted: number * STEP >= wanted,
        "encoded_before": lambda wanted: number * STEP < wanted,
        "salience_from": lambda wanted: salience >= wanted,
        "pinned": lambda wanted: fact["pinned"] is wanted,
    }
    return all(conditions[name](wanted) for name, wanted in where.items())


def content(number: int, fact: dict[str, Any]) -> str:
    return f"{'Dana sailed' if fact['cued'] else 'nothing new'} {number}"


async def tell(brain: Brain, clock: SimulatedClock, facts: list[dict[str, Any]]) -> None:
    for number, fact in enumerate(facts):
        perception = await brain.perceive(
            content(number, fact),
            memory_type=fact["memory_type"],
            salience=fact.get("salience"),
            tags=fact.get("tags", ()),
            context={key: fact[key] for key in ("speaker", "note") if key in fact},
        )
        assert perception.engram is not None
        if fact["pinned"]:
            await brain.pin(perception.engram.engram_id)
        await clock.advance(STEP)


async def check_filters(brain: Brain, facts: list[dict[str, Any]], filters: list[dict[str, Any]]) -> None:
    """List gives what a filter means; recall all of it that matches the cue, and nothing that is not meant."""
    everything = await brain.list(limit=100)
    assert contents(everything) == [content(number, fact) for number, fact in enumerate(facts)]
    for where in filters:
        wanted = [
            number
            for number, fact in enumerate(facts)
            if meant(number, fact, everything[number].salience, where)
        ]
        listed = [content(number, facts[number]) for number in wanted]
        cued = {content(number, facts[number]) for number in wanted if facts[number]["cued"]}
        assert contents(await brain.list(where=where)) == listed
        assert contents(await brain.list(where=where, limit=2)) == listed[:2]
        if len(listed) > 2:
            after = everything[wanted[1]].engram_id
            assert contents(await brain.list(where=Where.of(where), after=after)) == listed[2:]
        for limit in (1, 3, 100):
            found = contents(await brain.recall("Dana sailed", where=where, limit=limit, update=False))
            assert len(set(found)) == len(found) <= limit
            assert set(found) <= set(listed)
            assert len(found) >= min(limit, len(cued))
            assert limit < 100 or cued <= set(found)


@asynccontextmanager
async def place(kind: str) -> AsyncIterator[Any]:
    with TemporaryDirectory() as folder:
        async with kept(kind, Path(folder)) as open_place:
            yield open_place


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(facts=FACTS, filters=st.lists(FILTERS, min_size=1, max_size=6))
async def test_a_filter_means_no_more_and_no_less_than_it_says(
    kind: str, facts: list[dict[str, Any]], filters: list[dict[str, Any]]
):
    async with place(kind) as open_place:
        clock = SimulatedClock()
        async with Brain.create(await open_place(), clock=clock) as brain:
            await tell(brain, clock, facts)
            await check_filters(brain, facts, filters)
            await brain.sleep()
            await check_filters(brain, facts, filters)
        async with Brain.create(await open_place(), clock=clock) as brain:
            await check_filters(brain, facts, filters)


@pytest.mark.parametrize("kind", ["file", "redis"])
async def test_a_filter_that_lets_few_through_finds_them_all_below_many_better_ones(kind: str):
    async with place(kind) as open_place, Brain.create(await open_place()) as brain:
        await brain.perceive_many([f"Dana sailed today {number}" for number in range(400)])
        rare = [f"Once upon a time there was {number} who knew a Dana of the north" for number in range(5)]
        for one in rare:
            await brain.perceive(one, tags=["rare"])
        for _ in range(2):
            found = await brain.recall("Dana sailed today", where={"tags": ["rare"]}, limit=10, update=False)
            assert sorted(contents(found)) == rare
            await brain.sleep()


async def test_namespaces_on_one_file_see_only_their_own(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/shared.db"
    for night in range(2):
        for owner in ("one", "two"):
            async with Brain.create(url, namespace=owner) as brain:
                await brain.perceive(f"Dana sailed with {owner} on day {night}")
                await brain.sleep()
    for owner in ("one", "two"):
        async with Brain.create(url, namespace=owner) as brain:
            own = {f"Dana sailed with {owner} on day {night}" for night in range(2)}
            assert set(contents(await brain.list())) == own
            assert set(contents(await brain.recall("Dana sailed with one or two", limit=50))) == own


# Ties


def counting() -> Callable[[float], str]:
    numbers = iter(range(1, 1000))
    return lambda _: sample_id(next(numbers))


async def tied(kind: str, order: list[int]) -> list[list[tuple[str, float]]]:
    """Equal engrams of several speakers, told in some order, recalled by day, after a night and after reopening."""
    async with place(kind) as open_place:
        clock, ids = SimulatedClock(), counting()
        found: list[list[tuple[str, float]]] = []

        async def look(brain: Brain) -> None:
            for cue, limit in (("harbour", 50), ("calm harbour", 4)):
                recall = await brain.recall(cue, limit=limit, update=False)
                found.append([(str(r.engram.context["speaker"]), round(r.activation, 6)) for r in recall])

        async with Brain.create(await open_place(), clock=clock, ids=ids) as brain:
            for number in order:
                context = {"speaker": f"p{number}", "session": f"s{number}"}
                await brain.perceive("The harbour was calm", context=context)
            await look(brain)
            await brain.sleep()
            await look(brain)
        async with Brain.create(await open_place(), clock=clock, ids=ids) as brain:
            await look(brain)
        return found


@pytest.mark.parametrize("order", [list(range(12)), [7, 3, 11, 0, 5, 1, 10, 2, 8, 4, 9, 6]], ids=str)
async def test_ties_have_the_same_order_on_every_store(order: list[int]):
    expected = await tied("memory", order)
    assert len(expected[0]) == len(order)
    for kind in ("file", "redis"):
        assert await tied(kind, order) == expected


def tie_break(engrams: list[Engram], activations: list[float]) -> list[str]:
    return [i for _, i in sorted((-a, e.engram_id) for e, a in zip(engrams, activations, strict=True))]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_as_active_comes_in_order_of_encoding(kind: str):
    async with place(kind) as open_place, Brain.create(await open_place(), clock=SimulatedClock()) as brain:
        for number in range(15):
            await brain.perceive("The harbour was calm", context={"speaker": f"p{number}"})
        for _ in range(2):
            for limit in (3, 15):
                recall = await brain.recall("harbour", limit=limit, update=False)
                found = [r.engram for r in recall]
                assert [e.engram_id for e in found] == tie_break(found, [r.activation for r in recall])
            await brain.sleep()
