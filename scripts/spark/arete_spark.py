"""What the programs of this folder share; executors get it by SparkContext.addPyFile().

Rows are columns of a DataFrame: `features` (binary, a list of numbers, or a vector of Spark ML),
`label` and `row`, the row's global number, by which it is held out or not. Sums and solutions are
the command's: `arete`, or what the environment variable ARETE_COMMAND names, which has to be
installed on every node.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import pathlib
import subprocess
import tempfile
from typing import IO, BinaryIO, Iterable, Iterator

import numpy
import pyarrow
import pyarrow.compute
import pyarrow.ipc

# The default pool reserves a gigabyte of addresses, which spark.executor.pyspark.memory limits.
pyarrow.set_memory_pool(pyarrow.system_memory_pool())


MERGED_AT_ONCE = 4  # moments files by one task: for 1,000 features they take 8 MB each and more


class CommandFailed(RuntimeError):
    """The command ended with an error; the text is what it printed."""

    def __init__(self, arguments: list[str], code: int, errors: str):
        super().__init__(f"`arete {' '.join(arguments)}` ended with exit code {code}: "
                         f"{errors.strip() or 'it printed nothing'}")
        self.code = code


def command() -> str:
    return os.environ.get("ARETE_COMMAND", "arete")


def start(arguments: list[str], **streams: int | IO[bytes]) -> subprocess.Popen:
    try:
        return subprocess.Popen([command(), *arguments], **streams)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{command()}: is not there; install Arete on every node, or set ARETE_COMMAND (of "
            "executors: spark.executorEnv.ARETE_COMMAND) to where it is") from None


def arete(*arguments: object) -> bytes:
    """Runs the command; what it prints."""
    words = [str(word) for word in arguments]
    process = start(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, errors = process.communicate()
    if process.returncode != 0:
        raise CommandFailed(words, process.returncode, errors.decode(errors="replace"))
    return output


def arete_json(*arguments: object) -> dict:
    return json.loads(arete(*arguments))


# ---- Which rows are held out: the same function as in src/host/moments/part_rule.cpp ----


def mix(values: numpy.ndarray) -> numpy.ndarray:
    """splitmix64's output step."""
    z = values + numpy.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return z ^ (z >> numpy.uint64(31))


def row_hash(seed: int, rows: numpy.ndarray) -> numpy.ndarray:
    return mix(mix(numpy.array([seed], numpy.uint64)) ^ rows.astype(numpy.uint64))


def is_held_out(seed: int, fraction: float, rows: numpy.ndarray) -> numpy.ndarray:
    return row_hash(seed, rows) < numpy.uint64(math.ceil(fraction * 2.0**64))


# ---- Features as matrices ----


def features_of(column: pyarrow.Array, unsigned: bool = False) -> numpy.ndarray:
    """Rows x features of a column of binary, lists, or Spark ML's vectors, in float64."""
    if column.null_count:
        raise ValueError("a row has no features")
    kind = column.type
    if pyarrow.types.is_struct(kind):
        return vectors_of(column)
    if pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind):
        lengths = pyarrow.compute.binary_length(column)
        flat = numpy.frombuffer(b"".join(column.to_pylist()), numpy.uint8)
    else:
        lengths = pyarrow.compute.list_value_length(column)
        flat = column.flatten().to_numpy(zero_copy_only=False)
        if unsigned and flat.dtype == numpy.int8:
            flat = flat.view(numpy.uint8)
    if len(lengths.unique()) != 1:
        raise ValueError("the rows have different numbers of features")
    return flat.reshape(len(column), -1).astype(numpy.float64)


def vectors_of(column: pyarrow.StructArray) -> numpy.ndarray:
    """Of struct<type, size, indices, values>: type 0 is sparse, 1 dense."""
    rows = column.to_pylist()
    width = rows[0]["size"] if rows[0]["type"] == 0 else len(rows[0]["values"])
    matrix = numpy.zeros((len(rows), width))
    for target, row in zip(matrix, rows):
        if row["type"] == 0:
            target[row["indices"]] = row["values"]
        else:
            target[:] = row["values"]
    return matrix


# ---- Moments of partitions ----


def write_rows(batches: Iterable[pyarrow.RecordBatch], classes: pyarrow.Array, into: BinaryIO,
               columns: dict[str, str]) -> None:
    """Batches as a stream of the columns features, label and row; the dictionary of the labels is
    the list of all classes."""
    writer = None
    for batch in batches:
        labels = pyarrow.compute.index_in(batch[columns["label"]], value_set=classes)
        arrays = {"features": batch[columns["features"]],
                  "label": pyarrow.DictionaryArray.from_arrays(labels, classes),
                  "row": batch[columns["row"]]}
        some = pyarrow.RecordBatch.from_pydict(arrays)
        if writer is None:
            writer = pyarrow.ipc.new_stream(into, some.schema)
        writer.write_batch(some)
    if writer is not None:
        writer.close()


def moments_of(batches: Iterator[pyarrow.RecordBatch], classes: pyarrow.Array,
               columns: dict[str, str], options: list[str]) -> bytes | None:
    """The moments file of the rows of one partition; nothing where it has none.

    What the command prints goes to files: it never waits for someone who feeds it to read."""
    first = next((batch for batch in batches if batch.num_rows), None)
    if first is None:
        return None
    arguments = ["moments", "-", "-o", "-", "--threads", "1", *options]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = start(arguments, stdin=subprocess.PIPE, stdout=output, stderr=errors)
        try:
            with process.stdin:
                write_rows(chain_batches(first, batches), classes, process.stdin, columns)
        except BrokenPipeError:
            pass  # it has ended before its input: why, it says itself
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            raise CommandFailed(arguments, process.returncode,
                                errors.read().decode(errors="replace"))
        return output.read()


