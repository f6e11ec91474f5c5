"""What each part of recall is worth: evidence recall on LoCoMo with the part switched off.

    python benchmarks/recall/ablation.py locomo10.json
    python benchmarks/recall/ablation.py locomo10.json --embedder all-MiniLM-L6-v2 --markdown parts.md --json parts.json

Parts of the index: without the part its weights are fitted anew, as in `fit_weights.py`, and every conversation is
measured by weights that were fitted without it; so a part is worth only what no other part can stand in for. Dynamics
of the brain: whole brains, as in `locomo.py`, live through the conversations and are asked, with the shipped weights.
A difference comes with its standard error over questions; one below twice that may be chance.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from conversations import ANSWERABLE, Conversation, read_conversations
from evidence import DEPTHS, Figures, mean, ranked_figures
from fit_weights import Fit, Sheet, asked_of, remembered
from living import lived, recalled
from own_texts import own_conversations
from progress import progress

from neuro import BrainConfig
from neuro.embedders import CachedEmbedder, Embedder, is_contextual, resolve
from neuro.engram import Engram
from neuro.errors import NeuroError
from neuro.indexing.probe import Matching

SHOWN = ("R@10", "nDCG@10")


class Part(NamedTuple):
    """A part of the index that can be switched off."""

    name: str
    features: tuple[str, ...] = ()
    """Fields of `Weights` that go."""
    matching: Mapping[str, float] = {}
    """Constants of `Matching` under which it does nothing."""
    whole: bool = False
    """Engrams are found as a whole, not by their fragments."""
    encoder: bool = False
    """There is such a part only where an encoder's features are compared."""


PARTS = (
    Part("what was said around it", matching={"neighbour_reach": 0}),
    Part("related words", ("related", "gist"), {"related_floor": 0.999}),
    Part("gist", ("gist",)),
    Part("most of the cue in one place", ("own",)),
    Part("concave score", matching={"concavity": 1.0}),
    Part("misspellings", matching={"spelling_floor": 1.0, "name_floor": 1.0}),
    Part("who said it", ("speaker", "first_person")),
    Part("dates", ("date",)),
    Part("answers to questions", ("answer", "answer_meaning")),
    Part("how it is told", ("time_words", "opening", "question", "rarity")),
    Part("the kind of answer asked for", ("answer_kind",)),
    Part("fragments", whole=True),
    Part("the encoder", ("meaning", "answer_meaning", "tokens"), encoder=True),
    Part("tokens of the encoder", ("tokens",), encoder=True),
)

DYNAMICS: dict[str, dict[str, Any]] = {
    "forgetting and strength": {"recall": {"strength": 0.0}},
    "priming by working memory": {"recall": {"priming": 0.0}},
    "spreading": {"connectome": {"spreading": 0.0}},
    "concepts": {"concepts": {"lending": 0.0}},
    "entities": {"entities": {"lending": 0.0}},
    "all dynamics, concepts and entities": {
        "recall": {"strength": 0.0, "priming": 0.0},
        "connectome": {"spreading": 0.0},
        "concepts": {"lending": 0.0},
        "entities": {"lending": 0.0},
    },
}


class Without(NamedTuple):
    """What is found without a part; with all parts where it has no name."""

    name: str
    found: list[Figures]
    """Question by question."""


Lives = list[tuple[Conversation, list[Engram]]]


def parts_of(embedder: Embedder) -> list[Part]:
    """The parts that there are with an embedder."""
    return [part for part in PARTS if not part.encoder or is_contextual(embedder)]


async def sheets(lives: Lives, embedder: Embedder, part: Part) -> list[Sheet]:
    """The questions about every conversation, asked of an index without a part."""
    matching = Matching.model_validate(part.matching)
    return [
        await asked_of(
            conversation, await whole(engrams, embedder) if part.whole else engrams, embedder, matching
        )
        for conversation, engrams in lives
    ]


async def whole(engrams: Sequence[Engram], embedder: Embedder) -> list[Engram]:
    """The engrams as one fragment each."""
    rows = (await embedder.embed([engram.content for engram in engrams])).astype(np.float16)
    return [
        engram.changed(fragments=(), features=row[None]) for engram, row in zip(engrams, rows, strict=True)
    ]


