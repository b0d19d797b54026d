#!/usr/bin/env python3
"""The published study's serial program in NumPy, rewritten from its description: for each lambda the
pseudo-inverse (X'X + lambda I)^-1, its product with X'Y, and how many of the held-out rows are right.

  study.py X.npy Y.npy [--rows N]    ten lambdas; prints seconds and the best lambda's accuracy as JSON

X and Y may also be IDX files, gzipped, as MNIST comes. `total` seconds are those of the whole program
but for starting Python; `parallel` those of the part that the study made parallel: everything for each
lambda. BLAS takes the threads that OPENBLAS_NUM_THREADS allows.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import time

import numpy

from problems import read_idx

LAMBDAS = [10.0 ** (-5 + 10 * i / 9) for i in range(10)]


@dataclasses.dataclass
class Split:
    """Centred rows in float64 with targets of +1 and -1, and rows that are held out."""

    train: numpy.ndarray
    targets: numpy.ndarray
    held_out: numpy.ndarray
    labels: numpy.ndarray


def split(images: numpy.ndarray, labels: numpy.ndarray) -> Split:
    """The study's: the mean of all is subtracted, the first 80% train."""
    rows = images.reshape(len(images), -1).astype(numpy.float64)
    rows -= rows.mean(axis=0)
    cut = round(0.8 * len(rows))
    targets = numpy.where(labels[:cut, None] == numpy.arange(labels.max() + 1), 1.0, -1.0)
    return Split(rows[:cut], targets, rows[cut:], labels[cut:])


def accuracy(weights: numpy.ndarray, held_out: numpy.ndarray, labels: numpy.ndarray) -> float:
    return float(((held_out @ weights).argmax(axis=1) == labels).mean())


def solve(value: float, data: Split) -> float:
    """The accuracy of one lambda."""
    system = data.train.T @ data.train + value * numpy.eye(data.train.shape[1])
    weights = numpy.linalg.inv(system) @ (data.train.T @ data.targets)
    return accuracy(weights, data.held_out, data.labels)


def serial(data: Split, lambdas: list[float]) -> float:
    return max(solve(value, data) for value in lambdas)


def read(path: pathlib.Path) -> numpy.ndarray:
    return numpy.load(path) if path.suffix == ".npy" else read_idx(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("x", type=pathlib.Path)
    parser.add_argument("y", type=pathlib.Path)
    parser.add_argument("--rows", type=int, help="the first N (default: all)")
    arguments = parser.parse_args()
    start = time.perf_counter()
    images, labels = (read(path)[: arguments.rows] for path in (arguments.x, arguments.y))
    data = split(images, labels)
    loop = time.perf_counter()
    best = serial(data, LAMBDAS)
    end = time.perf_counter()
    print(json.dumps({"total": end - start, "parallel": end - loop, "accuracy": best}))


if __name__ == "__main__":
    main()
