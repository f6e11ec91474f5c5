"""Late interaction with the tokens of a cue, against its definition computed one by one."""

import random
from dataclasses import replace

import numpy as np
import pytest
from brute_force import BruteForce
from small_memories import CUES, memory, table

from neuro.engram import Engram, TokenVectors
from neuro.indexing.fragment_index import FragmentIndex
from neuro.indexing.probe import Matching, Reading, Weights
from neuro.testing.samples import sample_features, sample_tokens
from neuro.units import DAY

TABLE = table()
ROW = sample_features(seed=3)[0].astype(np.float32)
LOOSE = Matching(token_floor=0.1)


def featured(count: int, seed: int) -> list[Engram]:
    """Engrams most of which have token vectors, some fragments none."""
    rng = random.Random(seed)
    made: list[Engram] = []
    for engram in memory(count, seed):
        counts = [rng.choice((0, 1, 5)) for _ in engram.texts]
        tokens = None if engram.features is None else sample_tokens(*counts, seed=rng.getrandbits(32))
        made.append(engram.model_copy(update={"tokens": tokens}))
    return made


def asked(index: FragmentIndex, cue: str, tokens: TokenVectors | None) -> Reading:
    return replace(index.read(cue, 200 * DAY), tokens=tokens)


def indexed(engrams: list[Engram], matching: Matching = LOOSE) -> FragmentIndex:
    index = FragmentIndex(TABLE, matching, dense=True)
    index.add_many(engrams)
    return index


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return min(1.0, max(0.0, float(one.astype(float) @ other.astype(float)) / 127**2))


def expected(engrams: list[Engram], cue: TokenVectors) -> list[float]:
    """The interaction of every fragment, from its definition."""
    m, brute = LOOSE, BruteForce(engrams, TABLE, LOOSE)
    held = [(e.tokens.of_fragment(i) if e.tokens else None) for e, i, _ in brute.fragments]
    best = [
        [max((cosine(row, sought) for row in one[0]), default=0.0) if one else 0.0 for sought in cue.rows]
        for one in held
    ]
    weights = [brute.idf(sum(piece in one[1] for one in held if one)) for piece in cue.pieces]
    found: list[float] = []
    for at in range(len(held)):
        norm = m.saturation * (1 - m.length_norm + m.length_norm * len(brute.terms[at]) / brute.mean)
        near, total = brute.neighbours(at), 0.0
        for t, weight in enumerate(weights):
            above = [max(0.0, (cosines[t] - m.token_floor) / (1 - m.token_floor)) for cosines in best]
            count = above[at] + sum(share * above[i] for i, share in near.items())
            total += weight * (count / (count + norm))
        found.append(total / sum(weights))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_interaction_is_that_of_the_definition(seed: int):
    engrams = featured(40, seed)
    index, cue = indexed(engrams), sample_tokens(4, seed=seed + 100)
    matrix = index.features_of(asked(index, CUES[0], cue), ROW)
    found = matrix.values[:, matrix.names.index("tokens")]
    np.testing.assert_allclose(found, expected(engrams, cue), atol=1e-4)
    assert matrix.values.min() >= 0.0 and matrix.values.max() <= 1.0 + 1e-6
    assert set(matrix.names) <= set(Weights.model_fields)


@pytest.mark.parametrize("cue", CUES)
def test_the_score_is_the_weighted_sum_of_the_features_of_the_fragment_that_was_best_before(cue: str):
    index = indexed(featured(60, 4))
    reading = asked(index, cue, sample_tokens(3, seed=8))
    matrix = index.features_of(reading, ROW)
    before, after = (
        matrix.values @ [getattr(weights, name) for name in matrix.names]
        for weights in (index.matching.dense, index.matching.tokens)
    )
    best: dict[str, int] = {}
    for at, owner in enumerate(matrix.owners):
        if owner not in best or before[at] > before[best[owner]]:
            best[owner] = at
    found = index.search(reading, ROW, 100)
    assert found == sorted(found, key=lambda match: (-match.relevance, match.engram_id))
    total = index.matching.tokens.total
    for match in found[:10]:
        assert match.relevance == pytest.approx(max(0.0, after[best[match.engram_id]]) / total, abs=1e-4)
        assert sum(reason.amount for reason in match.reasons) == pytest.approx(match.relevance, abs=0.02)


def test_adding_and_removing_in_any_order_is_as_building_anew():
    rng, engrams = random.Random(5), featured(150, 6)
    index = indexed(engrams)
    gone = rng.sample(engrams, 110)
    for engram in gone:
        assert index.remove(engram.engram_id)
    back = rng.sample(gone, 20)
    for engram in back:
        index.add(engram)
    left = [e for e in engrams if e not in gone or e in back]
    anew, cue = indexed(left), sample_tokens(4, seed=1)
    for text in CUES:
        mine, theirs = (one.search(asked(one, text, cue), ROW, 200) for one in (index, anew))
        assert [m.engram_id for m in mine] == [m.engram_id for m in theirs]
        assert [m.relevance for m in mine] == pytest.approx([m.relevance for m in theirs], abs=1e-5)


def test_only_the_best_by_all_else_contend():
    engrams = featured(80, 7)
    few, all_of_them = indexed(engrams, Matching(token_contenders=1)), indexed(engrams, Matching())
    tokens = sample_tokens(3, seed=2)
    first = few.search(asked(few, CUES[1], tokens), ROW, 1)
    plain = few.search(asked(few, CUES[1], None), ROW, 1)
    assert first[0].engram_id == plain[0].engram_id
    deep = few.search(asked(few, CUES[1], tokens), ROW, 200)
    assert deep == all_of_them.search(asked(all_of_them, CUES[1], tokens), ROW, 200)


@pytest.mark.parametrize(
    "tokens",
    [None, sample_tokens(0), sample_tokens(3, dimension=9)],
    ids=["none", "empty", "other dimension"],
)
def test_a_cue_without_comparable_tokens_is_searched_by_features(tokens: TokenVectors | None):
    index = indexed(featured(40, 3))
    assert index.search(asked(index, CUES[1], tokens), ROW, 5) == index.search(
        asked(index, CUES[1], None), ROW, 5
    )


def test_tokens_are_not_compared_where_that_is_switched_off_and_cost_nothing_then():
    engrams = featured(40, 3)
    index = indexed(engrams, Matching(compare_tokens=False))
    plain = indexed([e.model_copy(update={"tokens": None}) for e in engrams], Matching())
    tokens = sample_tokens(3, seed=2)
    assert index.search(asked(index, CUES[1], tokens), ROW, 5) == plain.search(
        asked(plain, CUES[1], tokens), ROW, 5
    )
