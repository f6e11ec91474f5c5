"""Records: frozen, strict, NaN refused, the same after JSON both ways, errors of our own tree."""

import json
import math
import pickle
from typing import Any

import numpy as np
import pytest

from neuro import BrainConfig, Engram, MemoryType, Stimulus, Trace
from neuro.engram import canonical_content, content_digest
from neuro.errors import ConfigurationError, FeatureMismatchError, InvalidArgumentError
from neuro.presets import human
from neuro.testing.samples import fragmented, nasty_engrams, sample_engram, sample_features, sample_trace


@pytest.mark.parametrize("engram", nasty_engrams(), ids=lambda engram: engram.engram_id[-4:])
def test_an_engram_is_the_same_after_json_both_ways(engram: Engram):
    text = engram.model_dump_json()
    again = Engram.model_validate_json(text)
    assert again == engram and hash(again) == hash(engram)
    assert again.model_dump_json() == text
    assert again.content == engram.content and again.context == engram.context
    assert Engram(**json.loads(text)) == engram
    assert pickle.loads(pickle.dumps(engram)) == engram


def test_engrams_are_equal_by_value_features_included():
    features = sample_features(seed=1)
    engram = sample_engram(features=features)
    assert engram == sample_engram(features=features.copy())
    assert engram != sample_engram(features=sample_features(seed=2))
    assert engram != sample_engram() and sample_engram() != engram
    assert engram != sample_engram(features=features, salience=0.6)
    assert engram != "engram"
    assert len({engram, engram.changed(pinned=True)}) == 2
    assert engram == engram.model_copy(update={"associations": ("x",)})  # belongs to the connectome


def test_features_are_copied_and_read_only():
    mine = sample_features(2)
    engram = fragmented(1, "One.", "Two.", features=mine)
    assert engram.features is not None
    before = mine.copy()
    mine[:] = 0.0
    assert np.array_equal(engram.features, before)
    with pytest.raises(ValueError, match="read-only"):
        engram.features[0, 0] = 1.0


@pytest.mark.parametrize(
    "features",
    [
        np.ones((1, 4), np.float32) / 2,
        np.ones(4, np.float16) / 2,
        np.ones((1, 4), np.float16),
        np.full((1, 4), np.nan, np.float16),
        np.zeros((1, 4), np.float16),
        np.zeros((0, 4), np.float16),
        [[0.5, 0.5, 0.5, 0.5]],
        {"shape": [1, 4], "float16": "AAAA"},
        {"shape": [1, 4]},
        {},
    ],
    ids=str,
)
def test_features_are_float16_rows_of_unit_length(features: Any):
    with pytest.raises((InvalidArgumentError, FeatureMismatchError), match="features"):
        sample_engram(features=features)


@pytest.mark.parametrize(
    "field",
    [
        {"engram_id": ""},
        {"engram_id": "x" * 65},
        {"engram_id": 5},
        {"content": ""},
        {"memory_type": "x"},
        {"encoded_at": math.nan},
        {"encoded_at": "0"},
        {"occurred_at": math.inf},
        {"salience": 1.1},
        {"valence": -1.1},
        {"arousal": True},
        {"revision": -1},
        {"revision": 1.0},
        {"context": {"a": 1j}},
        {"tags": "x"},
        {"colour": "red"},
    ],
    ids=str,
)
def test_a_bad_field_is_an_error_that_names_it(field: dict[str, Any]):
    with pytest.raises(InvalidArgumentError, match=rf"^(Engram\.)?{next(iter(field))}"):
        sample_engram(**field)


@pytest.mark.parametrize(
    "field",
    [
        {"half_life": 0.0},
        {"half_life": math.inf},
        {"exposures": 0.0},
        {"access_count": -1},
        {"access_count": True},
        {"cortical_share": 1.5},
        {"recent": tuple(float(n) for n in range(9))},
        {"difficulty": 11.0},
    ],
    ids=str,
)
def test_a_trace_keeps_its_ranges(field: dict[str, Any]):
    with pytest.raises(InvalidArgumentError, match=f"Trace.{next(iter(field))}"):
        sample_trace(**field)


def test_json_that_is_no_engram_is_an_error_of_ours():
    for text in ("", "[]", "{", '{"engram_id": "x"}'):
        with pytest.raises(InvalidArgumentError, match="Engram"):
            Engram.model_validate_json(text)


def test_records_are_frozen():
    engram = sample_engram()
    for record, name in (
        (engram, "content"),
        (engram.trace, "half_life"),
        (Stimulus(content="x"), "content"),
    ):
        with pytest.raises(ValueError, match="frozen"):
            setattr(record, name, getattr(record, name))


