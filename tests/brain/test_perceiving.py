"""Perceiving: what a perception holds, what a repeat is, what many at once do."""

import asyncio
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any, ClassVar

import pytest
from telling import DAY, contents, whole

from neuro import Brain, BrainConfig, InvalidArgumentError, InvalidStimulusError, MemoryType, Stimulus
from neuro.clock import SimulatedClock
from neuro.embedders import HashingEmbedder
from neuro.regions.prefrontal_cortex import PrefrontalCortexParams
from neuro.regions.thalamus import ThalamusParams
from neuro.signals import Perception
from neuro.stores.memory import MemoryStore
from neuro.testing import CountingStore


async def test_a_perception_holds_the_stimulus_the_gate_the_engram_and_how_new_it_was():
    async with Brain.create(clock=SimulatedClock(100.0), scope="tenant/alice") as brain:
        perception = await brain.perceive(
            "Dana was overjoyed to find her keys",
            memory_type="semantic",
            salience=0.9,
            reward=0.5,
            modality="voice",
            context={"speaker": "Alice", "session": 3, "notes": ["a", {"b": None}]},
            tags=["keys", "Dana", "keys"],
            occurred_at=datetime(2026, 5, 1, tzinfo=UTC),
        )
    assert isinstance(perception, Perception)
    assert perception.stimulus.content == "Dana was overjoyed to find her keys"
    assert (perception.gate.opened, perception.displaced, perception.repeated) == (True, None, False)
    assert "threshold" in perception.gate.reason
    assert perception.novelty == 1.0
    engram = perception.engram
    assert engram is not None
    assert engram.content == perception.stimulus.content
    assert engram.memory_type is MemoryType.SEMANTIC
    assert (engram.encoded_at, engram.occurred_at) == (100.0, 1777593600.0)
    assert (engram.salience, engram.reward, engram.scope) == (0.9, 0.5, "tenant/alice")
    assert engram.valence > 0.0 and engram.arousal > 0.0
    assert engram.tags == ("keys", "Dana")
    assert engram.context == {"speaker": "Alice", "session": 3, "notes": ("a", {"b": None})}
    assert (engram.access_count, engram.trace.exposures, engram.revision) == (0, 1.0, 0)
    assert engram.embedder == "words" and engram.features is not None
    assert perception.to_dict()["engram"]["content"] == engram.content


async def test_the_given_types_and_instants_have_several_spellings():
    instant = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    async with Brain.create() as brain:
        for number, (memory_type, occurred_at) in enumerate(
            [
                (MemoryType.HABITUAL, 0),
                ("habitual", 0.0),
                ("habitual", instant),
                ("habitual", instant.timestamp()),
            ]
        ):
            perception = await brain.perceive(
                f"number {number}", memory_type=memory_type, occurred_at=occurred_at
            )
            assert perception.engram is not None
            assert perception.engram.memory_type is MemoryType.HABITUAL
            assert perception.engram.occurred_at in (0.0, instant.timestamp())


async def test_episodic_is_the_default_type():
    async with Brain.create() as brain:
        perception = await brain.perceive("We met Dana at the harbour")
        assert perception.engram is not None and perception.engram.memory_type is MemoryType.EPISODIC


async def test_the_gate_that_refuses_says_so_and_nothing_is_encoded():
    config = BrainConfig(thalamus=ThalamusParams(threshold=0.9))
    async with Brain.create(config=config) as brain:
        perception = await brain.perceive("We met Dana at the harbour")
        assert (perception.gate.opened, perception.engram) == (False, None)
        assert "stays below the threshold" in perception.gate.reason
        assert perception.to_dict()["engram"] is None
        assert not await brain.list() and not brain.working_memory
        assert [s.content for s in brain.sensory_cortex.buffered()] == ["We met Dana at the harbour"]


async def test_each_fragment_of_a_long_content_has_features_of_its_own():
    embedder = HashingEmbedder()
    sentences = [
        f"Sentence {n} tells of the {word} in some ten plain words." for n, word in enumerate("abcdefgh")
    ]
    async with Brain.create(embedder=embedder) as brain:
        engram = (await brain.perceive(" ".join(sentences))).engram
        assert engram is not None and engram.features is not None
        assert " ".join(engram.texts) == engram.content and len(engram.texts) > 1
        expected = embedder.embed_now(engram.texts)
        assert engram.features == pytest.approx(expected, abs=1e-3)


