"""What finds an engram: its words and related ones, what was said around it, who said it, and when."""

import time
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from small_memories import CUES, memory

from neuro.engram import Engram
from neuro.indexing.fragment_index import FragmentIndex
from neuro.indexing.fragments import fragment
from neuro.indexing.probe import Match, Matching, Weights
from neuro.indexing.word_table import WordTable
from neuro.testing.samples import axis_features, fragmented, nasty_engrams, sample_engram, sample_id
from neuro.units import DAY

NOW = datetime(2024, 3, 15, 12, tzinfo=UTC).timestamp()
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC).timestamp()


def said(number: int, content: str, speaker: str | None = None, **fields: Any) -> Engram:
    defaults: dict[str, Any] = {"encoded_at": LONG_AGO, "fragments": fragment(content)}
    context = {} if speaker is None else {"speaker": speaker}
    return sample_engram(number, content, context=context, **(defaults | fields))


def indexed(*engrams: Engram, matching: Matching | None = None, dense: bool = False) -> FragmentIndex:
    index = FragmentIndex(WordTable.shipped(), matching, dense=dense)
    index.add_many(engrams)
    return index


def search(
    index: FragmentIndex, cue: str, features: np.ndarray | None = None, limit: int = 10
) -> list[Match]:
    return index.search(index.read(cue, NOW), features, limit)


def found(index: FragmentIndex, cue: str, features: np.ndarray | None = None) -> list[int]:
    return [int(match.engram_id, 16) for match in search(index, cue, features)]


def why(match: Match) -> dict[str, str]:
    return {reason.kind: reason.text for reason in match.reasons}


FILLER = tuple(said(n, f"Nothing much here {n}", speaker="Zed") for n in range(100, 130))


def test_an_empty_index_finds_nothing():
    index = indexed()
    assert (len(index), "x" in index, index.remove("x")) == (0, False, False)
    assert search(index, "harbour") == []
    assert index.features_of(index.read("harbour", NOW)).values.shape[0] == 0


def test_what_shares_nothing_with_the_cue_is_not_found():
    index = indexed(said(1, "The ferry left the harbour", "Dana"), said(2, "Dana plays the piano", "Ines"))
    for cue in ("broccoli", "xqzt", "Who is it?", "", "in 2021", "What did Zacharias eat?"):
        assert found(index, cue) == []


def test_who_spoke_alone_is_no_evidence_unless_nothing_else_is_asked():
    index = indexed(said(1, "The ferry left", "Dana"), said(2, "I talked to Dana", "Ines"))
    assert found(index, "What broccoli did Dana eat?") == []
    assert sorted(found(index, "Dana?")) == [1, 2]


@pytest.mark.parametrize(
    ("cue", "number"),
    [("boat", 1), ("boats", 1), ("ship", 1), ("piano lesson", 2), ("music", 2), ("What animal was it?", 3)],
)
def test_words_their_inflections_and_related_words_find(cue: str, number: int):
    index = indexed(
        said(1, "We rented a boat"), said(2, "She practised the piano"), said(3, "A dog ran off"), *FILLER
    )
    assert found(index, cue) == [number]


def test_reasons_tell_words_from_related_ones():
    index = indexed(said(1, "The dogs barked as we sailed"), *FILLER)
    (match,) = search(index, "Does a dog like boats?")
    assert (why(match)["words"], why(match)["related"]) == ("dog", "sailed")


def test_misspelt_words_find_and_the_reason_shows_the_right_ones():
    index = indexed(said(1, "We met at the Guggenheim museum"), *FILLER)
    (match,) = search(index, "gugenheim")
    assert (match.engram_id, why(match)["words"]) == (sample_id(1), "guggenheim")


def test_a_number_is_no_misspelling_of_another():
    assert found(indexed(said(1, "Room 4012 is ours"), *FILLER), "room 4013") == [1]
    assert found(indexed(said(1, "Code 4012 is ours"), *FILLER), "4013") == []


@pytest.mark.parametrize(
    ("content", "cue"),
    [
        ("Мы встретили Анну в гавани", "гавани"),
        ("港で会った", "港で"),
        ("Συναντηθήκαμε στο λιμάνι", "λιμάνι"),
        ("פגשנו את דנה בנמל", "בנמל"),
        ("हम बंदरगाह पर मिले", "बंदरगाह"),
        ("เราพบกันที่ท่าเรือ", "ท่าเรือ"),
        ("Wir trafen uns in Köln", "KÖLN"),
    ],
)
def test_words_in_other_scripts_find(content: str, cue: str):
    assert found(indexed(said(1, content), *FILLER), cue) == [1]


