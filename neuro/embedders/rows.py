"""What goes into an embedder and what comes out, checked in one place.

Knows nothing of any model: an embedder of the user's own is held to the same rules as ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from neuro.embedders.base import Embedder
from neuro.errors import EmbedderError, FeatureMismatchError, InvalidArgumentError


def checked_texts(texts: Sequence[str]) -> list[str]:
    """The texts as a list; a lone string (a sequence of characters, by mistake) is refused.

    Raises:
        InvalidArgumentError: not a sequence of strings.
    """
    if isinstance(texts, (str, bytes)):
        raise InvalidArgumentError(f"texts: must be a sequence of strings (got one {type(texts).__name__})")
    found = list(texts)
    for text in found:
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgumentError(f"texts: must hold strings only (got {type(text).__name__})")
    return found


def unit_rows(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Rows of finite numbers, shape (n, d) with d >= 1, scaled to unit length.

    A row of zeros has no direction and says nothing of its text; it becomes the diagonal ``1 / sqrt(d)``, so
    that what holds it can be stored.
    """
    # Dividing by the largest component first keeps the squares from overflowing and from vanishing.
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    scaled = np.divide(rows, largest, out=np.ones_like(rows), where=largest > 0.0)
    return (scaled / np.linalg.norm(scaled, axis=1, keepdims=True)).astype(np.float32)


def checked_rows(embedder: Embedder, rows: object, n: int) -> npt.NDArray[np.float32]:
    """What ``embedder`` returned for ``n`` texts, as unit rows: float32, shape (n, dimension).

    Raises:
        EmbedderError: not an array of finite numbers with one row per text.
        FeatureMismatchError: rows of another length than the embedder's dimension.
    """
    name, dimension = embedder.name, embedder.dimension
    try:
        array = np.asarray(rows)
    except (TypeError, ValueError) as exc:
        raise EmbedderError(f"embedder {name!r}: what it returned is no array ({exc})") from exc
    if array.dtype.kind not in "fiu":
        raise EmbedderError(f"embedder {name!r}: features must be real numbers (got {array.dtype})")
    if n == 0 and array.size == 0:
        return np.zeros((0, dimension), dtype=np.float32)
    if array.ndim != 2 or array.shape[0] != n:
        raise EmbedderError(f"embedder {name!r}: must return one row per text, {n} (got shape {array.shape})")
    if array.shape[1] != dimension:
        raise FeatureMismatchError(
            f"embedder {name!r}: says that its rows have {dimension} numbers, and returned {array.shape[1]}"
        )
    wide = array.astype(np.float64)
    if not np.isfinite(wide).all():
        raise EmbedderError(f"embedder {name!r}: features must be finite")
    return unit_rows(wide)
