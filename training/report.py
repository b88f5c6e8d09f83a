"""Accuracy on unseen authors, measured with the program itself: four folds, each by a model that never saw it.

    python report.py [--shipped]

needs the exports of the fold models (all.sh) and target/release/candor. Writes metrics.json, models/encoder/MODEL_CARD.md
and the accuracy table of the README. With --shipped only the model in the binary is measured anew, after a change of the
program's arithmetic or of a head that is learned last, and the figures of the folds stay. noise.py and robustness.py come first.
"""

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import data
from baselines import baselines
from intervals import intervals, kappa
from labels import FOLDS
from train import RUNS

ROOT = Path(__file__).parent.parent
CANDOR = Path(os.environ.get("CANDOR", ROOT / "target" / "release" / "candor"))
BEFORE = """ The folds were measured before the last change of the program or the model, the shipped model on h and i after it."""
HEADLINES = ("roles_macro_f1", "tags_macro_f1", "mistakes_macro_f1", "categories_micro_f1", "level_kappa")
METRICS = ROOT / "training" / "metrics.json"
HELDOUT = sorted((ROOT / "training" / "heldout").glob("*.jsonl"))


def evaluate(model, files):
    """What `candor eval` counts; the model in the binary for None."""
    command = [CANDOR, "eval", "--format", "json", *(["--model", model] if model else []), *files]
    one = os.environ | {"RAYON_NUM_THREADS": "1"}
    return json.loads(subprocess.run(command, check=True, capture_output=True, env=one).stdout)


def each(model, files):
    """The same of each answer by itself, so that figures can be drawn from them again, with its `family`: the first of its
    revisions."""
    lines = [line for file in files for line in Path(file).read_text().splitlines()]
    before = {d["id"]: d["revision_of"] for d in map(json.loads, lines)}
    first = lambda ident: first(before[ident]) if before.get(ident) else ident
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{i}.jsonl" for i in range(len(lines))]
        for path, line in zip(paths, lines):
            path.write_text(line + "\n")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            said = pool.map(lambda path: evaluate(model, [path]), paths)
            return [s | {"family": first(ident)} for s, ident in zip(said, before)]


def files_of(authors):
    return [ROOT / "training" / "data" / f"{a}.jsonl" for a in authors]


def f1(c):
    return 2 * c["hit"] / max(1, 2 * c["hit"] + c["wrong"] + c["missed"])


def added(parts):
    """Counts of the same classes, added up, with their figures."""
    out = {}
    for part in parts:
        for name, c in part.items():
            o = out.setdefault(name, {"hit": 0, "wrong": 0, "missed": 0})
            for k in o:
                o[k] += c[k]
    for c in out.values():
        c["precision"] = round(c["hit"] / max(1, c["hit"] + c["wrong"]), 4)
        c["recall"] = round(c["hit"] / max(1, c["hit"] + c["missed"]), 4)
        c["f1"], c["support"] = round(f1(c), 4), c["hit"] + c["missed"]
    return dict(sorted(out.items()))


def macro(table):
    return round(float(np.mean([c["f1"] for c in table.values() if c["support"]])), 4)


def micro(table):
    return round(f1({k: sum(c[k] for c in table.values()) for k in ("hit", "wrong", "missed")}), 4)


def figures(parts, single=False):
    """The figures of several runs of `candor eval`, added up; where each run read a `single` answer, with their intervals."""
    tables = {kind: added([p[kind]["classes"] for p in parts]) for kind in ("roles", "tags", "mistakes", "categories")}
    levels = sum(np.array(p["level"]["confusion"]) for p in parts)
    bins = sum(np.array([[b[0], b[1], b[2]] for b in p["calibration"]["bins"]]) for p in parts)
    strong = [sum(p["level_5"][k] for p in parts) for k in ("answers", "warnings_and_errors")]
    off = np.abs(np.arange(5)[:, None] - np.arange(5)[None, :])
    return {
        "answers": sum(p["answers"] for p in parts),
        "refused": sum((p["refused"] for p in parts), []),
        "sentences": sum(p["sentences"]["read"] for p in parts), "aside": sum(p["aside"] for p in parts),
        "boundaries_f1": f1(added([{"ends": p["sentences"]["boundaries"]} for p in parts])["ends"]),
        "roles_macro_f1": macro(tables["roles"]), "tags_macro_f1": macro(tables["tags"]),
        "mistakes_macro_f1": macro(tables["mistakes"]), "mistakes_micro_f1": micro(tables["mistakes"]),
        "categories_micro_f1": micro(tables["categories"]),
        "level_kappa": round(float(kappa(levels)), 4), "level_error": round(float((levels * off).sum() / levels.sum()), 4),
        "level_confusion": levels.tolist(),
        "roles_confusion": sum(np.array(p["roles"]["confusion"]) for p in parts).tolist(),
        "level_5_findings": round(strong[1] / max(1, strong[0]), 4),
        "calibration_error": round(float(np.abs(bins[:, 1] - bins[:, 2]).sum() / bins[:, 0].sum()), 4),
        **tables,
        **({"intervals": intervals(parts, [p["family"] for p in parts])} if single else {}),
    }


