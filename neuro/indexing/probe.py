"""What is asked of an index, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import Field

from neuro.records import Params, Unit


class Frequencies(NamedTuple):
    """What a corpus knows of some terms."""

    fragments: int
    """Fragments in the corpus."""
    words: int
    """Terms in all fragments together."""
    counts: tuple[int, ...]
    """Fragments that hold each term."""


class Matching(Params):
    """How words and features are weighed into one relevance."""

    saturation: Annotated[float, Field(ge=0.0)] = 0.9
    """k1 of BM25 (Robertson & Zaragoza 2009); short turns want it below the customary 1.2."""
    length_norm: Unit = 0.25
    """b of BM25."""
    concavity: Annotated[float, Field(gt=0.0, le=1.0)] = 0.7
    """Exponent on the normalised lexical score: the first shared terms say most."""
    words: Unit = 0.75
    """Weight of the lexical score; 0 switches it off."""
    features: Unit = 0.25
    """Weight of the cosine of features; 0 switches it off."""
    noise: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.15
    """Cosine up to which features say nothing: unrelated texts reach it by chance."""

    def likeness(self, similarity: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """What of a cosine is beyond chance, in [0, 1]."""
        return np.maximum(0.0, similarity - self.noise) / (1.0 - self.noise)


@dataclass(frozen=True, slots=True)
class Probe:
    """A cue as an index sees it."""

    terms: tuple[str, ...]
    """Distinct."""
    idf: tuple[float, ...]
    """Weight of each term, >= 0, from all of the brain's memory."""
    mean_length: float
    """Mean number of terms of a fragment, from all of the brain's memory."""
    features: npt.NDArray[np.float32] | None = None
    """Shape (dimension,), unit length."""
    matching: Matching = field(default_factory=Matching)

    @classmethod
    def over(
        cls,
        terms: tuple[str, ...],
        corpora: tuple[Frequencies, ...],
        features: npt.NDArray[np.float32] | None = None,
        matching: Matching | None = None,
    ) -> Probe:
        """The probe for ``terms`` over several corpora: ``idf = ln(1 + (N - df + .5) / (df + .5))``."""
        fragments = sum(c.fragments for c in corpora)
        words = sum(c.words for c in corpora)
        counts = [sum(c.counts[i] for c in corpora) for i in range(len(terms))]
        idf = tuple(float(np.log1p((max(0, fragments - df) + 0.5) / (df + 0.5))) for df in counts)
        return cls(terms, idf, max(1.0, words / max(1, fragments)), features, matching or Matching())


class Match(NamedTuple):
    """An engram that answers a probe, by its best fragment."""

    engram_id: str
    relevance: float
    """Lexical and feature scores weighed together, about [0, 1]."""
    lexical: float
    """Normalised BM25, in [0, 1]."""
    similarity: float
    """Cosine of features, in [-1, 1]; 0 without features."""
    matched: tuple[str, ...]
    """Terms of the probe that the engram's best fragment holds."""


def term_shares(probe: Probe) -> npt.NDArray[np.float64]:
    """Share of each term in the most that the probe could reach, shape (terms,); zeros when all idf are."""
    idf = np.asarray(probe.idf, dtype=np.float64)
    total = idf.sum()
    return idf / total if total > 0.0 else idf


def saturated(
    counts: npt.NDArray[np.float64], lengths: npt.NDArray[np.float64], probe: Probe
) -> npt.NDArray[np.float64]:
    """How full fragments are of a term, in [0, 1]: ``f / (f + k1 (1 - b + b length / mean length))``.

    Args:
        counts: shape (fragments,), how often each fragment holds the term.
        lengths: shape (fragments,), terms of each fragment.
    """
    m = probe.matching
    norm = m.saturation * (1.0 - m.length_norm + m.length_norm * lengths / probe.mean_length)
    # Without saturation a term that is not there would be 0 / 0.
    return np.divide(counts, counts + norm, out=np.zeros(len(counts)), where=counts > 0.0)


def bm25(
    frequencies: npt.NDArray[np.float64], lengths: npt.NDArray[np.float64], probe: Probe
) -> npt.NDArray[np.float64]:
    """BM25 of fragments, divided by the most that the probe could reach, in [0, 1].

    Args:
        frequencies: shape (fragments, terms of the probe), how often each fragment holds each term.
        lengths: shape (fragments,), terms of each fragment.
    """
    scores = np.zeros(len(lengths))
    for share, counts in zip(term_shares(probe), frequencies.T, strict=True):
        scores += share * saturated(counts, lengths, probe)
    return scores


def relevance(
    lexical: npt.NDArray[np.float64], similarity: npt.NDArray[np.float64], matching: Matching
) -> npt.NDArray[np.float64]:
    """One score from two: ``w_words lexical^c + w_features likeness``; see `Matching.likeness`."""
    return matching.words * lexical**matching.concavity + matching.features * matching.likeness(similarity)
