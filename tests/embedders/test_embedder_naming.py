"""From ``embedder=`` to an embedder, and from what a store remembers back to it."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from neuro.embedders import (
    CachedEmbedder,
    Filler,
    HashingEmbedder,
    SentenceTransformersEmbedder,
    WordsEmbedder,
    is_contextual,
    resolve,
)
from neuro.errors import (
    ConfigurationError,
    EmbedderError,
    EmbedderUnavailableError,
    FeatureMismatchError,
    InvalidArgumentError,
)
from neuro.indexing.word_table import WordTable


class Own:
    """An embedder of a user's program."""

    def __init__(self, name: Any = "own", dimension: Any = 3) -> None:
        self.name = name
        self.dimension = dimension
        self.closed = False

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        return np.ones((len(texts), self.dimension))

    embed_cues = embed

    async def aclose(self) -> None:
        self.closed = True


class Model:
    def encode(self, texts: Sequence[str], **_: Any) -> np.ndarray:
        return np.ones((len(texts), 5))


@pytest.fixture(autouse=True)
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every model can be had; those that were loaded."""
    loaded: list[str] = []

    def load_model(model: str, device: str | None, allow_download: bool) -> Model:
        loaded.append(model)
        return Model()

    loading = ModuleType("neuro.embedders.sentence_transformers_loading")
    loading.__dict__.update(load_model=load_model, hidden_states=lambda model: None)
    monkeypatch.setitem(sys.modules, loading.__name__, loading)
    return loaded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "my-model"
    made.mkdir()
    (made / "config.json").write_text("{}")
    return made


@pytest.mark.parametrize("named", [None, "words"])
async def test_the_words_embedder_is_the_default_and_has_a_name(named: str | None):
    embedder = await resolve(named)
    assert isinstance(embedder, WordsEmbedder)
    assert (embedder.name, embedder.dimension) == ("words", 128)


@pytest.mark.parametrize(
    ("named", "name", "dimension"),
    [
        ("lexical", "lexical", 256),
        ("lexical-256", "lexical", 256),
        ("lexical-512", "lexical-512", 512),
    ],
)
async def test_the_lexical_embedder_has_names(named: str, name: str, dimension: int):
    embedder = await resolve(named)
    assert isinstance(embedder, HashingEmbedder)
    assert (embedder.name, embedder.dimension) == (name, dimension)


@pytest.mark.parametrize(
    "named", ["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2", "owner/m.v1_2"]
)
async def test_a_model_is_loaded_by_its_name_and_by_the_name_of_its_embedder(named: str, loads: list[str]):
    embedder = await resolve(named)
    again = await resolve(embedder.name)
    assert (embedder.dimension, again.name) == (5, embedder.name)
    assert loads == [named, named.removeprefix("sentence-transformers/")]


async def test_a_folder_is_loaded_as_text_as_path_and_from_home(
    folder: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(folder.parent))
    names = [(await resolve(named)).name for named in (str(folder), folder, "~/my-model")]
    assert len(set(names)) == 1
    assert loads == [str(folder)] * 3


@pytest.fixture
def beside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, with the one above it as the working directory."""
    monkeypatch.chdir(folder.parent)
    return folder


async def test_a_folder_comes_before_a_model_of_the_same_name(beside: Path, loads: list[str]):
    await resolve("my-model")
    assert loads == [str(beside)]


async def test_an_object_with_the_port_is_itself():
    own, cached = Own(), CachedEmbedder(Own())
    assert await resolve(own) is own
    assert await resolve(cached) is cached


async def test_a_model_that_was_only_made_is_loaded_also_inside_a_cache():
    bare, inner = SentenceTransformersEmbedder("a-model"), SentenceTransformersEmbedder("b-model")
    assert await resolve(bare) is bare
    await resolve(CachedEmbedder(inner))
    assert (bare.dimension, inner.dimension) == (5, 5)


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "  ",
        "openai:text-embedding-3",
        "two words",
        "lexical:3",
        3,
        True,
        object(),
        ["lexical"],
        HashingEmbedder,
        len,
    ],
)
async def test_anything_else_is_refused_with_what_is_accepted(nonsense: Any):
    with pytest.raises(
        ConfigurationError, match=r"Brain\.embedder: (must be \"words\", \"lexical\"|its name must be)"
    ):
        await resolve(nonsense)


@pytest.mark.parametrize("own", [Own(name=""), Own(name=None), Own(dimension=0), Own(dimension=3.0)])
async def test_an_object_needs_a_name_and_a_dimension(own: Own):
    with pytest.raises(ConfigurationError, match=r"Brain\.embedder: its (name|dimension) must be"):
        await resolve(own)


async def test_a_lexical_dimension_out_of_range_is_refused():
    with pytest.raises(ConfigurationError, match=r"HashingEmbedder\.dimension"):
        await resolve("lexical-3")


async def test_a_path_where_no_folder_is_is_unavailable(tmp_path: Path):
    with pytest.raises(EmbedderUnavailableError, match="no folder"):
        await resolve(str(tmp_path / "gone"))


async def test_a_fingerprint_alone_does_not_say_where_the_folder_is(folder: Path):
    name = (await resolve(folder)).name
    with pytest.raises(EmbedderUnavailableError, match="pass that folder as embedder="):
        await resolve(name)


