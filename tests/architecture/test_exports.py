"""The public names are listed, sorted, exist, and are documented."""

import importlib
import inspect
import pkgutil

import pytest

import neuro

PACKAGES = ["neuro", "neuro.regions", "neuro.sleep", "neuro.stores", "neuro.embedders", "neuro.plasticity"]


def all_modules() -> list[str]:
    skipped = ("neuro.__main__", "neuro.embedders.sentence_transformers_loading")
    return [m.name for m in pkgutil.walk_packages(neuro.__path__, "neuro.") if m.name not in skipped]


@pytest.mark.parametrize("package", PACKAGES)
def test_what_a_package_exports_is_listed_in_order_and_exists(package: str) -> None:
    module = importlib.import_module(package)
    assert sorted(set(module.__all__)) == sorted(module.__all__)
    for name in module.__all__:
        assert hasattr(module, name)


def test_every_import_of_the_package_is_exported() -> None:
    public = {name for name, value in vars(neuro).items() if name[0] != "_" and not inspect.ismodule(value)}
    assert public == set(neuro.__all__)


@pytest.mark.parametrize("name", all_modules())
def test_everything_public_is_documented(name: str) -> None:
    module = importlib.import_module(name)
    assert (module.__doc__ or "").strip(), f"{name} has no docstring"
    for attribute, value in vars(module).items():
        if attribute.startswith("_") or getattr(value, "__module__", None) != name:
            continue
        if attribute.startswith("check_") and name.startswith("neuro.testing"):
            continue  # the name of a conformance check is its sentence
        if inspect.isfunction(value):
            assert value.__doc__, f"{name}.{attribute}"
        elif inspect.isclass(value):
            assert value.__doc__, f"{name}.{attribute}"
            for method, function in vars(value).items():
                if inspect.isfunction(function) and not method.startswith("_"):
                    inherited = any(
                        getattr(getattr(base, method, None), "__doc__", None) for base in value.__mro__
                    )
                    ported = any(
                        getattr(function, "__doc__", None) or hasattr(port, method)
                        for port in ported_from(value)
                    )
                    assert function.__doc__ or inherited or ported, f"{name}.{attribute}.{method}"


def ported_from(value: type) -> list[type]:
    """The ports whose verbs a class may implement without saying again what they do."""
    from neuro.clock import Clock
    from neuro.embedders import Embedder, ImmediateEmbedder
    from neuro.plasticity import Plasticity
    from neuro.regions.amygdala import Appraiser
    from neuro.sleep import SleepStage
    from neuro.stores import EngramStore, Store

    return [Appraiser, Clock, Embedder, ImmediateEmbedder, Plasticity, SleepStage, EngramStore, Store]
