"""Opening a brain: where, by which URL, with what; and what a bad argument of `Brain.create` says."""

import asyncio
import math
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from telling import contents, files

import neuro
from neuro import Brain, BrainConfig, ConfigurationError, FeatureMismatchError, StoreUnavailableError
from neuro.embedders import HashingEmbedder
from neuro.presets import human
from neuro.stores import MemoryStore

REGIONS = {
    "sensory_cortex": neuro.SensoryCortex,
    "thalamus": neuro.Thalamus,
    "amygdala": neuro.Amygdala,
    "prefrontal_cortex": neuro.PrefrontalCortex,
    "hippocampus": neuro.Hippocampus,
    "neocortex": neuro.Neocortex,
    "cerebellum": neuro.Cerebellum,
    "basal_ganglia": neuro.BasalGanglia,
}


async def test_a_brain_is_awaited_or_entered():
    awaited = await Brain.create()
    assert repr(awaited) == "<Brain at memory://, open>"
    await awaited.close()
    assert repr(awaited) == "<Brain at memory://, closed>"
    async with Brain.create() as entered:
        assert repr(entered) == "<Brain at memory://, open>"
    assert repr(entered) == "<Brain at memory://, closed>"
    async with await Brain.create() as both:
        assert repr(both) == "<Brain at memory://, open>"
    assert repr(both) == "<Brain at memory://, closed>"


async def test_a_create_that_is_never_awaited_opens_nothing(tmp_path: Path):
    Brain.create(tmp_path / "brain.db")
    assert not files(tmp_path)


async def test_the_eight_regions_are_attributes_and_have_a_snapshot_each():
    async with Brain.create() as brain:
        assert {name: type(getattr(brain, name)) for name in REGIONS} == REGIONS
        assert brain.regions == {name: getattr(brain, name) for name in REGIONS}
        snapshot = brain.inspect()
        assert set(snapshot.regions) == set(REGIONS)
        assert all(region.name == name and region.intact for name, region in snapshot.regions.items())
        with pytest.raises(ValueError, match="frozen"):
            snapshot.sleeps = 3.0  # type: ignore[misc]


async def test_a_brain_starts_no_task():
    before = asyncio.all_tasks()
    async with Brain.create():
        assert asyncio.all_tasks() == before


@pytest.mark.parametrize(
    "url",
    ["{}/a.db", "sqlite:///{}/a.db", "sqlite:///{}/a.db?namespace=alice", "sqlite:///{}/a%2Edb"],
)
async def test_a_file_is_named_by_url_or_path(url: str, tmp_path: Path):
    async with Brain.create(url.format(tmp_path)) as brain:
        assert brain.inspect().store == f"sqlite:///{tmp_path}/a.db"
        assert (tmp_path / "a.db").exists()


async def test_a_relative_url_is_relative_to_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    async with Brain.create("sqlite:///relative.db"), Brain.create("bare.db"):
        assert {"relative.db", "bare.db"} <= files(tmp_path)


async def test_a_path_object_works_too(tmp_path: Path):
    async with Brain.create(tmp_path / "brain.db"):
        assert (tmp_path / "brain.db").exists()


async def test_memory_is_the_default_and_keeps_nothing():
    for url in (None, "memory://", "memory://?namespace=alice"):
        async with Brain.create(url) as brain:
            await brain.perceive("We met Dana at the harbour")
        async with Brain.create(url) as brain:
            assert await brain.list() == []


async def test_namespaces_separate_brains_on_one_store(tmp_path: Path):
    path = str(tmp_path / "brain.db")
    async with Brain.create(path, namespace="alice") as alice, Brain.create(path, namespace="bob") as bob:
        mine = (await alice.perceive("Alice likes the harbour")).engram
        await bob.perceive("Bob likes the harbour")
        assert mine is not None
        await alice.sleep()
        await bob.sleep()
        assert contents(await alice.recall("harbour")) == ["Alice likes the harbour"]
        assert contents(await bob.recall("harbour")) == ["Bob likes the harbour"]
        with pytest.raises(neuro.EngramNotFoundError):
            await bob.get(mine.engram_id)
    async with Brain.create(f"sqlite:///{path}?namespace=alice") as by_url:
        assert contents(await by_url.list()) == ["Alice likes the harbour"]
    async with Brain.create(path) as default:
        assert await default.list() == []


