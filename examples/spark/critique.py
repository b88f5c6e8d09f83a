"""Critiques of answers on a Spark cluster: a row in, a row out, by one candor process for each partition.

    spark-submit --files candor critique.py --input answers.parquet --output critiques.parquet --partitions 2000

README.md in this folder says how candor and its models reach the workers.
"""

import argparse
import os
import re
import subprocess
import tempfile
import threading
from collections import deque
from itertools import chain

from pyspark import SparkFiles
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

# The columns that are read from a line of candor, by schemas/critique-1.json and schemas/error-1.json. What else is in a
# line can be had from the column `critique`, which holds all of it.
COLUMNS = """
    level INT,
    score INT,
    reason STRING,
    error STRING,
    findings ARRAY<STRUCT<
        id: STRING, severity: STRING, confidence: DOUBLE, message: STRING, help: STRING,
        sentences: ARRAY<INT>, spans: ARRAY<STRUCT<`start`: INT, `end`: INT>>>>,
    sentences ARRAY<STRUCT<`index`: INT, `start`: INT, `end`: INT, role: STRING, tags: MAP<STRING, DOUBLE>>>,
    tool STRUCT<version: STRING, engine: STRING, model: STRING, guide: STRING>
"""
JSON_LINES = re.compile(r"\.(jsonl|ndjson)(\.\w+)?$")
# Bytes of candor's last words that a failed task repeats.
LAST_WORDS = 4000


def pipe(rows, command, folder):
    """(id, critique) of each row of a partition, in their order; a bad record's critique is candor's line about that.

    Where candor is not there, or ends before each record has its line, the task fails, and Spark runs it again.
    """
    first = next(rows, None)
    if first is None:
        return
    # A file that was sent along, else what the path finds.
    sent = os.path.abspath(os.path.join(folder, command[0]))
    program = sent if os.path.exists(sent) else command[0]
    waiting, failed = deque(), []
    # A file, since a third pipe could fill up with nobody to read it.
    with tempfile.TemporaryFile() as said:
        candor = subprocess.Popen(
            [program, *command[1:]], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said
        )

        # In a thread: candor writes before it has read all, and would wait for a reader that still writes.
        def feed():
            try:
                with candor.stdin:
                    for row in chain([first], rows):
                        waiting.append(row.id)
                        candor.stdin.write(row.line + b"\n")
            except BrokenPipeError:
                pass  # It has ended. Its exit code says why.
            except Exception as error:
                failed.append(error)

        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        try:
            with candor.stdout:
                for line in candor.stdout:
                    # One without its end was cut off by a kill.
                    if line.endswith(b"\n"):
                        yield waiting.popleft(), line[:-1].decode()
            code = candor.wait()
            feeder.join()
        finally:
            candor.kill()
            candor.wait()
        if failed:
            raise failed[0]
        # With 2 it also says that every record of the partition is bad: then each has its line.
        if code not in (0, 2) or waiting:
            size = said.seek(0, os.SEEK_END)
            said.seek(max(0, size - LAST_WORDS))
            words = said.read().decode(errors="replace").strip()
            raise RuntimeError(f"{program} ended with code {code}, {len(waiting)} records unanswered: {words}")


def records(spark, args):
    """The input as rows of an `id` and a `line` for candor."""
    if args.input_format == "jsonl":
        # As they stand, so that candor judges what is a record and what is none. Blank lines are none to it either.
        lines = spark.read.text(args.input, lineSep="\n").where(F.col("value").rlike(r"[^\s\x{feff}]"))
        return lines.select(
            F.get_json_object("value", f"$['{args.id}']").alias("id"), F.col("value").cast("binary").alias("line")
        )
    table = spark.read.parquet(args.input)
    kind = table.select(args.text).schema[0].dataType
    if not isinstance(kind, StringType):
        raise SystemExit(f"the column {args.text} of {args.input} holds no strings but {kind.simpleString()}")
    fields = [F.col(args.id).cast("string").alias(args.id), F.col(args.text).alias(args.text)]
    if args.question in table.columns:
        fields.append(F.col(args.question).alias(args.question))
    return table.select(F.col(args.id).alias("id"), F.to_json(F.struct(*fields)).cast("binary").alias("line"))


def critiques(spark, args):
    """The rows of the output."""
    command = [args.candor, "bank", "-", "--format", "jsonl", "--quiet", "--no-cache"]
    command += ["--text-field", args.text, "--id-field", args.id, "--question-field", args.question]
    # As many threads as Spark gives a task, so that the tasks of a worker do not fight for its cores.
    command += ["--threads", spark.conf.get("spark.task.cpus", "1")]
    # Workers differ in what lies about on them, and critiques must not.
    command += [] if "--config" in args.options else ["--no-config"]
    command += args.options
    lines = records(spark, args)
    if args.partitions:
        lines = lines.repartition(args.partitions)
    found = lines.rdd.mapPartitions(lambda rows: pipe(rows, command, SparkFiles.getRootDirectory()))
    schema = StructType([lines.schema["id"], StructField("critique", StringType(), nullable=False)])
    read = F.from_json("critique", COLUMNS, {"mode": "FAILFAST"}).alias("read")
    return spark.createDataFrame(found, schema).select("id", read, "critique").select("id", "read.*", "critique")


def main():
    parser = argparse.ArgumentParser(description="Critiques of answers on a Spark cluster.")
    parser.add_argument("--input", required=True, help="Parquet or JSON Lines, a file or a folder")
    parser.add_argument("--output", required=True, help="Parquet, a folder that is not there yet")
    parser.add_argument("--input-format", choices=["parquet", "jsonl"], help="by default what the name of --input says")
    parser.add_argument("--text", default="text", help="column of the answer (text)")
    parser.add_argument("--id", default="id", help="column of what to call it (id)")
    parser.add_argument("--question", default="question", help="column of the question, where there is one (question)")
    parser.add_argument("--candor", default="candor", help="a path, or the name of a file of --files (candor)")
    parser.add_argument("--partitions", type=int, help="cut the input into so many parts, of one process each")
    parser.add_argument("options", nargs="*", metavar="-- OPTIONS", help="options of candor bank, such as --guide FILE")
    args = parser.parse_args()
    if args.input_format is None:
        args.input_format = "jsonl" if JSON_LINES.search(args.input.rstrip("/")) else "parquet"
    spark = SparkSession.builder.appName("candor").getOrCreate()
    critiques(spark, args).write.parquet(args.output)
    spark.stop()


if __name__ == "__main__":
    main()
