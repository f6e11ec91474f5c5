"""Where a model is looked for, in which order; the package is a double."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from neuro.embedders import SentenceTransformersEmbedder
from neuro.errors import EmbedderUnavailableError, MissingDependencyError

LOADING = "neuro.embedders.sentence_transformers_loading"


class Package:
    """Doubles of sentence_transformers, huggingface_hub and transformers, and what was asked of them."""

    def __init__(self) -> None:
        self.cached: set[str] = set()
        self.on_hub: set[str] = set()
        self.unreachable: Exception | None = None
        self.offline = False
        self.bars_shown = True
        self.asked: list[tuple[str, bool]] = []
        self.bars_during_load: list[bool] = []

    def sentence_transformer(self, model: str, *, device: str | None, local_files_only: bool = False) -> str:
        self.asked.append((model, local_files_only))
        self.bars_during_load.append(self.bars_shown)
        if Path(model).is_dir() or model in self.cached or (model in self.on_hub and not local_files_only):
            return f"{model} on {device}"
        raise OSError(f"{model} is not a local folder and is not a valid model identifier")

    def head(self, url: str, *, timeout: float) -> None:
        assert url == "https://hub.example"
        assert timeout <= 10.0
        if self.unreachable is not None:
            raise self.unreachable

    def is_progress_bar_enabled(self) -> bool:
        return self.bars_shown

    def disable_progress_bar(self) -> None:
        self.bars_shown = False

    def enable_progress_bar(self) -> None:
        self.bars_shown = True

    @property
    def HF_HUB_OFFLINE(self) -> bool:  # noqa: N802 - the package's name
        return self.offline

    ENDPOINT = "https://hub.example"


class Transformer:
    """The first part of every model."""


class Normalize:
    """The last part of some."""


class Pooling:
    """The part that makes one row of all tokens."""

    def __init__(self, **config: Any) -> None:
        self._config = config

    def get_config_dict(self) -> dict[str, Any]:
        return self._config


class Parts(list[Any]):
    """A model made of parts."""

    def __init__(self, *after: Any, prompt: str = "", is_fast: bool = True) -> None:
        super().__init__([Transformer(), *after])
        self.prompts = {"document": prompt}
        self.tokenizer = SimpleNamespace(is_fast=is_fast)
        self.max_seq_length = 256


def module(name: str, **members: Any) -> ModuleType:
    made = ModuleType(name)
    made.__dict__.update(members)
    return made


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    double = Package()
    hub = module("huggingface_hub", constants=double, get_session=lambda: double)
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    monkeypatch.setitem(
        sys.modules,
        "sentence_transformers",
        module("sentence_transformers", SentenceTransformer=double.sentence_transformer),
    )
    monkeypatch.setitem(sys.modules, "torch", module("torch"))
    monkeypatch.setitem(sys.modules, "transformers", module("transformers"))
    monkeypatch.setitem(sys.modules, "transformers.utils", module("transformers.utils", logging=double))
    forget_loading(monkeypatch)
    return double


def forget_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the module be imported anew, and forgets it again after the test."""
    monkeypatch.setitem(sys.modules, LOADING, ModuleType(LOADING))
    del sys.modules[LOADING]


def load(model: str, *, allow_download: bool = True) -> Any:
    return importlib.import_module(LOADING).load_model(model, "cpu", allow_download)


def test_a_folder_is_loaded_without_the_network(package: Package, tmp_path: Path):
    assert load(str(tmp_path)) == f"{tmp_path} on cpu"
    assert package.asked == [(str(tmp_path), True)]


def test_a_cached_model_is_loaded_without_the_network(package: Package):
    package.cached.add("m")
    package.unreachable = OSError("no route")
    assert load("m") == "m on cpu"
    assert package.asked == [("m", True)]


def test_only_a_model_that_is_not_here_is_fetched(package: Package):
    package.on_hub.add("m")
    assert load("m") == "m on cpu"
    assert package.asked == [("m", True), ("m", False)]


def test_nothing_is_fetched_where_that_is_not_allowed(package: Package):
    package.on_hub.add("m")
    with pytest.raises(OSError, match="downloading was not allowed"):
        load("m", allow_download=False)
    assert package.asked == [("m", True)]


def test_nothing_is_fetched_when_the_environment_says_offline(package: Package):
    package.on_hub.add("m")
    package.offline = True
    with pytest.raises(OSError, match="HF_HUB_OFFLINE is set"):
        load("m")
    assert package.asked == [("m", True)]


def test_an_unreachable_hub_is_noticed_before_the_package_tries_for_a_minute(package: Package):
    package.unreachable = RuntimeError("Name or service not known")
    with pytest.raises(ConnectionError, match=r"https://hub\.example cannot be reached \(Name or service"):
        load("m")
    assert package.asked == [("m", True)]


def test_a_model_that_the_hub_does_not_know_says_so(package: Package):
    with pytest.raises(OSError, match="not a valid model identifier"):
        load("m")


@pytest.mark.parametrize("shown", [True, False])
def test_no_progress_bar_is_drawn_and_the_setting_is_put_back(package: Package, shown: bool):
    package.bars_shown = shown
    package.on_hub.add("m")
    load("m")
    assert package.bars_during_load == [False, False]
    assert package.bars_shown is shown


async def test_the_embedder_loads_through_this_module(package: Package):
    package.offline = True
    with pytest.raises(EmbedderUnavailableError, match="'m' cannot be loaded: it is not on this machine"):
        await SentenceTransformersEmbedder("m").load()


async def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    for name in ("huggingface_hub", "sentence_transformers", "transformers"):
        monkeypatch.setitem(sys.modules, name, None)
    forget_loading(monkeypatch)
    with pytest.raises(MissingDependencyError, match=r"pip install 'neuro-brain\[sentence-transformers\]'"):
        await SentenceTransformersEmbedder("m").load()


MEAN = {"pooling_mode": "mean"}
MEAN_BY_FLAGS = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
BOTH_BY_FLAGS = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}


@pytest.mark.parametrize(
    ("model", "readable"),
    [
        (Parts(Pooling(**MEAN), Normalize()), True),
        (Parts(Pooling(**MEAN_BY_FLAGS)), True),
        (Parts(Pooling(**BOTH_BY_FLAGS)), False),
        (Parts(Pooling(pooling_mode="cls")), False),
        (Parts(Pooling(**MEAN), Transformer()), False),
        (Parts(Pooling(**MEAN), prompt="passage: "), False),
        (Parts(Pooling(**MEAN), is_fast=False), False),
        (Parts(), False),
    ],
)
def test_hidden_states_are_read_only_of_models_whose_rows_are_their_mean(
    package: Package, model: Parts, readable: bool
):
    found = importlib.import_module(LOADING).hidden_states(model)
    assert (found is not None) is readable
