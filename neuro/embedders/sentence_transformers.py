"""Features from a sentence-transformers model, computed in one thread of its own.

Knows when to ask the model; what a model is made of, and how it comes onto this machine, is known to
`neuro.embedders.sentence_transformers_loading` alone. This module imports nothing heavy.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from neuro.embedders.rows import checked_rows, checked_texts
from neuro.errors import ConfigurationError, EmbedderError, EmbedderUnavailableError, NeuroError

PREFIX: Final = "sentence-transformers:"
"""Every name begins with it."""

HUB_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?", re.ASCII)
"""What a model on the hub may be called: ``name`` or ``owner/name``."""

_LONGEST_CALL: Final = 512
"""Texts of one caller in one call of the model: in between others, a recall say, have their turn."""

_MADE_OF: Final = frozenset({".json", ".txt", ".safetensors", ".bin", ".model"})
_SAMPLE: Final = 1 << 20
"""Bytes read from either end of a file for the fingerprint; the weights of two models differ everywhere."""

Loader = Callable[[str, str | None, bool], Any]
"""``(folder or name, device, allow_download) -> model``, called in the embedder's thread.

A model has ``encode``, and where it tells cues from documents ``encode_query`` and ``encode_document``.
"""


def _load_model(model: str, device: str | None, allow_download: bool) -> Any:
    from neuro.embedders.sentence_transformers_loading import load_model

    return load_model(model, device, allow_download)


def fingerprint(folder: Path) -> str:
    """Twelve hexadecimal digits of a model folder's contents: equal for copies, wherever they lie."""
    digest = blake2b(digest_size=6)
    found = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.suffix in _MADE_OF
    }
    for relative, path in sorted(found.items()):
        if relative.startswith(".") or not path.is_file():
            continue
        size = path.stat().st_size
        digest.update(f"{relative}\0{size}\0".encode())
        with path.open("rb") as file:
            digest.update(file.read(_SAMPLE))
            file.seek(max(0, size - _SAMPLE))
            digest.update(file.read(_SAMPLE))
    return digest.hexdigest()


class _Loaded(NamedTuple):
    model: Any
    name: str
    dimension: int
    source: str


class _Request(NamedTuple):
    texts: list[str]
    cues: bool
    rows: asyncio.Future[npt.NDArray[np.float32]]


