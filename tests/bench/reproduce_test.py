"""scripts/reproduce, on few images: its laws, its photographs, its page."""

from __future__ import annotations

import json
import pathlib
import re
import sys
import tempfile
import unittest

import bench_case  # first: it finds the modules, or skips

import hands
import numpy
import page
import PIL.Image
import published


class Laws(unittest.TestCase):
    def test_power_law_is_found_again(self) -> None:
        sizes = [500, 1_000, 4_000, 16_000, 60_000]
        for a, b, c in ((0.004, 1.0, 5.0), (2e-6, 1.2, 0.1), (1e-3, 0.8, 0.0)):
            fit = published.power_law(sizes, [a * n**b + c for n in sizes])
            self.assertAlmostEqual(fit["b"], b, places=3)
            self.assertAlmostEqual(fit["a"] / a, 1, places=2)
            self.assertAlmostEqual(fit["c"], c, places=2)

    def test_the_published_fit_is_that_of_the_published_table(self) -> None:
        lines = published.table("serial-scaling")
        fit = published.power_law([line["images"] for line in lines],
                                  [line["total_seconds"] for line in lines])
        a, b, c = re.fullmatch(r"(.+)\*N\^(.+)\+(.+)", published.headlines()["serial_fit_seconds"]).groups()
        self.assertAlmostEqual(fit["a"], float(a), places=3)
        self.assertAlmostEqual(fit["b"], float(b), places=3)
        self.assertAlmostEqual(fit["c"], float(c), delta=0.1)

    def test_serial_fraction(self) -> None:
        self.assertAlmostEqual(published.serial_fraction([1, 2, 4, 8], [8 * (0.1 + 0.9 / p) for p in
                                                                        (1, 2, 4, 8)]), 0.1)
        self.assertEqual(published.serial_fraction([1, 2], [1.0, 0.4]), 0.0)  # better than ideal
        self.assertEqual(published.serial_fraction([1, 2], [1.0, 1.5]), 1.0)
        self.assertIsNone(published.serial_fraction([1], [1.0]))


def draw_hands(folder: pathlib.Path, each: int) -> None:
    """Photographs whose hand is a coloured bar before a grey wall; its height tells the photograph."""
    number = 0
    for digit in hands.CLASSES:
        (folder / digit).mkdir(parents=True)
        for i in range(each):
            pixels = numpy.full((100, 100, 3), 180, numpy.uint8)
            pixels[20 : 22 + 2 * number, 40:60] = (200, 120, 80)
            PIL.Image.fromarray(pixels).save(folder / digit / f"{i}.png")
            number += 1


