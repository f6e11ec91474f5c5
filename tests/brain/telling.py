"""What the tests of a brain share: short ways to read what it returned."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from neuro import Brain, Recall, Recollection

HOUR = 3_600.0
DAY = 24 * HOUR


def contents(found: Iterable[Any]) -> list[str]:
    """Contents of engrams or recollections, in order."""
    return [item.engram.content if isinstance(item, Recollection) else item.content for item in found]


def found(recall: Recall, content: str) -> Recollection:
    """The recollection of a content; fails when it was not recalled."""
    return next(recollection for recollection in recall if recollection.engram.content == content)


def kinds(recollection: Recollection) -> set[str]:
    """Kinds of the reasons that a recollection gives."""
    return {reason.kind for reason in recollection.reasons}


async def whole(brain: Brain) -> tuple[Any, ...]:
    """All that can be seen of a brain from outside."""
    return (
        brain.inspect(),
        await brain.stats(),
        await brain.list(limit=10_000, dormant=True),
        [*brain.working_memory],
    )


def files(folder: Path) -> set[str]:
    """Names of the files in a folder."""
    return {path.name for path in folder.iterdir()}
