"""Entities: what a text names, and how what is known of it reads."""

from collections.abc import Iterable
from typing import Any

import pytest

from neuro.engram import Engram, MemoryType
from neuro.entities import (
    EntityMention,
    EntityParams,
    ProperNames,
    entity_id,
    ids_named,
    is_entity,
    named_in,
    portrait,
)
from neuro.errors import InvalidArgumentError
from neuro.testing.samples import sample_engram

NAMES = ProperNames()


def sure(content: str) -> list[str]:
    return [mention.name for mention in NAMES.entities(content) if mention.sure]


def perhaps(content: str) -> list[str]:
    return [mention.name for mention in NAMES.entities(content) if not mention.sure]


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("We took Scout to the Bay of Fundy", ["Scout", "Bay of Fundy"]),
        ("and Dana's Honda broke", ["Dana", "Honda"]),
        ("I love Game of Thrones and The Beatles.", ["Game of Thrones", "Beatles"]),
        ("Thanks Melanie! We saw Bach's mass", ["Melanie", "Bach"]),
        ("she met Ines Moreira-Paz", ["Ines Moreira-Paz"]),
        ("we met in Ōsaka, near Zoë's café", ["Ōsaka", "Zoë"]),
        ("Я видел Анну в Москве", ["Анну", "Москве"]),
        ("he's at the LGBTQ center", ["LGBTQ"]),
        ("on Tuesday in June I'm off, and I've no plan B", []),
        ("nothing is named here", []),
        ("", []),
        ("猫を飼う", []),
    ],
)
def test_a_capital_within_a_sentence_makes_a_name(content: str, names: list[str]):
    assert sure(content) == names


def test_at_the_beginning_of_a_sentence_a_capital_says_nothing_by_itself():
    assert sure("Scout ran. Pottery calms me: Painting too. “Swimming helps”") == []
    assert perhaps("Scout ran. Pottery calms me: Painting too.") == ["Scout", "Pottery", "Painting"]
    assert perhaps("New York is big") == ["New York", "York"]
    assert perhaps("The walk was long. I liked it. It's fine") == []


def test_a_name_is_sure_if_one_of_its_mentions_is():
    assert NAMES.entities("Scout ran. We called Scout back.") == [EntityMention("Scout", True)]


def test_capitals_say_nothing_where_everything_is_shouted():
    assert NAMES.entities("WE TOOK SCOUT TO THE VET TODAY") == []


def test_a_run_of_capitals_without_end_falls_into_names_of_few_words():
    assert max(len(mention.name.split()) for mention in NAMES.entities("Aa Bb " * 5_000)) == 6
    assert sure("so we met Dana of the of the of the") == ["Dana"]


# What is known of one


class Fixed:
    """Finds what it was made with in every content."""

    def __init__(self, *found: Any) -> None:
        self._found = found

    def entities(self, content: str) -> Iterable[EntityMention | str]:
        return self._found


def test_all_ways_to_write_a_name_are_one_entity():
    assert (
        len({entity_id(name) for name in ("Ines Moreira-Paz", "ines  moreira paz", "INES MOREIRA-PAZ")}) == 1
    )
    assert is_entity(entity_id("Dana")) and not is_entity("0123") and len(entity_id("x" * 999)) <= 64


def test_an_extractor_may_give_strings_and_what_is_no_name_is_left_out():
    found = named_in("content", Fixed("Dana", EntityMention("dana", False), "", " - ", "x" * 500))
    assert found == {entity_id("Dana"): EntityMention("Dana", True)}
    assert len(named_in("content", Fixed(*(f"name {n}" for n in range(1_000))))) == 64


@pytest.mark.parametrize("given", [None, 7, ("Dana", True), EntityMention(7)])  # pyright: ignore[reportArgumentType]
def test_an_extractor_that_gives_no_names_is_an_error_that_says_so(given: Any):
    with pytest.raises(InvalidArgumentError, match=r"extractor: must give strings or EntityMention"):
        named_in("content", Fixed(given))


def test_a_cue_names_entities_in_any_case():
    named = ids_named("did scout see new york's Bay of Fundy?")
    assert {entity_id(name) for name in ("Scout", "New York", "Bay of Fundy")} <= {*named}
    assert len(ids_named("word " * 100_000)) <= 4 and ids_named("?!") == []


def told(*contents: str, name: str = "Scout", **params: int) -> Engram | None:
    engrams = [sample_engram(number, content) for number, content in enumerate(contents, 1)]
    return portrait(entity_id(name), engrams, NAMES, EntityParams(**params))


def test_an_entity_is_what_several_memories_say_of_it_with_its_sources():
    engram = told("It rained. We adopted Scout in May! Nice.", "I walk Scout every morning.")
    assert engram is not None
    assert (
        engram.content == "Scout, named in 2 memories: We adopted Scout in May! | I walk Scout every morning."
    )
    assert engram.inferred and engram.memory_type is MemoryType.SEMANTIC and engram.concepts == ("Scout",)
    assert engram.context == {"entity": "Scout"} and len(engram.sources) == 2
    assert Engram.model_validate_json(engram.model_dump_json()) == engram


def test_only_the_newest_sentences_are_told():
    engram = told("Old Scout", "we met Scout", "I saw Scout", most_told=1)
    assert engram is not None and engram.content == "Scout, named in 3 memories: I saw Scout"


def test_what_one_memory_names_or_none_any_more_is_no_entity():
    assert told("we met Scout") is None and told() is None
    assert told("we met Dana", "we met Tom") is None
    assert portrait("0123", [], NAMES, EntityParams()) is None
