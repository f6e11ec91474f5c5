"""The amygdala: what a stimulus means for how one feels, and so how much it matters.

Reads feeling off words by the lexicon and the rules of VADER (Hutto & Gilbert 2014), written anew;
deliberately knows nothing of goals, novelty or reward.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from importlib import resources
from typing import Annotated, NamedTuple, Protocol

from pydantic import Field

from neuro.arguments import check_number
from neuro.clock import Clock
from neuro.dynamics import salience
from neuro.records import Params, Positive, Unit
from neuro.regions.base import Region, Snapshot
from neuro.signals import Appraisal, Stimulus

_logger = logging.getLogger(__name__)

_WORDS_SHOWN = 3

_Scalar = Annotated[float, Field(ge=0.0)]

_NEGATIONS = frozenset(
    """
    not no never none nobody nothing nor neither nowhere cannot without rarely seldom aint arent cant
    couldnt didnt doesnt dont hadnt hasnt havent isnt mightnt mustnt neednt shouldnt wasnt werent wont
    wouldnt
    """.split()
)
_INTENSIFIERS = frozenset(
    """
    absolutely amazingly awfully completely considerably decidedly deeply enormously entirely especially
    exceptionally extremely fabulously fully greatly hella highly hugely incredibly intensely majorly more
    most particularly purely quite really remarkably so substantially terribly thoroughly too totally
    tremendously uber unbelievably unusually utterly very
    """.split()
)
_DAMPENERS = frozenset(
    """
    almost barely hardly kind_of kinda kindof less little marginally occasionally partly scarcely slightly
    somewhat sort_of sorta sortof
    """.split()
)
_PHRASE = re.compile(r"\b(kind|sort) (of)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_WORD = re.compile(r"[^\W_]+(?:['_-][^\W_]+)*")


class AmygdalaParams(Params):
    """How feeling is read off words. Words have a valence from -4 to 4; arousal and salience have no unit."""

    neutral_salience: Unit = 0.5
    """Salience of what leaves one cold (engineering: halfway)."""
    arousal_gain: _Scalar = 0.4
    """Salience gained by an arousal of 1 (engineering: takes the neutral to the cap)."""
    salience_cap: Unit = 0.9
    """No text reaches more salience than this by itself; only a given salience does (engineering)."""
    shouting_cap: Unit = 0.1
    """The most arousal that capitals and exclamation marks add (engineering: shouting must not pay)."""
    strongest: Positive = 4.0
    """Valence, either way, of a word that arouses fully: the end of its scale (Hutto & Gilbert 2014)."""
    negation: Annotated[float, Field(ge=-1.0, le=0.0)] = -0.74
    """Factor on the valence of a word after a negation (Hutto & Gilbert 2014)."""
    degree: _Scalar = 0.293
    """Valence that an intensifier adds and a dampener takes (Hutto & Gilbert 2014)."""
    distances: Annotated[tuple[Unit, ...], Field(strict=False)] = (1.0, 0.95, 0.9)
    """Share of that at one, two, three words before; negation reaches as far (Hutto & Gilbert 2014)."""
    capitals: _Scalar = 0.733
    """Valence added to a word in capitals among others that are not (Hutto & Gilbert 2014)."""
    exclamation: _Scalar = 0.292
    """Valence added to a sentence by each exclamation mark (Hutto & Gilbert 2014)."""
    exclamations: Annotated[int, Field(ge=0)] = 4
    """Exclamation marks that count in one sentence (Hutto & Gilbert 2014)."""
    before_but: _Scalar = 0.5
    """Weight of the words before "but" (Hutto & Gilbert 2014)."""
    after_but: _Scalar = 1.5
    """Weight of the words after "but" (Hutto & Gilbert 2014)."""
    normaliser: Positive = 15.0
    """alpha, the square of the summed valence that counts .71 (Hutto & Gilbert 2014)."""
    reach: Annotated[int, Field(ge=1)] = 10_000
    """Characters that are read: a first impression (engineering: bounds the time of an appraisal)."""


class AmygdalaSnapshot(Snapshot):
    """Which appraiser is at work."""

    appraiser: str
    salience_cap: Unit


class Appraiser(Protocol):
    """Reads salience, valence and arousal off a text."""

    def appraise(self, text: str) -> Appraisal:
        """What the text means, in the ranges of `neuro.signals.Appraisal`; in memory and quickly."""
        ...


class Amygdala(Region):
    """Gives a stimulus its salience, valence and arousal. A salience that the caller gave stands as it is;
    one read off a text is capped, and capitals and exclamation marks add little to it.

    The amygdala appraises what comes in within a fraction of a second and has what arouses consolidated
    better (McGaugh 2004). Without it, arousing words are remembered no better than neutral ones (LaBar &
    Phelps 1998).

    Lesioned: everything is neutral: valence 0, arousal 0, and the salience that was given or 0.5.

    Args:
        appraiser: reads texts instead of the VADER lexicon.
    """

    name = "amygdala"

    def __init__(
        self,
        params: AmygdalaParams | None = None,
        *,
        appraiser: Appraiser | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(clock=clock)
        self.params = AmygdalaParams() if params is None else params
        self._appraiser = LexicalAppraiser(self.params) if appraiser is None else appraiser

    def appraise(self, stimulus: Stimulus) -> Appraisal:
        """Salience, valence and arousal of a stimulus, and the words they come from.

        Raises:
            InvalidArgumentError: an appraiser that was plugged in left the ranges of an Appraisal.
        """
        given = stimulus.salience
        if not self._intact:
            neutral = self.params.neutral_salience if given is None else given
            return Appraisal(neutral, 0.0, 0.0, "the amygdala is lesioned: nothing moves it")
        felt = self._appraiser.appraise(stimulus.content)
        read = min(self.params.salience_cap, check_number(felt.salience, "Appraiser.salience", 0.0, 1.0))
        appraisal = Appraisal(
            salience=read if given is None else given,
            valence=check_number(felt.valence, "Appraiser.valence", -1.0, 1.0),
            arousal=check_number(felt.arousal, "Appraiser.arousal", 0.0, 1.0),
            reason=felt.reason if given is None else f"salience as given; {felt.reason}",
        )
        _logger.debug("appraised: %r", appraisal)
        return appraisal

    def inspect(self, now: float | None = None) -> AmygdalaSnapshot:
        """A frozen snapshot."""
        return AmygdalaSnapshot(
            name=self.name,
            intact=self._intact,
            appraiser=type(self._appraiser).__name__,
            salience_cap=self.params.salience_cap,
        )


class _Word(NamedTuple):
    text: str
    """In lower case."""
    shouted: bool
    """In capitals, among words that are not."""


class _Feeling(NamedTuple):
    word: str
    valence: float
    """As in a calm voice."""
    loud: float
    """With what capitals add."""


class LexicalAppraiser:
    """VADER's lexicon and rules, sentence by sentence: negation, degree, capitals, exclamation marks, "but".

    Valence is the mean of the sentences that carry feeling, each summed over its words and normalised as
    published. Arousal is derived from intensity, not from norms of arousal: it is how far the strongest word
    lies from neutral, either way (about V-shaped in people too: Kuppens et al. 2013); what capitals and
    exclamation marks add is capped. Unlike VADER, a negation carries no feeling of its own, and emoji and
    question marks none at all. The lexicon is English.

    Args:
        lexicon: valence of tokens in lower case, from -4 to 4; VADER's, read from disk here and now, if none.
    """

    def __init__(
        self, params: AmygdalaParams | None = None, *, lexicon: Mapping[str, float] | None = None
    ) -> None:
        self._params = AmygdalaParams() if params is None else params
        self._lexicon = load_lexicon() if lexicon is None else lexicon

    def appraise(self, text: str) -> Appraisal:
        p = self._params
        felt: list[_Feeling] = []
        valences: list[float] = []
        arousal = 0.0
        for sentence in _SENTENCE_END.split(text[: p.reach]):
            feelings = self._feelings(sentence)
            if feelings:
                felt += feelings
                shouts = p.exclamation * min(p.exclamations, sentence.count("!"))
                valences.append(self._valence(feelings, shouts))
                arousal = max(arousal, self._arousal(feelings, shouts))
        return Appraisal(
            salience=float(salience.salience(arousal, p.neutral_salience, p.arousal_gain, p.salience_cap)),
            valence=sum(valences) / len(valences) if valences else 0.0,
            arousal=arousal,
            reason=_reason(felt),
        )

    def _valence(self, feelings: list[_Feeling], shouts: float) -> float:
        total = sum(feeling.loud for feeling in feelings)
        if total:
            total += math.copysign(shouts, total)
        return float(salience.compound(total, self._params.normaliser))

    def _arousal(self, feelings: list[_Feeling], shouts: float) -> float:
        p = self._params
        calm = float(salience.arousal(max(abs(feeling.valence) for feeling in feelings), p.strongest))
        loud = float(salience.arousal(max(abs(feeling.loud) for feeling in feelings) + shouts, p.strongest))
        return min(loud, calm + p.shouting_cap)

    def _feelings(self, sentence: str) -> list[_Feeling]:
        """The words of a sentence that carry feeling, in order."""
        words = self._words(sentence)
        turn = next((i for i, word in enumerate(words) if word.text == "but"), None)
        feelings: list[_Feeling] = []
        for i, word in enumerate(words):
            if self._carries_feeling(word.text):
                weight = self._weight(i, turn)
                calm, loud = (
                    weight * self._modified(words, i, capitals=capitals) for capitals in (False, True)
                )
                feelings.append(_Feeling(word.text, calm, loud))
        return feelings

    def _weight(self, i: int, turn: int | None) -> float:
        """Weight of the i-th word when the ``turn``-th is the "but" of the sentence."""
        if turn is None:
            return 1.0
        return self._params.before_but if i < turn else self._params.after_but

    def _carries_feeling(self, word: str) -> bool:
        return (
            word in self._lexicon
            and not _negates(word)
            and word not in _INTENSIFIERS
            and word not in _DAMPENERS
        )

    def _modified(self, words: list[_Word], i: int, *, capitals: bool) -> float:
        """Valence of the i-th word after the words before it had their say."""
        p = self._params
        valence = self._lexicon[words[i].text]
        size = abs(valence) + (p.capitals if capitals and words[i].shouted else 0.0)
        factor = 1.0
        for distance, share in enumerate(p.distances[:i], start=1):
            before = words[i - distance]
            if _negates(before.text):
                factor *= p.negation
            elif before.text in _INTENSIFIERS:
                size += share * (p.degree + (p.capitals if capitals and before.shouted else 0.0))
            elif before.text in _DAMPENERS:
                size -= share * p.degree
        return math.copysign(max(0.0, size), valence) * factor

    def _words(self, sentence: str) -> list[_Word]:
        """Words and emoticons of a sentence."""
        written: list[str] = []
        for token in _PHRASE.sub(r"\1_\2", sentence.replace("’", "'")).split():
            bare = token.rstrip(".,;!?")
            known = next((form for form in (token, bare) if form.lower() in self._lexicon), None)
            written += [known] if known is not None else _WORD.findall(token)
        lettered = [word for word in written if any(character.isalpha() for character in word)]
        mixed = not all(word.isupper() for word in lettered)
        return [_Word(word.lower(), mixed and _in_capitals(word)) for word in written]


def load_lexicon() -> dict[str, float]:
    """VADER's lexicon: mean valence of some 7,500 tokens, from -4 to 4. Reads a file."""
    text = resources.files("neuro.regions").joinpath("data/vader_lexicon.tsv").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in text.splitlines())
    return {token: float(valence) for token, valence in pairs}


def _in_capitals(word: str) -> bool:
    return len(word) > 1 and word[0].isalnum() and word.isupper()  # not "I", not ":D"


def _negates(word: str) -> bool:
    return word in _NEGATIONS or word.endswith("n't")


def _reason(feelings: list[_Feeling]) -> str:
    if not feelings:
        return "no word in it carries feeling"
    strongest: dict[str, float] = {}
    for feeling in sorted(feelings, key=lambda feeling: -abs(feeling.loud)):
        strongest.setdefault(feeling.word, feeling.loud)
    shown = [f"{word!r} ({valence:+.1f})" for word, valence in strongest.items()]
    return "felt in " + ", ".join(shown[:_WORDS_SHOWN])
