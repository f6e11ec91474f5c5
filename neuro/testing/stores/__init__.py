"""Conformance checks over a `neuro.stores.base.Store`, one per sentence of its contract.

Each is an async function that raises AssertionError when the sentence does not hold; a test framework is not
needed. Run them all with `check_store`, or one at a time, by name, from your own parametrised tests::

    @pytest.mark.parametrize("check", STORE_CHECKS, ids=lambda check: check.__name__)
    async def test_my_store_conforms(check, make_my_store):
        await check(make_my_store)
"""

from __future__ import annotations

from neuro.testing.stores.agendas import AGENDA_CHECKS
from neuro.testing.stores.bookkeeping import BOOKKEEPING_CHECKS
from neuro.testing.stores.care import CARE_CHECKS
from neuro.testing.stores.changes import CHANGE_CHECKS
from neuro.testing.stores.copying import COPYING_CHECKS
from neuro.testing.stores.engrams import ENGRAM_CHECKS, MakeStore
from neuro.testing.stores.fading import FADING_CHECKS
from neuro.testing.stores.leases import LEASE_CHECKS
from neuro.testing.stores.life import DURABLE_CHECKS, LIFE_CHECKS, Reopen, check_namespaces_are_isolated
from neuro.testing.stores.news import NEWS_CHECKS
from neuro.testing.stores.scanning import SCAN_CHECKS
from neuro.testing.stores.writers import WRITER_CHECKS
from neuro.testing.stores.writing import WRITE_CHECKS

__all__ = [
    "DURABLE_CHECKS",
    "STORE_CHECKS",
    "MakeStore",
    "Reopen",
    "check_namespaces_are_isolated",
    "check_store",
]

STORE_CHECKS = (
    *ENGRAM_CHECKS,
    *CHANGE_CHECKS,
    *FADING_CHECKS,
    *AGENDA_CHECKS,
    *SCAN_CHECKS,
    *BOOKKEEPING_CHECKS,
    *WRITE_CHECKS,
    *NEWS_CHECKS,
    *WRITER_CHECKS,
    *LEASE_CHECKS,
    *CARE_CHECKS,
    *COPYING_CHECKS,
    *LIFE_CHECKS,
)
"""Checks of every store; each takes a `MakeStore`."""


async def check_store(
    make_store: MakeStore, *, reopen: Reopen | None = None, open_neighbour: Reopen | None = None
) -> None:
    """Runs every check.

    Args:
        make_store: opens a fresh, empty store; called once per check.
        reopen: opens the place of the store made last again; give it for a durable store.
        open_neighbour: opens another, empty namespace in the place of the store made last.

    Raises:
        AssertionError: the store does not keep its contract.
    """
    for check in STORE_CHECKS:
        await check(make_store)
    if reopen is not None:
        for check in DURABLE_CHECKS:
            await check(make_store, reopen)
    if open_neighbour is not None:
        await check_namespaces_are_isolated(make_store, open_neighbour)
