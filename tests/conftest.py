"""What all tests share: readable failures of the shipped checks, and an event loop that must not be blocked."""

import pytest

pytest.register_assert_rewrite("neuro.testing")

from collections.abc import Iterator

from blockbuster import BlockBuster, blockbuster_ctx

import neuro


@pytest.fixture(autouse=True)
def no_blocking_of_the_event_loop() -> Iterator[BlockBuster]:
    """A blocking call made by neuro on the event loop is a failure."""
    with blockbuster_ctx(scanned_modules=[neuro]) as guard:
        yield guard
