"""The published study's Spark programs and their serial twin, rewritten from its description.

  serial   for each lambda the pseudo-inverse (X'X + lambda I)^-1, its product with X'Y, and how many
           of the held-out rows are right
  outer    "each lambda as an RDD": an element holds a lambda and all of X beside it
  inner    "the innermost matrix multiplications using Spark by looping over each lambda and label";
           as in the study's program, a row's product is divided by a scalar, x x' + lambda, so that
           its models are not those of ridge regression: its time counts, not its accuracy
"""

from __future__ import annotations

import dataclasses

import numpy


@dataclasses.dataclass
class Split:
    """Centred rows in float64 with targets of +1 and -1, and rows that are held out."""

    train: numpy.ndarray
    targets: numpy.ndarray
    held_out: numpy.ndarray
    labels: numpy.ndarray


def split(images: numpy.ndarray, labels: numpy.ndarray) -> Split:
    """The study's: the mean of all is subtracted, the first 80% train."""
    rows = images.astype(numpy.float64)
    rows -= rows.mean(axis=0)
    cut = round(0.8 * len(rows))
    targets = numpy.where(labels[:cut, None] == numpy.arange(10), 1.0, -1.0)
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


def outer(context, data: Split, lambdas: list[float]) -> float:
    elements = [(value, data) for value in lambdas]
    return context.parallelize(elements, len(elements)).map(lambda item: solve(*item)).max()


def inner(context, data: Split, lambdas: list[float], parts: int) -> float:
    rows = context.parallelize(list(zip(data.train, data.targets)), parts).cache()
    rows.count()
    best = 0.0
    for value in lambdas:
        columns = []
        for label in range(data.targets.shape[1]):
            products = rows.map(lambda row, k=label: row[0] * row[1][k] / (row[0] @ row[0] + value))
            columns.append(products.sum())
        best = max(best, accuracy(numpy.stack(columns, axis=1), data.held_out, data.labels))
    return best
