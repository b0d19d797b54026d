"""The study's experiments, run on this machine. Each function returns what goes into results.json."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from disturbance import timed, wait_for_quiet  # noqa: E402
from scaling import environment, sizes_up_to  # noqa: E402

ODYSSEY = ("--preset", "odyssey", "--no-test")
# Of many ranks the last have none but the last rows: averaged solutions hold out by hash instead.
BY_HASH = ("--holdout", "0.2", "--lambdas", "1e-5:1e5:10", "--no-test")
HASHED = ("average", "alone, by hash")  # modes that do
PARALLEL_STAGES = ("open", "moments", "reduce", "solve", "score")  # what the study made parallel


@dataclasses.dataclass
class Setup:
    """What is run, on what, and how often."""

    build: pathlib.Path
    images: pathlib.Path  # a folder of MNIST's four files
    work: pathlib.Path  # for what is made on the way
    rounds: int
    patience: float  # seconds to wait for others before each timed run
    processors: int

    @property
    def arete(self) -> pathlib.Path:
        return self.build / "bin" / "arete"


def output_of(words, threads=None):
    """What a program prints as JSON; BLAS and OpenMP of a Python program take so many threads."""
    limits = {} if threads is None else {"OPENBLAS_NUM_THREADS": str(threads)}
    done = subprocess.run([str(word) for word in words], env=environment() | limits, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(str(word) for word in words)}: exit code {done.returncode}\n"
                         f"{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def medians(job, setup):
    """Of what job() returns, a flat dictionary of numbers; and the largest share that others took."""
    runs = []
    for _ in range(setup.rounds):
        wait_for_quiet(setup.patience)
        _, result, others = timed(job)
        runs.append(result | {"others": others})
    result = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    return result | {"others": max(run["others"] for run in runs)}


def arete_run(setup, data, *options):
    """One cold process: its wall time, the part of it that the study made parallel, its choice."""
    seconds, result, _ = timed(lambda: output_of([setup.arete, "fit", *data, *ODYSSEY, *options]))
    return {"total": seconds, "parallel": sum(result["seconds"][s] for s in PARALLEL_STAGES),
            "accuracy": result["best"]["accuracy"]}


def study_run(files, rows, threads):
    """The study's serial program: a process of its own; its own clock, as the study's."""
    return output_of([sys.executable, HERE.parent / "peers" / "study.py", *files, "--rows", rows],
                     threads)


def image_files(setup):
    return [setup.images / f"train-{name}-ubyte.gz" for name in ("images-idx3", "labels-idx1")]


def both(setup, data, files, rows, threads):
    """Arete and the study's program in NumPy on the first rows, with so many threads."""
    return {"images": rows, "threads": threads,
            "study": medians(lambda: study_run(files, rows, threads), setup),
            "arete": medians(lambda: arete_run(setup, data, "--rows", rows, "--threads", threads),
                             setup)}


def serial(setup, sizes):
    """Run time over the number of images, on one thread."""
    return [both(setup, [setup.images], image_files(setup), rows, 1) for rows in sizes]


def amdahl(setup, rows):
    """Run time over threads, up to the processors there are."""
    return [both(setup, [setup.images], image_files(setup), rows, threads)
            for threads in sizes_up_to(setup.processors)]


def lstm_sizes(setup, sizes):
    """`arete fit` on as many images and threads as the published LSTM had."""
    return [{"images": rows, "threads": threads,
             **medians(lambda r=rows, t=threads: arete_run(setup, [setup.images], "--rows", r,
                                                           "--threads", t), setup)}
            for rows in sizes for threads in sizes_up_to(setup.processors)]


def scaling(setup, rows, features):
    """Ranks and threads on random bytes of this shape, for the cost model (bench/scaling.py)."""
    out = setup.work / f"scaling-{features}.json"
    words = [sys.executable, HERE.parent / "scaling.py", "--build", setup.build, "--rows", rows,
             "--features", features, "--rounds", max(setup.rounds, 3) if setup.patience else 1,
             "--patience", setup.patience, "--again", 3 if setup.patience else 0,
             "--processors", setup.processors, "--oversubscribe", "--data", setup.work, "--out", out]
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, env=environment())
    results = json.loads(out.read_text())
    for configuration in results["configurations"]:
        del configuration["runs"]
    return results


def accuracies(setup, data, most_ranks, averaged=True):
    """Accuracy of every configuration, and whether its model is that of one process, which holds out the
    same rows, to the byte. More ranks than processors are slow, but as accurate. `averaged`: with the mode
    average, and one process on the rows that it holds out, which are chosen by a hash."""
    def one(mode, ranks, threads):
        model = setup.work / "model.safetensors"
        launcher = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", ranks] if ranks > 1 else []
        parallel = ["--parallel", mode] if ranks > 1 else []
        protocol = BY_HASH if mode in HASHED else ODYSSEY
        result = output_of([*launcher, setup.arete, "fit", *data, *protocol, *parallel, "--threads",
                            threads, "--out", model, "--force", "--json"])
        return {"mode": mode, "ranks": ranks, "threads": threads,
                "accuracy": result["best"]["accuracy"], "rows": result["path"][0]["rows"],
                "sha256": hashlib.sha256(model.read_bytes()).hexdigest()}

    ranks = [count for count in sizes_up_to(most_ranks) if count > 1]
    found = [one("alone", 1, threads) for threads in sizes_up_to(setup.processors)]
    found += [one(mode, count, 1) for mode in ("data", "model") for count in ranks]
    if averaged:
        found.append(one("alone, by hash", 1, 1))
        found += [one("average", count, 1) for count in ranks]

    def alone(mode):
        wanted = "alone, by hash" if mode in HASHED else "alone"
        return next(one["sha256"] for one in found if one["mode"] == wanted)

    return [{**one, "same_model": one["sha256"] == alone(one["mode"])} for one in found]


def model_page(setup):
    """The page that `arete fit --report` writes of the default fit."""
    page = setup.work / "model.html"
    output_of([setup.arete, "fit", setup.images, "--report", page, "--force", "--json"])
    return page.read_text()


def processors() -> int:
    return len(os.sched_getaffinity(0))
