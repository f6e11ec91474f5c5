"""The embedder over a real sentence-transformers model in the folder $NEURO_TEST_MODEL."""

import asyncio
import os
from collections.abc import Iterator

import numpy as np
import pytest

from neuro.embedders import Filler, Passage, SentenceTransformersEmbedder, reads_tokens, resolve
from neuro.errors import EmbedderError, EmbedderUnavailableError

pytestmark = pytest.mark.model

MODEL = os.environ["NEURO_TEST_MODEL"]


@pytest.fixture(scope="module")
def embedder() -> Iterator[SentenceTransformersEmbedder]:
    loaded = asyncio.run(SentenceTransformersEmbedder(MODEL).load())
    yield loaded
    asyncio.run(loaded.aclose())


async def test_meaning_is_closer_than_spelling(embedder: SentenceTransformersEmbedder):
    rows = await embedder.embed(["A dog ran through the park.", "The dock ran along the port."])
    cue = await embedder.embed_cues(["Which animal was outside?"])
    near, far = rows @ cue[0]
    assert near > far + 0.1


async def test_rows_are_unit_float32_also_of_texts_without_words(embedder: SentenceTransformersEmbedder):
    rows = await embedder.embed(["A dog.", " ", "🎉", "word " * 2000])
    assert (rows.dtype, rows.shape) == (np.dtype(np.float32), (4, embedder.dimension))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)
    assert (await embedder.embed([])).shape == (0, embedder.dimension)


async def test_being_answered_together_gives_the_rows_of_being_answered_alone(
    embedder: SentenceTransformersEmbedder,
):
    texts = ["Dana met us at the harbour.", "Yes.", "She lost her keys somewhere between the boats.", "Why?"]
    together = await asyncio.gather(*(embedder.embed([text]) for text in texts))
    alone = [await embedder.embed([text]) for text in texts]
    np.testing.assert_allclose(np.concatenate(together), np.concatenate(alone), atol=1e-5)


async def test_tokens_know_what_they_stand_beside(embedder: SentenceTransformersEmbedder):
    assert reads_tokens(embedder) and embedder.name.endswith("+tokens")
    (asked,) = await embedder.embed_askings(["the bank of a river"])
    texts = ["They sat on the bank and watched the water.", "They went to the bank and drew some money."]
    near, far = await embedder.embed_passages([Passage(text, "Dana") for text in texts])
    bank = asked.tokens.rows[0].astype(float)
    best = [(one.tokens.rows.astype(float) @ bank).max() for one in (near, far)]
    assert asked.tokens.counts == (2,)
    assert best[0] > best[1] + 500.0


async def test_rows_of_what_asks_are_those_of_the_package(embedder: SentenceTransformersEmbedder):
    cues = ["Where did they sit?", "", "word " * 2000]
    asked = await embedder.embed_askings(cues)
    np.testing.assert_allclose([one.row for one in asked], await embedder.embed_cues(cues), atol=1e-5)


async def test_a_text_longer_than_the_model_reads_is_read_from_its_beginning(
    embedder: SentenceTransformersEmbedder,
):
    (read,) = await embedder.embed_passages([Passage("harbour " * 2000, "Dana")])
    assert 100 < len(read.tokens.rows) < 2000


async def test_a_text_that_the_tokenizer_refuses_fails_alone(embedder: SentenceTransformersEmbedder):
    good, bad = await asyncio.gather(
        embedder.embed(["fine"]), embedder.embed(["\ud800"]), return_exceptions=True
    )
    assert isinstance(good, np.ndarray)
    assert isinstance(bad, EmbedderError)


async def test_the_folder_is_remembered_and_opened_again(embedder: SentenceTransformersEmbedder):
    filler = Filler.of(embedder)
    again = await resolve(filler=filler)
    assert (again.name, again.dimension) == (embedder.name, embedder.dimension)
    texts = ["The same features, to the bit."]
    np.testing.assert_array_equal(await again.embed(texts), await embedder.embed(texts))
    await again.aclose()


async def test_an_absent_model_is_reported_at_once_when_offline(
    embedder: SentenceTransformersEmbedder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    async with asyncio.timeout(5):
        with pytest.raises(
            EmbedderUnavailableError, match="HF_HUB_OFFLINE is set; fetch it once while online"
        ):
            await SentenceTransformersEmbedder("nobody/no-such-model").load()


async def test_loading_and_encoding_print_nothing(capfd: pytest.CaptureFixture[str]):
    loaded = await SentenceTransformersEmbedder(MODEL).load()
    await loaded.embed(["quiet", "please"])
    await loaded.aclose()
    assert capfd.readouterr() == ("", "")
