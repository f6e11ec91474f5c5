"""Evidence recall on LoCoMo: of the turns that answer a question, how many does a brain recall?

    python benchmarks/recall/locomo.py locomo10.json
    python benchmarks/recall/locomo.py locomo10.json --embedder all-MiniLM-L6-v2 --markdown figures.md --json all.json

Each conversation is lived through by one brain with its defaults, session by session with the nights between them, on
a SQLite file of its own; then its questions are asked, and change nothing. `conversations.py` says how the file is
read, `evidence.py` what the figures mean. No language model is involved. The headline is the line "1-4": questions of
category 5 ask the wrong person on purpose, so that a brain that knows who said what is expected to miss them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from conversations import Conversation, read_conversations
from living import Measured, measured
from progress import progress
from reporting import document, markdown

from neuro import BrainConfig
from neuro.embedders import CachedEmbedder, resolve
from neuro.errors import NeuroError


async def measure(
    conversations: list[Conversation], store: str, *, embedder: str | None, config: BrainConfig | None
) -> tuple[str, list[Measured]]:
    """The embedder's name, and every conversation lived through and asked about.

    Args:
        store: URL of a store, with ``{n}`` where the number of the conversation belongs.
    """
    cached = CachedEmbedder(await resolve(embedder))
    try:
        total = sum(len(one.scored) for one in conversations)
        title = f"{len(conversations)} conversations, {total} questions"
        with progress(title, total, "questions") as advance:
            found = [
                await measured(
                    one, store.replace("{n}", str(n)), embedder=cached, config=config, on_answer=advance
                )
                for n, one in enumerate(conversations)
            ]
        return cached.name, found
    finally:
        await cached.aclose()


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "file", type=Path, help="locomo10.json as released, or cleaned conversations (.jsonl[.gz])"
    )
    parser.add_argument("--config", type=Path, help="a JSON file with fields of BrainConfig")
    parser.add_argument("--embedder", help="what `Brain.create` takes as embedder=; default: its own")
    parser.add_argument(
        "--store", help="URL with {n} for the number of a conversation; default: temporary files"
    )
    parser.add_argument("--limit", type=int, help="only the first so many conversations")
    parser.add_argument("--json", type=Path, help="write averages, costs and every question here")
    parser.add_argument("--markdown", type=Path, help="write the tables here too")
    found = parser.parse_args(arguments)
    if found.limit is not None and found.limit < 1:
        parser.error("--limit must be at least 1")
    if found.store is not None and "{n}" not in found.store and not found.store.startswith("memory:"):
        parser.error("--store needs {n}, so that each conversation has a brain of its own")
    return found


def main(arguments: list[str] | None = None) -> None:
    """Measures, prints and writes."""
    options = parsed(arguments)
    try:
        conversations = read_conversations(options.file)[: options.limit]
        config = (
            BrainConfig.model_validate_json(options.config.read_text("utf-8")) if options.config else None
        )
        with TemporaryDirectory() as folder:
            store = options.store or f"{folder}/{{n}}.db"
            embedder, measurement = asyncio.run(
                measure(conversations, store, embedder=options.embedder, config=config)
            )
    except (OSError, ValueError, NeuroError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    tables = markdown(measurement)
    print(tables, end="")
    if options.markdown:
        options.markdown.write_text(tables, "utf-8")
    if options.json:
        settings = None if config is None else config.model_dump(mode="json", exclude_unset=True)
        about = document(measurement, file=options.file.name, embedder=embedder, config=settings)
        options.json.write_text(json.dumps(about, indent=1), "utf-8")


if __name__ == "__main__":
    main()
