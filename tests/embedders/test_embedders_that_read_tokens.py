"""Vectors of tokens from an embedder, through a cache, and a store that remembers whether it has them."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuro import Brain
from neuro.embedders import (
    CachedEmbedder,
    Filler,
    HashingEmbedder,
    Passage,
    SentenceTransformersEmbedder,
    TokenEmbedder,
    reads_tokens,
    resolve,
)
from neuro.embedders.token_reading import States
from neuro.errors import EmbedderError, FeatureMismatchError

WIDTH = 8


class Model:
    """Every letter is a direction."""

    def __init__(self) -> None:
        self.read_texts: list[list[str]] = []

    def encode(self, texts: Sequence[str], **_: Any) -> np.ndarray:
        return np.array([self._states(text).pooled for text in texts])

    def vocabulary(self) -> list[str]:
        return ["harbour", "keys", "piano", "lantern"]

    def read(self, texts: Sequence[str], *, batch_size: int) -> list[States]:
        if "bad" in texts:
            raise ValueError("no such text")
        self.read_texts.append(list(texts))
        return [self._states(text) for text in texts]

    def _states(self, text: str) -> States:
        words = list(re.finditer(r"\w+", text))
        states = np.array(
            [np.bincount([ord(c) % WIDTH for c in w[0]], minlength=WIDTH) for w in words], np.float32
        )
        states = states.reshape(-1, WIDTH)
        spans = np.array([w.span() for w in words], np.intp).reshape(-1, 2)
        pooled = states.mean(axis=0) if len(words) else np.ones(WIDTH, np.float32)
        return States(states, np.arange(len(words), dtype=np.int32), spans, pooled)


async def loaded(model: Model, *, readable: bool = True, **how: bool) -> SentenceTransformersEmbedder:
    embedder = SentenceTransformersEmbedder(
        "a-model", loader=lambda *_: model, reader=lambda m: m if readable else None, **how
    )
    await embedder.load()
    model.read_texts.clear()
    return embedder


async def test_the_name_says_whether_texts_are_read_with_their_speaker():
    with_tokens, without = await loaded(Model()), await loaded(Model(), tokens=False)
    assert (with_tokens.name, without.name) == (
        "sentence-transformers:a-model+tokens",
        "sentence-transformers:a-model",
    )
    assert reads_tokens(with_tokens) and not reads_tokens(without)
    assert not reads_tokens(await loaded(Model(), readable=False))
    assert not reads_tokens(HashingEmbedder()) and not isinstance(HashingEmbedder(), TokenEmbedder)


async def test_what_stands_around_a_text_is_read_by_an_embedder_that_is_told_to():
    for context, read in ((False, "Dana: the keys"), (True, "Dana: she lost the keys again")):
        model = Model()
        embedder = await loaded(model, context=context)
        assert embedder.name.endswith("+tokens+context") == context
        await embedder.embed_passages([Passage("the keys", "Dana", "she lost ", " again")])
        assert model.read_texts == [[read]]
    assert (await loaded(Model(), tokens=False, context=True)).name.endswith("a-model")


async def test_a_text_by_itself_is_a_passage_that_nobody_says():
    embedder = await loaded(Model())
    passages = await embedder.embed_passages([Passage("the keys"), Passage("a piano")])
    np.testing.assert_array_equal(
        await embedder.embed(["the keys", "a piano"]), [one.row for one in passages]
    )


async def test_the_rows_of_what_asks_are_those_of_cues():
    embedder = await loaded(Model())
    rows = await embedder.embed_cues(["which keys"])
    (asked,) = await embedder.embed_askings(["which keys"])
    np.testing.assert_allclose(rows[0], asked.row, atol=1e-6)
    assert len(asked.tokens.rows) == 1


async def test_an_embedder_that_reads_no_tokens_says_so():
    embedder = await loaded(Model(), tokens=False)
    with pytest.raises(EmbedderError, match="no vectors of tokens"):
        await embedder.embed_passages([Passage("a")])
    with pytest.raises(EmbedderError, match="no vectors of tokens"):
        await CachedEmbedder(embedder).embed_askings(["a"])


async def test_what_the_model_refuses_fails_by_itself():
    embedder = await loaded(Model())
    with pytest.raises(EmbedderError, match="no such text"):
        await embedder.embed_askings(["bad"])
    assert len(await embedder.embed_askings(["good"])) == 1


async def test_a_cache_passes_tokens_on_and_asks_for_each_passage_once():
    model = Model()
    cached = CachedEmbedder(await loaded(model), size=3)
    first = await cached.embed_passages([Passage("keys", "Dana"), Passage("keys"), Passage("keys", "Dana")])
    assert model.read_texts == [["Dana: keys", "keys"]]
    assert first[0] is first[2] is not first[1]
    assert (await cached.embed_passages([Passage("keys")]))[0] is first[1]
    await cached.embed_askings(["keys"])
    await cached.embed_askings(["keys"])
    assert model.read_texts[1:] == [["keys"]]
    assert cached.reads_tokens
    cached.clear()
    await cached.embed_askings(["keys"])
    assert model.read_texts[2:] == [["keys"]]


async def test_a_cache_forgets_what_was_asked_for_longest_ago():
    model = Model()
    cached = CachedEmbedder(await loaded(model), size=2)
    for text in ("one", "two", "three", "one"):
        await cached.embed_askings([text])
    assert len(model.read_texts) == 4
    assert [len(await cached.embed_askings(["a", "b", "c"]))] == [3]


async def test_a_store_filled_without_tokens_is_not_mixed_with_features_of_another_kind():
    embedder = await loaded(Model())
    filler = Filler.of(await loaded(Model(), tokens=False))
    with pytest.raises(FeatureMismatchError):
        await resolve(embedder, filler=filler)


async def test_a_model_goes_on_in_a_store_as_it_began(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    class Double(SentenceTransformersEmbedder):
        def __init__(self, model: str, *, tokens: bool = True, context: bool = False) -> None:
            super().__init__(
                model, tokens=tokens, context=context, loader=lambda *_: Model(), reader=lambda m: m
            )

    monkeypatch.setattr("neuro.embedders.naming.SentenceTransformersEmbedder", Double)
    (tmp_path / "m").mkdir()
    with_tokens = await resolve(str(tmp_path / "m"))
    without = await Double(str(tmp_path / "m"), tokens=False).load()
    within = await Double(str(tmp_path / "m"), context=True).load()
    assert len({with_tokens.name, without.name, within.name}) == 3
    for embedder in (with_tokens, without, within):
        filler = Filler.of(embedder)
        assert (await resolve(filler=filler)).name == embedder.name
        assert (await resolve(str(tmp_path / "m"), filler=filler)).name == embedder.name


async def test_a_brain_shows_its_embedder_what_stands_around_a_fragment():
    model = Model()
    lines = [
        f"line {number} goes on and on for a while until it has said all there is to say of this"
        for number in range(9)
    ]
    async with Brain.create(embedder=await loaded(model, context=True)) as brain:
        await brain.perceive(". ".join(lines) + ".", context={"speaker": "Dana"})
    texts = [text for texts in model.read_texts for text in texts]
    assert len(texts) > 2 and all(text.startswith("Dana: ") for text in texts)
    assert all(sum(f"line {n} " in text for n in range(9)) >= 3 for text in texts), "what stands around each"
    assert all(len(text) < 1_200 for text in texts)
