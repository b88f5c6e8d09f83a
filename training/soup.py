"""The shipped weights: half the mean of the folds' weights, half the model that was shipped before.

    python soup.py BEFORE.safetensors        writes runs/final/

Models that begin alike can be averaged, and hear strangers better than each of them (model soups, Wortsman et al. 2022):
each answer of the folds was learned by three of the four. The model before learned them all for longer, in other steps.
"""

import sys

import torch
from safetensors.torch import load_file, save_file

from export import dequantize, our_names
from labels import FOLDS
from train import RUNS

before = our_names(dequantize(load_file(sys.argv[1])))
folds = [load_file(RUNS / f"fold{k}" / "model.safetensors") for k in range(len(FOLDS))]
mean = {k: torch.stack([f[k] for f in folds]).mean(0) for k in folds[0]}
# the word vectors are the base's and in a file of their own, the chain is not shipped
final = {k: (v + before[k]) / 2 if k in before and before[k].shape == v.shape else v for k, v in mean.items()}
out = RUNS / "final"
out.mkdir(parents=True, exist_ok=True)
save_file(final, out / "model.safetensors")
