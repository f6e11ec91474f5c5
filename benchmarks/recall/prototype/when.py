"""When a cue says that something happened: spans of days, explicit or counted from the time of asking.

`spans(cue, now)` finds them; `fit(spans, days)` says how well days fit, in [0, 1]. A day: 1 within one day of it, .7 in
the week after (things are told after they happen), .3 within the month. Longer spans: 1 inside, .5 in as long a time
again after the end (at most a month). A year alone is too coarse to count.
"""
from __future__ import annotations
import re
from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple
import numpy as np

class Span(NamedTuple):
    start: int      # day number since 1970
    stop: int       # inclusive

MONTH = {m: i for i, m in enumerate("january february march april may june july august september october november december".split(), 1)}
MONTH |= {m[:3]: i for m, i in MONTH.items()} | {"sept": 9}
WEEKDAY = {d: i for i, d in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())}
NUMBER = {w: i for i, w in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())} | {"a": 1, "an": 1, "couple": 2, "few": 3, "several": 4}
_M = "|".join(sorted(MONTH, key=len, reverse=True)); _D = r"(\d{1,2})(?:st|nd|rd|th)?"; _W = "|".join(WEEKDAY)
_N = r"(\d{1,3}|(?:a\s+)?(?:couple|few)(?:\s+of)?|" + "|".join(NUMBER) + ")"
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_DMY = re.compile(rf"\b{_D}\s+(?:of\s+)?({_M})\b\.?,?(?:\s+(\d{{4}}))?", re.I)
_MDY = re.compile(rf"\b({_M})\b\.?\s+{_D}\b(?!:)(?:,?\s+(\d{{4}}))?", re.I)
_MY = re.compile(rf"\b(?:(in|during|of|since|by|early|late|mid|last|this|next|until|before|after)[\s-]+)?({_M})\b\.?(?:,?\s+(?:of\s+)?(\d{{4}}))?", re.I)
_AGO = re.compile(rf"\b{_N}\s+(day|week|month|year)s?\s+(?:ago|back|earlier)\b", re.I)
_LAST = re.compile(rf"\b(last|this|past|previous)\s+(week|weekend|month|year|night|evening|morning|{_W})\b", re.I)
_NEAR = re.compile(r"\b(today|tonight|yesterday|the day before yesterday)\b", re.I)
_WORDS = ("may", "march", "mar", "dec", "jan", "oct", "sep")     # also other words, or names

def _day(d: date) -> int: return d.toordinal() - 719163
def _month(y: int, m: int) -> Span: return Span(_day(date(y, m, 1)), _day(date(y, m, monthrange(y, m)[1])))
def _back(now: date, months: int) -> tuple[int, int]:
    n = now.year * 12 + now.month - 1 - months
    return n // 12, n % 12 + 1

def spans(cue: str, now: date) -> list[Span]:
    found: list[Span] = []; taken: list[tuple[int, int]] = []
    def free(m): return not any(m.start() < b and a < m.end() for a, b in taken)
    def years(given, month): # a date without a year: the latest one that is not in the future
        return int(given) if given else (now.year if (month <= now.month) else now.year - 1)
    def put(m, *new): taken.append(m.span()); found.extend(new)
    def day(m, y, mo, d):
        try: put(m, Span(*(2 * [_day(date(y, mo, d))])))
        except ValueError: pass
    for m in _ISO.finditer(cue): day(m, *map(int, m.groups()))
    for m in _DMY.finditer(cue):
        if free(m): day(m, years(m[3], MONTH[m[2].lower()]), MONTH[m[2].lower()], int(m[1]))
    for m in _MDY.finditer(cue):
        if free(m): day(m, years(m[3], MONTH[m[1].lower()]), MONTH[m[1].lower()], int(m[2]))
    for m in _MY.finditer(cue):
        name = m[2]
        if not free(m) or not (m[1] or m[3] or (name[0].isupper() and name.lower() not in _WORDS)): continue
        if name.lower() == "may" and not name[0].isupper() : continue
        mo = MONTH[name.lower()]; put(m, _month(years(m[3], mo), mo))
    for m in _AGO.finditer(cue):
        if not free(m): continue
        w = re.sub(r"^a\s+(?=couple|few)|\s+of$", "", m[1].lower()); n = int(w) if w.isdigit() else NUMBER[w]
        unit = m[2].lower(); vague = m[1].lower() not in NUMBER and not w.isdigit() or w in ("few", "several", "couple")
        if unit == "day": d = _day(now) - n; put(m, Span(d - (n if vague else 0), d + (1 if vague else 0)))
        elif unit == "week": d = _day(now) - 7 * n; put(m, Span(d - (7 if vague else 3), d + 3))
        elif unit == "month" and n < 1200:
            a, b = _back(now, n + (1 if vague else 0)), _back(now, n); put(m, Span(_month(*a).start, _month(*b).stop))
        elif unit == "year" and n < now.year - 1: put(m, Span(_day(date(now.year - n, 1, 1)), _day(date(now.year - n, 12, 31))))
    for m in _LAST.finditer(cue):
        if not free(m): continue
        which, what = m[1].lower(), m[2].lower(); t = _day(now); monday = t - now.weekday(); this = which == "this"
        if what == "week": put(m, Span(monday, t) if this else Span(monday - 7, monday - 1) if which != "past" else Span(t - 7, t))
        elif what == "weekend": put(m, Span(monday - 2, monday - 1) if not this else Span(monday + 5, monday + 6))
        elif what == "month": put(m, _month(now.year, now.month) if this else _month(*_back(now, 1)))
        elif what == "year": y = now.year - (not this); put(m, Span(_day(date(y, 1, 1)), _day(date(y, 12, 31))))
        elif what in ("night", "evening", "morning"): put(m, Span(t - (not this), t - (not this) + (what == "night" and not this)))
        else:
            gap = (now.weekday() - WEEKDAY[what]) % 7
            d = t - gap if this else t - (gap or 7); put(m, Span(d, d))
    for m in _NEAR.finditer(cue):
        d = _day(now) - {"today": 0, "tonight": 0, "yesterday": 1}.get(m[1].lower(), 2); put(m, Span(d, d))
    return found

def fit(found: list[Span], days: np.ndarray) -> np.ndarray:
    best = np.zeros(len(days))
    for a, b in found:
        if a == b:
            gap = days - a
            s = np.where(np.abs(gap) <= 1, 1., np.where((gap > 1) & (gap <= 8), .7, np.where(np.abs(gap) <= 31, .3, 0.)))
        else:
            s = np.where((days >= a) & (days <= b), 1., np.where((days > b) & (days <= b + min(31, b - a + 1)), .5, 0.))
        best = np.maximum(best, s)
    return best

if __name__ == "__main__":
    now = date(2023, 11, 22)   # a Wednesday
    for q in ("What did she do yesterday?", "two weeks ago", "a couple of months ago", "last week", "last Friday", "on Friday last year", "in May 2023", "May I ask what happened on 7 May?", "on October 13, 2023", "in March", "they march on", "last summer in June", "3 years ago", "2023-02-30", "Jan said in January", "this weekend", "a few days ago", "0 days ago", "999 years ago", "last night", "December"):
        print(q, [(date.fromordinal(a + 719163).isoformat(), date.fromordinal(b + 719163).isoformat()) for a, b in spans(q, now)])
