"""Whether `candor compare` sees which of two versions is the better one: its verdict on the annotated revisions.

Each revision (`revision_of` in data/) whose level differs from that of the version before it is compared by the model in the
binary, which has learned from them: the later files, that a fold leaves out, hold none.

    python3 training/revisions.py
"""

import argparse
import json
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from noise import CANDOR, HERE, rejoined


def pairs():
    """(old, new) of every revision with another level."""
    for path in sorted((HERE / "data").glob("*.jsonl")):
        answers = {a["id"]: a for a in map(json.loads, path.read_text().splitlines())}
        for new in answers.values():
            old = answers.get(new["revision_of"])
            if old and old["level"] != new["level"]:
                yield old, new


def compared(candor, old, new, folder):
    """The comparison of two annotated answers."""
    paths = [folder / "old.md", folder / "new.md"]
    for path, answer in zip(paths, (old, new)):
        path.write_text(rejoined(answer) + "\n")
    command = [candor, "compare", "--no-config", "--format", "json", *paths]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    args.add_argument("--candor", type=Path, default=CANDOR)
    args = args.parse_args()
    counts, apart, misses = Counter(), {}, []
    with tempfile.TemporaryDirectory() as folder:
        for old, new in pairs():
            said = compared(args.candor, old, new, Path(folder))
            right, other = ("better", "worse") if new["level"] > old["level"] else ("worse", "better")
            result = {right: "right", other: "wrong"}.get(said["verdict"], "undecided")
            sign = (said["score_delta"] or 0) * (new["level"] - old["level"])
            counts[result] += 1
            counts["score moved the right way"] += sign > 0
            of_apart = apart.setdefault(abs(new["level"] - old["level"]), [0, 0])
            of_apart[0] += result == "right"
            of_apart[1] += 1
            if result != "right":
                misses.append([old["id"], new["id"], old["level"], new["level"], said["verdict"], said["score_delta"]])
    measured = counts["right"] + counts["wrong"] + counts["undecided"]
    out = {"pairs": measured, **dict(counts)}
    out["share right"] = round(counts["right"] / measured, 4)
    out["right of all, by levels apart"] = {n: f"{right} of {all_}" for n, (right, all_) in sorted(apart.items())}
    print(json.dumps({**out, "misses": misses}, indent=1))


if __name__ == "__main__":
    main()
