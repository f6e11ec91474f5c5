"""The whole recipe without a model, incrementally: adding or removing a fragment costs its own terms and neighbours.

One index per brain. Slots are fragments; an episode is a doubly linked list of slots.
"""
from __future__ import annotations
import math, re, time
from collections import Counter, defaultdict
import numpy as np
from neuro.indexing.fragments import fragment
from neuro.indexing.terms import terms, words, stem
from features import FIRST, TIME, PLACE, ASKS_PLACE, trigrams
import corpus as C
from dates import cue_dates, date_match

K1, B, TAU, SHARE, REACH, CUT = .9, .25, 25., .8, 10, .05
FLOOR, MOST_RELATED, POWER, CANDIDATES = .45, 48, .7, 256
FAR = -TAU * math.log(CUT / SHARE)      # 69 content words

class Table:
    def __init__(self, path):
        z = np.load(path)
        self.stems = bytes(z["stems"]).decode().split("\n")
        r = z["rows"].astype(np.float32); self.unit = r / np.linalg.norm(r, axis=1, keepdims=True)
        self.rows = self.unit * z["lengths"].astype(np.float32)[:, None]
        self.at = {s: i for i, s in enumerate(self.stems)}

def grown(a, n):
    b = np.zeros((max(64, 2 * n), *a.shape[1:]), a.dtype); b[:len(a)] = a; return b

