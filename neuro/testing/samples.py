"""Engrams to test with: plain ones, nasty ones, and a small corpus. Everything is deterministic."""

from __future__ import annotations

import math
import random
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.engram import Engram, MemoryType, Span, TokenVectors, Trace
from neuro.stores.base import Placed
from neuro.units import DAY

DIMENSION = 16
"""Length of a row of sample features."""

_WORDS = (
    "harbour", "keys", "piano", "lantern", "bakery", "violin", "orchard", "ferry", "window", "garden",
    "letter", "mountain", "bicycle", "kettle", "museum", "painter", "thunder", "blanket", "compass", "saddle",
)  # fmt: skip


def sample_id(number: int) -> str:
    """32 hexadecimal digits; ids sort as their numbers do."""
    return f"{number:032x}"


def sample_trace(**fields: Any) -> Trace:
    """A trace studied at brain time 1000 with a half-life of ten days."""
    defaults: dict[str, Any] = {"half_life": 10 * DAY, "encoded_half_life": 10 * DAY, "last_access": 1000.0}
    return Trace(**(defaults | fields))


def sample_engram(number: int = 1, content: str | None = None, **fields: Any) -> Engram:
    """An engram whose id is ``number``; the content names the number unless it is given."""
    defaults: dict[str, Any] = {
        "engram_id": sample_id(number),
        "content": f"Memory number {number}" if content is None else content,
        "encoded_at": 1000.0,
        "trace": sample_trace(),
    }
    return Engram(**(defaults | fields))


def sample_placed(
    number: int = 1, content: str | None = None, *, forgotten_at: float = 1e6, **fields: Any
) -> Placed:
    """`sample_engram` with its key in the forget index."""
    return Placed(sample_engram(number, content, **fields), forgotten_at)


def sample_features(rows: int = 1, *, seed: int = 0) -> npt.NDArray[np.float16]:
    """Random rows of unit length, shape (rows, `DIMENSION`)."""
    drawn = np.random.default_rng(seed).normal(size=(rows, DIMENSION))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float16)


def sample_tokens(*counts: int, seed: int = 0, dimension: int = 4) -> TokenVectors:
    """Random vectors of so many tokens for each fragment, of twenty word pieces."""
    rng, size = np.random.default_rng(seed), sum(counts)
    rows = rng.normal(size=(size, dimension))
    rows *= 127 / np.linalg.norm(rows, axis=1, keepdims=True)
    return TokenVectors(np.rint(rows).astype(np.int8), rng.integers(0, 20, size).astype(np.int32), counts)


def axis_features(*axes: int) -> npt.NDArray[np.float16]:
    """One row per axis, 1 there and 0 elsewhere: cosines with them are exact."""
    return np.eye(DIMENSION, dtype=np.float16)[list(axes)]


def fragmented(number: int, *texts: str, **fields: Any) -> Engram:
    """An engram whose fragments are ``texts``."""
    starts = [sum(len(text) + 1 for text in texts[:i]) for i in range(len(texts))]
    spans = tuple(Span(start, start + len(text)) for start, text in zip(starts, texts, strict=True))
    return sample_engram(number, " ".join(texts), fragments=spans, **fields)


def sample_corpus(count: int, *, seed: int = 0) -> list[Engram]:
    """Engrams over a vocabulary of twenty words: some in several fragments, some without features."""
    rng = random.Random(seed)
    corpus: list[Engram] = []
    for number in range(1, count + 1):
        lengths = [rng.randint(2, 9) for _ in range(rng.choice((1, 1, 2, 4)))]
        texts = [" ".join(rng.choices(_WORDS, k=length)) + "." for length in lengths]
        features = None if rng.random() < 0.2 else sample_features(len(texts), seed=rng.getrandbits(32))
        if len(texts) == 1:
            corpus.append(sample_engram(number, f"{number}: {texts[0]}", features=features))
        else:
            corpus.append(fragmented(number, f"{number}: {texts[0]}", *texts[1:], features=features))
    return corpus


