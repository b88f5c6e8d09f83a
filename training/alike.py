"""When two texts are alike: the likeness from which a question is of a form of the guide, chosen for each training.

Chosen on texts/questions-choose.jsonl; `candor eval training/texts/questions.jsonl` measures it on others.
"""

import json
import tomllib

import torch
from tokenizers import Tokenizer

import data

GUIDE = data.HERE.parent / "prompts" / "guides" / "ownership.toml"
NEAREST = 2  # examples whose mean is a form's likeness: src/critic/forms.rs


@torch.no_grad()
def vectors(model, tokenizer: Tokenizer, texts):
    """Unit vectors of texts read alone, [texts, HIDDEN]."""
    out = []
    for text in texts:
        ids, seg, _ = data.batch([data.encode(tokenizer, [text])])
        out.append(model.embed(model.sentences(ids, seg, 1))[0])
    return torch.stack(out)


def choose(model, tokenizer):
    """{"like", "ahead"}: the middle of where the macro-F1 of the forms is best, each value smoothed over its neighbours."""
    forms = tomllib.loads(GUIDE.read_text())["form"]
    examples = [vectors(model, tokenizer, f["examples"]) for f in forms]
    lines = (data.HERE / "texts" / "questions-choose.jsonl").read_text().splitlines()
    asked = [json.loads(line) for line in lines]
    likeness = torch.stack([
        (vectors(model, tokenizer, [q["question"] for q in asked]) @ e.T).topk(NEAREST).values.mean(1) for e in examples
    ], 1)
    top = likeness.topk(2, 1)
    nearest = [forms[k]["id"] for k in top.indices[:, 0].tolist()]
    best, ahead = top.values[:, 0], top.values[:, 0] - top.values[:, 1]
    score = torch.tensor([[macro_f1(asked, [f if b >= like / 100 and a >= lead / 100 else None for f, b, a in
                                            zip(nearest, best.tolist(), ahead.tolist())])
                           for lead in range(13)] for like in range(30, 80)])
    smooth = torch.nn.functional.avg_pool2d(score[None], (5, 3), 1, (2, 1), count_include_pad=False)[0]
    like, lead = divmod(int(smooth.argmax()), 13)
    return {"like": (30 + like) / 100, "ahead": lead / 100}


def macro_f1(asked, said):
    """The mean of the forms' F1, none among them; where a question has two readings, either is right."""
    gold = [q["also"] if q["also"] is not None and s == q["also"] else q["form"] for q, s in zip(asked, said)]
    scores = []
    for c in {q["form"] for q in asked} | {None}:
        hit = sum(g == s == c for g, s in zip(gold, said))
        scores.append(2 * hit / max(1, sum(g == c for g in gold) + sum(s == c for s in said)))
    return sum(scores) / len(scores)
