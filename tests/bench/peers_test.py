"""bench/peers on few rows: every program does the same job, and failures are told as such."""

from __future__ import annotations

import importlib.util
import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

import bench_case  # first: it finds the modules, or skips

import peers
import problems
import tables

PEERS = bench_case.BENCH / "peers" / "peers.py"
ARETE = bench_case.BUILD / "bin" / "arete"


class Peers(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "results" / "float32-long.json"

    def run_peers(self, programs: str, *more: object) -> dict:
        done = bench_case.run(PEERS, "--what", "float32-long", "--rows", 2_000, "--arete", ARETE, "--work",
                              self.folder, "--patience", 0, "--rounds", 1, "--out", self.out,
                              "--programs", programs, *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(self.out.read_text())

    def test_all_programs_do_the_same_job(self) -> None:
        names = "numpy,numpy-blocks,numpy-one-lambda,ridge-classifier,ridge-classifier-cv,ridge-cv,himalaya"
        result = self.run_peers(names)
        programs = result["programs"]
        self.assertEqual(result["held_out_rows"], 400)
        for name in ("numpy", "numpy-blocks", "ridge-classifier"):
            self.assertEqual(programs[name]["correct"], programs["arete"]["correct"], name)
        self.assertEqual(programs["himalaya"]["best_correct"], programs["arete"]["best_correct"])
        self.assertEqual(programs["numpy-one-lambda"]["correct"], programs["arete-one-lambda"]["correct"])
        for name in ("ridge-classifier-cv", "ridge-cv"):  # these choose by other rows
            self.assertAlmostEqual(programs[name]["best_correct"], programs["arete"]["best_correct"],
                                   delta=20)
        for run in programs["numpy"]["runs"]:
            self.assertIn(run["arete"]["seconds"], [one["seconds"] for one in programs["arete"]["runs"]])
            self.assertRegex(run["date"], r"^\d{4}-\d\d-\d\d$")
        for name, program in programs.items():
            self.assertGreater(program["peak_bytes"], 10_000_000, name)
            self.assertGreater(program["seconds"], 0, name)
        text = "\n".join([*tables.matrix({"x": result}), *tables.details({"x": result})])
        self.assertIn("himalaya", text)
        self.assertIn("One lambda alone", text)

    def test_rounds_are_added(self) -> None:
        self.run_peers("numpy")
        result = self.run_peers("numpy", "--add")
        self.assertEqual(len(result["programs"]["numpy"]["runs"]), 2)
        done = bench_case.run(PEERS, "--what", "float32-long", "--work", self.folder, "--arete", ARETE,
                              "--rows", 2_000, "--add", "--out", self.out, "--limit", 7, "--programs", "numpy")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("limit_seconds was 600 and is 7", done.stderr)
        done = bench_case.run(PEERS, "--what", "float32-long", "--work", self.folder, "--arete", ARETE,
                              "--rows", 3_000, "--programs", "numpy")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("holds 2,000 rows, not 3,000", done.stderr)

    def test_a_program_that_takes_too_long_is_ended(self) -> None:
        if shutil.which("java") is None:
            self.skipTest("no Java here")
        result = self.run_peers("mllib", "--limit", 1)
        self.assertRegex(result["programs"]["mllib"]["failed"], "^did not finish within 1 s")
        self.assertIn("did not finish", "\n".join(tables.details({"x": result})))

    def test_a_program_that_fails_says_why_and_the_others_go_on(self) -> None:
        result = self.run_peers("cuml,numpy")  # no such module here
        if "failed" not in result["programs"]["cuml"]:
            self.skipTest("cuML is there")
        self.assertIn("No module named", result["programs"]["cuml"]["failed"])
        self.assertGreater(result["programs"]["numpy"]["seconds"], 0)

    def test_usage(self) -> None:
        done = bench_case.run(PEERS, "--what", "mnist")
        self.assertEqual(done.returncode, 2)
        self.assertIn("needs --data", done.stderr)
        done = bench_case.run(PEERS, "--what", "float32", "--programs", "numpi")
        self.assertIn("there is no numpi", done.stderr)


class Medians(unittest.TestCase):
    def test_disturbed_runs_count_only_where_there_are_few_others(self) -> None:
        def run(seconds, others):
            return {"seconds": seconds, "others": others, "correct": [1, 2], "peak_bytes": 3,
                    "arete": {"seconds": 0.5, "process_seconds": 1.0, "others": 0.0}}

        disturbed = [run(9.0, 0.5), run(8.0, 0.4)]
        quiet = [run(seconds, 0.01) for seconds in (1.0, 2.0, 3.0, 4.0)]
        few = peers.summary_of(disturbed + quiet)
        self.assertEqual((few["counted"], few["seconds"]), (6, 3.5))
        self.assertAlmostEqual(few["others"], 0.5 - peers.GRAIN / 9)
        enough = peers.summary_of([*disturbed, *quiet, run(5.0, None)])
        self.assertEqual((enough["counted"], enough["seconds"]), (5, 3.0))
        self.assertAlmostEqual(enough["others"], 0.01 - peers.GRAIN / 4)
        short = {"seconds": 0.1, "others": 0.12, "correct": [1], "peak_bytes": 3, "process_seconds": 0.2}
        self.assertAlmostEqual(peers.summary_of([short])["others"], 0.07)  # less a tick of 10 ms
        self.assertEqual(len(enough["runs"]), 7)

    def test_ratios_are_of_pairs(self) -> None:
        def run(seconds, arete, others=0.0):
            return {"seconds": seconds, "others": None, "correct": [1], "peak_bytes": 3,
                    "arete": {"seconds": arete, "process_seconds": 2 * arete, "others": others}}

        # 9, 2 and 2; the medians of both programs would say 8.
        found = peers.summary_of([run(9.0, 1.0), run(2.0, 1.0), run(8.0, 4.0)])
        self.assertEqual(found["times_arete"], {"seconds": 2.0, "process_seconds": 1.0})
        # A pair is disturbed where either of its runs was.
        pairs = [run(4.0, 1.0)] * 5 + [run(4.0, 9.0, others=0.5)]
        self.assertEqual(peers.summary_of(pairs)["counted"], 5)
        few = peers.summary_of(pairs[3:])
        self.assertEqual((few["counted"], few["others"]), (3, 0.0))
        self.assertAlmostEqual(few["others_of_pairs"], 0.5 - peers.GRAIN / 18)


class MLlib(unittest.TestCase):
    """Its regParam: counts by it are those of (X'X + lambda I) W = X'Y with an intercept."""

    def test_has_the_same_lambdas(self) -> None:
        import mllib
        import numpy

        if shutil.which("java") is None or importlib.util.find_spec("pyspark") is None:
            self.skipTest("no Java or no PySpark here")
        generator = numpy.random.default_rng(1)
        labels = generator.choice(3, size=500, p=(0.6, 0.25, 0.15))
        rows = generator.standard_normal((500, 6)) + generator.standard_normal((3, 6))[labels]
        train, held_out = rows[:400], rows[400:]
        targets = 2.0 * (labels[:400, None] == numpy.arange(3)) - 1
        mean, target_mean = train.mean(axis=0), targets.mean(axis=0)

        def accuracy(value):
            x = train - mean
            weights = numpy.linalg.solve(x.T @ x + value * numpy.eye(6), x.T @ (targets - target_mean))
            scores = (held_out - mean) @ weights + target_mean
            return float((scores.argmax(axis=1) == labels[400:]).mean())

        lambdas = [1.0, 400.0, 4_000.0]
        expected = [accuracy(value) for value in lambdas]
        self.assertEqual(len(set(expected)), 3)  # a wrong lambda would show
        os.environ["PYSPARK_PYTHON"] = sys.executable
        with tempfile.TemporaryDirectory() as folder:
            spark = mllib.start()
            self.addCleanup(spark.stop)
            frame = mllib.frame_of(spark, train, labels[:400], pathlib.Path(folder) / "rows")
            found = mllib.fit_path(frame, labels[:400], lambdas, numpy.arange(3), held_out, labels[400:])
        self.assertEqual(found, expected)


class Problems(unittest.TestCase):
    def test_rows_are_the_same_each_time(self) -> None:
        import numpy

        with tempfile.TemporaryDirectory() as name:
            folders = [pathlib.Path(name) / one for one in ("a", "b")]
            for folder in folders:
                problems.make("float32", folder, None, 300)
            x = [numpy.load(folder / "x.npy") for folder in folders]
            self.assertTrue((x[0] == x[1]).all())
            rows = problems.load(folders[0], numpy.float64)
            self.assertEqual(len(rows.train), 240)
            self.assertEqual(len(rows.held_out_labels), 60)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
