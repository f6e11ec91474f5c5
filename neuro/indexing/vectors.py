"""Rows of unit length by key, searched exactly: one product of a matrix with a vector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

_FIRST_CAPACITY = 256


class VectorIndex:
    """A matrix that grows by doubling and shrinks by moving its last row into the gap; float32."""

    def __init__(self) -> None:
        self._rows = np.zeros((0, 0), dtype=np.float32)
        self._keys = np.zeros(0, dtype=np.int64)
        self._slots: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, key: object) -> bool:
        return key in self._slots

    @property
    def dimension(self) -> int:
        """Length of a row; 0 before the first one."""
        return self._rows.shape[1]

    def add(self, keys: Sequence[int], rows: npt.NDArray[np.floating]) -> None:
        """Adds rows, shape (keys, dimension), under keys that are not held yet."""
        if not keys:
            return
        first = len(self._slots)
        size = first + len(keys)
        if size > len(self._keys):
            self._grow(max(_FIRST_CAPACITY, size, 2 * first), rows.shape[1])
        self._rows[first:size] = rows
        self._keys[first:size] = keys
        self._slots.update(zip(keys, range(first, size), strict=True))

    def _grow(self, capacity: int, dimension: int) -> None:
        size = len(self._slots)
        rows = np.zeros((capacity, dimension), dtype=np.float32)
        keys = np.zeros(capacity, dtype=np.int64)
        if size:
            rows[:size], keys[:size] = self._rows[:size], self._keys[:size]
        self._rows, self._keys = rows, keys

    def remove(self, keys: Iterable[int]) -> None:
        """Removes rows; unknown keys: nothing."""
        for key in keys:
            gap = self._slots.pop(key, None)
            last = len(self._slots)
            if gap is None or gap == last:
                continue
            moved = int(self._keys[last])
            self._rows[gap], self._keys[gap] = self._rows[last], moved
            self._slots[moved] = gap

    def top(self, query: npt.NDArray[np.float32], k: int) -> list[int]:
        """Keys of the ``k`` rows with the largest cosine above 0, in no particular order."""
        size = len(self._slots)
        if size == 0 or len(query) != self.dimension:
            return []
        cosines = np.vecdot(self._rows[:size], query)  # one core: BLAS would wait for the busy ones
        best = np.arange(size) if k >= size else np.argpartition(cosines, size - k)[size - k :]
        return self._keys[best[cosines[best] > 0.0]].tolist()

    def cosines(self, query: npt.NDArray[np.float32], keys: Sequence[int]) -> npt.NDArray[np.float64]:
        """Cosine of each key's row with the query, in [-1, 1]; 0 for unknown keys and another dimension."""
        found = np.zeros(len(keys))
        if len(query) == self.dimension:
            known = [(i, self._slots[key]) for i, key in enumerate(keys) if key in self._slots]
            if known:
                places, slots = np.array(known).T
                found[places] = np.vecdot(self._rows[slots], query)
        return found
