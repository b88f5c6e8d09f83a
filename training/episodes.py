"""When two stories tell the same episode: the words that `candor bank` compares them by, and the likeness from which it says so.

    python3 episodes.py     writes episodes.json and ../src/bank/common.txt; needs no packages

An answer and its revisions (`revision_of`) tell one episode; any other two answers of a file do not. Two stories are alike as
they share words that few stories have: each word weighs the logarithm of 1 / its share of the annotated answers, and the
likeness is the cosine of the two sets. src/bank/alike.rs does the same. While a file is measured, shares are those of the others.

The encoder's vectors were tried first: with a story read in pieces of 120 words their best F1 over these pairs was 0.04.
The fine-tuned encoder keeps what a sentence does in a story, and little of what it is about.
"""

import json
import math
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

from clean import clean

HERE = Path(__file__).parent
COMMON = HERE.parent / "src" / "bank" / "common.txt"
LEAST = 0.01  # share of a word below which all words weigh the same; src/bank/alike.rs


def words(text):
    """The words of a text, each once: small, without a plural's s, single letters and digits left out, and labels such as A1."""
    found = set(re.findall(r"[^\W_]+", text.lower()))
    bare = {w[:-1] if len(w) > 3 and w.endswith("s") and not w.endswith("ss") else w for w in found}
    return {w for w in bare if len(w) > 1 and not re.fullmatch(r"[^\W\d_][0-9]{1,2}", w)}


def files():
    """For each file: the words of its answers, and the id of the first version of each."""
    for path in sorted((HERE / "data").glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        before = {r["id"]: r["revision_of"] for r in rows}
        first = []
        for r in rows:
            at = r["id"]
            while before.get(at):
                at = before[at]
            first.append(at)
        yield path.stem, [words(" ".join(clean(s["text"]) for s in r["sentences"])) for r in rows], first


def weight(count, of):
    return math.log(1 / max(count / of, LEAST))


def pairs(answers, first, count, of):
    """(likeness, whether it is one episode) of each two answers of a file."""
    known = {w: weight(count[w], of) ** 2 for a in answers for w in a}
    norm = [math.sqrt(sum(known[w] for w in a)) for a in answers]
    return [(sum(known[w] for w in answers[i] & answers[j]) / max(1e-9, norm[i] * norm[j]), first[i] == first[j])
            for i, j in combinations(range(len(answers)), 2)]


def measure(found, threshold):
    """Precision and recall of what is said from a threshold on."""
    said = [same for likeness, same in found if likeness >= threshold]
    hit, all_ = sum(said), sum(same for _, same in found)
    return {"precision": round(hit / max(1, len(said)), 4), "recall": round(hit / max(1, all_), 4),
            "wrong": len(said) - hit, "missed": all_ - hit}


def choose(found):
    """The middle of the thresholds at which F1 is best."""
    grid = [t / 100 for t in range(5, 60)]
    f1 = []
    for t in grid:
        m = measure(found, t)
        f1.append(2 * m["precision"] * m["recall"] / max(1e-9, m["precision"] + m["recall"]))
    best = [t for t, f in zip(grid, f1) if f >= max(f1) - 1e-9]
    return best[len(best) // 2]


def main():
    data = list(files())
    count = Counter(w for _, answers, _ in data for a in answers for w in a)
    of = sum(len(answers) for _, answers, _ in data)
    found = {}
    for name, answers, first in data:
        own = Counter(w for a in answers for w in a)
        found[name] = pairs(answers, first, count - own, of - len(answers))
    everything = [p for own in found.values() for p in own]
    threshold = choose(everything)
    unseen, thresholds = [], set()  # each file by the threshold that the others choose
    for name, own in found.items():
        at = choose([p for other, ps in found.items() if other != name for p in ps])
        thresholds.add(at)
        unseen += [(likeness - at, same) for likeness, same in own]
    quantiles = lambda xs: [round(sorted(xs)[int(q * (len(xs) - 1))], 4) for q in (0, 0.05, 0.5, 0.95, 1)]
    report = {
        "threshold": threshold,
        "pairs": {"same": sum(s for _, s in everything), "other": sum(not s for _, s in everything)},
        "at_threshold": measure(everything, threshold),
        "files_left_out": {"thresholds": sorted(thresholds)} | measure(unseen, 0.0),
        "likeness_of_same": quantiles([x for x, same in everything if same]),
        "likeness_of_other": quantiles([x for x, same in everything if not same]),
    }
    (HERE / "episodes.json").write_text(json.dumps(report, indent=1) + "\n")
    common = sorted((w, c) for w, c in count.items() if c / of > LEAST)
    COMMON.write_text("".join(f"{w} {c / of:.4f}\n" for w, c in common))
    print(json.dumps(report, indent=1), len(common))


if __name__ == "__main__":
    main()
