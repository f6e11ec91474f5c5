"""The doubles of a store interleave, count and fail as they say, and are faithful otherwise."""

import asyncio
import random

import pytest

from neuro.errors import InvalidArgumentError, StoreClosedError, StoreUnavailableError
from neuro.stores.base import Agenda, Document, Link, Placed, Remove, Unlink
from neuro.stores.memory import MemoryStore
from neuro.testing import CountingStore, FailingStore, InterleavingStore, KeptOpen, StoreWrapper
from neuro.testing.doubles import VERBS
from neuro.testing.samples import sample_engram, sample_id, sample_placed
from neuro.testing.stores.engrams import counted


async def _order_of_tasks(seed):
    store = InterleavingStore(MemoryStore(), random.Random(seed))
    order = []

    async def write(task):
        for turn in range(5):
            await store.write([Document(task, turn)])
            order.append(task)

    await asyncio.gather(write("a"), write("b"))
    return "".join(order)


async def _use_every_verb(store):
    engrams, ids = store.engrams("neocortex"), [sample_id(1), sample_id(2)]
    await engrams.insert([sample_placed(1), sample_placed(2), Placed(sample_engram(3), 1e6, review_at=5.0)])
    await engrams.insert([sample_placed(4)], writer="somebody")
    await engrams.amend([*ids, sample_id(9)], counted, op_id="a")
    await engrams.get([*ids, sample_id(9)])
    await engrams.kept([*ids, sample_id(9)])
    await engrams.find([sample_engram(1).digest, "0" * 32])
    await engrams.scan(limit=3)
    await engrams.due(1e9, limit=2)
    await engrams.demote(ids, 1e9)
    await engrams.upcoming(Agenda.REVIEW, 1e9, limit=2)
    await engrams.count(1e9)
    await engrams.delete(sample_id(3))
    await store.write(
        [Link("a", "b", "temporal", 1.0), Link("a", "c", "temporal", 1.0), Document("a", [1, 2, 3])]
    )
    await store.links(["a", "b"])
    await store.read_documents(["a", "b", "c"])
    await store.amend_document("a", lambda held: [*held, 4])
    position = (await store.news(None)).position
    await store.write([Remove("neocortex", sample_id(4)), Unlink("a")], op_id="a")
    await store.news(position)
    await store.beat("somebody", 1.0)
    await store.retire("somebody")
    await store.adopt("neocortex", "else", silent_since=1.0)
    lease = await store.acquire("somebody", now=1.0, until=2.0)
    await store.renew(lease, until=3.0)
    await store.release(lease)
    await store.contents()
    await store.health()
    await store.verify()
    await store.quarantine()
    await store.discard([])
    await store.scrub()
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
        "amend": 2, "get": 2, "kept": 2, "find": 1, "scan": 3, "due": 2, "demote": 2, "upcoming": 1, "links": 2,
        "read_documents": 1, "amend_document": 1, "news": 1, "adopt": 2,
    }  # fmt: skip
    assert +store.written == {
        "insert": 4, "amend": 3, "demote": 2, "delete": 1, "write": 5, "amend_document": 1,
    }  # fmt: skip
    assert store.engrams_read == 2 + 2 + 2 + 3


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
    for refused in (engrams.insert([sample_placed(1)]), engrams.scan(), store.news(None), store.write([])):
        with pytest.raises(StoreUnavailableError, match="memory:// is down"):
            await refused
    store.down = False
    assert await engrams.scan() == []
    store.down = True
    await store.aclose()


async def test_a_planned_failure_happens_once():
    store = FailingStore(MemoryStore())
    store.fail_next("news", StoreUnavailableError("first"))
    store.fail_next("news", StoreUnavailableError("second"))
    for message in ("first", "second"):
        with pytest.raises(StoreUnavailableError, match=message):
            await store.news(None)
    assert not (await store.news(None)).happened


async def test_a_write_whose_reply_is_lost_happened_and_may_be_repeated():
    store = FailingStore(MemoryStore())
    engrams = store.engrams("neocortex")
    await engrams.insert([sample_placed(1)])
    store.fail_next("amend", StoreUnavailableError("reply lost"), reply_lost=True)
    with pytest.raises(StoreUnavailableError):
        await engrams.amend([sample_id(1)], counted, op_id="a")
    [engram] = await engrams.amend([sample_id(1)], counted, op_id="a")
    assert engram.access_count == 1


@pytest.mark.parametrize("remote", [True, False])
def test_a_failing_store_passes_for_remote_or_not(remote):
    assert FailingStore(MemoryStore()).remote
    assert FailingStore(MemoryStore(), remote=remote).remote is remote


async def test_clients_of_a_kept_store_share_it_and_close_alone():
    kept = MemoryStore()
    one, other = KeptOpen(kept), KeptOpen(kept)
    assert one.durable and not kept.durable
    await one.engrams("hippocampus").insert([sample_placed(1)], writer="one")
    await one.aclose()
    with pytest.raises(StoreClosedError):
        await one.engrams("hippocampus").scan()
    assert await other.adopt("hippocampus", "other", silent_since=0.0) == [sample_id(1)]


def test_a_failure_of_an_unknown_verb_is_refused():
    with pytest.raises(InvalidArgumentError, match="amend_document"):
        FailingStore(MemoryStore()).fail_next("remember", ValueError())


def test_a_double_shows_what_it_wraps():
    store = StoreWrapper(CountingStore(MemoryStore()))
    assert repr(store) == "StoreWrapper(CountingStore(MemoryStore()))"
    assert (store.url, store.durable, store.remote) == ("memory://", False, False)
    assert store.engrams("neocortex") is store.engrams("neocortex")