async def test_what_leaves_working_memory_is_reported_and_still_remembered():
    config = BrainConfig(prefrontal_cortex=PrefrontalCortexParams(capacity=2))
    clock = SimulatedClock()
    async with Brain.create(config=config, clock=clock) as brain:
        displaced = []
        for content in ("the harbour", "the bakery", "the violin"):
            perception = await brain.perceive(content, salience=0.5)
            displaced.append(perception.displaced and perception.displaced.content)
            await clock.advance(1.0)
        assert displaced == [None, None, "the harbour"]
        assert contents(brain.working_memory) == ["the violin", "the bakery"]
        assert contents(await brain.recall("harbour"))[0] == "the harbour"


async def test_every_turn_of_an_ordinary_conversation_is_encoded():
    turns = ["ok", "ok", "Yes", "yes", "12", "?!", "...", "👍", "港で会った", "No, really: OK", "x" * 5000]
    async with Brain.create() as brain:
        for turn in turns:
            assert (await brain.perceive(turn)).engram is not None
        assert len(await brain.list()) == len(set(turns))


# Repeats

REPEATS = [
    ("We met Dana at the harbour", "We met Dana at the harbour"),
    ("We met Dana at the harbour", "  We met\tDana \n at the\u00a0harbour\r\n"),
    ("Caf\u00e9 Noir", "Cafe\u0301 Noir"),
]


@pytest.mark.parametrize("nights", [0, 1])
@pytest.mark.parametrize(("first", "second"), REPEATS, ids=repr)
async def test_a_repeat_counts_one_more_exposure(first: str, second: str, nights: int):
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        encoded = (await brain.perceive(first)).engram
        assert encoded is not None
        for _ in range(nights):
            await brain.sleep()
        await clock.advance(DAY)
        again = await brain.perceive(second)
        assert again.engram is not None
        assert (again.repeated, again.novelty) == (True, 0.0)
        assert again.engram.engram_id == encoded.engram_id
        assert again.engram.content == first
        assert (again.engram.trace.exposures, again.engram.access_count) == (2.0, 0)
        assert again.engram.stability > encoded.stability
        assert await brain.get(encoded.engram_id) == again.engram
        assert len(await brain.list()) == 1
        assert contents(brain.working_memory)[0] == first


DIFFERENT: list[dict[str, Any]] = [
    {"memory_type": "semantic"},
    {"context": {"speaker": "Bob"}},
    {"content": "We met Dana at the Harbour"},
    {"content": "We met Dana at the harbour."},
    {"content": "We met Dan at the harbour"},
]


@pytest.mark.parametrize("difference", DIFFERENT, ids=str)
async def test_what_differs_in_content_type_or_speaker_is_no_repeat(difference: dict[str, Any]):
    usual = {"content": "We met Dana at the harbour", "context": {"speaker": "Alice"}}
    async with Brain.create() as brain:
        first = await brain.perceive(**usual)
        other = await brain.perceive(**(usual | difference))
        assert first.engram is not None and other.engram is not None
        assert not other.repeated
        assert first.engram.engram_id != other.engram.engram_id
        assert len(await brain.list()) == 2


async def test_the_rest_of_the_context_does_not_make_a_difference():
    async with Brain.create() as brain:
        await brain.perceive(
            "We met Dana", context={"speaker": "Alice", "session": 1}, tags=["a"], salience=0.2
        )
        again = await brain.perceive(
            "We met Dana", context={"speaker": "Alice", "session": 2}, modality="voice"
        )
        assert again.repeated and again.engram is not None
        assert again.engram.context["session"] == 1


async def test_another_scope_remembers_for_itself(tmp_path: Any):
    path = tmp_path / "brain.db"
    async with Brain.create(path, scope="alice") as brain:
        await brain.perceive("We met Dana at the harbour")
        await brain.sleep()
    async with Brain.create(path, scope="bob") as brain:
        perception = await brain.perceive("We met Dana at the harbour")
        assert not perception.repeated
        assert {engram.scope for engram in await brain.list()} == {"alice", "bob"}


async def test_contents_that_differ_in_one_digit_are_each_found_by_their_own_words():
    rooms = [f"The meeting of team {number} is in room {400 + number}" for number in range(1, 10)]
    async with Brain.create() as brain:
        await brain.perceive_many(rooms)
        await brain.sleep()
        for number, room in enumerate(rooms, 1):
            assert contents(await brain.recall(f"room {400 + number}", limit=1, update=False)) == [room]


async def test_an_engram_that_was_forgotten_is_encoded_anew():
    async with Brain.create() as brain:
        first = (await brain.perceive("We met Dana at the harbour")).engram
        assert first is not None
        await brain.forget(first.engram_id)
        again = await brain.perceive("We met Dana at the harbour")
        assert again.engram is not None and not again.repeated
        assert again.engram.engram_id != first.engram_id


