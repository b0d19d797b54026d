#!/usr/bin/env python3
"""Times Arete and its peers on the same rows, the same lambdas and the same split, in turns.

  peers.py --what mnist --data MNIST_FOLDER         every program, five rounds
  peers.py --what float32 --programs numpy --rounds 1
  peers.py --what mnist --data MNIST_FOLDER --add   rounds beside those that --out holds already

problems.py says what the problems are, programs.py what each program does. Every run is a process of
its own under a time limit; Arete alternates with each program, so that drift hits both.

  arete compute  seconds.open + moments + reduce + solve + score of `arete fit --json`: room for the
                 sums of both parts, those sums, centring, ten factorisations with condition and
                 residual, squared errors, scoring
  arete process  wall time of that cold process: start, reading (and inflating) the files, all of
                 the above, and the refit on all rows, which few peers do

The peers' time begins with arrays in memory (MLlib's with a cached DataFrame): reading, conversion and
the import of their modules are not counted. Peak memory is that of the whole process, rows included.
How many times Arete's a peer's time is, is the median over its runs, each against the run of Arete that
went just before it. Medians are of the runs that nothing disturbed, where there are five; else of all.
A program that fails or does not finish is not tried again.
"""

import argparse
import datetime
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import platform
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import problems  # noqa: E402
from disturbance import DISTURBED, commit, output_of, processor_name, timed, wait_for_quiet  # noqa: E402
from programs import PROGRAMS, middle  # noqa: E402

ON_GPU = ("torch", "cuml")
IN_TURN = ("seconds", "process_seconds", "others")  # of Arete's run, kept with that of the peer
ONE_LAMBDA = ("numpy-one-lambda",)  # compared with `arete fit` of that lambda alone
STAGES = ("open", "moments", "reduce", "solve", "score")
ENOUGH_RUNS = 5
GRAIN = 0.01  # seconds: the tick by which the system counts each processor's time
MODULES = {"numpy": "numpy", "scipy": "scipy", "scikit-learn": "sklearn", "himalaya": "himalaya",
           "pyspark": "pyspark", "torch": "torch", "cuml": "cuml"}  # name, and what is imported
COMPARABLE = ("machine", "threads", "arete", "python", "limit_seconds", *MODULES)


def run_one(arguments):
    """In a process of its own: loads the rows, times the job, prints what came of it as JSON. The
    system ends the process at the limit, even inside a library."""
    job = PROGRAMS[arguments.one](arguments.work / arguments.what)
    real_output = os.dup(1)
    os.dup2(2, 1)  # what the libraries print is not the result
    signal.setitimer(signal.ITIMER_REAL, arguments.limit)
    seconds, correct, others = timed(job)
    signal.setitimer(signal.ITIMER_REAL, 0)
    os.dup2(real_output, 1)
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if arguments.one == "mllib":
        import mllib
        from pyspark.sql import SparkSession

        peak += mllib.peak_bytes(SparkSession.getActiveSession())
        others = None  # Java passes for others
    print(json.dumps({"seconds": seconds, "correct": correct, "others": others,
                      "peak_bytes": peak}))
    sys.stdout.flush()
    os._exit(0)  # Spark takes seconds to stop


def run_peer(name, arguments):
    words = [sys.executable, __file__, "--one", name, "--what", arguments.what, "--work",
             str(arguments.work), "--limit", str(arguments.limit)]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, env=os.environ | {"PYSPARK_PYTHON": sys.executable})
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    if done.returncode == -signal.SIGALRM:
        progress = [f" ({line})" for line in done.stderr.splitlines() if line.endswith(" fits")]
        return {"failed": f"did not finish within {arguments.limit:,} s{(progress or [''])[-1]}"}
    if done.returncode == -signal.SIGKILL:
        return {"failed": "killed by the system: out of memory"}
    return {"failed": ([""] + done.stderr.strip().splitlines())[-1][:200]}


