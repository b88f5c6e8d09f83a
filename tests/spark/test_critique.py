"""examples/spark on a cluster of two workers, one of which is killed midway: what one candor process says, and nothing else.

    tests/spark/run

Environment: CANDOR, the binary to test.
"""

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pyspark
from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parents[2]
JOB = ROOT / "examples" / "spark" / "critique.py"
CANDOR = os.environ["CANDOR"]
RECORDS = 5000
PARTITIONS = 25
# Tasks of 25 that are done when the executor is killed.
MIDWAY = 6
FILTER = ["bank", "-", "--format", "jsonl", "--no-config", "--quiet", "--no-cache"]
SUBMIT = Path(pyspark.__file__).parent / "bin" / "spark-submit"

sys.path.insert(0, str(JOB.parent))
import critique  # noqa: E402


def sentences():
    """The sentences of the annotated answers, an answer a list."""
    for path in sorted((ROOT / "training" / "data").glob("*.jsonl")):
        for answer in map(json.loads, path.read_text().splitlines()):
            yield answer["question"], [s["text"] for s in answer["sentences"]]


def lines(count):
    """So many records, always the same, and short for the time's sake; every twentieth is bad, each in another way."""
    draw = random.Random(4)
    answers = list(sentences())
    bad = [
        lambda i: b'{"id": "b%d", "text": ""}' % i,
        lambda i: b'{"id": "b%d", "text": %d}' % (i, i),
        lambda i: b'{"id": "b%d", "text": null, "question": "Why?"}' % i,
        lambda i: b'{"id": "b%d", "question": "Why?"}' % i,
        lambda i: b'{"id": "b%d", "text": "cut o' % i,
        lambda i: b'{"id": "b%d", "text": "not \xff UTF-8"}' % i,
        lambda i: b'{"id": "b%d", "text": "not\\u0000text"}' % i,
        lambda i: b"[%d]" % i,
        lambda i: b"nothing",
        lambda i: b'{"id": "b%d", "text": "%s"}' % (i, b"So long. " * (120_000 if i < 500 else 1)),
        lambda i: b'{"id": "b%d", "text": "%s"}' % (i, b"x" * (9 << 20 if i < 500 else 1)),
    ]
    for i in range(count):
        if i % 20 == 19:
            yield bad[i // 20 % len(bad)](i)
            continue
        question, text = draw.choice(answers)
        start = draw.randrange(len(text))
        part = "\n".join(text[start : start + draw.randint(1, 3)])
        record = {"id": draw.choice([i, f"r{i}", f" é\u202e{i}"]), "text": part}
        if i % 8 == 0:
            record["question"] = question
        if i % 97 == 0:
            del record["id"]
        yield json.dumps(record, ensure_ascii=i % 2 == 0).encode()


def alone(data, *options):
    """What one candor process says of it."""
    done = subprocess.run([CANDOR, *FILTER, *options], input=data, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().splitlines()


def placeless(line):
    """A record without an id is called by its place in what one process reads, which no cluster can know."""
    return re.sub(r'"-:\d+\b', '"-:N', line)


def descendants(pid):
    """The processes that it has started, and those that they have."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = {pid}
    while more := {p for p, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


class Cluster:
    """The job, submitted."""

    def __init__(self, folder, master, files, *args):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (folder / "events").mkdir(exist_ok=True)
        settings = {
            "spark.ui.port": port,
            "spark.eventLog.enabled": "true",
            "spark.eventLog.compress": "false",
            "spark.eventLog.dir": (folder / "events").as_uri(),
            "spark.local.dir": folder / "local",
            "spark.driver.host": "127.0.0.1",
        }
        command = [SUBMIT, "--master", master, "--files", ",".join(map(str, files))]
        command += [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
        environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
        self.folder, self.url = folder, f"http://127.0.0.1:{port}/api/v1/applications"
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, JOB, *args], env=environment, stdout=log, stderr=log, cwd=folder, start_new_session=True
            )

    def ask(self, path=""):
        """What the running job says of itself; nothing before it listens, and no JSON before it is ready."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return []

    def midway(self):
        """Waits until some tasks of the stage that critiques are done and some run; how many of each."""
        while self.process.poll() is None:
            for application in self.ask():
                for stage in self.ask(f"/{application['id']}/stages?status=active"):
                    if stage["numTasks"] == PARTITIONS and stage["numCompleteTasks"] >= MIDWAY:
                        return stage["numCompleteTasks"], stage["numActiveTasks"]
            time.sleep(0.1)
        raise AssertionError(f"it ended before it was midway:\n{self.words()}")

    def executors(self):
        return [p for p in descendants(self.process.pid) if "CoarseGrainedExecutorBackend" in command_of(p)]

    def busy(self):
        """An executor in which candor runs, and its candor processes."""
        while self.process.poll() is None:
            for executor in self.executors():
                if running := [p for p in descendants(executor) if "candor\0bank\0" in command_of(p)]:
                    return executor, running
        raise AssertionError(f"it ended before it was midway:\n{self.words()}")

    def words(self):
        return self.log.read_text(errors="replace")[-20_000:]

    def events(self, kind):
        """The events of a kind in the log that Spark keeps of a job."""
        logs = [p for p in (self.folder / "events").rglob("*") if p.is_file()]
        every = (json.loads(line) for log in logs for line in log.read_text().splitlines() if line.startswith("{"))
        return [e for e in every if e["Event"] == f"SparkListener{kind}"]


class InAFolder(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="candor-spark-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)


class OnePartition(InAFolder):
    """`pipe`, without Spark."""

    def pipe(self, lines, *command):
        rows = (SimpleNamespace(id=i, line=bytearray(line)) for i, line in enumerate(lines))
        return critique.pipe(rows, command, str(self.folder))

    def script(self, text):
        path = self.folder / "candor"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return "candor"

    def test_a_row_a_record_in_their_order(self):
        data = list(lines(60))
        found = list(self.pipe(data, CANDOR, *FILTER))
        self.assertEqual([i for i, _ in found], list(range(60)))
        self.assertEqual([line for _, line in found], alone(b"\n".join(data)))

    def test_nothing_is_started_for_an_empty_partition(self):
        self.assertEqual(list(self.pipe([], "no-such-program")), [])

    def test_where_every_record_is_bad_each_row_says_why(self):
        found = list(self.pipe([b"nothing", b'{"text": ""}'], CANDOR, *FILTER))
        self.assertEqual([json.loads(line)["schema"] for _, line in found], ["candor.error/1"] * 2)

    def test_more_than_the_pipes_hold_comes_through(self):
        data = [b"x" * 300_000] * 40
        self.assertEqual(len(list(self.pipe(data, "cat"))), 40)

    def test_what_ends_too_early_fails_with_its_last_words(self):
        for text, said in [
            ("head -n 2; echo out of memory >&2; kill -9 $$", "code -9, .* unanswered: out of memory"),
            ("head -c 7", "code 0, 2 records unanswered"),
            ("cat; echo the disk is full >&2; exit 101", "code 101, 0 records unanswered: the disk is full"),
            ("exec 0<&-; exit 2", "code 2, "),
        ]:
            with self.subTest(text), self.assertRaisesRegex(RuntimeError, said):
                list(self.pipe([b"12345", b"67890", b"12345"], self.script(text)))
        with self.assertRaisesRegex(RuntimeError, "code 2, 1 records unanswered: candor: error: .*none.toml"):
            list(self.pipe([b'{"text": "So."}'], CANDOR, *FILTER, "--guide", "none.toml"))
        with self.assertRaises(FileNotFoundError):
            list(self.pipe([b"nothing"], "no-such-program"))

    def test_a_failure_of_the_input_is_one_of_the_task(self):
        def rows():
            yield b"first"
            raise OSError("the shuffle is gone")

        with self.assertRaisesRegex(OSError, "the shuffle is gone"):
            list(self.pipe(rows(), "cat"))

    def test_no_process_is_left_where_the_reader_stops(self):
        rows = self.pipe((b"again" for _ in iter(int, 1)), "cat")
        next(rows)
        self.assertTrue([p for p in descendants(os.getpid()) if command_of(p) == "cat\0"])
        rows.close()
        self.assertFalse([p for p in descendants(os.getpid()) if command_of(p) == "cat\0"])


class OnACluster(InAFolder):
    def session(self):
        """Spark to write the input and read the output."""
        quiet = {"spark.ui.enabled": "false", "spark.log.level": "ERROR", "spark.ui.showConsoleProgress": "false"}
        spark = SparkSession.builder.master("local[1]").config(map=quiet).getOrCreate()
        self.addCleanup(spark.stop)
        return spark

    def rows(self, output):
        return [row.asDict(recursive=True) for row in self.session().read.parquet(str(output)).collect()]

    def test_parquet_with_names_of_its_own(self):
        text = 'The "export" was mine.\nI asked both leads for a date. \u202eIt fell by 40%.'
        given = [(1, text, "Why?"), (2, None, "Why?"), (None, text, None), (4, "", None), (5, "x" * (2 << 20), None)]
        names = ["key", "body", "asked"]
        source, output = str(self.folder / "answers"), self.folder / "critiques"
        self.session().createDataFrame(given, "key BIGINT, body STRING, asked STRING").coalesce(1).write.parquet(source)
        args = ["--input", source, "--output", output, "--id", names[0], "--text", names[1], "--question", names[2]]
        guide = ROOT / "tests" / "guides" / "curiosity.toml"
        job = Cluster(self.folder, "local[2]", [guide], *args, "--candor", CANDOR, "--", "--guide", guide.name)
        self.assertEqual(job.process.wait(), 0, job.words())

        rows = self.rows(output)
        self.assertEqual([row["id"] for row in rows], [1, 2, None, 4, 5])
        self.assertEqual([row["error"] is None for row in rows], [True, False, True, False, False])
        self.assertEqual(rows[0]["tool"]["guide"].split("@")[0], "curiosity")
        keys = [{n: v for n, v in zip(names, row) if v is not None} for row in given]
        options = ["--id-field", "key", "--text-field", "body", "--question-field", "asked"]
        data = "\n".join(map(json.dumps, keys)).encode()
        expected = alone(data, *options, "--guide", guide)
        self.assertEqual([row["critique"] for row in rows], expected)

    def test_a_killed_worker_loses_nothing(self):
        data = b"\n".join([b"\xef\xbb\xbf", *lines(RECORDS), b" "])
        (self.folder / "answers.jsonl").write_bytes(data)
        began = time.monotonic()
        expected = alone(data)
        print(f"one process: {time.monotonic() - began:.0f} s", file=sys.stderr)
        self.assertEqual(len(expected), RECORDS)

        began = time.monotonic()
        output = self.folder / "critiques"
        args = ["--input", self.folder / "answers.jsonl", "--output", output, "--partitions", str(PARTITIONS)]
        job = Cluster(self.folder, "local-cluster[2,1,1024]", [CANDOR], *args)
        self.addCleanup(job.process.kill)
        done, running = job.midway()
        self.assertEqual(len(job.executors()), 2)
        executor, started = job.busy()
        os.kill(executor, signal.SIGKILL)
        print(f"killed executor {executor} after {done} tasks, while {running} ran", file=sys.stderr)
        self.assertEqual(job.process.wait(), 0, job.words())
        self.assertFalse([p for p in started if command_of(p)], "no candor is left behind")
        print(f"two workers: {time.monotonic() - began:.0f} s", file=sys.stderr)

        lost = job.events("ExecutorRemoved")
        self.assertTrue(any("137" in e["Removed Reason"] or "lost" in e["Removed Reason"].lower() for e in lost), lost)
        ends = job.events("TaskEnd")
        again = [e for e in ends if e["Task End Reason"]["Reason"] in ("ExecutorLostFailure", "FetchFailed")]
        print(f"tasks that had to be run again: {len(again)} of {len(ends)}", file=sys.stderr)
        self.assertTrue(again, "a task was lost with its executor")
        self.assertLess(done, PARTITIONS)

        rows = self.rows(output)
        self.assertEqual(len(rows), RECORDS)
        found = Counter(placeless(row["critique"]) for row in rows)
        known = Counter(map(placeless, expected))
        self.assertEqual(found, known, "no byte differs, none is lost, none is there twice")
        for row in rows:
            self.same(row)
        self.assertGreater(sum(row["error"] is not None for row in rows), RECORDS // 25)

    def same(self, row):
        """The columns say what the critique says."""
        said = json.loads(row["critique"])
        for column in ("level", "score", "reason", "error"):
            self.assertEqual(row[column], said.get(column))
        for column in ("findings", "sentences"):
            if row[column] is None:
                self.assertNotIn(column, said)
                continue
            self.assertEqual(len(row[column]), len(said[column]))
            for one, other in zip(row[column], said[column]):
                self.assertEqual(one, {key: other[key] for key in one})
        if said["path"].startswith("-#") and "\\" not in said["path"]:
            self.assertEqual(row["id"].strip(), said["path"][2:])


if __name__ == "__main__":
    # py4j leaves sockets open, of which Python would warn.
    unittest.main(verbosity=2, warnings="ignore")
