"""Loads a sentence-transformers model, local first: the one module that imports the package.

Importing it takes many seconds (torch) and loading may touch the network, so both are done in a worker
thread; see `SentenceTransformersEmbedder.load`.
"""

# The package and what it stands on are optional, and their own types are partial:
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

from neuro.errors import MissingDependencyError

try:
    from huggingface_hub import constants, get_session
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging
except ModuleNotFoundError as exc:
    raise MissingDependencyError("sentence-transformers", "sentence-transformers") from exc

_HUB_TIMEOUT: Final = 5.0
"""Seconds; an unreachable hub is noticed at once instead of after the client's minute of retries."""


@contextlib.contextmanager
def _without_progress_bars() -> Generator[None]:
    """A library does not print; transformers draws a bar for every model that it reads."""
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()


def load_model(model: str, device: str | None, allow_download: bool) -> Any:
    """A ``SentenceTransformer`` from a folder, else from the local cache, else from the hub.

    Raises:
        OSError: the model is in neither place, and why the hub did not help.
        Exception: whatever the package raises for a model that it cannot read.
    """
    with _without_progress_bars():
        if Path(model).is_dir():
            return SentenceTransformer(model, device=device, local_files_only=True)
        try:
            return SentenceTransformer(model, device=device, local_files_only=True)
        except (OSError, ValueError) as exc:
            if not allow_download:
                raise FileNotFoundError("it is not on this machine, and downloading was not allowed") from exc
            if constants.HF_HUB_OFFLINE:
                raise FileNotFoundError("it is not on this machine, and HF_HUB_OFFLINE is set") from exc
        _reach_hub()
        return SentenceTransformer(model, device=device)


def _reach_hub() -> None:
    """One quick request; any answer will do."""
    try:
        get_session().head(constants.ENDPOINT, timeout=_HUB_TIMEOUT)
    except Exception as exc:  # its class depends on the HTTP client of the installed huggingface_hub
        raise ConnectionError(
            f"it is not on this machine, and {constants.ENDPOINT} cannot be reached ({exc})"
        ) from exc
