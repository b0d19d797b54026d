"""Spark MLlib on the same job: one LinearRegression(solver="normal") for each class and lambda.

MLlib minimises the mean of the squared errors, halved, plus regParam / 2 times the squared weights:
regParam is lambda / rows. It keeps an intercept, which the study's protocol does not: accuracies are
compared, not models.
"""

from __future__ import annotations

import numpy


def frame_of(spark, images: numpy.ndarray, labels: numpy.ndarray, parts: int):
    """Dense vectors and a column of +1 and -1 for every class, cached."""
    from pyspark.ml.linalg import Vectors

    rows = [(Vectors.dense(row), *(1.0 if label == k else -1.0 for k in range(10)))
            for row, label in zip(images.astype(numpy.float64), labels.tolist())]
    frame = spark.createDataFrame(spark.sparkContext.parallelize(rows, parts),
                                  ["features", *(f"class{k}" for k in range(10))]).cache()
    frame.count()
    return frame


def fit_path(frame, rows: int, lambdas: list[float], held_out: numpy.ndarray,
             labels: numpy.ndarray) -> float:
    """The best accuracy of the path."""
    from pyspark.ml.regression import LinearRegression

    best = 0.0
    for value in lambdas:
        models = [LinearRegression(labelCol=f"class{k}", solver="normal", regParam=value / rows,
                                   standardization=False).fit(frame) for k in range(10)]
        weights = numpy.stack([model.coefficients.toArray() for model in models], axis=1)
        scores = held_out.astype(numpy.float64) @ weights + [model.intercept for model in models]
        best = max(best, float((scores.argmax(axis=1) == labels).mean()))
    return best
