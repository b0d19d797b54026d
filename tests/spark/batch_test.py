"""The batch mode: once, again, after a kill, and before the export has ended."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import unittest

import spark_case  # first: it finds the modules, or skips

import pyarrow
import pyarrow.parquet


class Batch(spark_case.FolderCase):
    def setUp(self) -> None:
        super().setUp()
        self.export = self.folder / "export"
        self.export.mkdir()
        pixels = self.images.read_bytes()[16:]
        rows = [pixels[i:i + 64] for i in range(0, len(pixels), 64)]
        labels = list(self.images.with_name("train-labels-idx1-ubyte").read_bytes()[8:])
        pyarrow.parquet.write_table(pyarrow.table({"features": rows, "label": labels}),
                                    self.export / "part-00000.parquet")
        (self.export / "_SUCCESS").touch()
        self.result = self.folder / "result"

    def batch(self, *words: str, command: object = spark_case.COMMAND,
              ) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, spark_case.SCRIPTS / "batch.py", self.export, self.result, *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
            env={**os.environ, "ARETE_COMMAND": str(command), "OMPI_ALLOW_RUN_AS_ROOT": "1",
                 "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"})

    def expect_result(self) -> None:
        expected = self.model_of(self.images)
        self.assertEqual((self.result / "model.safetensors").read_bytes(), expected)
        report = json.loads((self.result / "report.json").read_text())
        self.assertEqual(report["fit"]["data"]["rows"], spark_case.ROWS)
        self.assertEqual(sorted(p.name for p in self.result.iterdir()),
                         ["model.safetensors", "report.json"])

    def test_twice_is_once(self) -> None:
        first = self.batch("--", "--shape", "8x8")
        self.assertEqual(first.returncode, 0, first.stderr)
        self.expect_result()
        again = self.batch("--", "--shape", "8x8", command=self.wrapper("exit 9"))
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("already", again.stdout)
        other = self.batch("--", "--shape", "8x8", "--seed", "1")
        self.assertNotIn("already", other.stdout)

    def test_another_export_is_another_job(self) -> None:
        self.batch("--", "--shape", "8x8")
        os.utime(self.export / "part-00000.parquet", (1, 1))
        self.assertNotIn("already", self.batch("--", "--shape", "8x8").stdout)

    def test_by_mpirun(self) -> None:
        done = self.batch("--ranks", "2", "--mpirun-options", "--oversubscribe --bind-to none",
                          "--", "--shape", "8x8")
        if "MPI" in done.stderr and done.returncode == 4:
            self.skipTest(done.stderr)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.expect_result()

    def test_a_failure_leaves_what_was_there(self) -> None:
        self.batch("--", "--shape", "8x8")
        failed = self.batch("--", "--shape", "9x9")
        self.assertEqual(failed.returncode, 2)
        self.assertIn("9x9", failed.stderr)
        self.expect_result()

    def test_a_kill_is_made_good(self) -> None:
        slow = self.wrapper("sleep 30")
        process = subprocess.Popen(
            [sys.executable, spark_case.SCRIPTS / "batch.py", self.export, self.result, "--",
             "--shape", "8x8"], env={**os.environ, "ARETE_COMMAND": str(slow)},
            start_new_session=True)
        while not self.result.exists():
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.assertEqual(self.batch("--", "--shape", "8x8").returncode, 0)
        self.expect_result()

    def test_waits_for_the_end_of_the_export(self) -> None:
        mark = self.export / "_SUCCESS"
        mark.unlink()
        early = self.batch()
        self.assertEqual(early.returncode, 1)
        self.assertIn("_SUCCESS", early.stderr)
        threading.Timer(1, mark.touch).start()
        self.assertEqual(self.batch("--watch", "60", "--", "--shape", "8x8").returncode, 0)
        self.expect_result()


if __name__ == "__main__":
    unittest.main(verbosity=2)
