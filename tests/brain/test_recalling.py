"""Recalling: what a Recall is, what it counts and strengthens, and what it leaves alone."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from telling import DAY, HOUR, contents, found, whole

from neuro import Brain, BrainConfig, EngramNotFoundError, MemoryType, Recall, Recollection, Where
from neuro.clock import SimulatedClock
from neuro.config import RecallParams
from neuro.connectome import ConnectomeParams
from neuro.regions.prefrontal_cortex import PrefrontalCortexParams

MEETINGS = [f"Meeting {number} was about the {topic}" for number, topic in enumerate(
    ["harbour", "bakery", "violin", "garden", "ferry", "museum", "letter", "kettle", "piano", "saddle",
     "compass", "mountain", "lantern", "orchard", "window"]
)]  # fmt: skip


async def remembering(*texts: str, clock: SimulatedClock | None = None, **options: Any) -> Brain:
    brain = await Brain.create(clock=SimulatedClock() if clock is None else clock, **options)
    await brain.perceive_many(texts)
    return brain


async def test_an_empty_brain_recalls_an_empty_recall():
    async with Brain.create() as brain:
        recall = await brain.recall("Dana")
        assert (len(recall), recall.silent, recall.cue, [*recall]) == (0, (), "Dana", [])
        assert not recall


async def test_a_recall_is_a_sequence_of_recollections_best_first():
    async with await remembering(*MEETINGS) as brain:
        recall = await brain.recall("the meeting about the harbour")
        assert isinstance(recall, Recall) and isinstance(recall, Sequence)
        assert len(recall) == 10
        first = recall[0]
        assert isinstance(first, Recollection)
        assert first.engram.content == MEETINGS[0]
        assert first.region == "hippocampus"
        assert 0.0 <= first.confidence <= 1.0
        assert "harbour" in " ".join(map(str, first.reasons))
        assert first in recall and recall[-1] is recall[9] and recall[:2] == (recall[0], recall[1])
        activations = [recollection.activation for recollection in recall]
        assert activations == sorted(activations, reverse=True)
        for (engram, activation), recollection in zip(recall, recall, strict=True):
            assert (engram, activation) == (recollection.engram, recollection.activation)


async def test_a_recall_goes_through_json():
    async with await remembering("We met Dana at the harbour") as brain:
        told = json.loads(json.dumps((await brain.recall("Dana")).to_dict()))
    assert told["cue"] == "Dana" and told["silent"] == []
    (recollection,) = told["recollections"]
    assert recollection["engram"]["content"] == "We met Dana at the harbour"
    assert recollection["region"] == "hippocampus" and recollection["reasons"][0]["kind"] == "words"


@pytest.mark.parametrize("limit", [1, 3, 12, 15, 100, 10**30])
@pytest.mark.parametrize("kept", ["memory", "file"])
async def test_at_most_limit_come_back_never_cut_to_working_memory(limit: int, kept: str, tmp_path: Path):
    async with await remembering(*MEETINGS, url=tmp_path / "b.db" if kept == "file" else None) as brain:
        await brain.sleep()
        recall = await brain.recall("meeting", limit=limit)
        assert len(recall) == min(limit, len(MEETINGS))
        assert len({recollection.engram.engram_id for recollection in recall}) == len(recall)
        assert len(brain.working_memory) <= 7


async def test_what_has_nothing_to_do_with_the_cue_does_not_come_back():
    config = BrainConfig(connectome=ConnectomeParams(spreading=0.0))
    async with await remembering(*MEETINGS, config=config) as brain:
        assert not await brain.recall("zzz")


async def test_the_best_few_are_held_and_the_best_one_is_the_most_active():
    clock = SimulatedClock()
    async with await remembering(*MEETINGS, clock=clock) as brain:
        await clock.advance(DAY)
        assert not brain.working_memory
        recall = await brain.recall("meeting", limit=12)
        assert contents(brain.working_memory) == contents(recall[:4])


async def test_working_memory_is_a_live_sized_read_only_sequence():
    config = BrainConfig(prefrontal_cortex=PrefrontalCortexParams(capacity=3))
    async with await remembering(*MEETINGS, config=config) as brain:
        view = brain.working_memory
        assert isinstance(view, Sequence) and len(view) == 3
        assert set(contents(view)) == set(MEETINGS[-3:])
        with pytest.raises(TypeError):
            view[0] = None  # type: ignore[index]
        await brain.perceive("the harbour", salience=1.0)
        assert "the harbour" in contents(view)


# Counting and strengthening


async def test_every_returned_engram_counts_one_access_and_only_the_first_is_potentiated():
    clock = SimulatedClock()
    async with await remembering(*MEETINGS[:3], clock=clock) as brain:
        await clock.advance(10 * DAY)
        before = {engram.engram_id: engram for engram in await brain.list()}
        recall = await brain.recall("meeting")
        assert len(recall) == 3
        for rank, recollection in enumerate(recall):
            engram = recollection.engram
            old = before[engram.engram_id]
            assert engram == await brain.get(engram.engram_id)  # visible at once, at the owner
            assert engram.access_count == old.access_count + 1
            assert (engram.stability > old.stability) is (rank == 0)
            assert (engram.trace.last_access == clock.now()) is (rank == 0)


@pytest.mark.parametrize(("used", "expected"), [("first", 1), ("all", 3), ("none", 0)])
async def test_how_many_are_potentiated_is_configured(used: Any, expected: int):
    clock = SimulatedClock()
    config = BrainConfig(recall=RecallParams(used=used))
    async with await remembering(*MEETINGS[:3], clock=clock, config=config) as brain:
        await clock.advance(10 * DAY)
        recall = await brain.recall("meeting")
        assert [engram.stability > 2400.0 for engram, _ in recall] == [i < expected for i in range(3)]
        assert [engram.access_count for engram, _ in recall] == [1, 1, 1]


@pytest.mark.parametrize("nights", [0, 1])
async def test_what_is_named_afterwards_is_potentiated_and_counts_nothing(nights: int):
    clock = SimulatedClock()
    async with await remembering(*MEETINGS[:3], clock=clock) as brain:
        for _ in range(nights):
            await brain.sleep()
        await clock.advance(10 * DAY)
        recall = await brain.recall("meeting")
        second, third = (engram.engram_id for engram, _ in recall[1:])
        await brain.reinforce(second, third, second)
        for engram_id in (second, third):
            engram = await brain.get(engram_id)
            assert engram.stability > 2400.0
            assert engram.access_count == 1
        await brain.reinforce()


async def test_an_unknown_id_reinforces_nothing():
    clock = SimulatedClock()
    async with await remembering(*MEETINGS[:3], clock=clock) as brain:
        await clock.advance(DAY)
        known = (await brain.list())[0].engram_id
        before = await whole(brain)
        with pytest.raises(EngramNotFoundError, match="0123"):
            await brain.reinforce(known, "0123")
        assert await whole(brain) == before


@pytest.mark.parametrize("nights", [0, 1])
async def test_twenty_recalls_from_several_tasks_are_twenty_accesses(nights: int, tmp_path: Path):
    path, clock = tmp_path / "brain.db", SimulatedClock()
    async with await remembering("We met Dana at the harbour", url=path, clock=clock) as brain:
        for _ in range(nights):
            await brain.sleep()
        recalls = await asyncio.gather(*(brain.recall("Dana") for _ in range(19)), brain.recall("harbour"))
        assert sorted(recall[0].engram.access_count for recall in recalls) == [*range(1, 21)]
        (engram,) = await brain.list()
        assert engram.trace.access_count == engram.access_count == 20
    async with Brain.create(path, clock=clock) as brain:
        (engram,) = await brain.list()
        assert engram.access_count == 20


async def test_recalls_during_a_night_are_counted_at_the_owner():
    async with await remembering(*MEETINGS) as brain:
        night = asyncio.ensure_future(brain.sleep())
        recalls = await asyncio.gather(*(brain.recall("meeting", limit=15) for _ in range(10)))
        await night
        assert all(len(recall) == 15 for recall in recalls)
        assert {engram.access_count for engram in await brain.list()} == {10}


async def test_a_probe_counts_strengthens_holds_and_binds_nothing():
    clock = SimulatedClock()
    async with await remembering(*MEETINGS, clock=clock) as brain:
        await brain.sleep()
        await clock.advance(DAY)
        told: list[object] = []
        brain.observers.subscribe(object, told.append)
        before = await whole(brain)
        probe = await brain.recall("meeting", update=False)
        assert len(probe) == 10
        assert await whole(brain) == before
        assert told == []
        recall = await brain.recall("meeting")
        assert contents(recall) == contents(probe)
        assert await whole(brain) != before
        assert told == [recall]


async def test_get_list_inspect_stats_and_replay_count_nothing():
    clock = SimulatedClock()
    async with await remembering("We met Dana at the harbour", clock=clock) as brain:
        (engram,) = await brain.list()
        for _ in range(3):
            await brain.get(engram.engram_id)
            await brain.list(dormant=True)
            brain.inspect()
            await brain.stats()
        assert await brain.get(engram.engram_id) == engram
        await clock.advance(16 * HOUR)
        report = await brain.sleep()
        assert report["replayed"] == 1
        replayed = await brain.get(engram.engram_id)
        assert replayed.access_count == 0 and len(replayed.trace.recent) == 1


# Filters

FACTS: list[dict[str, Any]] = [
    {
        "content": "Dana fact one",
        "memory_type": "semantic",
        "tags": ["a", "b"],
        "context": {"speaker": "Alice"},
    },
    {"content": "Dana fact two", "memory_type": "semantic", "tags": ["a"], "context": {"speaker": "Bob"}},
    {"content": "Dana fact three", "memory_type": "habitual", "salience": 0.9, "context": {"turn": 1}},
    {"content": "Dana fact four", "salience": 0.2, "context": {"turn": True, "list": [1, {"x": []}]}},
]

FILTERS: list[tuple[Any, set[int]]] = [
    (None, {0, 1, 2, 3}),
    ({}, {0, 1, 2, 3}),
    ({"memory_type": "semantic"}, {0, 1}),
    (Where(memory_type=MemoryType.HABITUAL), {2}),
    ({"speaker": "Alice"}, {0}),
    ({"speaker": "Ali"}, set()),
    ({"tags": ["a"]}, {0, 1}),
    ({"tags": ["a", "b"]}, {0}),
    ({"context": {"speaker": "Bob"}}, {1}),
    ({"context": {"list": [1, {"x": []}]}}, {3}),
    ({"context": {"missing": None}}, set()),
    ({"salience_from": 0.9}, {2}),
    ({"encoded_from": 20.0}, {2, 3}),
    ({"encoded_before": 20.0}, {0, 1}),
    ({"pinned": True}, {1}),
    ({"memory_type": "semantic", "speaker": "Bob", "tags": ["a"], "encoded_from": 10.0}, {1}),
]


@pytest.mark.parametrize("nights", [0, 1])
@pytest.mark.parametrize(("where", "expected"), FILTERS, ids=str)
async def test_a_filter_is_exact(where: Any, expected: set[int], nights: int):
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        for fact in FACTS:
            perception = await brain.perceive(**fact)
            assert perception.engram is not None
            if fact["content"] == "Dana fact two":
                await brain.pin(perception.engram.engram_id)
            await clock.advance(10.0)
        for _ in range(nights):
            await brain.sleep()
        expected_contents = {FACTS[index]["content"] for index in expected}
        assert set(contents(await brain.recall("Dana", where=where))) == expected_contents
        assert set(contents(await brain.list(where=where))) == expected_contents


async def test_a_filter_finds_what_lies_far_below_the_best():
    async with Brain.create() as brain:
        await brain.perceive_many(f"Dana was here, number {number}" for number in range(300))
        await brain.perceive("Dana left a long, long list of everything else that she wanted", tags=["rare"])
        (recollection,) = await brain.recall("Dana was here", where={"tags": ["rare"]}, limit=5)
        assert recollection.engram.tags == ("rare",)


# Long contents


async def test_a_long_content_is_found_by_one_sentence_deep_inside():
    filler = " ".join(
        f"Item {number} of the inventory lies in drawer {number} as usual." for number in range(25)
    )
    needle = "The spare key of the observatory hangs behind the blue thermostat."
    long = f"{filler} {needle} {filler.replace('drawer', 'shelf')}"
    assert len(long.split()) > 200
    others = [f"The key of house {number} is with the neighbours" for number in range(30)]
    async with await remembering(*others, long) as brain:
        for _ in range(2):
            recollection = (await brain.recall("where does the key of the observatory hang?", limit=1))[0]
            assert recollection.engram.content == long
            assert len(recollection.engram.texts) > 5
            await brain.sleep()


async def test_what_is_recalled_is_told_with_its_reasons():
    clock = SimulatedClock()
    async with await remembering("We met Dana at the harbour", clock=clock) as brain:
        first = found(
            await brain.recall("What was Dana doing at the harbours?"), "We met Dana at the harbour"
        )
        assert str(first.reasons[0]) == "shares the words dana, harbours"
        assert {reason.kind for reason in first.reasons} >= {"words", "gist", "working_memory", "strength"}
        assert "retention 0.99, not recalled before" in [str(reason) for reason in first.reasons]
        await clock.advance(DAY)
        again = found(await brain.recall("Dana"), "We met Dana at the harbour")
        assert "recalled 1 time before" in " ".join(map(str, again.reasons))
        assert sum(reason.amount for reason in again.reasons) == pytest.approx(again.activation)
