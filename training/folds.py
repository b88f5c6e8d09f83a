"""What the fold models said of the answers that they had not seen, and the readout that is fitted on it."""

import json

import data
from labels import FOLDS
from readout import Readout
from train import RUNS


def everything():
    """Annotated answers, other texts, and a fold each: (item, prediction) of answers and of other texts."""
    items = data.load_answers()
    extra = data.load_extra()
    known = [{it.id: it for it in part} for part in (items, extra)]  # an answer and a text may have the same id
    rows = []
    for k in range(len(FOLDS)):
        folder = RUNS / f"fold{k}"
        files = [folder / "predictions.json", folder / "extra.json"]
        rows.append(tuple([(by_id[p["id"]], p) for p in json.loads(f.read_text())] if f.exists() else []
                          for by_id, f in zip(known, files)))
    return items, extra, rows


def fitted(rows, fold=-1):
    """The readout of a model that knows all folds but this one, half way from that of the model before, as the weights are."""
    seen = [r for k, r in enumerate(rows) if k != fold]
    readout = Readout([r for a, _ in seen for r in a], [r for _, x in seen for r in x])
    readout.go_halfway(json.loads((RUNS / "before" / "readout.json").read_text()))
    return readout
