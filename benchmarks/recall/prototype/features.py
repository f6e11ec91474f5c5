"""Features of every fragment for every cue, all from quantities an incremental index can keep."""
from __future__ import annotations
import math, re
from collections import Counter
from datetime import timedelta
from pathlib import Path
import numpy as np
import corpus as C
from neuro.indexing.terms import terms, words, stem, STOP_WORDS
from dates import cue_dates, date_match

K1, B = 0.9, 0.25
FIRST = {"i", "im", "ive", "id", "ill", "me", "my", "mine", "myself", "we", "our", "us", "ours"}
MONTHS = "january february march april may june july august september october november december".split()
TIME = set("yesterday today tonight tomorrow ago last next week weekend month year recently soon morning evening night summer winter spring autumn fall monday tuesday wednesday thursday friday saturday sunday".split()) | set(MONTHS)
PLACE = re.compile(r"\b(?:in|at|to|from|near|around|visited|visiting)\s+(?:the\s+)?[A-Z][a-z]+")
ASKS_PLACE = re.compile(r"\b(where|(?:which|what)\s+(?:\w+\s+)?(?:city|cities|country|countries|state|states|town|towns|place|places|area|location|locations|part of))\b", re.I)
ASKS_TIME = re.compile(r"\b(when|what (?:time|date|day|month|year)|which (?:day|month|year|date)|how long|since when)\b", re.I)

def trigrams(w):
    m = f"<{w}>"
    return {m[i:i+3] for i in range(len(m)-2)}

class Table:
    def __init__(self, folder="/work/recall/neuro/indexing/data"):
        self.words = Path(folder, "words.txt").read_text().split()
        r = np.load(Path(folder, "words.npy")).astype(np.float32)
        self.rows = r / np.linalg.norm(r, axis=1, keepdims=True)
        self.at = {w: i for i, w in enumerate(self.words)}

class Index:
    def __init__(self, c, table=None, tau_min=25., reach=10, share=.8, cut=.05):
        self.c, self.table = c, table
        F = len(c.fragments)
        self.vocab = {}
        self.owner = np.array([f.engram for f in c.fragments])
        self.len = np.array([len(f.terms) for f in c.fragments], float)
        self.words = np.array([len(f.text.split()) for f in c.fragments], float)
        for f in c.fragments:
            for t in f.terms: self.vocab.setdefault(t, len(self.vocab))
        self.T = np.zeros((F, len(self.vocab)), np.float32)
        for i, f in enumerate(c.fragments):
            for t in f.terms: self.T[i, self.vocab[t]] += 1
        self.stems = list(self.vocab)
        self.df = (self.T > 0).sum(0)
        self.N = F
        # neighbourhood
        ep = np.array([c.engrams[o].episode for o in self.owner])
        self.ep = ep
        end = np.cumsum(self.len); mid = end - self.len/2
        self.mid = mid
        per_turn = self.len.sum()/max(1,len(c.engrams))
        self.tau = max(tau_min, per_turn)
        d = np.abs(mid[:,None]-mid[None,:])
        k = np.abs(np.arange(F)[:,None]-np.arange(F)[None,:])
        W = share*np.exp(-d/self.tau)
        W[(ep[:,None]!=ep[None,:])|(k>reach)|(W<cut)|(k==0)] = 0
        self.W = W.astype(np.float32)
        self.norm = (K1*(1-B+B*self.len/max(1.,self.len.mean()))).astype(np.float32)
        E = c.engrams
        self.speaker = [e.speaker for e in E]
        self.when = [E[o].when for o in self.owner]
        wl = [words(f.text) for f in c.fragments]
        rate = lambda S: np.array([min(1., 20*sum(w in S for w in x)/max(20,len(x))) for x in wl])
        self.first_person = rate(FIRST); self.time_words = rate(TIME)
        self.digits = np.array([min(1., 20*sum(any(ch.isdigit() for ch in w) for w in x)/max(20,len(x))) for x in wl])
        self.place = np.array([min(1., 20*len(PLACE.findall(f.text))/max(20,len(x))) for f,x in zip(c.fragments,wl)])
        seen = Counter(); first=[]
        for e in E:
            first.append(seen[e.episode] < 2); seen[e.episode]+=1
        self.first2 = np.array(first)[self.owner].astype(float)
        self.length = np.log1p(np.minimum(self.len,10))
        self.question = np.array(["?" in f.text for f in c.fragments])
        # the question that a fragment answers: fragments of the preceding engram of the episode that ask
        self.asked = []
        for f in range(F):
            o = self.owner[f]
            p = o-1
            ids=[]
            if p>=0 and E[p].episode==E[o].episode and E[p].speaker!=E[o].speaker:
                ids=[g for g in range(E[p].first, E[p].first+len(E[p].spans)) if self.question[g]]
            self.asked.append(ids)
        self.tri = {}
        for s in self.stems:
            for g in trigrams(s): self.tri.setdefault(g, []).append(self.vocab[s])
        self.ntri = np.array([len(trigrams(s)) for s in self.stems])
        if table is not None:
            self.trow = np.array([table.at.get(s,-1) for s in self.stems])
            self.V = np.where(self.trow[:,None]>=0, table.rows[np.maximum(self.trow,0)], 0)
            idf = self.idf(self.df)
            G = (self.T*idf) @ self.V
            self.gist = G/np.maximum(np.linalg.norm(G,axis=1,keepdims=True),1e-6)
    def idf(self, df):
        return np.log1p((self.N-df+.5)/(df+.5))
    def alike(self, s):
        g = trigrams(s); cnt = Counter(v for x in g for v in self.tri.get(x,()))
        best = sorted(((2*n/(len(g)+self.ntri[v]),v) for v,n in cnt.items()), key=lambda z:(-z[0],z[1]))[:3]
        return [(v,d) for d,v in best if d>=.5]
    def expand(self, s, table_floor=.4, use_table=True, spell=True):
        """[(vocab id, weight)] of a query stem, and its document frequency."""
        out = {}
        if s in self.vocab: out[self.vocab[s]] = 1.
        elif spell:
            for v,d in self.alike(s): out[v]=d
        if use_table and self.table is not None and s in self.table.at:
            cos = self.V @ self.table.rows[self.table.at[s]]
            for v in np.flatnonzero(cos>table_floor):
                out[v] = max(out.get(v,0.), (cos[v]-table_floor)/(1-table_floor))
        return out

