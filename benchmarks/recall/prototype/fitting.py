"""Weights by listwise softmax regression, over the dev conversations and a share of sets of our own."""
import numpy as np, run
def blocks(sets,names,cand=150):
    out=[]
    for ix,fs in sets:
        d=[]
        for q,f in zip(ix.c.questions,fs):
            if q["cat"]==5: continue
            M=np.stack([f[n] for n in names],1); lex=f["lex"]
            c=np.argpartition(-lex,min(cand,len(lex)-1))[:cand]
            c=np.unique(np.r_[c,np.flatnonzero(np.isin(ix.owner,q["gold_at"]))]); own=ix.owner[c]
            d.append((M[c],[np.flatnonzero(own==g) for g in dict.fromkeys(q["gold_at"])]))
        out.append(d)
    return out
def fitw(data,wts,K,l2,init=None,iters=60):
    w=np.zeros(K) if init is None else init.copy()
    tot=sum(wts)
    for it in range(iters):
        g=np.zeros(K);H=np.zeros((K,K))
        for (M,golds),a in zip(data,wts):
            s=M@w;s-=s.max();p=np.exp(s);p/=p.sum();mu=p@M;C=(M*p[:,None]).T@M-np.outer(mu,mu)
            for idx in golds:
                pg=p[idx];r=pg/max(pg.sum(),1e-30);x=a/len(golds);g+=x*(mu-r@M[idx]);H+=x*C
        g=g/tot+2*l2*w;H=H/tot+2*l2*np.eye(K);st=np.linalg.solve(H,g);n=np.abs(st).max()
        if n>5: st*=5/n
        w=w-st
        if n<1e-3: break
    return w
def evalw(sets,names,w,cats=(1,2,3,4)):
    res=[]
    for k,(ix,fs) in enumerate(sets):
        for q,f in zip(ix.c.questions,fs):
            if q["cat"] not in cats: continue
            M=np.stack([f[n] for n in names],1);e=run.engram_scores(M@w,ix.owner,len(ix.c.engrams));res.append((k,q["cat"],*run.metrics(list(np.argsort(-e,kind="stable")[:50]),q["gold_at"])))
    return np.array(res)
def loo(s,syn,names,share=.25,l2=3e-3,label="",show=True):
    b=blocks(s,names);bs=[x for d in blocks(syn,names) for x in d];R=[];W=[]
    for k in range(len(s)):
        d=[x for j,y in enumerate(b) if j!=k for x in y]
        w=fitw(d+bs,[1.]*len(d)+[share*len(d)/len(bs)]*len(bs),len(names),l2) if share else fitw(d,[1.]*len(d),len(names),l2)
        W.append(w);R.append(evalw([s[k]],names,w))
    R=np.concatenate(R);m=100*R[:,2:].mean(0);w=np.mean(W,0)
    sy=[100*evalw([x],names,w)[:,2:].mean(0) for x in syn]
    print(f"{label:26s} R10 {m[0]:.2f} hit {m[1]:.1f} nDCG {m[2]:.1f} R5 {m[3]:.1f} R20 {m[4]:.1f} R50 {m[5]:.1f} | synth R10/nDCG "+" ".join(f"{x[0]:.1f}/{x[2]:.1f}" for x in sy),flush=True)
    return R,w
