"""Terms: what two texts must share to match by words."""

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro.indexing.terms import STOP_WORDS, stem, terms, worded, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We met Dana at the Harbour!", ["we", "met", "dana", "at", "the", "harbour"]),
        ("Dana's keys, James' car", ["dana", "keys", "james", "car"]),
        ("don’t won't rock'n'roll", ["dont", "wont", "rocknroll"]),
        ("room 401b, 3.5 kg", ["room", "401b", "3", "5", "kg"]),
        ("snake_case kebab-case a/b", ["snake", "case", "kebab", "case", "a", "b"]),
        ("ＦＵＬＬ ｗｉｄｔｈ ﬁne", ["full", "width", "fine"]),
        ("Çok Ünlü STRASSE Ἀθῆναι", ["cok", "unlu", "strasse", "αθηναι"]),
        ("Ёлка, елка; İZMİR", ["елка", "елка", "izmir"]),
        ("港で会った", ["港", "港で", "で会", "会", "会っ", "った"]),
        ("港 港で", ["港", "港", "港で"]),
        ("iPhoneで3月", ["iphone", "で", "3", "月"]),
        ("한국어를", ["한", "한국", "국", "국어", "어", "어를", "를"]),
        ("हमें किताब पसंद है।", ["हमें", "किताब", "पसंद", "है"]),
        ("ที่ท่า", ["ที", "ี่", "่ท", "ท่", "่า"]),
        ("كِتابٌ جَمِيل كتــاب", ["كتاب", "جميل", "كتاب"]),
        ("שָׁלוֹם \u200fשלום\u200f", ["שלום", "שלום"]),
        ("می\u200cخواهم", ["میخواهم"]),
        ("co\u00adoperate zero\u200bwidth", ["cooperate", "zerowidth"]),
        ("👍 ... !?", []),
        ("", []),
    ],
)
def test_words_are_runs_of_letters_and_digits_in_lower_case(text: str, expected: list[str]):
    assert words(text) == expected


@given(st.text())
def test_words_do_not_depend_on_case_or_composition(text: str):
    found = words(text)
    assert words(unicodedata.normalize("NFC", text)) == found
    assert words(unicodedata.normalize("NFD", text)) == found
    assert all(word and word == word.strip() for word in found)


# Voc and output of the algorithm's own description (Porter 1980)
STEMS = {
    "caresses": "caress", "ponies": "poni", "ties": "ti", "caress": "caress", "cats": "cat",
    "feed": "feed", "agreed": "agre", "plastered": "plaster", "bled": "bled", "motoring": "motor", "sing": "sing",
    "conflated": "conflat", "troubled": "troubl", "sized": "size", "hopping": "hop", "tanned": "tan",
    "falling": "fall", "hissing": "hiss", "fizzed": "fizz", "failing": "fail", "filing": "file",
    "happy": "happi", "sky": "sky",
    "relational": "relat", "conditional": "condit", "rational": "ration", "valenci": "valenc",
    "digitizer": "digit", "conformabli": "conform", "radicalli": "radic", "differentli": "differ",
    "vileli": "vile", "analogousli": "analog", "vietnamization": "vietnam", "predication": "predic",
    "operator": "oper", "feudalism": "feudal", "decisiveness": "decis", "hopefulness": "hope",
    "callousness": "callous", "formaliti": "formal", "sensitiviti": "sensit", "sensibiliti": "sensibl",
    "triplicate": "triplic", "formative": "form", "formalize": "formal", "electriciti": "electr",
    "electrical": "electr", "hopeful": "hope", "goodness": "good",
    "revival": "reviv", "allowance": "allow", "inference": "infer", "airliner": "airlin", "gyroscopic": "gyroscop",
    "adjustable": "adjust", "defensible": "defens", "irritant": "irrit", "replacement": "replac",
    "adjustment": "adjust", "dependent": "depend", "adoption": "adopt", "homologou": "homolog",
    "communism": "commun", "activate": "activ", "angulariti": "angular", "homologous": "homolog",
    "effective": "effect", "bowdlerize": "bowdler",
    "probate": "probat", "rate": "rate", "cease": "ceas", "controll": "control", "roll": "roll",
}  # fmt: skip


@pytest.mark.parametrize(("word", "expected"), STEMS.items())
def test_a_stem_is_porters(word: str, expected: str):
    assert stem(word) == expected


@pytest.mark.parametrize("word", ["as", "a", "401", "3rd", "harbörs", "港で", "ἀθῆναι", ""])
def test_other_scripts_short_words_and_numbers_come_back_whole(word: str):
    assert stem(word) == word


def test_an_overlong_word_comes_back_whole():
    for word in ("y" * 100_000, "running" * 100):
        assert stem(word) == word
        assert terms(f"{word} runs") == [word, "run"]


@given(st.text(alphabet=string.ascii_lowercase, max_size=30))
def test_a_stem_is_never_longer_and_never_empty(word: str):
    found = stem(word)
    assert len(found) <= len(word) + 1  # "hoping" becomes "hope"
    assert bool(found) is bool(word)


def test_function_words_are_left_out_and_repeats_kept():
    assert terms("The cat and the cats are with you") == ["cat", "cat"]
    assert terms("Who was it? It's me!") == []
    assert {"the", "dont", "its"} <= STOP_WORDS and "dana" not in STOP_WORDS


def test_inflections_meet():
    assert terms("running keys") == terms("run key")


def test_words_are_named_by_the_first_of_each_stem():
    assert worded("Running with Dana's runs") == {"run": "running", "dana": "dana"}
