"""What the study published (bench/published), and the laws that are fitted to its tables and ours."""

from __future__ import annotations

import csv
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "published"


def table(name: str) -> list[dict[str, float]]:
    with (FOLDER / f"{name}.csv").open() as file:
        return [{key: float(value) for key, value in line.items()} for line in csv.DictReader(file)]


def headlines() -> dict[str, str]:
    with (FOLDER / "headlines.csv").open() as file:
        return {line["what"]: line["value"] for line in csv.DictReader(file)}


def power_law(sizes: list[float], seconds: list[float]) -> dict[str, float]:
    """a, b and c of T = a N^b + c, all positive, by least squares on the logarithm of T, so that small
    sizes count as much as large ones."""
    import numpy
    from scipy.optimize import least_squares

    n, t = numpy.array(sizes, float), numpy.array(seconds, float)
    largest = n.max()

    def residuals(parameters):
        a, b, c = parameters  # a is the time of the largest size: all three are of ordinary size
        return numpy.log(a * (n / largest) ** b + c) - numpy.log(t)

    # From several starts: the problem is small, and has poor local minima.
    fits = [least_squares(residuals, [t.max(), b, share * t.min()],
                          bounds=([0, 0.1, 0], [10 * t.max(), 3, t.min()]))
            for b in (0.5, 1.0, 1.5) for share in (0.1, 0.5, 0.9)]
    a, b, c = min(fits, key=lambda fit: fit.cost).x
    return {"a": float(a / largest**b), "b": float(b), "c": float(c)}


def serial_fraction(threads: list[float], seconds: list[float]) -> float | None:
    """The s of Amdahl's law, T(p) = T(1) (s + (1 - s) / p), by least squares on T / T(1); nothing for
    fewer than two numbers of threads."""
    if len(threads) < 2:
        return None
    first = seconds[threads.index(1)]
    # T / T(1) - 1/p = s (1 - 1/p): linear in s.
    pairs = [(1 - 1 / p, t / first - 1 / p) for p, t in zip(threads, seconds)]
    s = sum(x * y for x, y in pairs) / sum(x * x for x, _ in pairs)
    return min(1.0, max(0.0, s))