def test_what_was_said_around_it_finds_within_an_episode_only():
    near = said(1, "The festival was loud", episode_id="a"), said(2, "I liked it a lot", episode_id="a")
    far = said(3, "The festival was loud", episode_id="b"), said(4, "I liked it a lot", episode_id="c")
    index = indexed(*near, *far)
    assert found(index, "festival") == [1, 3, 2]
    assert why(search(index, "festival")[2])["nearby"] == "festival"
    index = indexed(said(1, "The festival was loud"), said(2, "I liked it a lot"))
    assert found(index, "festival") == [1]


def test_neighbours_count_less_the_more_words_lie_between():
    filler = " ".join(f"word{n}" for n in range(20))
    index = indexed(
        said(1, "The festival", episode_id="a"),
        *(said(n, f"{filler} {n}", episode_id="a") for n in range(2, 9)),
    )
    relevances = [match.relevance for match in search(index, "festival")]
    assert found(index, "festival") == [1, 2, 3, 4]
    assert relevances == sorted(relevances, reverse=True)


def test_the_one_person_named_is_preferred_as_who_said_it():
    engrams = [said(1, "The concert was fun", "Ines"), said(2, "The concert was fun", "Dana"), *FILLER]
    index = indexed(*engrams)
    assert found(index, "What did Dana say of the concert?") == [2, 1]
    assert why(search(index, "What did Dana say of the concert?")[0])["speaker"] == "Dana"
    assert found(index, "concert") == [1, 2]


def test_i_is_the_user_of_an_assistant_unless_somebody_is_named():
    engrams = [said(1, "Allergies are common", "assistant"), said(2, "Allergies run in the family", "user")]
    index = indexed(*engrams, *FILLER)
    assert found(index, "Which allergies do I have?") == [2, 1]
    assert why(search(index, "Which allergies do I have?")[0])["speaker"] == "user"
    assert found(index, "Which allergies did you mention?") == [1, 2]
    assert index.read("Did Zed ask me about allergies?", NOW).speaker == "Zed"
    assert index.read("Which allergies do I have?", NOW).masked == "Which allergies do I have?"


def test_how_it_is_told_counts_for_the_one_who_is_asked_about():
    engrams = [
        said(1, "Yesterday the concert ended", "Ines", episode_id="a"),
        said(2, "The concert was long", "Ben", episode_id="b"),
    ]
    index = indexed(*engrams, *FILLER)
    assert "form" in why(search(index, "When was Ines at a concert?")[0])
    matrix = index.features_of(index.read("concert", NOW))
    assert matrix.values[:, [matrix.names.index(name) for name in ("time_words", "opening")]].max() == 0.0


def test_what_tells_the_kind_of_thing_asked_for_is_preferred():
    index = indexed(said(1, "The concert was rather loud"), said(2, "The concert was near Oslo"), *FILLER)
    assert found(index, "Where was the concert?")[0] == 2
    assert "form" in why(search(index, "Where was the concert?")[0])
    matrix = index.features_of(index.read("Was the concert loud?", NOW))
    assert matrix.values[:, matrix.names.index("answer_kind")].max() == 0.0


def test_with_several_people_named_nobody_is_preferred():
    index = indexed(said(1, "The concert was fun", "Ines"), said(2, "The concert was fun", "Dana"), *FILLER)
    reading = index.read("Did Dana and Ines like the concert?", NOW)
    matches = index.search(reading, None, 5)
    assert reading.speaker is None and reading.masked == "Did I and I like the concert?"
    assert matches[0].relevance == matches[1].relevance
    assert all("speaker" not in why(match) for match in matches)


def test_a_person_named_is_masked_and_no_word_of_the_cue():
    index = indexed(said(1, "The concert was fun", "Dana Smith"), *FILLER)
    reading = index.read("What did Dannah's sister hear?", NOW)
    assert (reading.masked, reading.speaker, reading.named) == (
        "What did my sister hear?",
        "Dana Smith",
        "Dannah",
    )
    assert dict(reading.terms) == {"sister": "sister", "hear": "hear"}