def main():
    items = data.load_answers()
    base, parts, runs = [], [], []
    for k, authors in enumerate(FOLDS):
        export = RUNS / f"fold{k}" / "export"
        parts.append(each(export, files_of(authors)))
        runs += [(RUNS / f"fold{k}" / "export-f32", files_of(authors)), (export, [RUNS / f"fold{k}" / "texts.jsonl"])]
        test = [it for it in items if it.author in authors]
        base.append(baselines([it for it in items if it.author not in authors], test))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        said = list(pool.map(lambda run: evaluate(*run), runs))
    plain, texts = said[0::2], [s["texts"] for s in said[1::2]]
    out = {"folds": figures(sum(parts, []), True)} | {f"fold {k + 1}": figures(fold) for k, fold in enumerate(parts)}
    out["unquantized"] = {k: v for k, v in figures(plain).items() if k.endswith("f1") or k == "level_kappa"}
    out["before"] = {k: figures([evaluate(RUNS / "before", files_of(sum(FOLDS, [])))])[k] for k in HEADLINES}
    alone = [figures([evaluate(RUNS / f"fold{k}" / "export", HELDOUT)]) for k in range(len(FOLDS))]
    out["alone on h, i"] = {k: round(float(np.mean([a[k] for a in alone])), 4) for k in HEADLINES}
    for name in ("majority", "keywords"):
        out[name] = {k: round(float(np.mean([b[name][k] for b in base])), 4) for k in ("roles", "tags", "mistakes")}
    out["abstention"] = {
        "no_answers": sum(t["no_answers"] for t in texts), "scored": sum((t["scored_all_the_same"] for t in texts), []),
        "short_answers": sum(t["short_answers"] for t in texts), "refused": sum((t["refused"] for t in texts), []),
    }
    write(shipped(out))


def shipped(out):
    """Adds what the model in the binary says."""
    out["h, i"] = figures(each(None, HELDOUT), True)
    file = ROOT / "training" / "texts" / "passages.jsonl"
    said = evaluate(None, [file])["passages"]
    others = sum(not json.loads(line)["addressed"] for line in file.read_text().splitlines())
    out["passages"] = said["addressed"] | {"unmoved": said["unmoved"], "others": others}
    out["forms"] = evaluate(None, [ROOT / "training" / "texts" / "questions.jsonl"])["forms"]
    return out


def write(out):
    """The figures, the model card, and the table in the README."""
    METRICS.write_text(json.dumps(out, indent=1) + "\n")
    (ROOT / "models" / "encoder" / "MODEL_CARD.md").write_text(card(out))
    readme = ROOT / "README.md"
    before, rest = readme.read_text().split("<!-- accuracy -->")
    after = rest.split("<!-- /accuracy -->")[1]
    readme.write_text(f"{before}<!-- accuracy -->\n{accuracy(out)}\n<!-- /accuracy -->{after}")


def table(out, kind):
    """F1 a class, with precision, recall and support over the folds."""
    rows = ["| | precision | recall | F1 | support |", "| --- |" + " --- |" * 4]
    for name, c in out["folds"][kind].items():
        rows.append(f"| `{name}` | {c['precision']:.3f} | {c['recall']:.3f} | {c['f1']:.3f} | {c['support']} |")
    return "\n".join(rows)


def accuracy(out):
    """The figures in one table, beside the baselines."""
    parts = ("folds", "h, i")
    rows = [f"| | {' | '.join(parts)} | keyword rule | majority |", "| --- |" + " --- |" * (len(parts) + 2)]
    for title, key, name in (("roles, macro-F1", "roles_macro_f1", "roles"), ("tags, macro-F1", "tags_macro_f1", "tags"),
                             ("mistakes, macro-F1", "mistakes_macro_f1", "mistakes"), ("mistakes, micro-F1", "mistakes_micro_f1", None),
                             ("story categories, micro-F1", "categories_micro_f1", None), ("level, quadratic kappa", "level_kappa", None),
                             ("level, mean absolute error", "level_error", None),
                             ("warnings and errors on an answer of level 5", "level_5_findings", None),
                             ("expected calibration error of the roles", "calibration_error", None),
                             ("sentence boundaries, F1", "boundaries_f1", None)):
        cells = []
        for part in map(out.get, parts):
            low, high = part.get("intervals", {}).get(key, (None, None))
            cells.append(f"{part[key]:.3f}" + (f" ({low:.2f}–{high:.2f})" if low is not None else ""))
        cells += [f"{out[b][name]:.3f}" if name else "" for b in ("keywords", "majority")]
        rows.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(rows)


