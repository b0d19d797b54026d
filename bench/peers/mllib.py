"""Spark MLlib on the same job: one LinearRegression(solver="normal") for each class and lambda.

MLlib minimises the mean of the squared errors, halved, plus regParam / 2 times the squared weights:
regParam is lambda / rows, times the standard deviation of the targets, by which MLlib divides them and
not their penalty. It keeps an intercept, which the study's protocol does not: accuracies are
compared, not models. It takes pixels as they are: with an intercept their means change nothing, and its
sums pass over zeros, of which digits have four in five.
"""

from __future__ import annotations

import os
import pathlib
import sys

import numpy

MEMORY = "12g"  # of Java; the largest problem's training rows are 3.3 GB in float64


def start():
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master(f"local[{len(os.sched_getaffinity(0))}]").config(
        "spark.ui.enabled", "false").config("spark.driver.memory", MEMORY).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def peak_bytes(spark) -> int:
    """Of its Java process."""
    status = pathlib.Path(f"/proc/{spark.sparkContext._gateway.proc.pid}/status").read_text()
    return 1024 * int(status.split("VmHWM:", 1)[1].split()[0])


def frame_of(spark, rows: numpy.ndarray, labels: numpy.ndarray, folder: pathlib.Path):
    """Dense vectors and labels, cached in a partition for each processor; `folder` is made for the files by
    which they go to Spark."""
    import pyarrow
    import pyarrow.parquet
    from pyspark.ml.functions import array_to_vector

    folder.mkdir(parents=True, exist_ok=True)
    step = 10_000
    for first in range(0, len(rows), step):
        block = rows[first : first + step].astype(numpy.float64)
        features = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(block.reshape(-1)),
                                                          block.shape[1])
        table = pyarrow.table({"features": features.cast(pyarrow.list_(pyarrow.float64())),
                               "label": labels[first : first + step].astype(numpy.int64)})
        pyarrow.parquet.write_table(table, folder / f"{first:08}.parquet", use_dictionary=False,
                                    row_group_size=1_000)
    stored = spark.read.parquet(str(folder))
    frame = stored.select(array_to_vector("features").alias("features"), "label")
    frame = frame.repartition(len(os.sched_getaffinity(0))).cache()
    frame.count()
    return frame


def fit_path(frame, train_labels: numpy.ndarray, lambdas: list[float], classes: numpy.ndarray,
             held_out: numpy.ndarray, labels: numpy.ndarray) -> list[float]:
    """The accuracy of each lambda; `frame` has the rows of `train_labels`. Tells how far it is, for those
    who end it."""
    from pyspark.ml.regression import LinearRegression
    from pyspark.sql.functions import col, when

    targets = [(frame.withColumn("target", when(col("label") == int(k), 1.0).otherwise(-1.0)),
                2 * float((train_labels == k).std())) for k in classes]
    accuracies = []
    for value in lambdas:
        models = []
        for target, deviation in targets:
            models.append(LinearRegression(labelCol="target", solver="normal", standardization=False,
                                           regParam=value / len(train_labels) * deviation).fit(target))
            done = len(accuracies) * len(targets) + len(models)
            print(f"{done} of {len(lambdas) * len(targets):,} fits", file=sys.stderr, flush=True)
        weights = numpy.stack([model.coefficients.toArray() for model in models], axis=1)
        scores = held_out.astype(numpy.float64) @ weights + [model.intercept for model in models]
        accuracies.append(float((classes[scores.argmax(axis=1)] == labels).mean()))
    return accuracies
