"""The amygdala: salience, valence and arousal, read off words or plugged in."""

import logging
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.errors import ConfigurationError, InvalidArgumentError
from neuro.regions.amygdala import Amygdala, AmygdalaParams, LexicalAppraiser, load_lexicon
from neuro.signals import Appraisal, Stimulus

SCRAPS = [
    "GREAT",
    "great",
    "not",
    "very",
    "hate",
    "but",
    "!!!",
    ":)",
    ".",
    "isn't",
    "slightly",
    "no",
    "kind of",
]

AMYGDALA = Amygdala()
"""Appraising changes nothing, so the tests share one; those that lesion make their own."""


def appraise(content: str, salience: float | None = None) -> Appraisal:
    return AMYGDALA.appraise(Stimulus(content=content, salience=salience))


@pytest.mark.parametrize(
    ("sentence", "compound"),
    [
        ("VADER is smart, handsome, and funny.", 0.8316),
        ("VADER is smart, handsome, and funny!", 0.8439),
        ("VADER is very smart, handsome, and funny.", 0.8545),
        ("VADER is VERY SMART, handsome, and FUNNY.", 0.9227),
        ("VADER is VERY SMART, handsome, and FUNNY!!!", 0.9342),
        ("VADER is not smart, handsome, nor funny.", -0.7424),
        ("The book was good.", 0.4404),
        ("The book was kind of good.", 0.3832),
        ("The plot was good, but the characters are uncompelling and the dialog is not great.", -0.7042),
        ("At least it isn't a horrible book.", 0.4310),
        ("Today SUX!", -0.5461),
        ("Not bad at all", 0.4310),
    ],
)
def test_the_examples_published_with_vader_come_out_as_published(sentence: str, compound: float):
    assert appraise(sentence).valence == pytest.approx(compound, abs=5e-5)


def test_a_plain_statement_is_neutral_and_says_so():
    appraisal = appraise("The meeting is at 3:00 in room 187.")
    assert appraisal == Appraisal(0.5, 0.0, 0.0, "no word in it carries feeling")


def test_arousal_is_the_distance_of_the_strongest_word_from_neutral_whatever_its_sign():
    assert appraise("a great day").arousal == pytest.approx(3.1 / 4)
    assert appraise("a war").arousal == pytest.approx(2.9 / 4)
    assert appraise("a great day, then war").arousal == pytest.approx(3.1 / 4)


def test_salience_rises_with_arousal_up_to_a_cap_below_the_top():
    neutral, mild, strong = (appraise(c).salience for c in ("a table", "a good table", "a great table"))
    assert 0.5 == neutral < mild < strong < 0.9
    loudest = appraise("great GREAT very EXTREMELY GREAT!!!! but EXTREMELY VERY REALLY GREAT!!!!!!!!")
    assert loudest.arousal == 1.0
    assert loudest.salience == 0.9


def test_shouting_adds_little():
    calm, loud = appraise("it is urgent, pay now"), appraise("it is URGENT, PAY now!!!!!!!!!!!!")
    assert calm.arousal < loud.arousal <= calm.arousal + 0.1
    assert loud.salience <= calm.salience + 0.05
    assert appraise("THE TABLE IS HERE!!!!").salience == 0.5


def test_capitals_count_only_among_words_that_are_not():
    assert appraise("I HATE THIS").valence == appraise("i hate this").valence
    assert appraise("I HATE this").valence < appraise("i hate this").valence


@pytest.mark.parametrize(
    "negated", ["not good", "isn't good", "isn’t good", "isnt good", "never a very good", "no good"]
)
def test_a_negation_within_three_words_turns_the_feeling(negated: str):
    assert appraise(f"this is {negated} sign").valence < 0.0


def test_a_negation_further_away_does_not():
    assert appraise("not that one here, good sign").valence > 0.0


def test_intensifiers_and_dampeners_count_less_the_further_away_they_stand():
    good = appraise("a good one").valence
    near, far = appraise("a very good one").valence, appraise("very, very often here: a good one").valence
    assert appraise("a slightly good one").valence < good < near
    assert far == good
    assert good < appraise("really a good one").valence < near


def test_each_sentence_is_felt_by_itself():
    mixed = appraise("The food was great. The waiter was not. The table was wooden. The bill was horrible.")
    great, horrible = appraise("The food was great."), appraise("The bill was horrible.")
    assert mixed.valence == pytest.approx((great.valence + horrible.valence) / 2)
    assert mixed.arousal == max(great.arousal, horrible.arousal)


