"""The problems that every program is timed on, laid down as files so that each can run in a process of
its own: x.npy (uint8 or float32), y.npy and problem.json in a folder.

The first 80% of the rows train, the last 20% are held out.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import pathlib
import tarfile

import numpy

SEED = 20240229
HELD_OUT = 0.2
LAMBDA_COUNT = 10


@dataclasses.dataclass
class Problem:
    """What problem.json holds. `source`: files that Arete reads in place of x.npy and y.npy."""

    name: str
    lambdas: list[float]
    intercept: bool
    source: str | None = None


@dataclasses.dataclass
class Rows:
    """Training and held-out rows, and their labels."""

    train: numpy.ndarray
    train_labels: numpy.ndarray
    held_out: numpy.ndarray
    held_out_labels: numpy.ndarray


def grid(first: float, last: float) -> list[float]:
    """Evenly spaced in the logarithm, from 10^first to 10^last."""
    return (10.0 ** numpy.linspace(first, last, LAMBDA_COUNT)).tolist()


def read_idx(path: pathlib.Path) -> numpy.ndarray:
    data = gzip.decompress(path.read_bytes())
    dimensions = data[3]
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(dimensions)]
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * dimensions).reshape(shape)


def make_digits(folder: pathlib.Path, data: pathlib.Path, name: str) -> Problem:
    """MNIST or what has its files, by the published study's protocol: the mean of all rows is
    subtracted, no intercept."""
    images = read_idx(data / "train-images-idx3-ubyte.gz")
    numpy.save(folder / "x.npy", images.reshape(len(images), -1))
    numpy.save(folder / "y.npy", read_idx(data / "train-labels-idx1-ubyte.gz"))
    return Problem(f"{name}: 60,000 x 784 uint8, 10 classes", grid(-5, 5), False,
                   str(data.resolve()))


def make_cifar10(folder: pathlib.Path, data: pathlib.Path) -> Problem:
    """The training pixels of CIFAR-10 from an archive with train/<class>/*.jpg, in random order."""
    import PIL.Image

    images, labels = [], []
    with tarfile.open(data) as archive:
        members = [member for member in archive if "/train/" in f"/{member.name}" and member.isfile()]
        classes = sorted({pathlib.PurePath(member.name).parent.name for member in members})
        for member in members:
            with PIL.Image.open(archive.extractfile(member)) as image:
                images.append(numpy.asarray(image.convert("RGB"), numpy.uint8).reshape(-1))
            labels.append(classes.index(pathlib.PurePath(member.name).parent.name))
    order = numpy.random.default_rng(SEED).permutation(len(images))
    numpy.save(folder / "x.npy", numpy.stack(images)[order])
    numpy.save(folder / "y.npy", numpy.array(labels, numpy.uint8)[order])
    return Problem(f"CIFAR-10: {len(images):,} x {len(images[0]):,} uint8, {len(classes)} classes",
                   grid(2, 11), True)


def make_float32(folder: pathlib.Path, rows: int, features: int, classes: int) -> Problem:
    """Such as embeddings: noise around a mean for each class."""
    generator = numpy.random.default_rng(SEED)
    labels = generator.integers(classes, size=rows)
    means = 0.12 * generator.standard_normal((classes, features), dtype=numpy.float32)
    x = numpy.lib.format.open_memmap(folder / "x.npy", "w+", numpy.float32, (rows, features))
    step = 50_000
    for first in range(0, rows, step):
        block = labels[first : first + step]
        noise = generator.standard_normal((len(block), features), dtype=numpy.float32)
        x[first : first + step] = noise + means[block]
    x.flush()
    numpy.save(folder / "y.npy", labels)
    return Problem(f"{rows:,} x {features:,} float32, {classes} classes", grid(-1, 6), True)


DATA_NEEDED = {"mnist": "a folder of its four files", "fashion": "a folder of its four files",
               "cifar10": "an archive of train/<class>/*.jpg"}
FLOAT32 = {"float32": (200_000, 1_024, 100), "float32-long": (1_000_000, 512, 10)}  # rows, features, classes
NAMES = (*DATA_NEEDED, *FLOAT32)


def make(what: str, folder: pathlib.Path, data: pathlib.Path | None, rows: int | None) -> None:
    """Nothing where the folder holds the problem already."""
    if what in FLOAT32:
        standard, features, classes = FLOAT32[what]
        rows = rows or standard
    if (folder / "problem.json").exists():
        held = len(numpy.load(folder / "y.npy", mmap_mode="r"))
        if rows and rows != held:
            raise SystemExit(f"{folder}: holds {held:,} rows, not {rows:,}; name another --work")
        return
    folder.mkdir(parents=True, exist_ok=True)
    problem = {
        "mnist": lambda: make_digits(folder, data, "MNIST"),
        "fashion": lambda: make_digits(folder, data, "Fashion-MNIST"),
        "cifar10": lambda: make_cifar10(folder, data),
    }.get(what, lambda: make_float32(folder, rows, features, classes))()
    (folder / "problem.json").write_text(json.dumps(dataclasses.asdict(problem)))


def read(folder: pathlib.Path) -> Problem:
    return Problem(**json.loads((folder / "problem.json").read_text()))


def cut_of(rows: int) -> int:
    """How many rows train; the rest is held out, as --holdout-last and --preset odyssey have it."""
    return rows - round(HELD_OUT * rows)


def stored_type(folder: pathlib.Path) -> numpy.dtype:
    return numpy.load(folder / "x.npy", mmap_mode="r").dtype


def load(folder: pathlib.Path, dtype: type, as_stored: bool = False) -> Rows:
    """The rows in memory; those of a problem without intercept less the mean of all of them, unless they
    are wanted as they are stored."""
    problem = read(folder)
    labels = numpy.load(folder / "y.npy")
    stored = numpy.load(folder / "x.npy", mmap_mode="r")
    x = stored.astype(dtype)
    if not problem.intercept and not as_stored:
        x -= x.mean(axis=0, dtype=numpy.float64).astype(dtype)
    cut = cut_of(len(x))
    return Rows(x[:cut], labels[:cut], x[cut:], labels[cut:])
