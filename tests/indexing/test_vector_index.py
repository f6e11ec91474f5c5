"""Exact search over rows by key, against a dict of the same rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.indexing.vectors import VectorIndex

DIMENSION = 4


def row(key: int) -> np.ndarray:
    drawn = np.random.default_rng(key).normal(size=DIMENSION)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


def test_an_empty_index_finds_nothing():
    index = VectorIndex()
    assert index.top(row(0), 3) == []
    assert index.cosines(row(0), [1, 2]).tolist() == [0.0, 0.0]
    index.add([], np.zeros((0, DIMENSION), np.float32))
    assert len(index) == 0 and index.dimension == 0


def test_only_rows_on_the_side_of_the_query_are_found():
    index = VectorIndex()
    index.add([7, 8], np.array([[1.0, 0.0], [-1.0, 0.0]], np.float32))
    query = np.array([1.0, 0.0], np.float32)
    assert index.top(query, 2) == [7]
    assert index.cosines(query, [8, 9, 7]).tolist() == [-1.0, 0.0, 1.0]


def test_a_query_of_another_dimension_is_like_nothing():
    index = VectorIndex()
    index.add([1], row(1)[None])
    assert index.top(np.ones(3, np.float32), 1) == []
    assert index.cosines(np.ones(3, np.float32), [1]).tolist() == [0.0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 400), max_size=60), st.integers(1, 20), st.integers(0, 5))
def test_it_agrees_with_a_dict_after_any_additions_and_removals(removed: list[int], k: int, seed: int):
    index, held = VectorIndex(), {}
    for first in (1, 150, 280):  # beyond the first capacity
        keys = list(range(first, first + 120))
        index.add(keys, np.array([row(key) for key in keys]))
        held.update({key: row(key) for key in keys})
        for key in removed[first % 3 :: 3]:
            index.remove([key])
            held.pop(key, None)
    query = row(1000 + seed)
    cosines = {key: float(rows @ query) for key, rows in held.items()}
    best = sorted((c for c in cosines.values() if c > 0.0), reverse=True)[:k]
    found = index.top(query, k)
    assert len(index) == len(held) and all((key in index) == (key in held) for key in range(1, 401))
    assert sorted((cosines[key] for key in found), reverse=True) == pytest.approx(best, abs=1e-6)
    assert index.cosines(query, list(held)) == pytest.approx(list(cosines.values()), abs=1e-6)