def bm(tf, norm): return tf/(tf+norm)

FRAME = set(stem(w) for w in "kind kinds type types sort name names named many much long often mention mentioned describe described say said tell told talk talked happen happened recently currently specific particular different certain various example think thought reason way plan planned planning feel felt like likely would new".split())

def lexical(ix, q_terms, use_table, spell=True, floor=.4, idf_mode="own", wcap=1.0, unmatched=True, frame=1.0):
    """plain and windowed normalised BM25 of every fragment."""
    F = ix.N
    plain = np.zeros(F); win = np.zeros(F); tot = 0
    for t in dict.fromkeys(q_terms):
        ex = ix.expand(t, floor, use_table, spell)
        df = ix.df[ix.vocab[t]] if t in ix.vocab else 0
        if df == 0 and ex:
            df_e = max(ix.df[v]*w for v,w in ex.items()) if idf_mode=="max" else (sum(ix.df[v]*w for v,w in ex.items()))
            df = df_e
        idf = ix.idf(df) 
        if t in FRAME: idf *= frame
        if ex or unmatched: tot += idf
        if not ex: continue
        ids = np.fromiter(ex.keys(), int); w = np.fromiter(ex.values(), float)
        w = np.where(w<1, w*wcap, w)
        tf = (ix.T[:,ids]*w).max(1)
        plain += idf*bm(tf, ix.norm)
        win += idf*bm(tf + ix.W@tf, ix.norm)
    if tot>0: plain/=tot; win/=tot
    return plain, win

NAMES = ["lex","spk","fp","date","ask","len","time","where","first"]
def cue_of(ix, q):
    c = ix.c
    ppl = C.people(q, c.speakers, lambda s: s in ix.vocab)
    drop = set()
    named = []
    for a,b,who,_ in ppl:
        if who not in named: named.append(who)
    text = q
    for a,b,_,_ in reversed(ppl): text = text[:a]+" "+text[b:]
    return named, terms(text), ppl

def rows(ix, q, opt):
    """dict name -> (F,) feature."""
    c = ix.c
    named, qt, ppl = cue_of(ix, q)
    f = {}
    if opt.get("nodates") and cue_dates(q, None):
        qt = [t for t in qt if not t[0].isdigit()]
    plain, win = lexical(ix, qt, opt.get("table", False), idf_mode=opt.get("idf","sum"), unmatched=opt.get("unmatched",True), frame=opt.get("frame",1.), floor=opt.get("floor",.4), wcap=opt.get("wcap",1.))
    p = opt.get("conc",.7)
    f["lex"] = win**p
    f["plain"] = plain**p
    spk = np.array([s==named[0] for s in ix.speaker],float)[ix.owner] if len(named)==1 else np.zeros(ix.N)
    f["spk"]=spk
    f["fp"]=spk*ix.first_person
    ds = cue_dates(q, None)
    f["date"]=np.array([date_match(ds,w) for w in ix.when]) if ds else np.zeros(ix.N)
    pl=f["plain"]
    f["ask"]=np.array([max((pl[g] for g in a), default=0.) for a in ix.asked])
    f["len"]=ix.length
    f["time"]=ix.time_words
    f["when"]=ix.time_words*bool(ASKS_TIME.search(q))
    f["where"]=ix.place*bool(ASKS_PLACE.search(q))
    f["first"]=ix.first2
    f["isq"]=ix.question.astype(float)
    if ix.table is not None:
        ids=[ix.table.at[t] for t in qt if t in ix.table.at]
        if ids:
            w=np.array([ix.idf(ix.df[ix.vocab[t]]) if t in ix.vocab else ix.idf(0) for t in qt if t in ix.table.at])
            v=(ix.table.rows[ids]*w[:,None]).sum(0); v/=max(1e-6,np.linalg.norm(v))
            f["gist"]=ix.gist@v
        else: f["gist"]=np.zeros(ix.N)
    return f
