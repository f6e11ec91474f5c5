"""Evidence recall on cleaned LoCoMo conversations: of the turns that answer a question, how many are recalled.

    python benchmarks/recall/evidence_recall.py conversations.jsonl.gz
    NEURO_BENCH_EMBEDDER=all-MiniLM-L6-v2 python benchmarks/recall/evidence_recall.py conversations.jsonl.gz

One conversation a line: {"conv", "turns": [{"id", "dt", "speaker", "text", "caption"?}], "questions": [{"q", "cat",
"gold": [turn ids]}]}. Questions of category 5 ask the wrong person on purpose and are left out; the average is over
questions. LoCoMo (Maharana et al. 2024) is CC BY-NC 4.0 and not part of this project.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from locomo_adapter import Adapter

DEPTHS = (5, 10, 20, 50)


class Turn(NamedTuple):
    id: str
    speaker: str
    text: str
    when: datetime


def turn(record: dict[str, Any]) -> Turn:
    caption = record.get("caption")
    text = record["text"] + (f" [image: {caption}]" if caption else "")
    return Turn(record["id"], record["speaker"], text, datetime.fromisoformat(record["dt"]))


async def measure(conversations: list[dict[str, Any]]) -> None:
    shares: dict[int, list[float]] = {depth: [] for depth in DEPTHS}
    turns, living, asking = 0, 0.0, 0.0
    for conversation in conversations:
        adapter = Adapter()
        start = time.perf_counter()
        await adapter.ingest([turn(record) for record in conversation["turns"]])
        living += time.perf_counter() - start
        turns += len(conversation["turns"])
        for question in conversation["questions"]:
            gold = set(question["gold"])
            if question["cat"] == 5 or not gold:
                continue
            start = time.perf_counter()
            found = await adapter.recall(question["q"], max(DEPTHS))
            asking += time.perf_counter() - start
            for depth in DEPTHS:
                shares[depth].append(len(gold & set(found[:depth])) / len(gold))
        await adapter.close()
        print(f"{conversation['conv']} done", file=sys.stderr, flush=True)
    asked = len(shares[10])
    print("| " + " | ".join(f"recall@{depth}" for depth in DEPTHS) + " | ms a turn | ms a question |")
    print("|---" * (len(DEPTHS) + 2) + "|")
    cells = [f"{100 * sum(shares[depth]) / asked:.1f}" for depth in DEPTHS]
    print("| " + " | ".join([*cells, f"{1000 * living / turns:.1f}", f"{1000 * asking / asked:.1f}"]) + " |")


def main(path: Path) -> None:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        asyncio.run(measure([json.loads(line) for line in lines]))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
