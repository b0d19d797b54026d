#!/usr/bin/env python3
"""Turns measurements into tables.

  table.py --collect FOLDER   joins the JSON files that bench/run left in FOLDER into
                              results/<date>-<cpu>.json, then writes the tables
  table.py --check            fails where a table is not that of the newest results
  table.py                    writes the tables of this README.md, and of the project's, from the newest
                              results: those; <date>-peers, which bench/peers/peers.py makes;
                              <date>-reproduce/results.json (scripts/reproduce);
                              <date>-scaling/scaling.json (bench/scaling.py); and
                              <date>-spark/spark.json (bench/spark.py)
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import statistics
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "peers"), str(HERE.parent / "reproduce")]
import cost_model  # noqa: E402
import headlines  # noqa: E402
import tables as peers_tables  # noqa: E402
from disturbance import commit, mark, processor_name  # noqa: E402

BEGIN, END = "<!-- written by table.py -->", "<!-- end -->"
SCALING_BEGIN = "<!-- scaling, written by table.py -->"
SPARK_BEGIN = "<!-- spark, written by table.py -->"
PEERS_BEGIN = "<!-- peers, written by table.py -->"
STUDY_BEGIN = "<!-- study, written by table.py -->"
PEERS_MATRIX_BEGIN = "<!-- peers, written by bench/results/table.py -->"
SPARK_PROGRAMS = {"serial": "the study's serial program, NumPy",
                  "study_outer": "the study's outer loop",
                  "study_inner": "the study's inner loop",
                  "mllib": "MLlib `LinearRegression(solver=\"normal\")`",
                  "outer": "Arete, `outer_loop.py`", "inner": "Arete, `inner_loop.py`",
                  "fit": "Arete, `arete fit` on the export, whole process"}
# Speed-ups over its serial program that the study printed, by images.
PUBLISHED_OUTER = {1_000: 4.5, 11_000: 7.1, 21_000: 7.45}
PUBLISHED_INNER = 1


def collect(folder):
    parts = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    for part in parts.values():  # where programs lay on that machine says nothing
        part.get("context", {}).pop("executable", None)
    about = {"date": datetime.date.today().isoformat(), "machine": processor_name(),
             "threads": len(os.sched_getaffinity(0)), "commit": commit()}
    processor = re.sub(r"[^a-z0-9]+", "-", about["machine"].lower()).strip("-")
    name = f"{about['date']}-{processor}.json"
    (HERE / name).write_text(json.dumps({"about": about, **parts}, indent=1) + "\n")
    print(HERE / name)


def timed_runs(program):
    """Of what google-benchmark wrote, without aggregates and failures."""
    return [run for run in program["benchmarks"]
            if run.get("run_type") == "iteration" and not run.get("error_occurred")]


def medians(program):
    """Name, milliseconds, of_floor and others (the worst) of every benchmark, over repetitions."""
    runs = {}
    for run in timed_runs(program):
        runs.setdefault(run["name"].removesuffix("/real_time"), []).append(run)
    for name, repetitions in runs.items():
        middle = {field: statistics.median(run[field] for run in repetitions)
                  for field in ("real_time", "of_floor")}
        yield name, middle["real_time"], middle["of_floor"], max(r["others"] for r in repetitions)


def limits_table(results):
    yield "| measured limits | one thread | all threads |"
    yield "| --- | ---: | ---: |"
    context = results["moments"]["context"]
    note = mark(float(context["limits_others"]))
    for label, key, unit in (("int8 products, AMX", "amx_gmacs", "GMAC/s"),
                             ("int8 products, AVX-512 VNNI", "vnni_gmacs", "GMAC/s"),
                             ("int8 products, AVX2", "avx2_gmacs", "GMAC/s"),
                             ("float64 (dgemm)", "dgemm_gflops", "GFLOP/s")):
        if float(context.get(key, 0)) == 0:
            continue  # this CPU has no such instructions
        yield f"| {label} | {context[key + '_one_thread']} {unit} | {context[key]} {unit}{note} |"
    yield f"| memory, read | | {context['read_gbytes']} GB/s{note} |"


def program_table(program):
    yield "| benchmark | ms | times the floor |"
    yield "| --- | ---: | ---: |"
    for name, milliseconds, of_floor, others in medians(program):
        yield f"| `{name}` | {milliseconds:.2f} | {of_floor:.2f}{mark(others)} |"


def library_tables(path):
    """What bench/run measured of the library, as tables."""
    results = json.loads(path.read_text())
    about = results["about"]
    yield (f"{about['machine']}, {about['threads']} threads, {about['date']}, commit "
           f"{about['commit']}. "
           f"All figures: [{path.name}]({path.name}).")
    yield ""
    yield from limits_table(results)
    for name in ("moments", "solve", "score"):
        yield f"\n### {name.capitalize()}\n"
        yield (f"At the start of this program `dgemm` reached {results[name]['context']['dgemm_gflops']} GFLOP/s "
               "on all threads.")
        yield ""
        yield from program_table(results[name])


def by_name(results, mode, ranks, threads, rows=None, pinned=False):
    """The configuration that has all lambdas; of all rows where none are given."""
    rows = results["about"]["rows"] if rows is None else rows
    wanted = {"mode": mode, "ranks": ranks, "threads": threads, "rows": rows, "lambdas": "path",
              "pinned": pinned}
    return next((configuration for configuration in results["configurations"]
                 if all(configuration[key] == value for key, value in wanted.items())), None)


def scaling_overhead(results):
    alone, launched = (by_name(results, mode, 1, 1) for mode in ("alone", "launched"))
    yield "| one rank, one thread | stages, s | total, s | start, s |"
    yield "| --- | ---: | ---: | ---: |"
    for label, one in (("alone", alone), ("`mpirun -n 1`", launched)):
        seconds = one["median"]
        yield (f"| {label} | {seconds['stages']:.3f}{mark(one['others'])} | {seconds['total']:.3f} | "
               f"{seconds['start']:.3f} |")
    overhead = launched["median"]["stages"] / alone["median"]["stages"] - 1
    yield ""
    yield f"Under `mpirun` the stages of one rank take {100 * overhead:+.1f}%."


def scaling_line(one, base, processors, work=1.0):
    """Speed-up and efficiency of moments, sums and total; `work` times the base's rows."""
    cells = [f"{one['ranks']} x {one['threads']}{', pinned' if one['pinned'] else ''}",
             f"{one['rows']:,}"]
    for stage in ("moments", "sums", "total"):
        seconds = one["median"][stage]
        gain = work * base["median"][stage] / seconds
        cells.append(f"{seconds:.3f} | {gain:.2f} | {100 * gain / processors:.0f}%")
    return f"| {' | '.join(cells)}{mark(one['others'])} |"


