"""The readout: from what is heard in the sentences to judgements on the whole answer.

Temperatures and thresholds of the tags, and one logistic regression a judgement over named inputs
(counts and shares of roles and tags, the voice of the deeds, the heads' own logits), or over those of them
that judge unseen authors best. It is fitted on predictions for authors whom the model had not seen, so its
inputs look as they do in use.
`src/model/encoder/readout.rs` computes the same inputs; the goldens hold the two together.
"""

import math

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from labels import CATEGORIES, CUES, LEVELS, MISTAKES, ROLES, TAGS
from wording import voice

INPUTS = (
    [f"sum_{r}" for r in ROLES] + [f"share_{r}" for r in ROLES] + [f"last_{r}" for r in ROLES]
    + [f"sum_{t}" for t in TAGS] + [f"max_{t}" for t in TAGS]
    + [f"none_{x}" for x in ROLES + TAGS] + [f"two_{x}" for x in ROLES + TAGS]
    + ["max_afterwards", "none_afterwards"]
    + ["deeds_i", "deeds_we", "share_i", "results_with_figure", "log_sentences", "log_words", "context_words"]
    + [f"head_{m}" for m in MISTAKES] + [f"head_{c}" for c in CATEGORIES] + [f"head_level_{k}" for k in LEVELS[1:]]
)
# what decides whether a text is an answer at all
ANSWERED_INPUTS = ["head_answered", "share_other", "max_role", "log_words", "sum_context", "sum_action"]


def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -40, 40)))


def log_odds(p):
    p = np.clip(p, 1e-3, 1 - 1e-3)
    return np.log(p / (1 - p))


def absence(p):
    """Log-odds that a label occurs nowhere; p [sentences, labels]."""
    return log_odds(np.prod(1 - np.clip(p, 0, 0.9999), 0))


def occurrence(p):
    """Log-odds that a label occurs nowhere, and that it occurs twice; p [sentences, labels]."""
    p = np.clip(p, 0, 0.9999)
    none = np.prod(1 - p, 0)
    once = none * (p / (1 - p)).sum(0)
    return np.concatenate([absence(p), log_odds(1 - none - once)])


def inputs(texts, pred, tag_scale):
    """The named inputs of one answer; pred as train.predict gives it, tag_scale [15, 2]."""
    r = np.array(pred["roles"])
    t = sigmoid(np.array(pred["tag"]) * tag_scale[:, 0] + tag_scale[:, 1])
    after = sigmoid(np.array(pred["cue"])[:, [CUES.index("afterwards")]])
    n = len(texts)
    words = np.array([len(x.split()) for x in texts], float)
    deed = r[:, 2] + r[:, 3]
    v = np.array([voice(x) for x in texts])
    i, we = float(deed[v == 1].sum()), float(deed[v == -1].sum())
    digit = np.array([any(c in "0123456789" for c in x) for x in texts], float)
    a = np.array(pred["answer"])
    return np.concatenate([
        r.sum(0), r.mean(0), r[-1], t.sum(0), t.max(0), occurrence(np.concatenate([r, t], 1)),
        after.max(0), absence(after),
        [i, we, i / (i + we + 0.5), float((r[:, 3] * digit).sum()), math.log(n), math.log(words.sum() + 1),
         float((r[:, 0] * words).sum() / max(1.0, words.sum()))],
        a[:20],
    ])


def answered_inputs(texts, pred):
    r = np.array(pred["roles"])
    words = sum(len(x.split()) for x in texts)
    return np.array([pred["answer"][20], r[:, 5].mean(), r.max(1).mean(), math.log(words + 1), r[:, 0].sum(), r[:, 2].sum()])


def platt(logits, gold):
    """Scale and shift that calibrate logits; regularised towards (1, 0) by the class's own count."""
    if gold.sum() < 5:
        return [1.0, 0.0]
    m = LogisticRegression(C=10.0).fit(logits[:, None], gold)
    return [float(m.coef_[0, 0]), float(m.intercept_[0])]


