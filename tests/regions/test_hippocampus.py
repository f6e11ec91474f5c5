"""The hippocampus: encoding, binding, completing partial cues, replay, and what it lets go of."""

import random
from typing import Any

import numpy as np
import pytest

from neuro import Engram, Hippocampus, InvalidArgumentError, MemoryType, Stimulus
from neuro.clock import SimulatedClock
from neuro.connectome import Association, AssociationType
from neuro.errors import ConfigurationError
from neuro.profiles import TypeProfiles
from neuro.regions.hippocampus import HippocampusParams, HippocampusSnapshot
from neuro.signals import Appraisal, Percept

HARBOUR, KEYS = "We met Dana at the harbour", "She lost her keys"
HOUR = 3600.0


def felt(
    content: str, *, arousal: float = 0.0, salience: float = 0.5, surprise: float = 0.0, **given: Any
) -> Percept:
    appraisal = Appraisal(salience, 0.0, arousal, "for the test")
    return Percept(Stimulus(content=content, **given), appraisal, surprise=surprise)


def remembering(*contents: str, **options: Any) -> Hippocampus:
    hippocampus = Hippocampus(clock=SimulatedClock(), **options)
    for content in contents:
        hippocampus.encode(content)
    return hippocampus


def completed(hippocampus: Hippocampus, cue: str, **options: Any) -> list[str]:
    return [engram.content for engram, _ in hippocampus.pattern_complete(cue, **options)]


# Encoding


def test_a_percept_becomes_an_engram_of_its_own():
    hippocampus = Hippocampus(clock=SimulatedClock(start=50.0), ids=lambda now: f"id-{now:g}")
    percept = felt(
        HARBOUR, memory_type=MemoryType.SEMANTIC, reward=0.5, context={"speaker": "Alice"}, tags=("a",)
    )
    engram = hippocampus.encode(percept, encoded_at=70.0, sleeps=2.5, scope="alice")
    assert engram is not None
    assert (engram.engram_id, engram.content, engram.memory_type) == ("id-70", HARBOUR, MemoryType.SEMANTIC)
    assert (engram.encoded_at, engram.trace.last_access, engram.trace.sleeps) == (70.0, 50.0, 2.5)
    assert (engram.reward, engram.scope, engram.tags, engram.speaker) == (0.5, "alice", ("a",), "Alice")
    assert hippocampus.recent.look_up("id-70") is engram


def test_a_text_is_taken_as_it_is_and_featured_at_once():
    engram = Hippocampus().encode(HARBOUR)
    assert engram is not None
    assert engram.embedder == "words"
    assert engram.features is not None and engram.features.shape == (1, 128)
    long = Hippocampus().encode("One two three four five. " * 20)
    assert long is not None and long.features is not None
    assert len(long.fragments) == len(long.features) > 1
    with pytest.raises(InvalidArgumentError, match="content"):
        Hippocampus().encode("  ")


def test_an_embedder_that_cannot_answer_at_once_is_left_out():
    class Slow:
        name, dimension = "slow", 256

        async def embed(self, texts: Any) -> Any:
            raise NotImplementedError

        async def embed_cues(self, texts: Any) -> Any:
            raise NotImplementedError

        async def aclose(self) -> None:
            return None

    hippocampus = remembering(HARBOUR, embedder=Slow())
    (engram,) = hippocampus.staying()
    assert (engram.features, engram.embedder) == (None, None)
    assert completed(hippocampus, "Dana") == [HARBOUR]
    assert completed(hippocampus, "two harbors") == [HARBOUR]
    assert completed(hippocampus, "a symphony orchestra") == []


@pytest.mark.parametrize(
    ("percept", "half_life"),
    [
        (felt("x"), 100.0),
        (felt("x", arousal=1.0), 100.0 * np.exp(1.1)),
        (felt("x", salience=1.0), 100.0 * np.exp(1.1)),
        (felt("x", salience=0.2), 100.0),
        (felt("x", surprise=1.0), 100.0 * np.exp(0.7)),
        (felt("x", surprise=-1.0), 100.0),
        (felt("x", memory_type=MemoryType.SEMANTIC), 500.0),
    ],
    ids=range(7),
)
def test_half_life_at_encoding_follows_type_feeling_and_surprise(percept: Percept, half_life: float):
    engram = Hippocampus().encode(percept)
    assert engram is not None
    assert engram.trace.half_life / 86400 == pytest.approx(half_life)
    assert engram.trace.encoded_half_life == engram.trace.half_life


