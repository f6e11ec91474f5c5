"""Which lines a store has lived through already, so that the same file again changes nothing.

Kept in the store's own bookkeeping documents, in pages that are filled one after the other: a long ledger is
never rewritten as a whole. A line is written down once it is durable, so after a crash the ledger may know less than
the store, never more.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from neuro.stores import Document, Store

_HEAD = "ingest"
_PAGE = 1000
"""Lines on a page."""


class Ledger:
    """The keys of the lines that were lived through, in order."""

    def __init__(self, pages: Sequence[Sequence[str]] = (), *, awake: bool = False) -> None:
        self._keys = list(chain.from_iterable(pages))
        self._known = set(self._keys)
        self.awake = awake
        """Whether lines were lived through since the last night, which then is still to come."""

    @classmethod
    async def read(cls, store: Store) -> Ledger:
        """What a store remembers."""
        head = (await store.read_documents([_HEAD]))[0]
        if head is None:
            return cls()
        pages = await store.read_documents([_page(number) for number in range(head["pages"])])
        return cls([page for page in pages if page is not None], awake=head.get("awake", False))

    def __contains__(self, key: object) -> bool:
        return key in self._known

    async def add(self, store: Store, keys: Sequence[str], *, awake: bool) -> None:
        """Writes lines down, in one step with the number of pages and whether they still wait for their night."""
        if not keys and awake == self.awake:
            return
        first = len(self._keys) // _PAGE
        filled = [*self._keys, *keys]
        pages = range(first, (len(filled) - 1) // _PAGE + 1)
        await store.write(
            [
                *(Document(_page(n), filled[n * _PAGE : (n + 1) * _PAGE]) for n in pages),
                Document(_HEAD, {"pages": pages.stop, "awake": awake}),
            ]
        )
        self._keys = filled
        self._known.update(keys)
        self.awake = awake


def _page(number: int) -> str:
    return f"{_HEAD}:{number}"
