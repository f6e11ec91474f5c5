"""Leave-one-conversation-out of a set of features."""
from __future__ import annotations
import sys, time, json
import numpy as np
import corpus as C, features as X

def fit(data, names, l2=1e-3, cand=150, iters=60, init=None):
    """data: list of (feature matrix (n,K), list of index arrays of gold). Listwise softmax; Newton-CG by L-BFGS style: plain Newton."""
    K=len(names); w=np.zeros(K) if init is None else init.copy()
    for it in range(iters):
        g=np.zeros(K); H=np.zeros((K,K)); loss=0; n=0
        for M,golds in data:
            s=M@w; s-=s.max(); p=np.exp(s); Z=p.sum(); p/=Z
            mu=p@M; C2=(M*p[:,None]).T@M-np.outer(mu,mu)
            for idx in golds:
                pg=p[idx]; tg=pg.sum(); r=pg/max(tg,1e-30)
                mg=r@M[idx]
                wt=1/len(golds)
                loss-=wt*np.log(max(tg,1e-30)); g+=wt*(mu-mg)
                H+=wt*C2
            n+=1
        g=g/n+2*l2*w; H=H/n+2*l2*np.eye(K)
        step=np.linalg.solve(H,g)
        nrm=np.abs(step).max()
        if nrm>5: step*=5/nrm
        w=w-step
        if nrm<1e-3: break
    return w

def metrics(ranked, gold):
    g=set(gold); pos=[i for i,x in enumerate(ranked[:50]) if x in g]
    r=sum(p<10 for p in pos)/len(g)
    ideal=sum(1/np.log2(i+2) for i in range(min(len(g),10)))
    return r, float(any(p<10 for p in pos)), sum(1/np.log2(p+2) for p in pos if p<10)/ideal, sum(p<5 for p in pos)/len(g), sum(p<20 for p in pos)/len(g), len(pos)/len(g)

def engram_scores(s, owner, n):
    e=np.full(n,-np.inf); np.maximum.at(e, owner, s); return e

def prepare(sets, names, cand=150):
    """per conv: list of (M full, owner, gold, candidates)"""
    out=[]
    for ix, feats in sets:
        rows=[]
        for q,f in zip(ix.c.questions, feats):
            M=np.stack([f[n] for n in names],1)
            rows.append((M,q["gold_at"],q["cat"],f["lex"]+.3*f.get("late",0)))
        out.append((ix,rows))
    return out

def loo(sets, names, l2=1e-3, cand=150, verbose=True, fixed=None, label="", per=None, cats=False):
    prep=prepare(sets,names); W=[]; res=[]
    tr=[]
    for ix,rows in prep:
        d=[]
        for M,gold,cat,lex in rows:
            if cat==5: continue
            c=np.argpartition(-lex,min(cand,len(lex)-1))[:cand]
            gf=np.flatnonzero(np.isin(ix.owner,gold))
            c=np.unique(np.r_[c,gf])
            own=ix.owner[c]
            golds=[np.flatnonzero(own==g) for g in dict.fromkeys(gold)]
            d.append((M[c],golds))
        tr.append(d)
    w=None
    for k,(ix,rows) in enumerate(prep):
        if fixed is not None: w=fixed
        else: w=fit([x for j,d in enumerate(tr) if j!=k for x in d], names, l2, init=w)
        W.append(w)
        for qi,(M,gold,cat,_) in enumerate(rows):
            if cat==5: continue
            e=engram_scores(M@w, ix.owner, len(ix.c.engrams))
            r=np.argsort(-e,kind="stable")[:50]
            m=metrics(list(r),gold)
            res.append((k,qi,cat,*m))
    R=np.array(res); m=100*R[:,3:].mean(0)
    if verbose:
        pc=" ".join(f"{100*R[R[:,0]==k,3].mean():.1f}" for k in range(len(sets)))
        print(f"{label:28s} R10 {m[0]:.2f} hit {m[1]:.1f} nDCG {m[2]:.1f} R5 {m[3]:.1f} R20 {m[4]:.1f} R50 {m[5]:.1f} | {pc}",flush=True)
        if cats: print("   cat "+" ".join(f"{int(ct)}:{100*R[R[:,2]==ct,3].mean():.1f}" for ct in np.unique(R[:,2])))
    return R, np.mean(W,0)

def show(names,w): print("   "+" ".join(f"{n} {x:.2f}" for n,x in zip(names,w)))

def bm25(c,k1=1.2,b=.75):
    from neuro.indexing.terms import terms
    from collections import Counter
    docs=[Counter(terms(e.text)) for e in c.engrams]; L=np.array([sum(d.values()) for d in docs],float); N=len(docs); df=Counter(t for d in docs for t in d)
    res=[]
    for q in c.questions:
        sc=np.zeros(N)
        for t in set(terms(q["q"])):
            if t not in df: continue
            tf=np.array([d.get(t,0) for d in docs],float); sc+=np.log1p((N-df[t]+.5)/(df[t]+.5))*tf*(k1+1)/(tf+k1*(1-b+b*L/L.mean()))
        res.append(metrics(list(np.argsort(-sc,kind="stable")[:50]),q["gold_at"]))
    return 100*np.mean(res,0)
