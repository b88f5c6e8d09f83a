"""Accuracy on unseen authors: four folds, each judged by a model and a readout that never saw it.

    python report.py [--measure FILE …]

writes metrics.json. `--measure` also reports on other annotated files, kept out of the project,
with the final model; nothing is chosen by them.
"""

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

import data
from labels import CATEGORIES, FOLDS, LEVELS, MISTAKES, ROLES, TAGS
from model import Encoder
from readout import Readout
from train import RUNS, predict

NEAT = set("abcdefg")


def prf(gold, pred, labels):
    """Precision, recall, F1 and support a class; gold and pred are bool arrays [N, len(labels)]."""
    out = {}
    for k, name in enumerate(labels):
        g, p = gold[:, k], pred[:, k]
        tp = int((g & p).sum())
        out[name] = {
            "precision": round(tp / max(1, int(p.sum())), 4), "recall": round(tp / max(1, int(g.sum())), 4),
            "f1": round(2 * tp / max(1, int(p.sum() + g.sum())), 4), "support": int(g.sum()),
        }
    return out


def macro(table):
    return round(float(np.mean([v["f1"] for v in table.values() if v["support"]])), 4)


def micro(gold, pred):
    return round(float(2 * (gold & pred).sum() / max(1, gold.sum() + pred.sum())), 4)


def qwk(gold, pred):
    """Cohen's kappa with quadratic weights (Cohen 1968)."""
    gold, pred = np.asarray(gold, float), np.asarray(pred, float)
    expected = ((gold[:, None] - pred[None, :]) ** 2).mean()
    return round(float(1 - ((gold - pred) ** 2).mean() / expected), 4)


def onehot(values, n):
    return np.eye(n, dtype=bool)[np.asarray(values)]


class Tally:
    """Collects gold and predictions, and tells the figures."""

    def __init__(self):
        self.d = defaultdict(list)

    def add(self, item, pred, readout):
        tags, mistakes, categories, levels = readout.judge(item, pred)
        self.d["role_g"] += item.roles
        self.d["role_p"] += np.argmax(pred["marginals"], 1).tolist()
        self.d["tag_g"] += [[v > 0 for v in t] for t in item.tags]
        self.d["tag_p"] += tags.tolist()
        self.d["mis_g"].append([v > 0 for v in item.mistakes])
        self.d["mis_p"].append([mistakes[m] >= readout.mistake_threshold[m] for m in MISTAKES])
        self.d["cat_g"].append([v > 0 for v in item.categories])
        self.d["cat_p"].append([categories[c] >= readout.category_threshold[c] for c in CATEGORIES])
        self.d["lev_g"].append(item.level)
        self.d["lev_p"].append(1 + int(np.searchsorted(np.cumsum(levels), 0.5)))

    def figures(self):
        a = {k: np.array(v) for k, v in self.d.items()}
        roles = prf(onehot(a["role_g"], 6), onehot(a["role_p"], 6), ROLES)
        tags = prf(a["tag_g"], a["tag_p"], TAGS)
        mistakes = prf(a["mis_g"], a["mis_p"], MISTAKES)
        categories = prf(a["cat_g"], a["cat_p"], CATEGORIES)
        return {
            "answers": len(a["lev_g"]), "sentences": len(a["role_g"]),
            "roles_macro_f1": macro(roles), "tags_macro_f1": macro(tags), "mistakes_macro_f1": macro(mistakes),
            "mistakes_micro_f1": micro(a["mis_g"], a["mis_p"]), "categories_micro_f1": micro(a["cat_g"], a["cat_p"]),
            "level_qwk": qwk(a["lev_g"], a["lev_p"]),
            "level_mae": round(float(np.abs(a["lev_g"] - a["lev_p"]).mean()), 4),
            "roles": roles, "tags": tags, "mistakes": mistakes, "categories": categories,
        }


def fold_rows(items, extra, suffix=""):
    """Per fold: (item, prediction) of annotated answers and of the other texts."""
    by_id = {it.id: it for it in items + extra}
    rows = []
    for k in range(len(FOLDS)):
        folder = RUNS / f"fold{k}{suffix}"
        if (folder / "predictions.json").exists():
            rows.append(tuple([(by_id[p["id"]], p) for p in json.loads((folder / f).read_text())]
                              for f in ("predictions.json", "extra.json")))
        else:
            rows.append(([], []))
    return rows


