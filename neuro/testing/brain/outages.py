"""Checks of a store that goes away, and comes back or does not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from neuro.brain import Brain
from neuro.config import BrainConfig
from neuro.errors import BrainClosedError, StoreUnavailableError
from neuro.testing.brain.lives import CLOSING_PATIENCE, CONTENTS, Lives, everything
from neuro.testing.doubles import FailingStore
from neuro.testing.expect import raises
from neuro.testing.machine import OpenPlace
from neuro.units import HOUR


async def check_a_brain_goes_on_while_its_store_is_away(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.one(FailingStore) as brain:
        store = lives.store
        assert isinstance(store, FailingStore)
        remote = (await brain.perceive(CONTENTS[0])).engram
        assert remote is not None
        await brain.sleep()
        store.down = True
        recent = (await brain.perceive(CONTENTS[1])).engram
        assert recent is not None
        recall = await brain.recall(CONTENTS[1])
        assert [r.engram.content for r in recall] == [CONTENTS[1]]
        assert sorted(recall.silent) == ["basal_ganglia", "cerebellum", "neocortex"], (
            f"silent: {recall.silent}"
        )
        verbs: list[Callable[[], Awaitable[object]]] = [
            brain.sleep,
            lambda: brain.recall(CONTENTS[1], strict=True),
            lambda: brain.get(remote.engram_id),
            lambda: brain.forget(remote.engram_id),
            lambda: brain.pin(remote.engram_id),
        ]
        for verb in verbs:
            with raises(StoreUnavailableError):
                await verb()
        store.recover()
        await brain.sleep()
        for content in CONTENTS[:2]:
            recall = await brain.recall(content)
            assert recall[0].engram.content == content
            assert not recall.silent
    async with lives.one() as brain:
        assert (await everything(brain)).keys() == {*CONTENTS[:2]}


async def check_a_night_that_fails_anywhere_is_made_up_for(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    gone = StoreUnavailableError("gone for a moment")
    async with lives.one(FailingStore) as brain:
        store = lives.store
        assert isinstance(store, FailingStore)
        contents = iter(CONTENTS)
        for verb in ("acquire", "adopt", "get", "write", "upcoming", "due", "links"):
            for reply_lost in (False, True):
                await brain.perceive_many([next(contents), next(contents)])
                store.fail_next(verb, gone, reply_lost=reply_lost)
                with raises(StoreUnavailableError):
                    await brain.sleep()
                await brain.recall(next(iter(CONTENTS)), limit=1)
                await brain.sleep()
                assert brain.inspect().regions["hippocampus"].model_dump()["engrams"] == 0
        engrams = await everything(brain)
    assert len(engrams) == 28, f"{len(engrams)} engrams of 28 are there"
    assert sum(engram.access_count for engram in engrams.values()) == 14


async def check_the_sleep_cycle_tries_until_the_store_is_back(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.one(FailingStore) as brain:
        store = lives.store
        assert isinstance(store, FailingStore)
        await brain.perceive(CONTENTS[0])
        store.down = True
        await brain.start_sleep_cycle()
        await lives.clock.advance(6 * HOUR)
        store.recover()
        await lives.clock.advance(HOUR)
        await brain.stop_sleep_cycle()
        [recollection] = await brain.recall(CONTENTS[0])
        assert recollection.region == "neocortex", f"an hour later it is in the {recollection.region}"


async def check_closing_without_the_store_says_how_much_is_lost(open_place: OpenPlace) -> None:
    lives = Lives(open_place)
    async with lives.one() as brain:
        await brain.perceive(CONTENTS[0])
    store = FailingStore(await open_place())
    brain = await Brain.create(
        store, clock=lives.clock, config=BrainConfig(closing_patience=CLOSING_PATIENCE)
    )
    await brain.perceive_many(CONTENTS[1:4])
    store.down = True
    try:
        await brain.close()
    except StoreUnavailableError as error:
        assert "3 engrams" in str(error), str(error)
    else:
        raise AssertionError("closing without a store raised nothing")
    with raises(BrainClosedError):
        await brain.perceive(CONTENTS[5])
    async with lives.one() as brain:
        assert (await everything(brain)).keys() == {CONTENTS[0]}


OUTAGE_CHECKS = (
    check_a_brain_goes_on_while_its_store_is_away,
    check_a_night_that_fails_anywhere_is_made_up_for,
    check_the_sleep_cycle_tries_until_the_store_is_back,
    check_closing_without_the_store_says_how_much_is_lost,
)
