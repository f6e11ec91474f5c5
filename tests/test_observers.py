"""Observers: who hears of what, and what becomes of one that fails."""

import asyncio
import logging
from typing import Any

import pytest

from neuro import Brain, InvalidArgumentError, Perception, Recall, SleepReport
from neuro.observers import Observers
from neuro.signals import Forgetting


def test_an_observer_hears_of_its_type_only_and_until_it_unsubscribes():
    observers = Observers()
    words: list[object] = []
    everything: list[object] = []
    unsubscribe = observers.subscribe(str, words.append)
    observers.subscribe(object, everything.append)
    for outcome in ("one", 2, "three"):
        observers.announce(outcome)
    unsubscribe()
    unsubscribe()
    observers.announce("four")
    assert words == ["one", "three"]
    assert everything == ["one", 2, "three", "four"]


def test_an_observer_that_fails_is_logged_and_removed_and_the_others_hear(caplog: pytest.LogCaptureFixture):
    observers = Observers()
    calls: list[str] = []
    heard: list[str] = []

    def fail(outcome: str) -> None:
        calls.append(outcome)
        raise ValueError("broken")

    observers.subscribe(str, fail)
    observers.subscribe(str, heard.append)
    with caplog.at_level(logging.ERROR, logger="neuro"):
        observers.announce("one")
        observers.announce("two")
    assert (calls, heard) == (["one"], ["one", "two"])
    (record,) = caplog.records
    assert "an observer of str failed and has been removed" in record.getMessage()
    assert record.exc_info is not None


def test_observers_may_come_and_go_while_something_is_announced():
    observers = Observers()
    heard: list[str] = []

    def once(outcome: str) -> None:
        heard.append(outcome)
        unsubscribe()
        observers.subscribe(str, heard.append)

    unsubscribe = observers.subscribe(str, once)
    observers.announce("one")
    observers.announce("two")
    assert heard == ["one", "two"]


async def never(outcome: object) -> None:
    raise AssertionError("an observer that must be awaited would never run")


@pytest.mark.parametrize(
    ("outcome", "callback"), [("Perception", print), (None, print), (str, None), (str, "x"), (str, never)]
)
def test_what_could_never_hear_is_refused(outcome: Any, callback: Any):
    with pytest.raises(InvalidArgumentError, match=r"^(outcome|callback): must be"):
        Observers().subscribe(outcome, callback)


async def test_a_stream_yields_outcomes_and_ends_with_its_block():
    observers = Observers()
    async with observers.stream(str) as stream:
        observers.announce("one")
        observers.announce(2)
        observers.announce("three")
        assert [await anext(stream), await anext(stream)] == ["one", "three"]
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        observers.announce("four")
        assert await waiting == "four"
    observers.announce("five")


async def test_a_reader_that_lags_loses_the_oldest():
    observers = Observers()
    async with observers.stream(int, buffer=2) as stream:
        for outcome in range(5):
            observers.announce(outcome)
        assert [await anext(stream), await anext(stream)] == [3, 4]


async def test_what_a_brain_does_is_announced():
    told: list[Any] = []
    async with Brain.create() as brain:
        brain.observers.subscribe(object, told.append)
        perceptions = await brain.perceive_many(["the harbour", "the bakery"])
        recall = await brain.recall("harbour")
        await brain.recall("harbour", update=False)
        report = await brain.sleep()
        engram = perceptions[0].engram
        assert engram is not None
        await brain.forget(engram.engram_id)
    assert told == [*perceptions, recall, report, Forgetting(engram.engram_id, "neocortex")]
    assert [type(outcome) for outcome in told] == [Perception, Perception, Recall, SleepReport, Forgetting]


async def test_an_act_whose_caller_has_given_up_is_announced_all_the_same():
    told: list[Perception] = []
    async with Brain.create() as brain:
        brain.observers.subscribe(Perception, told.append)
        giving_up = asyncio.ensure_future(brain.perceive("the harbour"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        giving_up.cancel()
        await asyncio.gather(giving_up, return_exceptions=True)
        known = [engram.engram_id for engram in await brain.list()]
    assert [perception.engram and perception.engram.engram_id for perception in told] == known


async def test_a_failing_observer_does_not_fail_a_verb():
    def fail(outcome: object) -> None:
        raise ValueError("broken")

    async with Brain.create() as brain:
        brain.observers.subscribe(Perception, fail)
        assert (await brain.perceive("the harbour")).engram is not None
