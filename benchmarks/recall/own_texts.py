"""What memories hold besides chats of two: documents, a monologue, long messages, a room of many.

Made from the help texts that every CPython ships (`pydoc_data.topics`), so that weights fitted on conversations do
not forget the rest of the world. The same seed gives the same on the same version of Python.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pydoc_data.topics import topics

from conversations import Conversation, Question, Turn

from neuro.indexing.fragments import fragment
from neuro.indexing.terms import STOP_WORDS, words

_FORMS = (
    "What does it say about {}?",
    "How do {} go together?",
    "Tell me about {}.",
    "When is {} meant?",
    "What happens with {}?",
)
_PEOPLE = "Ada Ben Chloe Dev Elif Finn Gita Hugo Ines Jun Kofi Lena".split()
_START = datetime(2024, 1, 1, tzinfo=UTC)
_MESSAGE_WORDS = 300

Saying = tuple[str, str, datetime, int]
"""Speaker, text, when, session."""


def own_conversations(seed: int = 7, questions: int = 150) -> list[Conversation]:
    """The four kinds, each with so many questions about single fragments, in words of theirs."""
    kinds: dict[str, Callable[[random.Random], Iterator[Saying]]] = {
        "documents": _documents,
        "monologue": _monologue,
        "messages": _messages,
        "room": _room,
    }
    made: list[Conversation] = []
    for name, kind in kinds.items():
        rng = random.Random(seed)
        turns = tuple(
            Turn(str(i), session, speaker, text, when)
            for i, (speaker, text, when, session) in enumerate(kind(rng))
        )
        made.append(Conversation(name, turns, tuple(_questions(name, turns, questions, rng))))
    return made


def _paragraphs(text: str) -> list[str]:
    """Paragraphs that are prose, without markup."""
    found = (re.sub(r'["`*]', "", " ".join(part.split())) for part in re.split(r"\n\s*\n", text))
    return [one for one in found if _is_prose(one.split())]


def _is_prose(tokens: list[str]) -> bool:
    return len(tokens) >= 8 and sum(token.isalpha() for token in tokens) > 0.6 * len(tokens)


def _pages() -> list[list[str]]:
    return [_paragraphs(text) for _, text in sorted(topics.items())]


def _sentences() -> list[str]:
    found = (sentence for page in _pages() for one in page for sentence in re.split(r"(?<=[.!?])\s+", one))
    return [sentence for sentence in found if 8 <= len(sentence.split()) <= 40]


def _documents(_: random.Random) -> Iterator[Saying]:
    """Forty pages, a paragraph an engram, that nobody says."""
    for number, page in enumerate(_pages()[:40]):
        for paragraph in page:
            yield "", paragraph, _START, number


def _monologue(_: random.Random) -> Iterator[Saying]:
    """One person, sixty sentences at a time."""
    for i, sentence in enumerate(_sentences()[:900]):
        yield "Ada", sentence, _START + timedelta(seconds=20 * i, hours=9 * (i // 60)), i // 60


def _messages(rng: random.Random) -> Iterator[Saying]:
    """Short questions and answers of 300 words."""
    when = _START
    for number, page in enumerate(_pages()[:70]):
        when += timedelta(hours=rng.choice((0.1, 30.0)))
        tokens = " ".join(page).split()
        for start in range(0, min(len(tokens), 3 * _MESSAGE_WORDS), _MESSAGE_WORDS):
            answer = tokens[start : start + _MESSAGE_WORDS]
            asked = _asked_for(" ".join(answer), 2, rng)
            if len(answer) < 60 or not asked:
                continue
            yield "user", f"Can you explain {_listed(asked)} to me?", when, number
            yield "assistant", " ".join(answer), when + timedelta(seconds=30), number
            when += timedelta(seconds=90)


def _room(rng: random.Random) -> Iterator[Saying]:
    """Twelve people, three topics at once."""
    sentences = _sentences()
    threads = [sentences[start : start + 40] for start in range(0, 1600, 40)]
    rng.shuffle(threads)
    when = _START
    for session, start in enumerate(range(0, 24, 3)):
        live: list[list[str]] = [thread.copy() for thread in threads[start : start + 3] if thread]
        when += timedelta(hours=12)
        while live:
            thread = rng.choice(live)
            when += timedelta(seconds=rng.choice((5, 60)))
            yield rng.choice(_PEOPLE), thread.pop(0), when, session
            live = [one for one in live if one]


def _questions(name: str, turns: Sequence[Turn], count: int, rng: random.Random) -> Iterator[Question]:
    """Three to five content words of one fragment, one of them often in another form; by name in a room."""
    first = {(turn.text, turn.speaker): turn.id for turn in reversed(turns)}  # a repeat makes no engram
    number = 0
    while number < count:
        turn = rng.choice(turns)
        start, stop = rng.choice(fragment(turn.text) or ((0, len(turn.text)),))
        asked = _asked_for(turn.text[start:stop], rng.choice((3, 4, 5)), rng)
        if not asked or turn.speaker == "user":
            continue
        if rng.random() < 0.5:
            asked[0] = asked[0].removesuffix("s") if asked[0].endswith("s") else f"{asked[0]}s"
        form = rng.choice(_FORMS)
        if name == "room" and rng.random() < 0.6:
            form = f"What did {turn.speaker} say about {{}}?"
        evidence = tuple(id for (text, _), id in first.items() if text == turn.text)
        yield Question(f"{name}/{number}", form.format(_listed(asked)), 1, evidence)
        number += 1


def _asked_for(text: str, count: int, rng: random.Random) -> list[str]:
    """So many distinct content words of a text in random order; none where it has fewer."""
    found = dict.fromkeys(w for w in words(text) if w not in STOP_WORDS and len(w) > 2 and w.isalpha())
    return rng.sample(list(found), count) if len(found) >= count else []


def _listed(asked: list[str]) -> str:
    return f"{', '.join(asked[:-1])} and {asked[-1]}"
