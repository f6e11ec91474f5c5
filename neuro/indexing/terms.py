"""Terms: what two texts must share to match by words.

Lower case, accents, vowel points and possessives dropped, runs of letters, marks and digits in any script, Porter
stems for Latin words, a short list of function words left out.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Accents, points of Hebrew and Arabic, and characters that are not seen: some write them and some do not.
_OMITTED = re.compile(
    r"[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    r"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]+"
)
# Vowel signs and tones are part of a word, though Python counts them neither as letters nor as digits.
_MARKS = (
    r"\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09d7\u09e2\u09e3\u0a01-\u0a03\u0a3c-\u0a51"
    r"\u0a70\u0a71\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b57\u0b82\u0bbe-\u0bd7\u0c00-\u0c04\u0c3e-\u0c56"
    r"\u0c81-\u0c83\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d57\u0d82\u0d83\u0dca-\u0ddf\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    r"\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u0f71-\u0f84\u102b-\u103e\u1056-\u1059\u17b4-\u17d3\u3099\u309a"
)
_WORD = re.compile(rf"[^\W_]+(?:[{_MARKS}]+[^\W_]*|['’][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_IDEOGRAPHS = r"\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f\uac00-\ud7a3"
UNSPACED = rf"{_IDEOGRAPHS}\u3041-\u30ff\u0e01-\u0e7f\u0e81-\u0edf\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"
"""Ranges of a class of a regular expression: kana, Han, Hangul; Thai, Lao, Tibetan, Burmese, Khmer."""
_RUN = re.compile(rf"[{UNSPACED}]+|[^{UNSPACED}]+")
_IDEOGRAPH = re.compile(rf"[{_IDEOGRAPHS}]")
_UNSPACED_CHARACTER = re.compile(rf"[{UNSPACED}]")

_LONGEST_WORD = 64
"""Letters; a longer run of them is a key or a blob, and has no stem."""

STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be been before being but by can could did do does doing
    done for from get got had has have having he her here hers him his how i if in into is it its just me more
    most my no nor not now of on one or other our ours out over own she should so some such than that the their
    theirs them then there these they this those through to too under until up us very was we were what when
    where which while who whom whose why will with would you your yours yes ok okay oh hey hi hello im ive id
    ill dont didnt doesnt isnt wasnt arent cant couldnt wont wouldnt youre youve theyre thats whats lets hes
    shes weve were""".split()
)


def words(text: str) -> list[str]:
    """Words in lower case, possessives, apostrophes and accents dropped; scripts without spaces fall into characters.

    >>> words("Zoë's café"), words("猫を飼う")
    (['zoe', 'cafe'], ['猫', '猫を', 'を飼', '飼', '飼う'])
    """
    found: list[str] = []
    for word in _WORD.findall(text.lower() if text.isascii() else _folded(text)):
        if word.isascii() and word.isalnum():
            found.append(word)
            continue
        word = _POSSESSIVE.sub("", word).replace("'", "").replace("’", "")
        if word and _UNSPACED_CHARACTER.search(word):
            for run in _RUN.findall(word):
                found.extend(_pieces(run) if _UNSPACED_CHARACTER.match(run) else [run])
        elif word:
            found.append(word)
    return found


def _folded(text: str) -> str:
    """Lower case, in one way of composition, without what some write and some do not."""
    decomposed = unicodedata.normalize("NFKD", text).lower()
    return unicodedata.normalize("NFKC", _OMITTED.sub("", decomposed))


def _pieces(run: str) -> list[str]:
    """Overlapping pairs of characters: the customary terms for scripts that are written without spaces; and single
    ideographs and syllables, which are words of their own."""
    found: list[str] = []
    single = frozenset(run) if len(run) == 1 else frozenset(_IDEOGRAPH.findall(run))
    for i, character in enumerate(run):
        if character in single:
            found.append(character)
        if i + 1 < len(run):
            found.append(run[i : i + 2])
    return found


