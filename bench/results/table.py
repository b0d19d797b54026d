#!/usr/bin/env python3
"""Turns measurements into tables.

  table.py --collect FOLDER   joins the JSON files that bench/run left in FOLDER into
                              results/<date>-<cpu>.json, then writes README.md's tables
  table.py                    writes README.md's tables from the newest results
"""

import argparse
import json
import pathlib
import re
import statistics

HERE = pathlib.Path(__file__).resolve().parent
BEGIN, END = "<!-- written by table.py -->", "<!-- end -->"
DISTURBED = 0.03  # share of the machine that others may take before a figure is marked


def collect(folder):
    parts = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    about = parts["peers-mnist"]["about"]
    processor = re.sub(r"[^a-z0-9]+", "-", about["machine"].lower()).strip("-")
    name = f"{about['date']}-{processor}.json"
    (HERE / name).write_text(json.dumps({"about": about, **parts}, indent=1) + "\n")
    print(HERE / name)


def medians(program):
    """Name, milliseconds, of_floor and others (the worst) of every benchmark, over repetitions."""
    runs = {}
    for run in program["benchmarks"]:
        if run.get("run_type") == "iteration" and not run.get("error_occurred"):
            runs.setdefault(run["name"].removesuffix("/real_time"), []).append(run)
    for name, repetitions in runs.items():
        middle = {field: statistics.median(run[field] for run in repetitions)
                  for field in ("real_time", "of_floor")}
        yield name, middle["real_time"], middle["of_floor"], max(r["others"] for r in repetitions)


def mark(others):
    return f" (disturbed: {others:.0%})" if others > DISTURBED else ""


def limits_table(results):
    yield "| measured limits | one thread | all threads |"
    yield "| --- | ---: | ---: |"
    context = results["moments"]["context"]
    note = mark(float(context["limits_others"]))
    for label, key, unit in (("int8 products", "int8_gmacs", "GMAC/s"),
                             ("float64 (dgemm)", "dgemm_gflops", "GFLOP/s")):
        yield f"| {label} | {context[key + '_one_thread']} {unit} | {context[key]} {unit}{note} |"
    yield f"| memory, read | | {context['read_gbytes']} GB/s{note} |"


def program_table(program):
    yield "| benchmark | ms | times the floor |"
    yield "| --- | ---: | ---: |"
    for name, milliseconds, of_floor, others in medians(program):
        yield f"| `{name}` | {milliseconds:.2f} | {of_floor:.2f}{mark(others)} |"


def peers_table(result):
    yield f"{result['problem']}; {result['about']['repeat']} runs of each peer, in turns."
    yield ""
    yield "| program | seconds | against Arete's compute | against its process | best correct |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, program in result["programs"].items():
        ratios = " | ".join(f"{program[key]:.1f}×" for key in ("ratio_to_compute", "ratio_to_process"))
        label = "Arete, compute" if name == "arete" else name
        yield (f"| {label} | {program['seconds']:.3f}{mark(program['others'])} | {ratios} | "
               f"{program['best_correct']:,} of {result['held_out_rows']:,} |")
    yield f"| Arete, whole process | {result['arete_process_seconds']:.3f} | | | |"


def tables(path):
    results = json.loads(path.read_text())
    about = results["about"]
    yield (f"{about['machine']}, {about['threads']} threads, {about['date']}, commit "
           f"{about['commit']}; NumPy {about['numpy']}, scikit-learn {about['scikit-learn']}. "
           f"All figures: [{path.name}]({path.name}).")
    yield ""
    yield from limits_table(results)
    for title, lines in (("Against others", None),
                         ("Moments", program_table(results["moments"])),
                         ("Solve", program_table(results["solve"])),
                         ("Score", program_table(results["score"]))):
        yield f"\n### {title}\n"
        if lines is not None:
            yield from lines
            continue
        yield from peers_table(results["peers-mnist"])
        yield ""
        yield from peers_table(results["peers-float32"])


def write_readme():
    newest = max(HERE.glob("*.json"), default=None)
    if newest is None:
        raise SystemExit(f"{HERE}: holds no results; bench/run makes them")
    readme = HERE / "README.md"
    text = readme.read_text()
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    readme.write_text(f"{before}{BEGIN}\n" + "\n".join(tables(newest)) + f"\n{END}{after}")
    print(readme)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--collect", type=pathlib.Path, metavar="FOLDER")
    arguments = parser.parse_args()
    if arguments.collect:
        collect(arguments.collect)
    write_readme()


if __name__ == "__main__":
    main()
