"""The index against a search of everything, and against itself built otherwise."""

import random
from collections.abc import Iterator

import numpy as np
import pytest
from brute_force import BruteForce
from hypothesis import given, settings
from hypothesis import strategies as st
from small_memories import CUES, memory, table

from neuro.engram import Engram
from neuro.indexing.fragment_index import FragmentIndex
from neuro.indexing.probe import Match, Matching, Reading, Weights
from neuro.testing.samples import sample_features
from neuro.units import DAY

TABLE = table()
ASKED_AT = 200 * DAY


def indexed(engrams: list[Engram], matching: Matching | None = None, *, dense: bool = False) -> FragmentIndex:
    index = FragmentIndex(TABLE, matching, dense=dense)
    index.add_many(engrams)
    return index


def row(seed: int) -> np.ndarray:
    return sample_features(seed=seed)[0].astype(np.float32)


def readings(index: FragmentIndex) -> list[Reading]:
    return [index.read(cue, ASKED_AT) for cue in CUES]


def agree(matches: list[Match], expected: list[tuple[str, float]]) -> None:
    """The same engrams with the same relevance; what is as relevant to 1e-5 may change places."""
    assert [m.relevance for m in matches] == pytest.approx([r for _, r in expected], abs=1e-5)
    relevances = dict(expected)
    assert len({m.engram_id for m in matches}) == len(matches)
    for match in matches:
        assert match.relevance == pytest.approx(relevances[match.engram_id], abs=1e-5)


VARIANTS = {
    "defaults": Matching(),
    "no neighbours": Matching(neighbour_reach=0),
    "two neighbours": Matching(neighbour_reach=2, neighbour_scale=5.0, neighbour_share=1.0),
    "plain": Matching(concavity=1.0, saturation=0.0, length_norm=1.0, most_spellings=1, related_floor=0.99),
    "rarity first": Matching(words=Weights(rarity=50.0, question=-5.0, exact=1.0)),
    "rarity last": Matching(words=Weights(rarity=-20.0)),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("variant", VARIANTS)
def test_it_finds_what_an_exhaustive_search_finds(variant: str, seed: int):
    engrams = memory(40, seed)
    index = indexed(engrams, VARIANTS[variant])
    exhaustive = BruteForce(engrams, TABLE, VARIANTS[variant])
    for reading in readings(index):
        agree(index.search(reading, None, 100), exhaustive.search(reading))


@pytest.mark.parametrize("seed", range(3))
def test_with_an_encoder_it_does_so_too(seed: int):
    engrams = memory(40, seed)
    index, exhaustive = indexed(engrams, dense=True), BruteForce(engrams, TABLE)
    for number, reading in enumerate(readings(index)):
        agree(index.search(reading, row(number), 100), exhaustive.search(reading, row(number)))


@pytest.mark.parametrize("limit", [1, 3, 12])
def test_a_limit_takes_the_best_of_all(limit: int):
    index = indexed(memory(80, 7))
    for reading in readings(index):
        assert index.search(reading, None, limit) == index.search(reading, None, 100)[:limit]


@pytest.mark.parametrize("with_encoder", [False, True])
def test_the_matrix_of_features_holds_what_the_score_is_made_of(with_encoder: bool):
    engrams = memory(40, 2)
    index, exhaustive = indexed(engrams, dense=True), BruteForce(engrams, TABLE)
    features = row(0) if with_encoder else None
    for reading in readings(index):
        matrix = index.features_of(reading, features)
        expected = exhaustive.features(reading, features)
        assert matrix.owners == tuple(engram.engram_id for engram, _, _ in exhaustive.fragments)
        assert set(matrix.names) == set(expected[0]) <= set(Weights.model_fields)
        wanted = [[fragment[name] for name in matrix.names] for fragment in expected]
        np.testing.assert_allclose(matrix.values, wanted, atol=1e-5)
        assert matrix.values.min() >= 0.0 and matrix.values.max() <= 1.0 + 1e-6


def same(one: FragmentIndex, other: FragmentIndex) -> None:
    assert len(one) == len(other)
    for number, cue in enumerate(CUES):
        reading = one.read(cue, ASKED_AT)
        assert reading == other.read(cue, ASKED_AT)
        for features in (None, row(number)):
            first, second = one.search(reading, features, 100), other.search(reading, features, 100)
            assert [m.engram_id for m in first] == [m.engram_id for m in second]
            for mine, theirs in zip(first, second, strict=True):
                assert mine[1] == pytest.approx(theirs[1], abs=1e-5)
                assert mine[3:] == pytest.approx(theirs[3:], abs=1e-5)
                assert [r.amount for r in mine.reasons] == pytest.approx(
                    [r.amount for r in theirs.reasons], abs=1e-5
                )
                assert {(r.kind, r.text) for r in mine.reasons} == {(r.kind, r.text) for r in theirs.reasons}


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 50))
def test_adding_and_removing_in_any_order_is_as_building_anew(rng: random.Random, seed: int):
    engrams = memory(60, seed)
    index, held = FragmentIndex(TABLE, dense=True), dict[str, Engram]()
    erasing: list[Iterator[None]] = []
    for _ in range(120):
        engram = rng.choice(engrams)
        if engram.engram_id in held and rng.random() < 0.7:
            assert index.remove(engram.engram_id)
            del held[engram.engram_id]
        elif rng.random() < 0.2:
            several = rng.sample(engrams, 5)
            index.add_many(several)
            held.update({e.engram_id: e for e in several})
        else:
            index.add(engram)
            held[engram.engram_id] = engram
        if rng.random() < 0.2:
            erasing.append(index.erase())
        for step in erasing:  # is under way while others add and remove
            next(step, None)
    assert all((engram.engram_id in index) is (engram.engram_id in held) for engram in engrams)
    same(index, indexed(sorted(held.values(), key=lambda e: e.engram_id), dense=True))


def test_what_is_removed_is_gone_and_the_rest_stays_through_every_compaction():
    engrams = memory(150, 9)
    index = indexed(engrams, dense=True)
    order = random.Random(1).sample(engrams, len(engrams))
    for number, engram in enumerate(order):
        assert index.remove(engram.engram_id) and not index.remove(engram.engram_id)
        if number % 30 == 5 or number > 145:
            same(index, indexed(order[number + 1 :], dense=True))
    assert len(index) == 0
    assert index.search(index.read("harbour", 0.0), None, 5) == []
    index.add_many(engrams)
    same(index, indexed(engrams, dense=True))


def test_adding_twice_is_adding_once():
    engrams = memory(30, 3)
    index = indexed(engrams + engrams, dense=True)
    for engram in engrams:
        index.add(engram)
    same(index, indexed(engrams, dense=True))
