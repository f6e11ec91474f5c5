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
from typing import Any, Final, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from neuro.embedders.base import Encoded, Passage
from neuro.embedders.rows import checked_rows, checked_texts
from neuro.embedders.token_reading import (
    Floats,
    StateReader,
    askings_encoded,
    passages_encoded,
    token_reduction,
)
from neuro.errors import ConfigurationError, EmbedderError, EmbedderUnavailableError, NeuroError

PREFIX: Final = "sentence-transformers:"
"""Every name begins with it."""
WITH_TOKENS: Final = "+tokens"
"""In the name of one that gives token vectors: its features are those of texts read with their speaker."""
IN_CONTEXT: Final = "+context"
"""The name of one that reads texts within what stands around them ends with it."""

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


def _state_reader(model: Any) -> StateReader | None:
    from neuro.embedders.sentence_transformers_loading import hidden_states

    return hidden_states(model)


_Kind = Literal["asking", "cue", "passage", "document"]
_IN_ORDER: Final[tuple[_Kind, ...]] = ("asking", "cue", "passage", "document")


def _unread(_: Any) -> None:
    """A model of the user's own shows no hidden states."""


class _Loaded(NamedTuple):
    model: Any
    reader: StateReader | None
    reduction: Floats | None
    name: str
    dimension: int
    source: str


class _Request(NamedTuple):
    items: Sequence[Any]
    """Texts, or passages."""
    kind: _Kind
    answer: asyncio.Future[Any]
    """Rows, or a list of `Encoded`."""


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
        tokens: whether it gives vectors of tokens, and features of texts read with their speaker, where the model
            lets its hidden states be read: one whose rows are their mean, without a prompt for documents. Each
            fragment then takes some 1.4 kB more. The name ends with ``+tokens``.
        context: whether, with ``tokens``, a fragment of a long content is read within the hundred words before and
            the fifty after it (late chunking): up to six times the text. The name then ends with ``+tokens+context``.
        reader: reads hidden states of the model; None where it cannot.
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
        tokens: bool = True,
        context: bool = False,
        loader: Loader = _load_model,
        reader: Callable[[Any], StateReader | None] | None = None,
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
        self._tokens = tokens
        self._context = context
        self._loader = loader
        self._reader = (_state_reader if loader is _load_model else _unread) if reader is None else reader
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
        await self.load()
        if self.reads_tokens:
            found = await self.embed_passages([Passage(text) for text in checked_texts(texts)])
            return self._stacked([one.row[None] for one in found])
        return self._stacked(await self._answers(checked_texts(texts), "document"))

    async def embed_cues(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """As `embed`, for what asks: with the prompt for queries of a model that has one."""
        return self._stacked(await self._answers(checked_texts(texts), "cue"))

    @property
    def reads_tokens(self) -> bool:
        """Whether it gives vectors of tokens; EmbedderError before `load`."""
        return self._now_loaded().reduction is not None

    async def embed_passages(self, passages: Sequence[Passage]) -> list[Encoded]:
        """Rows and vectors of the tokens of what is stored, read as said by its speaker; raises as `embed`."""
        if not self._context:
            passages = [Passage(one.text, one.speaker) for one in passages]
        return [one for answer in await self._answers(passages, "passage") for one in answer]

    async def embed_askings(self, texts: Sequence[str]) -> list[Encoded]:
        """Rows and vectors of the tokens of what asks; raises as `embed`."""
        return [one for answer in await self._answers(checked_texts(texts), "asking") for one in answer]

    async def aclose(self) -> None:
        """Answers those who have asked, then lets go of the model and its thread. Twice is harmless."""
        self._closed = True
        if self._serving is not None:
            await asyncio.wait({self._serving})
        self._thread.shutdown(wait=False)
        if self._loaded is not None:
            self._loaded = self._loaded._replace(model=None, reader=None)

    def _stacked(self, rows: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
        return np.concatenate([np.zeros((0, self.dimension), dtype=np.float32), *rows])

    async def _answers(self, items: Sequence[Any], kind: _Kind) -> list[Any]:
        """What the model makes of some texts or passages, in pieces, one after the other."""
        await self.load()
        return [
            await self._ask(items[i : i + _LONGEST_CALL], kind) for i in range(0, len(items), _LONGEST_CALL)
        ]

    def _ask(self, items: Sequence[Any], kind: _Kind) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        request = _Request(items, kind, loop.create_future())
        self._waiting.append(request)
        if self._serving is None:
            self._serving = loop.create_task(self._serve())
        return request.answer

    async def _serve(self) -> None:
        """Answers until nobody waits: all cues of a round in one call, then all documents."""
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                for kind in _IN_ORDER:
                    await self._answer([request for request in waiting if request.kind == kind])
        finally:
            self._serving = None

    async def _answer(self, requests: list[_Request]) -> None:
        requests = [request for request in requests if not request.answer.done()]  # the rest was cancelled
        if not requests:
            return
        items = [item for request in requests for item in request.items]
        loop = asyncio.get_running_loop()
        try:
            answers = await loop.run_in_executor(self._thread, self._encode, items, requests[0].kind)
        except Exception as exc:  # noqa: BLE001 - whatever it is, it belongs to those who asked
            if len(requests) == 1:
                self._refuse(requests[0], exc)
            else:  # by themselves, so that only those fail whose texts are at fault
                for request in requests:
                    await self._answer([request])
            return
        stop = 0
        for request in requests:
            start, stop = stop, stop + len(request.items)
            if not request.answer.done():
                request.answer.set_result(answers[start:stop])

    def _refuse(self, request: _Request, exc: Exception) -> None:
        if request.answer.done():
            return
        error = exc
        if not isinstance(exc, NeuroError):
            error = EmbedderError(f"the model {self._model!r} failed: {_reason(exc)}")
            error.__cause__ = exc
        request.answer.set_exception(error)

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
            reader = self._reader(model) if self._tokens else None
            reduction = None if reader is None else token_reduction(reader)
            name = f"{folder.resolve().name}@{fingerprint(folder)}" if is_folder else _hub_name(self._model)
        except NeuroError:
            raise
        except Exception as exc:
            raise EmbedderUnavailableError(
                f"the sentence-transformers model {source!r} cannot be loaded: {_reason(exc)}; "
                + _how_to_get(self._model, is_folder)
            ) from exc
        suffix = "" if reader is None else WITH_TOKENS + IN_CONTEXT * self._context
        self._loaded = _Loaded(model, reader, reduction, PREFIX + name + suffix, dimension, source)

    def _encode(self, items: list[Any], kind: _Kind) -> npt.NDArray[np.float32] | list[Encoded]:
        model, reader, reduction, *_ = self._now_loaded()
        if kind in ("cue", "document"):
            return checked_rows(self, self._call(model, items, cues=kind == "cue"), len(items))
        if reader is None or reduction is None:
            raise EmbedderError(f"the model {self._model!r} gives no vectors of tokens")
        encode = passages_encoded if kind == "passage" else askings_encoded
        return encode(reader, reduction, items, self._batch_size)

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