async def refill(embedder: Any) -> Filler:
    """What a store remembers of ``embedder``, read back from JSON."""
    document = json.loads(json.dumps(Filler.of(await resolve(embedder)).model_dump()))
    return Filler(**document)


async def test_what_a_store_remembers_is_enough_to_open_the_same_embedder_again(folder: Path):
    for named in (
        "words",
        "lexical",
        "lexical-64",
        "all-MiniLM-L6-v2",
        str(folder),
        CachedEmbedder(HashingEmbedder(32)),
    ):
        filler = await refill(named)
        again = await resolve(filler=filler)
        assert (again.name, again.dimension) == (filler.name, filler.dimension)


async def test_a_relative_folder_is_remembered_by_its_place(beside: Path):
    filler = await refill("./my-model")
    await asyncio.to_thread(os.chdir, "/")
    assert (await resolve(filler=filler)).name == filler.name


async def test_naming_the_embedder_that_filled_the_store_opens_it():
    assert (await resolve("lexical-256", filler=await refill("lexical"))).name == "lexical"
    assert (await resolve("words", filler=await refill(None))).name == "words"
    own = Own()
    assert await resolve(own, filler=await refill(Own())) is own


async def test_a_copy_of_the_folder_in_another_place_opens_the_store(folder: Path, tmp_path: Path):
    filler = await refill(folder)
    moved = tmp_path / "elsewhere" / "my-model"
    await asyncio.to_thread(os.renames, folder, moved)
    with pytest.raises(EmbedderUnavailableError, match="if it has moved, pass its new folder"):
        await resolve(filler=filler)
    embedder = await resolve(moved, filler=filler)
    assert Filler.of(embedder).source == str(moved)


async def test_another_embedder_is_a_mismatch_that_says_how_to_open_the_store(folder: Path):
    for filled_by, way in (
        ("lexical", "embedder='lexical'"),
        ("all-MiniLM-L6-v2", "embedder='all-MiniLM-L6-v2'"),
        (folder, f"embedder='{folder}', or with the folder that holds an unchanged copy"),
        (Own("theirs"), "embedder= the object named 'theirs'"),
    ):
        filler = await refill(filled_by)
        with pytest.raises(FeatureMismatchError) as caught:
            await resolve("lexical-512", filler=filler)
        message = str(caught.value)
        assert f"filled by the embedder {filler.name!r}" in message
        assert way in message


async def test_a_model_that_changed_in_its_place_is_a_mismatch(folder: Path):
    filler = await refill(folder)
    await asyncio.to_thread((folder / "config.json").write_text, '{"retrained": true}')
    with pytest.raises(FeatureMismatchError, match="an unchanged copy"):
        await resolve(filler=filler)


async def test_an_equal_name_with_another_dimension_is_a_mismatch():
    with pytest.raises(FeatureMismatchError, match="dimension 3, not by 'own' of dimension 4"):
        await resolve(Own(dimension=4), filler=await refill(Own(dimension=3)))


async def test_on_a_mismatch_the_object_of_the_user_stays_open():
    own = Own()
    with pytest.raises(FeatureMismatchError):
        await resolve(own, filler=await refill("lexical"))
    assert not own.closed


async def test_a_store_that_the_lexical_embedder_filled_opens_with_it_when_none_is_named():
    embedder = await resolve(None, filler=await refill("lexical"))
    assert isinstance(embedder, HashingEmbedder)


async def test_a_store_filled_by_words_of_another_table_asks_for_that_embedder():
    own = WordsEmbedder(WordTable(["dog", "cat"], [[1.0, 0.2], [0.9, 0.3]]))
    filler = await refill(own)
    with pytest.raises(EmbedderUnavailableError, match=f"the object named '{own.name}'"):
        await resolve(filler=filler)
    with pytest.raises(FeatureMismatchError, match="of dimension 2, not by 'words' of dimension 128"):
        await resolve("words", filler=filler)
    assert await resolve(own, filler=filler) is own


async def test_an_object_of_the_user_may_be_called_as_one_of_ours():
    assert Filler.of(Own("words")).source is None


def test_features_of_single_words_are_not_contextual_and_those_of_strangers_are():
    frank = Own()
    frank.contextual = False
    strangers = Own(), SentenceTransformersEmbedder("a-model")
    assert [is_contextual(embedder) for embedder in strangers] == [True, True]
    assert [is_contextual(embedder) for embedder in (WordsEmbedder(), HashingEmbedder(), frank)] == [
        False
    ] * 3


async def test_a_store_filled_by_an_object_of_the_user_asks_for_it():
    filler = await refill(Own("theirs"))
    with pytest.raises(EmbedderUnavailableError, match="the object named 'theirs'"):
        await resolve(filler=filler)


async def test_a_remembered_folder_that_lost_its_model_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch):
    filler = await refill(folder)

    def broken(*_: object) -> Model:
        raise ValueError("Unrecognized model")

    monkeypatch.setattr(sys.modules["neuro.embedders.sentence_transformers_loading"], "load_model", broken)
    with pytest.raises(EmbedderError, match="Unrecognized model"):
        await resolve(filler=filler)


def test_what_a_store_remembers_must_make_sense():
    with pytest.raises(InvalidArgumentError, match=r"Filler\.dimension"):
        Filler(name="lexical", dimension=0)
