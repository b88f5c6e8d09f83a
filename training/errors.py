"""Where the models of the folds are sure and the annotation says otherwise: errors.md, the largest groups first.

    python errors.py

Of answers whose file the model had not seen. Read them to find whether the model is wrong, the label is, or the scheme leaves
two readings; mend a label in data/ and log it in corrections.jsonl.
"""

from collections import defaultdict

import numpy as np

import data
from folds import everything, fitted
from labels import FOLDS, ROLES, TAGS
from readout import sigmoid

SURE, SHOWN = 0.9, 6


def disagreements():
    """(group, how sure, fold, id, sentence's number, its text) of each sentence and answer."""
    _, _, rows = everything()
    for k, (held, _) in enumerate(rows):
        readout = fitted(rows, k)
        for it, said in held:
            tags = sigmoid(np.array(said["tag"]) * readout.tag_scale[:, 0] + readout.tag_scale[:, 1])
            for i, (role, p) in enumerate(zip(it.roles, said["roles"])):
                top = int(np.argmax(p))
                if top != role and top != it.also[i] and p[top] >= SURE:
                    yield f"role {ROLES[role]} heard as {ROLES[top]}", p[top], k, it.id, i + 1, it.texts[i]
                for t, name in enumerate(TAGS):
                    gold, q = it.tags[i][t] > 0.5, tags[i][t]
                    if not gold and q >= SURE:
                        yield f"tag {name} invented", q, k, it.id, i + 1, it.texts[i]
                    if gold and q <= 1 - SURE:
                        yield f"tag {name} missed", 1 - q, k, it.id, i + 1, it.texts[i]
            _, mistakes, _, levels = readout.judge(it, said)
            for (name, p), share in zip(mistakes.items(), it.mistakes):
                if (p >= SURE) != (share > 0.5) and max(p, 1 - p) >= SURE:
                    yield f"mistake {name} {'invented' if p > 0.5 else 'missed'}", max(p, 1 - p), k, it.id, None, ""
            level = 1 + int((np.cumsum(levels) < 0.5).sum())  # the median, as the program has it
            if abs(level - it.level) > 1:
                yield f"level {it.level} heard as {level}", float(max(levels)), k, it.id, None, ""


def main():
    groups = defaultdict(list)
    for group, *found in disagreements():
        groups[group].append(found)
    lines = ["# Where the folds' models are sure and the annotation says otherwise", "",
             f"Written by `errors.py`: {SURE:.0%} sure or more, of {SHOWN} at most of each group the surest.", "",
             f"| group | {' | '.join(f'fold {k + 1}' for k in range(len(FOLDS)))} | all |", "| --- |" + " --- |" * (len(FOLDS) + 1)]
    ordered = sorted(groups.items(), key=lambda g: -len(g[1]))
    for name, found in ordered:
        by_fold = [sum(f[1] == k for f in found) for k in range(len(FOLDS))]
        lines.append(f"| {name} | {' | '.join(map(str, by_fold))} | {len(found)} |")
    for name, found in ordered:
        lines += ["", f"## {name}: {len(found)}"]
        for p, _, ident, sentence, text in sorted(found, reverse=True, key=lambda f: f[0])[:SHOWN]:
            lines.append(f"- {ident}{f' s{sentence}' if sentence else ''} ({p:.2f}) {text}".rstrip())
    (data.HERE / "errors.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
