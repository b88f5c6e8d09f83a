"""The weights as they lie in the program's file: by the names of a BERT checkpoint, most of them in 8 bits."""

import torch

import rounding
from model import HIDDEN, LAYERS

BERT = {"out": "attention.output.dense", "out_norm": "attention.output.LayerNorm", "up": "intermediate.dense",
        "down": "output.dense", "down_norm": "output.LayerNorm"}


def checkpoint_names(state):
    """Our parameters by the names of a BERT checkpoint; query, key and value apart."""
    out = {}
    for name, value in state.items():
        parts = name.split(".", 3)
        if parts[0] in ("crf", "end", "end_bias"):
            continue  # only a loss in training
        if parts[0] != "layers":
            out[name] = value
        elif parts[2] == "qkv":
            for k, part in enumerate(("query", "key", "value")):
                out[f"layer.{parts[1]}.attention.self.{part}.{parts[3]}"] = value[k * HIDDEN : (k + 1) * HIDDEN]
        else:
            out[f"layer.{parts[1]}.{BERT[parts[2]]}.{parts[3]}"] = value
    return {k: v.contiguous() for k, v in out.items()}


def our_names(state):
    """The other way of checkpoint_names."""
    out = dict(state)
    for i in range(LAYERS):
        for kind in ("weight", "bias"):
            parts = [out.pop(f"layer.{i}.attention.self.{p}.{kind}") for p in ("query", "key", "value")]
            out[f"layers.{i}.qkv.{kind}"] = torch.cat(parts)
            for ours, theirs in BERT.items():
                out[f"layers.{i}.{ours}.{kind}"] = out.pop(f"layer.{i}.{theirs}.{kind}")
    return out


# The layers' matrices have a scale for each 384 of a row, as what they are multiplied with has (`GROUP` in src/model/kernel): of
# 1,245 sentences the role of 1 is then another one than in f32, and a probability of a role off by 0.0033 on the average (with 128:
# of none, by 0.0025; both without the rounding of `rounding.py`). With one scale a row the position vectors moved roles as much as
# all layers do; blocks of 32 for the word vectors would take a tenth of what is left, for 1.3 MB.
GROUP = 384
BLOCK = 32


def quantize(state, moments):
    """Matrices of the body as int8, with one scale a group or a block of a row, or a row of the word vectors; the rest as it is.
    `moments` are of the inputs of the layers' matrices, by name."""
    out = {}
    for name, v in state.items():
        if name in moments:
            out[name], out[name + ".scale"] = rounding.compensated(v, GROUP, moments[name])
        elif v.ndim == 2 and not name.startswith(("role", "tag", "attend", "answer", "cue", "crf")):
            block = v.shape[1] if name == "words.weight" else BLOCK
            out[name], out[name + ".scale"] = rounding.nearest(v, block)
        else:
            out[name] = v
    return out


def dequantize(state):
    """The weights as the program sees them."""
    out = {}
    for name, v in state.items():
        if v.dtype == torch.int8:
            scale = state[name + ".scale"]
            v = (v.float().view(len(v), scale.shape[1], -1) * scale[..., None]).view_as(v)
        if not name.endswith(".scale"):
            out[name] = v
    return out
