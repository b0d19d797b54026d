"""What the tests of scripts/spark share: small IDX files, a session, and when to skip."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "spark"
SKIPPED = 77  # what ctest takes for "skipped"

if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    print("skipped: Java is not there; scripts/setup --spark installs it")
    sys.exit(SKIPPED)
try:
    import numpy
    import pyarrow  # noqa: F401
    import pyspark
except ImportError as error:
    print(f"skipped: {error}; scripts/setup --spark installs it")
    sys.exit(SKIPPED)

# For Python workers too, which inherit the environment.
sys.path.insert(0, str(SCRIPTS))
os.environ["PYTHONPATH"] = f"{SCRIPTS}:{os.environ.get('PYTHONPATH', '')}"
os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ["SPARK_HOME"] = str(pathlib.Path(pyspark.__file__).parent)

COMMAND = os.environ["ARETE_COMMAND"]
ROWS, SIDE, CLASSES = 700, 8, 3


def arete(*words: object) -> bytes:
    return subprocess.run([COMMAND, *map(str, words)], check=True, stdout=subprocess.PIPE).stdout


def write_idx(path: pathlib.Path, array: "numpy.ndarray") -> None:
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    path.write_bytes(header + array.tobytes())


def write_images(folder: pathlib.Path, rows: int = ROWS) -> pathlib.Path:
    """Seeded images of three classes that differ in one quadrant; the path of the images."""
    generator = numpy.random.default_rng(7)
    labels = generator.integers(CLASSES, size=rows, dtype=numpy.uint8)
    images = generator.integers(0, 200, size=(rows, SIDE, SIDE), dtype=numpy.uint8)
    for k in range(CLASSES):
        images[labels == k, k : k + 3, k : k + 3] += 55
    write_idx(folder / "train-images-idx3-ubyte", images)
    write_idx(folder / "train-labels-idx1-ubyte", labels)
    return folder / "train-images-idx3-ubyte"


def start_session(master: str = "local[2,3]", **settings: str):
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).config("spark.ui.enabled", "false")
    for name, value in {"spark.driver.memory": "1g", "spark.sql.shuffle.partitions": "4",
                        **settings}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")  # tasks fail here on purpose
    return session


class FolderCase(unittest.TestCase):
    """Each test has a folder of its own with images in it."""

    def setUp(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="arete spark ")
        self.addCleanup(self._folder.cleanup)
        self.folder = pathlib.Path(self._folder.name)
        self.images = write_images(self.folder)

    def model_of(self, data: object, *options: str) -> bytes:
        """The bytes of the model that the command makes of some data."""
        model = self.folder / "expected.safetensors"
        arete("fit", data, "--no-test", "--shape", f"{SIDE}x{SIDE}", "--out", model, "--force",
              *options)
        return model.read_bytes()

    def wrapper(self, script: str) -> pathlib.Path:
        """A program in the command's place: `script`, before the command itself."""
        path = self.folder / "wrapper"
        path.write_text(f'#!/bin/sh\nonce="{self.folder}/once"\n{script}\nexec "{COMMAND}" "$@"\n')
        path.chmod(0o755)
        return path
