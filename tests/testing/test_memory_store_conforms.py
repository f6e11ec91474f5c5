"""The memory store keeps the contract, alone and while its verbs interleave."""

import random

import pytest

from neuro.stores.memory import MemoryStore
from neuro.testing import STORE_CHECKS, InterleavingStore


@pytest.mark.parametrize("check", STORE_CHECKS, ids=lambda check: check.__name__)
async def test_the_memory_store_conforms(check):
    async def make_store():
        return MemoryStore()

    await check(make_store)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("check", STORE_CHECKS, ids=lambda check: check.__name__)
async def test_an_interleaving_store_conforms(check, seed):
    async def make_store():
        return InterleavingStore(MemoryStore(), random.Random(seed))

    await check(make_store)