def test_ids_sort_by_time_of_encoding_even_within_a_millisecond():
    hippocampus = Hippocampus(clock=SimulatedClock(start=1e9))
    ids = [hippocampus.next_id() for _ in range(1000)] + [hippocampus.next_id(1e9 + 1)]
    assert ids == sorted(set(ids))


def test_a_repeat_is_recognised_by_its_digest():
    hippocampus = remembering(HARBOUR)
    (engram,) = hippocampus.staying()
    assert hippocampus.recognise(engram.digest) is engram
    assert hippocampus.recognise("another") is None


def test_novelty_is_one_for_the_unheard_and_falls_with_what_is_shared():
    hippocampus = Hippocampus()
    assert hippocampus.novelty(felt(HARBOUR)) == 1.0
    hippocampus.encode(HARBOUR)
    novelties = [
        hippocampus.novelty(felt(content)) for content in (HARBOUR, "We met Bob at the harbour", "zzz")
    ]
    assert novelties == sorted(novelties)
    assert novelties[0] < 0.6 and novelties[2] == 1.0
    assert all(0.0 <= novelty <= 1.0 for novelty in novelties)


# Pattern completion


def test_an_empty_region_completes_nothing():
    assert Hippocampus().pattern_complete("what did we discuss about Redis?", top_k=10) == []


def test_a_partial_cue_is_completed_best_first():
    hippocampus = remembering(HARBOUR, "We met Bob at the bakery", KEYS)
    found = hippocampus.pattern_complete("Whom did we meet at the harbour?")
    assert found[0][0].content == HARBOUR
    relevances = [relevance for _, relevance in found]
    assert relevances == sorted(relevances, reverse=True) and all(0.0 < r <= 1.05 for r in relevances)
    assert len(hippocampus.pattern_complete("we met her", top_k=1)) == 1


def test_similar_contents_stay_apart_and_are_found_by_their_own_words():
    rooms = [f"The meeting of team {n} is in room {400 + n}" for n in range(20)]
    hippocampus = remembering(*rooms)
    assert len(hippocampus.staying()) == 20
    for number, room in enumerate(rooms):
        assert completed(hippocampus, f"room {400 + number}", top_k=1) == [room]


def test_completing_counts_and_strengthens_nothing():
    hippocampus = remembering(HARBOUR)
    before = hippocampus.staying()
    hippocampus.pattern_complete("Dana")
    assert hippocampus.staying() == before


@pytest.mark.parametrize(("cue", "top_k"), [("", 1), (" ", 1), (None, 1), ("x", 0), ("x", True), ("x", 1.5)])
def test_bad_cues_and_limits_are_errors(cue: Any, top_k: Any):
    for hippocampus in (Hippocampus(), remembering(HARBOUR)):
        with pytest.raises(InvalidArgumentError):
            hippocampus.pattern_complete(cue, top_k=top_k)


# Binding


def streamed(params: HippocampusParams, *places: tuple[str, float, Any]) -> list[tuple[str, str, float]]:
    """Associations of a stream of (id, instant, session), rounded."""
    hippocampus = Hippocampus(params)
    links: list[Association] = []
    for engram_id, at, session in places:
        context = {} if session is None else {"session": session}
        engram = hippocampus.encode(felt(engram_id, context=context), at, encoded_at=at, engram_id=engram_id)
        assert engram is not None
        links += hippocampus.bind(engram)
    assert all(link.kind is AssociationType.TEMPORAL for link in links)
    return [(link.source_id, link.target_id, round(link.weight, 3)) for link in links]


def test_an_engram_is_bound_to_those_before_it_less_the_further_and_less_backwards():
    params = HippocampusParams(temporal_reach=2, temporal_weight=0.5, temporal_decay=0.6, backward_ratio=0.5)
    links = streamed(params, *((name, at, None) for at, name in enumerate("abcd")))
    assert links == [
        ("a", "b", 0.5), ("b", "a", 0.25),
        ("b", "c", 0.5), ("c", "b", 0.25), ("a", "c", 0.3), ("c", "a", 0.15),
        ("c", "d", 0.5), ("d", "c", 0.25), ("b", "d", 0.3), ("d", "b", 0.15),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("second", "bound"),
    [
        ((4 * HOUR, None), True),
        ((4 * HOUR + 1, None), False),
        ((1.0, "other"), False),
        ((1.0, 1), False),
        ((-100.0, None), True),
    ],
)
def test_a_pause_or_another_session_ends_the_episode(second: tuple[float, Any], bound: bool):
    links = streamed(HippocampusParams(), ("a", 0.0, None), ("b", *second))
    assert bool(links) is bound


