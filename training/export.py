"""Writes a model as the program reads it: 8-bit weights and the readout.

    python export.py final      models/encoder/, with word vectors and vocabulary, and the goldens for the tests
    python export.py fold 0     runs/fold0/export/, its readout fitted on the other folds: for `candor eval --model`
"""

import argparse
import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

import data
import forms
import rounding
import vocabulary
from model import HIDDEN, LAYERS, Encoder
from readout import Readout, answered_inputs
from folds import everything
from labels import FOLDS
from train import BASE, RUNS, predict

ROOT = Path(__file__).parent.parent
OUT = ROOT / "models" / "encoder"
ID = "candor-minilm-10"
GOLDENS = 24
TOKENIZER = Tokenizer.from_file(str(BASE / "tokenizer.json"))
TOKENIZER.no_padding(), TOKENIZER.no_truncation()
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


def export(state, readout, out, ident, moments=None):
    """Writes weights and readout; gives the model with the weights as written: without `moments`, as they are."""
    out.mkdir(parents=True, exist_ok=True)
    small = checkpoint_names(quantize(state, moments) if moments else state)
    model = Encoder().eval()
    model.load_state_dict(our_names(dequantize(small)), strict=False)  # without the chain
    save_file({k: v for k, v in small.items() if not k.startswith("words.")}, out / "model.safetensors")
    digests = {"sha256": digest(out / "model.safetensors"), "words_sha256": digest(OUT / "words.safetensors")}
    (out / "readout.json").write_text(json.dumps({"id": ident} | digests | readout.to_json(forms.choose(model, TOKENIZER)), indent=1) + "\n")
    return model


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("what", choices=["fold", "final"])
    ap.add_argument("fold", nargs="?", type=int, default=-1)
    args = ap.parse_args()
    items, extra, rows = everything()
    run = RUNS / (f"fold{args.fold}" if args.what == "fold" else "final")
    state = load_file(run / "model.safetensors")
    seen = [r for k, r in enumerate(rows) if k != args.fold]
    readout = Readout([r for a, _ in seen for r in a], [r for _, x in seen for r in x])
    trained = Encoder().eval()
    trained.load_state_dict(state)
    held = FOLDS[args.fold] if args.what == "fold" else ""
    moments = rounding.moments(trained, TOKENIZER, [it for it in items if it.author not in held])
    if args.what == "fold":
        export(state, readout, run / "export", f"{ID}-fold{args.fold}", moments)
        export(state, readout, run / "export-f32", f"{ID}-fold{args.fold}-f32")
        lines = [line for f in data.EXTRA
                 for line in (data.HERE / "texts" / f"{f}.jsonl").read_text().splitlines()]
        (run / "texts.jsonl").write_text("\n".join(lines[args.fold :: 4]) + "\n")
        return
    # the base's word vectors are not trained, so this file is the same for every version of the model
    words = quantize({"words.weight": state["words.weight"]}, {})
    save_file(words, OUT / "words.safetensors")
    shipped = export(state, readout, OUT, ID, moments)
    vocabulary.TOKENIZER.write_bytes(compact_tokenizer())
    vocabulary.main()
    write_known(shipped)
    write_goldens(shipped, trained, readout, items)


def compact_tokenizer():
    """The base's tokenizer without padding, truncation and white space."""
    t = json.loads((BASE / "tokenizer.json").read_text())
    t["padding"] = t["truncation"] = None
    return json.dumps(t, ensure_ascii=False, separators=(",", ":")).encode()


def write_known(model):
    """The vectors of the example questions in the guides, which are compared with each question that is asked."""
    texts = [q for guide in sorted(forms.GUIDES.glob("*.toml")) for examples in forms.questions(guide) for q in examples]
    save_file({"vectors": forms.vectors(model, TOKENIZER, texts)}, OUT / "known.safetensors", {"texts": json.dumps(texts)})


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


def write_goldens(shipped, trained, readout, items):
    """What PyTorch and the readout make of answers spread over the files, with the weights as shipped and as trained."""
    out = []
    for it in items[7 :: len(items) // GOLDENS]:
        if sum(len(t.split()) for t in it.texts) >= 330:
            continue
        q, f = predict(shipped, [it])[0], predict(trained, [it])[0]
        _, mistakes, categories, levels = readout.judge(it, q)
        out.append({
            "id": it.id, "sentences": it.texts, "roles": rounded(q["roles"]), "tags": rounded(q["tag"]), "cues": rounded(q["cue"]),
            "answer": rounded([q["answer"]])[0], "roles_unquantized": rounded(f["roles"]), "mistakes": mistakes,
            "categories": categories, "levels": levels.tolist(),
            "answered": float(readout.answered(answered_inputs(it.texts, q))),
        })
    path = ROOT / "tests" / "goldens" / "encoder.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(out, ensure_ascii=False) + "\n")


def rounded(rows):
    return [[round(float(v), 5) for v in row] for row in rows]


if __name__ == "__main__":
    main()
