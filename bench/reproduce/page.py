"""The page: every published table beside ours, the figures, and the model."""

from __future__ import annotations

import base64
import html
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "results"), str(HERE.parent / "peers")]
import cost_model  # noqa: E402
import figures  # noqa: E402
import headlines  # noqa: E402
import published  # noqa: E402
import tables as peers_tables  # noqa: E402
import table as tables  # noqa: E402
from disturbance import star  # noqa: E402

SIDES = (1, 2, 4, 8)  # ranks, and threads of each
NO_GPU = ("No GPU has run this code yet: no figures of one are in bench/results, whose README lists what is "
          "unverified. scripts/gpu-check makes them on a machine that has one.")
MODES = {"model": "model parallel", "average": "data parallel, averaged as published",
         "data": "data parallel, exact"}
METRICS = {"speedup": ("speed-up", False), "scaled": ("scaled speed-up", False),
           "efficiency": ("efficiency", True)}
TEXT = ' class="text"'
MOST_ERROR = 0.15  # of the cost model, on cells that were measured
STYLE = """
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: 1rem; }
.figures img { width: 100%; max-width: 34rem; height: auto; }
td.text, th.text { text-align: left; white-space: normal; min-width: 12rem; }
@media (max-width: 40rem) {
  .stacked thead { display: none; }
  .stacked tr { display: block; border-bottom: 1px solid var(--line); padding: .4rem 0; }
  .stacked th, .stacked td { display: block; border: 0; text-align: left; white-space: normal; }
  .stacked td::before { content: attr(data-label) ": "; color: var(--faint); }
}
"""


def escape(value) -> str:
    return html.escape(str(value))


def section(name, title, *content):
    return f'<section id="{name}">\n<h2>{escape(title)}</h2>\n{"".join(content)}</section>\n'


def note(text):
    return f'<p class="note">{escape(text)}</p>\n'


def label(text, stacked):
    return f' data-label="{escape(text)}"' if stacked else ""


def table(header, lines, words=(), stacked=False):
    """Cells are texts; those of the columns `words` are prose. A stacked table has its cells below each
    other on a narrow screen."""
    head = "".join(f'<th scope="col"{TEXT if i in words else ""}>{escape(cell)}</th>'
                   for i, cell in enumerate(header))
    body = ""
    for first, *rest in lines:
        cells = "".join(f"<td{TEXT if i in words else ''}{label(header[i], stacked)}>{escape(cell)}</td>"
                        for i, cell in enumerate(rest, 1))
        body += f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>\n'
    kind = ' class="stacked"' if stacked else ""
    return (f'<div class="wide"><table{kind}>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>'
            "</table></div>\n")


def image(folder, name, description):
    data = base64.b64encode((folder / f"{name}.svg").read_bytes()).decode()
    return f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(description)}">\n'


def images(folder, named):
    return f'<div class="figures">\n{"".join(image(folder, *pair) for pair in named)}</div>\n'


def seconds(entry, part="total"):
    """Marked where others disturbed it."""
    return f"{entry[part]:.3g}{star(entry.get('others', 0))}"


def headline_section(results, spark):
    lines = [(line.what, line.published, line.ours) for line in headlines.rows(results, spark)]
    return section("headlines", "What was published, and what we find",
                   table(("", "published", "here"), lines, words=(0, 2), stacked=True))


def serial_section(results, folder):
    said = {line["images"]: line for line in published.table("serial-scaling")}
    lines = []
    for one in results["serial"]:
        line = said.get(one["images"])
        lines.append((f"{one['images']:,}",
                      *(f"{line[key]:.4g}" if line else "–" for key in ("total_seconds", "parallel_seconds")),
                      seconds(one["study"]), seconds(one["study"], "parallel"),
                      seconds(one["arete"]), seconds(one["arete"], "parallel"),
                      f"{one['study']['total'] / one['arete']['total']:.1f}",
                      f"{one['study']['accuracy']:.4f}", f"{one['arete']['accuracy']:.4f}"))
    missing = [f"{size:,.0f}" for size in said if size not in {o["images"] for o in results["serial"]}]
    laws = [("published, total", *law_of([(n, line["total_seconds"]) for n, line in said.items()])),
            ("published, parallel part", *law_of([(n, line["parallel_seconds"]) for n, line in said.items()]))]
    for program, label in (("study", "the same in NumPy"), ("arete", "Arete")):
        laws.append((label, *law_of([(one["images"], one[program]["total"]) for one in results["serial"]])))
    return section(
        "serial", "Serial run time", note(
            "Seconds on one thread, ten lambdas. The parallel part is what the study made parallel: "
            "everything for each lambda. NumPy is the study's program, rewritten from its description "
            "(bench/peers/study.py); Arete is a cold process, reading, the test of all lambdas and the "
            "refit included. * marks figures that other work disturbed."),
        table(("images", "published", "its parallel part", "NumPy", "parallel", "Arete", "parallel",
               "NumPy / Arete", "accuracy, NumPy", "Arete"), lines),
        note(f"Not run (--quick): {', '.join(missing)} images.") if missing else "",
        table(("T = a·N^b + c", "a", "b", "c"), laws),
        images(folder, [(figures.serial(results, folder), "Run time over images, with the fitted laws")]))


