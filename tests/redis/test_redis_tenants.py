"""Brains that do not trust each other on one real Redis server, each a user who may only touch its namespace."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from real_servers import RealServer, running
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from neuro.errors import StoreError
from neuro.stores.redis import RedisStore
from neuro.testing.samples import sample_engram, sample_placed
from neuro.testing.stores import STORE_CHECKS

pytestmark = pytest.mark.redis

README = Path(__file__).parents[2] / "README.md"
[RECIPE] = re.findall(r"ACL SETUSER alice (on .*?)```", README.read_text("utf-8"), re.DOTALL)
"""What a brain needs and nothing else."""


class Tenants:
    """Users of a server, each of whom has a namespace of the same name."""

    def __init__(self, server: RealServer, admin: Redis) -> None:
        self._server = server
        self._admin = admin
        self._number = 0

    async def admit(self, name: str) -> str:
        """A new user's URL."""
        words = RECIPE.replace("alice", name).replace("password", "s3cret").split()
        await self._admin.execute_command("ACL", "SETUSER", name, *words)
        return self._server.url.replace("//", f"//{name}:s3cret@")

    async def may(self, name: str, *command: str) -> bool:
        return await self._admin.execute_command("ACL", "DRYRUN", name, *command) == "OK"

    async def make(self) -> RedisStore:
        """A store of a new user."""
        self._number += 1
        name = f"tenant-{self._number}"
        return await RedisStore.open(await self.admit(name), namespace=name, durability="full")


@pytest.fixture
async def tenants(tmp_path: Path) -> AsyncIterator[Tenants]:
    async with running(tmp_path / "redis") as server, server.client() as admin:
        yield Tenants(server, admin)


@pytest.mark.parametrize("check", STORE_CHECKS, ids=lambda check: check.__name__)
async def test_a_tenant_can_do_all_that_a_brain_does(check, tenants: Tenants) -> None:
    await check(tenants.make)


async def test_a_tenant_can_look_after_its_namespace(tenants: Tenants) -> None:
    async with aclosing(await tenants.make()) as store:
        await store.engrams("neocortex").insert([sample_placed(1)])
        assert (await store.health()).capabilities["version"]
        assert await store.verify(repair=True) == []
        await store.discard(["nothing"])
        assert await store.quarantine() == []
        assert any("BGSAVE is refused" in left for left in await store.scrub())


async def test_a_tenant_cannot_open_the_namespace_of_another(tenants: Tenants) -> None:
    alice, bob = await tenants.admit("alice"), await tenants.admit("bob")
    async with aclosing(await RedisStore.open(alice, namespace="alice")) as store:
        await store.engrams("neocortex").insert([sample_placed(1)])
        with pytest.raises(StoreError, match="permission"):
            await RedisStore.open(bob, namespace="alice")
        assert await store.engrams("neocortex").scan() == [sample_engram(1)]


@pytest.mark.parametrize(
    "command",
    [
        ("GET", "neuro:{alice}:schema"),
        ("HGETALL", "neuro:{alice}:doc"),
        ("SET", "neuro:{alice}:schema", "9"),
        ("DEL", "neuro:{alice}:doc"),
        ("COPY", "neuro:{bob}:doc", "neuro:{alice}:doc"),
        ("RENAME", "neuro:{alice}:doc", "neuro:{bob}:doc"),
        ("SORT", "neuro:{bob}:ids:neocortex", "BY", "neuro:{alice}:*"),
        ("XRANGE", "neuro:{alice}:chg", "-", "+"),
        ("GET", "neuro:{bobby}:schema"),
        ("GET", "anything"),
        ("PUBLISH", "neuro", "x"),
        ("SUBSCRIBE", "neuro"),
        ("KEYS", "*"),
        ("SCAN", "0"),
        ("RANDOMKEY",),
        ("DBSIZE",),
        ("FLUSHALL",),
        ("FLUSHDB",),
        ("SWAPDB", "0", "1"),
        ("EVAL", "return 1", "0"),
        ("SCRIPT", "FLUSH"),
        ("SCRIPT", "KILL"),
        ("FUNCTION", "FLUSH"),
        ("CONFIG", "GET", "requirepass"),
        ("CONFIG", "SET", "appendonly", "no"),
        ("ACL", "SETUSER", "bob", "allkeys"),
        ("CLIENT", "LIST"),
        ("MONITOR",),
        ("SLOWLOG", "GET"),
        ("MIGRATE", "h", "1", "neuro:{bob}:doc", "0", "1"),
        ("DUMP", "neuro:{alice}:doc"),
        ("SHUTDOWN",),
        ("DEBUG", "SLEEP", "1"),
        ("REPLICAOF", "h", "1"),
    ],
    ids=" ".join,
)
async def test_a_tenant_may_not(command: tuple[str, ...], tenants: Tenants) -> None:
    await tenants.admit("bob")
    assert not await tenants.may("bob", *command)
    assert await tenants.may("bob", "GET", "neuro:{bob}:schema")


async def test_scripts_of_a_tenant_do_not_reach_further_than_itself(tenants: Tenants) -> None:
    bob = await tenants.admit("bob")
    async with Redis.from_url(bob, driver_info=None) as client:
        sha = await client.script_load("return redis.call('GET', ARGV[1])")
        assert await client.evalsha(sha, 0, "neuro:{bob}:none") is None
        with pytest.raises(ResponseError, match="can't access at least one of the keys"):
            await client.evalsha(sha, 0, "neuro:{alice}:schema")
