"""Entities: people, places and things that memories name, wired to the engrams that name them.

A night wires each new engram to what it names; a cue whose best answers name something is reminded of what else was
told of it, though it says no word of the cue (bridging: Haviland & Clark 1974). What an entity says is put together
from its engrams whenever one looks, so that it never says what was forgotten. Deliberately does not know where
anything is kept, nor how a text names something: that is the extractor's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Annotated, Final

from pydantic import Field

from neuro.arguments import shown
from neuro.concepts import MOST_READ, inferred_from
from neuro.engram import Engram
from neuro.errors import ExtractorError, InvalidArgumentError, NeuroError
from neuro.indexing.fragments import sentences
from neuro.indexing.proper_names import MOST_WORDS, EntityExtractor, EntityMention, ProperNames, entity_key
from neuro.records import Params, Positive, Unit

__all__ = ["EntityExtractor", "EntityMention", "EntityParams", "ProperNames"]

_PREFIX: Final = "entity-"
_LONGEST_NAME: Final = 128
_MOST_NAMES: Final = 64
"""Entities of one engram, the first it names."""
_CUE_WORDS: Final = 64
"""Words of a cue that are looked at, in its first characters."""
_CUE_READ: Final = 1_024
FEWEST: Final = 2
"""Engrams from which on an entity is known: it is what several memories have in common."""


class EntityParams(Params):
    """How much entities hold and lend."""

    lending: Unit = 0.9
    """How far towards an echo's relevance what names the same is lifted, if it is named nowhere else; 0 switches it
    off."""
    fan_strength: Positive = 3.0
    """S: what is named in n more engrams lends ``1 - ln(n) / S`` of that, and nothing from e^S on (the fan effect:
    Anderson 1974; Anderson & Reder 1999)."""
    seeds: Annotated[int, Field(ge=1)] = 1
    """How many of the best echoes remind of what they name; more than `RecallParams.seeds` remind of no more."""
    most_instances: Annotated[int, Field(ge=1)] = 256
    """Engrams that an entity is wired to, the newest."""
    most_told: Annotated[int, Field(ge=1)] = 6
    """Sentences of which an entity's content is made, the newest."""


def entity_id(name: str) -> str:
    """Id of the entity with this name, however it is written.

    >>> entity_id("New  YORK") == entity_id("New York")
    True
    """
    return _id_of(entity_key(name))


def _id_of(key: str) -> str:
    return _PREFIX + blake2b(key.encode(), digest_size=8).hexdigest()


def is_entity(engram_id: str) -> bool:
    """Whether this is the id of an entity."""
    return engram_id.startswith(_PREFIX)


def named_in(content: str, extractor: EntityExtractor) -> dict[str, EntityMention]:
    """What a content names, by entity id.

    Raises:
        InvalidArgumentError: the extractor gave something that is no name.
        ExtractorError: it failed.
    """
    try:
        return _named_in(content[:MOST_READ], extractor)
    except NeuroError:
        raise
    except Exception as exc:
        reason = f"{type(exc).__name__}: {exc}"
        raise ExtractorError(f"the extractor {type(extractor).__name__} failed: {reason}") from exc


def _named_in(content: str, extractor: EntityExtractor) -> dict[str, EntityMention]:
    found: dict[str, EntityMention] = {}
    for given in extractor.entities(content):
        mention = EntityMention(given) if isinstance(given, str) else given
        if not isinstance(mention, EntityMention) or not isinstance(mention.name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgumentError(f"extractor: must give strings or EntityMention (got {shown(given)})")
        key = entity_key(mention.name)
        if 0 < len(key) <= _LONGEST_NAME and len(found) < _MOST_NAMES:
            engram_id = _id_of(key)
            if engram_id not in found or mention.sure:
                found[engram_id] = mention
    return found


def ids_named(cue: str) -> list[str]:
    """Ids of the entities that a cue may name, whatever its capitals."""
    words = entity_key(cue[:_CUE_READ]).split()[:_CUE_WORDS]
    ends = ((i, j) for i in range(len(words)) for j in range(i + 1, min(len(words), i + MOST_WORDS) + 1))
    return list(dict.fromkeys(_id_of(" ".join(words[i:j])) for i, j in ends))


def portrait(
    engram_id: str, instances: Sequence[Engram], extractor: EntityExtractor, params: EntityParams
) -> Engram | None:
    """An entity as an engram: the newest sentences that name it, `inferred_from` its instances.

    Args:
        engram_id: of the entity.
        instances: engrams it is wired to, in order of id.

    Returns:
        None when fewer than two instances are there.
    """
    if not is_entity(engram_id) or len(instances) < FEWEST:
        return None
    mentions = (named_in(one.content, extractor).get(engram_id) for one in instances)
    name = next((mention.name for mention in mentions if mention is not None), None)
    if name is None:
        return None
    told = dict.fromkeys(_sentence(one.content, name) for one in instances[-params.most_told :])
    return inferred_from(
        instances,
        engram_id=engram_id,
        content=f"{name}, named in {len(instances)} memories: {' | '.join(told)}",
        concept=name,
        context={"entity": name},
    )


def _sentence(content: str, name: str) -> str:
    """The first sentence that has the name, else the first."""
    content = unicodedata.normalize("NFC", content[:MOST_READ])
    words = r"\s+".join(map(re.escape, unicodedata.normalize("NFC", name).split()))
    named = re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
    first = ""
    for start, stop, _ in sentences(content):
        if named.search(content, start, stop):
            return content[start:stop]
        first = first or content[start:stop]
    return first or content


def unsure(read: Sequence[Mapping[str, EntityMention]]) -> set[str]:
    """Ids of entities that none of the contents `named_in` was asked for names for sure."""
    sure = {i for named in read for i, mention in named.items() if mention.sure}
    return {i for named in read for i in named} - sure
