#!/usr/bin/env python3
"""Applies a model to a DataFrame, batch by batch, or to files as they arrive.

  spark-submit predict.py model.safetensors rows predictions
  spark-submit predict.py model.safetensors rows predictions --stream     until it is stopped
  spark-submit predict.py model.safetensors rows predictions --stream --once

`rows` is a folder of Parquet files, `predictions` a folder of them with all columns but the
features, and `prediction`, the name of a class. With --stream, what has been predicted is kept in
predictions/_checkpoint, so that each file is predicted once; --once ends when all that are there are.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
from typing import Iterator

import pyarrow
import pyarrow.compute

import arete_spark


def predict(frame, model: arete_spark.Model, features: str):
    """The frame without its features, and with the column `prediction`."""
    from pyspark.sql.types import StringType, StructField, StructType

    frame.sparkSession.sparkContext.addPyFile(arete_spark.__file__)
    shared = frame.sparkSession.sparkContext.broadcast(model)
    kept = [field for field in frame.schema.fields if field.name != features]
    schema = StructType([*kept, StructField("prediction", StringType())])

    def predict_batches(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        classes = pyarrow.array(shared.value.classes)
        for batch in batches:
            if not batch.num_rows:
                continue
            matrix = arete_spark.features_of(batch[features], not shared.value.signed_bytes)
            best = pyarrow.array(shared.value.predict(matrix))
            arrays = [batch[field.name] for field in kept] + [classes.take(best)]
            yield pyarrow.RecordBatch.from_arrays(arrays, names=schema.names)

    return frame.mapInArrow(predict_batches, schema)


def predict_stream(spark, model: arete_spark.Model, arguments: argparse.Namespace) -> None:
    """The schema is that of the files that are there when it starts."""
    schema = spark.read.parquet(arguments.rows).schema
    arriving = spark.readStream.schema(schema).parquet(arguments.rows)
    writer = predict(arriving, model, arguments.features_column).writeStream.option(
        "checkpointLocation", f"{arguments.predictions}/_checkpoint")
    if arguments.once:
        writer = writer.trigger(availableNow=True)
    writer.format("parquet").start(arguments.predictions).awaitTermination()


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("rows")
    parser.add_argument("predictions")
    parser.add_argument("--features-column", default="features", metavar="NAME")
    parser.add_argument("--stream", action="store_true")
    parser.add_argument("--once", action="store_true", help="of a stream: what is there now")
    arguments = parser.parse_args(words)
    spark = arete_spark.session("arete predict")
    model = arete_spark.Model(arguments.model.read_bytes())
    if arguments.stream:
        return predict_stream(spark, model, arguments)
    frame = predict(spark.read.parquet(arguments.rows), model, arguments.features_column)
    frame.write.parquet(arguments.predictions)


if __name__ == "__main__":
    main(sys.argv[1:])
