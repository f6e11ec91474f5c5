"""Small sets of other kinds of memory from text that every CPython ships: documents, a monologue, long messages, a room."""
import random, re
from datetime import datetime, timedelta
from pydoc_data.topics import topics
import corpus as C
from neuro.indexing.terms import STOP_WORDS, stem, words, terms
from neuro.indexing.fragments import fragment

def clean(t):
    t=re.sub(r"\n\s*[*=~^\"\-]{3,}\n","\n",t)
    paras=[]
    for p in re.split(r"\n\s*\n",t):
        p=" ".join(p.split()); p=re.sub(r'["`*]|\*\*',"",p)
        w=p.split()
        if len(w)>=8 and sum(x.isalpha() for x in w)/len(w)>.6: paras.append(p)
    return paras
DOCS={k:clean(v) for k,v in topics.items()}
def sents(p): return [p[a:b] for a,b in (fragment(p) or [(0,len(p))])]
SENT=[(k,s) for k,ps in sorted(DOCS.items()) for p in ps for s in re.split(r"(?<=[.!?])\s+",p) if 8<=len(s.split())<=40]

def cue(rng,text,df,n=4):
    ts=[w for w in dict.fromkeys(words(text)) if w not in STOP_WORDS and len(w)>2 and w.isalpha()]
    if len(ts)<n: return None
    # rarer words are likelier to be asked for, but not the rarest only
    pick=rng.sample(ts,min(len(ts),n))
    return pick
FORMS=["What does it say about {}?","How do {} go together?","Tell me about {}.","When is {} meant?","What happens with {}?"]
def join(ws): return ", ".join(ws[:-1])+" and "+ws[-1]

def documents(rng,n=100):
    c=C.Corpus("documents"); t=datetime(2024,1,1)
    for k,ps in list(sorted(DOCS.items()))[:40]:
        for i,p in enumerate(ps): c.add(f"{k}{i}","",p,t,k)
    ask(c,rng,n); return c
def monologue(rng,n=100):
    c=C.Corpus("monologue"); t=datetime(2024,1,1)
    for i,(k,s) in enumerate(SENT[:900]):
        t+=timedelta(seconds=20) if i%60 else timedelta(hours=9)
        c.add(str(i),"Ada",s,t,None)
    ask(c,rng,n); return c
def messages(rng,n=100):
    c=C.Corpus("messages"); t=datetime(2024,1,1); i=0
    for k,ps in list(sorted(DOCS.items()))[:70]:
        t+=timedelta(hours=rng.choice([.1,30]))
        text=" ".join(ps); w=text.split()
        for a in range(0,min(len(w),900),300):
            ws=cue(rng," ".join(w[a:a+300]),None,4)
            if not ws or len(w[a:a+300])<60: continue
            c.add(f"u{i}","user",f"Can you explain {join(ws[:2])} to me?",t,k); t+=timedelta(seconds=30)
            c.add(f"a{i}","assistant"," ".join(w[a:a+300]),t,k); t+=timedelta(seconds=60); i+=1
    ask(c,rng,n,only="assistant"); return c
def room(rng,n=100):
    c=C.Corpus("room"); t=datetime(2024,1,1); who=["Ada","Ben","Chloe","Dev","Elif","Finn","Gita","Hugo","Ines","Jun","Kofi","Lena"]
    threads=[SENT[a:a+40] for a in range(0,1600,40)]; rng.shuffle(threads); i=0
    for a in range(0,len(threads)-3,3):
        live=[list(x) for x in threads[a:a+3]]; t+=timedelta(hours=12)
        while any(live):
            th=rng.choice([x for x in live if x]); k,s=th.pop(0); t+=timedelta(seconds=rng.choice([5,60]))
            c.add(str(i),rng.choice(who),s,t,None); i+=1
            if i>=1000: break
        if i>=1000: break
    ask(c,rng,n,name=True); return c
def ask(c,rng,n,only=None,name=False):
    idx=[i for i,e in enumerate(c.engrams) if only is None or e.speaker==only]
    while len(c.questions)<n:
        i=rng.choice(idx); e=c.engrams[i]; a,b=rng.choice(e.spans); ws=cue(rng,e.text[a:b],None,rng.choice([3,4,5]))
        if not ws: continue
        if rng.random()<.5: ws[0]=ws[0].rstrip("s")+("s" if not ws[0].endswith("s") else "")
        q=(f"What did {e.speaker} say about {join(ws)}?" if name and rng.random()<.6 else rng.choice(FORMS).format(join(ws)))
        tt=set(terms(" ".join(ws)))
        gold=[j for j,x in enumerate(c.engrams) if x.text==e.text]
        c.questions.append({"q":q,"cat":1,"gold":[c.engrams[j].id for j in gold],"gold_at":gold})
def all_sets(n=150):
    return [f(random.Random(7),n) for f in (documents,monologue,messages,room)]
if __name__=="__main__":
    for c in all_sets():
        print(c.name,len(c.engrams),len(c.fragments),sum(len(e.text.split()) for e in c.engrams)/len(c.engrams),c.questions[0]["q"],c.engrams[c.questions[0]["gold_at"][0]].text[:100])
