#!/usr/bin/env python3
"""Times the command on one process and on several, with data that it makes for itself.

Rows of bytes in ten classes, the same ones for the same seed, are trained on with a path of lambdas,
in turns: every round runs each configuration once, and figures are medians over the rounds. A run
during which other work took more than 3% of the machine is made again, as often as --again allows.

  alone and mpirun -n 1     what a launcher costs
  ranks x threads           strong scaling, up to the processors there are; and one rank that is
                            pinned to one processor, where nothing reads ahead on another
  fewer rows on fewer ranks weak scaling
  data, model, average      seconds, accuracy, and whether the model is the same to the byte
  bench_reduce              the sum over processes, against the bandwidth between them

Every stage's seconds are those of rank 0: `moments` is its own sums, `reduce` finishing them and
waiting for the others, `sums` is read + moments + reduce: until the sums of all rows are there.
`total` leaves the start of the processes out: that is `start`, the rest of the process's time. `processors` is the
time that processors worked, over all ranks.

Needs numpy, and a build of the command with the MPI module: --build. The figures go into a JSON
file, --out, and as tables to standard output.
"""

import argparse
import dataclasses
import datetime
import hashlib
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import tempfile

import numpy

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "results"))
import table  # noqa: E402
from disturbance import (DISTURBED, commit, output_of, processor_name, timed,  # noqa: E402
                         wait_for_quiet)

CLASSES = 10
SEED = 20240229
STAGES = ("open", "read", "moments", "reduce", "solve", "score", "refit")


@dataclasses.dataclass(frozen=True)
class Configuration:
    """One way to run the command. One rank without a launcher is `alone`."""

    rows: int
    ranks: int = 1
    threads: int = 1
    mode: str = "alone"  # or launched (mpirun -n 1), data, model, average
    lambdas: str = "path"  # or one
    pinned: bool = False  # to as many processors as ranks x threads

    @property
    def name(self):
        return (f"{self.mode} {self.ranks}x{self.threads}, {self.rows} rows"
                f"{', one lambda' if self.lambdas == 'one' else ''}{', pinned' if self.pinned else ''}")


def sizes_up_to(most):
    """1, 2, 4, ... and `most`."""
    powers = [1 << i for i in range(most.bit_length()) if 1 << i < most]
    return powers + [most]


