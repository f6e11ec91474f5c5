"""The in-process index: the best fragments by words and features, incrementally."""

import random
import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.engram import Engram
from neuro.errors import FeatureMismatchError
from neuro.indexing.engram_index import EngramIndex
from neuro.indexing.probe import Frequencies, Match, Matching, Probe, bm25
from neuro.indexing.terms import fragment_terms
from neuro.testing.samples import (
    DIMENSION,
    axis_features,
    fragmented,
    sample_corpus,
    sample_engram,
    sample_features,
    sample_id,
    sample_probe,
)

WORDS_ONLY, FEATURES_ONLY = Matching(features=0.0), Matching(words=0.0)


def indexed(*engrams: Engram) -> EngramIndex:
    index = EngramIndex()
    for engram in engrams:
        index.add(engram)
    return index


def probe(
    index: EngramIndex, *asked: str, seed: int | None = None, matching: Matching | None = None
) -> Probe:
    features = None if seed is None else sample_features(seed=seed)
    return sample_probe(*asked, corpus=index.frequencies(asked), features=features, matching=matching)


def naive(engrams: list[Engram], asked: Probe, limit: int) -> list[tuple[str, float]]:
    """Every fragment scored one by one."""
    best: dict[str, float] = {}
    for engram in engrams:
        for i, held in enumerate(fragment_terms(engram)):
            counts = np.array([[held.count(term) for term in asked.terms]], dtype=float)
            lexical = float(bm25(counts, np.array([float(len(held))]), asked)[0]) if asked.terms else 0.0
            similarity = 0.0
            if engram.features is not None and asked.features is not None:
                similarity = float(engram.features[i].astype(np.float32) @ asked.features)
            m = asked.matching
            likeness = float(m.likeness(np.array([similarity]))[0])
            score = m.words * lexical**m.concavity + m.features * likeness
            if score > 0.0:
                best[engram.engram_id] = max(best.get(engram.engram_id, 0.0), score)
    return sorted(best.items(), key=lambda item: (-round(item[1], 9), item[0]))[:limit]


def found(matches: list[Match]) -> list[tuple[str, float]]:
    return [(match.engram_id, match.relevance) for match in matches]


