"""The ports of storage. A store keeps what it is given, bit for bit; it computes no dynamics and finds nothing by
meaning: an index over what it holds is filled by `EngramStore.scan`.

A `Store` is one brain's place on a server or in a file (a namespace of it). It has an `EngramStore` for each
long-term region, and beside them the links of the connectome, the journal of the hippocampus, and a few
documents of bookkeeping. Every write is atomic per engram and may be repeated after a lost reply.

All verbs raise StoreUnavailableError when the store cannot be reached or cannot write, StoreClosedError
after ``aclose``, and CorruptRecordError for a record that cannot be read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, runtime_checkable

from neuro.engram import Engram


class Agenda(StrEnum):
    """A list of engrams by the instant at which something is to be done with them."""

    REVIEW = "review"
    """The user wants to be asked for them."""
    REHEARSAL = "rehearsal"
    """The night must rehearse them, for they must not fade."""


class Placed(NamedTuple):
    """An engram and its keys in the indexes: brain times, ``inf`` where it is not to be found."""

    engram: Engram
    forgotten_at: float
    """When it fades; ``inf`` for what is pinned."""
    review_at: float = math.inf
    """When a review of it is due."""
    rehearse_at: float = math.inf
    """When a night must rehearse it."""

    def key(self, agenda: Agenda) -> float:
        """Its instant on an agenda; ``inf``: it is not on it."""
        return self.review_at if agenda == Agenda.REVIEW else self.rehearse_at


Change = Callable[[Engram], Placed]
"""A pure step of an engram, given what is stored now; returns it with the next revision. It may change the trace,
pinned, superseded_by, target_retention, salience and reliability; everything else of an engram never changes. The
keys that it returns replace all those stored."""


class Link(NamedTuple):
    """One direction of an association as it is stored; both directions of a pair are links of their own."""

    source_id: str
    target_id: str
    kind: str
    weight: float


class EngramStore(Protocol):
    """The engrams of one region."""

    region: str

    async def insert(self, items: Sequence[Placed], *, arriving: bool = False) -> None:
        """Stores engrams, all or none.

        An engram that is there already with the same digest, content and instant of encoding stays as it is,
        arriving or visible (so an insert may be repeated); another one of this id raises StaleEngramError and
        nothing is stored. What was deleted may be inserted again, and starts anew. ``arriving`` engrams are
        invisible to every verb but `reveal`, `delete` and `arrivals`.
        """
        ...

    async def reveal(self, engram_ids: Sequence[str]) -> None:
        """Makes arriving engrams visible and drops their journal entries in the same step; others, visible ones
        too, stay as they are, and so do their journal entries."""
        ...

    async def arrivals(self) -> list[str]:
        """Ids of arriving engrams."""
        ...

    async def amend(self, engram_ids: Sequence[str], change: Change, *, op_id: str) -> list[Engram]:
        """Applies ``change`` to what is stored now, by compare-and-set on the revision, until it lands.

        Returns the engrams as they are afterwards, in the order asked; ids that are not visible here are left
        out. An engram that has seen this ``op_id`` (among its last eight) is returned unchanged. A ``change``
        that raises changes nothing.
        """
        ...

    async def delete(self, engram_id: str, *, revision: int | None = None) -> bool:
        """Deletes an engram, arriving or visible; False when there is none.

        Raises:
            StaleEngramError: ``revision`` is given and is not the one stored; nothing is deleted.
        """
        ...

    async def get(self, engram_ids: Sequence[str]) -> list[Engram | None]:
        """Visible engrams in the order asked, None for those that are not here."""
        ...

    async def find(self, digests: Sequence[str]) -> list[str | None]:
        """Id of the visible engram with each digest, if there is one; of several, the first."""
        ...

    async def scan(self, *, after: str | None = None, limit: int = 500) -> list[Engram]:
        """Visible engrams with an id above ``after``, whether that is still here or not, in order of id.

        Fewer than ``limit`` only where there are no more. A page of up to 1,000 costs one round trip.
        """
        ...

    async def due(self, before: float, *, limit: int) -> list[str]:
        """Ids of visible engrams not yet marked dormant whose ``forgotten_at < before``, the earliest first."""
        ...

    async def demote(self, engram_ids: Sequence[str], before: float) -> list[str]:
        """Marks as dormant those that are still due; returns their ids.

        An `amend` that changes ``forgotten_at`` takes the mark off; one that only counts leaves it.
        """
        ...

    async def upcoming(self, agenda: Agenda, before: float, *, limit: int) -> list[tuple[str, float]]:
        """Ids and instants of visible engrams, dormant or not, whose key on ``agenda`` is below ``before``, the
        earliest first, ties by id."""
        ...

    async def count(self, before: float) -> tuple[int, int]:
        """How many visible engrams there are, and how many of them have ``forgotten_at < before``."""
        ...


@runtime_checkable
class Store(Protocol):
    """One brain's place: its regions' engrams, links, journal and bookkeeping documents."""

    url: str
    """Where it is, the password masked."""
    durable: bool
    """Whether anything outlives the process."""

    def engrams(self, region: str) -> EngramStore:
        """The store of a region; the same object each time."""
        ...

    async def links(self, engram_ids: Sequence[str]) -> list[list[Link]]:
        """Outgoing links of each engram."""
        ...

    async def link(self, links: Sequence[Link]) -> None:
        """Sets weights; a weight of 0 removes the link."""
        ...

    async def unlink(self, engram_id: str) -> None:
        """Removes an engram's outgoing links, and the links back from those they point to."""
        ...

    async def journal(self) -> list[Engram]:
        """Engrams that the hippocampus held when it was last written down, in order of id."""
        ...

    async def write_journal(self, engrams: Sequence[Engram], *, drop: Sequence[str] = ()) -> None:
        """Writes engrams down (newest wins) and drops others, in one step."""
        ...

    async def read_documents(self, keys: Sequence[str]) -> list[Any]:
        """Bookkeeping documents (JSON values) by key, None where there is none."""
        ...

    async def write_documents(self, documents: Mapping[str, Any]) -> None:
        """Writes copies of bookkeeping documents, all or none; what is no JSON raises TypeError or ValueError."""
        ...

    async def amend_document(self, key: str, change: Callable[[Any], Any]) -> Any:
        """Changes one bookkeeping document by compare-and-set, until it lands; returns a copy of the new value.

        ``change`` is pure: given what is stored now (None when there is nothing) it returns what shall be stored.
        It may be called several times, in any thread, and counts once when this returns, whoever else changes the
        document meanwhile, in this process or another. When this raises StoreUnavailableError, nobody knows whether
        it counted. A ``change`` that raises, or returns what is no JSON, changes nothing.
        """
        ...

    async def aclose(self) -> None:
        """Closes; everything acknowledged is kept. Twice is harmless."""
        ...