def test_dates_find_what_happened_then():
    def at(year: int, month: int, day: int) -> float:
        return datetime(year, month, day, 9, tzinfo=UTC).timestamp()

    index = indexed(
        said(1, "We sailed", encoded_at=at(2023, 5, 7)),
        said(2, "We baked", encoded_at=NOW, occurred_at=at(2024, 3, 6)),
        said(3, "We sang", encoded_at=at(2024, 3, 14)),
    )
    assert found(index, "What happened on 7 May 2023?") == [1]
    assert found(index, "in May") == [1]
    assert found(index, "last week") == [2, 3]
    assert found(index, "What did we do yesterday?")[0] == 3
    assert why(search(index, "on 7 May 2023")[0])["date"] == "2023-05-07"
    assert found(index, "in August 2021") == []


def test_an_answer_is_found_by_the_question_before_it():
    asked = said(1, "Which recipe is your favourite?", "Ines", episode_id="a")
    answered, repeated = (
        said(2, "Lasagna", "Dana", episode_id="a"),
        said(2, "Lasagna", "Ines", episode_id="a"),
    )
    cue = "favourite recipe"
    by_another, by_herself = indexed(asked, answered, *FILLER), indexed(asked, repeated, *FILLER)
    assert found(by_another, cue) == found(by_herself, cue) == [1, 2]
    assert search(by_another, cue)[1].relevance > search(by_herself, cue)[1].relevance + 0.04


def test_the_best_fragment_speaks_for_an_engram():
    index = indexed(fragmented(1, "Nothing here.", "The piano is old.", "Nobody cares."), *FILLER)
    (match,) = search(index, "old piano")
    assert (match.engram_id, why(match)["words"], match.lexical > 0.4) == (sample_id(1), "old, piano", True)


def test_features_of_an_encoder_find_where_they_are_kept():
    engrams = (
        sample_engram(1, "alpha", features=axis_features(0)),
        sample_engram(2, "beta", features=axis_features(1)),
        sample_engram(3, "gamma"),
    )
    cue = axis_features(1)[0].astype(np.float32)
    index = indexed(*engrams, dense=True)
    (match,) = search(index, "zzz", cue)
    assert (match.engram_id, match.similarity, match.lexical) == (sample_id(2), 1.0, 0.0)
    assert "meaning" in why(match)
    assert found(indexed(*engrams), "zzz", cue) == []


def test_features_of_another_dimension_are_ignored():
    other = np.zeros((1, 4), dtype=np.float16)
    other[0, 0] = 1.0
    index = indexed(
        sample_engram(1, "harbour", features=axis_features(0)),
        sample_engram(2, "piano", features=other),
        dense=True,
    )
    cue = other[0].astype(np.float32)
    assert index.search(index.read("piano", NOW), cue, 5) == index.search(index.read("piano", NOW), None, 5)
    assert sorted(found(index, "piano", axis_features(0)[0].astype(np.float32))) == [1, 2]
    index.remove(sample_id(1))
    index.add(sample_engram(3, "organ", features=other))
    assert found(index, "zzz", cue) == [3]


def test_an_index_of_words_has_its_similarity_from_them():
    index = indexed(said(1, "The boat left the harbour"), *FILLER)
    (match, *_) = search(index, "A ship sailed from the port")
    assert match.engram_id == sample_id(1) and match.lexical == 0.0 and 0.3 < match.similarity <= 1.0
    (match, *_) = search(index, "The boat left the harbour")
    assert match.similarity == pytest.approx(1.0, abs=1e-5) and match.lexical > 0.4


def test_ties_are_in_order_of_id():
    index = indexed(*(said(n, "harbour") for n in (5, 3, 9, 1)))
    assert [match.engram_id for match in search(index, "harbour", limit=3)] == [
        sample_id(n) for n in (1, 3, 5)
    ]


def test_reasons_add_up_to_relevance_and_come_largest_first():
    index = indexed(*memory(60, 4), matching=Matching(words=Weights(question=0.0)))
    for cue in CUES:
        for match in search(index, cue):
            amounts = [reason.amount for reason in match.reasons]
            assert amounts == sorted(amounts, reverse=True) and min(amounts) > 0.0
            assert sum(amounts) == pytest.approx(match.relevance, abs=8e-3)
            assert 0.0 < match.relevance <= 1.0


