"""Every mechanism is seen in a recall, and switching it off in the config changes exactly that result.

A row of the table is a life that ends in something observed, a configuration in which the mechanism is off, and
what is observed with it and without it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from telling import DAY, HOUR, contents, kinds

from neuro import Brain, BrainConfig, Perception
from neuro.clock import SimulatedClock
from neuro.config import RecallParams
from neuro.connectome import ConnectomeParams
from neuro.indexing.probe import Matching, Weights
from neuro.plasticity import OddsPlasticity
from neuro.regions.amygdala import AmygdalaParams
from neuro.regions.basal_ganglia import BasalGangliaParams
from neuro.regions.cerebellum import CerebellumParams
from neuro.regions.hippocampus import HippocampusParams
from neuro.regions.thalamus import ThalamusParams
from neuro.signals import Recollection
from neuro.sleep import SleepParams

UNWEIGHED = dict.fromkeys(Weights.model_fields, 0.0)
TIES = BrainConfig(
    matching=Matching(words=Weights(**{**UNWEIGHED, "own": 1.0})), connectome=ConnectomeParams(spreading=0.0)
)
"""Contents of equal length that share the same words with a cue tie exactly, and come in order of encoding."""


NO_WINDOW = BrainConfig(matching=Matching(neighbour_reach=0, words=Weights(answer=0.0, gist=0.0)))
"""What was said around an engram says nothing of it; only associations do."""


@dataclass(frozen=True)
class Life:
    """A brain under a simulated clock."""

    brain: Brain
    clock: SimulatedClock

    async def hear(self, content: str, *, after: float = 60.0, **given: Any) -> Perception:
        """Perceives a content some seconds after the last one."""
        await self.clock.advance(after)
        return await self.brain.perceive(content, **given)

    async def night(self, *, after: float = 16 * HOUR) -> None:
        """Sleeps after a day."""
        await self.clock.advance(after)
        await self.brain.sleep()

    async def probe(self, cue: str) -> dict[str, Recollection]:
        """What a cue would bring back, by content, in order."""
        return {r.engram.content: r for r in await self.brain.recall(cue, update=False)}

    async def reasons(self, cue: str, content: str) -> set[str]:
        """Kinds of the reasons why a cue brings a content back; none if it does not."""
        recalled = await self.probe(cue)
        return kinds(recalled[content]) if content in recalled else set()

    async def stability(self, content: str) -> float:
        """Half-life of what a content brings back first, in hours."""
        return (await self.probe(content))[content].engram.stability


HARBOUR, KEYS = "We met Dana at the harbour", "She lost her keys"
FLATS = ["The flat of Dana is on floor three", "The flat of Dana is on floor seven"]


async def after_one_thing_comes_another(life: Life) -> Any:
    await life.hear(HARBOUR)
    await life.hear(KEYS)
    return [
        await life.reasons(cue, content) & {"temporal"}
        for cue, content in [("Dana", KEYS), ("keys", HARBOUR)]
    ]


async def after_one_thing_comes_another_is_near(life: Life) -> Any:
    await life.hear(HARBOUR)
    await life.hear(KEYS)
    return await life.reasons("Dana", KEYS) & {"nearby"}


async def the_chain_goes_on(life: Life) -> Any:
    for content in (HARBOUR, KEYS, "Nobody minded", "The ferry was late", "It rained"):
        await life.hear(content)
    return [content for content, r in (await life.probe("Dana")).items() if "temporal" in kinds(r)]


async def a_pause_ends_the_episode(life: Life) -> Any:
    await life.hear(HARBOUR)
    await life.hear(KEYS, after=5 * HOUR)
    return list(await life.probe("Dana"))


async def held_while_something_new_comes(life: Life) -> Any:
    for content in (HARBOUR, "The ferry was late", "It rained", "Nobody minded"):
        await life.hear(content)
    await life.clock.advance(DAY)
    await life.brain.recall("Dana", limit=1)
    await life.hear("Bob cooks lasagne")
    before = await life.reasons("lasagne", HARBOUR)
    await life.night()
    return before, await life.reasons("lasagne", HARBOUR) & {"co_held"}


async def recalled_together(life: Life) -> Any:
    await life.hear("The harbour opens at six")
    await life.hear("The harbour cafe serves pancakes", after=DAY)
    await life.brain.recall("harbour")
    before = await life.reasons("pancakes", "The harbour opens at six")
    await life.night()
    return before, await life.reasons("pancakes", "The harbour opens at six") & {"co_recalled"}


async def a_word_in_common(life: Life) -> Any:
    await life.hear(HARBOUR)
    return await life.reasons("the harbour", HARBOUR) & {"words", "gist"}


async def a_word_of_like_meaning(life: Life) -> Any:
    await life.hear(HARBOUR)
    return await life.reasons("a port", HARBOUR) & {"words", "related", "gist"}


async def the_older_of_two_is_strengthened(life: Life) -> Any:
    await life.brain.perceive_many(FLATS)
    await life.clock.advance(100 * DAY)
    before = await life.probe("flat of Dana")
    await life.brain.reinforce(before[FLATS[1]].engram.engram_id)
    return list(before), list(await life.probe("flat of Dana"))


async def one_of_two_is_on_the_mind(life: Life) -> Any:
    await life.brain.perceive_many(FLATS)
    await life.clock.advance(DAY)
    before = list(await life.probe("flat of Dana"))
    await life.brain.recall("seven", limit=1)
    return before, list(await life.probe("flat of Dana"))


def months_later(plain: str, special: str, cue: str, **given: Any) -> Callable[[Life], Awaitable[Any]]:
    """Of two engrams that match a cue equally well, the special one, which came last, leads after months."""

    async def live(life: Life) -> Any:
        await life.hear(plain)
        await life.hear(special, after=0.0, **given)
        await life.clock.advance(120 * DAY)
        return list(await life.probe(cue))

    return live


PLAIN, AWFUL = "the meeting with Dana about chairs in March", "the meeting with Dana about murder in March"
TABLES = "the meeting with Dana about tables in March"


async def rewards_come_to_be_expected(life: Life) -> Any:
    await life.hear("reward number one", reward=1.0)
    for number in range(10):
        await life.hear(f"another {number}", reward=1.0)
    await life.hear("reward number twelve", reward=1.0)
    return await life.stability("reward number twelve") < await life.stability("reward number one")


async def a_skill_settles(life: Life) -> Any:
    await life.hear("add breakpoint and run", memory_type="procedural")
    before = await life.stability("add breakpoint and run")
    await life.night(after=60.0)
    return await life.stability("add breakpoint and run") / before


async def a_rewarded_habit_settles(life: Life) -> Any:
    await life.hear("answers are concise", memory_type="habitual", reward=0.5)
    before = await life.stability("answers are concise")
    await life.night(after=60.0)
    return await life.stability("answers are concise") / before


async def recalled_after_ten_days(life: Life) -> Any:
    await life.hear(HARBOUR)
    await life.clock.advance(10 * DAY)
    await life.brain.recall("Dana")
    return await life.stability(HARBOUR) > 2401.0


async def recalled_at_once(life: Life) -> Any:
    await life.hear(HARBOUR)
    await life.clock.advance(9.0)
    await life.brain.recall("Dana")
    return await life.stability(HARBOUR) > 2400.0


async def heard_again_after_ten_days(life: Life) -> Any:
    await life.hear(HARBOUR)
    await life.hear(HARBOUR, after=10 * DAY)
    return await life.stability(HARBOUR) > 2401.0


async def heard_often_is_surer(life: Life) -> Any:
    for _ in range(100):
        await life.hear(HARBOUR, after=1.0)
    return (await life.probe("Dana"))[HARBOUR].confidence > 0.995


async def slept_on(life: Life) -> Any:
    await life.hear(HARBOUR)
    before = await life.stability(HARBOUR)
    await life.night()
    return await life.stability(HARBOUR) > before


async def links_after_a_month_of_nights(life: Life) -> Any:
    await life.hear(HARBOUR)
    await life.hear(KEYS)

    async def linked() -> float:
        reasons = (await life.probe("Dana"))[KEYS].reasons
        return next(reason.amount for reason in reasons if reason.kind == "temporal")

    before = await linked()
    for _ in range(30):
        await life.night(after=DAY)
    return round(await linked() / before, 2)


async def on_the_goal(life: Life) -> Any:
    aside = await life.hear("The cat sleeps")
    life.brain.prefrontal_cortex.set_goal("find Dana at the harbour")
    bearing = await life.hear(HARBOUR)
    return aside.gate.opened, bearing.gate.opened, list(await life.probe("Dana"))


async def heard_again_at_a_strict_gate(life: Life) -> Any:
    first = await life.hear(HARBOUR)
    second = await life.hear(HARBOUR)
    return first.gate.opened, second.gate.opened, second.repeated


@dataclass(frozen=True)
class Row:
    """A mechanism: how it shows, and how to switch it off."""

    life: Callable[[Life], Awaitable[Any]]
    off: dict[str, Any]
    seen: Any
    unseen: Any
    base: BrainConfig = field(default_factory=BrainConfig)


TEMPORAL, NOTHING = {"temporal"}, set[str]()

MECHANISMS = {
    "temporal association": Row(
        after_one_thing_comes_another,
        {"hippocampus": HippocampusParams(temporal_weight=0.0)},
        [TEMPORAL, TEMPORAL],
        [NOTHING, NOTHING],
    ),
    "reach of temporal association": Row(
        the_chain_goes_on,
        {"hippocampus": HippocampusParams(temporal_reach=0)},
        [KEYS, "Nobody minded", "The ferry was late"],
        [],
        NO_WINDOW,
    ),
    "decay of temporal association": Row(
        the_chain_goes_on,
        {"hippocampus": HippocampusParams(temporal_decay=0.0)},
        [KEYS, "Nobody minded", "The ferry was late"],
        [KEYS],
        NO_WINDOW,
    ),
    "what was said around it": Row(
        after_one_thing_comes_another_is_near,
        {"matching": Matching(neighbour_reach=0)},
        {"nearby"},
        NOTHING,
    ),
    "backward association": Row(
        after_one_thing_comes_another,
        {"hippocampus": HippocampusParams(backward_ratio=0.0)},
        [TEMPORAL, TEMPORAL],
        [TEMPORAL, NOTHING],
    ),
    "episodes": Row(
        a_pause_ends_the_episode,
        {"hippocampus": HippocampusParams(episode_gap=DAY)},
        [HARBOUR],
        [HARBOUR, KEYS],
    ),
    "co-held binding": Row(
        held_while_something_new_comes,
        {"hippocampus": HippocampusParams(co_held_weight=0.0)},
        (NOTHING, {"co_held"}),
        (NOTHING, NOTHING),
    ),
    "co-recalled binding": Row(
        recalled_together,
        {"hippocampus": HippocampusParams(co_recalled_weight=0.0)},
        (NOTHING, {"co_recalled"}),
        (NOTHING, NOTHING),
    ),
    "spreading": Row(
        after_one_thing_comes_another,
        {"connectome": ConnectomeParams(spreading=0.0)},
        [TEMPORAL, TEMPORAL],
        [NOTHING, NOTHING],
    ),
    "words": Row(
        a_word_in_common,
        {"matching": Matching(words=Weights(own=0.0, exact=0.0, related=0.0))},
        {"words", "gist"},
        {"gist"},
    ),
    "gist": Row(
        a_word_in_common, {"matching": Matching(words=Weights(gist=0.0))}, {"words", "gist"}, {"words"}
    ),
    "related words": Row(
        a_word_of_like_meaning,
        {"matching": Matching(words=Weights(related=0.0, gist=0.0))},
        {"related", "gist"},
        NOTHING,
    ),
    "strength": Row(
        the_older_of_two_is_strengthened,
        {"recall": RecallParams(strength=0.0)},
        (FLATS, FLATS[::-1]),
        (FLATS, FLATS),
        TIES,
    ),
    "priming": Row(
        one_of_two_is_on_the_mind,
        {"recall": RecallParams(priming=0.0, strength=0.0)},
        (FLATS, FLATS[::-1]),
        (FLATS, FLATS),
        TIES.model_copy(update={"recall": RecallParams(strength=0.0)}),
    ),
    "arousal": Row(
        months_later(PLAIN, AWFUL, "the meeting with Dana in March"),
        {"plasticity": OddsPlasticity(arousal_benefit=0.0)},
        [AWFUL, PLAIN],
        [PLAIN, AWFUL],
        TIES,
    ),
    "feeling read off words": Row(
        months_later(PLAIN, AWFUL, "the meeting with Dana in March"),
        {"amygdala": AmygdalaParams(strongest=1e300, arousal_gain=0.0)},
        [AWFUL, PLAIN],
        [PLAIN, AWFUL],
        TIES,
    ),
    "given salience": Row(
        months_later(PLAIN, TABLES, "the meeting with Dana in March", salience=1.0),
        {"plasticity": OddsPlasticity(arousal_benefit=0.0)},
        [TABLES, PLAIN],
        [PLAIN, TABLES],
        TIES,
    ),
    "surprising reward": Row(
        months_later(PLAIN, TABLES, "the meeting with Dana in March", reward=1.0),
        {"plasticity": OddsPlasticity(reward_benefit=0.0)},
        [TABLES, PLAIN],
        [PLAIN, TABLES],
        TIES,
    ),
    "expectation of reward": Row(
        rewards_come_to_be_expected,
        {"basal_ganglia": BasalGangliaParams(learning_rate=0.0)},
        True,
        False,
    ),
    "resistance of skills": Row(
        a_skill_settles,
        {"cerebellum": CerebellumParams(resistance=1.0)},
        pytest.approx(2.0),
        pytest.approx(1.0),
    ),
    "habits by reward": Row(
        a_rewarded_habit_settles,
        {"basal_ganglia": BasalGangliaParams(habit_benefit=0.0)},
        pytest.approx(1.5),
        pytest.approx(1.0),
    ),
    "potentiation by recall": Row(
        recalled_after_ten_days, {"plasticity": OddsPlasticity(gain=0.0)}, True, False
    ),
    "refractory period": Row(
        recalled_at_once, {"plasticity": OddsPlasticity(refractory_period=0.0)}, False, True
    ),
    "potentiation by exposure": Row(
        heard_again_after_ten_days, {"plasticity": OddsPlasticity(exposure_gain=0.0)}, True, False
    ),
    "exposures": Row(
        heard_often_is_surer, {"plasticity": OddsPlasticity(exposure_exponent=0.0)}, True, False
    ),
    "first sleep": Row(slept_on, {"plasticity": OddsPlasticity(sleep_benefit=0.0)}, True, False),
    "weight of a night": Row(slept_on, {"sleep": SleepParams(full_day=DAY)}, True, False),
    "downscaling": Row(
        links_after_a_month_of_nights, {"connectome": ConnectomeParams(downscaling_rate=0.0)}, 0.74, 1.0
    ),
    "goal": Row(
        on_the_goal,
        {"thalamus": ThalamusParams(threshold=0.6, goal_weight=0.0)},
        (False, True, [HARBOUR]),
        (False, False, []),
        BrainConfig(thalamus=ThalamusParams(threshold=0.6)),
    ),
    "habituation": Row(
        heard_again_at_a_strict_gate,
        {"thalamus": ThalamusParams(threshold=0.45, decrement=1.0)},
        (True, False, True),
        (True, True, True),
        BrainConfig(thalamus=ThalamusParams(threshold=0.45)),
    ),
}


async def observed(row: Row, config: BrainConfig) -> Any:
    clock = SimulatedClock(start=1e9)
    async with Brain.create(clock=clock, config=config) as brain:
        return await row.life(Life(brain, clock))


@pytest.mark.parametrize("name", MECHANISMS)
async def test_a_mechanism_is_seen_and_switched_off(name: str):
    row = MECHANISMS[name]
    assert await observed(row, row.base) == row.seen
    assert await observed(row, row.base.model_copy(update=row.off)) == row.unseen


async def test_an_association_says_what_it_came_from():
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        life = Life(brain, clock)
        await life.hear(HARBOUR)
        await life.hear(KEYS)
        for _ in range(2):
            recalled = await life.probe("Dana")
            assert list(recalled) == [HARBOUR, KEYS]
            said = [str(reason) for reason in recalled[KEYS].reasons]
            assert f"came close in time to “{HARBOUR}”" in said
            await life.night()


async def test_a_given_salience_above_the_threshold_always_opens_the_gate():
    config = BrainConfig(thalamus=ThalamusParams(threshold=0.9))
    async with Brain.create(config=config) as brain:
        assert not (await brain.perceive("The cat sleeps")).gate.opened
        assert not (await brain.perceive("The cat purrs", salience=0.9)).gate.opened
        passed = await brain.perceive("The cat sleeps", salience=0.91)
        assert passed.gate.opened and passed.engram is not None and passed.engram.salience == 0.91


async def test_what_the_gate_refused_can_be_attended_and_perceived_while_it_is_in_the_senses():
    config = BrainConfig(thalamus=ThalamusParams(threshold=0.9))
    clock = SimulatedClock()
    async with Brain.create(config=config, clock=clock) as brain:
        await brain.perceive("The cat sleeps")
        await clock.advance(2.0)
        attended = brain.sensory_cortex.attend("cat")
        assert attended is not None
        assert (await brain.perceive(attended.content, salience=1.0)).engram is not None
        await brain.perceive("The cat purrs")
        await clock.advance(3.0)
        assert brain.sensory_cortex.attend("purrs") is None


async def test_similar_contents_stay_apart_and_near_equals_are_told_apart_by_their_own_words():
    clock = SimulatedClock()
    async with Brain.create(clock=clock) as brain:
        life = Life(brain, clock)
        for content in FLATS:
            await life.hear(content)
        for _ in range(2):
            for content in FLATS:
                assert contents(await brain.recall(content, limit=1, update=False)) == [content]
            await life.night()
        assert contents(await brain.list()) == FLATS
