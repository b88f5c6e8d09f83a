"""Learns where sentences end in text that runs on without stops, on the model as it is shipped: its body and other heads stay.

    python ends.py            all of it
    python ends.py capitals   only what capitals tell, on the weights that are shipped

A gap between two words is heard in four tokens, the last two before it and the first two after it, by a hidden layer over their
vectors. A text is cut where the gaps and the lengths of the sentences together are likeliest: a semi-Markov chain (Sarawagi and
Cohen 2004). Writes the weights, the readout and the goldens; `robustness.py` measures it on answers that nothing learned from.
"""

import json
import math
import re
import sys

import torch
import torch.nn.functional as F
from torch import nn

import data
import shipped
from export import OUT, ROOT, TOKENIZER
from model import HIDDEN

NEAR, INNER = (-1, 0, 0, 1), 64  # tokens from the last one before the gap, twice, then from the first one after it
EPOCHS, RATE, BATCH, DROP = 8, 1e-3, 512, 0.2
LONGEST, LOOK = 60, 120  # words: of the table of lengths, and of a sentence
OPENERS = set((ROOT / "src" / "text" / "openers.txt").read_text().split())
CASED = 50  # words for one opener at most


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


def bare(word):
    """A word without the signs behind it and what an apostrophe joins to it."""
    return re.split("['’]", re.sub(r"\W+$", "", word))[0]


def opens_sentence(word):
    """As `src/text/capitals.rs` has it."""
    word = bare(word)
    small = word.lower()
    did = len(small) >= 5 and small.endswith("ed") and not small.endswith(("med", "eed"))
    return word[:1].isupper() and all(c.islower() for c in word[1:]) and (did or small in OPENERS)


def capitals(words):
    """Of each word but the first 1 for a capital, -1 for none, 0 for "I" and what is no letter; none for a text without capitals."""
    opened = sum(a[:1].islower() and opens_sentence(b) for a, b in zip(words, words[1:]))
    if opened < 2 or opened * CASED < len(words):
        return None
    return [0 if not w[:1].isalpha() or bare(w) == "I" else 1 if w[:1].isupper() else -1 for w in words[1:]]


def case_told(runs):
    """The logs of how much likelier a capital, and none, is behind a gap where a sentence ends than behind others."""
    count = {(case, end): 1 for case in (-1, 0, 1) for end in (False, True)}
    for words, ends in runs:
        for case, end in zip(capitals(words) or [], ends):
            count[case, end] += 1
    of = lambda end: sum(n for (_, e), n in count.items() if e == end)
    ratio = lambda case: math.log(count[case, True] / of(True)) - math.log(count[case, False] / of(False))
    return {1: ratio(1), -1: ratio(-1), 0: 0.0}


def cased(runs, texts, learned, table, told):
    """What the readout has for texts with capitals: the offset is chosen as the other one is."""
    known = [(x, truth, capitals(words)) for (words, _), (x, truth) in zip(runs, texts)]
    known = [(logits(x, learned) + torch.tensor([told[c] for c in case[: len(truth)]]), truth) for x, truth, case in known if case]
    offsets = {k / 4: f2_of(known, table, k / 4) for k in range(-28, 5)}
    offset = max(offsets, key=offsets.get)
    print("with capitals: offset", offset, "F2", round(offsets[offset], 4), "of", len(known), "texts")
    return {"offset": offset, "capital": round(told[1], 4), "small": round(told[-1], 4)}


def f2(texts, learned, table, offset):
    """Of the ends of sentences in texts as `heard` gives them: an end that is missed counts twice as much as one too many, since the
    parts of a sentence are each heard in their place, and two sentences in one leave one role for both."""
    return f2_of([(logits(x, learned), truth) for x, truth in texts], table, offset)


def f2_of(texts, table, offset):
    """The same, from the logits of each text's gaps."""
    hit = said = true = 0
    for heard, truth in texts:
        cuts = cut(heard.tolist(), table, offset)
        ends = {k for k, t in enumerate(truth.tolist()) if t}
        hit, said, true = hit + len(cuts & ends), said + len(cuts), true + len(ends)
    return 5 * hit / (said + 4 * true)


def main():
    rng = data.seeded(1)
    state, model = shipped.load()
    answers = data.load_answers()
    # the offset is chosen on files that the layer has not learned from
    files = sorted({it.author for it in answers})
    held = [files.index(it.author) % 4 == 0 for it in answers]
    plain = [data.run_on(it.texts) for it in answers]
    told = case_told(plain)
    spoken = [run for run, h in zip(plain, held) if h][::2]
    if sys.argv[1:] == ["capitals"]:
        known = json.loads((OUT / "readout.json").read_text())["ends"]
        # enough for one figure, by weights that have learned these answers
        some = spoken[::4]
        known["cased"] = cased(some, heard(model, some), weights(state), known["lengths"], told)
        shipped.write(state, ends=known)
        return
    runs = [data.run_on(it.texts, rng) for it in answers]
    texts = heard(model, runs, rng)
    table = lengths(runs)
    both = lambda which: [torch.cat(part) for part in zip(*[t for t, h in zip(texts, held) if h in which])]
    tried = learn(*both([False]))
    bare_texts = heard(model, spoken)
    offsets = {k / 4: f2(bare_texts, tried, table, k / 4) for k in range(-28, 5)}
    offset = max(offsets, key=offsets.get)
    print("offset", offset, "F2", round(offsets[offset], 4))
    by_case = cased(spoken, bare_texts, tried, table, told)
    learned = learn(*both([True, False]))
    weight, bias, out, out_bias = learned
    state["ends.near"] = weight.view(INNER, len(NEAR), HIDDEN).transpose(0, 1).reshape(-1, HIDDEN).contiguous()
    state |= {"ends.bias": bias, "ends.out": out, "ends.out_bias": out_bias}
    shipped.write(state, ends={"offset": offset, "lengths": [round(v, 4) for v in table], "cased": by_case})
    shipped.change_goldens(answers, lambda it: dictated(model, it, learned))


def weights(state):
    """The layer as `learn` gives it."""
    near = state["ends.near"].view(len(NEAR), INNER, HIDDEN).transpose(0, 1).reshape(INNER, -1)
    return near, state["ends.bias"], state["ends.out"], state["ends.out_bias"]


def dictated(model, answer, learned):
    """An answer without punctuation, and PyTorch's logits of the gaps between its words, for its golden."""
    run = data.run_on(answer.texts)
    [(x, _)] = heard(model, [run])
    return {"dictated": " ".join(run[0]), "ends": [round(v, 4) for v in logits(x, learned).tolist()]}


if __name__ == "__main__":
    main()