def model_before(out):
    """What the model that training went on from says of the answers of the folds, none of which it had learned from."""
    return ("The model before this one, candor-minilm-10, has on the answers of the folds roles {:.3f}, tags {:.3f}, mistakes {:.3f}, story "
            "categories {:.3f}, level {:.3f}.").format(*(out["before"][k] for k in HEADLINES))


def passages(out):
    """What is left out of answers that speak to the grader, in words."""
    p, f = out["passages"], out["folds"]
    return (f"of {p['support']} passages that speak to the grader {p['hit']} are left out, and {p['unmoved']} change neither "
            f"verdict nor findings; of {p['others']} that only look like it {p['wrong']} are; on the folds {f['aside']} of the "
            f"{f['sentences']:,} sentences of annotated answers")


def robustness():
    """What `robustness.py` measured, as a table."""
    said = json.loads((ROOT / "training" / "robustness.json").read_text())
    keys = {"boundaries_f1": "sentence boundaries", "roles_macro_f1": "roles", "tags_macro_f1": "tags", "level_kappa": "level"}
    first = next(iter(said.values()))
    rows = [f"| | {' | '.join(keys.values())} |", "| --- |" + " --- |" * len(keys)]
    for name, figures in said.items():
        cells = [f"{figures[k]:.3f}" + ("" if figures is first else f" ({figures[k] - first[k]:+.3f})") for k in keys]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def noise():
    """What changes of the words alone do, in words: `noise.py` measures it."""
    n = json.loads((ROOT / "training" / "noise.json").read_text())
    return (f"the scores of nine of ten answers of h and i move by no more than {n['points']} of 100 points in any of their "
            f"changes; of all {n['changes']} changes of {n['answers']} answers {n['level_changes']:.1%} move the level, and "
            f"{n['verdicts']:.1%} would be called better or worse")


def card(out):
    """The model card."""
    text = (ROOT / "training" / "card.md").read_text()
    f, u = out["folds"], out["unquantized"]
    a = out["abstention"]
    items = data.load_answers()
    values = {
        "ANSWERS": f"{len(items):,}", "SENTENCES": f"{sum(len(it.texts) for it in items):,}",
        "FILES": "; ".join(" ".join(files) for files in FOLDS), "ACCURACY": accuracy(out),
        "ROLES": table(out, "roles"), "TAGS": table(out, "tags"), "MISTAKES": table(out, "mistakes"),
        "CATEGORIES": table(out, "categories"),
        "QUANTIZATION": f"roles {u['roles_macro_f1']:.4f} → {f['roles_macro_f1']:.4f}, tags {u['tags_macro_f1']:.4f} → "
                        f"{f['tags_macro_f1']:.4f}, mistakes {u['mistakes_macro_f1']:.4f} → {f['mistakes_macro_f1']:.4f}",
        "ABSTENTION": f"{a['no_answers'] - len(a['scored'])} of {a['no_answers']} texts that are no answers get no score; "
                      f"of {f['answers']} annotated answers {len(f['refused'])} are refused, of {a['short_answers']} very "
                      f"short ones {len(a['refused'])}",
        "ALONE": "roles {:.3f}, tags {:.3f}, mistakes {:.3f}, story categories {:.3f}, level {:.3f}".format(
            *(out["alone on h, i"][k] for k in HEADLINES)),
        "PASSAGES": passages(out),
        "NOISE": noise(),
        "ROBUSTNESS": robustness(),
        "MODEL_BEFORE": model_before(out),
        "BEFORE": BEFORE if out.get("folds_before") else "",
        "FORMS": f"macro-F1 {out['forms']['macro_f1']:.3f} over the five forms and none",
        "FOLDS": "; ".join(f"fold {k + 1}: roles {out[f'fold {k + 1}']['roles_macro_f1']:.3f}, tags "
                           f"{out[f'fold {k + 1}']['tags_macro_f1']:.3f}, mistakes {out[f'fold {k + 1}']['mistakes_macro_f1']:.3f}, "
                           f"level {out[f'fold {k + 1}']['level_kappa']:.3f}" for k in range(len(FOLDS))),
    }
    for key, value in values.items():
        text = text.replace("{" + key + "}", value)
    return text


if __name__ == "__main__":
    if sys.argv[1:] == ["--shipped"]:
        write(shipped(json.loads(METRICS.read_text()) | {"folds_before": True}))
    else:
        main()
