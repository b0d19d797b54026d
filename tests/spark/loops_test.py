"""Export, the two loops and predictions, in a Spark of two cores."""

import contextlib
import io
import json
import shutil
import unittest

import spark_case  # first: it finds the modules, or skips

import export
import inner_loop
import outer_loop
import predict
from arete_spark import sum_moments

SHAPE = ("--shape", "8x8")


class Spark(spark_case.FolderCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.spark = spark_case.start_session()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.spark.stop()

    def run_program(self, program, *words: object) -> str:
        """What it prints."""
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
            program.main([str(word) for word in words])
        return output.getvalue()

    def exported(self, partitions: int = 4, *words: object) -> object:
        out = self.folder / f"export-{partitions}"
        self.run_program(export, self.images, out, "--partitions", partitions, *words)
        return out


class Export(Spark):
    def test_gives_the_model_of_idx_in_any_number_of_partitions(self) -> None:
        expected = self.model_of(self.images)
        for partitions in (1, 4, 37):
            out = self.exported(partitions)
            self.assertEqual(len(list(out.glob("part-*.parquet"))), partitions)
            self.assertEqual(self.model_of(out), expected, partitions)

    def test_orders_tables_by_what_they_are_asked_for(self) -> None:
        shuffled = self.spark.read.parquet(str(self.exported())).orderBy("label", "features")
        shuffled.write.parquet(str(self.folder / "table"))
        self.run_program(export, self.folder / "table", self.folder / "by-row")
        self.assertEqual(self.model_of(self.folder / "by-row"), self.model_of(self.images))
        shuffled.withColumnRenamed("row", "id").write.parquet(str(self.folder / "other"))
        with self.assertRaisesRegex(SystemExit, "--order-by"):
            self.run_program(export, self.folder / "other", self.folder / "out")
        self.run_program(export, self.folder / "other", self.folder / "by-id", "--order-by", "id")
        self.assertEqual(self.model_of(self.folder / "by-id"), self.model_of(self.images))

    def test_keeps_the_rows_of_class_folders_in_the_order_of_the_command(self) -> None:
        for name, label in (("b1.png", "10"), ("b 0.png", "10"), ("a.png", "9")):
            (self.folder / "photos" / label).mkdir(parents=True, exist_ok=True)
            (self.folder / "photos" / label / name).write_bytes(b"an image as it is")
        self.run_program(export, self.folder / "photos", self.folder / "out")
        rows = self.spark.read.parquet(str(self.folder / "out")).orderBy("row").collect()
        self.assertEqual([(row.row, row.label) for row in rows], [(0, "9"), (1, "10"), (2, "10")])


class Loops(Spark):
    def test_inner_loop_has_the_bytes_of_the_command(self) -> None:
        out = self.folder / "inner.safetensors"
        for partitions in (1, 4, 37):
            self.run_program(inner_loop, self.exported(partitions), out, *SHAPE)
            self.assertEqual(out.read_bytes(), self.model_of(self.images, "--select", "mse"))

    def test_inner_loop_chooses_by_accuracy_as_the_command_does(self) -> None:
        grid = ("--lambdas", "1:1e7:8")
        out = self.folder / "inner.safetensors"
        result = json.loads(self.run_program(inner_loop, self.exported(), out, "--select",
                                             "accuracy", *grid, *SHAPE))
        expected = json.loads(spark_case.arete("fit", self.images, *grid))
        self.assertEqual(result["best"]["lambda"], expected["best"]["lambda"])

    def test_inner_loop_leaves_out_empty_partitions(self) -> None:
        frame = self.spark.read.parquet(str(self.exported())).where("row < 350")
        options = ["--holdout", "0"]
        columns = {name: name for name in ("features", "label", "row")}
        expected = spark_case.arete("moments", self.folder / "export-4", "--rows", "0:350",
                                    "-o", "-", *options)
        self.assertEqual(sum_moments(frame, options, columns), expected)
        with self.assertRaisesRegex(SystemExit, "no rows"):
            sum_moments(frame.where("row < 0"), options, columns)

    def test_outer_loop_has_the_path_of_the_command(self) -> None:
        out = self.folder / "outer.safetensors"
        result = json.loads(self.run_program(outer_loop, self.exported(), out, "--lambdas",
                                             "1,100,1e4", *SHAPE))
        expected = json.loads(spark_case.arete("fit", self.images, "--lambdas", "1,100,1e4",
                                               "--select", "mse"))
        for mine, theirs in zip(result["path"], expected["path"], strict=True):
            for key in ("lambda", "status", "rows", "squared_error", "rcond", "residual"):
                self.assertEqual(mine[key], theirs[key], key)
        self.assertEqual(result["best"]["lambda"], expected["best"]["lambda"])


class Predict(Spark):
    def predictions(self, folder: object) -> list[tuple[int, str]]:
        frame = self.spark.read.parquet(str(folder))
        self.assertEqual(frame.columns, ["label", "row", "prediction"])
        return sorted((row.row, row.prediction) for row in frame.collect())

    def test_of_a_table_and_of_files_that_arrive_is_that_of_the_command(self) -> None:
        self.model_of(self.images)
        model, rows = self.folder / "expected.safetensors", self.exported()
        self.run_program(predict, model, rows, self.folder / "batch")
        lines = spark_case.arete("predict", model, self.images).decode().split()[1:]
        expected = [(int(row), name) for row, name in (line.split(",") for line in lines)]
        self.assertEqual(self.predictions(self.folder / "batch"), expected)

        arriving, out = self.folder / "arriving", self.folder / "stream"
        arriving.mkdir()
        parts = sorted(rows.glob("part-*"))
        for some in (parts[:1], parts[1:]):  # the second query goes on where the first has ended
            for part in some:
                shutil.copy(part, arriving)
            self.run_program(predict, model, arriving, out, "--stream", "--once")
        self.assertEqual(self.predictions(out), expected)


if __name__ == "__main__":
    unittest.main(verbosity=2)