def terms(text: str) -> list[str]:
    """Stems of the content words of a text, in order, repeats kept.

    >>> terms("She's lost Dana's keys at the harbour!")
    ['lost', 'dana', 'kei', 'harbour']
    """
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


def forget_words() -> None:
    """Forgets which words this process has read."""
    _stem.cache_clear()
    re.purge()  # names that were looked for are patterns


def _measure(stem_part: str) -> int:
    """Porter's m: how many times a vowel run is followed by a consonant run."""
    shape = "".join("v" if _is_vowel(stem_part, i) else "c" for i in range(len(stem_part)))
    return len(re.findall("v+c+", shape))


def _is_vowel(word: str, i: int) -> bool:
    return word[i] in "aeiou" or (word[i] == "y" and i > 0 and not _is_vowel(word, i - 1))


def _has_vowel(word: str) -> bool:
    return any(_is_vowel(word, i) for i in range(len(word)))


def _double(word: str) -> bool:
    return len(word) > 1 and word[-1] == word[-2] and not _is_vowel(word, len(word) - 1)


def _short(word: str) -> bool:
    """Consonant, vowel, consonant other than w, x, y at the end."""
    n = len(word)
    return (
        n > 2
        and not _is_vowel(word, n - 1)
        and _is_vowel(word, n - 2)
        and not _is_vowel(word, n - 3)
        and word[-1] not in "wxy"
    )


_STEP_2 = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"),
    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
    ("iviti", "ive"), ("biliti", "ble"), ("logi", "log"),
)  # fmt: skip
_STEP_3 = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
)  # fmt: skip
_STEP_4 = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate",
    "iti", "ous", "ive", "ize",
)  # fmt: skip


def _longest(word: str, suffixes: tuple[str, ...]) -> str | None:
    return max((s for s in suffixes if word.endswith(s)), key=len, default=None)


def worded(text: str) -> dict[str, str]:
    """The content words of a text by their stems, the first word of each stem, in order.

    >>> worded("Running runs")
    {'run': 'running'}
    """
    found: dict[str, str] = {}
    for word in words(text):
        if word not in STOP_WORDS:
            found.setdefault(stem(word), word)
    return found


def stem(word: str) -> str:
    """Porter's stem of an English word (Porter 1980); others, short and overlong ones, and numbers come back whole.

    >>> stem("relational"), stem("running"), stem("harbours"), stem("skies")
    ('relat', 'run', 'harbour', 'ski')
    """
    if not 2 < len(word) <= _LONGEST_WORD or not word.isascii() or not word.isalpha():
        return word
    return _stem(word)


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    word = _step_1(word)
    for table in (_STEP_2, _STEP_3):
        suffix = _longest(word, tuple(s for s, _ in table))
        if suffix is not None and _measure(word[: -len(suffix)]) > 0:
            word = word[: -len(suffix)] + dict(table)[suffix]
    suffix = _longest(word, _STEP_4)
    if suffix == "ion" and word[-4:-3] not in ("s", "t"):
        suffix = None
    if suffix is not None and _measure(word[: -len(suffix)]) > 1:
        word = word[: -len(suffix)]
    if word.endswith("e"):
        measure = _measure(word[:-1])
        if measure > 1 or (measure == 1 and not _short(word[:-1])):
            word = word[:-1]
    if word.endswith("ll") and _measure(word) > 1:
        word = word[:-1]
    return word


def _step_1(word: str) -> str:
    if word.endswith(("sses", "ies")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    if word.endswith("eed"):
        if _measure(word[:-3]) > 0:
            word = word[:-1]
    else:
        for suffix in ("ed", "ing"):
            if word.endswith(suffix) and _has_vowel(word[: -len(suffix)]):
                word = word[: -len(suffix)]
                if word.endswith(("at", "bl", "iz")):
                    word += "e"
                elif _double(word) and word[-1] not in "lsz":
                    word = word[:-1]
                elif _measure(word) == 1 and _short(word):
                    word += "e"
                break
    if word.endswith("y") and _has_vowel(word[:-1]):
        word = word[:-1] + "i"
    return word
