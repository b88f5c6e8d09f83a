"""How fast `candor bank` is, and in how much memory: python3 benches/bank.py [PATH OF candor] [RECORDS ...]

Reads all stories of training/data as JSON Lines, each heard anew, and once more from the cache; then so many records of the
first sentence of each (1,000 and 100,000 by default), from the cache where a sentence comes again, whose peak memory must
not grow with their number; and so many that are all different (1,000 and 10,000 by default, and 1,000 again, since a machine
is not always as fast), each heard anew, whose time must grow with their number and no more. Linux counts ru_maxrss in KiB.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).parent.parent


def stories(sentences=None):
    """The texts of the annotated answers, or the beginnings of them."""
    for path in sorted((ROOT / "training" / "data").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            yield " ".join(s["text"] for s in json.loads(line)["sentences"][:sentences])


def pairs(count):
    """So many texts of two sentences, all different up to 999,000; each thousand of them has the same sentences."""
    some = random.Random(1).sample(sorted(set(stories(1))), 1000)
    for i in range(count):
        turn, at = divmod(i, len(some))
        yield f"{some[at]} {some[(at + turn + 1) % len(some)]}"


def run(candor, label, texts, cache):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.jsonl"
        count = 0
        with path.open("w") as out:
            for text in texts:
                out.write(json.dumps({"id": count, "text": text}) + "\n")
                count += 1
        started = time.time()
        args = [candor, "bank", "--no-config", "--quiet", "-f", "jsonl", str(path)]
        args += ["--no-cache"] if cache is None else []
        with open(os.devnull, "wb") as nothing:
            child = subprocess.Popen(args, stdout=nothing, env={**os.environ, "CANDOR_CACHE": str(cache)})
            _, status, usage = os.wait4(child.pid, 0)
        seconds = time.time() - started
        core = (usage.ru_utime + usage.ru_stime) / count
        print(f"{label}: {count} records, {seconds:.1f} s, {count / seconds:.1f} a second, "
              f"{1000 * core:.2f} ms of a core for each, {usage.ru_maxrss / 1024:.0f} MiB at most, "
              f"status {os.waitstatus_to_exitcode(status)}", flush=True)


def main():
    args = sys.argv[1:]
    candor = args[0] if args else str(ROOT / "target" / "release" / "candor")
    with tempfile.TemporaryDirectory() as cache:
        run(candor, "whole stories", stories(), None)
        run(candor, "whole stories, into the cache", stories(), cache)
        run(candor, "whole stories, from the cache", stories(), cache)
        counts = [int(n) for n in args[1:]]
        for count in counts or [1000, 100000]:
            run(candor, "first sentences", islice(cycle(stories(1)), count), cache)
    for count in counts or [1000, 10000, 1000]:
        run(candor, "different texts", pairs(count), None)


if __name__ == "__main__":
    main()
