"""Which form of the guide a question is asked in: how far the likeliest one must be ahead, chosen for each training.

    python forms.py     for the shipped model, when the questions of a guide have changed

Chosen on texts/questions-choose.jsonl; `candor eval training/texts/questions.jsonl` measures it on others.
"""

import json
import tomllib

import torch
from tokenizers import Tokenizer

import data

GUIDES = data.HERE.parent / "prompts" / "guides"
PENALTY = 0.3  # src/critic/ridge.rs


@torch.no_grad()
def vectors(model, tokenizer: Tokenizer, texts):
    """Unit vectors of texts read alone, [texts, HIDDEN]."""
    out = []
    for text in texts:
        ids, seg, _ = data.batch([data.encode(tokenizer, [text])])
        out.append(model.embed(model.sentences(ids, seg, 1))[0])
    return torch.stack(out)


def questions(guide):
    """The example questions of a guide, of each form and of none, in this order: [[question]]."""
    known = tomllib.loads(guide.read_text())
    return [*(form["examples"] for form in known["form"]), known["no_form"]["examples"]]


def choose(model, tokenizer):
    """Where the macro-F1 of the forms is best, smoothed over the values beside it."""
    guide = GUIDES / "ownership.toml"
    forms = [form["id"] for form in tomllib.loads(guide.read_text())["form"]]
    classes = [vectors(model, tokenizer, examples) for examples in questions(guide)]
    lines = (data.HERE / "texts" / "questions-choose.jsonl").read_text().splitlines()
    asked = [json.loads(line) for line in lines]
    top = scores(classes, vectors(model, tokenizer, [q["question"] for q in asked])).topk(2, 1)
    nearest = [forms[k] if k < len(forms) else None for k in top.indices[:, 0].tolist()]
    ahead = (top.values[:, 0] - top.values[:, 1]).tolist()
    score = torch.tensor([macro_f1(asked, [f if a >= least / 100 else None for f, a in zip(nearest, ahead)])
                          for least in range(31)])
    smooth = torch.nn.functional.avg_pool1d(score[None], 5, 1, 2, count_include_pad=False)[0]
    return int(smooth.argmax()) / 100


def scores(classes, asked):
    """Ridge regression of the classes' indicators on their vectors: [asked, classes]. Its twin is src/critic/ridge.rs."""
    x = torch.cat(classes).double()
    one = torch.cat([torch.eye(len(classes)).double()[k].repeat(len(c), 1) for k, c in enumerate(classes)])
    mean, shares = x.mean(0), one.mean(0)
    x = x - mean
    weights = torch.linalg.solve(x.T @ x + PENALTY * torch.eye(x.shape[1]).double(), x.T @ (one - shares))
    return (asked.double() - mean) @ weights + shares


def macro_f1(asked, said):
    """The mean of the forms' F1, none among them; where a question has two readings, either is right."""
    gold = [q["also"] if q["also"] is not None and s == q["also"] else q["form"] for q, s in zip(asked, said)]
    scores = []
    for c in {q["form"] for q in asked} | {None}:
        hit = sum(g == s == c for g, s in zip(gold, said))
        scores.append(2 * hit / max(1, sum(g == c for g in gold) + sum(s == c for s in said)))
    return sum(scores) / len(scores)


if __name__ == "__main__":
    import export
    import shipped

    state, model = shipped.load()
    export.write_known(model)
    shipped.write(state, form_ahead=choose(model, export.TOKENIZER))
