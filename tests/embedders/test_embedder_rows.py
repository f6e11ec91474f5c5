"""Rows of any embedder are checked and scaled in one place."""

from collections.abc import Sequence

import numpy as np
import pytest

from neuro.embedders.rows import checked_rows
from neuro.errors import EmbedderError, FeatureMismatchError


class Stranger:
    """An embedder of a user's."""

    name = "stranger"
    dimension = 3

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        raise NotImplementedError

    embed_cues = embed

    async def aclose(self) -> None: ...


def test_rows_come_out_as_float32_of_unit_length():
    rows = checked_rows(Stranger(), [[3, 0, 4], [0, -2, 0]], 2)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, [[0.6, 0.0, 0.8], [0.0, -1.0, 0.0]], atol=1e-7)


def test_very_large_and_very_small_rows_keep_their_direction():
    rows = checked_rows(Stranger(), [[3e300, 0.0, 4e300], [3e-300, 0.0, 4e-300]], 2)
    np.testing.assert_allclose(rows, [[0.6, 0.0, 0.8]] * 2, atol=1e-7)


def test_a_row_of_zeros_becomes_the_diagonal():
    np.testing.assert_allclose(checked_rows(Stranger(), np.zeros((1, 3)), 1), [[3**-0.5] * 3], atol=1e-7)


def test_no_texts_give_an_empty_array_of_the_right_width_whatever_the_model_makes_of_it():
    assert checked_rows(Stranger(), np.zeros(0), 0).shape == (0, 3)


def test_the_array_of_the_embedder_is_left_alone():
    given = np.full((1, 3), 5.0, dtype=np.float32)
    checked_rows(Stranger(), given, 1)
    assert given.tolist() == [[5.0, 5.0, 5.0]]


@pytest.mark.parametrize(
    "rows",
    [
        None,
        "text",
        [["a", "b", "c"]],
        [[1.0, 2.0, 3.0], [1.0]],
        [[1j, 0.0, 0.0]],
        [[True, False, True]],
        [1.0, 2.0, 3.0],
        [[[1.0, 2.0, 3.0]]],
        [[1.0, 2.0, 3.0]] * 2,
        [],
        [[1.0, float("nan"), 0.0]],
        [[1.0, float("inf"), 0.0]],
    ],
)
def test_what_is_not_one_row_of_finite_numbers_per_text_is_refused(rows: object):
    with pytest.raises(EmbedderError, match="'stranger'"):
        checked_rows(Stranger(), rows, 1)


def test_rows_of_another_length_than_announced_are_a_mismatch():
    with pytest.raises(FeatureMismatchError, match="3 numbers, and returned 4"):
        checked_rows(Stranger(), np.ones((1, 4)), 1)
