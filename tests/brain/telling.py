"""What the tests of a brain share: short ways to read what it returned, and places that are opened again."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from fakeredis import FakeServer

from neuro import Brain, Engram, Recall, Recollection
from neuro.stores import MemoryStore, Store
from neuro.stores.redis import RedisStore
from neuro.stores.sqlite import SQLiteStore
from neuro.testing import FailingStore, KeptOpen
from neuro.testing.redis import fake_redis

HOUR = 3_600.0
DAY = 24 * HOUR
KEYS, HARBOUR, SHIP = "The keys are in the drawer", "We met Dana at the harbour", "The ship sails at noon"


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


KINDS = ("memory", "file", "redis")
"""What a brain may be kept in."""

OpenPlace = Callable[[], Awaitable[Store]]
"""Opens the same place each time, by a client of its own."""


@asynccontextmanager
async def kept(kind: str, folder: Path) -> AsyncIterator[OpenPlace]:
    """A place of a kind, to be opened again and again."""
    memory, server = MemoryStore(), FakeServer()
    async with AsyncExitStack() as stack:

        async def open_place() -> Store:
            if kind == "memory":
                return KeptOpen(memory)
            if kind == "file":
                return await SQLiteStore.open(folder / "brain.db")
            client = fake_redis(server)
            stack.push_async_callback(client.aclose)
            return await RedisStore.open("redis://fake", client=client)

        yield open_place


async def encoded(brain: Brain, content: str, **options: Any) -> Engram:
    """The engram of a content that is perceived now."""
    engram = (await brain.perceive(content, **options)).engram
    assert engram is not None
    return engram


class Deliberate(Exception):
    """Ends a block."""


def bare(store: Store) -> FailingStore:
    """A store that may fail, and is there when its brain has closed."""
    return FailingStore(KeptOpen(store))
