"""How much less well candor hears the same answers in another dress: F1 lost on the answers of heldout/, by change.

    cargo build --release && python training/robustness.py

Writes robustness.json. No change says anything else; sentences are merged only where they play the same role.
"""

import json
import random
import re
import tempfile
from pathlib import Path

from clean import clean
from data import STOPS, typo
from noise import HERE
from report import HELDOUT, evaluate, figures

SEED = 1
STAR = {"context": "Situation:", "ownership": "Task:", "action": "Action:", "result": "Result:", "lesson": "Lesson:"}
OTHERS = {"context": "Where we stood:", "ownership": "What fell to me:", "action": "My moves:", "result": "What came of it:",
          "lesson": "For the next one:"}


def each(change):
    """The change of every sentence's text, as a change of an answer."""
    return lambda answer: answer | {"sentences": [s | {"text": change(s["text"]) or s["text"]} for s in answer["sentences"]]}


def no_punctuation(text):
    return " ".join(STOPS.sub(" ", clean(text)).split())


def headed(headings):
    """Each role's heading before the first sentence that plays it, in the place of the headings that are there."""
    def change(answer):
        new, told = [], set()
        for s in answer["sentences"]:
            text = clean(s["text"]) or s["text"]
            if s["role"] in headings and s["role"] not in told:
                told.add(s["role"])
                text = f"{headings[s['role']]} {text}"
            new.append(s | {"text": text})
        return answer | {"sentences": new}
    return change


def bullets(answer):
    return each(clean)(answer) | {"format": "bullets"}


def typos(answer):
    rng = random.Random(f"{SEED} {answer['id']}")
    return each(lambda text: typo(rng, text, 0.05))(answer)


def merged(answer):
    """Every two neighbours that play the same role as one sentence, with a comma between them."""
    new = []
    for s in answer["sentences"]:
        text = clean(s["text"]) or s["text"]
        last = new[-1] if new else None
        if last and last["role"] == s["role"] and not last.get("two"):
            first = text if re.match(r"I\b|[A-Z][A-Z0-9]", text) else text[0].lower() + text[1:]
            both = [*last["tags"], *(t for t in s["tags"] if t not in last["tags"])]
            new[-1] = last | {"text": f"{last['text'].rstrip('.;:!? ')}, {first}", "tags": both, "two": True}
        else:
            new.append(s | {"text": text})
    return answer | {"sentences": new}


CHANGES = {
    "as written": lambda answer: answer,
    "lower case": each(str.lower),
    "no punctuation": each(no_punctuation),
    "no punctuation, lower case": each(lambda text: no_punctuation(text).lower()),
    "no headings": each(clean),
    "headings": headed(STAR),
    "other headings": headed(OTHERS),
    "bullets": bullets,
    "typos in 5 % of the letters": typos,
    "merged by commas": merged,
}


def main():
    answers = [json.loads(line) for path in HELDOUT for line in path.read_text().splitlines()]
    out, before = {}, None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.jsonl"
        for name, change in CHANGES.items():
            path.write_text("".join(json.dumps(change(a)) + "\n" for a in answers))
            said = figures([evaluate(None, [path])])
            out[name] = {k: said[k] for k in ("boundaries_f1", "roles_macro_f1", "tags_macro_f1", "level_kappa")}
            before = before or out[name]
            print(f"{name:30}", *(f"{k} {v:.3f} ({v - before[k]:+.3f})" for k, v in out[name].items()))
    (HERE / "robustness.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
