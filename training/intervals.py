"""Percentile bootstrap intervals (Efron 1979) of the figures: what other answers of the same writers would give.

Drawn are families, an answer with its revisions, which are much alike.
"""

import numpy as np

TIMES, SEED, SHARE = 1000, 1, 0.95
COUNTS = ("hit", "wrong", "missed")


def f1(counts):
    """F1 of counts [..., classes, 3]; nan for a class that isn't annotated."""
    hit, wrong, missed = np.moveaxis(counts, -1, 0)
    with np.errstate(invalid="ignore"):
        return np.where(hit + missed > 0, 2 * hit / np.maximum(1, 2 * hit + wrong + missed), np.nan)


def kappa(confusion):
    """Cohen's kappa with quadratic weights (Cohen 1968) of confusions [..., 5, 5]."""
    off = (np.arange(5)[:, None] - np.arange(5)[None, :]) ** 2
    expected = confusion.sum(-1)[..., :, None] * confusion.sum(-2)[..., None, :] / confusion.sum((-1, -2))[..., None, None]
    return 1 - (off * confusion).sum((-1, -2)) / (off * expected).sum((-1, -2))


def table(parts, kind):
    """The counts of each answer, [answers, classes, 3]."""
    names = sorted({name for p in parts for name in p[kind]["classes"]})
    none = dict.fromkeys(COUNTS, 0)
    return np.array([[[p[kind]["classes"].get(n, none)[c] for c in COUNTS] for n in names] for p in parts], float)


def intervals(parts, families):
    """{figure: [low, high]} of what `candor eval` counts in each answer, and of the family of each."""
    number = {name: i for i, name in enumerate(dict.fromkeys(families))}
    n = len(number)
    drawn = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), TIMES).astype(float)
    drawn = drawn[:, [number[f] for f in families]]
    resampled = lambda counts: np.tensordot(drawn, counts, 1)
    tables = {kind: resampled(table(parts, kind)) for kind in ("roles", "tags", "mistakes", "categories")}
    values = {f"{kind}_macro_f1": np.nanmean(f1(counts), -1) for kind, counts in tables.items()}
    values |= {f"{kind}_micro_f1": f1(counts.sum(-2)) for kind, counts in tables.items()}
    values["level_kappa"] = kappa(resampled(np.array([p["level"]["confusion"] for p in parts], float)))
    tails = [(1 - SHARE) / 2, (1 + SHARE) / 2]
    return {name: [round(float(v), 3) for v in np.quantile(value, tails)] for name, value in values.items()}
