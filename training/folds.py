"""What the fold models said of the answers that they had not seen."""

import json

import data
from labels import FOLDS
from train import RUNS


def everything():
    """Annotated answers, other texts, and a fold each: (item, prediction) of answers and of other texts."""
    items = data.load_answers()
    extra = data.load_extra()
    by_id = {it.id: it for it in items + extra}
    rows = []
    for k in range(len(FOLDS)):
        folder = RUNS / f"fold{k}"
        files = [folder / "predictions.json", folder / "extra.json"]
        rows.append(tuple([(by_id[p["id"]], p) for p in json.loads(f.read_text())] if f.exists() else []
                          for f in files))
    return items, extra, rows