def test_sessions_may_be_numbers():
    assert streamed(HippocampusParams(), ("a", 0.0, 1), ("b", 1.0, 1), ("c", 2.0, 2))[0][:2] == ("a", "b")
    assert len(streamed(HippocampusParams(), ("a", 0.0, 1), ("b", 1.0, 1), ("c", 2.0, 2))) == 2


@pytest.mark.parametrize("off", [{"temporal_reach": 0}, {"temporal_weight": 0.0}])
def test_temporal_binding_can_be_switched_off(off: dict[str, Any]):
    assert streamed(HippocampusParams(**off), ("a", 0.0, None), ("b", 1.0, None)) == []


def test_what_was_active_together_waits_for_the_night_once_per_pair():
    hippocampus = Hippocampus()
    for _ in range(3):
        hippocampus.bind_together(["a", "b", "c", "a"], AssociationType.CO_RECALLED)
    hippocampus.bind_together(["a", "b"], AssociationType.CO_HELD)
    hippocampus.bind_together(["a"], AssociationType.CO_HELD)
    assert hippocampus.inspect().bindings == 4
    taken = hippocampus.take_bindings()
    assert {(a.source_id, a.target_id) for a in taken if a.kind is AssociationType.CO_RECALLED} == {
        (x, y) for x in "abc" for y in "abc" if x != y
    }
    assert [a.weight for a in taken if a.kind is AssociationType.CO_HELD] == [0.1, 0.1]
    assert hippocampus.take_bindings() == []


def test_only_so_many_pairs_are_noted_and_the_oldest_go():
    hippocampus = Hippocampus(HippocampusParams(most_bindings=2))
    for pair in ("ab", "cd", "ab", "ef"):
        hippocampus.bind_together([*pair], AssociationType.CO_RECALLED)
    assert {frozenset(a[:2]) for a in hippocampus.take_bindings()} == {frozenset("ab"), frozenset("ef")}


def test_neighbours_in_time_are_not_bound_again_for_being_held():
    hippocampus = Hippocampus()
    for at, name in enumerate(["far", "a", "b", "c", "new"]):
        engram = hippocampus.encode(felt(name), float(at), engram_id=name)
        assert engram is not None
        hippocampus.bind(engram)
    hippocampus.bind_held("new", ["new", "c", "b", "far"])
    assert {frozenset(a[:2]) for a in hippocampus.take_bindings()} == {frozenset({"new", "far"})}


# Replay


def test_what_was_slept_on_for_a_full_night_is_ripe_the_oldest_first():
    hippocampus = Hippocampus()
    for engram_id, sleeps in (("a", 0.0), ("b", 0.5), ("a", 0.7), ("c", 1.0)):
        hippocampus.notice_access(engram_id, sleeps)
    assert hippocampus.replay(1.4) == []
    assert hippocampus.replay(1.5) == ["b"]
    assert hippocampus.replay(9.0) == ["b", "a", "c"]
    hippocampus.replayed(["b", "c"])
    assert hippocampus.replay(9.0) == ["a"]


def test_many_small_sleeps_add_up_to_a_full_one():
    hippocampus = Hippocampus()
    hippocampus.notice_access("a", 0.0)
    sleeps = sum([1 / 960] * 960)
    assert hippocampus.replay(sleeps) == ["a"]


# Moving, forgetting, reawakening


async def test_what_a_night_has_moved_is_let_go_of():
    hippocampus = remembering(HARBOUR, KEYS)
    harbour, keys = hippocampus.staying()
    hippocampus.departed([harbour.engram_id, "unknown"])
    assert hippocampus.staying() == [keys]
    assert completed(hippocampus, "Dana") == [] and completed(hippocampus, "keys") == [KEYS]
    assert hippocampus.recognise(harbour.digest) is None
    assert hippocampus.replay(99.0) == [harbour.engram_id, keys.engram_id]  # wherever it is by then


async def test_a_change_is_made_once_per_operation():
    hippocampus = remembering(HARBOUR)
    (engram,) = hippocampus.staying()
    for _ in range(3):
        (changed,) = await hippocampus.reconsolidate(
            [engram.engram_id, "unknown"], lambda e, _: e.changed(salience=e.salience / 2), "op"
        )
        assert changed.salience == 0.25
    assert hippocampus.staying() == [changed]


def test_what_is_forgotten_leaves_nothing_behind():
    hippocampus = Hippocampus()
    for name in ("#1", "#2"):
        engram = hippocampus.encode(felt(name), 0.0, engram_id=name)
        assert engram is not None
        hippocampus.bind(engram)
    hippocampus.bind_together(["#1", "#2", "#3"], AssociationType.CO_RECALLED)
    hippocampus.lesion()
    for _ in range(2):
        hippocampus.forget("#2")
    hippocampus.restore()
    state = str([hippocampus.stream(), hippocampus.ledger()])
    assert "#1" in state and "#2" not in state
    assert [engram.engram_id for engram in hippocampus.staying()] == ["#1"]
    assert {a[:2] for a in hippocampus.take_bindings()} == {("#1", "#3"), ("#3", "#1")}