def law_of(pairs):
    fit = published.power_law(*zip(*pairs))
    return f"{fit['a']:.3g}", f"{fit['b']:.3f}", f"{fit['c']:.3g}"


def parts_of(entry):
    """The parallel part, the rest, and both."""
    rest = entry | {"rest": entry["total"] - entry["parallel"]}
    return seconds(entry, "parallel"), seconds(rest, "rest"), seconds(entry)


def amdahl_section(results, folder):
    said = {line["threads"]: line for line in published.table("amdahl-40000-images")}
    here = {one["threads"]: one for one in results["amdahl"]}
    lines = []
    for threads in sorted(said | here):
        line, one = said.get(threads), here.get(threads)
        lines.append((f"{threads:.0f}", *(f"{line[key]:.2f}" if line else "–" for key in
                                          ("parallel_seconds", "overhead_seconds", "total_seconds")),
                      *(cell for program in ("study", "arete") for cell in
                        (parts_of(one[program]) if one else ("–", "–", "–")))))
    totals = [line["total_seconds"] for line in said.values()]
    fractions = [f"published {published.serial_fraction(list(said), totals):.3f}"]
    for program, label in (("study", "NumPy"), ("arete", "Arete")):
        s = published.serial_fraction(list(here), [one[program]["total"] for one in here.values()])
        fractions.append(f"{label} {s:.3f}" if s is not None else f"{label}: one processor tells none")
    rows = results["amdahl"][0]["images"]
    return section(
        "amdahl", "Threads", note(
            f"Seconds for {rows:,} images (published: 40,000): the parallel part, what is beside it, and both. "
            f"– : this machine has {results['about']['processors']} processors."),
        table(("threads", "published: parallel", "overhead", "total", "NumPy: parallel", "overhead", "total",
               "Arete: parallel", "overhead", "total"), lines),
        f"<p>Serial fraction by Amdahl's law, T(p) = T(1) (s + (1 − s)/p): {'; '.join(fractions)}.</p>\n",
        images(folder, [(figures.amdahl(results, folder), "Speed-up over threads")]))


def cells(scaling, mode, metric):
    """The values of a heat map, and which of them were measured."""
    job = cost_model.fit_job(scaling)

    def predicted(ranks, threads, rows):
        return cost_model.predict(job, mode, ranks, threads, rows=rows)["total"]

    def measured(ranks, threads, rows):
        median = cost_model.find(scaling, mode="alone" if ranks == 1 else mode, ranks=ranks, threads=threads,
                                 rows=rows, lambdas="path", pinned=False)
        return median and median["total"]

    values, known = [], []
    for i, ranks in enumerate(SIDES):
        values.append([])
        for j, threads in enumerate(SIDES):
            gain = cost_model.speedup(scaling, ranks, threads, metric == "scaled", measured)
            if gain is None:
                gain = cost_model.speedup(scaling, ranks, threads, metric == "scaled", predicted)
            else:
                known.append((i, j))
            values[-1].append(gain / (ranks * threads) if metric == "efficiency" else gain)
    return values, known


def deviations(scaling):
    """Configuration, predicted and measured seconds of all that were measured with the whole path."""
    job = cost_model.fit_job(scaling)
    for one in scaling["configurations"]:
        if one["mode"] == "launched" or one["lambdas"] != "path" or one["pinned"]:
            continue
        mode = "data" if one["mode"] == "alone" else one["mode"]
        predicted = cost_model.predict(job, mode, one["ranks"], one["threads"], one["rows"])["total"]
        yield one["name"], predicted, one["median"]["total"]


