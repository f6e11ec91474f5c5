"""From text to features: unit rows whose cosine says how alike two texts are."""

from neuro.embedders.base import Embedder, ImmediateEmbedder, is_contextual
from neuro.embedders.cached import CachedEmbedder
from neuro.embedders.hashing import HashingEmbedder
from neuro.embedders.naming import Filler, resolve
from neuro.embedders.sentence_transformers import SentenceTransformersEmbedder
from neuro.embedders.words import WordsEmbedder

__all__ = [
    "CachedEmbedder",
    "Embedder",
    "Filler",
    "HashingEmbedder",
    "ImmediateEmbedder",
    "SentenceTransformersEmbedder",
    "WordsEmbedder",
    "is_contextual",
    "resolve",
]
