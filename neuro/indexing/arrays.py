"""Arrays that grow by doubling, so that appending costs O(1)."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

_Scalar = TypeVar("_Scalar", bound=np.generic)

FIRST_CAPACITY = 64


def grown(array: npt.NDArray[_Scalar], size: int) -> npt.NDArray[_Scalar]:
    """The array, or one at least twice as long with the same beginning if ``size`` rows do not fit; new rows are 0.

    >>> grown(np.ones(2), 2).tolist(), len(grown(np.ones(2), 3))
    ([1.0, 1.0], 64)
    """
    if size <= len(array):
        return array
    bigger = np.zeros((max(FIRST_CAPACITY, 2 * len(array), size), *array.shape[1:]), dtype=array.dtype)
    bigger[: len(array)] = array
    return bigger
