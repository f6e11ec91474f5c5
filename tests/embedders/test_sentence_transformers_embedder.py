"""How a model is loaded, shared and let go of; the models are doubles."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuro.embedders import CachedEmbedder, Embedder, ImmediateEmbedder, SentenceTransformersEmbedder
from neuro.errors import (
    ConfigurationError,
    EmbedderError,
    EmbedderUnavailableError,
    FeatureMismatchError,
)


class Model:
    """Rows of length, kind and 1; writes down the texts of each call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[str]]] = []
        self.options: dict[str, Any] = {}
        self.threads: set[str] = set()

    def _rows(self, kind: str, texts: Sequence[str], options: dict[str, Any]) -> np.ndarray:
        self.calls.append((kind, list(texts)))
        self.options = options
        self.threads.add(threading.current_thread().name)
        if "bad" in texts:
            raise KeyError("the tokenizer does not know this text")
        if not texts:
            return np.zeros(0)
        return np.array([[len(text), kind == "query", 1.0] for text in texts], dtype=np.float32)

    def encode(self, texts: Sequence[str], **options: Any) -> np.ndarray:
        return self._rows("text", texts, options)


class TwoSided(Model):
    """A model that tells cues from documents."""

    def encode_query(self, texts: Sequence[str], **options: Any) -> np.ndarray:
        return self._rows("query", texts, options)

    def encode_document(self, texts: Sequence[str], **options: Any) -> np.ndarray:
        return self._rows("document", texts, options)


