"""Small random memories to search, with a small word table."""

import random

import numpy as np

from neuro.engram import Engram, Span
from neuro.indexing.word_table import WordTable
from neuro.testing.samples import sample_engram, sample_features
from neuro.units import DAY

WORDS = (
    "harbour ferry boat piano violin guitar dog cat kitten tax bread bakery garden mountain lantern bicycle "
    "yesterday I we June"
).split()
PEOPLE = ("Dana", "Ben Smith", "Ines", None)


def table() -> WordTable:
    """Boats, instruments, pets: words of a kind have cosines of about .8; the last ten words are not in it."""
    rng = np.random.default_rng(5)
    kinds = rng.normal(size=(3, 8))
    rows = np.repeat(kinds, 3, axis=0) + 0.35 * rng.normal(size=(9, 8))
    # stems of the first nine words
    stems = ["harbour", "ferri", "boat", "piano", "violin", "guitar", "dog", "cat", "kitten"]
    return WordTable(stems, rows * rng.uniform(0.5, 2.0, size=(9, 1)))


def memory(count: int, seed: int) -> list[Engram]:
    """Engrams of one to four sentences in a few long episodes and none, some with an encoder's features."""
    rng = random.Random(seed)
    engrams: list[Engram] = []
    for number in range(1, count + 1):
        sentences = [_sentence(rng) for _ in range(rng.choice((1, 1, 2, 4)))]
        content, spans = "", []
        for sentence in sentences:
            spans.append(Span(len(content), len(content) + len(sentence)))
            content += sentence + " "
        speaker = rng.choice(PEOPLE)
        engrams.append(
            sample_engram(
                number,
                content,
                fragments=tuple(spans) if len(spans) > 1 else (),
                context={} if speaker is None else {"speaker": speaker},
                episode_id=rng.choice((None, "a", "a", "b", "b", "c")),
                encoded_at=rng.randrange(400) * DAY,
                occurred_at=rng.choice((None, None, rng.randrange(400) * DAY)),
                features=None
                if rng.random() < 0.2
                else sample_features(len(spans), seed=rng.getrandbits(32)),
            )
        )
    return engrams


def _sentence(rng: random.Random) -> str:
    words = rng.choices(WORDS, k=rng.choice((1, 3, 8, 8, 30)))
    return " ".join(words) + rng.choice(".??!")


CUES = (
    "harbour piano",
    "What did Dana say about the boats?",
    "Where did Ben Smith's dog and the bakery go in June 1970?",
    "Did Dana and Ines ride a bicycel or a mountan bike?",
    "yesterday",
    "Ines",
    "kittens two weeks ago, nowhere",
    "zebra quartz",
    "",
)
