"""Knowledge of kinds: what nights make of what was told, how it is looked at, lends and is forgotten."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from telling import KINDS as PLACES
from telling import contents, found, kept, kinds

from neuro import (
    Brain,
    BrainConfig,
    EngramNotFoundError,
    InvalidArgumentError,
    MemoryType,
    StoreUnavailableError,
)
from neuro.concepts import ConceptParams, concept_id
from neuro.stores import Link, MemoryStore, Write
from neuro.stores.copying import copy_store
from neuro.testing import FailingStore, InterleavingStore, KeptOpen

T = TypeVar("T")

TOLD = {
    "Melanie": [
        "I went hiking on Friday",
        "My puppy slept all day",
        "The traffic was dreadful",
        "Pottery is fun",
    ],
    "Dana": ["I tried fishing", "We sold the car"],
}
KNOWN = {"inferred": True}
MELANIE = {"inferred": True, "context": {"about": "Melanie"}}


async def told(brain: Brain) -> None:
    for speaker, said in TOLD.items():
        for content in said:
            await brain.perceive(content, context={"speaker": speaker})


async def known(brain: Brain, kind: str, about: str = "Melanie") -> list[str]:
    where = {"inferred": True, "context": {"about": about, "kind": kind}}
    return contents(await brain.list(where=where))


async def test_a_night_makes_a_list_of_what_somebody_told_of_a_kind():
    async with Brain.create() as brain:
        await told(brain)
        assert await brain.list(where=KNOWN) == []
        assert (await brain.sleep())["abstracted"] > 0
        assert await known(brain, "activities") == ["Melanie spoke of activities: hiking, Pottery"]
        assert await known(brain, "activities", "Dana") == ["Dana spoke of activities: fishing"]
        assert {e.context["about"] for e in await brain.list(where=MELANIE)} == {"Melanie"}


async def test_a_copy_of_a_store_knows_it_too():
    original, copy = MemoryStore(), MemoryStore()
    async with Brain.create(KeptOpen(original)) as brain:
        await told(brain)
        await brain.sleep()
        listed = contents(await brain.list(where=KNOWN))
        await copy_store(original, copy)
    async with Brain.create(copy) as brain:
        assert contents(await brain.list(where=KNOWN)) == listed != []


async def test_sources_can_be_followed():
    async with Brain.create() as brain:
        await told(brain)
        await brain.sleep()
        [concept] = await brain.list(
            where={"inferred": True, "context": {"about": "Dana", "kind": "activities"}}
        )
        assert concept.inferred and concept.memory_type is MemoryType.SEMANTIC
        assert contents([await brain.get(source) for source in concept.sources]) == ["I tried fishing"]
        assert (await brain.get(concept.engram_id)).content == concept.content


async def test_knowledge_is_shown_to_nobody_who_does_not_ask_for_it():
    async with Brain.create() as brain:
        await told(brain)
        before = await brain.list()
        await brain.sleep()
        assert [e.engram_id for e in await brain.list()] == [e.engram_id for e in before]
        assert (await brain.stats())["engrams"] == len(before)
        assert not any(r.engram.inferred for r in await brain.recall("Melanie hobbies hiking", limit=50))


async def test_a_cue_that_asks_for_a_kind_finds_members_that_it_does_not_name():
    async with Brain.create() as brain:
        await told(brain)
        await brain.sleep()
        recall = await brain.recall("What hobbies does Melanie have?", update=False)
        assert set(contents(recall)[:2]) == {"I went hiking on Friday", "Pottery is fun"}
        assert "I tried fishing" not in contents(recall)
        reason = next(r for r in found(recall, "Pottery is fun").reasons if r.kind == "instance")
        assert reason.text == "tells of “activities”" and 0.0 < reason.amount <= ConceptParams().lending


async def test_lending_can_be_switched_off():
    config = BrainConfig(concepts=ConceptParams(lending=0.0))
    async with Brain.create(config=config) as brain:
        await told(brain)
        await brain.sleep()
        recall = await brain.recall("What hobbies does Melanie have?", update=False)
        assert all("instance" not in kinds(recollection) for recollection in recall)
        assert await known(brain, "activities")


async def test_filters_hold_for_what_is_lent_to():
    async with Brain.create() as brain:
        await told(brain)
        await brain.perceive("Hiking again", context={"speaker": "Melanie"}, tags=["later"])
        await brain.sleep()
        recall = await brain.recall("Melanie's hobbies?", where={"tags": ["later"]})
        assert contents(recall) == ["Hiking again"]


async def test_knowledge_can_be_recalled_and_is_not_counted():
    async with Brain.create() as brain:
        await told(brain)
        await brain.sleep()
        recall = await brain.recall("Which animals does Melanie keep?", where=KNOWN)
        assert recall[0].engram.content == "Melanie spoke of animals: puppy"
        assert all(r.engram.context["about"] == "Melanie" for r in recall)
        assert {e.access_count for e in await brain.list()} == {0}
        assert all(0.0 <= r.confidence <= 1.0 for r in recall)
        assert len(await brain.recall("Melanie", where=KNOWN, limit=1)) == 1


async def test_a_night_goes_on_where_the_last_one_ended_and_costs_only_what_is_new():
    async with Brain.create() as brain:
        await told(brain)
        await brain.sleep()
        assert (await brain.sleep())["abstracted"] == 0
        await brain.perceive("Now I learn swimming", context={"speaker": "Melanie"})
        assert (await brain.sleep())["abstracted"] >= 1
        assert await known(brain, "activities") == ["Melanie spoke of activities: hiking, Pottery, swimming"]


@pytest.mark.parametrize("kind", PLACES)
async def test_what_was_forgotten_is_in_no_list_again_not_after_a_restart_either(kind: str, tmp_path: Path):
    async with kept(kind, tmp_path) as open_place:
        async with Brain.create(await open_place()) as brain:
            await told(brain)
            await brain.sleep()
            [hiking] = [e for e in await brain.list() if "hiking" in e.content]
            [puppy] = [e for e in await brain.list() if "puppy" in e.content]
            await brain.forget(hiking.engram_id)
            await brain.forget(puppy.engram_id)
            assert await known(brain, "activities") == ["Melanie spoke of activities: Pottery"]
            assert await known(brain, "animals") == []
            await brain.sleep()
        async with Brain.create(await open_place()) as brain:
            await brain.sleep()
            assert await known(brain, "activities") == ["Melanie spoke of activities: Pottery"]
            everything = await brain.recall("hiking puppy Melanie animals", where=KNOWN, limit=100)
            assert not any("hiking" in text or "puppy" in text for text in contents(everything))
            with pytest.raises(EngramNotFoundError):
                await brain.get(concept_id("animals", "Melanie"))


async def test_a_concept_can_be_forgotten_without_its_sources():
    async with Brain.create() as brain:
        await told(brain)
        await brain.sleep()
        concept = concept_id("activities", "Melanie")
        await brain.forget(concept)
        assert await known(brain, "activities") == []
        assert len(await brain.list()) == 6
        with pytest.raises(EngramNotFoundError):
            await brain.forget(concept)
        await brain.perceive("Swimming now", context={"speaker": "Melanie"})
        await brain.sleep()
        assert await known(brain, "activities") == ["Melanie spoke of activities: Swimming"]


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_forgotten_while_a_night_wires_it_is_wired_to_nothing(seed: int):
    store = InterleavingStore(MemoryStore(), random.Random(seed))
    async with Brain.create(store) as brain:
        await told(brain)
        [hiking] = [e for e in await brain.list() if "hiking" in e.content]
        await asyncio.gather(brain.sleep(), brain.forget(hiking.engram_id))
        await brain.sleep()
        assert await known(brain, "activities") == ["Melanie spoke of activities: Pottery"]
        wired = await brain.connectome.instances(await brain.connectome.concepts())
        assert wired and not any(hiking.engram_id in held for held in wired)


@pytest.mark.parametrize("reply_lost", [False, True])
async def test_a_night_that_broke_off_is_made_up_for(reply_lost: bool):
    store = FailingStore(MemoryStore())
    async with Brain.create(store) as brain:
        await told(brain)
        store.fail_next("write", StoreUnavailableError("away"), reply_lost=reply_lost)
        with pytest.raises(StoreUnavailableError):
            await brain.sleep()
        await brain.sleep()
        assert await known(brain, "activities") == ["Melanie spoke of activities: hiking, Pottery"]


async def test_a_recall_goes_on_without_what_is_lent_while_the_wiring_cannot_be_read():
    store = FailingStore(MemoryStore())
    async with Brain.create(store) as brain:
        await told(brain)
        await brain.sleep()
        store.fail_next("links", StoreUnavailableError("away"))
        recall = await brain.recall("What hobbies and pets does Melanie's puppy have?", update=False)
        assert "My puppy slept all day" in contents(recall)


async def test_a_lesioned_neocortex_says_nothing_of_what_it_knows():
    async with Brain.create() as brain:
        await told(brain)
        await brain.sleep()
        brain.neocortex.lesion()
        assert await brain.list(where=KNOWN) == []
        brain.neocortex.restore()
        assert await brain.list(where=KNOWN) != []


async def test_lists_come_in_pages():
    async with Brain.create() as brain:
        await told(brain)
        await brain.sleep()
        everything = await brain.list(where=KNOWN)
        first = await brain.list(where=KNOWN, limit=2)
        rest = await brain.list(where=KNOWN, after=first[-1].engram_id)
        assert [e.engram_id for e in [*first, *rest]] == [e.engram_id for e in everything]
        assert [e.engram_id for e in everything] == sorted(e.engram_id for e in everything)


async def test_a_concept_holds_its_newest_instances_only():
    config = BrainConfig(concepts=ConceptParams(most_instances=2))
    async with Brain.create(config=config) as brain:
        for content in ("I like hiking", "I like fishing", "I like swimming"):
            await brain.perceive(content, context={"speaker": "Dana"})
            await brain.sleep()
        assert await known(brain, "activities", "Dana") == ["Dana spoke of activities: fishing, swimming"]


@pytest.mark.parametrize("kind", PLACES)
async def test_of_a_concept_nothing_is_left_when_its_last_instance_is_forgotten(kind: str, tmp_path: Path):
    async with kept(kind, tmp_path) as open_place, Brain.create(await open_place()) as brain:
        await told(brain)
        await brain.sleep()
        ids = {content: engram.engram_id for engram in await brain.list() for content in [engram.content]}
        assert len(await brain.connectome.concepts()) > 2
        await brain.forget(ids["I went hiking on Friday"])
        assert concept_id("activities", "Melanie") in await brain.connectome.concepts()
        async with brain.transaction():
            await brain.forget(ids["Pottery is fun"])
            await brain.forget(ids["I tried fishing"])
        assert not {concept_id("activities", who) for who in TOLD} & {*await brain.connectome.concepts()}
        await brain.forget_where({"memory_type": "episodic"}, hard=True)
        assert await brain.connectome.concepts() == []
        store = await open_place()
        nodes = ["concepts", *(concept_id("activities", who) for who in TOLD)]
        assert await store.links(nodes) == [[]] * len(nodes)
        await store.aclose()


@pytest.mark.parametrize("wired", [True, False], ids=["wired anew", "forgotten elsewhere"])
async def test_a_concept_is_listed_as_long_as_any_brain_has_wired_an_instance_to_it(wired: bool):
    shared, animals = MemoryStore(), concept_id("animals", "Dana")

    class Meeting(KeptOpen):
        """Lets another brain act just before this one deletes."""

        async def around(self, verb: str, call: Callable[[], Awaitable[T]], *, written: int = 0) -> T:
            if verb == "write" and meeting:
                await meeting.pop()()
            return await super().around(verb, call, written=written)

    meeting: list[Callable[[], Awaitable[Any]]] = []
    async with Brain.create(Meeting(shared)) as one, Brain.create(KeptOpen(shared)) as other:
        first = (await one.perceive("My dog barked", context={"speaker": "Dana"})).engram
        assert first is not None
        await one.sleep()
        if wired:
            await other.perceive("A dog it is, or a cat", context={"speaker": "Dana"})
            meeting.append(other.sleep)
        else:
            second = (await other.perceive("A cat it is", context={"speaker": "Dana"})).engram
            assert second is not None
            await other.sleep()
            meeting.append(lambda: other.forget(second.engram_id))
        await one.forget(first.engram_id)
        assert not meeting
        assert (animals in await one.connectome.concepts()) == wired
        assert len(await one.list(where=KNOWN)) == wired


async def test_a_concept_of_what_others_forgot_while_it_was_wired_is_not_listed():
    shared = MemoryStore()

    class Meeting(KeptOpen):
        """Lets another brain act just before a night wires."""

        async def write(self, writes: Sequence[Write], *, op_id: str | None = None) -> None:
            if meeting and any(isinstance(one, Link) and one.kind == "instance" for one in writes):
                await meeting.pop()()
            await super().write(writes, op_id=op_id)

    meeting: list[Callable[[], Awaitable[Any]]] = []
    async with Brain.create(Meeting(shared)) as one, Brain.create(KeptOpen(shared)) as other:
        await one.perceive("My dog barked at Scout", context={"speaker": "Dana"})
        meeting.append(lambda: other.forget_where({"speaker": "Dana"}))
        await one.sleep()
        assert not meeting and await one.list() == []
        assert await one.connectome.concepts() == []


async def test_a_concept_is_forgotten_in_a_transaction_as_outside():
    async with Brain.create() as brain:
        await told(brain)
        await brain.sleep()
        [concept] = await brain.list(
            where={"inferred": True, "context": {"about": "Dana", "kind": "activities"}}
        )
        with pytest.raises(ValueError, match="undone"):
            async with brain.transaction():
                await brain.forget(concept.engram_id)
                raise ValueError("undone")
        assert await known(brain, "activities", "Dana")
        async with brain.transaction():
            forgetting = await brain.forget(concept.engram_id)
            with pytest.raises(EngramNotFoundError):
                await brain.forget(concept.engram_id)
        assert (forgetting.engram_id, forgetting.region) == (concept.engram_id, "neocortex")
        assert await known(brain, "activities", "Dana") == []
        assert "I tried fishing" in contents(await brain.list())
        with pytest.raises(EngramNotFoundError):
            async with brain.transaction():
                await brain.forget(concept.engram_id)


async def test_a_concept_cannot_be_explained_as_it_does_not_fade():
    async with Brain.create() as brain:
        await told(brain)
        await brain.sleep()
        concept = (await brain.list(where=KNOWN))[0]
        with pytest.raises(InvalidArgumentError, match="does not fade"):
            await brain.explain(concept.engram_id)
        assert await brain.explain(concept.sources[0])
        with pytest.raises(EngramNotFoundError):
            await brain.explain(concept_id("animals", "nobody"))