class Gated(TwoSided):
    """A model that, once it has been shut, stays busy until it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.get_running_loop()
        self.busy = asyncio.Event()
        self.open = threading.Event()
        self.open.set()

    def _rows(self, kind: str, texts: Sequence[str], options: dict[str, Any]) -> np.ndarray:
        self.loop.call_soon_threadsafe(self.busy.set)
        assert self.open.wait(timeout=30)
        return super()._rows(kind, texts, options)


async def loaded(model: Model, **options: Any) -> SentenceTransformersEmbedder:
    embedder = await SentenceTransformersEmbedder("a-model", loader=lambda *_: model, **options).load()
    model.calls.clear()
    return embedder


async def busy_with(model: Gated, embedder: SentenceTransformersEmbedder) -> asyncio.Task[np.ndarray]:
    """A task whose texts the model is working on until ``model.open`` is set."""
    model.busy.clear()
    model.open.clear()
    task = asyncio.create_task(embedder.embed(["first"]))
    await model.busy.wait()
    return task


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_cues_and_documents_are_encoded_as_such():
    model = TwoSided()
    embedder = await loaded(model)
    document, cue = await embedder.embed(["abc"]), await embedder.embed_cues(["abc"])
    assert [kind for kind, _ in model.calls] == ["document", "query"]
    assert document[0, 1] == 0.0 < cue[0, 1]


async def test_a_model_that_does_not_tell_them_apart_encodes_both_alike():
    model = Model()
    embedder = await loaded(model)
    np.testing.assert_array_equal(await embedder.embed(["abc"]), await embedder.embed_cues(["abc"]))


async def test_it_is_an_embedder_that_has_to_be_awaited():
    embedder = await loaded(TwoSided())
    assert isinstance(embedder, Embedder)
    assert not isinstance(embedder, ImmediateEmbedder)
    assert (embedder.name, embedder.dimension) == ("sentence-transformers:a-model", 3)


async def test_rows_are_float32_of_unit_length_and_no_texts_give_none():
    embedder = await loaded(TwoSided())
    rows = await embedder.embed(["abc", "", "x" * 100])
    assert (rows.dtype, rows.shape) == (np.dtype(np.float32), (3, 3))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)
    assert (await embedder.embed([])).shape == (0, 3)


async def test_the_model_is_told_to_be_quiet_and_how_much_to_take_at_once():
    model = TwoSided()
    await (await loaded(model, batch_size=7)).embed(["abc"])
    assert (model.options["batch_size"], model.options["show_progress_bar"]) == (7, False)


async def test_making_one_loads_nothing_and_the_first_embed_loads_once():
    loads: list[tuple[str, str | None, bool]] = []

    def loader(model: str, device: str | None, allow_download: bool) -> Model:
        loads.append((model, device, allow_download))
        return TwoSided()

    embedder = SentenceTransformersEmbedder("owner/m", device="cpu", allow_download=False, loader=loader)
    assert loads == []
    with pytest.raises(EmbedderError, match="load"):
        _ = embedder.name
    await asyncio.gather(embedder.embed(["a"]), embedder.embed(["b"]), embedder.load())
    assert loads == [("owner/m", "cpu", False)]


async def test_loading_and_encoding_happen_in_one_thread_of_its_own():
    model = TwoSided()
    embedder = await loaded(model)
    await asyncio.gather(*(embedder.embed([str(i)]) for i in range(20)))
    assert len(model.threads) == 1
    assert threading.current_thread().name not in model.threads


async def test_those_who_ask_at_the_same_time_are_answered_by_one_call():
    model = TwoSided()
    embedder = await loaded(model)
    answers = await asyncio.gather(*(embedder.embed(["x" * n, "y"]) for n in range(1, 6)))
    assert len(model.calls) == 1
    for n, rows in enumerate(answers, start=1):
        np.testing.assert_allclose(rows[:, 0] / rows[:, 2], [n, 1.0], rtol=1e-6)


async def test_those_who_ask_while_the_model_is_busy_are_answered_by_its_next_calls():
    model = Gated()
    embedder = await loaded(model)
    first = await busy_with(model, embedder)
    others = [asyncio.create_task(embedder.embed([text])) for text in ("a", "b", "c")]
    cue = asyncio.create_task(embedder.embed_cues(["who?"]))
    await turns()
    model.open.set()
    await asyncio.gather(first, cue, *others)
    assert model.calls == [("document", ["first"]), ("query", ["who?"]), ("document", ["a", "b", "c"])]


async def test_one_who_gives_up_harms_no_other_and_is_not_encoded():
    model = Gated()
    embedder = await loaded(model)
    first = await busy_with(model, embedder)
    waiting = [asyncio.create_task(embedder.embed([text])) for text in ("a", "b")]
    await turns()
    first.cancel()
    waiting[0].cancel()
    await turns()
    model.open.set()
    rows = await waiting[1]
    assert rows.shape == (1, 3)
    assert model.calls == [("document", ["first"]), ("document", ["b"])]
    assert first.cancelled()
    assert waiting[0].cancelled()


async def test_texts_that_the_model_refuses_fail_only_those_who_brought_them():
    embedder = await loaded(TwoSided())
    good, bad, other = await asyncio.gather(
        embedder.embed(["good"]), embedder.embed(["bad"]), embedder.embed(["fine"]), return_exceptions=True
    )
    assert isinstance(good, np.ndarray)
    assert isinstance(other, np.ndarray)
    assert isinstance(bad, EmbedderError)
    assert "a-model" in str(bad)
    assert isinstance(bad.__cause__, KeyError)
    assert (await embedder.embed(["good again"])).shape == (1, 3)


async def test_a_model_that_changes_its_mind_about_the_dimension_is_a_mismatch():
    model = TwoSided()
    embedder = await loaded(model)
    model.encode_document = lambda texts, **_: np.ones((len(texts), 4))  # type: ignore[method-assign]
    with pytest.raises(FeatureMismatchError, match="3 numbers, and returned 4"):
        await embedder.embed(["a"])


async def test_a_long_batch_lets_others_have_their_turn():
    model = Gated()
    embedder = await loaded(model)
    first = await busy_with(model, embedder)
    batch = asyncio.create_task(embedder.embed([str(i) for i in range(1200)]))
    await turns()
    model.busy.clear()
    cue = asyncio.create_task(embedder.embed_cues(["who?"]))
    await turns()
    model.open.set()
    rows, _, _ = await asyncio.gather(batch, cue, first)
    assert rows.shape == (1200, 3)
    kinds = [(kind, len(texts)) for kind, texts in model.calls]
    assert kinds == [("document", 1), ("query", 1), ("document", 512), ("document", 512), ("document", 176)]


async def test_closing_answers_those_who_have_asked_and_refuses_what_comes_later():
    model = Gated()
    embedder = await loaded(model)
    first = await busy_with(model, embedder)
    closing = asyncio.create_task(embedder.aclose())
    await turns()
    assert not closing.done()
    model.open.set()
    await closing
    assert (await first).shape == (1, 3)
    with pytest.raises(EmbedderError, match="closed"):
        await embedder.embed(["late"])
    await embedder.aclose()
    assert embedder.name == "sentence-transformers:a-model"


async def test_one_that_was_never_loaded_can_be_closed():
    embedder = SentenceTransformersEmbedder("a-model", loader=lambda *_: TwoSided())
    await embedder.aclose()
    with pytest.raises(EmbedderError, match="closed"):
        await embedder.load()


async def test_a_load_that_was_given_up_is_not_lost():
    release = threading.Event()
    loads: list[str] = []

    def loader(model: str, device: str | None, allow_download: bool) -> Model:
        loads.append(model)
        assert release.wait(timeout=30)
        return TwoSided()

    embedder = SentenceTransformersEmbedder("a-model", loader=loader)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await embedder.load()
    release.set()
    assert (await embedder.embed(["a"])).shape == (1, 3)
    assert loads == ["a-model"]


async def test_a_model_that_cannot_be_had_says_which_why_and_how_to_get_it():
    def loader(model: str, device: str | None, allow_download: bool) -> Model:
        raise OSError("it is not on this machine, and HF_HUB_OFFLINE is set.\nSee the manual.")

    with pytest.raises(EmbedderUnavailableError) as caught:
        await SentenceTransformersEmbedder("all-MiniLM-L6-v2", loader=loader).load()
    message = str(caught.value)
    assert "'all-MiniLM-L6-v2' cannot be loaded: it is not on this machine" in message
    assert "hf download sentence-transformers/all-MiniLM-L6-v2" in message
    assert "manual" not in message
    assert isinstance(caught.value.__cause__, OSError)


async def test_a_folder_that_holds_no_model_is_unavailable(tmp_path: Path):
    def loader(model: str, device: str | None, allow_download: bool) -> Model:
        raise ValueError("Unrecognized model")

    with pytest.raises(EmbedderUnavailableError, match=r"Unrecognized model; the folder must hold a model"):
        await SentenceTransformersEmbedder(str(tmp_path), loader=loader).load()


async def test_a_folder_that_is_not_there_never_reaches_the_package():
    with pytest.raises(EmbedderUnavailableError, match=r"no folder '\./models/gone'"):
        await SentenceTransformersEmbedder("./models/gone").load()


def model_folder(parent: Path, *, weights: bytes = b"weights", readme: str = "") -> Path:
    folder = parent / "my-model"
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "1_Pooling" / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "README.md").write_text(readme)
    return folder


async def of_folder(parent: Path, **contents: Any) -> SentenceTransformersEmbedder:
    folder = await asyncio.to_thread(model_folder, parent, **contents)
    return await SentenceTransformersEmbedder(str(folder), loader=lambda *_: TwoSided()).load()


async def test_a_folder_is_named_by_what_it_holds_wherever_it_lies(tmp_path: Path):
    here = await of_folder(tmp_path / "here")
    there = await of_folder(tmp_path / "there", readme="not what features are made of")
    changed = await of_folder(tmp_path / "changed", weights=b"other weights")
    assert here.name.startswith("sentence-transformers:my-model@")
    assert here.name == there.name != changed.name
    assert here.source == str(tmp_path / "here" / "my-model")


async def test_weights_that_differ_only_at_their_end_make_another_name(tmp_path: Path):
    size = 3 << 20
    one = await of_folder(tmp_path / "one", weights=bytes(size))
    other = await of_folder(tmp_path / "other", weights=bytes(size - 1) + b"1")
    assert one.name != other.name


async def test_a_model_of_the_package_s_own_organisation_has_one_name():
    def of(model: str) -> SentenceTransformersEmbedder:
        return SentenceTransformersEmbedder(model, loader=lambda *_: TwoSided())

    short, long, other = [
        (await of(model).load()).name for model in ("m-1", "sentence-transformers/m-1", "else/m-1")
    ]
    assert short == long == "sentence-transformers:m-1"
    assert other == "sentence-transformers:else/m-1"


async def test_the_cache_goes_around_it():
    model = TwoSided()
    cached = CachedEmbedder(await loaded(model))
    await cached.embed(["a"])
    await cached.embed(["a", "b"])
    assert model.calls == [("document", ["a"]), ("document", ["b"])]
    assert not isinstance(cached, ImmediateEmbedder)


@pytest.mark.parametrize("model", ["", "  ", None, 3])
def test_a_model_must_be_named(model: object):
    with pytest.raises(ConfigurationError, match=r"SentenceTransformersEmbedder\.model"):
        SentenceTransformersEmbedder(model)  # type: ignore[arg-type]


@pytest.mark.parametrize("batch_size", [0, -1, True, 2.0])
def test_a_batch_must_hold_a_text(batch_size: object):
    with pytest.raises(ConfigurationError, match=r"SentenceTransformersEmbedder\.batch_size"):
        SentenceTransformersEmbedder("a-model", batch_size=batch_size)  # type: ignore[arg-type]
