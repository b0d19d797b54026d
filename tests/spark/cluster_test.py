"""A cluster of two executors with 512 MB for Java and for Python each: a task fails, and then an
executor is killed in the middle."""

import contextlib
import io
import os
import unittest

import spark_case  # first: it finds the modules, or skips

import export
import inner_loop
import outer_loop

# The command's parent is a Python worker, whose parent is its daemon, whose parent is the executor.
FAIL_THEN_KILL = """
if mkdir "$once.failed" 2>/dev/null; then
  echo "broken on purpose" >&2
  exit 6
elif mkdir "$once.killed" 2>/dev/null; then
  daemon=$(awk '/^PPid/ {print $2}' "/proc/$PPID/status")
  kill -9 "$(awk '/^PPid/ {print $2}' "/proc/$daemon/status")"
  sleep 60
fi"""


class Cluster(spark_case.FolderCase):
    def test_a_failed_task_and_a_killed_executor_change_nothing(self) -> None:
        os.environ["ARETE_COMMAND"] = str(self.wrapper(FAIL_THEN_KILL))
        spark = spark_case.start_session(
            "local-cluster[2,1,512]", **{"spark.executor.memory": "512m",
                                         "spark.executor.pyspark.memory": "512m",
                                         "spark.executorEnv.PYTHONPATH": os.environ["PYTHONPATH"]})
        self.addCleanup(spark.stop)
        out = self.folder / "inner.safetensors"
        with contextlib.redirect_stdout(io.StringIO()):
            export.main([str(self.images), str(self.folder / "export")])
            inner_loop.main([str(self.folder / "export"), str(out), "--shape", "8x8"])
            outer_loop.main([str(self.folder / "export"), str(self.folder / "outer"), "--lambdas",
                             "1,10"])
        for accident in ("failed", "killed"):
            self.assertTrue((self.folder / f"once.{accident}").exists(), accident)
        self.assertEqual(out.read_bytes(), self.model_of(self.images, "--select", "mse"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