async def index_ablation(
    conversations: Sequence[Conversation], embedder: Embedder, advance: Callable[[], object]
) -> list[Without]:
    """The index with all parts and without each of them; weights fitted without the conversation measured."""
    own: Lives = [(one, await remembered(one, embedder)) for one in conversations]
    others: Lives = [(one, await remembered(one, embedder)) for one in own_conversations()]
    complete = await sheets(own, embedder, Part("")), await sheets(others, embedder, Part(""))
    found: list[Without] = []
    for part in (Part(""), *parts_of(embedder)):
        anew = part.matching or part.whole
        asked = (
            (await sheets(own, embedder, part), await sheets(others, embedder, part)) if anew else complete
        )
        columns = [name for name in asked[0][0].columns if name not in part.features]
        found.append(Without(part.name, Fit(*asked, columns).left_out()))
        advance()
    return found


async def brain_ablation(
    conversations: Sequence[Conversation], embedder: Embedder, advance: Callable[[], object]
) -> list[Without]:
    """Whole brains with all dynamics and without some."""
    found: list[Without] = []
    for name, settings in ({"": {}} | DYNAMICS).items():
        config = BrainConfig.model_validate(settings)
        figures: list[Figures] = []
        for one in conversations:
            async with lived(one, "memory://", embedder=embedder, config=config) as brain:
                for question in one.scored:
                    if question.category in ANSWERABLE:
                        ranked = await recalled(brain, question.text, max(DEPTHS))
                        figures.append(ranked_figures(ranked, question.evidence))
        found.append(Without(name, figures))
        advance()
    return found


def difference(less: Sequence[Figures], all_parts: Sequence[Figures], name: str) -> tuple[float, float]:
    """Mean of a figure's paired differences and its standard error, both in points."""
    values = [100 * (a[name] - b[name]) for a, b in zip(less, all_parts, strict=True)]
    average = sum(values) / len(values)
    variance = sum((value - average) ** 2 for value in values) / max(1, len(values) - 1)
    return average, math.sqrt(variance / len(values))


def markdown(title: str, measured: Sequence[Without]) -> str:
    """One table: the first line has all parts."""
    complete = measured[0].found
    cells = " | ".join(f"{name} | change" for name in SHOWN)
    lines = [f"| {title} | {cells} |", "|---" * (1 + 2 * len(SHOWN)) + "|"]
    for name, found in measured:
        row = [f"without {name}" if name else f"everything ({len(found)} questions)"]
        for figure in SHOWN:
            average, error = difference(found, complete, figure)
            row += [f"{mean(found, figure):.1f}", f"{average:+.1f} ± {error:.1f}" if name else ""]
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


def document(measured: Sequence[Without]) -> list[dict[str, Any]]:
    """The same for JSON."""
    complete = measured[0].found
    return [
        {"without": name, "questions": len(found)}
        | {figure: mean(found, figure) for figure in SHOWN}
        | {f"{figure} change": difference(found, complete, figure)[0] for figure in SHOWN}
        | {f"{figure} error": difference(found, complete, figure)[1] for figure in SHOWN}
        for name, found in measured
    ]


async def measure(
    conversations: Sequence[Conversation], embedder: str | None
) -> tuple[str, list[Without], list[Without]]:
    """The embedder's name, and what is found without parts of the index and without dynamics of the brain."""
    cached = CachedEmbedder(await resolve(embedder))
    try:
        steps = len(parts_of(cached)) + len(DYNAMICS) + 2
        with progress(f"{steps} measurements", steps, "measurements") as advance:
            index = await index_ablation(conversations, cached, advance)
            return cached.name, index, await brain_ablation(conversations, cached, advance)
    finally:
        await cached.aclose()


def main(arguments: list[str] | None = None) -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "file", type=Path, help="locomo10.json as released, or cleaned conversations (.jsonl[.gz])"
    )
    parser.add_argument("--embedder", help="what `Brain.create` takes as embedder=; default: its own")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--markdown", type=Path, help="write the tables here too")
    options = parser.parse_args(arguments)
    try:
        conversations = read_conversations(options.file)
        if len(conversations) < 2:
            parser.error("weights are fitted without one conversation: there must be two or more")
        embedder, index, brain = asyncio.run(measure(conversations, options.embedder))
    except (OSError, ValueError, NeuroError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    tables = markdown("index", index) + "\n" + markdown("brain", brain)
    print(tables, end="")
    if options.markdown:
        options.markdown.write_text(tables, "utf-8")
    if options.json:
        about = {
            "file": options.file.name,
            "embedder": embedder,
            "index": document(index),
            "brain": document(brain),
        }
        options.json.write_text(json.dumps(about, indent=1), "utf-8")


if __name__ == "__main__":
    main()
