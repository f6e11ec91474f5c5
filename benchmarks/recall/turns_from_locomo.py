"""Turns LoCoMo conversations into files for `neuro ingest`, one for each.

python benchmarks/recall/turns_from_locomo.py locomo10.json turns/
for file in turns/*.jsonl; do neuro ingest --store "$file.db" "$file"; done
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from conversations import Conversation, read_conversations


def turn_lines(conversation: Conversation) -> Iterator[str]:
    """One line for `neuro ingest` per turn; times are taken as UTC."""
    for turn in conversation.turns:
        line = {
            "text": turn.text,
            "speaker": turn.speaker,
            "at": turn.when.isoformat(),
            "session": f"{conversation.name}-{turn.session}",
            "turn": turn.id,
        }
        yield json.dumps(line, ensure_ascii=False)


def main() -> None:
    """Writes the files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "file", type=Path, help="locomo10.json as released, or cleaned conversations (.jsonl[.gz])"
    )
    parser.add_argument("folder", type=Path, help="where the files go")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for conversation in read_conversations(arguments.file):
        path = arguments.folder / f"{conversation.name}.jsonl"
        path.write_text("\n".join(turn_lines(conversation)) + "\n", "utf-8")
        print(f"{path}: {len(conversation.turns)} turns")


if __name__ == "__main__":
    main()
