"""The figures of the report: every tier, leave one conversation out, ablations, weights."""
import json, random, sys
import numpy as np
import corpus as C, run, fitting as t22, synth, features as X, incremental as I
from views import sets, View
from dense import Dense, content
I.FLOOR=.45; SYN=.25; L2=1e-3; T,KAPPA=3.,.05
cs=C.load(); s=sets(cs); syn=sets(synth.all_sets()); test=sets([f(random.Random(11),150) for f in (synth.documents,synth.monologue,synth.messages,synth.room)])
al=np.load("/tmp/recall_cache/alone.npz")["r"]; mu=al.mean(0); v,a=np.linalg.eigh((al-mu).T@(al-mu)); P=a[:,::-1][:,:64]
un=lambda x: x/np.maximum(1e-6,np.linalg.norm(x,axis=-1,keepdims=True))
W={}
for vw,fs in (*s,*syn,*test):
    ix=X.Index(vw.c,None); W[id(vw)]=ix.W
    if any(vw is t[0] for t in test): continue
    d=Dense(vw); tv=np.round(un((d.tv-mu)@P)*127)/127; ask=[x[-1] if x else -1 for x in ix.asked]
    try: alone=np.load(f"/tmp/recall_cache/{vw.c.name}-alone.npz")["late"].astype(np.float32)
    except FileNotFoundError: alone=d.late
    for qi,f in enumerate(fs):
        f["late"]=d.late@d.cue[qi]; f["alone"]=alone@d.cue[qi]
        for k in("late","alone"): f["ask_"+k]=np.array([max(0,f[k][x]-.3) if x>=0 else 0. for x in ask])
        A,b=d.ctn[qi],d.ctn[qi+1]; ids=d.cti[A:b]; keep=content[ids]
        if not keep.any(): keep[:]=True
        w=d.pidf[ids[keep]]; m=np.maximum.reduceat(tv@un((d.ctv[A:b][keep]-mu)@P).T,d.tn[:-1],axis=0)
        sim=np.maximum(0,m-.4)/.6; wt=sim+ix.W@sim
        f["tokw"]=(wt/(wt+ix.norm[:,None]))@w/w.sum(); f["tok"]=m@w/w.sum()
base=["lex0","sq","spk","fp","date","ask1","len","time","first","where","isq","mi2"]
tiers={"N":base,"S":base+["lex","gW","gWw"],"P":base+["lex","gW","gWw","alone","ask_alone"],"L":base+["lex","gW","gWw","late","ask_late"],"M":base+["lex","late","ask_late","tokw","tok"]}
def ev(sets_,n,w,walk=True):
    out=[]
    for k,(vw,fs) in enumerate(sets_):
        for q,f in zip(vw.c.questions,fs):
            if q["cat"]==5: continue
            sc=np.stack([f[x] for x in n],1)@w
            if walk: p=np.exp((sc-sc.max())/T); sc=p+KAPPA*(W[id(vw)]@p)
            e=run.engram_scores(sc,vw.owner,len(vw.c.engrams)); out.append((k,q["cat"],*run.metrics(list(np.argsort(-e,kind="stable")[:50]),q["gold_at"])))
    return np.array(out)
def fitted(n,skip=None,sh=SYN):
    d=[x for i,y in enumerate(t22.blocks(s,n)) if i!=skip for x in y]; e=[x for y in t22.blocks(syn,n) for x in y]
    return t22.fitw(d+e,[1.]*len(d)+[sh*len(d)/len(e)]*len(e),len(n),L2)
def loo(n,walk=True,sh=SYN): return np.concatenate([ev([s[k]],n,fitted(n,k,sh),walk) for k in range(len(s))])
def line(l,R): m=100*R[:,2:].mean(0); return f"{l:22s} R10 {m[0]:.1f} hit {m[1]:.1f} nDCG {m[2]:.1f} R5 {m[3]:.1f} R20 {m[4]:.1f} R50 {m[5]:.1f}"
weights={}
for k,n in tiers.items():
    R=loo(n); print(line(k+" loo",R),"cats"," ".join(f"{100*R[R[:,1]==c,2].mean():.1f}" for c in (1,2,3,4)),flush=True)
    print(line(k+" loo no walk",loo(n,False))); print(line(k+" loo walk no syn",loo(n,True,0.)))
    w=fitted(n); weights[k]=dict(zip(n,w.round(2).tolist())); print(line(k+" fitted on all",ev(s,n,w)))
    print("   ",weights[k])
    for nm,t in (("own sets",syn),("own sets, other seed",test)):
        if k in "NS" or t is syn: print("   ",nm," ".join("%s %.1f/%.1f"%(x[0].c.name,*(100*ev([x],n,w)[:,[2,4]].mean(0))) for x in t),flush=True)
json.dump(weights,open("weights.json","w"),indent=1)
from run import bm25
print("bm25 other seed"," ".join("%s %.1f/%.1f"%(x[0].c.name,*bm25(x[0].c)[[0,2]]) for x in test),"seed 7"," ".join("%s %.1f/%.1f"%(x[0].c.name,*bm25(x[0].c)[[0,2]]) for x in syn))
for k in "SM":
    full=100*loo(tiers[k])[:,2].mean()
    print(k,"without:"," ".join(f"{x} {100*loo([y for y in tiers[k] if y!=x])[:,2].mean()-full:+.1f}" for x in tiers[k]),flush=True)
