"""Features of every fragment for every question of some conversations, from the incremental index."""
import numpy as np
import corpus as C, incremental as I
from incremental import *
from datetime import datetime
tab=Table("/work/recall/neuro/indexing/data/words.npz")
names=["lex","lex0","sq","spk","fp","date","ask1","len","time","first","where","isq","mi2","gW","gWw"]
def make(c):
    ix=FragmentIndex(tab)
    for i,e in enumerate(c.engrams): ix.add(f"{i:06d}",e.text,e.speaker,(e.when-datetime(1970,1,1)).total_seconds(),e.episode)
    return ix
class View: pass
def sets(cs):
    out=[]
    for c in cs:
        ix=make(c); v=View(); v.c=c; v.owner=ix.owner[:ix.n].copy(); v.N=ix.n
        idf=ix.idf(ix.df[:len(ix.stems)])/np.log1p((ix.live-.5)/1.5); mi=np.array([idf[t].mean() if len(t) else 0. for t in ix.forward])
        fs=[]
        for q in c.questions:
            f=ix.features(q["q"]); f["mi2"]=mi; fs.append(f)
        out.append((v,fs))
    return out
