"""The shipped weights: the mean of the folds' weights.

    python soup.py        writes runs/final/

Models that begin alike can be averaged, and hear strangers better than each of them (model soups, Wortsman et al. 2022):
each answer of the folds was learned by three of the four.
"""

import torch
from safetensors.torch import load_file, save_file

from labels import FOLDS
from train import RUNS

folds = [load_file(RUNS / f"fold{k}" / "model.safetensors") for k in range(len(FOLDS))]
out = RUNS / "final"
out.mkdir(parents=True, exist_ok=True)
save_file({k: torch.stack([f[k] for f in folds]).mean(0) for k in folds[0]}, out / "model.safetensors")
