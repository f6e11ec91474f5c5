"""The store on a real cluster of six Redis servers: finding the keys, and losing their master under load."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest
from real_servers import eventually, running_cluster
from store_load import Load

from neuro.stores.redis import RedisStore
from neuro.testing.stores import STORE_CHECKS

pytestmark = pytest.mark.redis

KEY = "neuro:{brain}:schema"
LONGEST_STALL = 10.0
"""Seconds: the node timeout of 2, an election, and a slow machine."""


async def test_every_node_leads_to_the_keys(tmp_path: Path) -> None:
    async with running_cluster(tmp_path) as cluster:
        numbers = iter(range(1_000_000))
        for server in cluster.servers:
            namespace = f"by node {server.port}"
            async with (
                aclosing(await RedisStore.open(server.url, namespace=namespace)) as store,
                Load(store, tasks=1) as load,
            ):
                await eventually(lambda load=load: len(load.inserted) >= 5, within=5)
            await load.assert_kept_once(cluster.servers[0].url, namespace)

        async def make() -> RedisStore:
            number = next(numbers)
            url = cluster.servers[number % len(cluster.servers)].url
            return await RedisStore.open(url, namespace=f"check {number}")

        for check in STORE_CHECKS:
            await check(make)


async def test_a_killed_master_is_not_noticed_by_those_who_write(tmp_path: Path) -> None:
    async with running_cluster(tmp_path) as cluster:
        master = await cluster.master_of(KEY)
        async with (
            aclosing(await RedisStore.open(master.url, namespace="brain")) as store,
            Load(store) as load,
        ):
            await asyncio.sleep(2)
            before = len(load.inserted)
            master.kill()
            await eventually(lambda: len(load.inserted) >= before + 200, within=3 * LONGEST_STALL)
        other = next(server for server in cluster.servers if server is not master)
        lost = await load.lost(other.url, "brain")
        print(f"\nacknowledged {len(load.inserted)}, lost {len(lost)}, stall {load.stall:.2f} s")
        assert before > 50
        assert load.refusals == []
        assert load.stall < LONGEST_STALL
        # Copies are made after the acknowledgement: only the last moments before the kill may be missing.
        assert len(lost) < 50


async def test_what_a_replica_has_confirmed_survives_its_master(tmp_path: Path) -> None:
    async with running_cluster(tmp_path) as cluster:
        master = await cluster.master_of(KEY)
        async with (
            aclosing(await RedisStore.open(master.url, namespace="brain", durability="full")) as store,
            Load(store) as load,
        ):
            await asyncio.sleep(2)
            before = len(load.inserted)
            master.kill()  # its replica takes over, but has none itself
            await eventually(
                lambda: any("no replica has confirmed" in str(refusal) for refusal in load.refusals),
                within=3 * LONGEST_STALL,
            )
            await master.start()  # it comes back as the replica of what was its own
            await eventually(lambda: len(load.inserted) >= before + 200, within=3 * LONGEST_STALL)
        print(f"\nacknowledged {len(load.inserted)}, refused {len(load.refusals)}, stall {load.stall:.2f} s")
        assert before > 50
        await load.assert_kept_once(master.url, "brain")