def smooth(values):
    """A running mean over five thresholds, so that no single sentence decides."""
    return np.convolve(np.pad(values, 2, mode="edge"), np.ones(5) / 5, "valid")


def precision_recall(p, gold, grid):
    said = p[None, :] >= grid[:, None]
    hit = (said & gold).sum(1)
    return hit / np.maximum(1, said.sum(1)), hit / max(1, gold.sum())


def tag_threshold(p, gold, beta=1.25):
    """The threshold with the best F-beta, the middle of its plateau.

    Recall weighs a little more than precision: strangers say things more quietly than the annotated answers do.
    """
    grid = np.arange(0.05, 0.75, 0.01)
    precision, recall = precision_recall(p, gold, grid)
    f = smooth((1 + beta**2) * precision * recall / np.maximum(1e-9, beta**2 * precision + recall))
    return float(np.median(grid[f >= f.max() - 0.005]))


def even_threshold(p, gold):
    """The threshold at which precision and recall are both as high as they can be: a false finding on a good
    answer is as bad as a missed one on a bad."""
    grid = np.arange(0.1, 0.8, 0.01)
    precision, recall = precision_recall(p, gold, grid)
    least = smooth(np.minimum(precision, recall))
    return float(np.median(grid[least >= least.max() - 0.005]))


# Log-odds added to a level's being above each threshold. Voices other than the folds' are heard more quietly: without it the levels
# of h and i were .15 too low on the average, and those of real people .25. Most mistakes are that something is not heard, so they have
# to be as much likelier: on h and i precision and recall were .77 and .85 without it, and are .82 and .80.
QUIET = math.log(0.6 / 0.4)


# Sentences of the shortest answer of the folds: a shorter text is unlike all on which the level is fitted, and mostly holds too few
# of an answer's parts for more than a 2.
SHORTEST = 3


class Linear:
    """Logistic regression over standardised inputs, or over some columns of them: the others weigh nothing."""

    def __init__(self, x, y, c, columns=None):
        self.columns = np.arange(x.shape[1]) if columns is None else columns
        self.width = x.shape[1]
        x = x[:, self.columns]
        self.mean, self.std = x.mean(0), x.std(0) + 1e-6
        m = LogisticRegression(C=c, max_iter=2000).fit((x - self.mean) / self.std, y)
        self.w, self.b = m.coef_[0], float(m.intercept_[0])

    def __call__(self, x):
        return sigmoid((x[..., self.columns] - self.mean) / self.std @ self.w + self.b)

    def folded(self):
        """The same on the raw inputs."""
        w = np.zeros(self.width)
        w[self.columns] = self.w / self.std
        return Folded(w, self.b - (self.mean * w[self.columns]).sum())


class Folded:
    """Logistic regression over raw inputs."""

    def __init__(self, w, b):
        self.w, self.b = np.asarray(w, float), float(b)

    def __call__(self, x):
        return sigmoid(x @ self.w + self.b)

    def halfway(self, before):
        """Half way to one of readout.json."""
        return Folded((self.w + before["weights"]) / 2, (self.b + before["bias"]) / 2)


class Judgement:
    """A judgement on the whole answer: its regression, and the threshold of its probability."""

    def __init__(self, x, y, part, name, denied=False, quiet=0.0):
        """part [answers]: the author's number. Inputs and regularisation are those that rank unseen authors best.

        denied [answers]: where the detector finds nothing whatever is judged, which the threshold has to make up for.
        quiet: log-odds added to the threshold.
        """
        tried = [(cross(x, y, part, c, columns), c, columns) for columns, c in candidates(name)]
        p, c, columns = max(tried, key=lambda t: average_precision_score(y, t[0]))
        self.threshold = float(sigmoid(log_odds(even_threshold(np.where(denied, 0, p), y)) + quiet))
        self.regression = Linear(x, y, c, columns).folded()

    def __call__(self, x):
        return float(self.regression(x))

    def go_halfway(self, before):
        self.regression = self.regression.halfway(before)
        self.threshold = middle(self.threshold, before["threshold"])


