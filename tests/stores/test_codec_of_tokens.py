"""Token vectors beside features in one piece of bytes."""

import json

import numpy as np
import pytest

from neuro.engram import Engram, TokenVectors
from neuro.errors import CorruptRecordError, FeatureMismatchError
from neuro.stores.codec import pack, unpack
from neuro.testing.samples import sample_engram, sample_features, sample_tokens

PLAIN = sample_engram(1, features=sample_features(1, seed=1))
WITH_TOKENS = sample_engram(2, features=sample_features(1, seed=2), tokens=sample_tokens(5, seed=3))
ONLY_TOKENS = sample_engram(3, tokens=sample_tokens(2, seed=3, dimension=3))


@pytest.mark.parametrize("engram", [PLAIN, WITH_TOKENS, ONLY_TOKENS], ids=["plain", "both", "only tokens"])
def test_an_engram_comes_back_from_its_pieces_and_from_json(engram: Engram):
    assert unpack("key", *pack(engram)) == engram
    assert Engram.model_validate_json(engram.model_dump_json()) == engram


def test_without_tokens_it_is_written_as_before_there_were_any():
    document = json.loads(pack(PLAIN).document)
    assert document["schema"] == 1
    assert not {"tokens", "token_dimension"} & set(document)
    assert json.loads(pack(WITH_TOKENS).document)["schema"] == 2


@pytest.mark.parametrize("cut", [1, 10, 10_000])
def test_bytes_that_are_too_few_are_corrupt(cut: int):
    packed = pack(WITH_TOKENS)
    with pytest.raises(CorruptRecordError, match=r"key \(schema version 2\)"):
        unpack("key", packed.document, packed.dynamics, packed.features[:-cut])


def test_tokens_take_four_bytes_and_one_for_each_dimension():
    assert len(pack(WITH_TOKENS).features) - len(pack(PLAIN).features) == 5 * (4 + 4)


@pytest.mark.parametrize(
    ("rows", "pieces", "counts"),
    [
        (np.zeros((2, 3), np.int16), np.zeros(2, np.int32), [2]),
        (np.zeros((2, 3), np.int8), np.zeros(3, np.int32), [2]),
        (np.zeros((2, 3), np.int8), np.zeros(2, np.int32), [1]),
        (np.zeros((2, 3), np.int8), np.zeros(2, np.int32), [3, -1]),
        (np.zeros((2, 3), np.int8), np.array([0, -1], np.int32), [2]),
        (np.zeros((2, 0), np.int8), np.zeros(2, np.int32), [2]),
        (np.zeros((2, 3), np.int8), np.zeros((2, 1), np.int32), [2]),
    ],
)
def test_arrays_that_do_not_go_together_are_refused(rows: np.ndarray, pieces: np.ndarray, counts: list[int]):
    with pytest.raises(FeatureMismatchError, match="tokens"):
        TokenVectors(rows, pieces, counts)


def test_what_is_kept_cannot_be_changed_from_outside():
    rows, pieces = np.ones((2, 3), np.int8), np.ones(2, np.int32)
    tokens = TokenVectors(rows, pieces, [1, 1])
    rows[:], pieces[:] = 5, 5
    assert tokens.rows.max() == tokens.pieces.max() == 1
    assert not tokens.rows.flags.writeable
    assert tokens == TokenVectors(tokens.rows, tokens.pieces, (1, 1)) != TokenVectors(rows, pieces, [2])
    assert len({tokens, TokenVectors(np.ones((2, 3), np.int8), np.ones(2, np.int32), [1, 1])}) == 1
    assert "counts=(1, 1)" in repr(tokens)
