"""The ports of storage. A store keeps what it is given, bit for bit; it computes no dynamics and finds nothing by
meaning: an index over what it holds is filled by `EngramStore.scan` and kept up to date by `Store.news`.

A `Store` is one brain's place on a server or in a file (a namespace of it), which several processes may have open.
It has an `EngramStore` for each memory region, and beside them the links of the connectome, documents of
bookkeeping, who writes in it, and who sleeps. Every write happens as a whole or not at all, is durable when it
returns, and may be repeated after a lost reply. What is written inside `neuro.stores.fencing.fenced` is refused
with LeaseLostError once somebody else has got the lease.

All verbs raise StoreUnavailableError when the store cannot be reached or cannot write, StoreClosedError
after ``aclose``. A record that cannot be read is as good as gone for every verb, and named by `Store.health`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, runtime_checkable

from neuro.arguments import shown
from neuro.engram import Engram
from neuro.errors import InvalidArgumentError


class Durability(StrEnum):
    """What an acknowledged write has survived."""

    FAST = "fast"
    """The end of the process, however sudden; a power cut may take the last moments."""
    FULL = "full"
    """A power cut too: each write, or group of writes, waits for the disk."""

    @classmethod
    def of(cls, value: object, name: str) -> Durability:
        """The level that a value means; InvalidArgumentError, naming the levels, if it means none."""
        known = " or ".join(cls)
        if not isinstance(value, str):
            raise InvalidArgumentError(f"{name}: must be {known} (got one {type(value).__name__})")
        text = str.__str__(value)  # a subclass may compare as it likes
        if text not in cls._value2member_map_:
            raise InvalidArgumentError(f"{name}: must be {known} (got {shown(text)})")
        return cls(text)


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


class Kept(NamedTuple):
    """All that a store keeps of an engram."""

    placed: Placed
    dormant: bool
    """Whether it is marked as dormant, see `EngramStore.demote`."""


Change = Callable[[Engram], Placed]
"""A pure step of an engram, given what is stored now; returns it with the next revision. It may change the trace,
pinned, superseded_by, target_retention, salience and reliability; everything else of an engram never changes. The
keys that it returns replace all those stored."""


class Link(NamedTuple):
    """One direction of an association as it is stored; both directions of a pair are links of their own.

    Written, it sets the weight; a weight of 0 removes the link. One from or to an engram's id
    (`neuro.ids.is_engram_id`) that no region holds when its turn comes is not kept: it may have been forgotten.
    """

    source_id: str
    target_id: str
    kind: str
    weight: float


class Insert(NamedTuple):
    """Stores an engram in a region.

    One that is there already with the same digest, content and instant of encoding stays as it is; another one of
    its id makes the write stale. What was removed may be inserted again, and starts anew; but where one write does
    both, in whichever order, the engram moves: it has still seen the operations that it had, see `EngramStore.amend`.
    """

    region: str
    placed: Placed
    writer: str | None = None
    """Whose it is until it moves on, see `Store.adopt`."""


class Remove(NamedTuple):
    """Removes an engram from a region, not its links; without a revision, what is not there need not be removed."""

    region: str
    engram_id: str
    revision: int | None = None
    """Unless it has this one, or if it is gone, the write is stale."""


class Replace(NamedTuple):
    """Replaces what a `Change` may change of an engram; stale unless ``revision`` is the one stored."""

    region: str
    placed: Placed
    revision: int


class Unlink(NamedTuple):
    """Removes all links from and to an engram, also those that lead one way only; costs as much as it has links."""

    engram_id: str


class Document(NamedTuple):
    """Sets a bookkeeping document to a copy of a JSON value; None removes it."""

    key: str
    value: Any


Write = Insert | Remove | Replace | Link | Unlink | Document
"""One thing to be written."""


class Happening(StrEnum):
    """What befell an engram."""

    INSERTED = "inserted"
    MOVED = "moved"
    """It left a region and entered another in one write."""
    REMOVED = "removed"


class News(NamedTuple):
    """What happened to engrams since a position."""

    position: str
    """Ask from here the next time."""
    happened: tuple[tuple[Happening, str], ...] = ()
    """Happenings with the ids of the engrams, in order."""
    gap: bool = False
    """Something may be missing, for the log does not reach back that far: look at everything anew."""


class Lease(NamedTuple):
    """The right to sleep, of one brain at a time."""

    holder: str
    fence: int
    """Grows with every lease."""
    until: float
    """Clock time at which it ends by itself."""


class Contents(NamedTuple):
    """What there is in a store, by name; each in order."""

    regions: tuple[str, ...]
    """Those that hold engrams; such as once did may be among them."""
    documents: tuple[str, ...]
    """Keys of the bookkeeping documents."""


class Health(NamedTuple):
    """How well a store keeps what it is given."""

    durability: str
    """What an acknowledged write has survived: a plain sentence."""
    concerns: tuple[str, ...]
    """What weakens it or will not work, each with what to do: plain sentences, none if all is well."""
    details: dict[str, str | int | float | bool]
    """Facts by name: settings, sizes, writers."""
    capabilities: dict[str, str | bool]
    """What its server is and can do, by name, as far as that is known; none of it is required."""
    quarantined: tuple[str, ...] = ()
    """Keys of records that cannot be read, with the reason."""


class Quarantined(NamedTuple):
    """A record that cannot be read, put aside as it was found."""

    key: str
    reason: str
    size: int
    """Bytes of what was found."""


class Flaw(NamedTuple):
    """Something in a store that does not fit together."""

    key: str
    problem: str
    repaired: bool
    """Whether it has been mended."""


class EngramStore(Protocol):
    """The engrams of one region."""

    region: str

    async def insert(self, items: Sequence[Placed], *, writer: str | None = None) -> None:
        """`Insert` of each, all or none; StaleEngramError for another engram of an id that is there."""
        ...

    async def amend(self, engram_ids: Sequence[str], change: Change, *, op_id: str) -> list[Engram]:
        """Applies ``change`` to what is stored now, by compare-and-set on the revision, until it lands.

        Returns the engrams as they are afterwards, in the order asked; ids that are not here are left
        out. An engram that has seen this ``op_id`` (among its last eight) is returned unchanged. A ``change``
        that raises changes nothing.
        """
        ...

    async def delete(self, engram_id: str, *, revision: int | None = None) -> bool:
        """Deletes an engram; False when there is none.

        Raises:
            StaleEngramError: ``revision`` is given and is not the one stored; nothing is deleted.
        """
        ...

    async def get(self, engram_ids: Sequence[str]) -> list[Engram | None]:
        """Engrams in the order asked, None for those that are not here."""
        ...

    async def kept(self, engram_ids: Sequence[str]) -> list[Kept | None]:
        """`get` with all that belongs to each engram, as it is at one moment: to copy it."""
        ...

    async def find(self, digests: Sequence[str]) -> list[str | None]:
        """Id of the engram with each digest, if there is one; of several, the first."""
        ...

    async def scan(self, *, after: str | None = None, limit: int = 500) -> list[Engram]:
        """Engrams with an id above ``after``, whether that is still here or not, in order of id.

        Fewer than ``limit`` only where there are no more. A page of up to 1,000 costs one round trip.
        """
        ...

    async def due(self, before: float, *, limit: int) -> list[str]:
        """Ids of engrams not yet marked dormant whose ``forgotten_at < before``, the earliest first."""
        ...

    async def demote(self, engram_ids: Sequence[str], before: float) -> list[str]:
        """Marks as dormant those that are still due; returns their ids.

        An `amend` that changes ``forgotten_at`` takes the mark off; one that only counts leaves it.
        """
        ...

    async def upcoming(self, agenda: Agenda, before: float, *, limit: int) -> list[tuple[str, float]]:
        """Ids and instants of engrams, dormant or not, whose key on ``agenda`` is below ``before``, the
        earliest first, ties by id."""
        ...

    async def count(self, before: float) -> tuple[int, int]:
        """How many engrams there are, and how many of them have ``forgotten_at < before``."""
        ...


@runtime_checkable
class Store(Protocol):
    """One brain's place: its regions' engrams, links, documents, writers, and who sleeps."""

    url: str
    """Where it is, the password masked."""
    durable: bool
    """Whether anything outlives the process."""
    remote: bool
    """Whether it may be out of reach for a while without anything being wrong with it."""

    def engrams(self, region: str) -> EngramStore:
        """The store of a region; the same object each time."""
        ...

    async def links(self, engram_ids: Sequence[str]) -> list[list[Link]]:
        """Outgoing links of each engram."""
        ...

    async def read_documents(self, keys: Sequence[str]) -> list[Any]:
        """Bookkeeping documents (JSON values) by key, None where there is none."""
        ...

    async def amend_document(self, key: str, change: Callable[[Any], Any]) -> Any:
        """Changes one bookkeeping document by compare-and-set, until it lands; returns a copy of the new value.

        ``change`` is pure: given what is stored now (None when there is nothing) it returns what shall be stored.
        It may be called several times, in any thread, and counts once when this returns, whoever else changes the
        document meanwhile, in this process or another. When this raises StoreUnavailableError, nobody knows whether
        it counted. A ``change`` that raises, or returns what is no JSON, changes nothing.
        """
        ...

    async def write(self, writes: Sequence[Write], *, op_id: str | None = None) -> None:
        """Carries out all writes in order, or none; nobody sees a part of them.

        With an ``op_id`` that was carried out already (among the last 10,000 writes that named one) nothing is done:
        so a write may be repeated after a lost reply, whatever happened meanwhile.

        Raises:
            StaleEngramError: a write is stale; ``engram_ids`` names all engrams whose writes are.
            TypeError, ValueError: a document is no JSON.
            FeatureMismatchError: features of another dimension than those in the region.
        """
        ...

    async def news(self, since: str | None) -> News:
        """What inserts, moves and removals happened after a position, by whomever; None: only the position of now.

        At least the last 10,000 happenings are known.
        """
        ...

    # Writers

    async def beat(self, writer: str, at: float) -> None:
        """A writer lives; ``at`` is clock time."""
        ...

    async def retire(self, writer: str) -> None:
        """A writer has closed; what is still its own is anybody's."""
        ...

    async def adopt(
        self, region: str, writer: str, *, silent_since: float, ahead_of: float = math.inf
    ) -> list[str]:
        """Makes engrams of a region this writer's own that belong to nobody, to a retired writer or to one whose last
        beat is before ``silent_since``, or after ``ahead_of``, by a clock that was set back; ids in order. Of several
        that adopt at once, one gets an engram."""
        ...

    # The lease of the sleeper

    async def acquire(self, holder: str, *, now: float, until: float) -> Lease:
        """The lease in force: a new one of ``holder``, with a higher fence, unless another one holds one beyond
        ``now``. Clock times."""
        ...

    async def renew(self, lease: Lease, *, until: float) -> bool:
        """Prolongs a lease; False when somebody else has got it since."""
        ...

    async def release(self, lease: Lease) -> None:
        """Ends a lease, unless somebody else has got it."""
        ...

    # Care

    async def contents(self) -> Contents:
        """What there is: to look through it, or copy it."""
        ...

    async def health(self) -> Health:
        """How well it keeps what it is given; asks the server, where there is one."""
        ...

    async def verify(self, *, repair: bool = False) -> list[Flaw]:
        """Looks at everything stored: records that cannot be read, indexes that do not fit their records, engrams with
        two owners, links and documents that lead nowhere; mends what is mendable. Reads everything."""
        ...

    async def quarantine(self) -> list[Quarantined]:
        """What `verify` has put aside, or a write that took its place; in order of keys."""
        ...

    async def discard(self, keys: Sequence[str]) -> None:
        """Deletes records in quarantine for good; keys of what is not there mean nothing."""
        ...

    async def scrub(self) -> tuple[str, ...]:
        """Makes bytes of what has been removed unreadable in all that the store itself keeps (free pages, logs, its own
        snapshots); returns plain sentences on what may still hold them and how to get rid of that."""
        ...

    async def aclose(self) -> None:
        """Closes; everything acknowledged is kept. Twice is harmless."""
        ...
