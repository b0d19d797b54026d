"""The tables in the READMEs are those of the newest results."""

from __future__ import annotations

import sys
import unittest

import bench_case  # first: it finds the modules, or skips


class Tables(unittest.TestCase):
    def test_are_those_of_the_newest_results(self) -> None:
        done = bench_case.run(bench_case.BENCH / "results" / "table.py", "--check")
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
