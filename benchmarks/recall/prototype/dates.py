"""Dates in a cue: explicit (day, month), relative to the time of asking; and how well an instant fits."""
from __future__ import annotations
import re
from datetime import datetime, timedelta
from typing import NamedTuple

MONTHS = {m: i for i, m in enumerate("january february march april may june july august september october november december".split(), 1)}
MONTHS |= {m[:3]: i for m, i in list(MONTHS.items())} | {"sept": 9}
_M = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_PATTERNS = (
    (re.compile(rf"\b{_DAY}\s+(?:of\s+)?({_M})\.?,?\s*(\d{{4}})?\b", re.I), "dmy"),
    (re.compile(rf"\b({_M})\.?\s+{_DAY}(?!\d)(?:,?\s*(\d{{4}}))?", re.I), "mdy"),
    (re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b"), "iso"),
    (re.compile(rf"\b(?:(in|during|of|since|by|early|late|mid|last|this|next)[\s-]+)?({_M})\.?,?(?:\s+(?:of\s+)?(\d{{4}}))?\b", re.I), "my"),
)

class When(NamedTuple):
    day: int | None
    month: int
    year: int | None

def cue_dates(cue: str, now: datetime | None) -> list[When]:
    found, taken = [], []
    for pattern, kind in _PATTERNS:
        for m in pattern.finditer(cue):
            if any(m.start() < b and a < m.end() for a, b in taken): continue
            g = m.groups()
            if kind == "dmy": w = When(int(g[0]), MONTHS[g[1].lower()], int(g[2]) if g[2] else None)
            elif kind == "mdy": w = When(int(g[1]), MONTHS[g[0].lower()], int(g[2]) if g[2] else None)
            elif kind == "iso": w = When(int(g[2]), int(g[1]), int(g[0]))
            else:
                name = g[1]
                # "may", "march", "mar", "dec" as words: a month only with a year, a preposition or a capital inside the sentence
                if name.lower() in ("may", "march", "mar", "sun", "sat") and not (g[0] or g[2]) : continue
                if not name[0].isupper() and not g[2] and not g[0]: continue
                w = When(None, MONTHS[name.lower()], int(g[2]) if g[2] else None)
            if not 1 <= w.month <= 12 or (w.day is not None and not 1 <= w.day <= 31): continue
            found.append(w); taken.append((m.start(), m.end()))
    return found

def _fit(w: When, at: datetime) -> float:
    years = [w.year] if w.year else [at.year, at.year - 1]
    best = 0.
    for y in years:
        if w.day is not None:
            try: day = datetime(y, w.month, w.day)
            except ValueError: continue
            gap = (datetime(at.year, at.month, at.day) - day).days
            s = 1. if abs(gap) <= 1 else .7 if 1 < gap <= 8 else .3 if abs(gap) <= 31 else 0.
        else:
            gap = (at.year - y) * 12 + at.month - w.month
            s = 1. if gap == 0 else .5 if gap == 1 else 0.
        best = max(best, s)
    return best

def date_match(ds, at) -> float:
    return max((_fit(w, at) for w in ds), default=0.)
