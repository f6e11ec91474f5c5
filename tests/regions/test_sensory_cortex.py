"""The sensory cortex: brief, bounded buffers per modality."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.clock import SimulatedClock
from neuro.errors import ConfigurationError, InvalidArgumentError
from neuro.regions.sensory_cortex import SensoryCortex, SensoryCortexParams
from neuro.signals import Stimulus


def heard(content: str, modality: str = "text") -> Stimulus:
    return Stimulus(content=content, modality=modality)


def contents(cortex: SensoryCortex, modality: str | None = None, now: float | None = None) -> list[str]:
    return [stimulus.content for stimulus in cortex.buffered(modality, now)]


def test_what_is_registered_is_buffered_oldest_first_over_all_modalities():
    cortex = SensoryCortex()
    cortex.register(heard("one"), now=0.0)
    cortex.register(heard("two", "audio"), now=0.5)
    cortex.register(heard("three"), now=0.7)
    assert contents(cortex, now=0.8) == ["one", "two", "three"]
    assert contents(cortex, "text", now=0.8) == ["one", "three"]
    assert contents(cortex, "visual", now=0.8) == []


@pytest.mark.parametrize(
    ("modality", "seconds"), [("text", 3.0), ("audio", 3.0), ("smell", 3.0), ("visual", 1.0)]
)
def test_an_unattended_stimulus_expires_after_the_time_of_its_sense(modality: str, seconds: float):
    cortex = SensoryCortex()
    cortex.register(heard("here", modality), now=0.0)
    assert contents(cortex, now=seconds - 0.01) == ["here"]
    assert contents(cortex, now=seconds) == []


def test_used_alone_it_asks_its_clock_and_instant_zero_is_a_time():
    cortex = SensoryCortex(clock=SimulatedClock(100.0))
    cortex.register(heard("long ago"), now=0.0)
    assert contents(cortex, now=0.0) == ["long ago"]
    assert contents(cortex) == []
    cortex.register(heard("just now"))
    assert contents(cortex) == ["just now"]
    assert cortex.attend() == heard("just now")


def test_looking_at_a_later_instant_drops_nothing():
    cortex = SensoryCortex()
    cortex.register(heard("here"), now=0.0)
    assert contents(cortex, now=100.0) == []
    assert cortex.inspect(now=100.0).buffered == {}
    assert contents(cortex, now=1.0) == ["here"]


def test_attending_takes_a_stimulus_out_of_its_buffer():
    cortex = SensoryCortex()
    sought = heard("the kettle boils")
    cortex.register(sought, now=0.0)
    assert cortex.attend(sought, now=1.0) == sought
    assert cortex.attend(sought, now=1.0) is None
    assert contents(cortex, now=1.0) == []


def test_attending_finds_equal_content_before_a_part_and_the_latest_of_several():
    cortex = SensoryCortex()
    for at, content in enumerate(["Kettle", "the kettle boils", "a KETTLE sings", "the cat"]):
        cortex.register(heard(content), now=at / 10)
    found = [
        cortex.attend(sought, now=0.5) for sought in ("Kettle", "kettle", "kettle", "kettle", None, None)
    ]
    assert [None if stimulus is None else stimulus.content for stimulus in found] == [
        "Kettle",
        "a KETTLE sings",
        "the kettle boils",
        None,
        "the cat",
        None,
    ]


def test_what_has_expired_cannot_be_attended_to():
    cortex = SensoryCortex()
    cortex.register(heard("gone"), now=0.0)
    assert cortex.attend("gone", now=3.0) is None


def test_attending_to_blank_text_is_an_error():
    with pytest.raises(InvalidArgumentError, match="sought"):
        SensoryCortex().attend(" ", now=0.0)


def test_a_visual_trace_fades_as_in_sperling_1960_and_an_echo_stays_whole():
    cortex = SensoryCortex()
    letters, tone = heard("TDRSRN", "visual"), heard("a tone", "audio")
    cortex.register(letters, now=0.0)
    cortex.register(tone, now=0.0)
    assert cortex.trace_strength(letters, now=0.0) == 1.0
    assert cortex.trace_strength(letters, now=0.28) == pytest.approx(0.367879, abs=1e-6)
    assert cortex.trace_strength(letters, now=1.0) == 0.0
    assert cortex.trace_strength(tone, now=2.9) == 1.0
    assert cortex.trace_strength(tone, now=3.0) == 0.0


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 6), st.floats(0.0, 2.0)), max_size=60))
def test_no_input_makes_it_hold_more_than_its_bounds(arrivals: list[tuple[int, float]]):
    cortex = SensoryCortex(SensoryCortexParams(items=3, modalities=2))
    now, last = 0.0, {}
    for modality, pause in arrivals:
        now += pause
        cortex.register(heard(f"at {now}", str(modality)), now=now)
        last = {**last, str(modality): now}
        counts = cortex.inspect(now=now).buffered
        assert len(counts) <= 2
        assert all(count <= 3 for count in counts.values())
        assert contents(cortex, str(modality), now=now)[-1] == f"at {now}"


def test_the_oldest_falls_out_of_a_full_buffer_and_the_idlest_modality_out_of_all():
    cortex = SensoryCortex(SensoryCortexParams(items=2, modalities=2))
    for content, modality in [("a", "text"), ("b", "audio"), ("c", "text"), ("d", "text"), ("e", "touch")]:
        cortex.register(heard(content, modality), now=0.0)
    assert contents(cortex, now=0.0) == ["c", "d", "e"]


def test_lesioned_it_registers_nothing_and_has_nothing_and_restored_it_has_what_it_had():
    cortex = SensoryCortex()
    cortex.register(heard("before"), now=0.0)
    cortex.lesion()
    cortex.register(heard("during"), now=0.1)
    assert contents(cortex, now=0.2) == []
    assert cortex.attend(now=0.2) is None
    assert cortex.trace_strength(heard("before"), now=0.2) == 0.0
    snapshot = cortex.inspect(now=0.2)
    assert (snapshot.intact, snapshot.buffered) == (False, {})
    cortex.restore()
    assert contents(cortex, now=0.2) == ["before"]


def test_a_snapshot_counts_each_modality_and_is_json():
    cortex = SensoryCortex()
    for content, modality in [("a", "text"), ("b", "text"), ("c", "visual")]:
        cortex.register(heard(content, modality), now=0.0)
    assert cortex.inspect(now=0.0).model_dump(mode="json") == {
        "name": "sensory_cortex",
        "intact": True,
        "buffered": {"text": 2, "visual": 1},
    }


def test_a_buffer_for_nothing_is_a_configuration_error():
    with pytest.raises(ConfigurationError, match=r"SensoryCortexParams\.items"):
        SensoryCortexParams(items=0)
