"""What tests of a brain are given."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from telling import KINDS, OpenPlace, kept


@pytest.fixture(params=KINDS)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenPlace]:
    """A place of each kind, to be opened again and again."""
    async with kept(request.param, tmp_path) as opened:
        yield opened