def heat_section(results, folder):
    if not results["scaling"]:
        return section("heat", "Ranks and threads", note(headlines.NO_SCALING))
    content = [note(
        "Predicted by bench/cost_model.py, which is fitted to one rank and checked against every cell "
        "that this machine could run: those have a red frame and show what was measured. The rows are "
        "random bytes. The links between ranks are this machine's memory. Scaled: as many times the images "
        f"as processors, from 1/{results['about']['processors']} of them on one; it passes the number of "
        "processors where the lambdas, which do not grow with the rows, take most of the time.")]
    for which, scaling in results["scaling"].items():
        about = scaling["about"]
        content.append(f"<h3>{about['rows']:,} rows of {about['features']:,} features "
                       f"({'hands' if which == 'hands' else 'as MNIST'})</h3>\n"
                       f"<p>Measured {about['date']}, commit {about['commit']}; medians of "
                       f"{about['rounds']}.</p>\n")
        named = []
        for mode, label in MODES.items():
            for metric, (title, percent) in METRICS.items():
                values, known = cells(scaling, mode, metric)
                name = figures.heat_map(values, known, SIDES, SIDES, f"{label}:\n{title}", percent,
                                        folder, f"heat-{which}-{mode}-{metric}")
                named.append((name, f"{label}: {title} over ranks and threads"))
        content.append(images(folder, named))
        lines = [(name, f"{p:.3f}", f"{m:.3f}", f"{100 * (p / m - 1):+.0f}%")
                 for name, p, m in deviations(scaling)]
        worst = max(abs(p / m - 1) for _, p, m in deviations(scaling))
        verdict = "within" if worst <= MOST_ERROR else "not within"
        content += [table(("measured", "predicted, s", "measured, s", "error"), lines),
                    f"<p>The cost model is {verdict} {MOST_ERROR:.0%} of what was measured "
                    f"(at worst {worst:.0%}).</p>\n"]
    return section("heat", "Ranks and threads", *content)


def accuracy_section(results):
    names = {"images": results["about"]["images"], "hands-mixed": "hands", "hands-apart":
             "hands, photographs apart"}
    found = results["accuracy"]
    if not found:
        return section("accuracy", "Accuracy", note(headlines.NO_SCALING))
    by_key = {name: {(one["mode"], one["ranks"], one["threads"]): one for one in configurations}
              for name, configurations in found.items()}
    lines = []
    for mode, ranks, threads in next(iter(by_key.values())):
        line = [f"{mode.replace('alone', 'one process')}, {ranks} x {threads}"]
        for configurations in by_key.values():
            one = configurations.get((mode, ranks, threads))
            line += [f"{one['accuracy']:.4f}", "yes" if one["same_model"] else "no"] if one else ["–", "–"]
        lines.append(line)
    header = ("ranks x threads", *(cell for name in found for cell in (names[name], "same bytes")))
    return section("accuracy", "Accuracy of every configuration", note(
        "Published: 0.85 on MNIST in every configuration, 0.87 on the authors' own photographs of hands. "
        "Held-out accuracy by the study's protocol; whether the model is that of one process to the "
        "byte. average solves each rank's rows alone and averages the weights, as the study's data "
        "parallelism did; a fifth of the rows is held out by a hash there, as the last ranks would have "
        "none to train on, and one process by hash is what to compare it with. Hands: variants of one "
        "photograph are trained on and held out, as they are where one enlarges first and splits then; the "
        "last columns keep photographs apart, which a hash would not (–)."), table(header, lines))


def spark_section(spark):
    if not spark:
        return section("spark", "Spark", note(headlines.NO_SPARK))
    programs = tables.SPARK_PROGRAMS
    lines = [(re.sub("`", "", label), *(tables.spark_cell(size["programs"][name]) for size in spark["sizes"]))
             for name, label in programs.items()]
    about = spark["about"]
    return section("spark", "Spark's outer and inner loops", note(
        f"Seconds (accuracy); {about['machine']}, {about['processors']} processors, {about['date']}; made "
        "by bench/spark.py, which says what is counted. Published: speed-ups over a serial program of one "
        "process, on a cluster, of 4.5, 7.1 and 7.45 for the outer loop and 1 for the inner one."),
        table(("images", *(f"{size['rows']:,}" for size in spark["sizes"])), lines))


