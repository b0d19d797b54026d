#!/usr/bin/env python3
"""The published study's outer loop: every lambda is a task.

  spark-submit outer_loop.py export model.safetensors --lambdas 1e-5:1e5:10

The study sent all rows with every lambda, and ran out of memory above 20,000 images. Here the rows
are summed once, where they lie; their moments, a few megabytes however many rows there were, are
broadcast; each task solves its lambda, and the best by squared error is trained on all rows.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
import tempfile

import arete_spark
from arete_spark import arete_json, columns_of, rule_options, shape_options


def values_of(grid: str) -> list[float]:
    """Of A:B:COUNT, even in the logarithm, or a,b,c."""
    if ":" not in grid:
        return [float(value) for value in grid.split(",")]
    first, last, count = (float(part) for part in grid.split(":"))
    steps = max(int(count) - 1, 1)
    return [first * (last / first) ** (i / steps) for i in range(int(count))]


def solve_one(moments: bytes, value: float) -> dict:
    """The point of the path at one lambda."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "all.moments"
        file.write_bytes(moments)
        return arete_json("fit", file, "--lambdas", repr(value), "--threads", "1",
                          "--no-refit")["path"][0]


def solve_path(context, moments: bytes, lambdas: list[float]) -> list[dict]:
    shared = context.broadcast(moments)
    tasks = context.parallelize(lambdas, len(lambdas))
    return tasks.map(lambda value: solve_one(shared.value, value)).collect()


def best_of(path: list[dict]) -> float:
    """The smallest squared error; of those that tie the largest lambda."""
    solved = [point for point in path if point["status"] == "solved"]
    if not solved:
        raise SystemExit("no lambda could be solved; try larger ones")
    return min(solved, key=lambda point: (point["squared_error"], -point["lambda"]))["lambda"]


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="Parquet with the columns features, label and row")
    parser.add_argument("model", type=pathlib.Path, help="the model to write")
    parser.add_argument("--lambdas", default="1e-5:1e5:10")
    arete_spark.add_training_options(parser)
    arguments = parser.parse_args(words)
    spark = arete_spark.session("arete outer loop")
    moments = arete_spark.sum_moments(spark.read.parquet(arguments.data), rule_options(arguments),
                                      columns_of(arguments))
    path = solve_path(spark.sparkContext, moments, values_of(arguments.lambdas))
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "all.moments"
        file.write_bytes(moments)
        result = arete_json("fit", file, "--lambdas", repr(best_of(path)), "--out",
                            arguments.model, "--force", *shape_options(arguments))
    print(json.dumps({"path": path, "best": result["best"], "model": str(arguments.model)}))


if __name__ == "__main__":
    main(sys.argv[1:])