def test_it_reawakens_as_it_was():
    rng = random.Random(0)
    first = Hippocampus(clock=SimulatedClock())
    for number in range(10):
        engram = first.encode(
            felt(f"number {number}"), float(number), encoded_at=float(number), sleeps=rng.random()
        )
        assert engram is not None
        first.bind(engram)
    first.bind_together([engram.engram_id for engram in first.staying()[:3]], AssociationType.CO_HELD)
    second = Hippocampus(clock=SimulatedClock())
    second.resume(first.stream())
    second.take_over(first.ledger())
    for _ in range(2):
        second.adopt(first.staying(), sleeps=99.0)
    assert (second.stream(), second.ledger()) == (first.stream(), first.ledger())
    assert second.staying() == first.staying()
    assert second.inspect() == first.inspect()
    assert completed(second, "number 7", top_k=1) == ["number 7"]
    after = [hippocampus.encode(felt("after"), 10.0, engram_id="after") for hippocampus in (first, second)]
    assert after[0] == after[1] and after[0] is not None
    assert first.bind(after[0]) == second.bind(after[0])


def test_what_is_adopted_without_its_ledger_is_replayed_if_it_was_never_slept_on():
    first, second = Hippocampus(), Hippocampus()
    for name, sleeps in (("new", 2.0), ("later", 3.0)):
        assert first.encode(felt(name), 0.0, engram_id=name, sleeps=sleeps) is not None
    slept_on = first.recent.change("new", lambda e: first.place(_no_longer_fresh(e)))
    assert slept_on is not None
    second.adopt(first.staying(), sleeps=5.0)
    assert second.replay(3.9) == []
    assert second.replay(4.0) == ["later"]


def _no_longer_fresh(engram: Engram) -> Engram:
    return engram.with_trace(engram.trace.model_copy(update={"fresh": False}))


# Lesions and looking


async def test_a_lesioned_hippocampus_is_silent_and_comes_back():
    hippocampus = remembering(HARBOUR)
    (engram,) = hippocampus.staying()
    hippocampus.lesion()
    assert hippocampus.encode(KEYS) is None
    assert hippocampus.bind(engram) == []
    assert hippocampus.recognise(engram.digest) is None
    assert hippocampus.novelty(felt(HARBOUR)) == 1.0
    assert hippocampus.pattern_complete("Dana") == []
    assert hippocampus.replay(99.0) == []
    assert hippocampus.staying() == []
    assert await hippocampus.reconsolidate([engram.engram_id], lambda e, _: e, "op") == []
    assert await hippocampus.reinstate([engram.engram_id]) == [None]
    hippocampus.bind_together(["a", "b"], AssociationType.CO_HELD)
    hippocampus.notice_access("a", 0.0)
    assert not hippocampus.inspect().intact
    hippocampus.restore()
    assert hippocampus.take_bindings() == []
    assert hippocampus.replay(99.0) == [engram.engram_id]
    assert completed(hippocampus, "Dana") == [HARBOUR]


def test_a_snapshot_is_frozen_and_counts():
    hippocampus = remembering(HARBOUR, KEYS)
    (first, _) = hippocampus.staying()
    hippocampus.bind(first)
    snapshot = hippocampus.inspect()
    assert snapshot == HippocampusSnapshot(
        name="hippocampus",
        intact=True,
        engrams=2,
        waiting=0,
        waiting_changes=0,
        episode_id=first.episode_id,
        bindings=0,
        unreplayed=2,
    )
    assert repr(hippocampus).startswith("Hippocampus(name='hippocampus', intact=True, engrams=2")


def test_it_needs_no_brain_and_no_now():
    hippocampus = Hippocampus(profiles=TypeProfiles(half_life_scale=1.0))
    engram = hippocampus.encode(HARBOUR)
    assert engram is not None and engram.encoded_at > 1.7e9
    assert engram.stability == 240.0


@pytest.mark.parametrize(
    "bad", [{"temporal_reach": -1}, {"temporal_decay": 1.5}, {"episode_gap": 0.0}, {"reach": 3}]
)
def test_bad_parameters_are_configuration_errors(bad: dict[str, Any]):
    with pytest.raises(ConfigurationError, match=r"^HippocampusParams\."):
        HippocampusParams(**bad)
