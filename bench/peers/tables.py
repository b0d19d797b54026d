"""What peers.py measured, as tables in Markdown."""

from __future__ import annotations

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from disturbance import mark, star  # noqa: E402

ORDER = ("mnist", "fashion", "cifar10", "float32", "float32-long")
WIDE = 1.25  # largest over smallest
LABELS = {"numpy": "NumPy by hand, float64", "numpy-float32": "NumPy by hand, float32",
          "numpy-blocks": "NumPy by hand, in blocks of rows, float64",
          "ridge-classifier": "scikit-learn, ten `RidgeClassifier`, float64",
          "ridge-classifier-float32": "the same, float32",
          "ridge-classifier-cv": "scikit-learn, `RidgeClassifierCV`",
          "ridge-cv": "scikit-learn, `RidgeCV`", "himalaya": "himalaya, `RidgeCV`",
          "mllib": "Spark MLlib, `LinearRegression`", "torch": "PyTorch on a GPU",
          "cuml": "cuML, `Ridge`"}
SHORT = {"numpy": "NumPy", "numpy-blocks": "NumPy in blocks", "ridge-classifier": "`RidgeClassifier` x 10",
         "ridge-classifier-cv": "`RidgeClassifierCV`", "ridge-cv": "`RidgeCV`",
         "himalaya": "himalaya", "mllib": "MLlib"}


def read(folder: pathlib.Path) -> dict[str, dict]:
    return {name: json.loads((folder / f"{name}.json").read_text()) for name in ORDER
            if (folder / f"{name}.json").exists()}


def times(ratio):
    return f"{ratio:.2g}×" if ratio < 10 else f"{ratio:,.0f}×"


def seconds(one):
    """The median, and the range where that is wide."""
    low, high = one["range"]
    wide = f" ({low:.3g} to {high:.3g})" if high > WIDE * low else ""
    return f"{one['seconds']:.3g}{wide}"


def why_failed(text):
    """The end of an error, without the names of its modules."""
    if "not positive definite" in text:
        return "fails: in float32 the system is not positive definite"
    if "Unable to allocate" in text:
        return "fails: wants " + text.split("Unable to allocate ", 1)[1].split(" for", 1)[0]
    return text


def lines(result):
    """A line of the table for each program, Arete first."""
    programs, rows = result["programs"], result["held_out_rows"]
    arete = programs["arete"]
    yield (f"| **Arete, compute** | {arete['seconds']:.3f}{mark(arete['others'])} | {arete['counted']} | 1 | | "
           f"{arete['best_correct'] / rows:.4f} | {arete['peak_bytes'] / 1e9:.2f} |")
    yield (f"| **Arete, whole process** | {arete['process_seconds']:.3f} | {arete['counted']} | "
           f"{times(arete['process_seconds'] / arete['seconds'])} | 1 | | |")
    for name, label in LABELS.items():
        one = programs.get(name)
        if one is None:
            continue
        if "failed" in one:
            yield f"| {label} | {why_failed(one['failed'])} | {one['counted']} | | | | |"
            continue
        yield (f"| {label} | {seconds(one)}{mark(one['others'])} | {one['counted']} | "
               f"{times(one['times_arete']['seconds'])}{mark(one['others_of_pairs'])} | "
               f"{times(one['times_arete']['process_seconds'])} | "
               f"{one['best_correct'] / rows:.4f} | {one['peak_bytes'] / 1e9:.2f} |")


def one_lambda(result):
    """How a single lambda compares, where it was measured."""
    arete, numpy = (result["programs"].get(name) for name in ("arete-one-lambda", "numpy-one-lambda"))
    if not arete or not numpy or "failed" in numpy:
        return None
    return (f"One lambda alone: NumPy {numpy['seconds']:.3g} s, Arete {arete['seconds']:.3g} s compute "
            f"and {arete['process_seconds']:.3g} s for the process: NumPy takes "
            f"{times(numpy['times_arete']['seconds'])} as long as the one and "
            f"{times(numpy['times_arete']['process_seconds'])} as the other{mark(numpy['others_of_pairs'])}.")


def details(results):
    """A table for every problem."""
    for result in results.values():
        yield f"#### {result['problem']}"
        yield ""
        yield ("| program | seconds | runs | against Arete's compute | against its process | best "
               "accuracy | peak memory, GB |")
        yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
        yield from lines(result)
        yield ""
        text = one_lambda(result)
        if text:
            yield text
            yield ""


def cell(result, name):
    one = result["programs"].get(name)
    if one is None:
        return "not run"
    if "failed" in one:
        limit = result["about"]["limit_seconds"]
        return f"> {limit:,} s" if "did not finish" in one["failed"] else "fails"
    return f"{one['seconds']:.3g} s, {times(one['times_arete']['seconds'])}{star(one['others_of_pairs'])}"


def matrix_cells(results):
    """A header, and a line for each problem: seconds, and how many times those of Arete's compute."""
    yield ["data", "Arete: compute (whole process)", *SHORT.values()]
    for result in results.values():
        arete = result["programs"]["arete"]
        yield [result["problem"], f"{arete['seconds']:.3g} s ({arete['process_seconds']:.3g} s)",
               *(cell(result, name) for name in SHORT)]


def matrix(results):
    header, *rest = matrix_cells(results)
    for line in (header, ["---"] + ["---:"] * (len(header) - 1), *rest):
        yield f"| {' | '.join(line)} |"


def about(results):
    facts = next(iter(results.values()))["about"]
    modules = ", ".join(f"{name} {facts[name]}" for name in
                        ("numpy", "scikit-learn", "himalaya", "pyspark") if facts.get(name))
    runs = [run for result in results.values() for program in result["programs"].values()
            for run in program["runs"]]
    dates = sorted({run["date"] for run in runs})
    commits = {run["commit"] for run in runs if run["commit"]}
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    which = f"commit {commits.pop()}" if len(commits) == 1 else f"{len(commits)} commits, named with each run"
    return f"{facts['machine']}, {facts['threads']} threads, {when}, {facts['arete']} ({which}); {modules}."
