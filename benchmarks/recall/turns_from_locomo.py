"""Turns cleaned LoCoMo conversations into files for `neuro ingest`.

    python benchmarks/recall/turns_from_locomo.py conversations.jsonl.gz turns/
    for file in turns/*.jsonl; do neuro ingest --store "$file.db" "$file"; done

The input has one conversation a line: {"conv", "turns": [{"id", "session", "dt", "speaker", "text", "caption"?}]}.
LoCoMo (Maharana et al. 2024) is CC BY-NC 4.0 and not part of this project.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def turn_lines(conversation: dict[str, Any]) -> Iterator[str]:
    """One line for `neuro ingest` per turn; times without a zone are taken as UTC."""
    for turn in conversation["turns"]:
        caption = turn.get("caption")
        text = turn["text"] + (f" [image: {caption}]" if caption else "")
        yield json.dumps(
            {
                "text": text,
                "speaker": turn["speaker"],
                "at": turn["dt"] + "+00:00",
                "session": f"{conversation['conv']}-{turn['session']}",
                "turn": turn["id"],
            },
            ensure_ascii=False,
        )


def main(source: Path, target: Path) -> None:
    """Writes one file per conversation."""
    target.mkdir(parents=True, exist_ok=True)
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        for conversation in map(json.loads, lines):
            path = target / f"{conversation['conv']}.jsonl"
            path.write_text("\n".join(turn_lines(conversation)) + "\n", "utf-8")
            print(f"{path}: {len(conversation['turns'])} turns")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