def test_a_change_makes_a_new_record_with_the_next_revision():
    engram = sample_engram(content="one")
    trace = engram.trace.model_copy(update={"access_count": 1})
    later = engram.with_trace(trace)
    assert (engram.revision, later.revision, later.access_count) == (0, 1, 1)
    assert engram.access_count == 0
    before = engram.digest
    assert engram.changed(content="two").digest != before
    assert later.digest == before


def test_an_engram_says_what_follows_from_it():
    engram = fragmented(1, "One.", "Two.", context={"speaker": "Alice"})
    assert engram.texts == ("One.", "Two.")
    assert engram.speaker == "Alice"
    assert engram.stability == 240.0
    assert sample_engram(content="One.").texts == ("One.",)
    assert sample_engram(context={"speaker": 5}).speaker is None


def test_a_memory_type_is_its_value_as_a_string():
    assert [*MemoryType][:4] == ["episodic", "semantic", "procedural", "habitual"]
    assert [*MemoryType][4:] == ["relational", "emotional", "opinion"]
    assert f"{MemoryType.SEMANTIC}" == "semantic" and MemoryType("semantic") is MemoryType.SEMANTIC
    assert sample_engram(memory_type="semantic").memory_type is MemoryType.SEMANTIC


def test_a_digest_is_of_canonical_content_type_scope_and_speaker():
    digest = content_digest("We met  Dana ", MemoryType.EPISODIC, None, None)
    assert len(digest) == 32
    assert digest == content_digest("We\nmet Dana", MemoryType.EPISODIC, None, None)
    others = [
        ("we met Dana", MemoryType.EPISODIC, None, None),
        ("We met Dana", MemoryType.SEMANTIC, None, None),
        ("We met Dana", MemoryType.EPISODIC, "a", None),
        ("We met Dana", MemoryType.EPISODIC, None, "a"),
        ("We met Dana", MemoryType.EPISODIC, "a, None", None),
    ]
    assert len({digest, *(content_digest(*other) for other in others)}) == 6
    assert sample_engram(content="We met Dana").digest == digest
    assert canonical_content(" Cafe\u0301\u00a0\tNoir ") == "Caf\u00e9 Noir"


def test_a_stimulus_is_checked_where_it_is_made():
    assert Stimulus.of("x", memory_type="semantic", tags=["a"]).memory_type is MemoryType.SEMANTIC
    with pytest.raises(InvalidArgumentError, match=r"salience: must be in \[0, 1\]"):
        Stimulus.of("x", salience=2)
    for field in (
        {"salience": 2.0},
        {"salience": True},
        {"reward": math.nan},
        {"memory_type": "x"},
        {"tags": 5},
    ):
        with pytest.raises(InvalidArgumentError, match=f"Stimulus.{next(iter(field))}"):
            Stimulus(content="x", **field)  # type: ignore[arg-type]


@pytest.mark.parametrize("config", [BrainConfig(), human()])
def test_a_configuration_goes_through_json(config: BrainConfig):
    assert BrainConfig.model_validate_json(config.model_dump_json()) == config
    assert hash(config) == hash(config.model_copy())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"colour": 1}, r"BrainConfig\.colour: extra inputs are not permitted \(got 1\)"),
        ({"recall": {"strength": 2.0}}, r"RecallParams\.strength: .* less than or equal to 1 \(got 2\.0\)"),
        ({"recall": {"used": "some"}}, r"RecallParams\.used: .* \(got 'some'\)"),
        ({"types": {"episodic": {"half_life": 0.0}}}, r"TypeProfile\.half_life: .* greater than 0"),
        ({"thalamus": {"threshold": math.nan}}, r"ThalamusParams\.threshold: .* finite number \(got nan\)"),
        ({"thalamus": 5}, r"BrainConfig\.thalamus"),
        ({"max_content_bytes": 0}, r"BrainConfig\.max_content_bytes"),
        ({"max_content_bytes": True}, r"BrainConfig\.max_content_bytes"),
        ({"sleep": {"full_day": "x"}}, r"SleepParams\.full_day: .* valid number \(got 'x'\)"),
    ],
    ids=str,
)
def test_a_bad_parameter_is_a_configuration_error_that_names_it(fields: dict[str, Any], message: str):
    with pytest.raises(ConfigurationError, match=f"^{message}"):
        BrainConfig(**fields)


def test_a_trace_needs_its_half_life():
    with pytest.raises(InvalidArgumentError, match=r"^Trace\.half_life: field required"):
        Trace(encoded_half_life=1.0, last_access=0.0)  # type: ignore[call-arg]
