#!/usr/bin/env python3
"""Times the published study's Spark programs, Spark MLlib and Arete's programs for Spark on MNIST.

  bench/spark.py --data MNIST_FOLDER              1,000, 11,000, 21,000 and 60,000 images
  bench/spark.py --data MNIST_FOLDER --sizes 1000 to see that all of it works; other sizes that were
                                                  measured on the same day stay

Every program runs in a Spark of its own, local[all processors], under a time limit; its time begins
when Spark has started, its Python workers too, and its rows lie where it takes them from: in the
driver's memory for the study's programs, in a cached DataFrame for MLlib, in an export (Parquet, four
partitions) for Arete's. `arete fit` is a cold process on that export: its start and reading count.
The job is ten lambdas from 1e-5 to 1e5. The study's and MLlib's programs hold out the last fifth,
Arete's a fifth by hash. Writes results/<date>-spark/spark.json; results/table.py makes tables of it.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(HERE / "peers"), str(ROOT / "scripts" / "spark")]
from disturbance import commit, output_of, processor_name, timed, wait_for_quiet  # noqa: E402

SIZES = (1_000, 11_000, 21_000, 60_000)
GRID = "1e-5:1e5:10"
PROGRAMS = ("serial", "study_outer", "study_inner", "mllib", "outer", "inner")
PARTITIONS = 4


def read_images(data, rows):
    import numpy
    from export import read_idx

    shape, pixels = read_idx(data / "train-images-idx3-ubyte.gz")
    labels = read_idx(data / "train-labels-idx1-ubyte.gz")[1]
    images = numpy.frombuffer(pixels, numpy.uint8).reshape(shape[0], -1)
    return images[:rows], numpy.frombuffer(labels, numpy.uint8)[:rows].astype(int)


def warm_up(spark):
    """Starts the Python workers, as the first job of any session does."""
    frame = spark.range(PARTITIONS, numPartitions=PARTITIONS)
    frame.mapInArrow(lambda batches: batches, "id bigint").count()


def job_of(name, spark, data, rows, export, model):
    """What is timed, as a function; all that precedes is not."""
    import mllib
    import numpy
    import study
    import study_spark

    cores = os.cpu_count()
    if name in ("outer", "inner"):
        import inner_loop
        import outer_loop

        program = {"outer": outer_loop, "inner": inner_loop}[name]
        words = [str(export), str(model), "--lambdas", GRID]
        return lambda: program.main(words)
    images, labels = read_images(data, rows)
    if name == "mllib":
        cut = round(0.8 * rows)
        frame = mllib.frame_of(spark, images[:cut], labels[:cut], export.parent / "mllib")
        classes = numpy.arange(10)
        return lambda: max(mllib.fit_path(frame, labels[:cut], study.LAMBDAS, classes, images[cut:], labels[cut:]))
    split = study.split(images, labels)
    if name == "serial":
        return lambda: study.serial(split, study.LAMBDAS)
    context = spark.sparkContext
    if name == "study_outer":
        return lambda: study_spark.outer(context, split, study.LAMBDAS)
    return lambda: study_spark.inner(context, split, study.LAMBDAS, cores)


def run_one(arguments):
    """In a process of its own: prints seconds and, where it tells, the accuracy."""
    start = time.perf_counter()
    spark = None
    if arguments.one != "serial":
        from pyspark.sql import SparkSession

        spark = SparkSession.builder.master("local[*]").config("spark.ui.enabled", "false").config(
            "spark.driver.memory", arguments.driver_memory).getOrCreate()
        spark.sparkContext.setLogLevel("ERROR")
        warm_up(spark)
    job = job_of(arguments.one, spark, arguments.data, arguments.rows, arguments.export,
                 arguments.export.parent / "model")
    started = time.perf_counter() - start
    real_output = os.dup(1)
    os.dup2(2, 1)  # what the programs print themselves is not the result
    seconds, result, _ = timed(job)  # Spark itself would pass for others
    os.dup2(real_output, 1)
    print(json.dumps({"seconds": seconds, "start": started,
                      "accuracy": result if isinstance(result, float) else None}))
    sys.stdout.flush()
    os._exit(0)  # Spark takes seconds to stop


def reason_of(errors):
    """The line that says most: of memory, or else the last that tells of an error."""
    lines = [line.strip() for line in errors.splitlines() if "Error" in line or "Exception" in line]
    memory = [line for line in lines if "OutOfMemoryError" in line]
    return (memory or lines[::-1] or ["it ended without a reason"])[0].strip(": ")[:160]


def measure(name, rows, export, arguments):
    words = [sys.executable, __file__, "--one", name, "--rows", str(rows), "--data",
             str(arguments.data), "--export", str(export), "--arete", str(arguments.arete),
             "--driver-memory", arguments.study_memory if name.startswith("study") else "4g"]
    environment = {**os.environ, "ARETE_COMMAND": str(arguments.arete),
                   "PYSPARK_PYTHON": sys.executable,
                   "PYTHONPATH": os.pathsep.join(sys.path[:3])}
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False, timeout=arguments.limit, env=environment)
    except subprocess.TimeoutExpired:
        return {"failed": f"did not finish within {arguments.limit} s"}
    if done.returncode != 0:
        return {"failed": reason_of(done.stderr)}
    return json.loads(done.stdout.splitlines()[-1])


def make_export(rows, folder, arguments):
    """The first rows as Spark exports them."""
    images, labels = read_images(arguments.data, rows)
    for name, kind, array in (("images", "idx3", images.reshape(rows, 28, 28)),
                              ("labels", "idx1", labels.astype("uint8"))):
        header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
        path = folder / f"train-{name}-{kind}-ubyte"
        path.write_bytes(header + array.tobytes())
    out = folder / "export"
    subprocess.run([sys.executable, ROOT / "scripts" / "spark" / "export.py",
                    folder / "train-images-idx3-ubyte", out, "--partitions", str(PARTITIONS)],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env={**os.environ, "PYSPARK_PYTHON": sys.executable})
    return out


def fit_process(export, arguments):
    """`arete fit` on the export, whole: median of several cold processes."""
    runs = []
    for _ in range(arguments.repeat):
        seconds, output, others = timed(lambda: subprocess.run(
            [arguments.arete, "fit", export, "--lambdas", GRID, "--no-test", "--json"], check=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)
        runs.append((seconds, others, json.loads(output)["best"]["accuracy"]))
    return {"seconds": statistics.median(run[0] for run in runs), "start": 0.0,
            "others": max(run[1] for run in runs), "accuracy": runs[0][2]}


def reading(export, arguments):
    """Seconds to read the export: the library (opening, labels and rows), and pyarrow, in turns."""
    import pyarrow.parquet

    mine, theirs = [], []
    pyarrow.parquet.read_table(export)  # its modules are loaded then
    for _ in range(arguments.repeat):
        output = subprocess.run([arguments.arete.parents[1] / "bench" / "bench_read", export, "5"],
                                check=True, stdout=subprocess.PIPE).stdout
        mine += json.loads(output)["seconds"][1:]  # the first loads the module
        for _ in range(4):
            theirs.append(timed(lambda: pyarrow.parquet.read_table(export))[0])
    return {"arete": statistics.median(mine), "pyarrow": statistics.median(theirs)}


def about(arguments):
    import pyspark

    return {"date": datetime.date.today().isoformat(), "machine": processor_name(),
            "processors": os.cpu_count(), "commit": commit(),
            "arete": output_of(str(arguments.arete), "--version"), "pyspark": pyspark.__version__,
            "java": output_of("sh", "-c", "java -version 2>&1 | head -n 1"),
            "python": platform.python_version(), "limit_seconds": arguments.limit, "study_memory": arguments.study_memory,
            "partitions": PARTITIONS}


def run_all(arguments):
    results = {"about": about(arguments), "sizes": []}
    for rows in arguments.sizes:
        wait_for_quiet(30)
        with tempfile.TemporaryDirectory() as name:
            export = make_export(rows, pathlib.Path(name), arguments)
            one = {"rows": rows, "programs": {}}
            for program in PROGRAMS:
                wait_for_quiet(30)
                one["programs"][program] = measure(program, rows, export, arguments)
                print(f"{rows:,} images, {program}: {one['programs'][program]}", file=sys.stderr)
            one["programs"]["fit"] = fit_process(export, arguments)
            print(f"{rows:,} images, fit: {one['programs']['fit']}", file=sys.stderr)
            one["reading"] = reading(export, arguments)
            results["sizes"].append(one)
    return results


def keep_other_sizes(results, before):
    """So that one size can be measured again."""
    again = {size["rows"] for size in results["sizes"]}
    results["sizes"] += [size for size in before["sizes"] if size["rows"] not in again]
    results["sizes"].sort(key=lambda size: size["rows"])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="a folder of MNIST's files")
    parser.add_argument("--arete", type=pathlib.Path, default=ROOT / "build/release/bin/arete")
    parser.add_argument("--sizes", type=lambda text: [int(part) for part in text.split(",")],
                        default=SIZES, metavar="N,...")
    parser.add_argument("--limit", type=int, default=900, help="seconds of each program")
    parser.add_argument("--repeat", type=int, default=5, help="runs of `arete fit`")
    parser.add_argument("--study-memory", default="2g", help="of Java, for the study's programs")
    parser.add_argument("--out", type=pathlib.Path, help="(default: results/<date>-spark/spark.json)")
    for name in ("--one", "--driver-memory"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--export", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        return run_one(arguments)
    results = run_all(arguments)
    out = arguments.out or HERE / "results" / f"{results['about']['date']}-spark" / "spark.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.exists():
        keep_other_sizes(results, json.loads(out.read_text()))
    out.write_text(json.dumps(results, indent=1) + "\n")
    print(out)


if __name__ == "__main__":
    main()
