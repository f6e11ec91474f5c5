"""Checks of a store that goes away, and comes back or does not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from neuro.brain import Brain
from neuro.config import BrainConfig
from neuro.errors import BrainClosedError, BufferFullError, StoreUnavailableError
from neuro.testing.brain.lives import CLOSING_PATIENCE, CONTENTS, Lives, everything, recent
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
        once = ((verb, 0) for verb in ("acquire", "adopt", "get", "upcoming", "due", "links"))
        for verb, after in (*once, ("write", 0), ("write", 1), ("write", 2)):
            for reply_lost in (False, True):
                async with lives.one() as other:
                    await other.perceive(next(contents))  # left to be adopted
                await brain.perceive_many([next(contents), next(contents)])
                store.fail_next(verb, gone, reply_lost=reply_lost, after=after)
                with raises(StoreUnavailableError):
                    await brain.sleep()
                await brain.recall(next(iter(CONTENTS)), limit=1)
                await brain.sleep()
                assert await recent(brain) == 0, f"a night whose {verb!r} failed is never made up for"
        engrams = await everything(brain)
    assert len(engrams) == 54, f"{len(engrams)} engrams of 54 are there"
    assert sum(engram.access_count for engram in engrams.values()) == 18


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
    await brain.perceive(CONTENTS[4])
    store.down = True
    await brain.perceive_many(CONTENTS[1:4])
    try:
        await brain.close()
    except StoreUnavailableError as error:
        assert "3 engrams" in str(error), str(error)
    else:
        raise AssertionError("closing without a store raised nothing")
    with raises(BrainClosedError):
        await brain.perceive(CONTENTS[5])
    async with lives.one() as brain:
        assert (await everything(brain)).keys() == {CONTENTS[0], CONTENTS[4]}


async def check_what_cannot_be_kept_did_not_happen(open_place: OpenPlace) -> None:
    """Where the store is always within reach, nothing waits for it."""
    lives, gone = Lives(open_place), StoreUnavailableError("the disk is full")
    async with lives.one(lambda place: FailingStore(place, remote=False)) as brain:
        store = lives.store
        assert isinstance(store, FailingStore)
        await brain.perceive(CONTENTS[0])
        store.fail_next("write", gone)
        with raises(StoreUnavailableError):
            await brain.perceive_many(CONTENTS[1:3])
        assert (await everything(brain)).keys() == {CONTENTS[0]}
        assert [chunk.content for chunk in brain.working_memory] == [CONTENTS[0]]
        assert not (await brain.perceive(CONTENTS[1])).repeated
        recall = await brain.recall(CONTENTS[2], update=False)
        assert CONTENTS[2] not in [r.engram.content for r in recall]
    async with lives.one() as brain:
        assert (await everything(brain)).keys() == {*CONTENTS[:2]}


async def check_what_waits_is_bounded_and_written_once(open_place: OpenPlace) -> None:
    lives, room = Lives(open_place), 5
    async with lives.one(FailingStore, buffer=room) as brain:
        store = lives.store
        assert isinstance(store, FailingStore)
        await brain.perceive(CONTENTS[0])
        store.fail_next("write", StoreUnavailableError("gone"), reply_lost=True)
        perceptions = [await brain.perceive(CONTENTS[1])]
        store.down = True
        perceptions += [await brain.perceive(content) for content in CONTENTS[2 : room + 1]]
        assert not any(perception.durable for perception in perceptions)
        assert brain.inspect().regions["hippocampus"].model_dump()["waiting"] == room
        with raises(BufferFullError):
            await brain.perceive(CONTENTS[room + 1])
        for _ in range(room):
            await brain.recall(CONTENTS[1], limit=1)
        store.recover()
        assert (await everything(brain)).keys() == {*CONTENTS[: room + 1]}
        assert brain.inspect().regions["hippocampus"].model_dump()["waiting"] == 0
        assert (await brain.perceive(CONTENTS[room + 1])).durable == store.durable
    async with lives.one() as brain:
        engrams = await everything(brain)
        assert engrams.keys() == {*CONTENTS[: room + 2]}
        assert engrams[CONTENTS[1]].access_count == room


OUTAGE_CHECKS = (
    check_a_brain_goes_on_while_its_store_is_away,
    check_a_night_that_fails_anywhere_is_made_up_for,
    check_the_sleep_cycle_tries_until_the_store_is_back,
    check_closing_without_the_store_says_how_much_is_lost,
    check_what_cannot_be_kept_did_not_happen,
    check_what_waits_is_bounded_and_written_once,
)
