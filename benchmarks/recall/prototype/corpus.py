"""Conversations as the indexes will see them: engrams cut into fragments, in episodes."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher
from pathlib import Path

from neuro.indexing.fragments import fragment
from neuro.indexing.terms import STOP_WORDS, stem, terms, words

DATA = Path("/work/shared/eval/data/locomo_dev.jsonl.gz")
GAP = 4 * 3600


@dataclass
class Engram:
    id: str
    speaker: str
    text: str
    when: datetime
    episode: int
    spans: list[tuple[int, int]]
    first: int = 0  # number of its first fragment


@dataclass
class Fragment:
    engram: int
    text: str
    terms: list[str]


@dataclass
class Corpus:
    name: str
    engrams: list[Engram] = field(default_factory=list)
    fragments: list[Fragment] = field(default_factory=list)
    questions: list[dict] = field(default_factory=list)
    speakers: list[str] = field(default_factory=list)

    def add(self, id, speaker, text, when, session=None):
        last = self.engrams[-1] if self.engrams else None
        episode = 0 if last is None else last.episode
        if last is not None and ((when - last.when).total_seconds() > GAP or session != self._session):
            episode += 1
        self._session = session
        spans = list(fragment(text)) or [(0, len(text))]
        n = len(self.engrams)
        self.engrams.append(Engram(id, speaker, text, when, episode, spans, len(self.fragments)))
        for a, b in spans:
            self.fragments.append(Fragment(n, text[a:b], terms(text[a:b])))
        if speaker and speaker not in self.speakers:
            self.speakers.append(speaker)


def load(path: Path = DATA) -> list[Corpus]:
    out = []
    with gzip.open(path, "rt", encoding="utf8") as f:
        for line in f:
            conv = json.loads(line)
            c = Corpus(conv["conv"])
            for t in conv["turns"]:
                text = t["text"] + (f" [image: {t['caption']}]" if t.get("caption") else "")
                c.add(t["id"], t["speaker"], text, datetime.fromisoformat(t["dt"]), t.get("session"))
            at = {e.id: i for i, e in enumerate(c.engrams)}
            for q in conv["questions"]:
                if q["gold"]:
                    c.questions.append({**q, "gold_at": [at[g] for g in q["gold"]]})
            out.append(c)
    return out


NAME = re.compile(r"[^\W\d_]+(?:['’]s?)?")


def people(cue: str, speakers: list[str], known=lambda s: False):
    """Participants named in a cue: [(start, stop, speaker, possessive)]."""
    found = []
    parts = {}
    for s in speakers:
        for w in words(s):
            parts.setdefault(w, s)
    for m in NAME.finditer(cue):
        w = m.group()
        poss = bool(re.search(r"['’]s?$", w))
        bare = re.sub(r"['’]s?$", "", w).lower()
        who = parts.get(bare)
        if who is None and len(bare) >= 4 and bare not in STOP_WORDS and w[0].isupper() and not known(stem(bare)):
            for p, s in parts.items():
                if p[0] == bare[0] and SequenceMatcher(None, p, bare).ratio() >= 0.72:
                    who = s
                    break
        if who is not None:
            found.append((m.start(), m.end(), who, poss))
    return found


def masked(cue: str, found) -> str:
    out, last = [], 0
    for a, b, _, poss in found:
        out += [cue[last:a], "my" if poss else "I"]
        last = b
    return "".join([*out, cue[last:]])
