"""What is asked of an index and what it answers, and the weights of the score between the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, NamedTuple

from pydantic import Field

from neuro.engram import TokenVectors
from neuro.indexing.dates import Days
from neuro.records import Params, Positive, Unit
from neuro.signals import Reason

_Weight = Annotated[float, Field(ge=-100.0, le=100.0)]
_Count = Annotated[int, Field(ge=1)]


class Weights(Params):
    """Weights of the features of a fragment, all of which lie in [0, 1]: its score is their weighted sum.

    The defaults were fitted by listwise softmax regression to questions about conversations between two people and
    about documents, monologues, long messages and rooms of many; `benchmarks/recall` holds the script. Only their
    ratios matter: relevance is the score divided by the sum of those above 0.
    """

    exact: _Weight = 4.34
    """Concave BM25 over the cue's words, in the fragment and around it."""
    related: _Weight = 7.45
    """The same, words of like meaning counting for the cue's words."""
    own: _Weight = 6.0
    """Square of BM25 over the cue's words in the fragment alone: most of the cue in one place. Raised by hand, at no
    loss, so that what says just what the cue says comes first."""
    speaker: _Weight = 2.14
    """Said by the one person whom the cue names, or means by I or you in a chat with an assistant."""
    first_person: _Weight = 0.78
    """Rate of I, me, my, we in what that person said."""
    date: _Weight = 4.25
    """Fit to the dates in the cue."""
    answer: _Weight = 2.65
    """Concave BM25 of the question that somebody else asked just before."""
    time_words: _Weight = 0.45
    """Rate of words like yesterday, next, June in what that person said: it tells of something that happened."""
    answer_kind: _Weight = 1.71
    """Rate of the kind of answer that the cue asks for, the highest of several: a time, an amount, a place, a person,
    a name, something liked."""
    opening: _Weight = 0.55
    """Among the first two engrams of an episode, said by that person: news come first."""
    question: _Weight = -0.63
    """It asks; answers tell more."""
    rarity: _Weight = 3.08
    """Mean idf of its words: what is said rarely says more."""
    gist: _Weight = 3.75
    """Cosine of the sums of word rows of the fragment and the cue."""
    meaning: _Weight = 0.0
    """Cosine of the encoder's features of the fragment and the cue."""
    answer_meaning: _Weight = 0.0
    """What is above `Matching.chance` in that cosine of the question that somebody asked just before."""
    tokens: _Weight = 0.0
    """Late interaction: BM25 over the cue's tokens, each counting as far as a token in the fragment or around it is
    more like it than `Matching.token_floor`."""

    @cached_property
    def total(self) -> float:
        """Sum of the weights above 0: the score of a fragment that has all of everything; at least 1e-9."""
        return max(1e-9, sum(max(0.0, getattr(self, name)) for name in type(self).model_fields))


def _with_encoder() -> Weights:
    return Weights(
        exact=3.95, related=6.42, own=6.0, speaker=2.1, first_person=0.76, date=4.11, answer=0.0, time_words=0.51,
        answer_kind=1.6, opening=0.6, question=-0.64, rarity=2.92, gist=1.59, meaning=4.63, answer_meaning=5.75,
    )  # fmt: skip


def _with_tokens() -> Weights:
    return Weights(
        exact=2.76, related=3.23, own=6.0, speaker=2.08, first_person=0.77, date=4.24, answer=0.0, time_words=0.51,
        answer_kind=1.6, opening=0.7, question=-0.69, rarity=2.77, gist=1.69, meaning=3.1, answer_meaning=5.16,
        tokens=7.04,
    )  # fmt: skip


