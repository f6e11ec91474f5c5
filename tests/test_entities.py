"""Entities: what a text names, and how what is known of it reads."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

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
from neuro.errors import EmbedderError, ExtractorError, InvalidArgumentError
from neuro.indexing.proper_names import entity_key
from neuro.indexing.terms import UNSPACED
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
        ("We met Dana at Google in Oslo", ["Dana", "Google", "Oslo"]),
        (
            "the vets Dana, Tom, Ines and Ada met us at the lake with Scout and Rex",
            "Dana Tom Ines Ada Scout Rex".split(),
        ),
        (
            "we asked Dr. Smith, Mr. Jones, Mrs. Lange and Prof. Vu about the St. Louis of old",
            "Smith Jones Lange Vu Louis".split(),
        ),
        ("Dr. Smith was late. St. Louis is far", ["Smith", "Louis"]),
        ("she reads J. K. Rowling and Mary J. Blige", ["Rowling", "Mary J. Blige"]),
        ("it was the Dr. again, and the Mr. too", []),
        (
            "so we called **Scout** and (Bella) and the cat \"Rex\" and 'Tom' back to us",
            ["Scout", "Bella", "Rex", "Tom"],
        ),
        ("we left New\u00a0York for New  Haven and not\nYork", ["New York", "New Haven"]),
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
    assert perhaps("So did I. Pottery helps") == ["Pottery"]
    for quoted in (
        'She said: "Pottery helps"',
        "She said, 'Pottery helps'",
        "It ended. (Pottery helps)",
        "so\n**Pottery** helps",
    ):
        assert perhaps(quoted) == ["Pottery"] and sure(quoted) == []


def test_a_name_is_sure_if_one_of_its_mentions_is():
    assert NAMES.entities("Scout ran. We called Scout back.") == [EntityMention("Scout", True)]


def test_capitals_say_nothing_where_everything_is_shouted():
    assert NAMES.entities("WE TOOK SCOUT TO THE VET TODAY") == []


@pytest.mark.parametrize(
    "content",
    [
        "Gestern habe ich mit meiner Schwester im Garten die Tomaten gepflanzt",
        "Wir fahren am Wochenende mit dem Zug nach Hamburg und besuchen meine Tante auf dem Land.",
        "The Best Way to Learn Pottery at Home with Friends of Your Family",
    ],
)
def test_capitals_say_nothing_where_common_nouns_have_them(content: str):
    assert NAMES.entities(content) == []


def test_however_a_letter_is_composed_the_name_is_the_same():
    assert NAMES.entities("we saw Zoe\u0308 and Zo\u00eb") == [EntityMention("Zo\u00eb")]


def test_a_run_of_capitals_without_end_falls_into_names_of_few_words():
    names = NAMES.entities("we saw " + "Aa Bb " * 20 + "and that was all of it " * 40)
    assert max(len(mention.name.split()) for mention in names) == 6
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


@given(st.text().filter(lambda text: re.search(f"[{UNSPACED}]", unicodedata.normalize("NFKC", text)) is None))
@example("\u0130stanbul")
def test_the_key_of_a_name_is_its_own_key(name: str):
    assert entity_key(entity_key(name)) == entity_key(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zo\u00eb", "Zoe\u0308"),
        ("Zo\u00eb", "zoe"),
        ("\u0130stanbul", "istanbul"),
        ("New\u00a0York", "new  york"),
    ],
)
def test_ways_to_spell_a_name_are_one_entity(one: str, other: str):
    assert entity_id(one) == entity_id(other) and entity_id(one) in ids_named(f"what of {other}?")


def test_a_cue_without_spaces_names_what_an_extractor_found():
    [found] = named_in("content", Fixed("\u6771\u4eac"))
    assert found == entity_id("\u6771\u4eac") and found in ids_named("\u6771\u4eac\u306b\u884c\u3063\u305f")


def test_an_extractor_may_give_strings_and_what_is_no_name_is_left_out():
    found = named_in("content", Fixed("Dana", EntityMention("dana", False), "", " - ", "x" * 500))
    assert found == {entity_id("Dana"): EntityMention("Dana", True)}
    assert len(named_in("content", Fixed(*(f"name {n}" for n in range(1_000))))) == 64


@pytest.mark.parametrize("found", [None, 7, ("Dana", True), EntityMention(7)])  # pyright: ignore[reportArgumentType]
def test_an_extractor_that_gives_no_names_is_an_error_that_says_so(found: Any):
    with pytest.raises(InvalidArgumentError, match=r"extractor: must give strings or EntityMention"):
        named_in("content", Fixed(found))


class Failing:
    """Fails before or while it gives names."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    def entities(self, content: str) -> Any:
        if self._error is None:
            return None
        if isinstance(self._error, OSError):
            raise self._error
        return self._broken(self._error)

    def _broken(self, error: Exception) -> Iterable[str]:
        yield "Dana"
        raise error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError("gone"), "OSError: gone"),
        (KeyError("x"), "KeyError: 'x'"),
        (None, "TypeError: 'NoneType' object"),
    ],
)
def test_an_extractor_that_fails_is_an_error_of_neuros_that_says_which_and_why(
    error: Exception | None, said: str
):
    with pytest.raises(ExtractorError, match=f"the extractor Failing failed: {said}") as caught:
        named_in("content", Failing(error))
    assert caught.value.__cause__ is error or error is None


def test_an_error_of_neuros_passes_through_an_extractor_as_it_is():
    with pytest.raises(EmbedderError, match=r"^the model is gone$"):
        named_in("content", Failing(EmbedderError("the model is gone")))


def test_a_cue_names_entities_in_any_case():
    named = ids_named("did scout see new york's Bay of Fundy?")
    assert {entity_id(name) for name in ("Scout", "New York", "Bay of Fundy")} <= {*named}
    assert entity_id("The Lord of the Rings Club") in ids_named("is the lord of the rings club open?")
    assert len(ids_named("word " * 100_000)) == 6 and ids_named("?!") == []
    assert len(ids_named(" ".join(f"w{n}" for n in range(1_000)))) < 64 * 6


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


def test_the_sentence_that_is_told_has_the_name_however_it_is_written():
    engram = told("It rained. We left New\u00a0York", "It rained. We saw New  York", name="New York")
    assert engram is not None
    assert engram.content == "New York, named in 2 memories: We left New\u00a0York | We saw New  York"
    engram = told("It rained. We met Zoe\u0308", "It rained. I saw Zo\u00eb", name="Zoe")
    assert (
        engram is not None
        and engram.content == "Zo\u00eb, named in 2 memories: We met Zo\u00eb | I saw Zo\u00eb"
    )


def test_only_the_newest_sentences_are_told():
    engram = told("Old Scout", "we met Scout", "I saw Scout", most_told=1)
    assert engram is not None and engram.content == "Scout, named in 3 memories: I saw Scout"


def test_what_one_memory_names_or_none_any_more_is_no_entity():
    assert told("we met Scout") is None and told() is None
    assert told("we met Dana", "we met Tom") is None
    assert portrait("0123", [], NAMES, EntityParams()) is None
