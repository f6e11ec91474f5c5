"""Recall is not tuned to chats of two: on other kinds of memory it finds no less than plain BM25."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import pytest
from conversations import Conversation
from own_texts import own_conversations

from neuro.engram import Engram
from neuro.indexing.fragment_index import FragmentIndex
from neuro.indexing.fragments import fragment
from neuro.indexing.terms import terms
from neuro.indexing.word_table import WordTable
from neuro.testing.samples import sample_id, sample_trace

CONVERSATIONS = own_conversations(seed=101, questions=100)
"""Others than those on which weights are fitted."""
DEPTH = 10


def plain_bm25(counts: Sequence[Counter[str]], cue: str) -> list[int]:
    """The customary ranking over whole texts, given by how often they hold each term: k1 1.2, b .75."""
    lengths = [count.total() for count in counts]
    mean = sum(lengths) / len(lengths)
    scores: dict[int, float] = defaultdict(float)
    for term in dict.fromkeys(terms(cue)):
        holding = [i for i, count in enumerate(counts) if term in count]
        idf = math.log(1 + (len(counts) - len(holding) + 0.5) / (len(holding) + 0.5))
        for i in holding:
            norm = 1.2 * (0.25 + 0.75 * lengths[i] / mean)
            scores[i] += idf * counts[i][term] * 2.2 / (counts[i][term] + norm)
    return sorted(scores, key=lambda i: (-scores[i], i))[:DEPTH]


def index_of(conversation: Conversation) -> FragmentIndex:
    index = FragmentIndex(WordTable.shipped())
    index.add_many(
        Engram(
            engram_id=sample_id(number),
            content=turn.text,
            encoded_at=turn.when.timestamp(),
            trace=sample_trace(),
            fragments=fragment(turn.text),
            context={"speaker": turn.speaker} if turn.speaker else {},
            episode_id=str(turn.session),
        )
        for number, turn in enumerate(conversation.turns)
    )
    return index


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda conversation: conversation.name)
def test_recall_finds_no_less_than_plain_bm25(conversation: Conversation):
    index, counts = index_of(conversation), [Counter(terms(turn.text)) for turn in conversation.turns]
    turn_of = {sample_id(number): turn.id for number, turn in enumerate(conversation.turns)}
    asked_at = conversation.turns[-1].when.timestamp()
    ours = theirs = 0.0
    for question in conversation.questions:
        evidence = set(question.evidence)
        found = index.search(index.read(question.text, asked_at), None, DEPTH)
        ours += len(evidence & {turn_of[match.engram_id] for match in found}) / len(evidence)
        plain = {conversation.turns[i].id for i in plain_bm25(counts, question.text)}
        theirs += len(evidence & plain) / len(evidence)
    assert ours >= theirs
    assert ours >= 0.99 * len(conversation.questions)