def configurations(rows, processors):
    """Each once; the first one is what the others are compared with."""
    sizes = sizes_up_to(processors)
    result = [Configuration(rows), Configuration(rows, mode="launched"),
              Configuration(rows, pinned=True)]
    for ranks in sizes:
        for threads in sizes:
            if ranks * threads <= processors:
                mode = "alone" if ranks == 1 else "data"
                result.append(Configuration(rows, ranks, threads, mode))
    for ranks in sizes:
        mode = "alone" if ranks == 1 else "data"
        result.append(Configuration(rows * ranks // processors, ranks, 1, mode))
    if processors > 1:
        result += [Configuration(rows, processors, 1, mode) for mode in ("model", "average")]
    result.append(Configuration(rows, lambdas="one"))
    return list(dict.fromkeys(result))


def make_data(folder, rows, features):
    """x.npy and y.npy: noise around a mean for each class that differs little between classes."""
    generator = numpy.random.default_rng(SEED)
    means = generator.integers(59, 70, size=(CLASSES, features), dtype=numpy.uint8)
    labels = generator.integers(CLASSES, size=rows)
    x = numpy.lib.format.open_memmap(folder / "x.npy", "w+", numpy.uint8, (rows, features))
    step = 20_000
    for first in range(0, rows, step):
        block = labels[first : first + step]
        noise = generator.integers(0, 128, size=(len(block), features), dtype=numpy.uint8)
        x[first : first + step] = noise + means[block]
    x.flush()
    numpy.save(folder / "y.npy", labels)


def mpirun(ranks, arguments):
    command = ["mpirun", "--bind-to", "none"]
    if arguments.oversubscribe:
        command.append("--oversubscribe")
    return command + ["-n", str(ranks)]


def environment():
    """Root has to say twice that it means it."""
    consent = {name: "1" for name in ("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM")}
    return os.environ | (consent if os.geteuid() == 0 else {})


def output_as_json(command, processors=None):
    """What the command prints; on the first of the processors that this process may use, where a
    number is given."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:processors])  # children inherit it
    try:
        done = subprocess.run([str(word) for word in command], env=environment(), check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        os.sched_setaffinity(0, allowed)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(word) for word in command)}: exit code {done.returncode}\n"
                 f"{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def timed_run(command, processors=None):
    """The output and the processor time of all ranks and their launcher, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = output_as_json(command, processors)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return output, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def undisturbed(job, arguments):
    """What `job` returns, seconds and others' share, of the least disturbed of a few attempts; and
    the shares of all. Each comes right after a run that does not count: the host of a virtual machine
    takes back what lies idle for seconds, and memory that it must give again is slow to touch."""
    attempts = []
    while len(attempts) <= arguments.again:
        wait_for_quiet(arguments.patience)
        if arguments.patience > 0:
            job()
        attempts.append(timed(job))
        if attempts[-1][2] <= DISTURBED:
            break
    seconds, result, others = min(attempts, key=lambda attempt: attempt[2])
    return result, seconds, others, [attempt[2] for attempt in attempts]


def fit_command(configuration, arguments, model):
    lambdas = {"path": arguments.lambdas, "one": arguments.lambdas.split(":")[0]}
    command = [arguments.build / "bin" / "arete", "fit", arguments.data / "x.npy",
               "--labels", arguments.data / "y.npy", "--rows", configuration.rows,
               "--lambdas", lambdas[configuration.lambdas], "--threads", configuration.threads,
               "--no-test", "--out", model, "--force", "--json"]
    if configuration.mode == "alone":
        return command
    if configuration.ranks > 1:
        command += ["--parallel", configuration.mode]
    return mpirun(configuration.ranks, arguments) + command


def run(configuration, arguments):
    model = arguments.data / "model.safetensors"
    command = fit_command(configuration, arguments, model)
    processors = configuration.ranks * configuration.threads if configuration.pinned else None
    (result, busy), process, others, attempts = undisturbed(
        lambda: timed_run(command, processors), arguments)
    if (result["ranks"], result["threads"]) != (configuration.ranks, configuration.threads):
        sys.exit(f"{configuration.name}: the command ran as {result['ranks']} ranks x "
                 f"{result['threads']} threads")
    seconds = dict(result["seconds"])
    seconds["sums"] = seconds["read"] + seconds["moments"] + seconds["reduce"]
    seconds["stages"] = sum(seconds[stage] for stage in STAGES)
    seconds["start"] = process - seconds["total"]
    seconds["process"] = process
    seconds["processors"] = busy
    return {"others": others, "others_of_attempts": attempts, "seconds": seconds,
            "peak_bytes": result["peak_bytes"], "best": result["best"],
            "model_sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
            "weights": weights_of(model)}


def weights_of(model):
    """The tensor of a safetensors file that is called weights."""
    data = model.read_bytes()
    length = int.from_bytes(data[:8], "little")
    entry = json.loads(data[8 : 8 + length])["weights"]
    first, last = entry["data_offsets"]
    types = {"F64": "<f8", "F32": "<f4"}
    return numpy.frombuffer(data[8 + length + first : 8 + length + last],
                            types[entry["dtype"]]).astype(numpy.float64)


def measure(arguments):
    """The runs of every configuration, round by round."""
    todo = configurations(arguments.rows, arguments.processors)
    output_as_json(fit_command(todo[0], arguments, arguments.data / "model.safetensors"))  # caches
    runs = {configuration: [] for configuration in todo}
    for number in range(arguments.rounds):
        for configuration in todo:
            runs[configuration].append(run(configuration, arguments))
            latest = runs[configuration][-1]
            print(f"round {number + 1} of {arguments.rounds}: {configuration.name}: "
                  f"{latest['seconds']['total']:.3f} s, others {latest['others']:.1%}",
                  file=sys.stderr)
    return runs


def measure_reduce(arguments):
    """What bench_reduce prints, or nothing on a single processor."""
    if arguments.processors < 2:
        return None
    command = mpirun(arguments.processors, arguments) + [
        arguments.build / "bench" / "bench_reduce", *arguments.reduce]
    result, _, others, attempts = undisturbed(lambda: output_as_json(command), arguments)
    return {"others": others, "others_of_attempts": attempts, **result}


def summarise(runs):
    """Medians and raw figures of every configuration. Weights are compared, not kept."""
    first = next(iter(runs.values()))[0]
    largest = numpy.abs(first["weights"]).max()
    for configuration, of_configuration in runs.items():
        latest = of_configuration[-1]
        difference = float(numpy.abs(latest["weights"] - first["weights"]).max() / largest)
        raw = [{key: value for key, value in one.items() if key != "weights"}
               for one in of_configuration]
        yield {"name": configuration.name, **dataclasses.asdict(configuration),
               "others": max(one["others"] for one in raw),
               "median": {stage: statistics.median(one["seconds"][stage] for one in raw)
                          for stage in raw[0]["seconds"]},
               "peak_bytes": max(one["peak_bytes"] for one in raw),
               "accuracy": latest["best"]["accuracy"],
               "same_model_in_all_runs": len({one["model_sha256"] for one in raw}) == 1,
               "same_model_as_alone": latest["model_sha256"] == first["model_sha256"],
               "weights_differ_by": difference, "runs": raw}


def about(arguments):
    return {"date": datetime.date.today().isoformat(), "machine": processor_name(),
            "processors": arguments.processors, "commit": commit(),
            "arete": output_of(str(arguments.build / "bin" / "arete"), "--version"),
            "mpirun": output_of("mpirun", "--version").splitlines()[0],
            "python": platform.python_version(), "numpy": numpy.__version__,
            "rounds": arguments.rounds, "disturbed_limit": DISTURBED,
            "rows": arguments.rows, "features": arguments.features, "classes": CLASSES,
            "lambdas": arguments.lambdas, "lambda_count": int(arguments.lambdas.split(":")[2]),
            "parts": 2}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build" / "release",
                        help="folder of the build (default: build/release)")
    parser.add_argument("--rows", type=int, default=600_000, help="(default: %(default)s)")
    parser.add_argument("--features", type=int, default=784, help="(default: %(default)s)")
    parser.add_argument("--lambdas", default="1e4:1e13:10", metavar="A:B:COUNT",
                        help="(default: %(default)s)")
    parser.add_argument("--reduce", nargs="*", default=["256", "784", "2048", "4096"], metavar="D",
                        help="numbers of features that bench_reduce takes (default: 256 784 2048 4096)")
    parser.add_argument("--rounds", type=int, default=7, help="(default: %(default)s)")
    parser.add_argument("--processors", type=int, default=len(os.sched_getaffinity(0)),
                        help="most ranks x threads (default: those that this process may use)")
    parser.add_argument("--oversubscribe", action="store_true",
                        help="let mpirun start more ranks than it counts processors")
    parser.add_argument("--again", type=int, default=3,
                        help="how often a disturbed run is made again (default: %(default)s)")
    parser.add_argument("--patience", type=float, default=20, metavar="SECONDS",
                        help="wait so long for others before each run (default: %(default)s)")
    parser.add_argument("--quick", action="store_true",
                        help="20,000 rows, one round, no waiting: whether it works")
    parser.add_argument("--data", type=pathlib.Path, metavar="FOLDER",
                        help="where the data are made (default: a temporary folder); removed")
    parser.add_argument("--out", type=pathlib.Path,
                        help="file of all figures (default: results/<date>-scaling/scaling.json "
                        "beside this program; with --quick none)")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rows, arguments.rounds, arguments.again, arguments.patience = 20_000, 1, 0, 0
        arguments.reduce = ["256", "784"]
    elif arguments.out is None:
        day = datetime.date.today().isoformat()
        arguments.out = HERE / "results" / f"{day}-scaling" / "scaling.json"
    for program in ("bin/arete", "bench/bench_reduce", "lib/libarete_mpi.so"):
        if not (arguments.build / program).exists():
            sys.exit(f"{arguments.build / program}: is not there; build it, or see --build")
    return arguments


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory(dir=arguments.data, prefix="scaling-") as folder:
        arguments.data = pathlib.Path(folder)
        make_data(arguments.data, arguments.rows, arguments.features)
        runs = measure(arguments)
    results = {"about": about(arguments), "configurations": list(summarise(runs)),
               "reduce": measure_reduce(arguments)}
    print("\n".join(table.scaling_tables(results)))
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(results, indent=1) + "\n")
        print(f"\n{arguments.out}")


if __name__ == "__main__":
    main()
