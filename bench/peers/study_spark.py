"""The published study's Spark programs, rewritten from its description. (study.py is their serial twin.)

  outer    "each lambda as an RDD": an element holds a lambda and all of X beside it
  inner    "the innermost matrix multiplications using Spark by looping over each lambda and label";
           as in the study's program, a row's product is divided by a scalar, x x' + lambda, so that
           its models are not those of ridge regression: its time counts, not its accuracy
"""

from __future__ import annotations

import numpy

from study import Split, accuracy, solve


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