def run_arete(problem, lambdas, arguments):
    rows = arguments.work / arguments.what
    if problem.source:
        command = [problem.source, "--preset", "odyssey"]
    else:
        command = [rows / "x.npy", "--labels", rows / "y.npy", "--holdout-last",
                   problems.HELD_OUT, "--lambdas", ",".join(map(repr, lambdas))]
    words = [arguments.arete, "fit", *command, "--no-test", "--json", "--threads",
             len(os.sched_getaffinity(0))]
    process_seconds, output, others = timed(lambda: subprocess.run(
        [str(word) for word in words], check=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL).stdout)
    result = json.loads(output)
    return {"seconds": sum(result["seconds"][stage] for stage in STAGES),
            "process_seconds": process_seconds, "stages": result["seconds"],
            "correct": [entry["correct"] for entry in result["path"]], "others": others,
            "peak_bytes": result["peak_bytes"]}


def measure(runs, arguments):
    """Adds rounds to the runs of every program. Arete's runs of one lambda are kept apart."""
    problem = problems.read(arguments.work / arguments.what)
    made = {"date": datetime.date.today().isoformat(), "commit": commit(),
            "build": hashlib.sha256(arguments.arete.read_bytes()).hexdigest()[:12]}
    for number in range(arguments.rounds):
        for name in arguments.programs:
            if any("failed" in run for run in runs.get(name, [])):
                continue
            one_lambda = name in ONE_LAMBDA
            if one_lambda and problem.source:
                continue  # the study's protocol is one of ten lambdas
            lambdas = middle(problem.lambdas) if one_lambda else problem.lambdas
            wait_for_quiet(arguments.patience)
            mine = "arete-one-lambda" if one_lambda else "arete"
            arete = run_arete(problem, lambdas, arguments) | made
            peer = run_peer(name, arguments) | made | {"arete": {key: arete[key] for key in IN_TURN}}
            runs.setdefault(mine, []).append(arete)
            runs.setdefault(name, []).append(peer)
            print(f"{arguments.what}, round {number + 1}: {name}: "
                  f"{peer.get('failed') or round(peer['seconds'], 3)}; {mine} {arete['seconds']:.3f}",
                  file=sys.stderr)


def others_during(run):
    """The share of the machine that others took, less what the clock's grain may make of nothing."""
    return max(0.0, (run["others"] or 0.0) - GRAIN / run.get("process_seconds", run["seconds"]))


def others_of(run):
    """The same of a peer's run and of the run of Arete before it."""
    return max(others_during(run), others_during(run.get("arete", run)))


def runs_that_count(runs):
    """Those that nothing disturbed, where they are enough; else all."""
    quiet = [run for run in runs if others_of(run) <= DISTURBED]
    return quiet if len(quiet) >= ENOUGH_RUNS else runs


def summary_of(all_runs):
    failures = [run["failed"] for run in all_runs if "failed" in run]
    if failures:
        return {"failed": failures[0], "counted": len(all_runs), "runs": all_runs}
    done = runs_that_count(all_runs)
    summary = {"counted": len(done),
               "seconds": statistics.median(run["seconds"] for run in done),
               "correct": done[-1]["correct"], "best_correct": max(done[-1]["correct"]),
               "range": [min(run["seconds"] for run in done), max(run["seconds"] for run in done)],
               "others": max(others_during(run) for run in done),
               "others_of_pairs": max(others_of(run) for run in done),
               "peak_bytes": max(run["peak_bytes"] for run in done), "runs": all_runs}
    if "process_seconds" in done[0]:
        summary["process_seconds"] = statistics.median(run["process_seconds"] for run in done)
    else:
        summary["times_arete"] = {key: statistics.median(run["seconds"] / run["arete"][key] for run in done)
                                  for key in ("seconds", "process_seconds")}
    return summary


def summarise(runs, facts, arguments):
    import numpy

    problem = problems.read(arguments.work / arguments.what)
    rows = len(numpy.load(arguments.work / arguments.what / "y.npy", mmap_mode="r"))
    return {"about": facts, "problem": problem.name, "lambdas": problem.lambdas,
            "held_out_rows": rows - problems.cut_of(rows),
            "programs": {name: summary_of(all_runs) for name, all_runs in runs.items()}}


@functools.cache
def packages():
    return importlib.metadata.packages_distributions()


def version_of(module):
    """Of what is imported by that name (cuML's package has CUDA's version in its own)."""
    found = packages().get(module)
    return importlib.metadata.version(found[0]) if found else None


