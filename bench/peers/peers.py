#!/usr/bin/env python3
"""Times Arete and its peers on the same data, the same lambdas and the same split, in turns.

The job is a ridge path: train on the first 80% of the rows for each of ten lambdas, count how many
of the last 20% each gets right, choose the best.

  arete compute  seconds.moments + reduce + solve + score of `arete fit --json`: sums of both parts,
                 centring, ten factorisations with condition and residual, squared errors, scoring
  arete process  wall time of that cold process: start, reading (and inflating) the files, all of
                 the above, and the refit on all rows, which no peer does
  scikit-learn   ten RidgeClassifier(alpha, solver="cholesky"), fit and score
  numpy          by hand: centring, one X'X, ten Cholesky solutions, ten products for the scores

The peers' time begins with float64 arrays in memory, their best case for exactness; reading and
conversion are not counted. Arete alternates with each peer, so that drift hits both.
"""

import argparse
import dataclasses
import datetime
import gzip
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

import numpy
import scipy.linalg
import sklearn
from sklearn.linear_model import RidgeClassifier

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from disturbance import DISTURBED, commit, output_of, processor_name, timed  # noqa: E402

LAMBDA_COUNT = 10


@dataclasses.dataclass
class Problem:
    """Training and held-out rows in float64 with their labels, and the command of the same job."""

    name: str
    train: numpy.ndarray
    train_labels: numpy.ndarray
    held_out: numpy.ndarray
    held_out_labels: numpy.ndarray
    lambdas: numpy.ndarray
    intercept: bool
    command: list


@dataclasses.dataclass
class Run:
    seconds: float
    correct: list
    others: float  # share of the machine that others took
    process_seconds: float = 0.0
    stages: dict = dataclasses.field(default_factory=dict)


def read_idx(path):
    data = gzip.decompress(path.read_bytes())
    dimensions = data[3]
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(dimensions)]
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * dimensions).reshape(shape)


def mnist_problem(arguments):
    """The published study's protocol: the mean of all rows is subtracted, no intercept."""
    images = read_idx(arguments.data / "train-images-idx3-ubyte.gz")
    labels = read_idx(arguments.data / "train-labels-idx1-ubyte.gz")
    x = images.reshape(len(images), -1).astype(numpy.float64)
    x -= x.mean(axis=0)
    cut = round(0.8 * len(x))
    command = [arguments.data, "--preset", "odyssey"]
    lambdas = 10.0 ** numpy.linspace(-5, 5, LAMBDA_COUNT)
    return Problem(f"{arguments.data.name}: {x.shape[0]:,} x {x.shape[1]} uint8, 10 classes",
                   x[:cut], labels[:cut], x[cut:], labels[cut:], lambdas, False, command)


def float32_problem(arguments):
    """Rows of noise around a mean for each class, with the standard centring and intercept."""
    rows, features, classes = arguments.rows, 1024, 100
    generator = numpy.random.default_rng(20240229)
    labels = generator.integers(classes, size=rows)
    means = 0.12 * generator.standard_normal((classes, features), dtype=numpy.float32)
    x = generator.standard_normal((rows, features), dtype=numpy.float32)
    x += means[labels]
    data, label_file = arguments.work / "float32.npy", arguments.work / "float32-labels.npy"
    numpy.save(data, x)
    numpy.save(label_file, labels)
    cut = rows - round(0.2 * rows)
    x = x.astype(numpy.float64)
    command = [data, "--labels", label_file, "--holdout-last", "0.2",
               "--lambdas", f"1e-1:1e6:{LAMBDA_COUNT}"]
    lambdas = 10.0 ** numpy.linspace(-1, 6, LAMBDA_COUNT)
    return Problem(f"{rows:,} x {features} float32, {classes} classes",
                   x[:cut], labels[:cut], x[cut:], labels[cut:], lambdas, True, command)


def run_arete(problem, arete, threads):
    command = [arete, "fit", *problem.command, "--no-test", "--json", "--threads", str(threads)]
    process_seconds, output, others = timed(lambda: subprocess.run(
        [str(word) for word in command], check=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL).stdout)
    result = json.loads(output)
    stages = result["seconds"]
    compute = sum(stages[stage] for stage in ("moments", "reduce", "solve", "score"))
    return Run(compute, [entry["correct"] for entry in result["path"]], others, process_seconds,
               stages)


def run_sklearn(problem):
    def path():
        correct = []
        for value in problem.lambdas:
            model = RidgeClassifier(alpha=value, solver="cholesky", fit_intercept=problem.intercept)
            model.fit(problem.train, problem.train_labels)
            accuracy = model.score(problem.held_out, problem.held_out_labels)
            correct.append(round(accuracy * len(problem.held_out)))
        return correct

    seconds, correct, others = timed(path)
    return Run(seconds, correct, others)


