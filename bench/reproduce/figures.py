"""The figures, each as SVG and PNG."""

from __future__ import annotations

import pathlib

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy  # noqa: E402

import published  # noqa: E402

BLUE, RED, GREY = "#2166ac", "#b2182b", "#636c76"
plt.rcParams.update({"svg.hashsalt": "arete", "font.size": 10, "axes.spines.top": False,
                     "axes.spines.right": False, "figure.constrained_layout.use": True})


def save(figure, folder: pathlib.Path, name: str) -> str:
    """NAME.svg and NAME.png; returns the name."""
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
    figure.savefig(folder / f"{name}.png", dpi=144, metadata={"Software": None})
    plt.close(figure)
    return name


def curve(axes, sizes, seconds, colour, label, line="-"):
    """Points, and the law that was fitted to them."""
    fit = published.power_law(sizes, seconds)
    n = numpy.geomspace(min(sizes), max(sizes), 100)
    axes.plot(sizes, seconds, "o", color=colour, markersize=4)
    axes.plot(n, fit["a"] * n ** fit["b"] + fit["c"], line, color=colour, label=label)


def serial(results, folder):
    figure, axes = plt.subplots(figsize=(5.2, 3.8))
    said = published.table("serial-scaling")
    sizes = [line["images"] for line in said]
    curve(axes, sizes, [line["total_seconds"] for line in said], GREY, "published")
    curve(axes, sizes, [line["parallel_seconds"] for line in said], GREY, "its parallel part", ":")
    ours = results["serial"]
    sizes = [one["images"] for one in ours]
    for program, colour, label in (("study", RED, "the same in NumPy"), ("arete", BLUE, "Arete")):
        curve(axes, sizes, [one[program]["total"] for one in ours], colour, label)
    axes.set(xscale="log", yscale="log", xlabel="images", ylabel="seconds, one thread")
    axes.legend(frameon=False)
    return save(figure, folder, "serial")


def amdahl(results, folder):
    figure, axes = plt.subplots(figsize=(5.2, 3.8))
    said = published.table("amdahl-40000-images")
    series = [([line["threads"] for line in said], [line["total_seconds"] for line in said], GREY,
               "published")]
    for program, colour, label in (("study", RED, "the same in NumPy"), ("arete", BLUE, "Arete")):
        series.append(([one["threads"] for one in results["amdahl"]],
                       [one[program]["total"] for one in results["amdahl"]], colour, label))
    p = numpy.arange(1, 9)
    for threads, seconds, colour, label in series:
        s = published.serial_fraction(threads, seconds)
        axes.plot(threads, [seconds[0] / t for t in seconds], "o", color=colour, label=label)
        if s is not None:
            axes.plot(p, 1 / (s + (1 - s) / p), color=colour)
    axes.plot(p, p, ":", color=GREY, linewidth=1)
    axes.set(xlabel="threads", ylabel="speed-up", xticks=p)
    axes.legend(frameon=False)
    return save(figure, folder, "amdahl")


def heat_map(values, measured, ranks, threads, title, percent, folder, name):
    """values[i][j] for ranks[i] and threads[j]; a cell that was measured has a frame."""
    figure, axes = plt.subplots(figsize=(3.4, 2.9))
    array = numpy.array(values)
    axes.imshow(array, cmap="Blues", vmin=0, vmax=1 if percent else max(1.0, array.max()), aspect="auto")
    middle = (1 if percent else max(1.0, array.max())) / 2
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            text = f"{100 * value:.0f}%" if percent else f"{value:.2g}" if value < 10 else f"{value:.0f}"
            axes.text(j, i, text, ha="center", va="center", color="white" if value > middle else "black",
                      fontweight="bold" if (i, j) in measured else "normal")
    for i, j in measured:
        axes.add_patch(plt.Rectangle((j - 0.46, i - 0.46), 0.92, 0.92, fill=False, color=RED, linewidth=2))
    axes.set(xticks=range(len(threads)), xticklabels=threads, yticks=range(len(ranks)),
             yticklabels=ranks, xlabel="threads of a rank", ylabel="ranks", title=title)
    for side in axes.spines.values():
        side.set_visible(False)
    return save(figure, folder, name)