class Matching(Params):
    """How a fragment is matched with a cue: the weights of the score, and the constants of its features."""

    words: Weights = Field(default_factory=Weights)
    """Weights where only words are compared."""
    dense: Weights = Field(default_factory=_with_encoder)
    """Weights where an encoder's features of the cue and the fragments are there as well."""

    tokens: Weights = Field(default_factory=_with_tokens)
    """Weights where vectors of the tokens of cue and fragments are there too."""
    compare_tokens: bool = True
    """Whether they are compared where they are there."""
    token_contenders: _Count = 128
    """So many engrams, the best by the weights of ``dense`` (or as many as asked for, if those are more), are
    compared by their tokens, each by the fragment that was best so far; the others are not recalled then."""
    token_floor: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.4
    """Cosine up to which two tokens have nothing to do with each other."""

    saturation: Annotated[float, Field(ge=0.0)] = 0.9
    """k1 of BM25 (Robertson & Zaragoza 2009); short turns want it below the customary 1.2."""
    length_norm: Unit = 0.25
    """b of BM25."""
    concavity: Annotated[float, Field(gt=0.0, le=1.0)] = 0.7
    """Exponent on BM25 normalised to [0, 1]: the first words shared say most."""

    neighbour_share: Unit = 0.8
    """What of a neighbour in the same episode counts at no distance (Howard & Kahana 2002: what was said around it
    is the context that reinstates it)."""
    neighbour_scale: Positive = 25.0
    """Content words of distance, middle to middle, over which that share falls to 1/e of it."""
    neighbour_floor: Annotated[float, Field(gt=0.0, le=1.0)] = 0.05
    """A neighbour with a smaller share counts nothing."""
    neighbour_reach: Annotated[int, Field(ge=0, le=100)] = 10
    """Most neighbours on either side."""

    related_floor: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.45
    """Cosine of word rows up to which two words have nothing to do with each other."""
    most_related: _Count = 48
    """Words that may stand for a word of the cue beside itself: the nearest."""
    spelling_floor: Annotated[float, Field(gt=0.0, le=1.0)] = 0.5
    """Dice coefficient of letter trigrams from which a known word may stand for an unknown one."""
    most_spellings: _Count = 3
    """Known words that may stand for an unknown one: the most alike."""
    name_floor: Annotated[float, Field(gt=0.0, le=1.0)] = 0.72
    """Likeness (Ratcliff & Obershelp) from which an unknown capitalised word is a misspelt name."""

    chance: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.3
    """Cosine of encoders' features that unrelated texts may reach."""
    gist_floor: Unit = 0.45
    """Cosine of sums of word rows above which it finds a fragment that shares no word, related word or date."""
    meaning_floor: Unit = 0.4
    """The same for encoders' features."""

    cue_characters: _Count = 8192
    """Of a longer cue the beginning is read."""
    cue_terms: _Count = 64
    """Of more distinct content words the rarest of those that are known count."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an index makes of a cue."""

    text: str
    """The cue itself."""
    masked: str
    """The cue with the people it names as I or my, as they would have said it: what an encoder should see."""
    terms: Mapping[str, str]
    """Stems of its content words without names, in order; each with the word as it stands in the cue."""
    speaker: str | None = None
    """Key of the one person named, or meant by I or you; see `neuro.indexing.people`. None: nobody, or several."""
    named: str = ""
    """That person, by the name in the cue if it has one."""
    names_only: bool = False
    """It has no content words but names: then who spoke is all that it asks for, beside the names as words."""
    dates: tuple[Days, ...] = ()
    """Days that it speaks of."""
    kinds: tuple[int, ...] = ()
    """Kinds of answers that it asks for: places in `neuro.indexing.answers.KINDS`."""
    tokens: TokenVectors | None = None
    """Vectors of the tokens of ``masked`` that carry meaning, of one fragment; whoever has an encoder adds them."""


class Match(NamedTuple):
    """An engram that answers a cue, by its best fragment."""

    engram_id: str
    relevance: float
    """Score over the sum of the positive weights: at least 0, below 1 but for a perfect match."""
    reasons: tuple[Reason, ...]
    """What made it up, largest first, on the scale of relevance; parts below a thousandth are left out.

    ``words`` (text: those shared, as they stand in the cue, or in the engram where that spells them otherwise),
    ``related`` (text: the engram's words of like meaning), ``nearby`` (what was said around it, and the question
    that it answers; text: words found there), ``speaker`` (text: the name), ``date`` (text: its day), ``gist``,
    ``meaning`` and ``form`` (how it is told).
    """
    similarity: float
    """Cosine of the fragment by itself with the cue, in [0, 1]: of features, without any of sums of word rows."""
    lexical: float
    """BM25 of the fragment by itself over the most that the cue could reach, in [0, 1]."""
