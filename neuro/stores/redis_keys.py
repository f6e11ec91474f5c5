"""What the keys of a namespace on Redis are called; the list is in `neuro.stores.redis`."""

from __future__ import annotations

from typing import NamedTuple

from neuro.stores.base import Agenda, Placed
from neuro.stores.redis_lua import Command

HIPPOCAMPUS = "hippocampus"
"""The region whose engrams have writers."""
REGIONS = (HIPPOCAMPUS, "neocortex", "cerebellum", "basal_ganglia")
"""Those that every brain has; a store may have others."""


class RegionKeys(NamedTuple):
    """The keys of a region, in the order in which scripts take them."""

    ids: str
    forget: str
    review: str
    rehearsal: str
    dormant: str
    digests: str
    dimension: str
    owners: str

    def agenda(self, agenda: Agenda) -> str:
        """The key of an agenda."""
        return self.review if agenda == Agenda.REVIEW else self.rehearsal


class Keys:
    """The keys of a namespace."""

    def __init__(self, namespace: str) -> None:
        self.prefix = f"neuro:{{{namespace}}}:"
        self.schema = f"{self.prefix}schema"
        self.lease = f"{self.prefix}lease"
        self.writers = f"{self.prefix}wr"
        self.changes = f"{self.prefix}chg"
        self.documents = f"{self.prefix}doc"
        self.regions = f"{self.prefix}regions"
        self.linked = f"{self.prefix}linked"
        self.quarantine = f"{self.prefix}quarantine"
        self.operations = (f"{self.prefix}ops", f"{self.prefix}ops-order")
        self.tries = (f"{self.prefix}tries", f"{self.prefix}tries-order")

    def region(self, region: str) -> RegionKeys:
        """The keys of a region."""
        kinds = ("ids", "forget", Agenda.REVIEW, Agenda.REHEARSAL, "dormant", "digests", "dim", "own")
        return RegionKeys(*(f"{self.prefix}{kind}:{region}" for kind in kinds))

    def engram(self, region: str, engram_id: str = "") -> tuple[str, str]:
        """The keys of its document and its dynamics, or what those of all in a region begin with."""
        return f"{self.prefix}d:{region}:{engram_id}", f"{self.prefix}m:{region}:{engram_id}"

    def links(self, engram_id: str = "") -> str:
        """The key of the links of an engram, or what those of all begin with."""
        return f"{self.prefix}as:{engram_id}"

    def linkers(self, engram_id: str = "") -> str:
        """The key of what is linked to an engram, or what those of all begin with."""
        return f"{self.prefix}to:{engram_id}"

    def document(self, key: str) -> str:
        """What a bookkeeping document is called in messages."""
        return f"{self.documents}[{key}]"

    def quarantined(self, key: str) -> str:
        """Where what was found under a key is kept when it cannot be read."""
        return f"{self.quarantine}:{key.removeprefix(self.prefix)}"

    def look_for(self, name: str) -> Command:
        """Asks whether there is a record of this name, see `put_aside`; an engram is there as long as it is listed."""
        own = name.removeprefix(self.prefix)
        if own.startswith("d:"):
            region, _, engram_id = own[2:].rpartition(":")
            return "ZLEXCOUNT", self.region(region).ids, f"[{engram_id}", f"[{engram_id}"
        key, bracket, field = own.partition("[")
        if bracket and ":" not in key:
            return "HEXISTS", f"{self.prefix}{key}", field.removesuffix("]")
        return "EXISTS", f"{self.prefix}{key}"

    def put_aside(self, name: str) -> tuple[list[str], str]:
        """Where a record in quarantine is kept: the keys, and the field of them that it is, '' if it is all they hold.

        Args:
            name: the key of a document of an engram, any other key, or ``key[field]``.
        """
        own = name.removeprefix(self.prefix)
        if own.startswith("d:"):
            return [self.quarantined(own), self.quarantined(f"m:{own[2:]}")], ""
        key, bracket, field = own.partition("[")
        if bracket and ":" not in key:  # what has fields that are put aside belongs to no region
            return [self.quarantined(key)], field.removesuffix("]")
        return [self.quarantined(own)], ""


def number(value: float) -> str:
    """Every bit of a float in the form that Redis takes; equal numbers have one form."""
    return format(value + 0.0, ".17g")


def index_keys(placed: Placed) -> tuple[str, str, str]:
    """Its instants in the indexes of fading, reviews and rehearsals."""
    return number(placed.forgotten_at), number(placed.review_at), number(placed.rehearse_at)
