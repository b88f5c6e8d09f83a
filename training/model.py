"""The encoder: all-MiniLM-L6-v2 over the whole answer, each label's own look at each sentence in context, and heads."""

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

from labels import CATEGORIES, CUES, MISTAKES, ROLES, TAGS

HIDDEN, LAYERS, HEADS, INNER, POSITIONS, EPS = 384, 6, 12, 1536, 512, 1e-12


def dropout(x, p):
    """`F.dropout` by one random byte an element, so p is rounded to 1/256: its own draw a float was 7 % of the time."""
    drop = round(256 * p)
    if not drop:
        return x
    every = torch.empty(-(-x.numel() // 8), dtype=torch.int64).random_(-(2**63), None).view(torch.uint8)
    kept = every[: x.numel()].view(x.shape) >= drop
    return x * (kept * (256 / (256 - drop))).to(x.dtype)


class Layer(nn.Module):
    """One post-norm BERT layer; query, key and value in one product."""

    def __init__(self, dropout):
        super().__init__()
        self.qkv = nn.Linear(HIDDEN, 3 * HIDDEN)
        self.out = nn.Linear(HIDDEN, HIDDEN)
        self.out_norm = nn.LayerNorm(HIDDEN, eps=EPS)
        self.up = nn.Linear(HIDDEN, INNER)
        self.down = nn.Linear(INNER, HIDDEN)
        self.down_norm = nn.LayerNorm(HIDDEN, eps=EPS)
        self.dropout = dropout

    def forward(self, x, mask):
        b, t, _ = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, HEADS, HIDDEN // HEADS).permute(2, 0, 3, 1, 4)
        p = self.dropout if self.training else 0.0
        scores = (q * (HIDDEN // HEADS) ** -0.5) @ k.transpose(2, 3) + mask  # faster here than torch's fused kernel
        a = torch.softmax(scores, -1).to(v.dtype) @ v
        a = self.out(a.transpose(1, 2).reshape(b, t, HIDDEN))
        x = self.out_norm(x + dropout(a, p))
        h = self.down(F.gelu(self.up(x)))
        return self.down_norm(x + dropout(h, p))


class Crf(nn.Module):
    """A linear chain over the roles of an answer's sentences: a second loss in training.

    It is not used to decode. On the folds its marginals were no better than each sentence's own softmax (roles
    macro-F1 .8540 for .8542), and stories of another order than the data's suffer from its transitions.
    """

    def __init__(self, n):
        super().__init__()
        self.transitions = nn.Parameter(torch.zeros(n, n))  # [from, to]
        self.start = nn.Parameter(torch.zeros(n))
        self.end = nn.Parameter(torch.zeros(n))

    def log_z(self, e, mask):
        """e: [B, S, R] emissions; mask: [B, S] bool. Gives log Z [B]."""
        a = self.start + e[:, 0]
        for i in range(1, e.shape[1]):
            nxt = torch.logsumexp(a[:, :, None] + self.transitions, 1) + e[:, i]
            a = torch.where(mask[:, i, None], nxt, a)
        return torch.logsumexp(a + self.end, 1)

    def gold(self, e, y, mask):
        """The score of the path y [B, S], [B]."""
        m = mask.float()
        s = (e.gather(2, y[..., None])[..., 0] * m).sum(1) + self.start[y[:, 0]]
        s = s + (self.transitions[y[:, :-1], y[:, 1:]] * m[:, 1:]).sum(1)
        last = y.gather(1, (mask.sum(1) - 1)[:, None])[:, 0]
        return s + self.end[last]


class Encoder(nn.Module):
    """Tokens of whole answers in, one vector a sentence out, and the heads on both."""

    def __init__(self, dropout=0.1):
        super().__init__()
        self.words = nn.Embedding(30522, HIDDEN)
        self.positions = nn.Embedding(POSITIONS, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=EPS)
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(LAYERS))
        self.role = nn.Linear(HIDDEN, len(ROLES))
        self.tag = nn.Linear(HIDDEN, len(TAGS))
        self.attend = nn.Linear(HIDDEN, len(ROLES) + len(TAGS), bias=False)
        nn.init.zeros_(self.attend.weight)  # at first every label hears the mean of the sentence
        self.answer = nn.Linear(HIDDEN, len(MISTAKES) + len(CATEGORIES) + 4 + 1)
        self.crf = Crf(len(ROLES))
        self.similarity = nn.Linear(HIDDEN, HIDDEN, bias=False)
        nn.init.eye_(self.similarity.weight)
        # as rows of `attend` and `tag`, learned later: zeros, so that they draw no random numbers before
        self.cue_attend = nn.Parameter(torch.zeros(len(CUES), HIDDEN))
        self.cue = nn.Parameter(torch.zeros(len(CUES), HIDDEN))
        self.cue_bias = nn.Parameter(torch.full((len(CUES),), -3.0))
        # Whether a sentence ends between two words, of the last token of the one and of the first of the next: a loss in training.
        # What is shipped hears more of them (ends.py).
        self.end = nn.Parameter(torch.zeros(2, HIDDEN))
        self.end_bias = nn.Parameter(torch.full((1,), -3.0))
        # how much each judgement on the whole answer minds each sentence: at first all alike; zeros as above
        self.answer_attend = nn.Parameter(torch.zeros(self.answer.out_features, HIDDEN))
        self.dropout = dropout

    @classmethod
    def from_base(cls, folder: Path, dropout=0.1):
        """Takes the weights of all-MiniLM-L6-v2; the one token type in use is folded into the positions."""
        w = load_file(folder / "model.safetensors")
        m = cls(dropout)
        with torch.no_grad():
            m.words.weight.copy_(w["embeddings.word_embeddings.weight"])
            m.positions.weight.copy_(
                w["embeddings.position_embeddings.weight"] + w["embeddings.token_type_embeddings.weight"][0]
            )
            m.norm.weight.copy_(w["embeddings.LayerNorm.weight"])
            m.norm.bias.copy_(w["embeddings.LayerNorm.bias"])
            for i, layer in enumerate(m.layers):
                p = f"encoder.layer.{i}."
                for kind in ("weight", "bias"):
                    qkv = [w[f"{p}attention.self.{n}.{kind}"] for n in ("query", "key", "value")]
                    getattr(layer.qkv, kind).copy_(torch.cat(qkv))
                    getattr(layer.out, kind).copy_(w[f"{p}attention.output.dense.{kind}"])
                    getattr(layer.out_norm, kind).copy_(w[f"{p}attention.output.LayerNorm.{kind}"])
                    getattr(layer.up, kind).copy_(w[f"{p}intermediate.dense.{kind}"])
                    getattr(layer.down, kind).copy_(w[f"{p}output.dense.{kind}"])
                    getattr(layer.down_norm, kind).copy_(w[f"{p}output.LayerNorm.{kind}"])
        return m

    def read(self, ids, segments):
        """ids [B, T] (0 pads); segments [B, T]: the flat sentence index of each token, -1 for none.

        Gives the tokens of sentences in context [K, HIDDEN], and their sentence indexes [K].
        """
        p = self.dropout if self.training else 0.0
        x = self.words(ids) + self.positions.weight[: ids.shape[1]]
        x = dropout(self.norm(x), p)
        mask = torch.where(ids == 0, -1e4, 0.0)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        seg = segments.reshape(-1)
        keep = seg >= 0
        return x.float().reshape(-1, HIDDEN)[keep], seg[keep]

    def sentences(self, ids, segments, count):
        """The mean over each sentence's tokens, in context: [count, HIDDEN]."""
        return mean(*self.read(ids, segments), count)

    def embed(self, s):
        """What the base would say of texts read alone: unit vectors whose dot product is their likeness."""
        return F.normalize(self.similarity(s), dim=1)

    def ends(self, last, first):
        """Logits that a sentence ends between words, [gaps], in a text without stops: the vectors of the last token before each
        gap and of the first after it, [gaps, HIDDEN]."""
        return last @ self.end[0] + first @ self.end[1] + self.end_bias

    def heads(self, x, seg, lengths):
        """What `read` gives, for answers of the given lengths → role, tag, cue logits a sentence, logits an answer.

        Each label weighs the tokens of a sentence by itself (label-wise attention, Mullenbach et al. 2018): a tag is
        often heard in three words of a long sentence, which its mean would drown. So does each judgement on the whole answer
        with the means of its sentences: on frozen vectors that gave story categories .015 of F1 more than the mean of all.
        """
        count = int(lengths.sum())
        d = F.dropout(x, 0.1, self.training)
        score = torch.cat([self.attend(d), d @ self.cue_attend.T], 1)
        label = attended(score, torch.cat([self.role(d), self.tag(d), d @ self.cue.T + self.cue_bias], 1), seg, count)
        owner = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
        role, tag, cue = label.split([len(ROLES), len(TAGS), len(CUES)], 1)
        s = F.dropout(mean(x, seg, count), 0.1, self.training)
        return role, tag, cue, attended(s @ self.answer_attend.T, self.answer(s), owner, len(lengths))


def attended(score, value, group, count):
    """The mean of the values [K, L] in each group [K], weighed by the softmax of their scores [K, L] → [count, L]."""
    index = group[:, None].expand_as(score)
    top = torch.full((count, score.shape[1]), -torch.inf).scatter_reduce(0, index, score.detach(), "amax")
    weight = torch.exp(score - top[group])
    zero = torch.zeros(count, score.shape[1])
    return zero.index_add(0, group, weight * value) / zero.index_add(0, group, weight)


def mean(x, group, count):
    """The mean of the rows of x [K, HIDDEN] in each group [K] → [count, HIDDEN]."""
    n = torch.zeros(count).index_add(0, group, torch.ones(len(group)))
    return torch.zeros(count, x.shape[1]).index_add(0, group, x) / n.clamp(min=1)[:, None]


def split_answer_logits(a):
    """[…, 21] → mistakes, categories, level thresholds (P(level > k)), answered."""
    i, j = len(MISTAKES), len(MISTAKES) + len(CATEGORIES)
    return a[..., :i], a[..., i:j], a[..., j : j + 4], a[..., j + 4]


def tag_weight(counts, total):
    """Rare tags weigh more, by the root of the odds and at most 5."""
    return torch.tensor([min(5.0, max(1.0, math.sqrt((total - c) / max(c, 1)))) for c in counts])
