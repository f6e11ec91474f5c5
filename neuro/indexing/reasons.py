"""Why a fragment was found: what each kind of evidence added to its relevance, and the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from neuro.indexing.columns import Columns
from neuro.indexing.dates import day_name
from neuro.indexing.probe import Reading, Weights
from neuro.indexing.scoring import Scored, Sought
from neuro.indexing.vocabulary import Vocabulary
from neuro.signals import Reason

_MEANING = ("meaning", "tokens")
_FORM = ("time_words", "answer_kind", "opening", "rarity")
_NOTHING = np.zeros(0, dtype=np.int32)
_LEAST = 1e-3
"""Relevance; what added less is no reason."""


def reasons(
    slot: int,
    scored: Scored,
    late: Mapping[str, float],
    reading: Reading,
    weights: Weights,
    columns: Columns,
    vocabulary: Vocabulary,
) -> tuple[Reason, ...]:
    """What made up the relevance of a fragment, largest first; ``late`` are features that only the best have."""
    part = {name: float(values[slot]) * getattr(weights, name) for name, values in scored.features.items()}
    part |= {name: value * getattr(weights, name) for name, value in late.items()}
    own, related, nearby = _shares(scored, slot)
    lexical = part["exact"], part["related"]
    words = part["own"] + lexical[0] * own[0] + lexical[1] * own[1]
    around = (
        lexical[0] * nearby[0] + lexical[1] * nearby[1] + part["answer"] + part.get("answer_meaning", 0.0)
    )
    exact, alike, beside = _texts(slot, scored.sought, columns, vocabulary, nearby=around > 0.0)
    amounts = (
        ("words", words, exact),
        ("related", lexical[1] * related, alike),
        ("nearby", around, beside),
        ("speaker", part["speaker"] + part["first_person"], reading.named),
        ("date", part["date"], day_name(int(columns.day[slot]))),
        ("gist", part["gist"], ""),
        ("meaning", sum(part.get(name, 0.0) for name in _MEANING), ""),
        ("form", sum(part[name] for name in _FORM), ""),
    )
    total = weights.total
    found = [Reason(kind, amount / total, text) for kind, amount, text in amounts if amount >= _LEAST * total]
    return tuple(sorted(found, key=lambda reason: -reason.amount))


def _shares(scored: Scored, slot: int) -> tuple[tuple[float, float], float, tuple[float, float]]:
    """Shares of the two lexical features, each summing to 1 where there is any: of the fragment's own words in
    both, of its related words in the second, and of its neighbours in both."""
    own, own_related, around, around_related = (float(values[slot]) for values in scored.lexical)
    first = min(1.0, own / around) if around > 0.0 else 0.0
    second = min(1.0, own / around_related) if around_related > 0.0 else 0.0
    both = min(1.0, max(own, own_related) / around_related) if around_related > 0.0 else 0.0
    return (first, second), both - second, (1.0 - first, 1.0 - both)


def _texts(
    slot: int, sought: Sequence[Sought], columns: Columns, vocabulary: Vocabulary, *, nearby: bool
) -> tuple[str, str, str]:
    """Words of the cue in the fragment, words that are related to others of the cue, and words found around it."""
    held = _terms(columns.words_of((slot,)), vocabulary)
    around = columns.words_of(columns.near[slot][columns.near[slot] != slot].tolist()) if nearby else _NOTHING
    beyond = _terms(around, vocabulary)
    exact: list[str] = []
    alike: list[str] = []
    beside: list[str] = []
    repeated: list[str] = []
    for word in sought:
        if (term := _heaviest(word.exact, held)) is not None:
            exact.append(_shown(word, term, held, vocabulary))
            if (term := _heaviest(word.related, beyond)) is not None:
                repeated.append(_shown(word, term, beyond, vocabulary))
        elif (term := _heaviest(word.related, held)) is not None:
            alike.append(_shown(word, term, held, vocabulary))
        elif (term := _heaviest(word.related, beyond)) is not None:
            beside.append(_shown(word, term, beyond, vocabulary))
    exact_text, alike_text, beside_text = (
        ", ".join(dict.fromkeys(words)) for words in (exact, alike, beside or repeated)
    )
    return exact_text, alike_text, beside_text


def _terms(words: npt.NDArray[np.int32], vocabulary: Vocabulary) -> dict[int, int]:
    """Terms of some words, each with the number of a word."""
    return dict(zip(vocabulary.terms(words).tolist(), words.tolist(), strict=True))


def _heaviest(terms: dict[int, float], held: dict[int, int]) -> int | None:
    found = terms.keys() & held.keys()
    return max((term for term in terms if term in found), key=terms.__getitem__) if found else None


def _shown(word: Sought, term: int, held: dict[int, int], vocabulary: Vocabulary) -> str:
    """The word as it stands in the cue if that is what was found, else the one that was."""
    return word.word if word.exact.get(term) == 1.0 else vocabulary.word(held[term])
