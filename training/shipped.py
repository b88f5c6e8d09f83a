"""The model as it is shipped, for what is learned last: body and other heads stay as they are."""

import json

from safetensors.torch import load_file, save_file

from checkpoint import dequantize, our_names
from export import ID, OUT, ROOT, digest
from model import Encoder

GOLDENS = ROOT / "tests" / "goldens" / "encoder.json"


def load():
    """Its tensors by their names in the file, and the model with the weights that they are."""
    state = load_file(OUT / "model.safetensors")
    return state, model_of(state)


def model_of(state):
    model = Encoder().eval()
    model.load_state_dict(our_names(dequantize(state | load_file(OUT / "words.safetensors"))), strict=False)
    return model


def write(state, **readout):
    """The tensors, with what is new in the readout."""
    save_file(state, OUT / "model.safetensors")
    path = OUT / "readout.json"
    known = json.loads(path.read_text()) | {"id": ID, "sha256": digest(OUT / "model.safetensors")} | readout
    path.write_text(json.dumps(known, indent=1) + "\n")


def change_goldens(answers, change):
    """Each golden with what `change` gives for its answer; nothing else of it changes."""
    goldens, items = json.loads(GOLDENS.read_text()), {it.id: it for it in answers}
    GOLDENS.write_text(json.dumps([g | change(items[g["id"]]) for g in goldens], ensure_ascii=False) + "\n")