def test_emoticons_are_felt_with_and_without_punctuation():
    assert appraise("see you tomorrow :)").valence > 0.0
    assert appraise("see you tomorrow :(.").valence < 0.0


def test_the_reason_names_the_three_strongest_words_once():
    reason = appraise("A good day, a good idea, a horrible end, great.").reason
    assert reason == "felt in 'great' (+3.1), 'horrible' (-2.5), 'good' (+1.9)"


@pytest.mark.parametrize("given_salience", [0.0, 0.3, 1.0])
def test_a_given_salience_stands_exactly_while_feeling_is_still_read(given_salience: float):
    appraisal = appraise("I love this", given_salience)
    assert appraisal.salience == given_salience
    assert (appraisal.valence, appraisal.arousal) == (appraise("I love this").valence, 0.8)
    assert appraisal.reason.startswith("salience as given; felt in 'love'")


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=80) | st.lists(st.sampled_from(SCRAPS)).map(" ".join))
def test_any_text_stays_in_range_and_below_the_cap(text: str):
    appraisal = LexicalAppraiser(lexicon={"great": 3.1, "hate": -2.7, ":)": 2.0, "no": -1.2}).appraise(text)
    assert -1.0 <= appraisal.valence <= 1.0
    assert 0.0 <= appraisal.arousal <= 1.0
    assert 0.5 <= appraisal.salience <= 0.9


def test_of_a_very_long_text_only_the_beginning_is_read():
    filler = "word " * 3000
    assert appraise(filler + "horrible").arousal == 0.0
    assert appraise("horrible " + filler).arousal > 0.0


class Stoic:
    def __init__(self, salience: float = 0.2, valence: float = 0.1) -> None:
        self._answer = Appraisal(salience, valence, 0.3, "as told")

    def appraise(self, text: str) -> Appraisal:
        return self._answer


def test_another_appraiser_can_be_plugged_in_and_is_capped_too():
    stimulus = Stimulus(content="I love this")
    assert Amygdala(appraiser=Stoic()).appraise(stimulus) == Appraisal(0.2, 0.1, 0.3, "as told")
    assert Amygdala(appraiser=Stoic(salience=1.0)).appraise(stimulus).salience == 0.9
    assert Amygdala(appraiser=Stoic()).inspect().appraiser == "Stoic"


@pytest.mark.parametrize("stoic", [Stoic(valence=-1.1), Stoic(salience=float("nan"))])
def test_an_appraiser_that_leaves_the_range_is_refused(stoic: Stoic):
    with pytest.raises(InvalidArgumentError, match="Appraiser"):
        Amygdala(appraiser=stoic).appraise(Stimulus(content="x"))


def test_lesioned_everything_is_neutral_but_a_given_salience():
    amygdala = Amygdala()
    amygdala.lesion()
    felt = amygdala.appraise(Stimulus(content="I love this, it is HORRIBLE!!!"))
    assert (felt.salience, felt.valence, felt.arousal) == (0.5, 0.0, 0.0)
    assert "lesioned" in felt.reason
    assert amygdala.appraise(Stimulus(content="I love this", salience=0.9)).salience == 0.9
    amygdala.restore()
    assert amygdala.appraise(Stimulus(content="I love this")).arousal > 0.0


def test_content_is_logged_at_debug_only(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, logger="neuro"):
        appraise("I love this")
    assert not caplog.records
    with caplog.at_level(logging.DEBUG, logger="neuro"):
        appraise("I love this")
    assert "felt in 'love'" in caplog.text


def test_the_lexicon_has_thousands_of_tokens_in_range_and_its_licence_beside_it():
    lexicon = load_lexicon()
    assert len(lexicon) == 7474
    assert all(token == token.lower() and 0.0 < abs(valence) <= 4.0 for token, valence in lexicon.items())
    licence = resources.files("neuro.regions").joinpath("data/VADER_LICENSE.txt").read_text(encoding="utf-8")
    assert "The MIT License (MIT)" in licence
    assert "Copyright (c) 2016 C.J. Hutto" in licence


def test_a_negation_that_would_not_negate_is_a_configuration_error():
    with pytest.raises(ConfigurationError, match=r"AmygdalaParams\.negation"):
        AmygdalaParams(negation=0.5)