def peers_section(peers):
    if not peers:
        return section("peers", "What else one would use", note("No peers were measured (bench/peers)."))
    header, *lines = peers_tables.matrix_cells(peers)
    plain = [[cell.replace("`", "") for cell in line] for line in (header, *lines)]
    return section("peers", "What else one would use", note(
        f"{peers_tables.about(peers)} Seconds for ten lambdas, and how many times those of Arete's compute; "
        "what is counted, single figures, memory and accuracies are in bench/results."),
        table(plain[0], plain[1:]))


def gpu_section(gpu):
    """What scripts/gpu-check found: every step, and every benchmark."""
    if not gpu or not gpu["machine"].get("gpus"):
        return section("gpu", "GPUs", note(NO_GPU))
    names = ", ".join(one["description"] for one in gpu["machine"]["gpus"])
    steps = [(step["name"], step["status"]) for step in gpu["steps"]]
    timed = next((step["benchmarks"] for step in gpu["steps"] if isinstance(step.get("benchmarks"), dict)),
                 {"benchmarks": []})
    lines = [(one["name"], f"{one['real_time']:.3g} {one['time_unit']}") for one in tables.timed_runs(timed)]
    return section("gpu", "GPUs", note(f"{names}; found by scripts/gpu-check."),
                   table(("check", "result"), steps), table(("benchmark", "time"), lines) if lines else "")


def lstm_section(results):
    said = published.table("bigdl-lstm-mnist")
    here = {(one["images"], one["threads"]): one for one in results["lstm"]}
    lines = []
    for line in said:
        counts = {int(key.removeprefix("cores_")): value for key, value in line.items() if key != "images"}
        ours = [here.get((line["images"], count)) for count in counts]
        lines.append((f"{line['images']:,.0f}, LSTM", *(f"{value:.2f}" for value in counts.values())))
        lines.append(("Arete", *(seconds(one) if one else "–" for one in ours)))
    return section("lstm", "BigDL's LSTM", note(
        "Published: seconds to train an LSTM on MNIST with BigDL, by images and cores. Ours: seconds of "
        "arete fit, the whole process, on as many. They are other models, so that only what a user waits "
        f"compares. – : this machine has {results['about']['processors']} processors."
        + (" Sizes that --quick leaves out are – too." if results["about"]["quick"] else "")),
        table(("images, cores", 1, 2, 4, 8, 16, 32), lines))


def model_sections(page):
    """Those of the page that `arete fit --report` writes, without its last line."""
    found = re.findall(r'<section id="\w+">.*?</section>\n', page, re.DOTALL)
    if not any(one.startswith('<section id="path">') for one in found):
        raise SystemExit("the page of arete fit --report has no path")
    return "".join(found)


def style_of(page):
    return re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)


def write(results, spark, peers, gpu, out: pathlib.Path):
    model_page = results["page"]
    folder = out / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    about = results["about"]
    title = "The study, reproduced"
    facts = {"Images": about["images"], "Machine": f"{about['machine']}, {about['processors']} processors",
             "Date": about["date"], "Arete": f"{about['arete']}, commit {about['commit']}",
             "Runs": f"medians of {about['rounds']}", "Command": about["command"]}
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>\n" for name, value in facts.items())
    body = "".join([
        headline_section(results, spark), serial_section(results, folder), amdahl_section(results, folder),
        heat_section(results, folder), accuracy_section(results), spark_section(spark),
        peers_section(peers),
        gpu_section(gpu), lstm_section(results),
        section("model", "The model", note("What arete fit --report writes of these images, with its own "
                                           "path of lambdas and the standard protocol.")),
        model_sections(model_page)])
    (out / "index.html").write_text(
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" '
        f'content="width=device-width, initial-scale=1">\n<title>{title}</title>\n<style>'
        f"{style_of(model_page)}{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        "<p>A published study trained this classifier on the Odyssey cluster and on Spark. Its tables and "
        f'figures, with ours beside them.</p>\n<dl class="facts">\n{listed}</dl>\n{body}</body>\n</html>\n')
    return out / "index.html"
