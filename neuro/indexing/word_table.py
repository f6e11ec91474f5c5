"""What words mean, in numbers: a row for each word stem, so that words which mean alike find each other.

The table that ships with the package is distilled from a sentence encoder: the sum of the rows of a text's stems
points where the encoder would point. It needs numpy alone; `words_LICENSE.txt` beside it says what it is made of.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from neuro.errors import ConfigurationError

_SHIPPED = Path(__file__).parent / "data" / "words.npz"
_COARSEST = 127.0
"""The largest component of a row in a file: rows are rounded to 8 bits."""

Rows = npt.NDArray[np.float32]


class WordTable:
    """Rows of word stems: their direction says what a word means, their length what it weighs in a sum.

    Immutable; arrays are read-only.

    Args:
        stems: distinct stems as `neuro.indexing.terms.stem` makes them.
        rows: real numbers, shape (n, d), one row for each stem; finite and none of length 0. Any d of at least 1;
            the shipped table has 128.

    Raises:
        ConfigurationError: stems and rows that are not such.

    >>> table = WordTable(["dog", "cat", "tax"], [[0.9, 0.1], [0.8, 0.3], [-0.1, 0.7]])
    >>> bool(table.unit[table.at["dog"]] @ table.unit[table.at["cat"]] > 0.9)
    True
    """

    at: Mapping[str, int]
    """Row of each stem."""
    rows: Rows
    """Shape (n, d), with their lengths."""
    unit: Rows
    """Shape (n, d), the same rows scaled to unit length."""

    def __init__(self, stems: Sequence[str], rows: npt.ArrayLike) -> None:
        array = _real_rows(rows)
        self.at = MappingProxyType({stem: row for row, stem in enumerate(stems)})
        if len(self.at) != len(stems) or not all(self.at):
            raise ConfigurationError("WordTable.stems: must be distinct and not empty")
        if len(stems) != len(array):
            raise ConfigurationError(
                f"WordTable.rows: {len(stems)} stems want as many rows (got {len(array)})"
            )
        lengths = np.linalg.norm(array, axis=1, keepdims=True)
        if not (np.isfinite(lengths) & (lengths > 0.0)).all():
            raise ConfigurationError("WordTable.rows: must be finite, and none of length 0")
        self.rows = array
        self.unit = array / lengths
        for held in (self.rows, self.unit):
            held.setflags(write=False)

    @classmethod
    def shipped(cls) -> WordTable:
        """The table of this package: 14,118 English stems, 128 dimensions; read once a process, in some 30 ms.

        Raises:
            ConfigurationError: the package was installed without its data.
        """
        return _shipped()

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> WordTable:
        """The table in a file of numpy's ``.npz`` format, as `save` writes it:

        * ``stems``: uint8, the stems in UTF-8, one a line;
        * ``rows``: any real type, shape (n, d): the direction of each row, whatever its length;
        * ``lengths``: any real type, shape (n,), above 0: the length of each row.

        Raises:
            ConfigurationError: there is no such file, or it holds something else.
        """
        try:
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as held:
                stems = bytes(held["stems"]).decode("utf-8").split("\n")
                directions, lengths = _real_rows(held["rows"]), np.asarray(held["lengths"], np.float32)
        except FileNotFoundError:
            raise ConfigurationError(f"WordTable.load: there is no file {os.fspath(path)!r}") from None
        except (OSError, EOFError, BadZipFile, KeyError, TypeError, ValueError, AttributeError) as error:
            raise ConfigurationError(
                f"WordTable.load: {os.fspath(path)!r} is no word table ({type(error).__name__}: {error})"
            ) from error
        if lengths.shape != (len(directions),):
            raise ConfigurationError(
                f"WordTable.load: {os.fspath(path)!r} is no word table (lengths of shape {lengths.shape})"
            )
        return cls(stems, cls(stems, directions).unit * lengths[:, None])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a file for `load`, ``d + 2`` bytes a row and the stems: directions as int8, lengths as float16."""
        largest = np.abs(self.rows).max(axis=1, keepdims=True)
        with open(path, "wb") as file:
            np.savez(
                file,
                stems=np.frombuffer("\n".join(self.at).encode(), dtype=np.uint8),
                rows=np.rint(self.rows * (_COARSEST / largest)).astype(np.int8),
                lengths=np.linalg.norm(self.rows, axis=1).astype(np.float16),
            )

    @property
    def dimension(self) -> int:
        """Numbers in a row, d."""
        return self.rows.shape[1]

    def sum(self, stems: Iterable[str]) -> Rows:
        """Sum of the rows of the stems that are known, repeats counted; zeros when none is. Shape (d,)."""
        known = [row for row in map(self.at.get, stems) if row is not None]
        return self.rows[known].sum(axis=0)

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits: equal for tables of equal stems and rows."""
        digest = blake2b("\n".join(self.at).encode(), digest_size=6)
        digest.update(self.rows.astype("<f4").tobytes())
        return digest.hexdigest()

    def __len__(self) -> int:
        return len(self.at)

    def __contains__(self, stem: object) -> bool:
        return stem in self.at

    def __repr__(self) -> str:
        return f"WordTable(stems={len(self)}, dimension={self.dimension})"


@cache
def _shipped() -> WordTable:
    return WordTable.load(_SHIPPED)


def _real_rows(rows: npt.ArrayLike) -> Rows:
    """A new array, float32, shape (n, d) with n and d of at least 1."""
    try:
        array = np.array(rows)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"WordTable.rows: no array ({error})") from error
    if array.dtype.kind not in "fiu" or array.ndim != 2 or 0 in array.shape:
        raise ConfigurationError(
            f"WordTable.rows: must be real numbers of shape (n, d) (got {array.dtype} of shape {array.shape})"
        )
    return array.astype(np.float32)
