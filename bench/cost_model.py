#!/usr/bin/env python3
"""Predicts how long a fit takes on many ranks, from what scaling.py measured on few.

  cost_model.py [scaling.json]   compares the model with every measured configuration, and predicts
                                 1 to 1,024 ranks (default: the newest of bench/results)
  cost_model.py --check          tests itself

The stages of one rank and one thread are taken as measured, and scaled; P is the number of ranks.

  read     waiting for rows: every rank has a reader of its own (--reading own), or the ranks of a
           job share what one has (--reading shared)
  moments  the sums of a rank's rows: 1/P of them, with `model` all
  reduce   `data` alone: for each part a sum over the ranks of (d (d+1) / 2 + (classes + 1) d) numbers
  solve    a part that is there once, and one for each lambda; lambdas are shared out in whole ones,
           ceil(L / P) for the busiest rank; with `average` every rank solves all
  score    a part for the rows, and one for each lambda; 1/P of the rows, with `model` all rows for
           ceil(L / P) lambdas
  refit    one lambda, on one rank; with `average` on every rank
  other    the rest of the command's time: opening, finishing the sums, writing the model

Threads: a stage on T threads takes its one thread's time times (s + (1 - s) / T); s is fitted to the
run with the most threads. Communication: a tree of ceil(log2 P) steps; a step costs a latency, and
its bytes at a bandwidth, one for sums and one for copies. An all-reduce is three trees, as in
src/mpi: the vote, MPI_Reduce and MPI_Bcast; all_gather one broadcast for every rank that gives
something. Latency and bandwidths are fitted to bench_reduce, that of sums to its first sum, since a fit
has one of each part and no memory of an earlier one.

Assumed: ranks are equally fast and do not slow each other down (they do where they share memory or a
clock); the links between ranks are those that were measured (give others by --latency and
--bandwidth: what was measured is one machine's memory), and all pairs of a step talk at once at full
speed; reading is not faster than measured; rows divide evenly. Starting the processes is left out.
"""

import argparse
import dataclasses
import json
import math
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
MODES = ("data", "model", "average")
STAGES = ("read", "moments", "solve", "score", "refit")  # that one rank has; the rest is `other`
SMALL_GATHERS = 5  # of a fit: processors, same data, kernels, memory, peak memory
TREES_OF_SUM = 3  # the vote, the sum, the broadcast
DOUBLE = 8  # bytes


@dataclasses.dataclass(frozen=True)
class Stage:
    """Seconds on one rank and thread, and the share of them that further threads do not shorten."""

    seconds: float
    serial: float = 0.0

    def on(self, threads):
        return self.seconds * (self.serial + (1 - self.serial) / threads)


@dataclasses.dataclass(frozen=True)
class Link:
    """Seconds of a step of a tree, and bytes a second in a step that copies or adds up."""

    latency: float
    copying: float
    adding: float

    def broadcast(self, ranks, size):
        return steps(ranks) * (self.latency + size / self.copying)

    def all_reduce(self, ranks, size):
        return steps(ranks) * (TREES_OF_SUM * self.latency + size / self.adding + size / self.copying)

    def all_gather(self, ranks, size, givers):
        """Two votes, the sizes, and one broadcast after another."""
        return 3 * steps(ranks) * self.latency + givers * self.broadcast(ranks, size)


@dataclasses.dataclass(frozen=True)
class Job:
    """A job of `rows`, and its stages on one rank and thread."""

    rows: int
    features: int
    classes: int
    parts: int
    lambdas: int
    read: float
    moments: Stage
    solve_once: Stage
    solve_each: Stage
    score_once: Stage
    score_each: Stage
    refit: Stage
    other: float
    link: Link


def speedup(results, ranks, threads, scaled, seconds_of):
    """Over one processor, by seconds_of(ranks, threads, rows); nothing where it does not know one of the two.
    Scaled: every processor has as many rows as scaling.py measured on one rank."""
    about = results["about"]
    work = ranks * threads if scaled else 1
    rows = about["rows"] // about["processors"] if scaled else about["rows"]
    one, many = seconds_of(1, 1, rows), seconds_of(ranks, threads, work * rows)
    return None if one is None or many is None else work * one / many


def steps(ranks):
    return math.ceil(math.log2(ranks))


