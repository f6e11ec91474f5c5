"""The store on a real Redis server that is hard to reach: cut connections, killed and hanging servers."""

import asyncio
import random
from contextlib import aclosing
from functools import partial
from pathlib import Path

import pytest
from real_servers import eventually, running, until
from redis.asyncio import Redis
from rough_proxy import Mishap, proxied
from store_load import Load

from neuro.stores.redis import RedisStore

pytestmark = pytest.mark.redis

ROUGH = {Mishap.DELAY: 0.05, Mishap.TRUNCATE: 0.02, Mishap.DROP: 0.02}


async def _is_alone(client: Redis) -> bool:
    return len(await client.client_list()) == 1


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_rough_way_loses_and_doubles_nothing(seed: int, tmp_path: Path) -> None:
    async with running(tmp_path / "redis") as server:
        async with proxied(server.port, random.Random(seed), {}) as proxy:
            store = await RedisStore.open(f"redis://{proxy.address}", namespace="rough")
            async with aclosing(store):
                proxy.rates |= ROUGH
                async with Load(store) as load:
                    await asyncio.sleep(8)
            async with server.client() as client:
                await until(partial(_is_alone, client))  # closing left no connection behind
        print(f"\n{len(load.inserted)} acknowledged, {len(load.refusals)} refused, mishaps: {proxy.happened}")
        assert len(load.inserted) > 100
        assert min(proxy.happened.values()) > 10
        await load.assert_kept_once(server.url, "rough")


async def test_a_way_that_is_cut_for_good_is_reported_in_time(tmp_path: Path) -> None:
    async with (
        running(tmp_path / "redis") as server,
        proxied(server.port, random.Random(0), {}) as proxy,
        aclosing(await RedisStore.open(f"redis://{proxy.address}", namespace="cut")) as store,
    ):
        proxy.rates[Mishap.DROP] = 1.0
        async with Load(store, tasks=2) as load:
            await eventually(lambda: bool(load.refusals), within=10)
            assert f"Redis at {proxy.address}: " in str(load.refusals[0])
            proxy.rates.clear()
            await eventually(lambda: bool(load.inserted), within=10)
        await load.assert_kept_once(server.url, "cut")


async def test_a_server_that_is_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with running(tmp_path / "redis", "--appendonly", "yes", "--appendfsync", "everysec") as server:
        store = await RedisStore.open(server.url, namespace="killed")
        async with aclosing(store), Load(store) as load:
            for _ in range(4):
                await asyncio.sleep(1.5)
                server.kill()
                await asyncio.sleep(0.3)
                await server.start()
            await asyncio.sleep(1)
        print(f"\n{len(load.inserted)} acknowledged, {len(load.refusals)} refused, stall {load.stall:.2f} s")
        assert len(load.inserted) > 100
        await load.assert_kept_once(server.url, "killed")


async def test_a_server_that_hangs_is_given_up_in_time(tmp_path: Path) -> None:
    async with (
        running(tmp_path / "redis") as server,
        aclosing(await RedisStore.open(server.url, namespace="hung")) as store,
    ):
        server.pause()
        try:
            async with Load(store, tasks=2) as load:
                await eventually(lambda: bool(load.refusals), within=3)
                server.resume()
                await eventually(lambda: bool(load.inserted), within=5)
        finally:
            server.resume()
        await load.assert_kept_once(server.url, "hung")