def scaling_header():
    yield ("| ranks x threads | rows | moments, s | speed-up | efficiency | all sums, s | speed-up "
           "| efficiency | total, s | speed-up | efficiency |")
    yield "| --- |" + " ---: |" * 10


def scaling_strong(results):
    base = by_name(results, "alone", 1, 1)
    yield from scaling_header()
    for one in results["configurations"]:
        if (one["mode"] in ("alone", "data") and one["rows"] == base["rows"]
                and one["lambdas"] == "path"):
            yield scaling_line(one, base, one["ranks"] * one["threads"])
    pinned = by_name(results, "alone", 1, 1, pinned=True)
    most = by_name(results, "data", results["about"]["processors"], 1)
    if most:
        gain = {stage: pinned["median"][stage] / most["median"][stage]
                for stage in ("moments", "sums", "total")}
        yield ""
        yield (f"{most['ranks']} ranks against one that is pinned to one processor, so that it "
               f"cannot read ahead on another: moments {gain['moments']:.2f}, all sums "
               f"{gain['sums']:.2f}, total {gain['total']:.2f} times as fast.")


def scaling_weak(results):
    rows, processors = results["about"]["rows"], results["about"]["processors"]
    base = by_name(results, "alone", 1, 1, rows // processors)
    yield from scaling_header()
    for ranks in range(1, processors + 1):
        one = by_name(results, "alone" if ranks == 1 else "data", ranks, 1,
                      rows * ranks // processors)
        if one:
            yield scaling_line(one, base, ranks, one["rows"] / base["rows"])


def scaling_modes(results):
    base = by_name(results, "alone", 1, 1)
    yield ("| `--parallel` | ranks | total, s | accuracy | against one rank | weights differ by "
           "| same bytes | peak of a rank, MB | of one rank's |")
    yield "| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: |"
    for mode in ("alone", "data", "model", "average"):
        ranks = 1 if mode == "alone" else results["about"]["processors"]
        one = by_name(results, mode, ranks, 1)
        if not one:
            continue
        yield (f"| {mode} | {ranks} | {one['median']['total']:.3f}{mark(one['others'])} | "
               f"{one['accuracy']:.5f} | {one['accuracy'] - base['accuracy']:+.5f} | "
               f"{one['weights_differ_by']:.1e} | {'yes' if one['same_model_as_alone'] else 'no'} | "
               f"{one['peak_bytes'] / 1e6:.0f} | {one['peak_bytes'] / base['peak_bytes']:.2f} |")


def scaling_reduce(measured):
    yield (f"{measured['ranks']} ranks on {measured['hosts']} machine"
           f"{'s' if measured['hosts'] > 1 else ''}: a sum of 8 bytes takes "
           f"{1e6 * measured['all_reduce_8_bytes_seconds']:.1f} µs, `check()` "
           f"{1e9 * measured['check_seconds']:.0f} ns, a broadcast "
           f"{measured['broadcast_bytes_per_second'] / 1e9:.2f} GB/s{mark(measured['others'])}.")
    yield ""
    yield "| features | triangle, MB | sum over ranks, ms | the first one, ms | times the floor |"
    yield "| ---: | ---: | ---: | ---: | ---: |"
    for one in measured["reduce"]:
        yield (f"| {one['features']:,} | {one['bytes'] / 1e6:.2f} | {1e3 * one['seconds']:.2f} | "
               f"{1e3 * one['first_seconds']:.2f} | {one['of_floor']:.2f} |")


def scaling_predictions(results):
    """Ranks of one thread, and of all threads, up to 1,024."""
    yield from cost_model.comparison(results)
    yield ""
    ranks = [1, 2, 4, 8, 16, 64, 256, 1024]
    job = cost_model.fit_job(results)
    yield from cost_model.predictions(job, 1, ranks, job.rows, "own")


def scaling_tables(results):
    """What bench/scaling.py measured, as tables."""
    about = results["about"]
    yield (f"{about['machine']}, {about['processors']} processors, {about['date']}, "
           f"{about['arete']} (commit {about['commit']}), {about['mpirun']}; {about['rows']:,} x "
           f"{about['features']} bytes, {about['classes']} classes, {about['lambda_count']} lambdas; "
           f"medians of {about['rounds']} rounds.")
    sections = [("What a launcher costs", scaling_overhead(results)),
                ("The same rows", scaling_strong(results)),
                ("As many rows as ranks", scaling_weak(results)),
                ("What the ranks divide", scaling_modes(results))]
    if results["reduce"]:
        sections += [("The sum over ranks", scaling_reduce(results["reduce"])),
                     ("The cost model", scaling_predictions(results))]
    for title, lines in sections:
        yield f"\n### {title}\n"
        yield from lines


def spark_cell(program):
    if "failed" in program:
        return "failed" if "not finish" not in program["failed"] else program["failed"]
    accuracy = program["accuracy"]
    return (f"{program['seconds']:.3g}" + (f" ({accuracy:.3f})" if accuracy is not None else "")
            + mark(program.get("others", 0.0)))


def spark_speedup(programs, name):
    """Over the serial program; nothing where one of them failed."""
    if "failed" in programs[name] or "failed" in programs["serial"]:
        return None
    return programs["serial"]["seconds"] / programs[name]["seconds"]


def spark_speedups(sizes):
    yield "| images | outer loop | published | inner loop | published |"
    yield "| ---: | ---: | ---: | ---: | ---: |"
    for size in sizes:
        found = [spark_speedup(size["programs"], name) for name in ("study_outer", "study_inner")]
        outer, inner = ("failed" if value is None else f"{value:.2f}" for value in found)
        published = PUBLISHED_OUTER.get(size["rows"], "out of memory")
        yield f"| {size['rows']:,} | {outer} | {published} | {inner} | {PUBLISHED_INNER} |"


def spark_tables(results):
    """What bench/spark.py measured, as tables."""
    about, sizes = results["about"], results["sizes"]
    yield (f"{about['machine']}, {about['processors']} processors, {about['date']}, "
           f"{about['arete']} (commit {about['commit']}), PySpark {about['pyspark']}, "
           f"{about['java']}; ten lambdas on the first N images of MNIST. Seconds of one run (`arete fit`: "
           f"the median of several), and the best accuracy on held-out rows; limit "
           f"{about['limit_seconds']} s.")
    yield ""
    yield "| program | " + " | ".join(f"{size['rows']:,}" for size in sizes) + " |"
    yield "| --- |" + " ---: |" * len(sizes)
    for name, label in SPARK_PROGRAMS.items():
        yield f"| {label} | " + " | ".join(spark_cell(s["programs"][name]) for s in sizes) + " |"
    yield ""
    failed = [f"{SPARK_PROGRAMS[name]} at {size['rows']:,}: `{program['failed']}`"
              for size in sizes for name, program in size["programs"].items() if "failed" in program]
    if failed:
        yield f"Failed, with {about['study_memory']} for Java: " + "; ".join(failed) + "."
        yield ""
    last = sizes[-1]["programs"]
    if "failed" not in last["mllib"]:
        ratios = {name: last["mllib"]["seconds"] / last[name]["seconds"]
                  for name in ("fit", "inner", "outer")}
        yield (f"At {sizes[-1]['rows']:,} images MLlib takes {ratios['fit']:.0f} times as long as "
               f"`arete fit`, {ratios['inner']:.0f} times as long as the inner loop and "
               f"{ratios['outer']:.0f} times as long as the outer loop.")
    reading = sizes[-1]["reading"]
    yield (f"Reading that export (opening, labels, all rows) takes {1e3 * reading['arete']:.0f} ms, "
           f"{reading['arete'] / reading['pyarrow']:.1f} times as long as `pyarrow.parquet.read_table`.")
    yield ""
    yield "Speed-up of the study's programs over its serial one:"
    yield ""
    yield from spark_speedups(sizes)


def replace_section(text, begin, lines):
    before, rest = text.split(begin, 1)
    after = rest.split(END, 1)[1]
    return f"{before}{begin}\n" + "\n".join(lines) + f"\n{END}{after}"


def newest(pattern):
    return max(HERE.glob(pattern), default=None)


def of_file(path, lines):
    """The lines, and where their figures lie."""
    link = path.relative_to(HERE)
    return [*lines, "", f"All figures: [{link}]({link})."]


def peers_sections(folder):
    """Of the results' README, and of the project's."""
    results = peers_tables.read(folder)
    about = peers_tables.about(results)
    details = [about, "", *peers_tables.details(results)]
    return of_file(folder, details), [about, "", *peers_tables.matrix(results)]


def study_lines(results, spark):
    about = results["about"]
    yield (f"{about['machine']}, {about['processors']} processors, {about['date']}, {about['arete']} "
           f"(commit {about['commit']}); {about['images']}, medians of {about['rounds']}.")
    yield ""
    yield "| | published | here |"
    yield "| --- | ---: | --- |"
    for line in headlines.rows(results, spark):
        yield f"| {line.what} | {line.published} | {line.ours} |"


def sections():
    """What goes where: (file, marker, lines) for all results there are."""
    readme = HERE / "README.md"
    spark = newest("*-spark/spark.json")
    spark_results = json.loads(spark.read_text()) if spark else None
    if path := newest("*.json"):
        yield readme, BEGIN, library_tables(path)
    if path := newest("*-peers"):
        details, matrix = peers_sections(path)
        yield readme, PEERS_BEGIN, details
        yield ROOT / "README.md", PEERS_MATRIX_BEGIN, matrix
    if path := newest("*-reproduce/results.json"):
        lines = study_lines(json.loads(path.read_text()), spark_results)
        yield readme, STUDY_BEGIN, of_file(path, lines)
    if path := cost_model.newest_results():
        lines = scaling_tables(json.loads(path.read_text()))
        yield readme, SCALING_BEGIN, of_file(path, lines)
    if spark:
        yield readme, SPARK_BEGIN, of_file(spark, spark_tables(spark_results))


def write_tables():
    for file, begin, lines in sections():
        file.write_text(replace_section(file.read_text(), begin, lines))
        print(f"{file}: {begin}")


def check_tables():
    for file, begin, lines in sections():
        text = file.read_text()
        if replace_section(text, begin, lines) != text:
            sys.exit(f"{file}: what follows {begin} is not what bench/results/table.py writes: run it")
    print("table.py: all tables are those of the newest results")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--collect", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.check:
        return check_tables()
    if arguments.collect:
        collect(arguments.collect)
    write_tables()


if __name__ == "__main__":
    main()
