"""The connectome: wiring, spreading, scaling and forgetting."""

import asyncio
import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro.connectome import Association, AssociationType, Connectome, ConnectomeParams
from neuro.errors import ConfigurationError, StoreUnavailableError
from neuro.stores import Unlink
from neuro.stores.memory import MemoryStore
from neuro.testing import CountingStore, FailingStore, InterleavingStore

T, H, R = AssociationType.TEMPORAL, AssociationType.CO_HELD, AssociationType.CO_RECALLED


def wired(*links: tuple[str, str, float], kind: AssociationType = T) -> list[Association]:
    return [Association(source, target, kind, weight) for source, target, weight in links]


async def weights(connectome: Connectome, source: str) -> dict[str, float]:
    return {a.target_id: a.weight for a in (await connectome.associations([source]))[source]}


async def test_associations_are_known_at_once_strongest_first():
    connectome = Connectome(MemoryStore())
    assert connectome.associate(wired(("a", "b", 0.2), ("a", "c", 0.5), ("b", "a", 0.1))) == 3
    found = await connectome.associations(["a", "b", "z"])
    assert found == {
        "a": [Association("a", "c", T, 0.5), Association("a", "b", T, 0.2)],
        "b": [Association("b", "a", T, 0.1)],
        "z": [],
    }


async def test_nothing_is_wired_to_itself():
    connectome = Connectome(MemoryStore())
    assert connectome.associate(wired(("a", "a", 0.5))) == 0
    assert not connectome.unwritten
    assert await connectome.flush() == 0


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6), st.randoms())
def test_an_association_grows_with_use_in_any_order_and_stays_in_bounds(increments: list[float], rng: Any):
    async def grown(order: list[float]) -> float:
        connectome = Connectome(MemoryStore())
        for increment in order:
            connectome.associate(wired(("a", "b", increment)))
            if rng.random() < 0.5:
                await connectome.flush()
        return (await weights(connectome, "a")).get("b", 0.0)

    shuffled = increments[:]
    rng.shuffle(shuffled)
    first, second = asyncio.run(grown(increments)), asyncio.run(grown(shuffled))
    assert first == pytest.approx(second, abs=0.02)  # the faintest links are not kept
    assert 0.0 <= first <= 1.0
    assert first == pytest.approx(1.0 - math.prod(1.0 - increment for increment in increments), abs=0.02)


async def test_what_was_written_is_read_by_the_next_connectome():
    store = MemoryStore()
    connectome = Connectome(store)
    connectome.associate(wired(("a", "b", 0.5)) + wired(("a", "b", 0.25), kind=R))
    assert await connectome.flush() == 2
    assert not connectome.unwritten
    following = Connectome(store)
    assert (await following.associations(["a"]))["a"] == [
        Association("a", "b", T, 0.5),
        Association("a", "b", R, 0.25),
    ]
    following.associate(wired(("a", "b", 0.5)))
    assert (await following.associations(["a"]))["a"][0].weight == 0.75
    await following.flush()
    assert (await Connectome(store).associations(["a"]))["a"][0].weight == 0.75


async def test_only_the_strongest_links_are_kept():
    store = MemoryStore()
    connectome = Connectome(store, ConnectomeParams(most_links=3))
    connectome.associate(wired(*(("a", f"t{n}", n / 10) for n in range(1, 8))))
    await connectome.flush()
    assert await weights(connectome, "a") == {"t7": 0.7, "t6": 0.6, "t5": 0.5}
    connectome.associate(wired(("a", "new", 0.55)))
    await connectome.flush()
    assert await weights(connectome, "a") == {"t7": 0.7, "t6": 0.6, "new": 0.55}
    ((*links,),) = await store.links(["a"])
    assert {link.target_id for link in links} == {"t7", "t6", "new"}


async def test_an_engram_prunes_its_own_links_only_and_those_back_go_with_it():
    store = MemoryStore()
    connectome = Connectome(store, ConnectomeParams(most_links=2))
    for n in range(1, 5):
        connectome.associate(wired(("hub", f"t{n}", n / 10), (f"t{n}", "hub", n / 10)))
        await connectome.flush()
    assert [len(links) for links in await store.links(["hub", "t4", "t3", "t2", "t1"])] == [2, 1, 1, 1, 1]
    await store.write([Unlink("hub")])
    assert await store.links(["t4", "t3", "t2", "t1"]) == [[]] * 4


