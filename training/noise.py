"""How far a score moves when nothing is said that was not said before: the noise band of `candor compare`.

Each answer of heldout/, which no model has learned from, is changed in ways that keep its meaning, one at a time and all
at once, and the program critiques both. noise.json keeps the band: of the most points by which each answer moved the
90th percentile, so that nine of ten answers move no further whichever of the changes is made; how often the level changed;
and how often `compare` would call a change better or worse. The band is compiled into candor: build it again afterwards.

    cargo build --release && python3 training/noise.py && cargo build --release
"""

import argparse
import json
import math
import re
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
CANDOR = HERE.parent / "target" / "release" / "candor"
PERCENTILE = 0.9

CONTRACTIONS = [
    ("did not", "didn't"), ("do not", "don't"), ("does not", "doesn't"), ("was not", "wasn't"), ("were not", "weren't"),
    ("could not", "couldn't"), ("would not", "wouldn't"), ("should not", "shouldn't"), ("had not", "hadn't"),
    ("have not", "haven't"), ("has not", "hasn't"), ("is not", "isn't"), ("are not", "aren't"), ("cannot", "can't"),
    ("will not", "won't"), ("I am", "I'm"), ("we are", "we're"), ("they are", "they're"), ("I will", "I'll"),
    ("we will", "we'll"),
]
# Words that may stand for each other in nearly every sentence; both ways.
SYNONYMS = [
    ("began", "started"), ("large", "big"), ("almost", "nearly"), ("entire", "whole"), ("often", "frequently"),
    ("customers", "clients"), ("checked", "verified"), ("looked at", "examined"), ("needed", "required"),
    ("afterwards", "after that"), ("talked to", "spoke with"), ("talked with", "spoke to"), ("fixed", "repaired"),
    ("bug", "defect"), ("colleague", "coworker"), ("a lot of", "many"), ("usually", "normally"),
    ("company", "firm"), ("tiny", "very small"),
    ("every day", "each day"), ("every week", "each week"), ("every month", "each month"), ("everybody", "everyone"),
    ("nobody", "no one"), ("somebody", "someone"), ("permitted", "allowed"), ("quickly", "fast"), ("since then", "from then on"),
]
LEADING = "When|After|Before|Because|While|Since|If|Once|Although|As soon as|In|On|At|During|For"
TRAILING = "when|after|before|because|while|once|although|as soon as"
SUBJECT = "I|[Ww]e|[Tt]he|[Hh]e|[Ss]he|[Tt]hey|[Ii]t|[Mm]y|[Oo]ur|[Nn]obody|[Aa]n?|[Ee]very|[Tt]wo|[Bb]oth"
FIRST_WORDS = {"The", "A", "An", "It", "We", "He", "She", "They", "This", "That", "My", "Our", "Two", "Both", "No", "Every"}


def replaced(text, pairs):
    """The text with each left side as its right side, capitals kept."""
    for old, new in pairs:
        def swap(found, new=new):
            return new[0].upper() + new[1:] if found[0][0].isupper() else new
        text = re.sub(rf"(?<![\w'-]){re.escape(old)}(?![\w'-])", swap, text, flags=0 if old[0] == "I" else re.I)
    return text


def contracted(text):
    return replaced(text, CONTRACTIONS)


def expanded(text):
    return replaced(text.replace("\u2019", "'"), [(b, a) for a, b in CONTRACTIONS] + [("I've", "I have"), ("we've", "we have")])


def synonyms(text):
    """Each word of the table as the other one of its pair."""
    both = {a: b for pair in SYNONYMS for a, b in (pair, pair[::-1])}
    words = "|".join(sorted(map(re.escape, both), key=len, reverse=True))

    def swap(found):
        new = both[found[0].lower()]
        return new[0].upper() + new[1:] if found[0][0].isupper() else new
    return re.sub(rf"(?<![\w'-])({words})(?![\w'-])", swap, text, flags=re.I)


def no_last_stop(text):
    return re.sub(r"\.\s*$", "", text)


def dashes(text):
    """Dashes between words as commas; the marks of bullets stay."""
    return re.sub(r"(?<=\w)(?: +(?:-{1,2}|[\u2013\u2014]) +|\u2014)(?=\w)", ", ", text)


def quotes(text):
    text = re.sub(r'(^|[\s(\[])"', "\\1\u201c", text).replace('"', "\u201d")
    return text.replace("'", "\u2019")