class Hands(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_otsu_parts_two_groups(self) -> None:
        values = numpy.array([10] * 50 + [12] * 50 + [200] * 20, numpy.uint8)
        self.assertGreaterEqual(hands.otsu_threshold(values), 12)
        self.assertLess(hands.otsu_threshold(values), 200)
        hands.otsu_threshold(numpy.zeros(10, numpy.uint8))  # one group: any threshold will do

    def test_sets_have_the_sizes_asked_for_and_only_zeros_and_ones(self) -> None:
        draw_hands(self.folder / "photographs", 5)
        self.assertEqual(hands.make(self.folder / "photographs", self.folder, 200), 30)
        for name in ("mixed", "apart"):
            x = numpy.load(self.folder / f"hands-{name}.npy")
            y = numpy.load(self.folder / f"hands-{name}-labels.npy")
            self.assertEqual(x.shape, (200, hands.HEIGHT, hands.WIDTH))
            self.assertEqual(set(numpy.unique(x)), {0, 1})
            self.assertEqual(set(y), set(range(6)))

    def test_photographs_that_are_apart_are_on_one_side_only(self) -> None:
        draw_hands(self.folder / "photographs", 5)
        hands.make(self.folder / "photographs", self.folder, 600)
        sides = {}
        for name in ("mixed", "apart"):
            x = numpy.load(self.folder / f"hands-{name}.npy").reshape(600, -1)
            # Shifts lose nothing of these bars sideways: the widest row's count and the bar's height
            # in rows tell the photograph, but for bars cut off above or below.
            heights = (x.reshape(600, hands.HEIGHT, hands.WIDTH).any(axis=2)).sum(axis=1)
            sides[name] = set(heights[:480]) & set(heights[480:])
        self.assertLess(len(sides["apart"]), len(sides["mixed"]))

    def test_shifts_move_and_flips_turn(self) -> None:
        image = numpy.zeros((hands.HEIGHT, hands.WIDTH), numpy.uint8)
        image[20, 10] = 1
        found = {tuple(numpy.argwhere(hands.variant(image, numpy.random.default_rng(seed)))[0])
                 for seed in range(500)}
        rows = set(range(20 - hands.MOST_SHIFT, 21 + hands.MOST_SHIFT))
        columns = set(range(10 - hands.MOST_SHIFT, 11 + hands.MOST_SHIFT))
        self.assertEqual({row for row, _ in found}, rows)
        self.assertEqual({column for _, column in found},
                         columns | {hands.WIDTH - 1 - column for column in columns})


class Page(unittest.TestCase):
    """One run on few images, and what it leaves."""

    @classmethod
    def setUpClass(cls) -> None:
        if not bench_case.FASHION_MNIST.exists():
            raise unittest.SkipTest("Fashion-MNIST is not there (package dataset-fashion-mnist)")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        draw_hands(cls.folder / "photographs", 4)
        cls.has_ranks = (bench_case.BUILD / "bench" / "bench_reduce").exists()
        words = ["--quick", "--build", bench_case.BUILD, "--out", cls.folder / "report", "--hands",
                 cls.folder / "photographs", *([] if cls.has_ranks else ["--no-ranks"])]
        done = bench_case.run(bench_case.BENCH / "reproduce" / "reproduce.py", *words)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.text = (cls.folder / "report" / "index.html").read_text()

    def results(self) -> dict:
        return json.loads((self.folder / "report" / "results.json").read_text())

    def test_has_every_published_number(self) -> None:
        visible = re.sub(r"<[^>]*>", " ", self.text)
        for what, value in published.headlines().items():
            self.assertIn(what.replace("_", " "), visible)
            self.assertIn(value, visible)
        for name, digits in (("amdahl-40000-images", "{:.2f}"), ("bigdl-lstm-mnist", "{:.2f}")):
            for line in published.table(name):
                for key, value in line.items():
                    if key not in ("threads", "images"):
                        self.assertIn(digits.format(value), visible, f"{name}: {key}")
        rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', self.text)
        cells = [(name, *re.findall(r"<td[^>]*>(.*?)</td>", rest)) for name, rest in rows]

        def beside(*first):
            """What stands in the row that begins so."""
            found = [line[len(first):] for line in cells if line[:len(first)] == first]
            self.assertEqual(len(found), 1, first)
            return found[0]

        for line in published.table("serial-scaling")[:3]:  # the sizes that --quick runs
            ours = beside(f"{line['images']:,.0f}", f"{line['total_seconds']:.4g}",
                          f"{line['parallel_seconds']:.4g}")
            self.assertEqual(len(ours), 7)
            self.assertNotIn("–", ours)
        measured = {one["threads"] for one in self.results()["amdahl"]}
        for line in published.table("amdahl-40000-images"):
            threads, *rest = line.values()
            ours = beside(f"{threads:.0f}", *(f"{value:.2f}" for value in rest))
            self.assertEqual(len(ours), 6)
            self.assertEqual("–" not in ours, threads in measured)

    def test_needs_nothing_else(self) -> None:
        for outside in ("<script", "<link", "url(", 'src="http', "@import"):
            self.assertNotIn(outside, self.text)
        self.assertFalse(re.search(r'(src|href)="(?!data:)', self.text))

    def test_has_all_sections(self) -> None:
        for name in ("headlines", "serial", "amdahl", "heat", "accuracy", "spark", "peers", "gpu", "lstm",
                     "path", "confusion", "classes", "weights", "mistakes"):
            self.assertEqual(self.text.count(f'<section id="{name}">'), 1, name)
        for element in ("section", "table", "tr", "td", "div"):
            self.assertEqual(len(re.findall(f"<{element}[ >]", self.text)),
                             self.text.count(f"</{element}>"), element)

    def test_every_figure_is_there_twice(self) -> None:
        figures = self.folder / "report" / "figures"
        names = {path.stem for path in figures.iterdir()}
        self.assertEqual(len(names), 2 + (18 if self.has_ranks else 0))
        for name in names:
            self.assertTrue((figures / f"{name}.svg").read_text().startswith("<?xml"))
            self.assertTrue((figures / f"{name}.png").read_bytes().startswith(b"\x89PNG"))

    def test_exact_configurations_have_one_accuracy_and_one_model(self) -> None:
        if not self.has_ranks:
            self.skipTest("no MPI module here")
        results = self.results()
        for name in ("images", "hands-mixed", "hands-apart"):
            exact = [one for one in results["accuracy"][name] if one["mode"] in page.headlines.EXACT]
            self.assertEqual(len({one["accuracy"] for one in exact}), 1)
            self.assertTrue(all(one["same_model"] for one in exact))
            others = {one["mode"] for one in results["accuracy"][name]} - set(page.headlines.EXACT)
            self.assertEqual(others, set() if name == "hands-apart" else {"alone, by hash", "average"})
        self.assertEqual(results["serial"][0]["study"]["accuracy"],
                         results["serial"][0]["arete"]["accuracy"])

    def test_is_drawn_again_from_its_results(self) -> None:
        again = self.folder / "again"
        done = bench_case.run(bench_case.BENCH / "reproduce" / "reproduce.py", "--from",
                              self.folder / "report" / "results.json", "--out", again)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((again / "index.html").read_text(), self.text)

    def test_ranks_are_measured_again(self) -> None:
        if not self.has_ranks:
            self.skipTest("no MPI module here")
        before = self.results()
        disturbed = self.folder / "disturbed.json"
        disturbed.write_text(json.dumps(before | {"scaling": {}}))
        out = self.folder / "measured-again"
        done = bench_case.run(bench_case.BENCH / "reproduce" / "reproduce.py", "--again", "--quick",
                              "--build", bench_case.BUILD, "--from", disturbed, "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        after = json.loads((out / "results.json").read_text())
        self.assertEqual(set(after.pop("scaling")), {"images", "hands"})
        before.pop("scaling")
        self.assertEqual(after, before)

    def test_says_what_was_not_measured(self) -> None:
        results = self.results() | {"hands": None, "accuracy": {}, "scaling": {}}
        written = page.write(results, None, None, None, self.folder / "bare").read_text()
        for reason in (page.headlines.NO_HANDS, page.headlines.NO_SCALING, page.headlines.NO_SPARK,
                       "No peers were measured", page.NO_GPU):
            self.assertIn(page.escape(reason), written)

    def test_has_what_a_gpu_did(self) -> None:
        timed = {"benchmarks": [
            {"name": "path/mnist", "run_type": "iteration", "real_time": 3.25, "time_unit": "ms"},
            {"name": "path/large", "run_type": "iteration", "real_time": 0.0, "time_unit": "ms",
             "error_occurred": True}]}
        gpu = {"machine": {"gpus": [{"device": "cuda:0", "description": "a GPU"}]},
               "steps": [{"name": "tests", "status": "passed"},
                         {"name": "benchmarks", "status": "failed: out of time", "benchmarks": timed}]}
        written = page.gpu_section(gpu)
        for word in ("a GPU", "tests", "passed", "failed: out of time", "path/mnist", "3.25 ms"):
            self.assertIn(word, written)
        self.assertNotIn("path/large", written)
        self.assertIn(page.escape(page.NO_GPU), page.gpu_section({"machine": {}, "steps": []}))

    def test_headlines_and_heat_maps_have_the_same_speedups(self) -> None:
        if not self.has_ranks:
            self.skipTest("no MPI module here")
        scaling = self.results()["scaling"]["images"]
        for mode, metric in (("data", "speedup"), ("model", "speedup"), ("data", "scaled")):
            values, known = page.cells(scaling, mode, metric)
            if (3, 3) in known:
                self.skipTest("8 x 8 was measured here")
            self.assertAlmostEqual(values[3][3], page.headlines.speedup(scaling, mode, 8, 8,
                                                                        metric == "scaled"))


class Usage(unittest.TestCase):
    def test_what_is_missing_is_named(self) -> None:
        program = bench_case.BENCH / "reproduce" / "reproduce.py"
        done = bench_case.run(program, "--data", "/nowhere")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nowhere holds no train-images-idx3-ubyte.gz", done.stderr)
        done = bench_case.run(program, "--again")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--again: is for results that --from names", done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
