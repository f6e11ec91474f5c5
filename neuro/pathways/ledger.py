"""What a brain's next night has to wire and to replay, written down with the brain's own name.

It is done once: by the brain that noted it or, when that has closed or been silent, by the first that takes it over.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from neuro.clock import Clock
from neuro.pathways.sharing import SILENCE
from neuro.regions.anatomy import Anatomy
from neuro.stores import Document, Store

_PREFIX = "ledger"
_PAUSE = 5.0
"""Seconds between two writes of it, for it grows with the day."""

_INSTANT = 0.001
"""Seconds that are no pause: a clock that is asked to move on by less may round that to nothing."""


class Draft(NamedTuple):
    """What is to be written of a ledger now."""

    document: Document
    content: Mapping[str, Any]
    revision: int
    at: float


class Ledger:
    """Writes down, takes over and gives up what waits for the night of one brain.

    Args:
        writer: names this brain; unlike any other.
    """

    def __init__(self, writer: str, store: Store, clock: Clock, anatomy: Anatomy) -> None:
        self._writer = writer
        self._key = _new_key()
        self._store = store
        self._clock = clock
        self._anatomy = anatomy
        self._hippocampus = anatomy.hippocampus
        self._kept: Mapping[str, Any] | None = None
        """What the store holds for this brain."""
        self._revision = self._hippocampus.ledger_revision
        self._written = self._sure_since = -math.inf
        self._left = False

    @property
    def changed(self) -> bool:
        """Whether anything is not written down as it is now."""
        return self._revision != self._hippocampus.ledger_revision

    def pause(self, now: float) -> float | None:
        """Seconds until it is to be written; None: it has not changed."""
        return remaining(_PAUSE, self._written, now) if self.changed else None

    def sure(self, now: float) -> bool:
        """Whether nobody can have taken it over since it was written or looked at."""
        return self._kept is None or 0.0 <= now - self._sure_since < SILENCE

    def draft(self, now: float) -> Draft:
        """All of it, as it is now."""
        content = self._hippocampus.ledger()
        document = Document(self._key, {**content, "writer": self._writer, "at": now})
        return Draft(document, content, self._hippocampus.ledger_revision, now)

    def written(self, draft: Draft) -> None:
        """A draft is in the store."""
        self._written = self._sure_since = draft.at
        self._revision, self._kept = draft.revision, draft.content

    def doubt(self) -> None:
        """Two drafts may have met on their way: it is to be written again."""
        self._revision = -1

    async def look(self) -> None:
        """Gives up what another brain has taken over, as this one was silent."""
        if self._kept is not None:
            [document] = await self._store.read_documents([self._key])
            self._give_up_unless(document is not None and document["writer"] in (None, self._writer))

    async def adopt(self) -> None:
        """Takes over what brains have left that closed or were silent; gives up what was taken over of this one's."""
        keys = [key for key in (await self._store.contents()).documents if key.startswith(_PREFIX)]
        self._give_up_unless(self._key in keys)
        others = [key for key in keys if key != self._key]
        documents = await self._store.read_documents(others) if others else []
        left = [key for key, document in zip(others, documents, strict=True) if self._free(document)]
        taken = [key for key in left if await self._take_over(key)]
        if taken:
            draft = self.draft(self._clock.now())
            await self._store.write([draft.document, *(Document(key, None) for key in taken)])
            self.written(draft)

    async def leave(self) -> None:
        """It is anybody's from here on."""
        if self._left or (self._kept is None and not self.changed):
            return
        await self.look()
        draft = self.draft(self._clock.now())
        waits = any(draft.content.values())
        left = {**draft.document.value, "writer": None} if waits else None
        await self._store.write([Document(self._key, left)])
        self._left = True

    def _free(self, document: Mapping[str, Any] | None) -> bool:
        """Whether nobody has it; what names no writer was written when brains had one ledger together."""
        if document is None:
            return False
        writer = document.get("writer")
        # What lies ahead was written before a clock was set back.
        return writer in (None, self._writer) or abs(self._clock.now() - document["at"]) > SILENCE

    async def _take_over(self, key: str) -> bool:
        now = self._clock.now()

        def take(document: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
            if document is None or not self._free(document):
                return document
            return {**document, "writer": self._writer, "at": now}

        document = await self._store.amend_document(key, take)
        if document is None or document["writer"] != self._writer:
            return False
        pairs, unreplayed = document["bindings"], document["unreplayed"]
        named = dict.fromkeys([*unreplayed, *(engram_id for pair in pairs for engram_id in pair[:2])])
        there = await self._anatomy.owners([*named])  # some may have been forgotten since
        self._hippocampus.take_over(
            {
                "unreplayed": {i: sleeps for i, sleeps in unreplayed.items() if i in there},
                "bindings": [pair for pair in pairs if pair[0] in there and pair[1] in there],
            }
        )
        return True

    def _give_up_unless(self, kept: bool) -> None:
        if self._kept is not None and not kept:
            self._hippocampus.give_up(self._kept)
            self._kept = None
            self._key = _new_key()  # the other may not have written it down as its own yet
        self._sure_since = self._clock.now()


def _new_key() -> str:
    return f"{_PREFIX}:{uuid.uuid4().hex}"


def remaining(pause: float, since: float, now: float) -> float:
    """Seconds that are left of a pause; none of one that began in the future, before a clock was set back."""
    left = pause - (now - since)
    return left if _INSTANT < left <= pause else 0.0