class SentenceTransformersEmbedder:
    """A sentence-transformers model by name or folder.

    Making one is cheap. `load` (or the first `embed`) reads the model: from the folder, else from the local
    cache of the hub, else, where ``allow_download``, from the hub. All who ask while the model is busy are
    answered together by its next call; one that gives up, or whose texts the model refuses, harms no other.

    Equal names mean equal features: a model of the hub is called by its name there, a folder by its own name
    and the fingerprint of what lies in it (``sentence-transformers:my-model@3f9a2c1b5e77``), so that a copy
    elsewhere is the same embedder and a retrained model in the same place is not. Where the folder is says
    `source`.

    Args:
        model: a folder, or a name on the hub ("all-MiniLM-L6-v2").
        device: "cpu", "cuda", ...; None lets the package choose.
        allow_download: whether a model that is not on this machine may be fetched.
        batch_size: texts that the model computes at once, at least 1.
        loader: makes the model; the default needs the extra "sentence-transformers".

    Raises:
        ConfigurationError: a model that is no text, or a batch size that is no int of at least 1.
    """

    def __init__(
        self,
        model: str,
        *,
        device: str | None = None,
        allow_download: bool = True,
        batch_size: int = 32,
        loader: Loader = _load_model,
    ) -> None:
        if not isinstance(model, str) or not model.strip():  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(
                f"SentenceTransformersEmbedder.model: must be a folder or a name (got {model!r})"
            )
        if type(batch_size) is not int or batch_size < 1:
            raise ConfigurationError(
                f"SentenceTransformersEmbedder.batch_size: must be an int of at least 1 (got {batch_size!r})"
            )
        self._model = model
        self._device = device
        self._allow_download = allow_download
        self._batch_size = batch_size
        self._loader = loader
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="neuro-embedder")
        self._loaded: _Loaded | None = None
        self._waiting: list[_Request] = []
        self._serving: asyncio.Task[None] | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"SentenceTransformersEmbedder({self._model!r})"

    @property
    def name(self) -> str:
        """``"sentence-transformers:<model>"``, a folder with its fingerprint; EmbedderError before `load`."""
        return self._now_loaded().name

    @property
    def dimension(self) -> int:
        """Length of a row; EmbedderError before `load`."""
        return self._now_loaded().dimension

    @property
    def source(self) -> str:
        """The absolute folder, or the name on the hub, to open it from again; EmbedderError before `load`."""
        return self._now_loaded().source

    async def load(self) -> Self:
        """Reads the model, once; later calls return at once.

        Raises:
            EmbedderUnavailableError: the model cannot be had; says which, why and how to get it.
            MissingDependencyError: the extra "sentence-transformers" is not installed.
            EmbedderError: closed.
        """
        if self._closed:
            raise EmbedderError(f"the embedder of the model {self._model!r} has been closed")
        if self._loaded is None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._load_once)
        return self

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Features of what is stored: shape (n, dimension), rows of unit length.

        Raises:
            EmbedderError: the model failed on these texts, or the embedder is closed; else as `load`.
        """
        return await self._features(texts, cues=False)

    async def embed_cues(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """As `embed`, for what asks: with the prompt for queries of a model that has one."""
        return await self._features(texts, cues=True)

    async def aclose(self) -> None:
        """Answers those who have asked, then lets go of the model and its thread. Twice is harmless."""
        self._closed = True
        if self._serving is not None:
            await asyncio.wait({self._serving})
        self._thread.shutdown(wait=False)
        if self._loaded is not None:
            self._loaded = self._loaded._replace(model=None)

    async def _features(self, texts: Sequence[str], *, cues: bool) -> npt.NDArray[np.float32]:
        found = checked_texts(texts)
        await self.load()
        calls = [found[i : i + _LONGEST_CALL] for i in range(0, len(found), _LONGEST_CALL)]
        rows = [await self._ask(call, cues) for call in calls]
        return np.concatenate([np.zeros((0, self.dimension), dtype=np.float32), *rows])

    def _ask(self, texts: list[str], cues: bool) -> asyncio.Future[npt.NDArray[np.float32]]:
        loop = asyncio.get_running_loop()
        request = _Request(texts, cues, loop.create_future())
        self._waiting.append(request)
        if self._serving is None:
            self._serving = loop.create_task(self._serve())
        return request.rows

    async def _serve(self) -> None:
        """Answers until nobody waits: all cues of a round in one call, then all documents."""
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                for cues in (True, False):
                    await self._answer([request for request in waiting if request.cues is cues])
        finally:
            self._serving = None

    async def _answer(self, requests: list[_Request]) -> None:
        requests = [request for request in requests if not request.rows.done()]  # the rest was cancelled
        if not requests:
            return
        texts = [text for request in requests for text in request.texts]
        loop = asyncio.get_running_loop()
        try:
            rows = await loop.run_in_executor(self._thread, self._encode, texts, requests[0].cues)
        except Exception as exc:  # noqa: BLE001 - whatever it is, it belongs to those who asked
            if len(requests) == 1:
                self._refuse(requests[0], exc)
            else:  # by themselves, so that only those fail whose texts are at fault
                for request in requests:
                    await self._answer([request])
            return
        stop = 0
        for request in requests:
            start, stop = stop, stop + len(request.texts)
            if not request.rows.done():
                request.rows.set_result(rows[start:stop])

    def _refuse(self, request: _Request, exc: Exception) -> None:
        if request.rows.done():
            return
        error = exc
        if not isinstance(exc, NeuroError):
            error = EmbedderError(f"the model {self._model!r} failed: {_reason(exc)}")
            error.__cause__ = exc
        request.rows.set_exception(error)

    def _now_loaded(self) -> _Loaded:
        if self._loaded is None:
            raise EmbedderError(f"the model {self._model!r} has not been loaded: await load() first")
        return self._loaded

    # What follows runs in the embedder's thread.

    def _load_once(self) -> None:
        if self._loaded is not None:
            return
        folder = Path(self._model).expanduser()
        is_folder = folder.is_dir()
        if not is_folder and HUB_NAME.fullmatch(self._model) is None:
            raise EmbedderUnavailableError(
                f"there is no folder {self._model!r} to load a sentence-transformers model from; if it has "
                "moved, pass its new folder"
            )
        source = str(folder.absolute()) if is_folder else self._model
        try:
            model = self._loader(source, self._device, self._allow_download)
            dimension = int(self._call(model, ["How long is a row?"], cues=False).shape[1])
            name = f"{folder.resolve().name}@{fingerprint(folder)}" if is_folder else _hub_name(self._model)
        except NeuroError:
            raise
        except Exception as exc:
            raise EmbedderUnavailableError(
                f"the sentence-transformers model {source!r} cannot be loaded: {_reason(exc)}; "
                + _how_to_get(self._model, is_folder)
            ) from exc
        self._loaded = _Loaded(model, PREFIX + name, dimension, source)

    def _encode(self, texts: list[str], cues: bool) -> npt.NDArray[np.float32]:
        return checked_rows(self, self._call(self._now_loaded().model, texts, cues=cues), len(texts))

    def _call(self, model: Any, texts: list[str], *, cues: bool) -> Any:
        encode = getattr(model, "encode_query" if cues else "encode_document", model.encode)
        return encode(
            texts,
            batch_size=self._batch_size,
            show_progress_bar=False,
            convert_to_numpy=True,
            normalize_embeddings=True,
        )


def _hub_name(model: str) -> str:
    """Without the owner that the package adds by itself, so that a model has one name."""
    return model.removeprefix("sentence-transformers/")


def _how_to_get(model: str, is_folder: bool) -> str:
    if is_folder:
        return "the folder must hold a model as sentence-transformers saves it"
    owned = model if "/" in model else f"sentence-transformers/{model}"
    return f"fetch it once while online (hf download {owned}), or pass the folder that holds it"


def _reason(exc: Exception) -> str:
    """The first line: the package's messages run over many."""
    lines = str(exc).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(exc).__name__
