"""An embedder that remembers: texts seen before are not embedded again.

It stands between the brain and whatever embedder it was given, so it also holds every row that comes from
outside to the rules of `neuro.embedders.rows`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from neuro.embedders.base import (
    Embedder,
    Encoded,
    ImmediateEmbedder,
    Passage,
    TokenEmbedder,
    forget_seen,
    is_contextual,
    reads_tokens,
)
from neuro.embedders.rows import checked_rows, checked_texts
from neuro.errors import ConfigurationError, EmbedderError

Rows = npt.NDArray[np.float32]


_Item = TypeVar("_Item", str, Passage)


def _key(kind: bytes, text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, person=kind).digest()


class CachedEmbedder:
    """Keeps the rows of the ``size`` texts that were asked for last; the inner embedder sees the others.

    Cues and documents are kept apart. Of a text only a digest is kept, so memory is bounded by ``size`` rows
    whatever the texts. Two tasks that ask for the same new text at once both reach the inner embedder.
    Over an ImmediateEmbedder this is one too, and only then. What a TokenEmbedder makes of texts is kept as well,
    up to ``size`` of them.

    Args:
        inner: where rows come from; closed together with this one.
        size: rows kept, at least 1.

    Raises:
        ConfigurationError: a size that is not such an int.
    """

    def __new__(cls, inner: Embedder, size: int = 10_000) -> CachedEmbedder:
        """One with ``embed_now`` exactly when ``inner`` has it, so that ``isinstance`` tells the truth."""
        immediate = cls is CachedEmbedder and isinstance(inner, ImmediateEmbedder)
        return object.__new__(_CachedImmediateEmbedder if immediate else cls)

    def __init__(self, inner: Embedder, size: int = 10_000) -> None:
        if type(size) is not int or size < 1:
            raise ConfigurationError(f"CachedEmbedder.size: must be an int of at least 1 (got {size!r})")
        self.inner = inner
        self._size = size
        self._rows: OrderedDict[bytes, Rows] = OrderedDict()
        self._encoded: OrderedDict[bytes, Encoded] = OrderedDict()

    @property
    def name(self) -> str:
        """The name of the inner embedder: the features are the same."""
        return self.inner.name

    @property
    def dimension(self) -> int:
        """Length of a row."""
        return self.inner.dimension

    @property
    def contextual(self) -> bool:
        """What the inner embedder says."""
        return is_contextual(self.inner)

    def __repr__(self) -> str:
        return f"CachedEmbedder({self.inner!r}, size={self._size})"

    async def embed(self, texts: Sequence[str]) -> Rows:
        """Features of what is stored: shape (n, dimension), rows of unit length.

        Raises:
            EmbedderError: the inner embedder failed, or returned something other than finite rows.
            FeatureMismatchError: rows of another length than it says.
        """
        return await self._through(self.inner.embed, b"document", texts)

    async def embed_cues(self, texts: Sequence[str]) -> Rows:
        """As `embed`, for what asks."""
        return await self._through(self.inner.embed_cues, b"cue", texts)

    @property
    def reads_tokens(self) -> bool:
        """What the inner embedder says."""
        return reads_tokens(self.inner)

    async def embed_passages(self, passages: Sequence[Passage]) -> list[Encoded]:
        """Rows and vectors of tokens of what is stored; EmbedderError where the inner embedder gives none."""
        keys = [
            _key(b"passage", "\0".join((one.speaker or "", one.text, one.before, one.after)))
            for one in passages
        ]
        return await self._encodings(self._reader().embed_passages, keys, passages)

    async def embed_askings(self, texts: Sequence[str]) -> list[Encoded]:
        """As `embed_passages`, for what asks."""
        found = checked_texts(texts)
        return await self._encodings(
            self._reader().embed_askings, [_key(b"asking", text) for text in found], found
        )

    def _reader(self) -> TokenEmbedder:
        if not reads_tokens(self.inner):
            raise EmbedderError(f"the embedder {self.name!r} gives no vectors of tokens")
        return self.inner

    async def _encodings(
        self,
        encode: Callable[[list[_Item]], Awaitable[list[Encoded]]],
        keys: list[bytes],
        items: Sequence[_Item],
    ) -> list[Encoded]:
        known = {key: self._encoded[key] for key in keys if key in self._encoded}
        missing = {key: item for key, item in zip(keys, items, strict=True) if key not in known}
        if missing:
            known |= zip(missing, await encode(list(missing.values())), strict=True)
        for key in keys:
            self._encoded[key] = known[key]
            self._encoded.move_to_end(key)
        while len(self._encoded) > self._size:
            self._encoded.popitem(last=False)
        return [known[key] for key in keys]

    def clear(self) -> None:
        """Forgets what it has seen, and has the inner embedder forget it."""
        self._rows.clear()
        self._encoded.clear()
        forget_seen(self.inner)

    async def aclose(self) -> None:
        """Forgets everything and closes the inner embedder."""
        self.clear()
        await self.inner.aclose()

    async def _through(
        self, embed: Callable[[Sequence[str]], Awaitable[Rows]], kind: bytes, texts: Sequence[str]
    ) -> Rows:
        keys, found, missing = self._look_up(kind, texts)
        if missing:
            found |= self._keep(missing, await embed(list(missing.values())))
        return self._stacked(keys, found)

    def _look_up(
        self, kind: bytes, texts: Sequence[str]
    ) -> tuple[list[bytes], dict[bytes, Rows], dict[bytes, str]]:
        """The key of each text; the rows that are known; the texts that are not, each once."""
        keys: list[bytes] = []
        found: dict[bytes, Rows] = {}
        missing: dict[bytes, str] = {}
        for text in checked_texts(texts):
            key = _key(kind, text)
            keys.append(key)
            row = self._rows.get(key)
            if row is None:
                missing[key] = text
            else:
                found[key] = row
                self._rows.move_to_end(key)
        return keys, found, missing

    def _keep(self, missing: dict[bytes, str], rows: object) -> dict[bytes, Rows]:
        checked = checked_rows(self.inner, rows, len(missing))
        kept = {
            key: row.copy() for key, row in zip(missing, checked, strict=True)
        }  # a view would hold all rows
        self._rows.update(kept)
        while len(self._rows) > self._size:
            self._rows.popitem(last=False)
        return kept

    def _stacked(self, keys: list[bytes], found: dict[bytes, Rows]) -> Rows:
        return np.stack([found[key] for key in keys]) if keys else np.zeros((0, self.dimension), np.float32)


class _CachedImmediateEmbedder(CachedEmbedder):
    """Over an embedder that answers at once."""

    inner: Embedder

    def embed_now(self, texts: Sequence[str]) -> Rows:
        """`embed`, at once."""
        assert isinstance(self.inner, ImmediateEmbedder)
        keys, found, missing = self._look_up(b"document", texts)
        if missing:
            found |= self._keep(missing, self.inner.embed_now(list(missing.values())))
        return self._stacked(keys, found)
