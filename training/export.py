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
from checkpoint import checkpoint_names, dequantize, our_names, quantize
from folds import everything, fitted
from labels import FOLDS
from model import Encoder
from readout import answered_inputs
from train import BASE, RUNS, predict

ROOT = Path(__file__).parent.parent
OUT = ROOT / "models" / "encoder"
ID = "candor-minilm-11"
GOLDENS = 24
TOKENIZER = Tokenizer.from_file(str(BASE / "tokenizer.json"))
TOKENIZER.no_padding(), TOKENIZER.no_truncation()


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
    readout = fitted(rows, args.fold)
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
