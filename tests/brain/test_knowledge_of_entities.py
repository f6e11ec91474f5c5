"""Knowledge of entities: nights wire what memories name, and recall goes over it to what shares no word with a cue."""

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from telling import KINDS as PLACES
from telling import contents, encoded, found, kept, kinds

from neuro import Brain, BrainConfig, ConfigurationError, EngramNotFoundError, ExtractorError, SleepError
from neuro.entities import EntityMention, EntityParams, ProperNames, entity_id
from neuro.stores import MemoryStore
from neuro.testing import CountingStore

ADOPTED = "We adopted a beagle from the shelter and called it Scout"
CHORE = "Every morning before work I am out with Scout"
TOLD = [
    ("Dana", ADOPTED),
    ("Tom", CHORE),
    *(
        ("Ada", f"The {thing} was dull again")
        for thing in ("soup", "concert", "meeting", "speech", "film", "mural")
    ),
]
SCOUT = {"inferred": True, "context": {"entity": "Scout"}}


async def told(brain: Brain, said: Iterable[tuple[str, str]] = TOLD) -> None:
    for number, (speaker, content) in enumerate(said):
        await brain.perceive(content, context={"speaker": speaker, "session": number})


async def about(brain: Brain, name: str) -> list[str]:
    return contents(await brain.list(where={"inferred": True, "context": {"entity": name}}))


@pytest.mark.parametrize("kind", PLACES)
async def test_a_night_finds_what_several_memories_name(kind: str, tmp_path: Path):
    async with kept(kind, tmp_path) as open_place:
        async with Brain.create(await open_place()) as brain:
            await told(brain)
            assert await about(brain, "Scout") == []
            assert (await brain.sleep())["abstracted"] > 0
        async with Brain.create(await open_place()) as brain:
            assert await about(brain, "Scout") == [f"Scout, named in 2 memories: {ADOPTED} | {CHORE}"]
            [scout] = await brain.list(where=SCOUT)
            assert contents([await brain.get(source) for source in scout.sources]) == [ADOPTED, CHORE]
            assert (await brain.get(scout.engram_id)).content == scout.content
            [asked] = [
                r
                for r in await brain.recall("what of scout?", where={"inferred": True})
                if "Scout" in r.engram.content
            ]
            assert asked.engram.engram_id == scout.engram_id and kinds(asked) == {"gist"}


@pytest.mark.parametrize("kind", PLACES)
async def test_a_cue_finds_what_shares_no_word_with_it_over_what_both_name(kind: str, tmp_path: Path):
    async with kept(kind, tmp_path) as open_place, Brain.create(await open_place()) as brain:
        await told(brain)
        before = await brain.recall("Who cares for the beagle?", limit=2, update=False)
        assert contents(before)[0] == ADOPTED and CHORE not in contents(before)
        await brain.sleep()
        recall = await brain.recall("Who cares for the beagle?", limit=2, update=False)
        assert contents(recall) == [ADOPTED, CHORE]
        reason = next(r for r in found(recall, CHORE).reasons if r.kind == "entity")
        assert reason.text == f"names the same as “{ADOPTED}”" and reason.amount > 0.0
        assert recall[1].activation <= recall[0].activation
        assert {type(recollection.activation) for recollection in recall} == {float}


async def test_lending_can_be_switched_off():
    async with Brain.create(config=BrainConfig(entities=EntityParams(lending=0.0))) as brain:
        await told(brain)
        await brain.sleep()
        recall = await brain.recall("Who cares for the beagle?", limit=8, update=False)
        assert all("entity" not in kinds(recollection) for recollection in recall)
        assert await about(brain, "Scout")


async def test_what_the_cue_names_itself_lends_nothing_over_it():
    async with Brain.create() as brain:
        await told(brain)
        await brain.sleep()
        recall = await brain.recall("Is scout the beagle?", limit=8, update=False)
        assert all("entity" not in kinds(recollection) for recollection in recall)


async def test_what_everybody_names_lends_nothing():
    async with Brain.create() as brain:
        await told(brain, [("Dana", ADOPTED), *(("Tom", f"I saw Scout on day {n}") for n in range(25))])
        await brain.sleep()
        recall = await brain.recall("Who cares for the beagle?", limit=30, update=False)
        assert len(recall) > 1 and all("entity" not in kinds(recollection) for recollection in recall)


async def test_filters_hold_for_what_is_named():
    async with Brain.create() as brain:
        await told(brain)
        await brain.sleep()
        recall = await brain.recall("Who cares for the beagle?", where={"speaker": "Ada"}, limit=8)
        assert {r.engram.speaker for r in recall} <= {"Ada"}


async def test_a_word_that_begins_a_sentence_is_a_name_where_memory_knows_it_as_one():
    async with Brain.create() as brain:
        await told(brain)
        await brain.sleep()
        await told(
            brain, [("Ada", "Scout tore my slippers"), ("Ada", "Pottery calms me"), ("Tom", "Pottery again")]
        )
        await brain.sleep()
        assert (await about(brain, "Scout"))[0].startswith("Scout, named in 3 memories")
        assert await about(brain, "Pottery") == []


