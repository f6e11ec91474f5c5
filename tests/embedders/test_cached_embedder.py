"""The cache between the brain and its embedder."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from neuro.embedders import CachedEmbedder, Embedder, HashingEmbedder, ImmediateEmbedder, is_contextual
from neuro.errors import ConfigurationError, EmbedderError


class Counting:
    """Features of length and kind; writes down what it was asked."""

    name = "counting"
    dimension = 3

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[str]]] = []
        self.closed = False

    def _rows(self, kind: str, texts: Sequence[str]) -> np.ndarray:
        self.calls.append((kind, list(texts)))
        return np.array([[len(text), 1.0, kind == "cue"] for text in texts])

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        await asyncio.sleep(0)
        return self._rows("document", texts)

    async def embed_cues(self, texts: Sequence[str]) -> np.ndarray:
        return self._rows("cue", texts)

    async def aclose(self) -> None:
        self.closed = True


class ImmediateCounting(Counting):
    def embed_now(self, texts: Sequence[str]) -> np.ndarray:
        return self._rows("now", texts)


async def test_only_texts_not_seen_before_reach_the_inner_embedder_in_one_call():
    inner = Counting()
    cached = CachedEmbedder(inner)
    await cached.embed(["a", "bb"])
    rows = await cached.embed(["ccc", "a", "dddd", "ccc"])
    assert inner.calls == [("document", ["a", "bb"]), ("document", ["ccc", "dddd"])]
    np.testing.assert_allclose(rows[:, 0] / rows[:, 1], [3.0, 1.0, 4.0, 3.0], rtol=1e-6)
    await cached.embed(["bb", "dddd"])
    assert len(inner.calls) == 2


async def test_cues_and_documents_are_kept_apart():
    inner = Counting()
    cached = CachedEmbedder(inner)
    document, cue = await cached.embed(["a"]), await cached.embed_cues(["a"])
    assert document[0, 2] == 0.0 < cue[0, 2]
    assert [kind for kind, _ in inner.calls] == ["document", "cue"]


async def test_the_texts_used_least_recently_are_dropped_first():
    inner = Counting()
    cached = CachedEmbedder(inner, size=2)
    await cached.embed(["a", "b"])
    await cached.embed(["a"])
    await cached.embed(["c"])
    await cached.embed(["a", "b"])
    assert [texts for _, texts in inner.calls] == [["a", "b"], ["c"], ["b"]]


async def test_a_batch_larger_than_the_cache_is_answered_in_full():
    rows = await CachedEmbedder(Counting(), size=2).embed(["a", "bb", "ccc", "dddd"])
    np.testing.assert_allclose(rows[:, 0] / rows[:, 1], [1.0, 2.0, 3.0, 4.0], rtol=1e-6)


async def test_writing_into_what_was_returned_does_not_reach_the_cache():
    cached = CachedEmbedder(Counting())
    (await cached.embed(["a"]))[:] = 0.0
    assert (await cached.embed(["a"]))[0, 0] > 0.0


async def test_no_texts_ask_nobody():
    inner = Counting()
    assert (await CachedEmbedder(inner).embed([])).shape == (0, 3)
    assert inner.calls == []


async def test_tasks_that_ask_at_the_same_time_each_get_their_rows():
    cached = CachedEmbedder(Counting(), size=3)
    texts = ["x" * n for n in range(1, 9)]
    answers = await asyncio.gather(*(cached.embed([text, texts[0]]) for text in texts))
    for n, rows in enumerate(answers, start=1):
        np.testing.assert_allclose(rows[:, 0] / rows[:, 1], [n, 1.0], rtol=1e-6)


async def test_it_can_be_asked_at_once_exactly_when_the_inner_embedder_can():
    assert not isinstance(CachedEmbedder(Counting()), ImmediateEmbedder)
    inner = ImmediateCounting()
    cached = CachedEmbedder(inner)
    assert isinstance(cached, ImmediateEmbedder)
    await cached.embed(["a"])
    cached.embed_now(["a", "bb"])
    await cached.embed(["bb"])
    assert inner.calls == [("document", ["a"]), ("now", ["bb"])]


async def test_it_passes_for_the_embedder_it_wraps():
    inner = HashingEmbedder(64)
    cached = CachedEmbedder(inner)
    assert isinstance(cached, Embedder)
    assert (cached.name, cached.dimension) == ("lexical-64", 64)
    np.testing.assert_array_equal(await cached.embed(["harbour"]), await inner.embed(["harbour"]))


def test_it_is_contextual_exactly_when_the_inner_embedder_is():
    assert is_contextual(CachedEmbedder(Counting()))
    assert not is_contextual(CachedEmbedder(HashingEmbedder()))


async def test_closing_it_closes_the_inner_embedder():
    inner = Counting()
    await CachedEmbedder(inner).aclose()
    assert inner.closed


async def test_what_it_has_seen_can_be_cleared_inner_embedders_and_all():
    inner = Counting()
    cached = CachedEmbedder(CachedEmbedder(inner))
    await cached.embed(["a"])
    cached.clear()
    await cached.embed(["a"])
    assert inner.calls == [("document", ["a"])] * 2


async def test_bad_rows_are_refused_and_not_kept():
    inner = Counting()
    cached = CachedEmbedder(inner)
    inner._rows = lambda kind, texts: np.full((len(texts), 3), np.nan)  # type: ignore[method-assign]
    with pytest.raises(EmbedderError, match="finite"):
        await cached.embed(["a"])
    del inner._rows
    assert np.isfinite(await cached.embed(["a"])).all()


@pytest.mark.parametrize("size", [0, -1, 1.5, True])
def test_a_cache_of_no_size_is_refused(size: object):
    with pytest.raises(ConfigurationError, match=r"CachedEmbedder\.size"):
        CachedEmbedder(Counting(), size=size)  # type: ignore[arg-type]