def nasty_engrams() -> list[Engram]:
    """What a store is likely to bend: every field set, extremes of floats, odd text, ids and contexts."""
    tiny, huge = math.ulp(0.0), sys.float_info.max
    signed_zeros = axis_features(3, 5)
    signed_zeros[:, 0] = -0.0
    signed_zeros[1, 1] = np.float16(6e-8)  # the smallest subnormal
    return [
        sample_engram(1, "x"),
        _complete(2),
        sample_engram(
            3,
            "extremes",
            encoded_at=-huge,
            occurred_at=0.1 + 0.2,
            valence=-0.0,
            salience=tiny,
            trace=sample_trace(
                half_life=tiny,
                encoded_half_life=huge,
                last_access=-0.0,
                exposures=1 / 3,
                access_count=2**53 + 1,
                sleeps=1e-320,
                recent=(-huge, -1e-300, -0.0, 0.0, tiny, 0.1, 2.0**53 + 2, huge),
            ),
        ),
        sample_engram(4, " \ttwo  spaces,\r\n NUL \x00, 'a' \"b\" \\c\\, %s {0} --; \u2028\ufeff "),
        sample_engram(5, "e\u0301 is not \u00e9; \u6e2f\u3067 \U0001f9e0 \u05e9 \u200f\u0e44\ue000\uffff"),
        sample_engram(6, "context", context=_nested_context()),
        sample_engram(7, "an odd id", engram_id="a:b {c}/%d'\"*?[e]\\ \u00fc\u6e2f\U0001f9e0"),
        sample_engram(8, "the longest id", engram_id="~" * 64),
        fragmented(9, "One fragment.", "Another one.", features=signed_zeros),
        sample_engram(10, "word " * 20_000),
        sample_engram(11, "pinned", pinned=True),
    ]


def _nested_context() -> dict[str, Any]:
    """JSON in which 1, 1.0 and true, [] and {}, null and missing must stay apart."""
    return {
        "speaker": "Dana: \u00e9\n",
        "": "an empty key",
        "numbers": [1, 1.0, True, 0, -0.0, False, 2**53 + 1, 10**30, 1e300, 5e-324, 0.1],
        "nothing": None,
        "empty": [[], {}, "", [[]]],
        "deep": {"a": {"b": [{"c": {"d.e:f": [None, "\x00", "\U0001f9e0"]}}]}},
    }


def _complete(number: int) -> Engram:
    """Every field has a value that is not its default."""
    return fragmented(
        number,
        "We met Dana at the harbour.",
        "She had lost her keys.",
        "Nobody minded.",
        memory_type=MemoryType.SEMANTIC,
        encoded_at=1_700_000_000.123456,
        occurred_at=-1e9,
        trace=sample_trace(
            half_life=123_456.789012345678,
            encoded_half_life=98_765.4321,
            last_access=1_700_000_001.25,
            exposures=3.5,
            access_count=20,
            cortical_share=0.123456789012345678,
            sleeps=7.3,
            fresh=False,
            recent=(1.5, 2.5, 1_700_000_001.25),
            difficulty=5.5,
        ),
        features=sample_features(3, seed=number),
        tokens=sample_tokens(5, 0, 2, seed=number, dimension=7),
        embedder="lexical-16",
        salience=0.8,
        valence=-0.3,
        arousal=0.7,
        reward=-0.25,
        reliability=0.9,
        concepts=("Dana", "harbour"),
        tags=("Ünïcode", "b", "a"),
        context={"speaker": "Alice", "session": 3, "source": {"file": "a.txt", "line": 10}},
        episode_id="episode-1",
        scope="tenant/alice",
        sources=(sample_id(101), sample_id(100)),
        supersedes=sample_id(102),
        superseded_by=sample_id(103),
        pinned=True,
        target_retention=0.85,
        inferred=True,
        revision=41,
    )
