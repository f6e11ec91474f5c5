"""Token vectors of fragments, and how well the tokens of a cue are met by them: late interaction.

Khattab, O. & Zaharia, M. (2020). ColBERT: efficient and effective passage search via contextualized late interaction
over BERT. SIGIR. Only the best by all other features are compared, so that a search costs the same in a large memory.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from neuro.engram import TOKEN_SCALE, TokenVectors
from neuro.indexing.probe import Matching
from neuro.indexing.vocabulary import idf

Floats = npt.NDArray[np.float32]


class Neighbours(NamedTuple):
    """Some fragments and what they take in of those around them."""

    slots: npt.NDArray[np.intp]
    near: npt.NDArray[np.int32]
    """Shape (fragments, neighbours): slots."""
    share: Floats
    """Of the same shape, in [0, 1]."""
    norm: Floats
    """Shape (fragments,): BM25's k1 for the length of each."""


class TokenColumn:
    """Token vectors by slot, kept as bytes, and how many fragments hold each word piece."""

    def __init__(self) -> None:
        self.dimension = 0
        """Of the rows that are kept; 0 as long as there are none."""
        self._rows: dict[int, bytes] = {}
        self._pieces: dict[int, bytes] = {}
        self._df: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._rows)

    def keep(self, slots: range, tokens: TokenVectors) -> None:
        """Takes in the tokens of an engram, unless they are of another dimension or of other fragments."""
        dimension = tokens.rows.shape[1]
        if not self._rows:
            self.dimension = dimension
        if dimension != self.dimension or len(tokens.counts) != len(slots):
            return
        for number, slot in enumerate(slots):
            rows, pieces = tokens.of_fragment(number)
            if len(rows):
                self._rows[slot], self._pieces[slot] = rows.tobytes(), pieces.tobytes()
                self._df.update(set(pieces.tolist()))

    def drop(self, slots: range) -> None:
        """Lets go of what fragments hold."""
        for slot in slots:
            if self._rows.pop(slot, None) is None:
                continue
            for piece in set(np.frombuffer(self._pieces.pop(slot), np.int32).tolist()):
                self._df[piece] -= 1
                if not self._df[piece]:
                    del self._df[piece]

    def moved(self, places: npt.NDArray[np.int32]) -> TokenColumn:
        """The same with every slot at its new place."""
        new = TokenColumn()
        new.dimension, new._df = self.dimension, self._df
        new._rows = {int(places[slot]): rows for slot, rows in self._rows.items()}
        new._pieces = {int(places[slot]): pieces for slot, pieces in self._pieces.items()}
        return new

    def interaction(self, cue: TokenVectors, among: Neighbours, fragments: int, matching: Matching) -> Floats:
        """How well the tokens of a cue are met by those of some fragments and around them, in [0, 1].

        BM25 in which each token of the cue counts what the best of its cosines with the tokens of a fragment is above
        `Matching.token_floor`, and with it what neighbours share; shape (fragments,).

        Args:
            fragments: how many the memory holds.
        """
        around = among.near.astype(np.intp)
        every, at = np.unique(np.concatenate([among.slots, around.ravel()]), return_inverse=True)
        own, near = at[: len(among.slots)], at[len(among.slots) :].reshape(around.shape)
        floor = np.float32(matching.token_floor)
        counts = np.maximum(0.0, self._best(cue, every) - floor) / (1 - floor)
        met = counts[own] + np.einsum("fn,fnt->ft", among.share, counts[near])
        score = np.divide(met, met + among.norm[:, None], out=np.zeros_like(met), where=met > 0.0)
        weight = idf([self._df[piece] for piece in cue.pieces.tolist()], fragments).astype(np.float32)
        return score @ (weight / weight.sum())

    def _best(self, cue: TokenVectors, slots: npt.NDArray[np.intp]) -> Floats:
        """The best cosine of each token of the cue in each fragment, to a hundredth: shape (fragments, tokens)."""
        found = np.zeros((len(slots), len(cue.rows)), np.float32)
        held = [i for i, slot in enumerate(slots.tolist()) if slot in self._rows]
        if not held:
            return found
        packed = [self._rows[slot] for slot in slots[held].tolist()]
        rows = np.frombuffer(b"".join(packed), np.int8).reshape(-1, self.dimension).astype(np.float32)
        starts = np.cumsum([0, *(len(one) // self.dimension for one in packed[:-1])])
        cosines = rows @ (cue.rows.astype(np.float32).T / np.float32(TOKEN_SCALE**2))
        found[held] = np.clip(np.maximum.reduceat(cosines, starts, axis=0), 0.0, 1.0)
        return found
