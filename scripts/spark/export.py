#!/usr/bin/env python3
"""Images or a table -> an RDD -> Parquet partitions that `arete fit` reads.

  spark-submit export.py mnist/train-images-idx3-ubyte.gz export      an IDX file and its labels
  spark-submit export.py photos export                                class folders of JPEG and PNG
  spark-submit export.py table.parquet export --order-by day,id       a table (Parquet)

The export has the columns features (binary: pixels, or the files of images as they are; of a table
what it has), label and row. Rows are numbered from 0 and lie in that order: partition p of P has
rows p*N/P and on, sorted. A table without a column `row` needs --order-by: neither the order in
which Spark reads files nor monotonically_increasing_id() is that of the rows.
"""

from __future__ import annotations

import argparse
import gzip
import pathlib
import sys
from typing import Any

from arete_spark import add_column_options, columns_of, session

LEAST_BLOCK, MOST_BLOCK = 1 << 20, 128 << 20
ROW_GROUPS_PER_RANK = 4  # so that ranks that share them out have about as many


def read_idx(path: pathlib.Path) -> tuple[list[int], bytes]:
    """Shape and elements of an IDX file of bytes."""
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:3] != b"\0\0\x08":
        raise SystemExit(f"{path}: is no IDX file of bytes")
    shape = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(data[3])]
    elements = data[4 + 4 * len(shape):]
    size = 1
    for extent in shape:
        size *= extent
    if len(elements) != size:
        raise SystemExit(f"{path}: has {len(elements)} bytes of elements; its shape {shape} needs "
                         f"{size}")
    return shape, elements


def labels_beside(images: pathlib.Path) -> pathlib.Path:
    name = images.name.replace("images", "labels").replace("idx3", "idx1")
    return images.with_name(name)


def idx_rows(context, images: pathlib.Path, labels: pathlib.Path, slices: int):
    """(row, features, label) of an IDX file of images and one of labels."""
    shape, pixels = read_idx(images)
    label_shape, classes = read_idx(labels)
    if label_shape != shape[:1]:
        raise SystemExit(f"{labels}: holds labels of shape {label_shape}, but {images} holds "
                         f"{shape[0]} images")
    width = len(pixels) // shape[0]
    rows = [(row, bytearray(pixels[row * width:(row + 1) * width]), int(classes[row]))
            for row in range(shape[0])]
    return context.parallelize(rows, slices), shape[0]


def class_key(name: str) -> tuple[int, int, str]:
    """The order of classes everywhere in Arete: integers by value, then all others."""
    is_integer = name.lstrip("-").isdecimal() and name == str(int(name))
    return (0, int(name), "") if is_integer else (1, 0, name)


def folder_rows(context, folder: pathlib.Path, slices: int):
    """(row, features, label) of class folders, in the order in which `arete fit` reads them."""
    from urllib.parse import unquote, urlparse

    def entry(item: tuple[str, bytes]) -> tuple[Any, Any]:
        path = pathlib.PurePosixPath(unquote(urlparse(item[0]).path))
        name = path.parent.name
        return (class_key(name), path.name), (bytearray(item[1]), name)

    files = context.binaryFiles(f"{folder}/*/*", slices).map(entry).sortByKey(numPartitions=slices)
    rows = files.zipWithIndex().map(lambda item: (item[1], item[0][1][0], item[0][1][1])).cache()
    return rows, rows.count()


def table_rows(spark, path: str, arguments: argparse.Namespace):
    """(row, features, label) of a table."""
    columns = columns_of(arguments)
    frame = spark.read.parquet(path)
    if arguments.order_by:
        ordered = frame.orderBy(*arguments.order_by.split(","))
        rows = ordered.select(columns["features"], columns["label"]).rdd.zipWithIndex().map(
            lambda item: (item[1], item[0][0], item[0][1]))
    elif columns["row"] in frame.columns:
        rows = frame.select(columns["row"], columns["features"], columns["label"]).rdd.map(tuple)
    else:
        raise SystemExit(f"{path}: has no column {columns['row']} that numbers its rows; say by "
                         "--order-by which columns put them in order")
    return rows, rows.count()


def write(spark, rows, count: int, types: tuple[Any, Any], arguments: argparse.Namespace) -> None:
    """As Parquet: by range of their numbers, sorted, in row groups that all ranks find work in."""
    from pyspark.sql.types import LongType, StructField, StructType

    parts = min(arguments.partitions, max(count, 1))
    placed = rows.map(lambda row: (row[0], row)).repartitionAndSortWithinPartitions(
        parts, lambda number: number * parts // count)
    schema = StructType([StructField("features", types[0], False),
                         StructField("label", types[1], False), StructField("row", LongType(), False)])
    frame = spark.createDataFrame(placed.map(lambda item: (item[1][1], item[1][2], item[0])), schema)
    first = rows.first()[1]
    row_bytes = len(first) if isinstance(first, (bytes, bytearray)) else 8 * len(first)
    groups = max(parts, ROW_GROUPS_PER_RANK * arguments.ranks)
    block = min(MOST_BLOCK, max(LEAST_BLOCK, count * row_bytes // groups))
    frame.write.mode("overwrite" if arguments.force else "error").option(
        "parquet.block.size", block).parquet(arguments.out)


def types_of_table(spark, path: str, columns: dict[str, str]) -> tuple[Any, Any]:
    schema = spark.read.parquet(path).schema
    return schema[columns["features"]].dataType, schema[columns["label"]].dataType


def main(words: list[str]) -> None:
    from pyspark.sql.types import BinaryType, IntegerType, StringType

    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="an IDX file of images, a folder of class folders, or a table")
    parser.add_argument("out", help="the folder to write")
    parser.add_argument("--labels", type=pathlib.Path, help="IDX (default: beside the images)")
    parser.add_argument("--order-by", metavar="COLUMNS", help="what puts the rows of a table in order")
    parser.add_argument("--partitions", type=int, default=4, metavar="P")
    parser.add_argument("--ranks", type=int, default=1, metavar="R",
                        help="how many processes will share the rows out")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    add_column_options(parser)
    arguments = parser.parse_args(words)
    spark = session("arete export")
    data = pathlib.Path(arguments.data)
    if data.is_file() and data.suffix != ".parquet":
        rows, count = idx_rows(spark.sparkContext, data, arguments.labels or labels_beside(data),
                               arguments.partitions)
        types = BinaryType(), IntegerType()
    elif data.is_dir() and not any(data.glob("*.parquet")):
        rows, count = folder_rows(spark.sparkContext, data.absolute(), arguments.partitions)
        types = BinaryType(), StringType()
    else:
        rows, count = table_rows(spark, arguments.data, arguments)
        types = types_of_table(spark, arguments.data, columns_of(arguments))
    if count == 0:
        raise SystemExit(f"{arguments.data}: holds no rows")
    write(spark, rows, count, types, arguments)
    print(f"{arguments.out}: {count} rows")


if __name__ == "__main__":
    main(sys.argv[1:])