def run_numpy(problem):
    def path():
        classes, indices = numpy.unique(problem.train_labels, return_inverse=True)
        targets = numpy.full((len(indices), len(classes)), -1.0)
        targets[numpy.arange(len(indices)), indices] = 1.0
        mean = problem.train.mean(axis=0) if problem.intercept else 0.0
        target_mean = targets.mean(axis=0) if problem.intercept else 0.0
        x = problem.train - mean if problem.intercept else problem.train
        gram = x.T @ x
        right_hand_side = x.T @ (targets - target_mean)
        correct = []
        for value in problem.lambdas:
            system = gram.copy()
            system.flat[:: len(system) + 1] += value
            factor = scipy.linalg.cho_factor(system, lower=True, overwrite_a=True)
            weights = scipy.linalg.cho_solve(factor, right_hand_side)
            scores = problem.held_out @ weights + (target_mean - mean @ weights
                                                   if problem.intercept else 0.0)
            best = classes[scores.argmax(axis=1)]
            correct.append(int((best == problem.held_out_labels).sum()))
        return correct

    seconds, correct, others = timed(path)
    return Run(seconds, correct, others)


def measure(problem, arguments, threads):
    peers = {"scikit-learn": run_sklearn, "numpy": run_numpy}
    runs = {"arete": [], **{name: [] for name in peers}}
    for _ in range(arguments.repeat):
        for name, peer in peers.items():
            runs["arete"].append(run_arete(problem, arguments.arete, threads))
            runs[name].append(peer(problem))
    return runs


def summarise(problem, runs):
    median = {name: statistics.median(run.seconds for run in all_runs)
              for name, all_runs in runs.items()}
    process = statistics.median(run.process_seconds for run in runs["arete"])
    rows = len(problem.held_out)
    result = {"problem": problem.name, "held_out_rows": rows, "lambdas": list(problem.lambdas),
              "arete_process_seconds": process,
              "arete_stages": {stage: statistics.median(run.stages[stage] for run in runs["arete"])
                               for stage in runs["arete"][0].stages},
              "programs": {}}
    for name, all_runs in runs.items():
        result["programs"][name] = {
            "seconds": median[name], "ratio_to_compute": median[name] / median["arete"],
            "ratio_to_process": median[name] / process, "best_correct": max(all_runs[0].correct),
            "best_accuracy": max(all_runs[0].correct) / rows, "correct": all_runs[0].correct,
            "others": max(run.others for run in all_runs), "runs": [run.seconds for run in all_runs]}
    return result


def table(result):
    lines = [result["problem"],
             f"{'':16}{'seconds':>9}{'/ compute':>11}{'/ process':>11}{'best correct':>14}{'accuracy':>10}"]
    for name, program in result["programs"].items():
        label = "arete compute" if name == "arete" else name
        note = f"  disturbed: {program['others']:.0%}" if program["others"] > DISTURBED else ""
        lines.append(f"{label:16}{program['seconds']:9.3f}{program['ratio_to_compute']:10.1f}x"
                     f"{program['ratio_to_process']:10.1f}x{program['best_correct']:14,}"
                     f"{program['best_accuracy']:10.4f}{note}")
    lines.append(f"{'arete process':16}{result['arete_process_seconds']:9.3f}")
    lines.append("  ".join(f"{stage} {seconds:.3f}"
                           for stage, seconds in result["arete_stages"].items()))
    return "\n".join(lines)


def about(arguments, threads):
    return {"date": datetime.date.today().isoformat(), "machine": processor_name(),
            "threads": threads, "repeat": arguments.repeat,
            "commit": commit(),
            "arete": output_of(str(arguments.arete), "--version"),
            "python": platform.python_version(), "numpy": numpy.__version__,
            "scipy": scipy.__version__, "scikit-learn": sklearn.__version__}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arete", type=pathlib.Path, required=True, help="the arete command")
    parser.add_argument("--what", choices=["mnist", "float32"], default="mnist")
    parser.add_argument("--data", type=pathlib.Path,
                        default=pathlib.Path("/usr/share/datasets/fashion-mnist"),
                        help="mnist: folder of MNIST's four files (default: %(default)s)")
    parser.add_argument("--rows", type=int, default=200_000,
                        help="float32: how many rows to make (default: %(default)s)")
    parser.add_argument("--work", type=pathlib.Path, help="float32: folder for 4 KB a row")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each peer (default: 5)")
    parser.add_argument("--out", type=pathlib.Path, help="write the result as JSON to this file")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    if not arguments.arete.exists():
        sys.exit(f"{arguments.arete}: there is no such program; build it, or see --arete")
    # The peers take what the process may use, and so must Arete: the same threads for all.
    threads = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        arguments.work = pathlib.Path(folder)
        problem = (mnist_problem if arguments.what == "mnist" else float32_problem)(arguments)
        result = summarise(problem, measure(problem, arguments, threads))
    result["about"] = about(arguments, threads)
    print(table(result))
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
