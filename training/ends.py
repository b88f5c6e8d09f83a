"""Learns where sentences end in text that runs on without stops, on the model as it is shipped: its body and other heads stay.

    python ends.py

A gap between two words is heard in four tokens, the last two before it and the first two after it, by a hidden layer over their
vectors. A text is cut where the gaps and the lengths of the sentences together are likeliest: a semi-Markov chain (Sarawagi and
Cohen 2004). Writes the weights, the readout and the goldens; `robustness.py` measures it on answers that nothing learned from.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

import data
import shipped
from export import TOKENIZER
from model import HIDDEN

NEAR, INNER = (-1, 0, 0, 1), 64  # tokens from the last one before the gap, twice, then from the first one after it
EPOCHS, RATE, BATCH, DROP = 8, 1e-3, 512, 0.2
LONGEST, LOOK = 60, 120  # words: of the table of lengths, and of a sentence


@torch.no_grad()
def heard(model, runs, rng=None):
    """The vectors of the tokens near each gap, [gaps, 4 x HIDDEN], and whether a sentence ends there, text by text."""
    out = []
    for words_and_ends in runs:
        ids, seg, last, first, truth = data.gaps(TOKENIZER, [words_and_ends], rng)
        x, _ = model.read(ids, seg)
        near = [x[(last if k < 2 else first) + by] for k, by in enumerate(NEAR)]
        out.append((torch.cat(near, 1).half(), truth))
    return out


def learn(x, truth):
    """The layer's weights [INNER, 4 x HIDDEN] and bias, and those of the logit."""
    torch.manual_seed(1)
    mean, spread = x.float().mean(0), x.float().std(0) + 1e-5
    inner, outer = nn.Linear(x.shape[1], INNER), nn.Linear(INNER, 1)
    optimizer = torch.optim.AdamW([*inner.parameters(), *outer.parameters()], RATE, weight_decay=0.01)
    steps = EPOCHS * math.ceil(len(x) / BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: 1 - k / steps)
    for _ in range(EPOCHS):
        for some in torch.randperm(len(x)).split(BATCH):
            v = F.dropout((x[some].float() - mean) / spread, DROP)
            said = outer(F.dropout(F.relu(inner(v)), DROP))[:, 0]
            loss = F.binary_cross_entropy_with_logits(said, truth[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    weight = inner.weight.detach() / spread
    return weight, inner.bias.detach() - weight @ mean, outer.weight.detach()[0], outer.bias.detach()


def logits(x, learned):
    weight, bias, out, out_bias = learned
    return F.relu(x.float() @ weight.T + bias) @ out + out_bias


def lengths(runs):
    """The log-probabilities of sentences of 1 to LONGEST words; longer ones are as likely as the longest."""
    count = [1.0] * LONGEST
    for _, ends in runs:
        n = 0
        for end in ends:
            n += 1
            if end:
                count[min(n, LONGEST) - 1] += 1
                n = 0
    return [math.log(c / sum(count)) for c in count]


def cut(said, table, offset):
    """After which words a text is cut, as `src/model/encoder/ends.rs` does it. said: the logit of each gap."""
    n = len(said) + 1
    best, back = [0.0] + [-math.inf] * n, [0] * (n + 1)
    for i in range(1, n + 1):
        gap = said[i - 1] - offset if i < n else 0.0
        for j in range(max(0, i - LOOK), i):
            score = best[j] + table[min(i - j, LONGEST) - 1] + gap
            if score > best[i]:
                best[i], back[i] = score, j
    cuts, i = set(), n
    while back[i] > 0:
        i = back[i]
        cuts.add(i - 1)
    return cuts


def f2(texts, learned, table, offset):
    """Of the ends of sentences in texts as `heard` gives them: an end that is missed counts twice as much as one too many, since the
    parts of a sentence are each heard in their place, and two sentences in one leave one role for both."""
    hit = said = true = 0
    for x, truth in texts:
        cuts = cut(logits(x, learned).tolist(), table, offset)
        ends = {k for k, t in enumerate(truth.tolist()) if t}
        hit, said, true = hit + len(cuts & ends), said + len(cuts), true + len(ends)
    return 5 * hit / (said + 4 * true)


def main():
    rng = data.seeded(1)
    state, model = shipped.load()
    answers = data.load_answers()
    runs = [data.run_on(it.texts, rng) for it in answers]
    texts = heard(model, runs, rng)
    table = lengths(runs)
    # the offset is chosen on files that the layer has not learned from
    files = sorted({it.author for it in answers})
    held = [files.index(it.author) % 4 == 0 for it in answers]
    both = lambda which: [torch.cat(part) for part in zip(*[t for t, h in zip(texts, held) if h in which])]
    tried = learn(*both([False]))
    bare = heard(model, [data.run_on(it.texts) for it, h in zip(answers, held) if h])[::2]
    offsets = {k / 4: f2(bare, tried, table, k / 4) for k in range(-28, 5)}
    offset = max(offsets, key=offsets.get)
    print("offset", offset, "F2", round(offsets[offset], 4))
    learned = learn(*both([True, False]))
    weight, bias, out, out_bias = learned
    state["ends.near"] = weight.view(INNER, len(NEAR), HIDDEN).transpose(0, 1).reshape(-1, HIDDEN).contiguous()
    state |= {"ends.bias": bias, "ends.out": out, "ends.out_bias": out_bias}
    shipped.write(state, ends={"offset": offset, "lengths": [round(v, 4) for v in table]})
    shipped.change_goldens(answers, lambda it: dictated(model, it, learned))


def dictated(model, answer, learned):
    """An answer without punctuation, and PyTorch's logits of the gaps between its words, for its golden."""
    run = data.run_on(answer.texts)
    [(x, _)] = heard(model, [run])
    return {"dictated": " ".join(run[0]), "ends": [round(v, 4) for v in logits(x, learned).tolist()]}


if __name__ == "__main__":
    main()