async def test_the_same_content_from_many_tasks_is_one_engram():
    async with Brain.create() as brain:
        perceptions = await asyncio.gather(*(brain.perceive("We met Dana at the harbour") for _ in range(50)))
        (engram,) = await brain.list()
        assert engram.trace.exposures == 50.0
        assert sorted(perception.repeated for perception in perceptions) == [False] + 49 * [True]


async def test_habituation_lowers_attention_but_a_repeat_is_recognised():
    config = BrainConfig(thalamus=ThalamusParams(threshold=0.4))
    async with Brain.create(config=config) as brain:
        first = await brain.perceive("We met Dana at the harbour")
        second = await brain.perceive("We met Dana at the harbour")
        assert (second.gate.opened, second.repeated) == (False, True)
        assert first.engram is not None and second.engram is not None
        assert second.engram.engram_id == first.engram.engram_id
        assert second.engram.trace.exposures == 2.0
        assert second.gate.attention < first.gate.attention
        salient = await brain.perceive("We met Dana at the harbour", salience=0.41)
        assert salient.gate.opened


# Many


async def test_many_are_perceived_in_order_and_embedded_in_one_batch():
    class Batches(HashingEmbedder):
        asked: ClassVar[list[int]] = []

        async def embed(self, texts: Any) -> Any:
            self.asked.append(len(texts))
            return await super().embed(texts)

    embedder = Batches()
    async with Brain.create(embedder=embedder) as brain:
        perceptions = await brain.perceive_many(
            [
                "the harbour",
                Stimulus(content="the bakery", memory_type="semantic", tags=["bread"]),
                "the harbour",
            ]
        )
        assert embedder.asked == [3]
        assert [perception.stimulus.content for perception in perceptions] == [
            "the harbour",
            "the bakery",
            "the harbour",
        ]
        assert [perception.repeated for perception in perceptions] == [False, False, True]
        assert perceptions[1].engram is not None
        assert perceptions[1].engram.memory_type is MemoryType.SEMANTIC
        assert perceptions[1].engram.tags == ("bread",)
        ids = [engram.engram_id for engram in await brain.list()]
        assert all(a < b for a, b in pairwise(ids))


async def test_many_of_nothing_is_nothing():
    store = CountingStore(MemoryStore())
    async with Brain.create(store) as brain:
        store.reset()
        assert await brain.perceive_many([]) == []
        assert not store.calls


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (["the harbour", "  "], InvalidStimulusError),
        (["the harbour", Stimulus(content=" ")], InvalidStimulusError),
        (["the harbour", 5], InvalidArgumentError),
        ([("the harbour", "semantic")], InvalidArgumentError),
        ("the harbour", InvalidArgumentError),
        (None, InvalidArgumentError),
    ],
    ids=repr,
)
async def test_many_with_one_bad_item_change_nothing(bad: Any, error: type[Exception]):
    async with Brain.create(clock=SimulatedClock()) as brain:
        before = await whole(brain)
        with pytest.raises(error):
            await brain.perceive_many(bad)
        assert await whole(brain) == before


async def test_what_the_gate_refused_can_still_be_attended_while_the_senses_hold_it():
    clock = SimulatedClock()
    strict = BrainConfig(thalamus=ThalamusParams(threshold=0.9))
    async with Brain.create(clock=clock, config=strict) as brain:
        refused = await brain.perceive("A siren in the distance")
        assert refused.engram is None
        await clock.advance(2.0)
        attended = await brain.attend("siren")
        assert attended is not None
        assert attended.gate.opened
        assert [r.engram.content for r in await brain.recall("siren")] == ["A siren in the distance"]
        await brain.perceive("A door slams")
        await clock.advance(3.5)
        assert await brain.attend("door") is None


@pytest.mark.parametrize("together", [False, True], ids=["alone", "in a transaction"])
async def test_a_repeat_that_passed_the_gate_is_not_taken_up_once_more(together: bool):
    async with Brain.create(clock=SimulatedClock(100.0)) as brain:
        await brain.perceive("My pin is 1234")
        async with brain.transaction() if together else nullcontext():
            again = await brain.perceive("My pin is 1234")
        assert again.repeated and again.gate.opened and again.engram is not None
        assert await brain.attend() is None
        assert await brain.attend("pin") is None
        assert (await brain.get(again.engram.engram_id)).trace == again.engram.trace
