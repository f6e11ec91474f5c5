"""Loads a sentence-transformers model, local first: the one module that imports the package.

Importing it takes many seconds (torch) and loading may touch the network, so both are done in a worker
thread; see `SentenceTransformersEmbedder.load`.
"""

# The package and what it stands on are optional, and their own types are partial:
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from neuro.embedders.token_reading import States
from neuro.errors import MissingDependencyError

try:
    import torch
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


class HiddenStates:
    """Reads the hidden states of a ``SentenceTransformer`` whose rows are their mean."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def vocabulary(self) -> list[str]:
        """The words and pieces of words that the model knows, as its tokenizer writes them."""
        return list(self._model.tokenizer.get_vocab())

    def read(self, texts: Sequence[str], *, batch_size: int) -> list[States]:
        """Each text as far as the model's longest input reaches."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))  # alike in length: little padding
        found: dict[int, States] = {}
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            found.update(zip(batch, self._read([texts[i] for i in batch]), strict=True))
        return [found[i] for i in range(len(texts))]

    def _read(self, texts: list[str]) -> list[States]:
        taken = self._model.tokenizer(
            texts,
            padding=True,
            truncation=True,
            max_length=self._model.max_seq_length,
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        spans = taken.pop("offset_mapping").numpy()
        with torch.inference_mode():
            states = self._model[0](taken.to(self._model.device))["token_embeddings"].float().cpu().numpy()
        pieces, mask = (taken[name].cpu().numpy() for name in ("input_ids", "attention_mask"))
        made: list[States] = []
        for row, ids, seen, where in zip(states, pieces, mask > 0, spans, strict=True):
            own = seen & (where[:, 1] > where[:, 0])  # special tokens stand nowhere
            made.append(
                States(
                    row[own], ids[own].astype(np.int32), where[own].astype(np.intp), row[seen].mean(axis=0)
                )
            )
        return made


def _averages(config: dict[str, Any]) -> bool:
    """Whether a pooling takes the mean; version 6 of the package says how in one word, earlier ones in many flags."""
    flags = {name for name, on in config.items() if name.startswith("pooling_mode_") and on}
    return config.get("pooling_mode") == "mean" or flags == {"pooling_mode_mean_tokens"}


def hidden_states(model: Any) -> HiddenStates | None:
    """A reader of a model's hidden states; None for one whose rows are made from them otherwise than by their mean.

    It takes a tokenizer that tells where in the text a token stands, and no prompt before documents.
    """
    _, *after = model
    kinds = [type(part).__name__ for part in after]  # which live elsewhere from version to version
    if kinds not in (["Pooling"], ["Pooling", "Normalize"]) or not _averages(after[0].get_config_dict()):
        return None
    fits = (
        not any(model.prompts.values())
        and getattr(model.tokenizer, "is_fast", False)
        and model.max_seq_length
    )
    return HiddenStates(model) if fits else None


def _reach_hub() -> None:
    """One quick request; any answer will do."""
    try:
        get_session().head(constants.ENDPOINT, timeout=_HUB_TIMEOUT)
    except Exception as exc:  # its class depends on the HTTP client of the installed huggingface_hub
        raise ConnectionError(
            f"it is not on this machine, and {constants.ENDPOINT} cannot be reached ({exc})"
        ) from exc
