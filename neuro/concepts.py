"""Concepts: what somebody told of one kind of thing, wired to the engrams that tell it.

A night wires each new engram to the concepts that it is an instance of. What a concept says is put together from those
instances whenever one looks (remembering is reconstruction: Bartlett 1932), so that it never says what was forgotten.
Knows what an engram is an instance of and how a concept reads; deliberately not where anything is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Annotated, Final

from pydantic import Field

from neuro.arguments import check_json_object
from neuro.engram import Engram, MemoryType
from neuro.indexing.kinds import Kinds
from neuro.indexing.people import person
from neuro.indexing.terms import worded
from neuro.records import Params, Unit

_PREFIX: Final = "concept-"
MOST_READ: Final = 32_768
"""Characters of a content in which members are looked for; more would hold the event loop over 20 ms."""


class ConceptParams(Params):
    """How much concepts hold and lend."""

    lending: Unit = 0.04
    """Activation that reaches the instances of a concept when a cue asks for it, on the scale of relevance of about
    [0, 1]; 0 switches it off. From .03 to .05 lists gain on the development conversations and little else loses."""
    most_instances: Annotated[int, Field(ge=1)] = 256
    """Engrams that a concept is wired to, the newest: it bounds what a night, a cue and a list have to read."""
    most_named: Annotated[int, Field(ge=1)] = 24
    """Members that a concept names, those most often told of."""


def concept_id(kind: str, speaker: str | None) -> str:
    """Id of the concept of what a person, or nobody in particular, told of a kind.

    >>> concept_id("animals", "Dana  Smith") == concept_id("animals", "Dana Smith")
    True
    """
    return f"{_PREFIX}{kind}-{blake2b(person(speaker).encode(), digest_size=8).hexdigest()}"


def kind_of(engram_id: str) -> str | None:
    """The kind of the concept with this id; None for an id that is no concept's.

    >>> kind_of(concept_id("animals", "Dana")), kind_of("01K")
    ('animals', None)
    """
    return engram_id.removeprefix(_PREFIX).rpartition("-")[0] if engram_id.startswith(_PREFIX) else None


def instance_of(engram: Engram, kinds: Kinds) -> list[str]:
    """Ids of the concepts that an engram is an instance of."""
    if engram.inferred:
        return []
    found = dict.fromkeys(kind for stem in worded(engram.content[:MOST_READ]) for kind in kinds.of(stem))
    return [concept_id(kind, engram.speaker) for kind in found]


def title(kind: str, speaker: str | None) -> str:
    """What a concept is about, in words.

    >>> title("animals", "Dana"), title("animals", None)
    ('Dana spoke of animals', 'animals')
    """
    return f"{speaker} spoke of {kind}" if speaker else kind


class Members:
    """Words that name members of kinds in engrams; each engram is read once, however many kinds it tells of."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._worded: dict[str, dict[str, str]] = {}

    def named(self, engram: Engram, kind: str | None) -> dict[str, str]:
        """Words of an engram that name members of a kind, by their stems, as they are written there."""
        text = engram.content[:MOST_READ]
        if engram.engram_id not in self._worded:
            self._worded[engram.engram_id] = {
                stem: word for stem, word in worded(text).items() if self._kinds.of(stem)
            }
        found: dict[str, str] = {}
        for stem, word in self._worded[engram.engram_id].items():
            if kind in self._kinds.of(stem):
                written = re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)
                found[stem] = word if written is None else written[0]
        return found


def composed(
    engram_id: str, instances: Sequence[Engram], members: Members, params: ConceptParams
) -> Engram | None:
    """A concept as an engram: a list in plain language, `inferred_from` its instances.

    Args:
        engram_id: of the concept.
        instances: engrams it is wired to, in order of id.

    Returns:
        None when no instance names a member any more.
    """
    kind = kind_of(engram_id)
    told = {one.engram_id: members.named(one, kind) for one in instances}
    sources = [one for one in instances if told[one.engram_id]]
    if kind is None or not sources:
        return None
    counts = Counter(stem for one in sources for stem in told[one.engram_id])
    words: dict[str, str] = {}
    for one in sources:
        for stem, word in told[one.engram_id].items():
            words.setdefault(stem, word)
    named = [words[stem] for stem, _ in counts.most_common(params.most_named)]
    about = sources[-1].speaker
    return inferred_from(
        sources,
        engram_id=engram_id,
        content=f"{title(kind, about)}: {', '.join(named)}",
        concept=kind,
        context={"kind": kind} | ({"about": about} if about else {}),
    )


def inferred_from(
    sources: Sequence[Engram], *, engram_id: str, content: str, concept: str, context: Mapping[str, str]
) -> Engram:
    """Knowledge that rests on memories, at least one, in order of id: it lasts as long as the newest of them and is
    believed as far as the least reliable one."""
    newest = sources[-1]
    return Engram(
        engram_id=engram_id,
        content=content,
        memory_type=MemoryType.SEMANTIC,
        encoded_at=newest.encoded_at,
        trace=newest.trace,
        salience=max(one.salience for one in sources),
        reliability=min(one.reliability for one in sources),
        concepts=(concept,),
        context=check_json_object(dict(context)),
        scope=newest.scope,
        sources=tuple(one.engram_id for one in sources),
        inferred=True,
    )


def ids_asked(kinds: Kinds, words: Iterable[str], speaker: str | None) -> list[str]:
    """Ids of the concepts that a cue with these words asks for, about the person whom it names or about nobody."""
    return [concept_id(kind, speaker) for kind in kinds.asked(words)]