class FragmentIndex:
    COLS = dict(owner=np.int32, prev=np.int32, next=np.int32, length=np.float32, speaker=np.int32, head=np.int32,
                tail=np.int32, asks=np.int32, at=np.float64, fp=np.float32, time=np.float32, place=np.float32,
                question=np.float32, alive=np.bool_)
    # prev, next: neighbours in the episode; head, tail: first and last fragment of the engram; asks: its last question
    def __init__(self, table):
        self.table = table; self.n = 0; self.live = 0; self.total = 0.
        for k, t in self.COLS.items(): setattr(self, k, np.zeros(64, t))
        d = table.rows.shape[1]
        self.gist = np.zeros((64, d), np.float32); self.wide = np.zeros((64, d), np.float32)
        self.ids = {}; self.stems = []; self.df = np.zeros(64, np.int64)
        self.term_of = np.full(len(table.stems), -1, np.int64)      # row of the table -> term
        self.post = []                                              # term -> [slots, counts, size]
        self.forward = []                                           # slot -> term numbers
        self.tri = defaultdict(list)
        self.episodes = {}                                          # episode -> its last slot
        self.slots_of = {}; self.episode_of = {}; self.starts = {}; self.keys = []; self.speakers = {}
    def term(self, s):
        i = self.ids.get(s)
        if i is None:
            i = self.ids[s] = len(self.stems); self.stems.append(s); self.post.append([np.zeros(4, np.int32), np.zeros(4, np.float32), 0])
            if i >= len(self.df): self.df = grown(self.df, i)
            r = self.table.at.get(s)
            if r is not None: self.term_of[r] = i
            for g in trigrams(s): self.tri[g].append(i)
        return i
    def add(self, key, text, speaker, at, episode):
        E = len(self.keys); self.keys.append(key)
        sp = self.speakers.setdefault(speaker, len(self.speakers)) if speaker else -1
        last = self.episodes.get(episode, -1); first = self.n
        while last >= 0 and self.keys[self.owner[last]] > key: last = self.prev[self.head[last]]    # late arrivals: by id
        following = self.next[last] if last >= 0 else self.first_of(episode); last0 = last
        for a, b in fragment(text) or ((0, len(text)),):
            part = text[a:b]; ts = terms(part); ws = words(part); s = self.n
            if s >= len(self.owner):
                for k in (*self.COLS, "gist", "wide"): setattr(self, k, grown(getattr(self, k), s))
            r = max(20, len(ws))
            self.owner[s] = E; self.length[s] = len(ts); self.speaker[s] = sp; self.at[s] = at; self.alive[s] = True
            self.head[s] = first; self.asks[s] = -1
            self.fp[s] = min(1., 20 * sum(w in FIRST for w in ws) / r); self.time[s] = min(1., 20 * sum(w in TIME for w in ws) / r)
            self.place[s] = min(1., 20 * len(PLACE.findall(part)) / r); self.question[s] = "?" in part
            self.prev[s] = last; self.next[s] = -1
            if last >= 0: self.next[last] = s
            last = s
            tn = []
            for t, c in Counter(ts).items():
                i = self.term(t); p = self.post[i]
                if p[2] == len(p[0]): p[0], p[1] = grown(p[0], p[2])[:max(4, 2*p[2])], grown(p[1], p[2])[:max(4, 2*p[2])]
                p[0][p[2]] = s; p[1][p[2]] = c; p[2] += 1; self.df[i] += 1; tn.append(i)
                row = self.table.at.get(t)
                if row is not None: self.gist[s] += c * self.table.rows[row]
            self.forward.append(np.array(tn, np.int64)); self.live += 1; self.total += len(ts); self.n += 1
        own = range(first, self.n)
        self.tail[first:self.n] = last
        asking = [x for x in own if self.question[x]]
        if asking: self.asks[first:self.n] = asking[-1]
        self.next[last] = following
        if following >= 0: self.prev[following] = last
        else: self.episodes[episode] = last
        self.slots_of[key] = own; self.episode_of[key] = episode
        for x in own: self.begin(episode, x)
        touched = set(own) | {y for x in (*own, last0, following) if x >= 0 for y, _ in self.around(x)}
        for x in touched: self.widen(x)
    def begin(self, episode, s):
        if self.prev[s] < 0: self.starts[episode] = s
    def first_of(self, episode): return self.starts.get(episode, -1)
    def around(self, s):
        """Neighbours of a fragment and how much of them it takes in."""
        for way in (self.prev, self.next):
            p, d = s, 0.
            for _ in range(REACH):
                q = way[p]
                if q < 0: break
                d += (self.length[p] + self.length[q]) / 2; p = q
                if d > FAR: break
                yield int(p), SHARE * math.exp(-d / TAU)
    def widen(self, s):
        w = self.gist[s].copy()
        for p, share in self.around(s): w += share * self.gist[p]
        self.wide[s] = w
    def remove(self, key):
        own = self.slots_of.pop(key); episode = self.episode_of.pop(key)
        near = {y for x in own for y, _ in self.around(x)} - set(own)
        a, b = self.prev[own[0]], self.next[own[-1]]
        if a >= 0: self.next[a] = b
        elif b >= 0: self.starts[episode] = b
        if b >= 0: self.prev[b] = a
        elif a >= 0: self.episodes[episode] = a
        else: del self.episodes[episode], self.starts[episode]
        for s in own:
            self.alive[s] = False; self.live -= 1; self.total -= self.length[s]; self.df[self.forward[s]] -= 1
        for x in list(near): near |= {y for y, _ in self.around(x)}
        for x in near: self.widen(x)
    # asking
    def idf(self, df): return np.log1p((self.live - df + .5) / (df + .5))
    def alike(self, s):
        g = trigrams(s); n = Counter(i for x in g for i in self.tri.get(x, ()) if self.df[i] > 0)
        best = sorted(((2 * c / (len(g) + len(trigrams(self.stems[i]))), i) for i, c in n.items()), key=lambda z: (-z[0], self.stems[z[1]]))[:3]
        return [(i, d) for d, i in best if d >= .5]
    def features(self, cue):
        n = self.n; alive = self.alive[:n]; W = {}
        ppl = C.people(cue, [s for s in self.speakers], lambda s: s in self.ids)
        named = list(dict.fromkeys(w for _, _, w, _ in ppl)); text = cue
        for a, b, _, _ in reversed(ppl): text = text[:a] + " " + text[b:]
        qt = list(dict.fromkeys(terms(text))); T = len(qt)
        rows = [self.table.at.get(t, -1) for t in qt]
        known = [r for r in rows if r >= 0]
        cos = self.table.unit @ self.table.unit[known].T if known else None
        exact = np.zeros((T, n), np.float32); rel = np.zeros((T, n), np.float32)
        idf0 = np.zeros(T); idf1 = np.zeros(T); k = 0
        for j, t in enumerate(qt):
            i = self.ids.get(t); out = {}
            if i is not None and self.df[i] > 0: out[i] = 1.
            else: out = dict(self.alike(t))
            base = dict(out)
            if rows[j] >= 0:
                c = cos[:, k]; k += 1
                near = np.flatnonzero(c > FLOOR); near = near[self.term_of[near] >= 0]; near = near[self.df[self.term_of[near]] > 0]
                if len(near) > MOST_RELATED: near = near[np.argpartition(-c[near], MOST_RELATED)[:MOST_RELATED]]
                for r in near:
                    v = int(self.term_of[r])
                    if self.df[v] > 0: out[v] = max(out.get(v, 0.), float((c[r] - FLOOR) / (1 - FLOOR)))
            for v, w in out.items():
                s, cnt, m = self.post[v]; s = s[:m]; x = w * cnt[:m]
                rel[j, s] = np.maximum(rel[j, s], x)
                if v in base: exact[j, s] = np.maximum(exact[j, s], base[v] * cnt[:m])
            own = self.df[i] if i is not None else 0
            idf0[j] = self.idf(own if own or not base else sum(self.df[v] * w for v, w in base.items()))
            idf1[j] = self.idf(own if own or not out else sum(self.df[v] * w for v, w in out.items()))
        exact *= alive; rel *= alive
        norm = K1 * (1 - B + B * self.length[:n] / max(1., self.total / max(1, self.live)))
        e, r = self.windowed(exact), self.windowed(rel)
        def score(tf, idf): return ((tf / (tf + norm)) * idf[:, None].astype(np.float32)).sum(0) / max(1e-9, idf.sum()) if T else np.zeros(n)
        plain = score(exact, idf0)
        f = {"lex": score(r, idf1) ** POWER, "lex0": score(e, idf0) ** POWER, "sq": plain ** 2}
        sp = self.speakers.get(named[0], -9) if len(named) == 1 else -9
        f["spk"] = (self.speaker[:n] == sp).astype(np.float32); f["fp"] = f["spk"] * self.fp[:n]
        ds = cue_dates(cue, None)
        if ds:
            days, inv = np.unique(self.at[:n] // 86400, return_inverse=True)
            from datetime import datetime, timedelta
            f["date"] = np.array([date_match(ds, datetime(1970, 1, 1) + timedelta(days=float(d))) for d in days])[inv]
        else: f["date"] = np.zeros(n)
        before = self.prev[self.head[:n]]; has = before >= 0; pp = plain ** POWER
        a = np.where(has & (self.speaker[before] != self.speaker[:n]), self.asks[before], -1)
        f["ask1"] = np.where(a >= 0, pp[np.maximum(a, 0)], 0.)
        two = np.where(has, self.prev[self.head[before]], -1)       # the engram before the one before
        f["len"] = np.log1p(np.minimum(self.length[:n], 10)); f["time"] = self.time[:n]; f["first"] = (~has | (two < 0)).astype(np.float32)
        f["where"] = self.place[:n] * bool(ASKS_PLACE.search(cue)); f["isq"] = self.question[:n]
        if known:
            g = self.table.rows[known].sum(0); g /= max(1e-6, np.linalg.norm(g))
            f["gW"] = (self.gist[:n] @ g) / np.maximum(1e-6, np.linalg.norm(self.gist[:n], axis=1))     # final form: norms kept
            f["gWw"] = (self.wide[:n] @ g) / np.maximum(1e-6, np.linalg.norm(self.wide[:n], axis=1))
        else: f["gW"] = f["gWw"] = np.zeros(n)
        return f
    def windowed(self, tf):
        """tf + what the neighbours in the episode hold, by distance in words; touches only what holds a term."""
        out = tf.copy(); j0, s0 = np.nonzero(tf); v0 = tf[j0, s0]
        for way in (self.prev, self.next):
            j, p, v, d = j0, s0, v0, np.zeros(len(s0), np.float32)
            for _ in range(REACH):
                q = way[p]; d = d + (self.length[p] + self.length[q]) / 2; ok = (q >= 0) & (d <= FAR)
                if not ok.any(): break
                j, p, v, d = j[ok], q[ok], v[ok], d[ok]
                out[j, p] += SHARE * np.exp(-d / TAU) * v        # no two of a step meet: a neighbour is one fragment's only
        return out
    def search(self, cue, limit, weights):
        f = self.features(cue); n = self.n
        s = sum(weights[k] * f[k] for k in f if k in weights)
        s = np.where(self.alive[:n], s, -np.inf)
        m = min(n, max(CANDIDATES, 8 * limit)); c = np.argpartition(-s, m - 1)[:m]
        c = c[self.alive[c]]
        idf = self.idf(self.df[:len(self.stems)]) / np.log1p((self.live - .5) / 1.5)
        s = s[c] + weights.get("mi2", 0.) * np.array([idf[self.forward[x]].mean() if len(self.forward[x]) else 0. for x in c])
        best = {}
        for x in np.argsort(-s, kind="stable"):
            k = self.owner[c[x]]
            if k not in best:
                best[k] = s[x]
                if len(best) == limit: break
        return [(self.keys[k], float(v)) for k, v in best.items()]