async def test_an_open_store_may_be_handed_over_and_is_closed_with_the_brain():
    store = MemoryStore()
    async with Brain.create(store) as brain:
        assert brain.store is store
    with pytest.raises(neuro.StoreClosedError):
        await store.news(None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"url": "memory://", "redis_url": "redis://localhost"}, "give url or redis_url, not both"),
        ({"redis_url": "sqlite:///brain.db"}, "redis_url: must be a string redis://"),
        ({"redis_url": 6379}, "redis_url: must be"),
        ({"url": 5}, "url: must be a string"),
        ({"url": ""}, "url: must not be blank"),
        ({"url": "a\0b"}, "NUL"),
        ({"url": "\ud800"}, "lone surrogate"),
        ({"url": "mongodb://localhost"}, "unknown scheme 'mongodb'"),
        ({"url": "sqlite://"}, "sqlite:///relative.db"),
        ({"url": "sqlite://brain.db"}, "sqlite:///relative.db"),
        ({"url": "memory://?namspace=x"}, "unknown option 'namspace'"),
        ({"url": "redis://[::1"}, "cannot be read"),
        ({"url": "memory://?namespace=a", "namespace": "b"}, "'a', the argument 'b'"),
        ({"namespace": ""}, "namespace: must not be blank"),
        ({"namespace": 5}, "namespace: must be a string"),
        ({"namespace": None}, "namespace: must be a string"),
        ({"namespace": "\ud800"}, "lone surrogate"),
        ({"namespace": "n" * 300}, "at most 256 bytes"),
        ({"scope": "  "}, "scope: must not be blank"),
        ({"scope": 5}, "scope: must be a string"),
        ({"config": {}}, "config: must be a BrainConfig"),
        ({"clock": 5}, "clock: must have"),
        ({"rng": "x"}, "rng: must be"),
        ({"rng": -1}, "rng: must be"),
        ({"rng": True}, "rng: must be"),
        ({"embedder": 5}, "embedder: must be"),
        ({"embedder": "  "}, "embedder: must be"),
        ({"sleep_interval_seconds": 0}, "must be above 0"),
        ({"sleep_interval_seconds": -1.0}, "sleep_interval_seconds"),
        ({"sleep_interval_seconds": "x"}, "must be a number"),
        ({"sleep_interval_seconds": True}, "must be a number"),
        ({"sleep_interval_seconds": math.nan}, "must be finite"),
        ({"sleep_interval_seconds": 10**400}, "too large"),
    ],
    ids=str,
)
async def test_a_bad_argument_is_a_configuration_error(arguments: dict[str, Any], message: str):
    with pytest.raises(ConfigurationError, match=message):
        await Brain.create(**arguments)


async def test_a_missing_parent_folder_is_named(tmp_path: Path):
    missing = tmp_path / "nowhere"
    with pytest.raises(ConfigurationError, match=f"the folder {missing} does not exist"):
        await Brain.create(missing / "brain.db")
    assert not missing.exists()


@pytest.mark.parametrize("kwarg", ["url", "redis_url"])
async def test_a_redis_that_is_down_is_named_without_its_password(kwarg: str):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(StoreUnavailableError, match=f"127.0.0.1:{port}") as failure:
        await Brain.create(**{kwarg: f"redis://dana:s3cret@127.0.0.1:{port}/0"})
    assert "s3cret" not in f"{failure.value!r} {failure.value.__cause__!r} {failure.value.__context__!r}"


async def test_a_store_remembers_the_embedder_that_filled_it(tmp_path: Path):
    path = tmp_path / "brain.db"
    async with Brain.create(path, embedder="lexical-64") as brain:
        await brain.perceive("We met Dana at the harbour")
    async with Brain.create(path) as brain:
        assert brain.inspect().embedder == "lexical-64"
        (engram,) = await brain.list()
        assert engram.embedder == "lexical-64"
        assert engram.features is not None and engram.features.shape == (1, 64)
    async with Brain.create(path, embedder=HashingEmbedder(64)) as brain:
        assert contents(await brain.recall("Dana")) == ["We met Dana at the harbour"]


async def test_another_embedder_than_the_one_that_filled_the_store_is_refused(tmp_path: Path):
    path = tmp_path / "brain.db"
    async with Brain.create(path, embedder="lexical-64") as brain:
        await brain.perceive("We met Dana at the harbour")
    with pytest.raises(
        FeatureMismatchError, match=r"filled by the embedder 'lexical-64'.*embedder='lexical-64'"
    ):
        await Brain.create(path, embedder="lexical")
    async with Brain.create(path) as brain:
        assert len(await brain.list()) == 1


async def test_a_store_that_nothing_was_perceived_on_remembers_no_embedder(tmp_path: Path):
    path = tmp_path / "brain.db"
    async with Brain.create(path, embedder="lexical-64"):
        pass
    async with Brain.create(path, embedder="lexical-128") as brain:
        assert brain.inspect().embedder == "lexical-128"


async def test_seeds_generators_and_id_sources_are_taken():
    numbers = iter(range(1, 10))
    async with Brain.create(rng=np.random.default_rng(3), ids=lambda now: f"{next(numbers):032x}") as brain:
        perception = await brain.perceive("We met Dana at the harbour")
        assert perception.engram is not None and int(perception.engram.engram_id, 16) < 10
    async with Brain.create(rng=3) as one, Brain.create(rng=3) as other:
        first = (await one.perceive("We met Dana at the harbour")).engram
        second = (await other.perceive("We met Dana at the harbour")).engram
        assert first is not None and second is not None
        assert first.engram_id != second.engram_id


@pytest.mark.parametrize(("config", "hours"), [(None, 2400.0), (BrainConfig(), 2400.0), (human(), 240.0)])
async def test_a_preset_is_a_configuration_like_any_other(config: BrainConfig | None, hours: float):
    async with Brain.create(config=config) as brain:
        perception = await brain.perceive("We met Dana at the harbour")
        assert perception.engram is not None and perception.engram.stability == hours


def test_the_import_is_light_and_prints_nothing():
    script = (
        "import sys, logging, neuro; "
        "heavy = {'torch', 'sentence_transformers', 'transformers', 'redis.asyncio', 'cyclopts', 'rich'}; "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules); "
        "(handler,) = logging.getLogger('neuro').handlers; "
        "assert isinstance(handler, logging.NullHandler)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
