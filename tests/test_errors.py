"""The tree of errors: one root, and each error is also the builtin that it is most like."""

import inspect

import pytest

import neuro
from neuro import errors

BUILTIN = {
    "ConfigurationError": ValueError,
    "BrainClosedError": RuntimeError,
    "WrongLoopError": RuntimeError,
    "TransactionError": RuntimeError,
    "InvalidArgumentError": ValueError,
    "InvalidStimulusError": ValueError,
    "EngramNotFoundError": LookupError,
    "FeatureMismatchError": ValueError,
    "UnknownRegionError": LookupError,
    "StoreUnavailableError": ConnectionError,
    "ScopeError": PermissionError,
    "MissingDependencyError": ImportError,
}
PARENTS = {
    "InvalidStimulusError": "InvalidArgumentError",
    "EngramNotFoundError": "EngramError",
    "StaleEngramError": "EngramError",
    "FeatureMismatchError": "EngramError",
    "EmbedderUnavailableError": "EmbedderError",
    "UnknownRegionError": "RegionError",
    "HomelessEngramError": "RegionError",
    "StoreUnavailableError": "StoreError",
    "CorruptRecordError": "StoreError",
    "StoreClosedError": "StoreError",
    "BufferFullError": "StoreUnavailableError",
    "LeaseLostError": "StoreError",
    "MergeConflictError": "ImageError",
}
TREE = {
    name: error
    for name, error in vars(errors).items()
    if inspect.isclass(error) and issubclass(error, errors.NeuroError)
}


@pytest.mark.parametrize("name", TREE)
def test_every_error_has_its_place_and_is_exported(name: str):
    error = TREE[name]
    assert getattr(neuro, name) is error
    assert issubclass(error, BUILTIN.get(name, Exception))
    assert issubclass(error, TREE[PARENTS.get(name, "NeuroError")])


@pytest.mark.parametrize("name", TREE)
def test_the_tree_that_users_read_has_every_error(name: str):
    assert name in (errors.__doc__ or "").split()


def test_the_tables_above_know_no_other_errors():
    assert BUILTIN.keys() | PARENTS.keys() <= TREE.keys()


def test_errors_carry_what_they_are_about():
    assert errors.EngramNotFoundError("abc").engram_id == "abc"
    missing = errors.MissingDependencyError("cyclopts", "cli")
    assert (missing.package, missing.extra) == ("cyclopts", "cli")
    assert str(missing) == "cyclopts is not installed: pip install 'neuro-brain[cli]'"
    ended = errors.SleepError("pruning", {"consolidated": 3}, "broken")
    assert (ended.stage, ended.report) == ("pruning", {"consolidated": 3})
    assert str(ended) == "the night ended in its stage 'pruning': broken"
