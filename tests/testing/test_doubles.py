"""The doubles of a store interleave, count and fail as they say, and are faithful otherwise."""

import asyncio
import random

import pytest

from neuro.errors import InvalidArgumentError, StoreUnavailableError
from neuro.stores.base import Agenda, Link, Placed
from neuro.stores.memory import MemoryStore
from neuro.testing import CountingStore, FailingStore, InterleavingStore, StoreWrapper
from neuro.testing.doubles import VERBS
from neuro.testing.samples import sample_engram, sample_id, sample_placed
from neuro.testing.stores.engrams import counted


async def _order_of_tasks(seed):
    store = InterleavingStore(MemoryStore(), random.Random(seed))
    order = []

    async def write(task):
        for turn in range(5):
            await store.write_documents({task: turn})
            order.append(task)

    await asyncio.gather(write("a"), write("b"))
    return "".join(order)


async def _use_every_verb(store):
    engrams, ids = store.engrams("neocortex"), [sample_id(1), sample_id(2)]
    await engrams.insert([sample_placed(1), sample_placed(2), Placed(sample_engram(3), 1e6, review_at=5.0)])
    await engrams.insert([sample_placed(4)], arriving=True)
    await engrams.arrivals()
    await engrams.reveal([sample_id(4)])
    await engrams.amend([*ids, sample_id(9)], counted, op_id="a")
    await engrams.get([*ids, sample_id(9)])
    await engrams.find([sample_engram(1).digest, "0" * 32])
    await engrams.scan(limit=3)
    await engrams.due(1e9, limit=2)
    await engrams.demote(ids, 1e9)
    await engrams.upcoming(Agenda.REVIEW, 1e9, limit=2)
    await engrams.count(1e9)
    await engrams.delete(sample_id(3))
    await store.link([Link("a", "b", "temporal", 1.0), Link("a", "c", "temporal", 1.0)])
    await store.links(["a", "b"])
    await store.unlink("a")
    await store.write_journal([sample_engram(5), sample_engram(6)], drop=["x"])
    await store.journal()
    await store.write_documents({"a": [1, 2, 3], "b": 2})
    await store.read_documents(["a", "b", "c"])
    await store.amend_document("a", lambda held: [*held, 4])
    await store.aclose()


async def test_interleaving_depends_on_nothing_but_the_seed():
    orders = [await _order_of_tasks(seed) for seed in range(8)]
    assert orders == [await _order_of_tasks(seed) for seed in range(8)]
    assert len(set(orders)) > 4


async def test_interleaving_changes_no_answer():
    plain, interleaved = CountingStore(MemoryStore()), CountingStore(MemoryStore())
    await _use_every_verb(plain)
    await _use_every_verb(InterleavingStore(interleaved, random.Random(1)))
    assert (plain.read, plain.written) == (interleaved.read, interleaved.written)


async def test_every_verb_passes_the_hook():
    store = CountingStore(MemoryStore())
    await _use_every_verb(store)
    assert set(store.calls) == VERBS


async def test_records_are_counted_by_verb():
    store = CountingStore(MemoryStore())
    await _use_every_verb(store)
    assert store.calls["insert"] == 2
    assert +store.read == {
        "arrivals": 1, "amend": 2, "get": 2, "find": 1, "scan": 3, "due": 2, "demote": 2, "links": 2,
        "upcoming": 1, "journal": 2, "read_documents": 2, "amend_document": 1,
    }  # fmt: skip
    assert +store.written == {
        "insert": 4, "reveal": 1, "amend": 3, "demote": 2, "delete": 1, "link": 2, "unlink": 1, "write_journal": 3,
        "write_documents": 2, "amend_document": 1,
    }  # fmt: skip
    assert store.engrams_read == 2 + 2 + 3 + 2


async def test_reset_counts_from_zero():
    store = CountingStore(MemoryStore())
    await _use_every_verb(store)
    store.reset()
    assert (store.calls.total(), store.read.total(), store.written.total(), store.engrams_read) == (
        0,
        0,
        0,
        0,
    )


async def test_a_store_that_is_down_refuses_every_verb_but_closing():
    store = FailingStore(MemoryStore())
    engrams = store.engrams("neocortex")
    store.down = True
    for refused in (engrams.insert([sample_placed(1)]), engrams.scan(), store.journal(), store.links(["a"])):
        with pytest.raises(StoreUnavailableError, match="memory:// is down"):
            await refused
    store.down = False
    assert await engrams.scan() == []
    store.down = True
    await store.aclose()


async def test_a_planned_failure_happens_once():
    store = FailingStore(MemoryStore())
    store.fail_next("journal", StoreUnavailableError("first"))
    store.fail_next("journal", StoreUnavailableError("second"))
    for message in ("first", "second"):
        with pytest.raises(StoreUnavailableError, match=message):
            await store.journal()
    assert await store.journal() == []


async def test_a_write_whose_reply_is_lost_happened_and_may_be_repeated():
    store = FailingStore(MemoryStore())
    engrams = store.engrams("neocortex")
    await engrams.insert([sample_placed(1)])
    store.fail_next("amend", StoreUnavailableError("reply lost"), reply_lost=True)
    with pytest.raises(StoreUnavailableError):
        await engrams.amend([sample_id(1)], counted, op_id="a")
    [engram] = await engrams.amend([sample_id(1)], counted, op_id="a")
    assert engram.access_count == 1


def test_a_failure_of_an_unknown_verb_is_refused():
    with pytest.raises(InvalidArgumentError, match="write_journal"):
        FailingStore(MemoryStore()).fail_next("remember", ValueError())


def test_a_double_shows_what_it_wraps():
    store = StoreWrapper(CountingStore(MemoryStore()))
    assert repr(store) == "StoreWrapper(CountingStore(MemoryStore()))"
    assert (store.url, store.durable) == ("memory://", False)
    assert store.engrams("neocortex") is store.engrams("neocortex")
