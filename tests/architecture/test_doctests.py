"""Every example in a docstring is true."""

import doctest
import importlib
import pkgutil

import pytest

import neuro

SKIPPED = ("neuro.__main__", "neuro.embedders.sentence_transformers_loading")
MODULES = [
    "neuro",
    *(m.name for m in pkgutil.walk_packages(neuro.__path__, "neuro.") if m.name not in SKIPPED),
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_every_equation_has_an_example() -> None:
    for module in pkgutil.iter_modules([f"{neuro.__path__[0]}/dynamics"]):
        loaded = importlib.import_module(f"neuro.dynamics.{module.name}")
        for function in vars(loaded).values():
            if getattr(function, "__module__", None) == loaded.__name__ and callable(function):
                assert ">>>" in (function.__doc__ or ""), f"{module.name}.{function.__name__}"