def lowered(clause):
    """A clause that began a sentence, inside of one."""
    first = clause.split(" ", 1)[0]
    return clause[0].lower() + clause[1:] if first in FIRST_WORDS else clause


def reordered(sentence):
    """The sentence with its leading clause at the end, or the other way; as it is where it has neither or is no simple one."""
    found = re.fullmatch(rf"({LEADING}) ([^,;:.]+), ((?:{SUBJECT}) [^,;:]+?)(\.?)", sentence)
    if found:
        main = found[3][0].upper() + found[3][1:]
        return f"{main} {found[1].lower()} {lowered(found[2])}{found[4]}"
    found = re.fullmatch(rf"((?:{SUBJECT}) [^,;:]+?) ({TRAILING}) ((?:{SUBJECT}) [^,;:.]+)(\.?)", sentence)
    if found and found[1][0].isupper() and not re.search(rf"\b(?:{TRAILING}|since|that|if|other)\b", f"{found[1]} {found[3]}"):
        return f"{found[2].capitalize()} {found[3]}, {lowered(found[1])}{found[4]}"
    return sentence


def clauses(text):
    """Each sentence reordered, where it is on a line or between full stops."""
    return "".join(reordered(part) for part in re.split(r"(\n+(?:- )?|(?<=\.) |^- |\([A-Z]\) |\*\*:? )", text))


def everything(text):
    for change in (contracted, synonyms, clauses, dashes, no_last_stop, quotes):
        text = change(text)
    return text


CHANGES = [contracted, expanded, no_last_stop, dashes, quotes, synonyms, clauses, everything]


def rejoined(answer):
    """As ANNOTATION.md says."""
    first, between = {"bullets": ("- ", "\n- "), "star": ("", "\n")}.get(answer["format"], ("", " "))
    return first + between.join(s["text"] for s in answer["sentences"])


def critiques(candor, texts, folder):
    """What the program says of each text, in their order."""
    paths = []
    for i, text in enumerate(texts):
        paths.append(folder / f"{i:05}.md")
        paths[-1].write_text(text + "\n")
    command = [candor, "critique", "--no-config", "--quiet", "--format", "jsonl", *paths]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"candor ended with {done.returncode}")
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(said) == len(texts), f"{len(said)} critiques of {len(texts)} texts"
    return said


def percentile(points):
    """The 90th, of whole points without their sign: the least that is not exceeded by nine of ten."""
    return sorted(map(abs, points))[math.ceil(PERCENTILE * len(points)) - 1]


def summary(moves, band):
    """Figures of (points, levels) moved: the percentile, the most, the shares of other levels and of verdicts."""
    verdicts = sum(abs(p) > band or p * l > 0 for p, l in moves)
    levels = sum(l != 0 for _, l in moves)
    return {
        "changes": len(moves), "points": percentile([p for p, _ in moves]), "most": max(abs(p) for p, _ in moves),
        "level_changes": round(levels / len(moves), 4), "verdicts": round(verdicts / len(moves), 4),
    }


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    args.add_argument("--candor", type=Path, default=CANDOR)
    args = args.parse_args()
    files = sorted((HERE / "heldout").glob("*.jsonl"))
    answers = [rejoined(json.loads(line)) for path in files for line in path.read_text().splitlines() if line.strip()]
    jobs = [(i, change.__name__, new) for i, old in enumerate(answers) for change in CHANGES if (new := change(old)) != old]
    with tempfile.TemporaryDirectory() as folder:
        said = critiques(args.candor, answers + [text for _, _, text in jobs], Path(folder))
    moves, farthest, refused = {}, {}, 0
    for (i, kind, _), new in zip(jobs, said[len(answers):]):
        old = said[i]
        if old["score"] is None or new["score"] is None:
            refused += (old["score"] is None) != (new["score"] is None)
            continue
        points = new["score"] - old["score"]
        moves.setdefault(kind, []).append((points, new["level"] - old["level"]))
        farthest[i] = max(abs(points), farthest.get(i, 0))
    band = percentile(farthest.values())
    whole = summary([move for kind in moves.values() for move in kind], band)
    tool = said[0]["tool"]
    out = {
        "points": band, "level_changes": whole["level_changes"], "verdicts": whole["verdicts"], "changes": whole["changes"],
        "answers": len(farthest), "refused": refused, "guide": tool["guide"].split("@")[0], "model": tool["model"],
        "kinds": {kind: summary(of_kind, band) for kind, of_kind in moves.items()},
    }
    (HERE / "noise.json").write_text(json.dumps(out, indent=1) + "\n")
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