def middle(a, b):
    """Of two probabilities, by their log-odds."""
    return float(sigmoid((log_odds(a) + log_odds(b)) / 2))


def denies_stopping(pred, tags):
    """Whether `src/detect/stops_at_launch.rs` is silent: no result is told, or the report shows a lasting change or a
    check from the first result on. tags [sentences, 15]: whether each is shown."""
    r = np.array(pred["roles"])
    results = np.flatnonzero(r.argmax(1) == ROLES.index("result"))
    checks = np.flatnonzero(tags[:, TAGS.index("verification")])
    held = checks.size > 0 and (results.size == 0 or checks.max() >= results[0])
    told = 1 - np.prod(1 - r[:, ROLES.index("result")])
    return told < 0.5 or held or tags[:, TAGS.index("mechanism")].any()


# What a mistake is about by the scheme, where that is little of what is heard.
ABOUT = {
    "stops_at_launch": [
        "head_stops_at_launch", "head_no_result", "head_vague", "head_launch_migration", "sum_result", "last_result",
        "none_result", "two_result", "last_lesson", "results_with_figure", "max_metric", "none_metric",
        "max_verification", "none_verification", "max_mechanism", "none_mechanism", "max_afterwards", "none_afterwards",
    ],
}


def candidates(name):
    """Sets of inputs for a judgement, each with a regularisation: all; what the heads say and what is told nowhere;
    the judgement's own head alone; and what the mistake is about."""
    every = np.arange(len(INPUTS))
    absent = np.array([k for k, i in enumerate(INPUTS) if i.startswith(("head_", "none_"))])
    named = lambda names: np.array([INPUTS.index(n) for n in names])
    about = [(named(ABOUT[name]), 0.1)] if name in ABOUT else []
    return [(every, 0.03), (every, 0.1), (absent, 0.1), (named([f"head_{name}"]), 0.1), *about]


def cross(x, y, part, c, columns, parts=5):
    """Probabilities for each answer by regressions that did not see its author."""
    p = np.zeros(len(y))
    for k in range(parts):
        test = part % parts == k
        p[test] = Linear(x[~test], y[~test], c, columns)(x[test])
    return p


def ranked_loss(x, level, part, c):
    """The ranked probability score (Epstein 1969) of the levels by regressions that did not see the author."""
    every = np.arange(x.shape[1])
    return sum(((cross(x, level > k, part, c, every) - (level > k)) ** 2).mean() for k in LEVELS[:-1])


def addressed_threshold(rows):
    """From which probability on a sentence speaks to the grader: below it are all but one in two thousand sentences that
    tell a story, by unseen authors. (What is `other` tells none: mostly notes to oneself or to the reader.)"""
    cue, other = CUES.index("addressed"), ROLES.index("other")
    told = sigmoid(np.array([c[cue] for it, p in rows for c, role in zip(p["cue"], it.roles) if role != other]))
    return float(max(0.5, np.quantile(told, 0.9995)))


