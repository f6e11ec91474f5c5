"""Conformance checks over a whole brain in a place where it may live, one per sentence of what a brain promises.

Each is an async function that raises AssertionError when the sentence does not hold; a test framework is not
needed. Run them all with `check_brain`, or one at a time, by name, from your own parametrised tests::

    @pytest.mark.parametrize("check", BRAIN_CHECKS, ids=lambda check: check.__name__)
    async def test_a_brain_keeps_its_promises_on_my_store(check, open_my_store):
        await check(open_my_store)
"""

from __future__ import annotations

from collections.abc import Callable

from neuro.testing.brain.giving_up import GIVING_UP_CHECKS
from neuro.testing.brain.keeping import KEEPING_CHECKS
from neuro.testing.brain.outages import OUTAGE_CHECKS
from neuro.testing.brain.sharing import SHARING_CHECKS
from neuro.testing.machine import OpenPlace, memory_place

__all__ = ["BRAIN_CHECKS", "OpenPlace", "check_brain", "memory_place"]

BRAIN_CHECKS = (*KEEPING_CHECKS, *GIVING_UP_CHECKS, *OUTAGE_CHECKS, *SHARING_CHECKS)
"""Checks of every brain; each takes an `OpenPlace`, empty the first time."""


async def check_brain(make_place: Callable[[], OpenPlace]) -> None:
    """Runs every check, each in a fresh place.

    Raises:
        AssertionError: a brain that lives there does not keep its promises.
    """
    for check in BRAIN_CHECKS:
        await check(make_place())
