"""Functions that need no Spark."""

import unittest

import spark_case  # first: it finds the modules, or skips

import export
import numpy
import outer_loop
import pyarrow
from arete_spark import CommandFailed, Model, arete, features_of, is_held_out, merge, row_hash

VECTOR = pyarrow.struct([("type", pyarrow.int8()), ("size", pyarrow.int32()),
                         ("indices", pyarrow.list_(pyarrow.int32())),
                         ("values", pyarrow.list_(pyarrow.float64()))])


class Rows(unittest.TestCase):
    def test_hash_has_the_values_of_the_design(self) -> None:
        for seed, row, expected in ((0, 0, 0xA706DD2F4D197E6F), (0, 1, 0x08B4FDA8C892B50E),
                                    (7, 123456789012, 0xF040FA6CE1A856BE)):
            self.assertEqual(int(row_hash(seed, numpy.array([row]))[0]), expected)

    def test_as_many_are_held_out_as_the_design_says(self) -> None:
        self.assertEqual(is_held_out(0, 0.2, numpy.arange(60000)).sum(), 12069)


class Features(unittest.TestCase):
    def test_of_every_kind(self) -> None:
        expected = numpy.array([[1.0, 0.0, 255.0], [0.0, 2.0, 3.0]])
        whole = expected.astype(numpy.uint8)
        columns = [
            pyarrow.array([bytes(row) for row in whole.tolist()], pyarrow.binary()),
            pyarrow.array(whole.tolist(), pyarrow.list_(pyarrow.uint8())),
            pyarrow.array(expected.tolist(), pyarrow.list_(pyarrow.float32())),
            pyarrow.array([{"type": 0, "size": 3, "indices": [0, 2], "values": [1.0, 255.0]},
                           {"type": 1, "size": None, "indices": None, "values": [0.0, 2.0, 3.0]}],
                          VECTOR)]
        for column in columns:
            numpy.testing.assert_array_equal(features_of(column), expected, str(column.type))

    def test_of_signed_bytes(self) -> None:
        column = pyarrow.array([[-1, 2]], pyarrow.list_(pyarrow.int8()))
        numpy.testing.assert_array_equal(features_of(column), [[-1.0, 2.0]])
        numpy.testing.assert_array_equal(features_of(column, unsigned=True), [[255.0, 2.0]])

    def test_that_are_missing_or_ragged_are_refused(self) -> None:
        for column in (pyarrow.array([b"ab", None]), pyarrow.array([b"ab", b"c"]),
                       pyarrow.array([[1, 2], [1, 2, 3, 4]])):
            with self.assertRaises(ValueError):
                features_of(column)


class Order(unittest.TestCase):
    def test_of_classes(self) -> None:
        names = ["b", "10", "-2", "9", "a", "09", "-"]
        self.assertEqual(sorted(names, key=export.class_key), ["-2", "9", "10", "-", "09", "a", "b"])


class Lambdas(unittest.TestCase):
    def test_of_a_grid(self) -> None:
        self.assertEqual(outer_loop.values_of("1,2.5"), [1.0, 2.5])
        numpy.testing.assert_allclose(outer_loop.values_of("1e-5:1e5:3"), [1e-5, 1, 1e5])

    def test_the_best_has_the_smallest_error_and_then_the_largest_lambda(self) -> None:
        path = [{"lambda": value, "status": status, "squared_error": error}
                for value, status, error in ((1, "solved", 2.0), (10, "solved", 1.0),
                                             (100, "solved", 1.0), (1e3, "singular", None))]
        self.assertEqual(outer_loop.best_of(path), 100)


class Command(spark_case.FolderCase):
    def test_says_why_it_failed(self) -> None:
        with self.assertRaisesRegex(CommandFailed, "exit code 3.*absent"):
            arete("fit", self.folder / "absent")

    def test_merges_moments(self) -> None:
        parts = [arete("moments", self.images, "--rows", rows, "-o", "-")
                 for rows in ("0:300", "300:700")]
        self.assertEqual(merge([parts[1], parts[0]]), arete("moments", self.images, "-o", "-"))

    def test_models_predict_as_it_does(self) -> None:
        model = Model(self.model_of(self.images))
        pixels = numpy.frombuffer(self.images.read_bytes()[16:], numpy.uint8).reshape(-1, 64)
        names = numpy.array(model.classes)[model.predict(pixels.astype(numpy.float64))]
        lines = arete("predict", self.folder / "expected.safetensors", self.images).decode().split()
        self.assertEqual([line.split(",")[1] for line in lines[1:]], names.tolist())


if __name__ == "__main__":
    unittest.main(verbosity=2)