class Readout:
    """Everything that is fitted on predictions for unseen authors."""

    def __init__(self, rows, extra=()):
        """rows: (item, prediction) of annotated answers; extra: of texts that are answers or not."""
        logits = np.array([t for _, p in rows for t in p["tag"]])
        gold = np.array([t for it, _ in rows for t in it.tags]) > 0.5
        self.tag_scale = np.array([platt(logits[:, k], gold[:, k]) for k in range(len(TAGS))])
        p = sigmoid(logits * self.tag_scale[:, 0] + self.tag_scale[:, 1])
        self.tag_threshold = np.array([tag_threshold(p[:, k], gold[:, k]) for k in range(len(TAGS))])
        x = np.array([inputs(it.texts, q, self.tag_scale) for it, q in rows])
        authors = sorted({it.author for it, _ in rows})
        part = np.array([authors.index(it.author) for it, _ in rows])
        gold = lambda k, kind: np.array([getattr(it, kind)[k] for it, _ in rows]) > 0.5
        shown = [sigmoid(np.array(q["tag"]) * self.tag_scale[:, 0] + self.tag_scale[:, 1]) >= self.tag_threshold for _, q in rows]
        denied = {"stops_at_launch": np.array([denies_stopping(q, t) for (_, q), t in zip(rows, shown)])}
        self.mistake = {m: Judgement(x, gold(k, "mistakes"), part, m, denied.get(m, False), QUIET) for k, m in enumerate(MISTAKES)}
        self.category = {m: Judgement(x, gold(k, "categories"), part, m) for k, m in enumerate(CATEGORIES)}
        level = np.array([it.level for it, _ in rows])
        c = min((0.003, 0.01, 0.03), key=lambda c: ranked_loss(x, level, part, c))
        self.level = [Linear(x, level > k, c).folded() for k in LEVELS[:-1]]
        for m in self.level:
            m.b += QUIET
        self.addressed = addressed_threshold(rows)
        every = list(rows) + list(extra)
        a = np.array([answered_inputs(it.texts, q) for it, q in every])
        y = np.array([it.answered for it, _ in every]) > 0
        self.answered = Linear(a, y, 10.0).folded()
        # to refuse a real answer is worse than to score a text that is none: a seventh of the way from the least of the ones to
        # what one in twelve of the others reaches
        p = self.answered(a)
        self.answered_threshold = float(min(0.5, 0.85 * p[y].min() + 0.15 * np.quantile(p[~y], 0.92)))

    def go_halfway(self, before):
        """Each number half way to that of the model before, as the weights are. before: its readout.json."""
        scale = np.array([[before["tags"][t]["scale"], before["tags"][t]["shift"]] for t in TAGS])
        self.tag_scale = (self.tag_scale + scale) / 2
        self.tag_threshold = np.array([middle(h, before["tags"][t]["threshold"]) for t, h in zip(TAGS, self.tag_threshold)])
        for kind, judgements in (("mistakes", self.mistake), ("categories", self.category)):
            for b in before[kind]:
                judgements[b["id"]].go_halfway(b)
        self.level = [m.halfway(b) for m, b in zip(self.level, before["levels"])]
        self.answered = self.answered.halfway(before["answered"])
        self.answered_threshold = middle(self.answered_threshold, before["answered"]["threshold"])

    def judge(self, item, pred):
        """(tags [S, 15] bool, mistakes {id: p}, categories {id: p}, levels [5])."""
        t = sigmoid(np.array(pred["tag"]) * self.tag_scale[:, 0] + self.tag_scale[:, 1])
        x = inputs(item.texts, pred, self.tag_scale)
        above = np.minimum.accumulate([m(x) for m in self.level])
        if len(item.texts) < SHORTEST:
            above[1:] = 0
        levels = -np.diff(np.concatenate([[1.0], above, [0.0]]))
        return (t >= self.tag_threshold, {m: f(x) for m, f in self.mistake.items()},
                {m: f(x) for m, f in self.category.items()}, levels)

    def to_json(self, form_ahead):
        """For models/encoder/readout.json; form_ahead: what `forms.choose` gives for the weights."""
        def lin(m, threshold=None):
            out = {"weights": [float(f"{v:.6g}") for v in m.w], "bias": float(f"{m.b:.6g}")}
            return out | ({"threshold": round(threshold, 4)} if threshold is not None else {})

        return {
            "form_ahead": form_ahead,
            "addressed": round(self.addressed, 4),
            "inputs": list(INPUTS),
            "tags": {t: {"scale": round(float(s[0]), 5), "shift": round(float(s[1]), 5), "threshold": round(float(h), 4)}
                     for t, s, h in zip(TAGS, self.tag_scale, self.tag_threshold)},
            "mistakes": [{"id": m} | lin(f.regression, f.threshold) for m, f in self.mistake.items()],
            "categories": [{"id": m} | lin(f.regression, f.threshold) for m, f in self.category.items()],
            "levels": [lin(m) for m in self.level],
            "answered_inputs": ANSWERED_INPUTS,
            "answered": {"id": "answered"} | lin(self.answered, self.answered_threshold),
        }