def test_an_empty_index_finds_nothing():
    index = EngramIndex()
    assert index.search(sample_probe("harbour", features=axis_features(0)), 5) == []
    assert index.frequencies(("harbour",)) == Frequencies(0, 0, (0,))
    assert len(index) == 0 and "x" not in index
    index.remove("x")


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_the_best_are_those_of_an_exhaustive_search(seed: int, limit: int):
    corpus = sample_corpus(120, seed=seed)
    index = indexed(*corpus)
    for matching in (Matching(), WORDS_ONLY, FEATURES_ONLY, Matching(concavity=1.0, length_norm=0.0)):
        for asked in (("harbour",), ("harbour", "kei", "piano"), ("nowhere",), ()):
            cue = probe(index, *asked, seed=seed, matching=matching)
            matches = found(index.search(cue, limit))
            expected = naive(corpus, cue, limit)
            assert [engram_id for engram_id, _ in matches] == [engram_id for engram_id, _ in expected]
            assert [r for _, r in matches] == pytest.approx([r for _, r in expected], rel=1e-5, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_adding_and_removing_in_any_order_is_as_building_anew(rng: random.Random):
    corpus = sample_corpus(80, seed=rng.randrange(100))
    index, held = EngramIndex(), dict[str, Engram]()
    for _ in range(300):
        engram = rng.choice(corpus)
        if engram.engram_id in held and rng.random() < 0.6:
            index.remove(engram.engram_id)
            del held[engram.engram_id]
        else:
            index.add(engram)
            index.add(engram)
            held[engram.engram_id] = engram
    anew = indexed(*held.values())
    asked = ("harbour", "kei", "piano", "nowhere")
    assert len(index) == len(held)
    assert all((engram.engram_id in index) is (engram.engram_id in held) for engram in corpus)
    assert index.frequencies(asked) == anew.frequencies(asked)
    cue = probe(index, *asked, seed=1)
    assert found(index.search(cue, 20)) == [(i, pytest.approx(r)) for i, r in found(anew.search(cue, 20))]


def test_what_was_removed_is_not_found_even_before_the_arrays_are_compacted():
    engrams = [sample_engram(n, f"harbour {n}", features=axis_features(n % DIMENSION)) for n in range(1, 200)]
    index = indexed(*engrams)
    rng = random.Random(0)
    rng.shuffle(engrams)
    for number, engram in enumerate(engrams):
        index.remove(engram.engram_id)
        if number % 20 == 0:
            left = {e.engram_id for e in engrams[number + 1 :]}
            assert {m.engram_id for m in index.search(probe(index, "harbour"), 1000)} == left
            assert index.frequencies(("harbour",)).counts == (len(left),)
    assert index.frequencies(("harbour",)) == Frequencies(0, 0, (0,))


def test_an_engram_matches_as_well_as_its_best_fragment():
    index = indexed(
        fragmented(1, "Nothing here.", "The piano is old.", "Nobody cares.", features=axis_features(0, 1, 2)),
        sample_engram(2, "The garden is old.", features=axis_features(3)),
    )
    (match,) = index.search(probe(index, "piano"), 5)
    assert (match.engram_id, match.matched) == (sample_id(1), ("piano",))
    cue = sample_probe(corpus=index.frequencies(()), features=axis_features(1)[0])
    (match,) = index.search(cue, 5)
    assert (match.engram_id, match.similarity, match.lexical) == (sample_id(1), 1.0, 0.0)


def test_ties_are_in_order_of_id():
    engrams = [sample_engram(n, "harbour") for n in (5, 3, 9, 1)]
    matches = indexed(*engrams).search(sample_probe("harbour"), 3)
    assert [match.engram_id for match in matches] == [sample_id(n) for n in (1, 3, 5)]


def test_rare_words_weigh_more_than_common_ones():
    index = indexed(
        *(sample_engram(n, f"harbour number {n}") for n in range(1, 20)),
        sample_engram(20, "lantern number 20"),
    )
    first = index.search(probe(index, "harbour", "lantern"), 1)[0]
    assert first.matched == ("lantern",)


def test_frequencies_count_fragments_not_engrams():
    index = indexed(
        fragmented(1, "The harbour.", "The harbour again.", "A piano."), sample_engram(2, "harbour")
    )
    assert index.frequencies(("harbour", "piano", "kettl")) == Frequencies(4, 5, (3, 1, 0))


def test_features_of_another_dimension_are_refused_and_cues_of_one_say_nothing():
    index = indexed(sample_engram(1, "harbour", features=axis_features(0)))
    other = np.zeros((1, 4), dtype=np.float16)
    other[0, 0] = 1.0
    with pytest.raises(FeatureMismatchError, match="dimension 16"):
        index.add(sample_engram(2, "piano", features=other))
    assert sample_id(2) not in index and index.frequencies(("piano",)).counts == (0,)
    assert index.search(sample_probe(features=other[0]), 5) == []
    assert len(index.search(sample_probe("harbour", features=other[0]), 5)) == 1


def test_it_is_searched_in_a_thread_while_engrams_come():
    corpus = sample_corpus(600, seed=3)
    index = indexed(*corpus[:50])
    failures: list[BaseException] = []
    done = threading.Event()

    def search() -> None:
        cue = sample_probe("harbour", "piano", features=axis_features(0)[0])
        try:
            while not done.is_set():
                matches = index.search(cue, 20)
                assert len({match.engram_id for match in matches}) == len(matches) <= 20
        except BaseException as error:  # noqa: BLE001 - it is raised below
            failures.append(error)

    searching = threading.Thread(target=search)
    searching.start()
    for engram in corpus[50:]:
        index.add(engram)
    for engram in corpus[:500]:
        index.remove(engram.engram_id)
    done.set()
    searching.join()
    assert failures == []
    assert len(index) == 100


def test_a_cue_of_very_many_words_takes_little_memory():
    index = indexed(*(sample_engram(n, f"w{n} w{n + 1} w{n + 2}") for n in range(1, 301)))
    asked = tuple(f"w{n}" for n in range(20_000))
    cue = probe(index, *asked)
    tracemalloc.start()
    try:
        matches = index.search(cue, 5)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(matches) == 5
    assert peak < 5_000_000
