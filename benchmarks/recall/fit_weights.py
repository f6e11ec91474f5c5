"""Fits the weights of the index's score to questions with known answers, and tells what each feature is worth.

    python benchmarks/recall/fit_weights.py locomo10.json
    python benchmarks/recall/fit_weights.py locomo10.json --embedder all-MiniLM-L6-v2 --json weights.json

Every conversation is lived through as in `locomo.py`; the features are those that the index itself compares
(`FragmentIndex.features_of`). The figures are of weights fitted without the conversation that they are measured on,
unless they say otherwise. Texts of other kinds (`own_texts.py`) join in every fit, so that the weights suit more than
chats of two.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from conversations import ANSWERABLE, Conversation, Question, read_conversations
from evidence import Figures, mean, ranked_figures
from listwise import Choice, fitted_weights
from living import NIGHT_AFTER, lived
from own_texts import own_conversations

from neuro.embedders import CachedEmbedder, Embedder, is_contextual, reads_tokens, resolve
from neuro.engram import Engram
from neuro.indexing.fragment_index import FragmentIndex
from neuro.indexing.probe import Matching
from neuro.indexing.word_table import WordTable

PENALTY = 3e-4
SHARE = 0.25
"""What all texts of other kinds count together, where the conversations count 1."""
CANDIDATES = 150
"""The best by words alone compete with what is right: the rest would teach nothing but noise."""
FIRST_SIEVE = "related"
SHOWN = ("R@5", "R@10", "R@20", "R@50", "hit@10", "MRR", "nDCG@10")


class Asked(NamedTuple):
    """One question and the features of every fragment for it."""

    question: Question
    features: npt.NDArray[np.float32]
    """Shape (fragments, features)."""


class Sheet(NamedTuple):
    """One conversation as the regression sees it."""

    name: str
    columns: tuple[str, ...]
    turns: list[str]
    """Id of the turn of each fragment."""
    asked: list[Asked]


async def sheet(conversation: Conversation, embedder: Embedder) -> Sheet:
    """Lives through a conversation and asks an index over all that was kept."""
    return await asked_of(conversation, await remembered(conversation, embedder), embedder)


async def remembered(conversation: Conversation, embedder: Embedder) -> list[Engram]:
    """Lives through a conversation; all that was kept."""
    async with lived(conversation, "memory://", embedder=embedder) as brain:
        return await brain.list(limit=1_000_000, dormant=True)


async def asked_of(
    conversation: Conversation, engrams: list[Engram], embedder: Embedder, matching: Matching | None = None
) -> Sheet:
    """Asks an index over some engrams the questions about a conversation."""
    dense = is_contextual(embedder)
    index = FragmentIndex(WordTable.shipped(), matching, dense=dense)
    index.add_many(engrams)
    asked_at = conversation.turns[-1].when.timestamp() + NIGHT_AFTER
    turn_of = {engram.engram_id: str(engram.context["turn"]) for engram in engrams}
    columns: tuple[str, ...] = ()
    turns: list[str] = []
    asked: list[Asked] = []
    for question in conversation.scored:
        if question.category not in ANSWERABLE:
            continue
        reading = index.read(question.text, asked_at)
        row = None
        if reads_tokens(embedder):
            row, tokens = (await embedder.embed_askings([reading.masked]))[0]
            reading = replace(reading, tokens=tokens)
        elif dense:
            row = (await embedder.embed_cues([reading.masked]))[0]
        columns, values, owners = index.features_of(reading, row)
        turns = [turn_of[owner] for owner in owners]
        asked.append(Asked(question, values))
    return Sheet(conversation.name, columns, turns, asked)


def choices(one: Sheet, chosen: Sequence[int], share: float) -> list[Choice]:
    """The questions of a sheet by some of its features; ``share`` is what they count together."""
    sieve = one.columns.index(FIRST_SIEVE)
    turns = np.array(one.turns)
    found: list[Choice] = []
    for question, features in one.asked:
        right = np.isin(turns, question.evidence)
        best = np.argsort(-features[:, sieve], kind="stable")[:CANDIDATES]
        rows = np.union1d(best, np.flatnonzero(right))
        groups = tuple(np.flatnonzero(turns[rows] == turn) for turn in question.evidence)
        groups = tuple(group for group in groups if len(group))
        if groups:
            values = features[rows][:, chosen].astype(np.float64)
            found.append(Choice(values, groups, share / len(one.asked)))
    return found


def figures(one: Sheet, chosen: Sequence[int], weights: npt.NDArray[np.float64]) -> list[Figures]:
    """What the weights find: turns by their best fragment."""
    found: list[Figures] = []
    for question, features in one.asked:
        order: list[int] = np.argsort(-(features[:, chosen] @ weights), kind="stable").tolist()
        ranked = dict.fromkeys(one.turns[i] for i in order)
        found.append(ranked_figures(list(ranked)[:50], question.evidence))
    return found


class Fit:
    """Weights for some features, fitted on some of the conversations and on the texts of other kinds."""

    def __init__(self, sheets: list[Sheet], others: list[Sheet], columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self._sheets, self._others = sheets, others
        self._chosen = [sheets[0].columns.index(name) for name in columns]
        self._own = [choices(one, self._chosen, len(one.asked)) for one in sheets]
        share = SHARE / max(1, len(others))
        self._other = [choice for one in others for choice in choices(one, self._chosen, share)]

    def weights(self, without: int | None = None) -> npt.NDArray[np.float64]:
        """Weights fitted on all conversations, or on all but one."""
        own = [choice for i, group in enumerate(self._own) if i != without for choice in group]
        asked = sum(choice.importance for choice in own)
        other = [choice._replace(importance=asked * choice.importance) for choice in self._other]
        return fitted_weights(own + other, PENALTY)

    def left_out(self) -> list[Figures]:
        """Every question by weights fitted without its conversation."""
        return [
            one
            for i, held_out in enumerate(self._sheets)
            for one in figures(held_out, self._chosen, self.weights(without=i))
        ]

    def seen(self, weights: npt.NDArray[np.float64]) -> list[Figures]:
        """Every question by the same weights."""
        return [one for each in self._sheets for one in figures(each, self._chosen, weights)]

    def elsewhere(self, weights: npt.NDArray[np.float64]) -> dict[str, list[Figures]]:
        """The same for the texts of other kinds."""
        return {one.name: figures(one, self._chosen, weights) for one in self._others}


def report(sheets: list[Sheet], others: list[Sheet]) -> dict[str, float]:
    """Prints what the fit reaches, the ablations and the weights; returns the weights fitted on all."""
    columns = sheets[0].columns
    fit = Fit(sheets, others, columns)
    held_out, weights = fit.left_out(), fit.weights()
    print("| fitted on | " + " | ".join(SHOWN) + " |" + "\n|" + "---|" * (len(SHOWN) + 1))
    print(_row("the other conversations", held_out))
    print(_row("all conversations", fit.seen(weights)))
    for name, found in fit.elsewhere(weights).items():
        print(_row(f"all, on {name}", found))
    print("\n| feature | weight | R@10 without it | nDCG@10 without it |\n|---|---|---|---|")
    for name, weight in zip(columns, weights, strict=True):
        rest = Fit(sheets, others, [column for column in columns if column != name]).left_out()
        losses = (mean(rest, figure) - mean(held_out, figure) for figure in ("R@10", "nDCG@10"))
        print(
            f"| {name} | {weight:.2f} | " + " | ".join(f"{loss:+.1f}" for loss in losses) + " |", flush=True
        )
    return {name: round(float(weight), 2) for name, weight in zip(columns, weights, strict=True)}


def _row(label: str, found: list[Figures]) -> str:
    return f"| {label} | " + " | ".join(f"{mean(found, name):.1f}" for name in SHOWN) + " |"


async def sheets_of(path: Path, embedder: str | None) -> tuple[list[Sheet], list[Sheet]]:
    """The conversations of a file and the texts of other kinds."""
    cached = CachedEmbedder(await resolve(embedder))
    try:
        own = [await sheet(one, cached) for one in read_conversations(path)]
        return own, [await sheet(one, cached) for one in own_conversations()]
    finally:
        await cached.aclose()


def main() -> None:
    """Fits and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "file", type=Path, help="locomo10.json as released, or cleaned conversations (.jsonl[.gz])"
    )
    parser.add_argument("--embedder", help="what `Brain.create` takes as embedder=; default: its own")
    parser.add_argument("--json", type=Path, help="write the weights fitted on all conversations here")
    arguments = parser.parse_args()
    weights = report(*asyncio.run(sheets_of(arguments.file, arguments.embedder)))
    if arguments.json:
        arguments.json.write_text(json.dumps(weights, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
