"""From text to features: unit rows whose cosine says how alike two texts are."""

from neuro.embedders.base import (
    Embedder,
    Encoded,
    ImmediateEmbedder,
    Passage,
    TokenEmbedder,
    forget_seen,
    is_contextual,
    reads_tokens,
)
from neuro.embedders.cached import CachedEmbedder
from neuro.embedders.hashing import HashingEmbedder
from neuro.embedders.naming import Filler, resolve, word_table
from neuro.embedders.sentence_transformers import SentenceTransformersEmbedder
from neuro.embedders.words import WordsEmbedder

__all__ = [
    "CachedEmbedder",
    "Embedder",
    "Encoded",
    "Filler",
    "HashingEmbedder",
    "ImmediateEmbedder",
    "Passage",
    "SentenceTransformersEmbedder",
    "TokenEmbedder",
    "WordsEmbedder",
    "forget_seen",
    "is_contextual",
    "reads_tokens",
    "resolve",
    "word_table",
]
