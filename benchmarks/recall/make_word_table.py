"""Makes the word table of `neuro.indexing`: what words mean, in numbers, distilled from a sentence encoder.

    apt-get install wordnet-base
    python benchmarks/recall/make_word_table.py all-MiniLM-L6-v2 /usr/share/wordnet neuro/indexing/data/words.npz

Every whole word of the encoder's vocabulary is encoded alone; words of one stem are averaged. From there the rows are
learned: the sum of the rows of a text's stems shall point where the encoder points, over the definitions and examples
of WordNet (Tissier et al. 2017 learn words from definitions; the static students of sentence encoders are made so).
A row's length is what its word weighs in a sum, its direction what it means. Rows are reduced to the first principal
components of the encoder's vectors and rounded to int8; their lengths are kept beside them.

`WordTable.load` tells the format. Needs the extra "sentence-transformers"; takes some ten minutes on one core. Seeded:
a rerun on the same machine gives the same.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.indexing.terms import STOP_WORDS, stem, terms
from neuro.indexing.word_table import WordTable

DIMENSION = 128
_EPOCHS = 6
_BATCH = 512
_RATE = 2e-3
_HELD_OUT = 50
"""One text in so many is not learned from, and tells how well the rows do."""

Rows = npt.NDArray[np.float32]


def whole_words(vocabulary: list[str]) -> list[str]:
    """Words of Latin letters that a tokenizer knows as one piece; single letters and stop words say nothing."""
    return sorted(
        word
        for word in vocabulary
        if len(word) > 1 and word.isascii() and word.isalpha() and word.islower() and word not in STOP_WORDS
    )


def averaged_by_stem(words: list[str], rows: Rows) -> tuple[list[str], Rows]:
    """Stems in order of the alphabet, and the mean row of the words of each."""
    members: dict[str, list[int]] = defaultdict(list)
    for i, word in enumerate(words):
        members[stem(word)].append(i)
    stems = sorted(members)
    return stems, np.array([rows[members[one]].mean(axis=0) for one in stems])


def definitions(folder: Path) -> Iterator[str]:
    """Definitions with the words they define, and examples, from the data files of WordNet; names left out."""
    for part in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{part}").read_text("latin-1").splitlines():
            head, bar, gloss = line.partition("|")
            if not bar or line.startswith(" "):
                continue
            fields = head.split()
            lemmas = [re.sub(r"\(.*\)", "", fields[4 + 2 * i]) for i in range(int(fields[3], 16))]
            yield from (example for example in re.findall(r'"([^"]+)"', gloss) if len(example.split()) > 3)
            if not lemmas[0][0].isupper():
                defined = re.sub(r'"[^"]+"', "", gloss).strip(" ;\n")
                yield f"{', '.join(lemmas).replace('_', ' ')}: {defined}"


def unit(rows: Rows) -> Rows:
    """Rows scaled to unit length."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def main_axes(rows: Rows, dimension: int) -> Rows:
    """The first principal components as columns; signs fixed, so that a rerun gives the same."""
    variances, axes = np.linalg.eigh(rows.T @ rows)
    axes = axes[:, np.argsort(-variances)[:dimension]]
    return axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])


def learned(rows: Rows, texts: list[list[int]], targets: Rows) -> Rows:
    """Rows whose sums over the texts point to the targets, beginning with ``rows``."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    table = torch.nn.EmbeddingBag.from_pretrained(torch.tensor(rows), mode="sum", freeze=False)
    optimizer = torch.optim.Adam(table.parameters())
    held_out = np.arange(len(texts)) % _HELD_OUT == 0
    for epoch in range(_EPOCHS):
        optimizer.param_groups[0]["lr"] = _RATE * (1.0 - epoch / _EPOCHS)
        order = np.random.default_rng(epoch).permutation(np.flatnonzero(~held_out))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            loss = 1.0 - _agreement(table, texts, targets, batch).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            agreement = _agreement(table, texts, targets, np.flatnonzero(held_out)).mean()
        print(
            f"epoch {epoch + 1}: cosine with the encoder {agreement:.3f} on texts not learned from",
            flush=True,
        )
    return table.weight.detach().numpy()


def _agreement(table: Any, texts: list[list[int]], targets: Rows, batch: npt.NDArray[np.intp]) -> Any:
    import torch

    lengths = [len(texts[i]) for i in batch]
    stems = torch.tensor([one for i in batch for one in texts[i]])
    sums = table(stems, torch.tensor(np.cumsum([0, *lengths[:-1]])))
    return torch.nn.functional.cosine_similarity(sums, torch.tensor(targets[batch]), dim=1)


def distilled(model_name: str, folder: Path, dimension: int) -> tuple[list[str], Rows]:
    """Stems and their rows, not rounded yet."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(model_name, device="cpu")

    def encoded(texts: list[str]) -> Rows:
        rows = model.encode(texts, batch_size=64, show_progress_bar=True, normalize_embeddings=True)
        return np.asarray(rows, dtype=np.float32)

    words = whole_words(list(model.tokenizer.get_vocab()))
    stems, alone = averaged_by_stem(words, encoded(words))
    place = {one: i for i, one in enumerate(stems)}
    known = {text: [place[t] for t in terms(text) if t in place] for text in definitions(folder)}
    told = [text for text, found in known.items() if len(found) > 1]
    targets = encoded(told)
    targets = unit(targets - targets.mean(axis=0))
    axes = main_axes(targets, dimension)
    beginning = unit((alone - alone.mean(axis=0)) @ axes)
    return stems, learned(beginning, [known[text] for text in told], unit(targets @ axes))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="a sentence-transformers model: its name or folder")
    parser.add_argument("wordnet", type=Path, help="the folder with data.noun and its like")
    parser.add_argument("table", type=Path, help="the file to write")
    parser.add_argument("--dimension", type=int, default=DIMENSION)
    arguments = parser.parse_args()
    stems, rows = distilled(arguments.model, arguments.wordnet, arguments.dimension)
    arguments.table.parent.mkdir(parents=True, exist_ok=True)
    WordTable(stems, rows).save(arguments.table)
    print(f"{len(stems):,} stems, {rows.shape[1]} dimensions, {arguments.table.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
