"""Concepts: what is an instance of one, and how it reads."""

from typing import Any

from neuro.concepts import ConceptParams, Members, composed, concept_id, instance_of, kind_of
from neuro.engram import Engram, MemoryType
from neuro.indexing.kinds import Kinds
from neuro.testing.samples import sample_engram

KINDS = Kinds.shipped()


def said(number: int, content: str, speaker: str | None = "Dana", **fields: Any) -> Engram:
    context = {} if speaker is None else {"speaker": speaker}
    return sample_engram(number, content, context=context, **fields)


def shown(kind: str, *engrams: Engram, **params: int) -> Engram | None:
    concept = concept_id(kind, engrams[0].speaker) if engrams else concept_id(kind, None)
    return composed(concept, engrams, Members(KINDS), ConceptParams(**params))


def test_ids_tell_the_kind_and_tell_people_apart():
    ids = {concept_id("animals", who) for who in ("Dana", "Alice", None)}
    assert len(ids) == 3 and {kind_of(one) for one in ids} == {"animals"}
    assert all(len(one) <= 64 for one in (concept_id(kind, "x" * 500) for kind in KINDS.names))
    assert kind_of("0123ABC") is None


def test_an_engram_is_an_instance_of_each_kind_that_it_names_a_member_of():
    found = instance_of(said(1, "My dog likes the violin, and so does my cat"), KINDS)
    assert found == [concept_id("animals", "Dana"), concept_id("instruments", "Dana")]
    assert instance_of(said(1, "It was dull"), KINDS) == []


def test_what_was_inferred_is_no_instance_of_anything():
    assert instance_of(said(1, "My dog", inferred=True), KINDS) == []


def test_a_concept_is_a_list_in_plain_words_with_its_sources():
    told = [
        said(1, "I play the violin"),
        said(2, "The weather was dull"),
        said(3, "A piano, or my Violin again"),
        said(4, "She brought a clarinet", reliability=0.5),
    ]
    engram = shown("instruments", *told)
    assert engram is not None
    assert engram.content == "Dana spoke of instruments: violin, piano, clarinet"
    assert engram.sources == tuple(told[i].engram_id for i in (0, 2, 3))
    assert (
        engram.inferred and engram.memory_type is MemoryType.SEMANTIC and engram.concepts == ("instruments",)
    )
    assert engram.context == {"kind": "instruments", "about": "Dana"}
    assert engram.reliability == 0.5
    assert Engram.model_validate_json(engram.model_dump_json()) == engram


def test_what_nobody_in_particular_said_is_listed_without_a_name():
    engram = shown("countries", said(1, "Trains run from Italy to Spain", None))
    assert (
        engram is not None
        and engram.content == "countries: Italy, Spain"
        and engram.context == {"kind": "countries"}
    )


def test_only_the_members_told_of_most_often_are_named():
    told = [said(1, "a piano, a violin, a guitar"), said(2, "the guitar"), said(3, "that guitar, the violin")]
    engram = shown("instruments", *told, most_named=2)
    assert engram is not None and engram.content == "Dana spoke of instruments: guitar, violin"


def test_a_concept_without_an_instance_that_names_a_member_is_none():
    assert shown("animals") is None
    assert shown("animals", said(1, "It was dull")) is None
    assert composed("0123ABC", [said(1, "My dog")], Members(KINDS), ConceptParams()) is None
