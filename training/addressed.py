"""Learns anew which sentences speak to the grader, on the model as it is shipped: its body and all other heads stay as they are.

    python addressed.py

While the body is trained, passages stand in few of its answers. Here each stands in three, and the cue's two vectors see all of
them at once, beside every sentence of the answers. Writes the weights, the threshold and the goldens.
"""

import torch
import torch.nn.functional as F

import data
import shipped
from export import TOKENIZER, rounded
from labels import CUES, ROLES
from model import attended
from train import predict

CUE, OTHER = CUES.index("addressed"), ROLES.index("other")
TIMES, STEPS, RATE, TOLD, STAY = 3, 300, 2e-3, 3000, 1e-3
# of sentences that tell a story, and that it learns from, how many may be taken for words to the grader: one in two thousand
WRONG = 0.0005


def tokens(model, items):
    """The vectors of each sentence's tokens in context, answer by answer."""
    encoded = [data.encode(TOKENIZER, it.texts) for it in items]
    order = sorted(range(len(items)), key=lambda i: sum(map(len, encoded[i])))
    out = [None] * len(items)
    with torch.no_grad():
        for k in range(0, len(order), 8):
            group = order[k : k + 8]
            ids, segments, lengths = data.batch([encoded[i] for i in group])
            x, segments = model.read(ids, segments)
            parts, at = x.split(torch.bincount(segments).tolist()), 0
            for i, n in zip(group, lengths.tolist()):
                out[i], at = [part.half() for part in parts[at : at + n]], at + n
    return out


class Sentences:
    """Sentences of which it is known whether they speak to the grader."""

    def __init__(self, sentences, truth):
        self.x = torch.cat(sentences).float()
        self.sentence = torch.repeat_interleave(torch.arange(len(sentences)), torch.tensor([len(s) for s in sentences]))
        self.truth = torch.tensor(truth)

    def logits(self, attend, cue, bias):
        x = self.x
        return attended((x @ attend)[:, None], (x @ cue + bias)[:, None], self.sentence, len(self.truth))[:, 0]


def learn(vectors, put, told, rng):
    """The cue's vectors after some steps on all passages and a sample of the sentences that are told."""
    learned = [v.clone().requires_grad_() for v in vectors]
    optimizer = torch.optim.Adam(learned, lr=RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: 1 - k / STEPS)
    for _ in range(STEPS):
        some = Sentences(rng.sample(told, TOLD), [0.0] * TOLD)
        loss = F.binary_cross_entropy_with_logits(put.logits(*learned), put.truth, reduction="sum")
        loss = loss + F.softplus(some.logits(*learned)).mean() * len(told) / 4
        loss = loss / len(put.truth) + STAY * sum(((v - w) ** 2).sum() for v, w in zip(learned, vectors))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return [v.detach() for v in learned]


def main():
    rng = data.seeded(1)
    torch.manual_seed(1)
    state, model = shipped.load()
    answers = data.load_answers()
    told = [(s, role) for x, it in zip(tokens(model, answers), answers) for s, role in zip(x, it.roles)]
    put = [data.insert(rng.choice(answers), p, rng) for p in data.load_passages() for _ in range(TIMES)]
    put = [(x[k], it.cues[k][CUE]) for x, it in zip(tokens(model, put), put) for k in it.foreign]
    names = ("cue_attend", "cue", "cue_bias")
    vectors = [state[name][CUE] for name in names]
    learned = learn(vectors, Sentences(*zip(*put)), [s for s, _ in told], rng)
    for name, v in zip(names, learned):
        state[name][CUE] = v
    story = [s for s, role in told if role != OTHER]
    taken = torch.sigmoid(Sentences(story, [0.0] * len(story)).logits(*learned))
    threshold = max(0.5, float(torch.quantile(taken, 1 - WRONG)))
    shipped.write(state, addressed=round(threshold, 4))
    model = shipped.model_of(state)
    shipped.change_goldens(answers, lambda it: cues(model, it))


def cues(model, answer):
    """What PyTorch makes of the cues of an answer, for its golden."""
    [said] = predict(model, [answer])
    return {"cues": rounded(said["cue"])}


if __name__ == "__main__":
    main()