async def test_only_links_of_what_is_stored_already_are_read():
    store = CountingStore(MemoryStore())
    connectome = Connectome(store)
    for target in ("a", "b"):
        connectome.associate(wired(("new", target, 0.5)))
        async with connectome.writing(born={"new"}) as links:
            assert [(link.source_id, link.target_id) for link in links] == [("new", target)]
    assert store.calls["links"] == 0
    connectome.associate(wired(("new", "a", 0.5), ("a", "new", 0.5), ("b", "new", 0.5)))
    async with connectome.writing(born={"new"}) as links:
        assert len(links) == 3
    assert store.calls["links"] == 1


async def test_a_link_too_faint_to_matter_is_not_kept():
    store = MemoryStore()
    connectome = Connectome(store)
    connectome.associate(wired(("a", "b", 0.001)))
    assert await connectome.flush() == 0
    assert await store.links(["a"]) == [[]]


async def test_a_failed_write_loses_nothing():
    store = FailingStore(MemoryStore())
    connectome = Connectome(store)
    connectome.associate(wired(("a", "b", 0.5)))
    for verb in ("links", "write"):
        store.fail_next(verb, StoreUnavailableError("gone"))
        with pytest.raises(StoreUnavailableError):
            await connectome.flush()
        assert connectome.unwritten
        assert await weights(connectome, "a") == {"b": 0.5}
    assert await connectome.flush() == 1
    assert await weights(Connectome(store), "a") == {"b": 0.5}


async def test_what_is_associated_while_links_are_written_is_not_lost():
    store = InterleavingStore(MemoryStore(), random.Random(3))
    connectome = Connectome(store)
    connectome.associate(wired(("a", "b", 0.5)))
    writing = asyncio.ensure_future(connectome.flush())
    while not writing.done():
        assert (await weights(connectome, "a"))["b"] >= 0.5
    connectome.associate(wired(("a", "c", 0.4)))
    writing = asyncio.ensure_future(connectome.flush())
    await asyncio.sleep(0)
    connectome.associate(wired(("a", "b", 0.5)))
    await asyncio.gather(writing, connectome.flush())
    assert await weights(Connectome(store), "a") == {"b": 0.75, "c": 0.4}


# Spreading


async def test_activation_spreads_in_shares_of_what_a_source_has():
    connectome = Connectome(MemoryStore(), ConnectomeParams(spreading=0.5))
    connectome.associate(wired(("few", "x", 0.4), ("many", "x", 0.8), ("many", "y", 0.8), ("many", "z", 0.4)))
    reached = (await connectome.spread({"few": 1.0, "many": 0.5, "none": 1.0})).engrams
    assert set(reached) == {"x", "y", "z"}
    assert [(s.source_id, s.amount) for s in reached["x"]] == [
        ("few", pytest.approx(0.5 * 0.4)),
        ("many", pytest.approx(0.5 * 0.5 * 0.8 / 2.0)),  # a fan of weight 2 divides it
    ]
    assert reached["z"][0].kind is T


async def test_spreading_can_be_switched_off_and_costs_one_call():
    store = CountingStore(MemoryStore())
    connectome = Connectome(store, ConnectomeParams(spreading=0.0))
    connectome.associate(wired(("a", "b", 0.5)))
    assert (await Connectome(store).spread({})).engrams == {}
    assert not store.calls
    await Connectome(store).spread({"a": 1.0, "b": 1.0})
    assert store.calls == {"links": 1}
    assert (await connectome.spread({"a": 1.0})).engrams == {}


async def test_what_spreads_says_what_its_sources_are_instances_of():
    connectome = Connectome(MemoryStore())
    await connectome.wire({"entity-1": ["a", "b"], "concept-2": ["a"]}, 8, lambda _: False)
    connectome.associate(wired(("a", "b", 0.5)))
    reach = await connectome.spread({"a": 1.0, "c": 1.0})
    assert reach.concepts == {"a": ["concept-2", "entity-1"], "c": []} and [*reach.engrams] == ["b"]


# Scaling


async def test_downscaling_takes_the_same_share_of_every_link():
    connectome = Connectome(MemoryStore())
    connectome.associate(wired(("a", "b", 0.8), ("a", "c", 0.2)))
    await connectome.flush()
    connectome.log_scale = -0.15
    factor = math.exp(-0.15)
    assert await weights(connectome, "a") == {
        "b": pytest.approx(0.8 * factor),
        "c": pytest.approx(0.2 * factor),
    }


