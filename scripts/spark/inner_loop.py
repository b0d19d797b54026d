#!/usr/bin/env python3
"""Trains where the rows lie: every partition is summed on its executor, the sums are merged in a
tree, and the driver solves the path.

  spark-submit inner_loop.py export model.safetensors
  spark-submit inner_loop.py export model.safetensors --select accuracy

By squared error (mse, the default) no row is read twice, and the model has the bytes of
`arete fit ... --select mse` on the same rows. By accuracy a second pass counts, on the executors,
how many of the held-out rows each lambda gets right.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
import tempfile
from typing import Iterator

import numpy
import pyarrow

import arete_spark
from arete_spark import Model, arete_json, columns_of, rule_options, shape_options


def solve(moments: pathlib.Path, out: pathlib.Path, *options: str) -> dict:
    return arete_json("fit", moments, "--out", out, "--force", *options)


def trained_without(moments: pathlib.Path, lambdas: list[float]) -> list[Model]:
    """For every lambda the model of the rows that are not held out."""
    models = []
    with tempfile.TemporaryDirectory() as folder:
        for value in lambdas:
            out = pathlib.Path(folder) / "model"
            solve(moments, out, "--lambdas", repr(value), "--no-refit")
            models.append(Model(out.read_bytes()))
    return models


def count_correct(frame, models: list[Model], arguments: argparse.Namespace) -> list[int]:
    """How many held-out rows each model gets right."""
    columns = columns_of(arguments)
    seed, fraction, unsigned = arguments.seed, arguments.holdout, arguments.unsigned
    shared = frame.sparkSession.sparkContext.broadcast(models)

    def count(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        correct = numpy.zeros(len(shared.value), numpy.int64)
        for batch in batches:
            rows = batch[columns["row"]].to_numpy()
            held_out = arete_spark.is_held_out(seed, fraction, rows)
            if not held_out.any():
                continue
            some = batch.filter(pyarrow.array(held_out))
            features = arete_spark.features_of(some[columns["features"]], unsigned)
            names = numpy.array([class_name(v) for v in some[columns["label"]].to_pylist()])
            for index, model in enumerate(shared.value):
                correct[index] += (numpy.array(model.classes)[model.predict(features)] == names).sum()
        yield pyarrow.RecordBatch.from_pydict({"correct": [correct.tolist()]})

    counts = frame.select(*columns.values()).mapInArrow(count, "correct array<bigint>").collect()
    return numpy.sum([row.correct for row in counts], axis=0).tolist()


def class_name(value: object) -> str:
    """As Arete calls it: whole floats are integers, booleans in small letters."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) else str(value)


def choose_by_accuracy(frame, moments: pathlib.Path, path: list[dict],
                       arguments: argparse.Namespace) -> float:
    """The lambda with the most correct rows; of those that tie the largest."""
    solved = [point["lambda"] for point in path if point["status"] == "solved"]
    correct = count_correct(frame, trained_without(moments, solved), arguments)
    for value, count in zip(solved, correct):
        print(f"lambda {value:g}: {count} correct", file=sys.stderr)
    return max(zip(correct, solved))[1]


def train(frame, arguments: argparse.Namespace) -> dict:
    moments_bytes = arete_spark.sum_moments(frame, rule_options(arguments), columns_of(arguments))
    with tempfile.TemporaryDirectory() as folder:
        moments = pathlib.Path(folder) / "all.moments"
        moments.write_bytes(moments_bytes)
        lambdas = ["--lambdas", arguments.lambdas] if arguments.lambdas else []
        result = solve(moments, arguments.model, *lambdas, *shape_options(arguments))
        if arguments.select == "accuracy":
            best = choose_by_accuracy(frame, moments, result["path"], arguments)
            result = solve(moments, arguments.model, "--lambdas", repr(best),
                           *shape_options(arguments))
    return result


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="Parquet with the columns features, label and row")
    parser.add_argument("model", type=pathlib.Path, help="the model to write")
    parser.add_argument("--select", choices=("mse", "accuracy"), default="mse")
    parser.add_argument("--lambdas", help="as of `arete fit` (default: auto)")
    arete_spark.add_training_options(parser)
    arguments = parser.parse_args(words)
    spark = arete_spark.session("arete inner loop")
    print(json.dumps(train(spark.read.parquet(arguments.data), arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
