"""The score of every fragment, computed one by one from its definition: slow, and short enough to be believed."""

import math

import numpy as np

from neuro.engram import Engram
from neuro.indexing.answers import TIME, told
from neuro.indexing.dates import fit
from neuro.indexing.people import person
from neuro.indexing.probe import Matching, Reading
from neuro.indexing.terms import terms, words
from neuro.indexing.word_table import WordTable

FIRST_PERSON = set("i im ive id ill me my mine myself we our us ours".split())


def trigrams(word: str) -> set[str]:
    return {f"<{word}>"[i : i + 3] for i in range(len(word))}


def dice(one: str, other: str) -> float:
    a, b = trigrams(one), trigrams(other)
    return 2 * len(a & b) / (len(a) + len(b))


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return max(0.0, float(one @ other) / lengths) if lengths > 1e-9 else 0.0


def rate(text: str, kind: set[str]) -> float:
    found = words(text)
    return min(1.0, 20 * sum(word in kind for word in found) / max(20, len(found)))


class BruteForce:
    """Fragments of engrams in order of id, with all that the score wants to know of each."""

    def __init__(self, engrams: list[Engram], table: WordTable, matching: Matching | None = None) -> None:
        self.table, self.matching = table, matching or Matching()
        self.engrams = sorted(engrams, key=lambda engram: engram.engram_id)
        self.fragments = [(e, i, text) for e in self.engrams for i, text in enumerate(e.texts)]
        self.terms = [terms(text) for _, _, text in self.fragments]
        self.mean = max(1.0, sum(map(len, self.terms)) / max(1, len(self.terms)))
        self.df: dict[str, int] = {}
        for held in self.terms:
            for term in set(held):
                self.df[term] = self.df.get(term, 0) + 1

    def idf(self, df: float) -> float:
        n = len(self.fragments)
        df = min(df, n)
        return math.log1p((n - df + 0.5) / (df + 0.5))

    def neighbours(self, at: int) -> dict[int, float]:
        m, found = self.matching, {}
        episode = self.fragments[at][0].episode_id
        if episode is None:
            same = [i for i, f in enumerate(self.fragments) if f[0] is self.fragments[at][0]]
        else:
            same = [i for i, f in enumerate(self.fragments) if f[0].episode_id == episode]
        for step in (-1, 1):
            place, distance = same.index(at), 0.0
            for _ in range(m.neighbour_reach):
                if not 0 <= place + step < len(same):
                    break
                one, other = same[place], same[place + step]
                distance += (len(self.terms[one]) + len(self.terms[other])) / 2
                share = m.neighbour_share * math.exp(-distance / m.neighbour_scale)
                if share < m.neighbour_floor:
                    break
                found[other] = share
                place += step
        return found

    def standing_for(self, stem: str) -> tuple[dict[str, float], dict[str, float]]:
        m = self.matching
        if stem in self.df:
            exact = {stem: 1.0}
        else:
            alike = sorted((-dice(stem, other), other) for other in self.df)
            exact = {other: -d for d, other in alike[: m.most_spellings] if -d >= m.spelling_floor}
        related = dict(exact)
        if stem in self.table.at:
            unit = self.table.unit
            for other, row in self.table.at.items():
                near = float(unit[row] @ unit[self.table.at[stem]])
                if near > m.related_floor and other in self.df:
                    weight = (near - m.related_floor) / (1 - m.related_floor)
                    related[other] = max(weight, related.get(other, 0.0))
        return exact, related

    def lexical(self, cue: list[str], *, related: bool, around: bool) -> list[float]:
        """Normalised BM25 of every fragment."""
        m, most, scores = self.matching, 1e-9, [0.0] * len(self.fragments)
        for stem in cue:
            weights = self.standing_for(stem)[related]
            df = self.df.get(stem) or sum(weight * self.df[t] for t, weight in weights.items())
            most += self.idf(df)
            counts = [
                max((w * held.count(t) for t, w in weights.items()), default=0.0) for held in self.terms
            ]
            for at, held in enumerate(self.terms):
                count = counts[at]
                if around:
                    count += sum(share * counts[i] for i, share in self.neighbours(at).items())
                norm = m.saturation * (1 - m.length_norm + m.length_norm * len(held) / self.mean)
                scores[at] += self.idf(df) * count / (count + norm) if count else 0.0
        return [score / most for score in scores]

    def asking(self, at: int) -> int | None:
        """The last fragment that asks of the engram before, if somebody else said it."""
        engram = self.fragments[at][0]
        same = [e for e in self.engrams if e.episode_id == engram.episode_id and e.episode_id is not None]
        place = same.index(engram) if engram in same else 0
        if place == 0 or person(same[place - 1].speaker) == person(engram.speaker):
            return None
        asks = [i for i, f in enumerate(self.fragments) if f[0] is same[place - 1] and "?" in f[2]]
        return asks[-1] if asks else None

    def features(self, reading: Reading, row: np.ndarray | None = None) -> list[dict[str, float]]:
        m, cue = self.matching, list(reading.terms)
        plain = self.lexical(cue, related=False, around=False)
        exact = self.lexical(cue, related=False, around=True)
        related = self.lexical(cue, related=True, around=True)
        meaning = [
            0.0
            if row is None or e.features is None
            else max(0.0, float(e.features[i].astype(np.float32) @ row))
            for e, i, _ in self.fragments
        ]
        found: list[dict[str, float]] = []
        for at, (engram, _, text) in enumerate(self.fragments):
            said = float(reading.speaker is not None and person(engram.speaker) == reading.speaker)
            happened = engram.encoded_at if engram.occurred_at is None else engram.occurred_at
            episode = [e for e in self.engrams if e.episode_id == engram.episode_id is not None]
            held, asked = set(self.terms[at]), self.asking(at)
            features = {
                "exact": exact[at] ** m.concavity,
                "related": related[at] ** m.concavity,
                "own": plain[at] ** 2,
                "speaker": said,
                "first_person": said * rate(text, FIRST_PERSON),
                "date": float(fit(reading.dates, np.array([happened // 86_400], np.int32))[0]),
                "answer": 0.0 if asked is None else plain[asked] ** m.concavity,
                "time_words": said * told(text, words(text))[TIME],
                "answer_kind": max((told(text, words(text))[kind] for kind in reading.kinds), default=0.0),
                "opening": said * float(engram in episode[:2]),
                "question": float("?" in text),
                "gist": cosine(self.table.sum(self.terms[at]), self.table.sum(cue)),
                "rarity": sum(self.idf(self.df[t]) for t in held) / max(1, len(held)) / self.idf(1),
            }
            if row is not None:
                features["meaning"] = meaning[at]
                features["answer_meaning"] = 0.0 if asked is None else max(0.0, meaning[asked] - m.chance)
            found.append(features)
        return found

    def search(self, reading: Reading, row: np.ndarray | None = None) -> list[tuple[str, float]]:
        """Every engram for which there is evidence, best first."""
        m = self.matching
        weights = (m.words if row is None else m.dense).model_dump()
        best: dict[str, float] = {}
        for (engram, _, _), features in zip(self.fragments, self.features(reading, row), strict=True):
            evident = any(features[name] > 0 for name in ("related", "date", "answer"))
            evident |= features["gist"] > m.gist_floor or features.get("meaning", 0.0) > m.meaning_floor
            evident |= reading.names_only and features["speaker"] > 0
            if evident:
                score = max(0.0, sum(weights[name] * value for name, value in features.items()))
                relevance = score / sum(max(0.0, weight) for weight in weights.values())
                best[engram.engram_id] = max(best.get(engram.engram_id, 0.0), relevance)
        return sorted(best.items(), key=lambda item: (-round(item[1], 6), item[0]))