@pytest.mark.parametrize("hard", [False, True])
async def test_what_was_forgotten_is_told_of_no_entity_again(hard: bool):
    async with Brain.create() as brain:
        await told(brain)
        extra = await encoded(brain, "The vet weighed Scout twice")
        await brain.sleep()
        await brain.forget(extra.engram_id, hard=hard)
        assert await about(brain, "Scout") == [f"Scout, named in 2 memories: {ADOPTED} | {CHORE}"]
        [adopted] = [engram for engram in await brain.list() if engram.content == ADOPTED]
        await brain.forget(adopted.engram_id, hard=hard)
        assert await about(brain, "Scout") == []
        with pytest.raises(EngramNotFoundError):
            await brain.get(entity_id("Scout"))
        await brain.forget_where({"speaker": "Tom"}, hard=hard)
        assert entity_id("Scout") not in await brain.connectome.concepts()


async def test_an_entity_can_be_forgotten_without_its_sources():
    async with Brain.create() as brain:
        await told(brain)
        await brain.sleep()
        await brain.forget(entity_id("Scout"))
        assert await about(brain, "Scout") == [] and CHORE in contents(await brain.list())
        with pytest.raises(EngramNotFoundError):
            await brain.forget(entity_id("Scout"))


async def test_an_entity_that_is_asked_for_is_read_alone():
    store = CountingStore(MemoryStore())
    async with Brain.create(store) as brain:
        await told(
            brain, [*TOLD, *(("Tom", f"We met Dana{n} at the {place}") for n in range(9) for place in "xy")]
        )
        await brain.sleep()
        store.reset()
        [scout] = await brain.list(where=SCOUT)
        assert store.engrams_read == 2
        assert await brain.list(where=SCOUT, after=scout.engram_id) == []
        assert await brain.list(where=SCOUT, after="entity") == [scout]
        assert await brain.list(where={"inferred": True, "context": {"entity": 7}}) == []


async def test_what_only_one_memory_names_is_not_read_to_list_what_several_name():
    store = CountingStore(MemoryStore())
    async with Brain.create(store) as brain:
        await told(brain, [*TOLD[:2], *(("Tom", f"We met Dana{n} there") for n in range(9))])
        await brain.sleep()
        store.reset()
        listed = await brain.list(where={"inferred": True})
        sources = {source for concept in listed for source in concept.sources}
        assert len(sources) < 11 and store.engrams_read == len(sources)


async def test_a_night_wires_only_what_is_new():
    async with Brain.create() as brain:
        await told(brain)
        await brain.sleep()
        assert (await brain.sleep())["abstracted"] == 0


# Extractors of the user's


class Pets:
    """Knows two pets by whatever they are called."""

    def entities(self, content: str) -> list[EntityMention | str]:
        return ["the dog"] if {"dog", "scout", "beagle"} & {*content.lower().split()} else []


async def test_an_extractor_of_the_users_says_what_is_named():
    async with Brain.create(extractor=Pets()) as brain:
        await told(brain)
        await brain.perceive("the beagle is asleep")
        await brain.sleep()
        [dog] = await about(brain, "the dog")
        assert dog.startswith("the dog, named in 3 memories") and await about(brain, "Scout") == []


@pytest.mark.parametrize("extractor", ["names", 7, object()])
async def test_what_cannot_extract_is_refused_when_the_brain_is_made(extractor: Any):
    with pytest.raises(ConfigurationError, match=r"Brain.extractor: must have entities\(content\)"):
        await Brain.create(extractor=extractor)


async def test_an_extractor_that_would_have_to_be_awaited_is_refused_when_the_brain_is_made():
    class Awaited:
        async def entities(self, content: str) -> list[str]:
            return []

    with pytest.raises(ConfigurationError, match=r"Brain.extractor: entities\(content\) must not be async"):
        await Brain.create(extractor=Awaited())  # pyright: ignore[reportArgumentType]


ASKED: tuple[Callable[[Brain], Awaitable[object]], ...] = (
    lambda brain: brain.list(where=SCOUT),
    lambda brain: brain.get(entity_id("Scout")),
    lambda brain: brain.recall("What of Scout?", where={"inferred": True}),
    lambda brain: brain.forget(entity_id("Scout")),
)


@pytest.mark.parametrize("ask", ASKED)
async def test_an_extractor_that_fails_by_day_is_an_error_of_neuros(
    ask: Callable[[Brain], Awaitable[object]],
):
    class Going(ProperNames):
        gone = False

        def entities(self, content: str) -> list[EntityMention]:
            if self.gone:
                raise OSError("the model is gone")
            return super().entities(content)

    extractor = Going()
    async with Brain.create(extractor=extractor) as brain:
        await told(brain)
        await brain.sleep()
        extractor.gone = True
        with pytest.raises(ExtractorError, match="the extractor Going failed: OSError: the model is gone"):
            await ask(brain)


async def test_an_extractor_that_fails_fails_the_night_and_loses_nothing():
    class Failing:
        broken = True

        def entities(self, content: str) -> list[str]:
            if self.broken:
                raise OSError("the model is gone")
            return []

    extractor = Failing()
    async with Brain.create(extractor=extractor) as brain:
        await told(brain)
        with pytest.raises(SleepError, match=r"abstraction.*the model is gone"):
            await brain.sleep()
        assert len(await brain.list()) == len(TOLD)
        extractor.broken = False
        assert (await brain.sleep())["consolidated"] == len(TOLD)