async def test_what_is_wired_after_downscaling_is_as_strong_as_ever():
    connectome = Connectome(MemoryStore())
    connectome.log_scale = -10.0
    connectome.associate(wired(("a", "b", 0.5)))
    assert await weights(connectome, "a") == {"b": 0.5}
    await connectome.flush()
    assert await weights(connectome, "a") == {"b": pytest.approx(0.5)}


# Forgetting


@pytest.mark.parametrize("written", [False, True])
async def test_what_is_forgotten_leaves_the_wiring_both_ways(written: bool):
    store = MemoryStore()
    connectome = Connectome(store)
    connectome.associate(
        wired(("a", "b", 0.5), ("b", "a", 0.5), ("b", "c", 0.5), ("c", "b", 0.5), ("a", "c", 0.5))
    )
    if written:
        await connectome.flush()
    async with connectome.forgetting(["b"]):
        await store.write([Unlink("b")])
    found = await connectome.associations(["a", "b", "c"])
    assert {source: [a.target_id for a in links] for source, links in found.items()} == {
        "a": ["c"],
        "b": [],
        "c": [],
    }
    await connectome.flush()
    assert [len(links) for links in await store.links(["a", "b", "c"])] == [1, 0, 0]


@pytest.mark.parametrize("seed", range(10))
async def test_what_is_being_written_does_not_bring_back_what_is_forgotten(seed: int):
    rng = random.Random(seed)
    store = InterleavingStore(MemoryStore(), rng)
    connectome = Connectome(store)
    connectome.associate(wired(("a", "b", 0.5), ("b", "a", 0.5)))
    writing = asyncio.ensure_future(connectome.flush())
    for _ in range(rng.randrange(8)):
        await asyncio.sleep(0)
    async with connectome.forgetting(["b"]):
        await store.write([Unlink("b")])
    await writing
    await connectome.flush()
    assert [len(links) for links in await store.links(["a", "b"])] == [0, 0]


@pytest.mark.parametrize(
    "bad", [{"spreading": 1.1}, {"most_links": 0}, {"downscaling_rate": -0.1}, {"spread": 1}]
)
def test_bad_parameters_are_configuration_errors(bad: dict[str, Any]):
    with pytest.raises(ConfigurationError, match=r"^ConnectomeParams\."):
        ConnectomeParams(**bad)


# Concepts


def nobody(engram_id: str) -> bool:
    return False


async def test_a_concept_is_wired_both_ways_and_only_once():
    connectome = Connectome(MemoryStore())
    assert await connectome.wire({"c": ["a", "b"], "d": ["a"]}, 10, nobody) == 3
    assert await connectome.wire({"c": ["b", "a"]}, 10, nobody) == 0
    assert await connectome.instances(["c", "d", "z", "a"]) == [["a", "b"], ["a"], [], ["c", "d"]]
    assert await connectome.concepts() == ["c", "d"]


async def test_concepts_are_no_associations_and_spread_nothing():
    connectome = Connectome(MemoryStore(), ConnectomeParams(most_links=2))
    await connectome.wire({"c": ["a"]}, 10, nobody)
    connectome.associate(wired(("a", "b", 0.5), ("a", "d", 0.4), ("a", "e", 0.3)))
    await connectome.flush()
    assert await weights(connectome, "a") == pytest.approx({"b": 0.5, "d": 0.4})
    assert await connectome.instances(["c"]) == [["a"]]
    assert await weights(connectome, "c") == {}


async def test_a_concept_keeps_its_newest_instances():
    connectome = Connectome(MemoryStore())
    await connectome.wire({"c": ["a", "b"]}, 2, nobody)
    assert await connectome.wire({"c": ["d", "e", "f"]}, 2, nobody) == 2
    assert await connectome.instances(["c", "a", "d"]) == [["e", "f"], [], []]


async def test_what_is_forgotten_is_no_instance_any_more():
    store = MemoryStore()
    connectome = Connectome(store)
    await connectome.wire({"c": ["a", "b"], "d": ["a"]}, 10, nobody)
    async with connectome.forgetting(["a"]):
        await store.write([Unlink("a")])
    assert await connectome.instances(["c", "d"]) == [["b"], []]
    assert await connectome.wire({"d": ["a"]}, 10, lambda engram_id: engram_id == "a") == 0
    assert await connectome.instances(["d"]) == [[]]