def test_a_score_below_nothing_is_a_relevance_of_nothing():
    index = indexed(said(1, "The harbour?"), matching=Matching(words=Weights(question=-100.0)))
    assert [match.relevance for match in search(index, "harbour")] == [0.0]
    zeros = Weights(**dict.fromkeys(Weights.model_fields, 0.0))
    index = indexed(said(1, "The harbour"), matching=Matching(words=zeros))
    assert [(match.relevance, match.reasons) for match in search(index, "harbour")] == [(0.0, ())]


def test_no_limit_finds_nothing():
    assert search(indexed(said(1, "harbour")), "harbour", limit=0) == []


def test_nasty_engrams_can_be_held_found_and_removed():
    index = indexed(*nasty_engrams(), dense=True)
    assert len(index) == len(nasty_engrams())
    assert sample_id(10) in {match.engram_id for match in search(index, "word")}
    for engram in nasty_engrams():
        assert index.remove(engram.engram_id)
    assert len(index) == 0 and search(index, "word") == []


MEBIBYTE = 1_000_000
BAD = {
    "blank": "  \n\t",
    "symbols": "!?#$%^&*()[]{}<>;:,./\\|",
    "query syntax": '"harbour" AND (piano* OR NEAR(a b, 5)) -ferry ^col:x',
    "emoji": "👍🏽 👩‍👩‍👧 🧠",
    "NUL": "\x00harbour\x00",
    "surrogate": "\ud800 harbour",
    "one word without end": "x" * MEBIBYTE,
    "words without end": "harbour piano " * (MEBIBYTE // 14),
    "names without end": "Danna Smyth Ynes " * (MEBIBYTE // 17),
    "distinct words without end": " ".join(f"w{n} q{n}x" for n in range(MEBIBYTE // 14)),
    "distinct names without end": " ".join(f"Da{chr(97 + n % 26)}na{n}" for n in range(MEBIBYTE // 9)),
    "dates without end": "on 7 May 2023 " * (MEBIBYTE // 14),
    "digits without end": "1" * MEBIBYTE,
    "stops without end": "." * MEBIBYTE,
    "script without spaces": "港で会った" * (MEBIBYTE // 15),
}


@pytest.mark.parametrize("kind", BAD)
def test_any_cue_is_answered_and_soon(kind: str):
    index = indexed(*memory(200, 1))
    started = time.process_time()
    matches = search(index, BAD[kind])
    assert time.process_time() - started < 1.0
    assert len(matches) <= 10


def test_of_a_very_long_cue_the_rarest_words_of_its_beginning_count():
    matching = Matching(cue_terms=3, cue_characters=200)
    index = indexed(
        *(said(n, "common and usual words") for n in range(1, 20)), said(20, "lantern"), matching=matching
    )
    reading = index.read("common usual words and a lantern, unheard of " + "filler " * 30 + "kettle", NOW)
    assert list(reading.terms.values()) == ["common", "usual", "lantern"]
    assert reading.text.endswith("kettle") and reading.masked == reading.text


def test_a_long_cue_takes_little_memory():
    index = indexed(*(said(n, f"w{n} w{n + 1} w{n + 2}") for n in range(1, 1001)))
    cue = " ".join(f"w{n}" for n in range(1000))
    tracemalloc.start()
    try:
        assert len(search(index, cue)) == 10
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


def test_adding_costs_what_is_added_not_what_is_held():
    """A word of one engram more in an episode of thousands: the columns beyond its neighbours stay as they are."""
    index = indexed(*(said(2 * n, f"w{n} was here", episode_id="a") for n in range(1, 3000)))
    late = said(3001, "The lantern", episode_id="a")
    started = time.process_time()
    for _ in range(50):
        index.add(late)
        index.remove(late.engram_id)
    assert time.process_time() - started < 0.5
    index.add(late)
    assert found(index, "lantern")[0] == 3001
    assert set(found(index, "lantern")[1:]) <= set(range(2982, 3022, 2))


def test_days_before_the_epoch_and_beyond_the_calendar_are_held():
    index = indexed(said(1, "harbour", encoded_at=-40 * DAY), said(2, "piano", encoded_at=1e300))
    assert found(index, "on 22 November 1969") == [1]
    assert found(index, "piano") == [2]
