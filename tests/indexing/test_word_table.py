"""The word table: what words mean, in numbers."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro.errors import ConfigurationError
from neuro.indexing import word_table
from neuro.indexing.terms import stem
from neuro.indexing.word_table import WordTable

SMALL = WordTable(["dog", "cat", "tax"], [[0.9, 0.1], [0.8, 0.3], [-0.1, 0.7]])


def cosine(one: str, other: str) -> float:
    table = WordTable.shipped()
    return float(table.unit[table.at[stem(one)]] @ table.unit[table.at[stem(other)]])


def test_the_shipped_table_is_below_two_megabytes_and_holds_stems_only():
    path = Path(word_table.__file__).parent / "data" / "words.npz"
    assert path.stat().st_size < 2_000_000
    table = WordTable.shipped()
    assert (len(table), table.rows.shape, table.dimension) == (14_118, (14_118, 128), 128)
    assert all(one.isascii() and one.isalpha() for one in table.at)


def test_the_shipped_table_is_read_once():
    assert WordTable.shipped() is WordTable.shipped()


@pytest.mark.parametrize(
    ("word", "related", "other"),
    [
        ("dog", "puppy", "harbour"),
        ("dog", "animal", "tax"),
        ("doctor", "physician", "guitar"),
        ("job", "career", "river"),
        ("wed", "marriage", "engine"),
        ("paint", "artwork", "salary"),
    ],
)
def test_words_that_mean_alike_are_close(word: str, related: str, other: str):
    assert cosine(word, related) > 0.4
    assert cosine(word, related) > cosine(word, other) + 0.25


def test_rows_keep_their_lengths_and_unit_rows_their_directions():
    table = WordTable.shipped()
    lengths = np.linalg.norm(table.rows, axis=1, keepdims=True)
    np.testing.assert_allclose(np.linalg.norm(table.unit, axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(table.unit * lengths, table.rows, atol=1e-6)
    assert (table.rows.dtype, table.unit.dtype) == (np.float32, np.float32)
    assert lengths.min() < 0.5 < 2.0 < lengths.max()


def test_a_sum_counts_repeats_and_leaves_out_what_is_not_known():
    np.testing.assert_allclose(SMALL.sum(["dog", "tax", "dog", "unicorn"]), [1.7, 0.9], atol=1e-6)
    np.testing.assert_array_equal(SMALL.sum(iter(["unicorn"])), [0.0, 0.0])
    assert SMALL.sum([]).dtype == np.float32


def test_nothing_in_a_table_can_be_changed():
    given_rows = np.ones((1, 2), dtype=np.float32)
    table = WordTable(["one"], given_rows)
    given_rows[:] = 5.0
    assert table.rows.tolist() == [[1.0, 1.0]]
    for array in (table.rows, table.unit):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 2.0
    with pytest.raises(TypeError):
        table.at["two"] = 1  # type: ignore[index]


def test_it_tells_what_it_holds():
    assert "dog" in SMALL and "unicorn" not in SMALL
    assert repr(SMALL) == "WordTable(stems=3, dimension=2)"


def test_equal_tables_have_equal_fingerprints_and_others_have_not():
    again = WordTable(list(SMALL.at), SMALL.rows)
    turned = WordTable(["cat", "dog", "tax"], SMALL.rows)
    longer = WordTable(list(SMALL.at), 2.0 * SMALL.rows)
    assert again.fingerprint() == SMALL.fingerprint()
    assert len({table.fingerprint() for table in (SMALL, turned, longer)}) == 3


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\n", codec="utf-8"), min_size=1), min_size=1, unique=True
    )
)
def test_a_table_comes_back_from_its_file(stems: list[str]):
    rows = np.random.default_rng(len(stems)).normal(size=(len(stems), 7)) + 0.1
    table = WordTable(stems, rows)
    with TemporaryDirectory() as folder:
        table.save(f"{folder}/words.npz")
        again = WordTable.load(Path(folder, "words.npz"))
    assert dict(again.at) == dict(table.at)
    np.testing.assert_allclose(again.rows, table.rows, atol=0.01 * np.abs(rows).max())


def test_a_file_may_hold_rows_of_any_real_type(tmp_path: Path):
    path = tmp_path / "words.npz"
    stems = np.frombuffer("ünlü\n港".encode(), dtype=np.uint8)
    np.savez_compressed(path, stems=stems, rows=[[3.0, 4.0], [0.0, -1.0]], lengths=[2.0, 0.5])
    table = WordTable.load(path)
    np.testing.assert_allclose(table.rows[table.at["ünlü"]], [1.2, 1.6], atol=1e-6)
    np.testing.assert_allclose(table.rows[table.at["港"]], [0.0, -0.5], atol=1e-6)


@pytest.mark.parametrize(
    ("stems", "rows"),
    [
        (["dog", "dog"], [[1.0], [1.0]]),
        (["dog", ""], [[1.0], [1.0]]),
        (["dog"], [[1.0], [1.0]]),
        (["dog"], [[0.0, 0.0]]),
        (["dog"], [[np.nan, 1.0]]),
        (["dog"], [[np.inf, 1.0]]),
        (["dog"], [1.0]),
        (["dog"], [[]]),
        ([], []),
        (["dog"], [["one"]]),
        (["dog", "cat"], [[1.0], [1.0, 2.0]]),
    ],
)
def test_stems_and_rows_that_make_no_table_are_refused(stems: list[str], rows: Any):
    with pytest.raises(ConfigurationError, match=r"WordTable\.(stems|rows)"):
        WordTable(stems, rows)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ConfigurationError, match=r"no file .*gone\.npz"):
        WordTable.load(tmp_path / "gone.npz")


STEMS = np.frombuffer(b"dog", dtype=np.uint8)


@pytest.mark.parametrize(
    "held",
    [
        {"rows": [[1]], "lengths": [1.0]},
        {"stems": STEMS, "lengths": [1.0]},
        {"stems": STEMS, "rows": [[1]]},
        {"stems": STEMS, "rows": [[1]], "lengths": [[1.0]]},
        {"stems": STEMS, "rows": [[1]], "lengths": [0.0]},
        {"stems": STEMS, "rows": [["one"]], "lengths": [1.0]},
        {"stems": np.array([255, 254], dtype=np.uint8), "rows": [[1]], "lengths": [1.0]},
        {"stems": np.array(["dog"], dtype=object), "rows": [[1]], "lengths": [1.0]},
    ],
)
def test_a_file_that_holds_something_else_is_refused(held: dict[str, Any], tmp_path: Path):
    path = tmp_path / "words.npz"
    np.savez(path, **held)
    with pytest.raises(ConfigurationError, match="WordTable"):
        WordTable.load(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"no archive at all"])
def test_a_file_that_is_no_archive_is_refused(content: bytes, tmp_path: Path):
    path = tmp_path / "words.npz"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="is no word table"):
        WordTable.load(path)


def test_an_array_alone_is_no_table(tmp_path: Path):
    np.save(tmp_path / "rows.npy", np.ones((2, 2)))
    with pytest.raises(ConfigurationError, match="is no word table"):
        WordTable.load(tmp_path / "rows.npy")


def test_a_folder_is_no_table(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="is no word table"):
        WordTable.load(tmp_path)