def everything(suffix=""):
    """Annotated answers, other texts, and the folds' predictions for them."""
    items = data.load_answers()
    extra = data.load_texts("not-answers.jsonl", 0.0) + data.load_texts("short-answers.jsonl", 1.0)
    return items, extra, fold_rows(items, extra, suffix)


def measure(path, model, readout):
    """Figures on a file with `raw` and offsets and a second reading; either reading counts as right."""
    tally, kappas = Tally(), []
    for line in Path(path).read_text().splitlines():
        d = json.loads(line)
        s = d["sentences"]
        it = data.Item(d["id"], "?", [data.clean(x["text"]) for x in s], [], [ROLES.index(x["role"]) for x in s],
                       [-1] * len(s), [[float(t in x["tags"]) for t in TAGS] for x in s],
                       [float(m in d["mistakes"]) for m in MISTAKES], [float(c in d["categories"]) for c in CATEGORIES],
                       d["level"])
        p = predict(model, [it])[0]
        tally.add(it, p, readout)
        n = len(s)
        for i, x in enumerate(s):  # the other reading
            role = tally.d["role_p"][-n + i]
            if x["also"] and ROLES[role] == x["also"]:
                tally.d["role_g"][-n + i] = role
            for k, t in enumerate(TAGS):
                if t in x["disputed_tags"]:
                    tally.d["tag_g"][-n + i][k] = tally.d["tag_p"][-n + i][k]
        for k, m in enumerate(MISTAKES):
            if m in d["disputed_mistakes"]:
                tally.d["mis_g"][-1][k] = tally.d["mis_p"][-1][k]
        if tally.d["lev_p"][-1] == d["level_2"]:
            tally.d["lev_g"][-1] = d["level_2"]
    return tally.figures()


def short(name, f):
    return (f"{name:10} roles {f['roles_macro_f1']:.3f} tags {f['tags_macro_f1']:.3f} mistakes {f['mistakes_macro_f1']:.3f} "
            f"(micro {f['mistakes_micro_f1']:.3f}) cat {f['categories_micro_f1']:.3f} qwk {f['level_qwk']:.3f} mae {f['level_mae']:.2f}")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--measure", nargs="*", default=[])
    ap.add_argument("--run", default="final")
    ap.add_argument("--suffix", default="")
    ap.add_argument("--c", type=float, default=0.01)
    args = ap.parse_args()
    _, _, rows = everything(args.suffix)
    every, neat, rough, out = Tally(), Tally(), Tally(), {}
    refused = abstained = others = 0
    for k, (answers, texts) in enumerate(rows):
        train = [r for j, (a, _) in enumerate(rows) if j != k for r in a]
        if not answers or not train:
            continue
        readout = Readout(train, [r for j, (_, x) in enumerate(rows) if j != k for r in x], args.c)
        fold = Tally()
        for it, p in answers:
            for t in (every, fold, neat if it.author in NEAT else rough):
                t.add(it, p, readout)
        from readout import answered_inputs
        for it, p in answers + texts:
            yes = readout.answered(answered_inputs(it.texts, p)) >= readout.answered_threshold
            if it.answered:
                refused += not yes
                if not yes:
                    print("REFUSED", it.id, it.texts[:2], file=sys.stderr)
            else:
                others += 1
                abstained += not yes
                if yes:
                    print("TAKEN", it.id, it.author, it.texts[:2], file=sys.stderr)
        out[f"fold {k + 1}"] = fold.figures()
        print(short(f"fold {k + 1}", out[f"fold {k + 1}"]))
    for name, t in (("folds", every), ("a-g", neat), ("j-u", rough)):
        if t.d:
            out[name] = t.figures()
            print(short(name, out[name]))
    print(f"abstains on {abstained} of {others} texts that are no answers; refuses {refused} answers")
    out["abstention"] = {"texts": others, "abstained": abstained, "answers_refused": refused}
    if "folds" in out:
        for part in ("roles", "tags", "mistakes"):
            print(part, {k: (v["precision"], v["recall"], v["f1"], v["support"]) for k, v in out["folds"][part].items()})
    for path in args.measure:
        model = Encoder()
        model.load_state_dict(load_file(RUNS / args.run / "model.safetensors"))
        readout = Readout([r for a, _ in rows for r in a], [r for _, x in rows for r in x], args.c)
        with torch.no_grad():
            f = measure(path, model.eval(), readout)
        print(short(Path(path).parent.name[:10], f))
        print({k: (v["precision"], v["recall"], v["f1"], v["support"]) for k, v in (f["roles"] | f["tags"]).items()})
    (Path(__file__).parent / "metrics.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