def about(arguments):
    return {"machine": processor_name(), "threads": len(os.sched_getaffinity(0)),
            "arete": output_of(str(arguments.arete), "--version"),
            "python": platform.python_version(), "limit_seconds": arguments.limit,
            **{name: version_of(module) for name, module in MODULES.items()}}


def default_programs():
    """All but those that need a GPU, Java or a module that is not there."""
    def can_run(name):
        module = "pyspark" if name == "mllib" else name
        if module in MODULES and importlib.util.find_spec(MODULES[module]) is None:
            return False
        return (name not in ON_GPU or shutil.which("nvidia-smi")) and (name != "mllib" or shutil.which("java"))

    return [name for name in PROGRAMS if can_run(name)]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", choices=problems.NAMES, required=True)
    parser.add_argument("--data", type=pathlib.Path, help="the files of mnist, fashion or cifar10")
    parser.add_argument("--arete", type=pathlib.Path, default=ROOT / "build/release/bin/arete")
    parser.add_argument("--programs", type=lambda text: text.split(","), metavar="NAME,...",
                        help=f"of: {', '.join(PROGRAMS)} (default: all that this machine can run)")
    parser.add_argument("--rows", type=int, help="of float32 problems, in place of theirs")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each program (default: 5)")
    parser.add_argument("--limit", type=int, default=600, metavar="SECONDS",
                        help="of each run (default: %(default)s)")
    parser.add_argument("--patience", type=float, default=20, metavar="SECONDS",
                        help="wait so long for others before each run (default: %(default)s)")
    parser.add_argument("--work", type=pathlib.Path, metavar="FOLDER",
                        help="keep the rows there for another time (up to 9 GB)")
    parser.add_argument("--add", action="store_true", help="keep the runs that --out holds")
    parser.add_argument("--out", type=pathlib.Path, help="write the result as JSON to this file")
    parser.add_argument("--one", choices=PROGRAMS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.programs = arguments.programs or default_programs()
    unknown = set(arguments.programs) - set(PROGRAMS)
    if unknown:
        parser.error(f"--programs: there is no {', '.join(sorted(unknown))}")
    if arguments.what in problems.DATA_NEEDED and not arguments.data and not arguments.one:
        parser.error(f"--what {arguments.what}: needs --data, {problems.DATA_NEEDED[arguments.what]}")
    if arguments.add and not arguments.out:
        parser.error("--add: needs --out")
    return arguments


def begin(arguments):
    """About this measurement, and the runs so far: those that --add keeps, which are of the same peers and
    problem on the same machine. Each run names the build of Arete beside it."""
    now = about(arguments)
    if not arguments.add or not arguments.out.exists():
        return now, {}
    before = json.loads(arguments.out.read_text())
    problem = problems.read(arguments.work / arguments.what)
    now_all = now | {"problem": problem.name, "lambdas": problem.lambdas}
    before_all = before["about"] | before
    for key in (*COMPARABLE, "problem", "lambdas"):
        if before_all[key] != now_all[key]:
            sys.exit(f"{arguments.out}: {key} was {before_all[key]} and is {now_all[key]}; "
                     "--add is for runs that can be compared")
    return now, {name: one["runs"] for name, one in before["programs"].items()}


def main():
    arguments = parse_arguments()
    if arguments.one:
        return run_one(arguments)
    if not arguments.arete.exists():
        sys.exit(f"{arguments.arete}: there is no such program; build it, or see --arete")
    with tempfile.TemporaryDirectory() as folder:
        arguments.work = arguments.work or pathlib.Path(folder)
        problems.make(arguments.what, arguments.work / arguments.what, arguments.data, arguments.rows)
        facts, runs = begin(arguments)
        measure(runs, arguments)
        result = summarise(runs, facts, arguments)
    for name, program in result["programs"].items():
        text = program.get("failed") or (f"{program['seconds']:9.3f} s{program['best_correct']:9,} "
                                         f"correct{program['peak_bytes'] / 1e9:7.2f} GB")
        disturbed = "  disturbed" if program.get("others", 0) > DISTURBED else ""
        print(f"{name:26}{text}{disturbed}")
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
