"""Recall is not tuned to clean chats of two: on other kinds of memory it finds no less than plain BM25."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import pytest
from conversations import Conversation
from evidence import Figures, mean, ranked_figures
from living import lived, recalled
from own_chats import own_chats
from own_texts import own_conversations

from neuro.embedders import WordsEmbedder
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


def compared(conversation: Conversation) -> tuple[list[Figures], list[Figures]]:
    """What the index and plain BM25 find."""
    index, counts = index_of(conversation), [Counter(terms(turn.text)) for turn in conversation.turns]
    turn_of = {sample_id(number): turn.id for number, turn in enumerate(conversation.turns)}
    asked_at = conversation.turns[-1].when.timestamp()
    ours: list[Figures] = []
    theirs: list[Figures] = []
    for question in conversation.questions:
        found = index.search(index.read(question.text, asked_at), None, DEPTH)
        ours.append(ranked_figures([turn_of[match.engram_id] for match in found], question.evidence))
        plain = [conversation.turns[i].id for i in plain_bm25(counts, question.text)]
        theirs.append(ranked_figures(plain, question.evidence))
    return ours, theirs


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda conversation: conversation.name)
def test_recall_finds_no_less_than_plain_bm25(conversation: Conversation):
    ours, theirs = compared(conversation)
    assert mean(ours, "R@10") >= max(99.0, mean(theirs, "R@10"))
    assert mean(ours, "MRR") >= mean(theirs, "MRR") - 5.0


@pytest.mark.parametrize(("kind", "gain", "least"), [("hasty", 25.0, 75.0), ("assistant", 0.0, 95.0)])
def test_hasty_people_and_long_answers_do_not_hide_what_is_asked_for(kind: str, gain: float, least: float):
    ours: list[Figures] = []
    theirs: list[Figures] = []
    for seed in (101, 102):
        (conversation,) = (one for one in own_chats(seed) if one.name == kind)
        for found, those in zip((ours, theirs), compared(conversation), strict=True):
            found += those
    assert mean(ours, "R@10") >= max(least, mean(theirs, "R@10") + gain)
    assert mean(ours, "nDCG@10") >= mean(theirs, "nDCG@10") + 10.0


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda conversation: conversation.name)
async def test_a_brain_with_its_nights_finds_no_less_than_plain_bm25_either(conversation: Conversation):
    turns = conversation.turns[:300]
    told = {turn.id for turn in turns}
    questions = tuple(one for one in conversation.questions if told.issuperset(one.evidence))
    part = conversation._replace(turns=turns, questions=questions)
    theirs = compared(part)[1]
    assert len(questions) > 20
    async with lived(part, "memory://", embedder=WordsEmbedder()) as brain:
        ours = [ranked_figures(await recalled(brain, one.text, DEPTH), one.evidence) for one in questions]
    assert mean(ours, "R@10") >= mean(theirs, "R@10")