def predict(job, mode, ranks, threads, rows=None, reading="own"):
    """Seconds by stage; `total` is their sum."""
    share = (job.rows if rows is None else rows) / job.rows
    own = share if mode == "model" else share / ranks
    busiest = job.lambdas if mode == "average" else math.ceil(job.lambdas / ranks)
    scored = busiest if mode == "model" else job.lambdas
    weights = DOUBLE * (job.classes + 1) * (job.features + 1)
    seconds = {"read": job.read * own * (ranks if reading == "shared" else 1),
               "moments": job.moments.on(threads) * own,
               "reduce": 0.0,
               "solve": job.solve_once.on(threads) + busiest * job.solve_each.on(threads),
               "score": (job.score_once.on(threads) + scored * job.score_each.on(threads)) * own,
               "refit": job.refit.on(threads),
               "other": job.other}
    if ranks > 1:
        for stage, talking in communication(job, mode, ranks, busiest, weights).items():
            seconds[stage] += talking
    seconds["total"] = sum(seconds.values())
    return seconds


def communication(job, mode, ranks, busiest, weights):
    """Seconds by stage that ranks spend on each other; `weights`: bytes of one solution."""
    link = job.link
    owners = min(ranks, job.lambdas)
    small = link.all_gather(ranks, DOUBLE, ranks)
    counts = link.all_reduce(ranks, DOUBLE * job.lambdas)
    averaging = 3 * small + link.all_reduce(ranks, weights)
    d = job.features
    sums = DOUBLE * (d * (d + 1) // 2 + (job.classes + 1) * d)
    return {"data": {"reduce": job.parts * link.all_reduce(ranks, sums),
                     "solve": link.all_gather(ranks, busiest * weights, owners),
                     "score": counts,
                     "refit": link.all_gather(ranks, weights, 1)},
            "model": {"score": link.all_gather(ranks, busiest * 100, owners),
                      "refit": link.all_gather(ranks, weights, 1)},
            "average": {"solve": job.lambdas * averaging, "score": counts, "refit": averaging},
            }[mode] | {"other": SMALL_GATHERS * small}


# Fitting the model to measurements.

def find(results, **wanted):
    """The median seconds of the configuration that has these properties; nothing without one."""
    for configuration in results["configurations"]:
        if all(configuration[key] == value for key, value in wanted.items()):
            return configuration["median"]
    return None


def split(path, one, count):
    """What is there once and what each of `count` lambdas takes, when `count` of them take `path`
    and one of them takes `one`."""
    each = max(0.0, path - one) / (count - 1) if count > 1 else 0.0
    once = path - count * each
    return (once, each) if once >= 0 else (0.0, path / count)


def serial_share(one_thread, several, threads):
    """The share of Stage for a stage that takes so many seconds on one thread, and on several."""
    if one_thread <= 0:
        return 0.0
    return min(1.0, max(0.0, (several / one_thread - 1 / threads) / (1 - 1 / threads)))


def fit_link(measured, latency=None, bandwidth=None):
    """From what bench_reduce prints. A given bandwidth is that of sending either way."""
    depth = steps(measured["ranks"])
    per_step = measured["all_reduce_8_bytes_seconds"] / (TREES_OF_SUM * depth)
    copying = measured["broadcast_bytes_per_second"] * depth
    largest = measured["reduce"][-1]
    adding = (largest["first_seconds"] - measured["all_reduce_8_bytes_seconds"]
              - largest["bytes"] * depth / copying)
    adding = largest["bytes"] * depth / adding if adding > 0 else copying
    if bandwidth is not None:
        # A sum cannot be quicker than the adding itself, nor than the link.
        copying, adding = min(copying, bandwidth), min(adding, bandwidth)
    return Link(per_step if latency is None else latency, copying, adding)


def fit_job(results, latency=None, bandwidth=None):
    about = results["about"]
    rows, count = about["rows"], about["lambda_count"]
    alone = {"rows": rows, "ranks": 1, "mode": "alone", "lambdas": "path", "pinned": False}
    one = find(results, **alone, threads=1)
    single = find(results, **alone | {"lambdas": "one"}, threads=1)
    most = max(c["threads"] for c in results["configurations"] if c["ranks"] == 1)
    several = find(results, **alone, threads=most) if most > 1 else one

    def stage(name, seconds):
        return Stage(seconds, serial_share(one[name], several[name], most) if most > 1 else 0.0)

    solve = split(one["solve"], single["solve"], count)
    score = split(one["score"], single["score"], count)
    # Without a second processor nothing was sent: then only one rank can be predicted.
    link = fit_link(results["reduce"], latency, bandwidth) if results["reduce"] else Link(0, 1, 1)
    return Job(rows, about["features"], about["classes"], about["parts"], count, one["read"],
               stage("moments", one["moments"]), *(stage("solve", part) for part in solve),
               *(stage("score", part) for part in score), stage("refit", one["refit"]),
               one["total"] - sum(one[name] for name in STAGES), link)


# Tables.

def comparison(results):
    """Lines of a table: the model against every configuration that was measured."""
    job = fit_job(results)
    yield "| configuration | predicted, s | measured, s | predicted / measured |"
    yield "| --- | ---: | ---: | ---: |"
    for measured in results["configurations"]:
        if measured["mode"] == "launched" or measured["lambdas"] != "path" or measured["pinned"]:
            continue
        mode = "data" if measured["mode"] == "alone" else measured["mode"]
        seconds = predict(job, mode, measured["ranks"], measured["threads"], measured["rows"])
        total = measured["median"]["total"]
        yield (f"| {measured['mode']}, {measured['ranks']} x {measured['threads']}, "
               f"{measured['rows']:,} rows | {seconds['total']:.3f} | {total:.3f} | "
               f"{seconds['total'] / total:.2f} |")


def predictions(job, threads, ranks, rows, reading):
    """Lines of a table for so many ranks, each of `threads` threads."""
    yield (f"{rows:,} x {job.features}, {job.lambdas} lambdas; {threads} "
           f"thread{'s' if threads > 1 else ''} a rank; reading: {reading}")
    yield ""
    yield "| ranks | data, s | of that the sum over ranks | speed-up | model, s | average, s |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: |"
    first = predict(job, "data", 1, threads, rows, reading)["total"]
    for p in ranks:
        data, model, average = (predict(job, mode, p, threads, rows, reading) for mode in MODES)
        yield (f"| {p:,} | {data['total']:.3f} | {data['reduce']:.3f} | "
               f"{first / data['total']:.1f} | {model['total']:.3f} | {average['total']:.3f} |")


# Tests.

def example():
    """Figures such as scaling.py makes."""
    def configuration(mode, ranks, threads, lambdas, **seconds):
        median = {"read": 0.1, "moments": 2.0, "reduce": 1e-6, "solve": 0.22, "score": 0.3,
                  "refit": 0.03} | seconds
        median["stages"] = sum(median.values())
        median["total"] = median["stages"] + 0.01
        return {"mode": mode, "ranks": ranks, "threads": threads, "rows": 600_000,
                "lambdas": lambdas, "pinned": False, "median": median}

    return {"about": {"rows": 600_000, "features": 784, "classes": 10, "parts": 2,
                      "lambda_count": 10},
            "configurations": [configuration("alone", 1, 1, "path"),
                               configuration("alone", 1, 2, "path", moments=1.1, solve=0.12),
                               configuration("alone", 1, 1, "one", solve=0.04, score=0.12)],
            "reduce": {"ranks": 2, "all_reduce_8_bytes_seconds": 6e-6,
                       "broadcast_bytes_per_second": 4e9,
                       "reduce": [{"bytes": 67_125_248, "seconds": 0.05, "first_seconds": 0.1}]}}


def check(results):
    job = fit_job(results)
    one = find(results, mode="alone", ranks=1, threads=1, lambdas="path", pinned=False,
               rows=job.rows)
    for mode in MODES:  # one rank is the same in all modes, and as measured
        predicted = predict(job, mode, 1, 1)
        assert math.isclose(predicted["total"], one["total"], rel_tol=1e-9), mode
        for stage in STAGES:
            assert math.isclose(predicted[stage], one[stage], rel_tol=1e-9, abs_tol=1e-12), stage

    ranks = [1 << i for i in range(11)]
    for threads in (1, 2, 64):
        data, model, average = ([predict(job, mode, p, threads) for p in ranks] for mode in MODES)
        for before, after in zip(data, data[1:]):  # more ranks sum faster and talk longer
            assert after["moments"] < before["moments"] and after["read"] <= before["read"]
            assert after["reduce"] > before["reduce"]
        assert all(entry["moments"] == model[0]["moments"] for entry in model)
        assert all(entry["reduce"] == 0 for entry in model + average)
        assert all(entry["solve"] >= average[0]["solve"] for entry in average)
        for p in ranks:  # further threads, rows and ranks at one reader
            assert predict(job, "data", p, threads + 1)["total"] <= \
                predict(job, "data", p, threads)["total"]
            assert predict(job, "data", p, threads, 2 * job.rows)["moments"] == \
                2 * predict(job, "data", p, threads)["moments"]
            shared = predict(job, "model", p, threads, reading="shared")["read"]
            assert math.isclose(shared, p * job.read)

    # Lambdas are shared out in whole ones: nine ranks leave one with two of ten, as do five.
    of_five, of_nine, of_ten = (predict(job, "model", p, 1)["solve"] for p in (5, 9, 10))
    assert of_five == of_nine >= of_ten == predict(job, "model", 20, 1)["solve"]
    faster = dataclasses.replace(job, link=dataclasses.replace(job.link, copying=1e15, adding=1e15))
    assert predict(faster, "data", 64, 1)["total"] < predict(job, "data", 64, 1)["total"]
    assert [steps(p) for p in (1, 2, 3, 4, 5, 1024)] == [0, 1, 2, 2, 3, 10]
    # An all-reduce takes what bench_reduce says.
    measured = results["reduce"]
    largest = measured["reduce"][-1]
    again = job.link.all_reduce(measured["ranks"], largest["bytes"])
    assert job.link.adding == job.link.copying or math.isclose(again, largest["first_seconds"])


def check_fitting():
    assert split(10.0, 1.0, 10) == (0.0, 1.0)
    assert split(1.0, 2.0, 10) == (1.0, 0.0)  # noise: one took longer than ten
    assert serial_share(2.0, 1.0, 2) == 0.0 and serial_share(2.0, 2.0, 2) == 1.0
    assert serial_share(2.0, 0.9, 2) == 0.0  # better than ideal
    job = fit_job(example())
    assert math.isclose(predict(job, "data", 1, 2)["moments"], 1.1)
    assert math.isclose(job.solve_each.seconds, 0.02) and math.isclose(job.solve_once.seconds, 0.02)
    slow = fit_job(example(), latency=1e-3, bandwidth=1e6)
    assert slow.link == Link(1e-3, 1e6, 1e6)


def newest_results():
    return max(HERE.glob("results/*-scaling/scaling.json"), default=None)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path, nargs="?")
    parser.add_argument("--check", action="store_true", help="test the model")
    parser.add_argument("--threads", type=int, nargs="*", metavar="T",
                        help="of each rank (default: 1 and as many as were measured)")
    parser.add_argument("--most-ranks", type=int, default=1024, help="(default: %(default)s)")
    parser.add_argument("--rows", type=int, help="of all ranks (default: as measured)")
    parser.add_argument("--reading", choices=["own", "shared"], default="own",
                        help="whether each rank reads as fast as one alone (default: own)")
    parser.add_argument("--latency", type=float, metavar="SECONDS", help="of a step of a tree")
    parser.add_argument("--bandwidth", type=float, metavar="BYTES", help="a second, of a link")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    path = arguments.results or newest_results()
    results = json.loads(path.read_text()) if path else None
    if arguments.check:
        check_fitting()
        check(example())
        if results is not None and results["reduce"]:
            check(results)
        print("cost_model.py: all checks hold")
        return
    if results is None:
        sys.exit(f"{HERE / 'results'}: holds no scaling.json; scaling.py makes one")
    print("\n".join(comparison(results)))
    job = fit_job(results, arguments.latency, arguments.bandwidth)
    most = max(configuration["threads"] for configuration in results["configurations"])
    ranks = [1 << i for i in range(arguments.most_ranks.bit_length())]
    for threads in arguments.threads or sorted({1, most}):
        print()
        print("\n".join(predictions(job, threads, ranks, arguments.rows or job.rows,
                                    arguments.reading)))


if __name__ == "__main__":
    main()
