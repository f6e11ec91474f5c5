"""Brains are killed at random moments, and nothing that they acknowledged is lost.

Two kills in the ordinary suite; $NEURO_TEST_KILLS of them where the long tests run, on a Redis too where
$NEURO_TEST_REDIS_URL or redis-server is. Longer hunts: ``python -m tests.crash --help``.
"""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .hunt import Hunt, Place, Summary
from .nursery import Nursery
from .servers import RedisServer, sweep
from .wording import legible

KILLS = int(os.environ.get("NEURO_TEST_KILLS", "0"))
SMOKE = 2
STOPS = KILLS // 10

long = pytest.mark.skipif(not KILLS, reason="$NEURO_TEST_KILLS says how many")
pytestmark = pytest.mark.timeout(120 + 5 * KILLS)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


@pytest.fixture
def redis_place() -> Iterator[Place]:
    url, namespace = os.environ.get("NEURO_TEST_REDIS_URL"), f"test-{uuid.uuid4()}"
    if url is None:
        pytest.skip("$NEURO_TEST_REDIS_URL says where one is")
    yield Place(url, namespace)
    sweep(url, namespace)


def hunt_for(hunt: Hunt, kills: int, act: Callable[[], object]) -> Summary:
    while hunt.summary.kills < kills:
        act()
    summary = hunt.finish()
    assert not summary.faults, str(summary)
    return summary


def on_file(folder: Path) -> Place:
    return Place(f"sqlite:///{folder}/brain.db", files=folder)


def test_a_killed_brain_on_sqlite_has_lost_nothing(nursery: Nursery, tmp_path: Path):
    hunt = Hunt(nursery, on_file(tmp_path), seed=KILLS)
    hunt_for(hunt, max(KILLS, SMOKE), hunt.kill_some)
    assert legible(tmp_path), "or it says nothing that no word of what was forgotten hard is"


def test_kills_where_nothing_is_kept_are_seen_to_lose_it(nursery: Nursery):
    """Or the other tests of this file would say nothing."""
    hunt = Hunt(nursery, Place("memory://"), seed=0)
    while hunt.summary.kills < SMOKE:
        hunt.kill_some()
    kinds = {fault.kind for fault in hunt.finish().faults}
    assert "lost" in kinds


@long
def test_several_brains_on_one_sqlite_file_have_lost_nothing(nursery: Nursery, tmp_path: Path):
    hunt = Hunt(nursery, on_file(tmp_path), seed=KILLS, children=3)
    hunt_for(hunt, KILLS, hunt.kill_some)


@long
def test_a_sleeper_stopped_past_its_lease_harms_nothing_on_sqlite(nursery: Nursery, tmp_path: Path):
    hunt = Hunt(nursery, on_file(tmp_path), seed=KILLS)
    summary = hunt_for(hunt, STOPS, hunt.overtake)
    assert summary.notes["nights of others meanwhile"]


@long
def test_a_killed_brain_on_redis_has_lost_nothing(nursery: Nursery, redis_place: Place):
    hunt = Hunt(nursery, redis_place, seed=KILLS)
    hunt_for(hunt, KILLS, hunt.kill_some)


@long
def test_several_brains_on_one_redis_have_lost_nothing(nursery: Nursery, redis_place: Place):
    hunt = Hunt(nursery, redis_place, seed=KILLS, children=3)
    hunt_for(hunt, KILLS, hunt.kill_some)


@long
@pytest.mark.skipif(shutil.which("redis-server") is None, reason="there is no redis-server to stop")
def test_several_brains_on_a_redis_that_stands_still_have_lost_nothing(nursery: Nursery, tmp_path: Path):
    with RedisServer(tmp_path, fsync="always") as server:
        hunt = Hunt(nursery, Place(server.url, files=tmp_path), seed=KILLS, children=3, shaky=True)
        with server.stalling():
            while hunt.summary.kills < KILLS:
                hunt.kill_some()
        hunt_for(hunt, KILLS, hunt.kill_some)


@long
def test_a_sleeper_stopped_past_its_lease_harms_nothing_on_redis(nursery: Nursery, redis_place: Place):
    hunt = Hunt(nursery, redis_place, seed=KILLS)
    summary = hunt_for(hunt, STOPS, hunt.overtake)
    assert summary.notes["nights of others meanwhile"]


@long
@pytest.mark.skipif(shutil.which("redis-server") is None, reason="there is no redis-server to kill")
def test_a_killed_redis_has_lost_nothing(nursery: Nursery, tmp_path: Path):
    with RedisServer(tmp_path, fsync="always") as server:
        hunt = Hunt(
            nursery, Place(server.url, options={"durability": "full"}, files=tmp_path), seed=KILLS, shaky=True
        )
        hunt_for(hunt, STOPS, lambda: hunt.cut_off(server.restart))
