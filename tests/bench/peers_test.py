"""bench/peers on few rows: every program does the same job, and failures are told as such."""

from __future__ import annotations

import json
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
        names = "numpy,numpy-one-lambda,ridge-classifier,ridge-classifier-cv,ridge-cv,himalaya"
        result = self.run_peers(names)
        programs = result["programs"]
        self.assertEqual(result["held_out_rows"], 400)
        for name in ("numpy", "ridge-classifier"):
            self.assertEqual(programs[name]["correct"], programs["arete"]["correct"], name)
        self.assertEqual(programs["numpy-one-lambda"]["correct"], programs["arete-one-lambda"]["correct"])
        # These choose by other rows, or centre by other means.
        for name in ("ridge-classifier-cv", "ridge-cv", "himalaya"):
            self.assertAlmostEqual(programs[name]["best_correct"], programs["arete"]["best_correct"],
                                   delta=20)
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
                              "--add", "--out", self.out, "--limit", 7, "--programs", "numpy")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("limit_seconds was 600 and is 7", done.stderr)

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
            return {"seconds": seconds, "others": others, "correct": [1, 2], "peak_bytes": 3}

        disturbed = [run(9.0, 0.5), run(8.0, 0.4)]
        quiet = [run(seconds, 0.01) for seconds in (1.0, 2.0, 3.0, 4.0)]
        few = peers.summary_of(disturbed + quiet)
        self.assertEqual((few["counted"], few["seconds"], few["others"]), (6, 3.5, 0.5))
        enough = peers.summary_of([*disturbed, *quiet, run(5.0, None)])
        self.assertEqual((enough["counted"], enough["seconds"], enough["others"]), (5, 3.0, 0.01))
        self.assertEqual(len(enough["runs"]), 7)


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