def chain_batches(first: pyarrow.RecordBatch,
                  rest: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
    yield first
    yield from (batch for batch in rest if batch.num_rows)


def merge(moments: list[bytes]) -> bytes:
    """The moments file of all of them."""
    if len(moments) == 1:
        return moments[0]
    with tempfile.TemporaryDirectory() as name:
        files = [pathlib.Path(name) / str(number) for number in range(len(moments))]
        for file, content in zip(files, moments):
            file.write_bytes(content)
        return arete("merge", *files, "-o", "-")


def merge_tree(parts, partitions: int) -> bytes:
    """The moments file of all rows of a DataFrame of moments files: each task merges a few, until
    the driver does. (RDD.treeReduce would do the same, but hands every file from Java to Python.)"""

    def merge_partition(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        found = [file.as_py() for batch in batches for file in batch.column(0)]
        if found:
            yield pyarrow.RecordBatch.from_pydict({"moments": [merge(found)]})

    while partitions > MERGED_AT_ONCE:
        partitions = -(-partitions // MERGED_AT_ONCE)
        parts = parts.repartition(partitions).mapInArrow(merge_partition, parts.schema)
    return merge([file.as_py() for file in parts.toArrow().column(0)])


def distinct_values(frame, column: str) -> list:
    """Without a shuffle: there are few."""

    def of_partition(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        for batch in batches:
            yield pyarrow.RecordBatch.from_arrays([batch.column(0).unique()], names=[column])

    narrow = frame.select(column)
    found = {row[0] for row in narrow.mapInArrow(of_partition, narrow.schema).collect()}
    if not found:
        raise SystemExit("the DataFrame has no rows")
    if None in found:
        raise SystemExit(f"column {column} has nulls; leave such rows out")
    return list(found)


def sum_moments(frame, options: list[str], columns: dict[str, str]) -> bytes:
    """The moments file of all rows of a DataFrame, made where they lie and merged in a tree."""
    context = frame.sparkSession.sparkContext
    context.addPyFile(__file__)
    frame = frame.select(*columns.values())
    classes = context.broadcast(distinct_values(frame, columns["label"]))

    def sum_partition(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        moments = moments_of(batches, pyarrow.array(classes.value), columns, options)
        if moments is not None:
            yield pyarrow.RecordBatch.from_pydict({"moments": [moments]})

    parts = frame.mapInArrow(sum_partition, "moments binary")
    return merge_tree(parts, frame.rdd.getNumPartitions())


# ---- Models ----


class Model:
    """A model file: weights (classes x features), intercept, and the names of the classes."""

    def __init__(self, content: bytes):
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8:8 + length])
        metadata = header["__metadata__"]
        if json.loads(metadata["preprocessing"]) != {"image_size": None, "grayscale": False,
                                                     "binarise": None}:
            raise SystemExit("the model preprocesses images, which these programs do not: use "
                             "`arete predict`")
        self.classes: list[str] = json.loads(metadata["classes"])
        self.signed_bytes: bool = metadata["signed_bytes"] == "true"
        self.weights = self._tensor(content[8 + length:], header["weights"])
        self.intercept = self._tensor(content[8 + length:], header["intercept"])

    @staticmethod
    def _tensor(data: bytes, entry: dict) -> numpy.ndarray:
        first, last = entry["data_offsets"]
        return numpy.frombuffer(data[first:last], "<f8").reshape(entry["shape"])

    def predict(self, features: numpy.ndarray) -> numpy.ndarray:
        """Indices of classes; the first of those that tie."""
        return numpy.argmax(features @ self.weights.T + self.intercept, axis=1)


# ---- Arguments that several programs have ----


def add_column_options(parser: argparse.ArgumentParser) -> None:
    for name in ("features", "label", "row"):
        parser.add_argument(f"--{name}-column", default=name, metavar="NAME")


def columns_of(arguments: argparse.Namespace) -> dict[str, str]:
    return {name: getattr(arguments, f"{name}_column") for name in ("features", "label", "row")}


def add_training_options(parser: argparse.ArgumentParser) -> None:
    add_column_options(parser)
    parser.add_argument("--holdout", type=float, default=0.2, metavar="SHARE")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shape", help="of one row, such as 28x28: kept in the model")
    parser.add_argument("--unsigned", action="store_true",
                        help="lists of 8-bit integers are pixels of 0 to 255")


def rule_options(arguments: argparse.Namespace) -> list[str]:
    options = ["--holdout", repr(arguments.holdout), "--seed", str(arguments.seed)]
    return options + (["--unsigned"] if arguments.unsigned else [])


def shape_options(arguments: argparse.Namespace) -> list[str]:
    return ["--shape", arguments.shape] if arguments.shape else []


def session(name: str):
    """The session of spark-submit, or a local one."""
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName(name).getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    return spark


def write_beside(path: pathlib.Path, content: bytes) -> None:
    """A file that is there whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_bytes(content)
    os.replace(temporary, path)
