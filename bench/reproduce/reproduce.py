#!/usr/bin/env python3
"""Runs the published study's experiments and writes a page with its tables and figures beside ours.

scripts/reproduce builds what this needs, and starts it. The page is --out/index.html, which needs no
other file; its figures are in --out/figures (SVG and PNG), all figures in --out/results.json. Spark's
figures, the peers' and those of GPUs are the newest in bench/results (DATE-spark/spark.json, which
bench/spark.py makes, DATE-peers, DATE-gpu/gpu-check.json of scripts/gpu-check).
"""

import argparse
import datetime
import json
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import hands  # noqa: E402
import measure  # noqa: E402
import page  # noqa: E402
from disturbance import commit, output_of, processor_name  # noqa: E402

SIZES = (500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000)
QUICK_SIZES = (500, 1_000, 2_000)
LSTM_SIZES = (1_000, 5_000, 10_000, 30_000, 60_000)
AMDAHL_ROWS, QUICK_ROWS = 40_000, 2_000
MOST_RANKS = 8


def hand_experiments(setup, arguments, results):
    count = 1_000 if arguments.quick else hands.COUNT
    photographs = hands.make(arguments.hands, setup.work, count)
    files = {name: (setup.work / f"hands-{name}.npy", setup.work / f"hands-{name}-labels.npy")
             for name in ("mixed", "apart")}

    def data(name):
        return [files[name][0], "--labels", files[name][1]]

    results["hands"] = {"photographs": photographs, "count": count,
                        "serial": measure.both(setup, data("mixed"), files["mixed"], count, 1)}
    if not arguments.ranks:
        return
    for name in files:
        say(f"hands, {name}: every configuration")
        # A hash would hold out variants of photographs that are trained on.
        results["accuracy"][f"hands-{name}"] = measure.accuracies(setup, data(name), arguments.most_ranks,
                                                                  averaged=name == "mixed")


def scaling_experiments(setup, results):
    say("ranks and threads")
    rows = QUICK_ROWS if results["about"]["quick"] else 60_000
    results["scaling"]["images"] = measure.scaling(setup, rows, 784)
    if results["hands"]:
        say("hands: ranks and threads")
        results["scaling"]["hands"] = measure.scaling(setup, results["hands"]["count"],
                                                      hands.WIDTH * hands.HEIGHT)


def say(text):
    print(f"reproduce: {text}", file=sys.stderr)


def experiments(setup, arguments):
    quick = arguments.quick
    results = {"about": about(setup, arguments), "hands": None, "accuracy": {}, "scaling": {}}
    say("serial run time")
    results["serial"] = measure.serial(setup, QUICK_SIZES if quick else SIZES)
    say("threads")
    results["amdahl"] = measure.amdahl(setup, QUICK_ROWS if quick else AMDAHL_ROWS)
    say("as many images as the LSTM had")
    results["lstm"] = measure.lstm_sizes(setup, LSTM_SIZES[:1] if quick else LSTM_SIZES)
    if arguments.ranks:
        say("every configuration")
        rows = ["--rows", QUICK_ROWS] if quick else []
        results["accuracy"]["images"] = measure.accuracies(setup, [setup.images, *rows],
                                                           arguments.most_ranks)
    if arguments.hands:
        say("photographs of hands")
        hand_experiments(setup, arguments, results)
    if arguments.ranks:
        scaling_experiments(setup, results)
    results["page"] = measure.model_page(setup)
    return results


def about(setup, arguments):
    return {"date": datetime.date.today().isoformat(), "machine": processor_name(),
            "processors": setup.processors, "commit": commit(), "rounds": setup.rounds,
            "arete": output_of(str(setup.arete), "--version"), "quick": arguments.quick,
            "images": setup.images.resolve().name,
            "command": command(setup, arguments)}


def command(setup, arguments):
    """As it would be typed where the data lie: their names without their folders."""
    words = ["scripts/reproduce", *(["--quick"] if arguments.quick else []),
             "--data", setup.images.resolve().name,
             *(["--hands", arguments.hands.resolve().name] if arguments.hands else []),
             *([] if arguments.ranks else ["--no-ranks"]), "--rounds", str(setup.rounds)]
    return " ".join(words)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/reproduce", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, metavar="FOLDER",
                        default=pathlib.Path("/usr/share/datasets/fashion-mnist"),
                        help="MNIST's four files (default: Debian's Fashion-MNIST, which has the same "
                        "form but is harder)")
    parser.add_argument("--hands", type=pathlib.Path, metavar="ARCHIVE",
                        help="photographs of hands in folders named by digit, in a .tar.gz or unpacked "
                        "(default: none; the page says so)")
    parser.add_argument("--quick", action="store_true",
                        help="few images, one run of each: to see that all of it works")
    parser.add_argument("--rounds", type=int, help="runs of each (default: 5)")
    parser.add_argument("--no-ranks", dest="ranks", action="store_false",
                        help="without mpirun: no heat maps, and no table of accuracies")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("report"),
                        help="(default: report)")
    parser.add_argument("--from", dest="source", type=pathlib.Path, metavar="RESULTS.json",
                        help="measure nothing: draw the page of these results again")
    parser.add_argument("--again", action="store_true",
                        help="with --from: measure ranks and threads again, as where other work disturbed "
                        "them")
    arguments = parser.parse_args()
    if arguments.again and not (arguments.source and arguments.ranks):
        parser.error("--again: is for results that --from names, and needs mpirun")
    if not arguments.source and not (arguments.data / "train-images-idx3-ubyte.gz").exists():
        parser.error(f"--data: {arguments.data} holds no train-images-idx3-ubyte.gz")
    if arguments.hands and not arguments.hands.exists():
        parser.error(f"--hands: {arguments.hands} is not there")
    arguments.most_ranks = 2 if arguments.quick else MOST_RANKS
    return arguments


def main():
    arguments = parse_arguments()
    rounds = arguments.rounds or (1 if arguments.quick else 5)
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        setup = measure.Setup(arguments.build.resolve(), arguments.data, pathlib.Path(work), rounds,
                              0 if arguments.quick else 20, measure.processors())
        if arguments.source:
            results = json.loads(arguments.source.read_text())
            if arguments.again and results["about"]["quick"] != arguments.quick:
                raise SystemExit(f"{arguments.source}: --quick must be as it was when that was made")
        else:
            results = experiments(setup, arguments)
        if arguments.again:
            scaling_experiments(setup, results)
        if arguments.again or not arguments.source:
            (arguments.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    spark, gpu, peers = (page.tables.newest(name) for name in
                         ("*-spark/spark.json", "*-gpu/gpu-check.json", "*-peers"))
    print(page.write(results, json.loads(spark.read_text()) if spark else None,
                     page.peers_tables.read(peers) if peers else None,
                     json.loads(gpu.read_text()) if gpu else None, arguments.out))


if __name__ == "__main__":
    main()
