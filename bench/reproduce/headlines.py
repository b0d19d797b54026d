"""Every headline the study published beside ours, or why there is none."""

from __future__ import annotations

import dataclasses
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import cost_model  # noqa: E402
import published  # noqa: E402

EXACT = ("alone", "data", "model")  # modes of the study's protocol with one solution
NO_HANDS = "no photographs of hands were given (--hands)"
NO_SCALING = "ranks were not measured (--no-ranks)"
NO_SPARK = "Spark was not measured (bench/spark.py)"


@dataclasses.dataclass
class Headline:
    what: str
    published: str
    ours: str


def at_size(entries, rows):
    return next((one for one in entries if one["images"] == rows), None)


def two(entry, part="total"):
    """Seconds of the study's program in NumPy and of Arete's process."""
    return f"NumPy {entry['study'][part]:.3g} s, Arete {entry['arete'][part]:.3g} s (one thread each)"


def law(entries, program):
    fit = published.power_law([one["images"] for one in entries],
                              [one[program]["total"] for one in entries])
    return f"{fit['a']:.2g}·N^{fit['b']:.3f} + {fit['c']:.2g} s"


def speedup(results, mode, ranks, threads, scaled=False):
    job = cost_model.fit_job(results)

    def predicted(ranks, threads, rows):
        return cost_model.predict(job, mode, ranks, threads, rows=rows)["total"]

    return cost_model.speedup(results, ranks, threads, scaled, predicted)


def range_of(configurations, modes):
    values = [one["accuracy"] for one in configurations if one["mode"] in modes]
    low, high = min(values), max(values)
    return f"{low:.4f}" if low == high else f"{low:.4f} to {high:.4f}"


def accuracy_text(configurations):
    return (f"{range_of(configurations, EXACT)} in every exact configuration. Averaged weights: "
            f"{range_of(configurations, ('average',))}, on other held-out rows, on which one process has "
            f"{range_of(configurations, ('alone, by hash',))}")


def spark_speedup(spark, rows, program):
    """Of the study's own program over its serial one, both run again here."""
    size = next((size for size in spark["sizes"] if size["rows"] == rows), None)
    if size is None:
        return "not measured"
    programs = size["programs"]
    ours = {"study_outer": "outer", "study_inner": "inner"}[program]
    for name, who in ((program, "the same program"), ("serial", "its serial twin"), (ours, "Arete's loop")):
        if "failed" in programs[name]:
            return f"{who} failed here: {programs[name]['failed']}"
    taken = {name: programs[name]["seconds"] for name in (program, "serial", ours)}
    return (f"{taken['serial'] / taken[program]:.2f}: the same program takes {taken[program]:.2f} s, and the "
            f"serial one, whose NumPy uses every processor, {taken['serial']:.2f} s. Arete's loop takes "
            f"{taken[ours]:.2f} s")


def rows(results, spark) -> list[Headline]:
    """`spark`: what bench/spark.py found, or nothing."""
    said = published.headlines()
    hands, scaling = results["hands"], results["scaling"]
    accuracy = results["accuracy"]
    sixteen, last = at_size(results["serial"], 16_000), results["serial"][-1]
    over_study = [one["study"]["total"] / one["arete"]["total"] for one in results["serial"]]
    predicted = {
        "model_parallel_speedup_mnist_8x8": ("images", "model", False),
        "model_parallel_speedup_hands_8x8": ("hands", "model", False),
        "data_parallel_speedup_mnist_8x8": ("images", "data", False),
        "data_parallel_scaled_speedup": ("images", "data", True)}

    def of_scaling(name):
        which, mode, scaled = predicted[name]
        if which not in scaling:
            return NO_SCALING if which == "images" else NO_HANDS
        exact = speedup(scaling[which], mode, 8, 8, scaled)
        text = f"{exact:.1f}, by the cost model"
        if mode == "data":
            text += f"; averaged as published {speedup(scaling[which], 'average', 8, 8, scaled):.1f}"
        return text

    ours = {
        "mnist_accuracy_every_configuration":
            accuracy_text(accuracy["images"]) if "images" in accuracy else NO_SCALING,
        "hand_images_accuracy": f"{range_of(accuracy['hands-mixed'], EXACT)}; "
        f"{range_of(accuracy['hands-apart'], EXACT)} where no photograph is on both "
        "sides. Other people's hands than the study's" if "hands-mixed" in accuracy else NO_HANDS,
        "hand_images_count": f"{hands['count']:,}, from {hands['photographs']:,} photographs"
        if hands else NO_HANDS,
        "hand_images_size": "60x40" if hands else NO_HANDS,
        "hand_images_classes": "6" if hands else NO_HANDS,
        "hand_images_serial_seconds": two(hands["serial"]) if hands else NO_HANDS,
        "mnist_16000_serial_seconds": two(sixteen) if sixteen else "not run at this size (--quick)",
        "serial_fit_seconds": f"NumPy {law(results['serial'], 'study')}; "
        f"Arete {law(results['serial'], 'arete')}",
        **{name: of_scaling(name) for name in predicted},
        "cython_one_thread_over_serial_python":
            f"{over_study[0]:.1f} at {results['serial'][0]['images']:,} images to {over_study[-1]:.1f} at "
            f"{last['images']:,}: Arete on one thread over the study's program in NumPy, whose loops are BLAS",
        **{f"spark_outer_speedup_{count}_images": spark_speedup(spark, count, "study_outer")
           if spark else NO_SPARK for count in (1_000, 11_000, 21_000)},
        "spark_inner_speedup": spark_speedup(spark, 1_000, "study_inner") if spark else NO_SPARK,
        "spark_outer_out_of_memory_above_images": out_of_memory(spark) if spark else NO_SPARK,
    }
    return [Headline(what.replace("_", " "), value, ours[what]) for what, value in said.items()]


def out_of_memory(spark):
    memory = spark["about"]["study_memory"]
    failed = {size["rows"]: size["programs"]["study_outer"]["failed"] for size in spark["sizes"]
              if "failed" in size["programs"]["study_outer"]}
    done = [size["rows"] for size in spark["sizes"] if "failed" not in size["programs"]["outer"]]
    theirs = f"with {memory} does all sizes"
    if failed:
        theirs = f"with {memory} fails at {min(failed):,} ({failed[min(failed)]})"
    return f"the same program {theirs}; Arete's outer loop does {max(done, default=0):,}"
