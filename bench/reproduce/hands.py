"""Hand photographs as the published study had them: 60 x 40 pixels, the digits 0 to 5, binarised, and
enlarged to 16,000 by small shifts and flips.

The study's own photographs were not published. These are of another collection (folders of JPEG files
named by digit, in an archive or unpacked), so that times compare and accuracies only roughly do.
"""

from __future__ import annotations

import pathlib
import tarfile

import numpy
import PIL.Image

WIDTH, HEIGHT = 60, 40
CLASSES = ("0", "1", "2", "3", "4", "5")
COUNT = 16_000
HELD_OUT = 0.2
MOST_SHIFT = 3  # pixels, either way
SEED = 20151210


def files_of(source: pathlib.Path):
    """Digit and open file of every photograph of the classes, in an order that does not depend on the
    system."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.parent.name in CLASSES and path.suffix.lower() in (".jpg", ".jpeg", ".png"):
                with path.open("rb") as file:
                    yield path.parent.name, file
        return
    with tarfile.open(source) as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            if member.isfile() and pathlib.PurePath(member.name).parent.name in CLASSES:
                yield pathlib.PurePath(member.name).parent.name, archive.extractfile(member)


def binarised(file) -> numpy.ndarray:
    """1 where a pixel is of a hand, else 0: skin has a colour, the walls behind it have none. The two are
    parted where Otsu's method parts the saturations of a photograph."""
    with PIL.Image.open(file) as photograph:
        colours = photograph.convert("HSV").resize((WIDTH, HEIGHT), PIL.Image.Resampling.BOX)
    saturation = numpy.asarray(colours)[:, :, 1]
    return (saturation > otsu_threshold(saturation)).astype(numpy.uint8)


def otsu_threshold(values: numpy.ndarray) -> int:
    """The byte at or below which values form a group such that the variance between both groups is the
    largest (Otsu, A threshold selection method from gray-level histograms, 1979)."""
    counts = numpy.bincount(values.reshape(-1), minlength=256).astype(float)
    below = counts.cumsum()
    sums = (counts * numpy.arange(256)).cumsum()
    above = below[-1] - below
    with numpy.errstate(invalid="ignore", divide="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return int(numpy.nan_to_num(between).argmax())


def variant(image: numpy.ndarray, generator: numpy.random.Generator) -> numpy.ndarray:
    """Shifted by a few pixels, what leaves on one side being lost, and flipped or not."""
    down, right = generator.integers(-MOST_SHIFT, MOST_SHIFT + 1, size=2)
    padded = numpy.pad(image, MOST_SHIFT)
    shifted = padded[MOST_SHIFT - down : MOST_SHIFT - down + HEIGHT,
                     MOST_SHIFT - right : MOST_SHIFT - right + WIDTH]
    return shifted[:, ::-1] if generator.integers(2) else shifted


def variants(photographs, labels, chosen, count, generator):
    """`count` variants of the chosen photographs, each as often as the others, in random order."""
    order = generator.permutation(numpy.resize(chosen, count))
    return (numpy.stack([variant(photographs[i], generator).reshape(-1) for i in order]),
            numpy.array([labels[i] for i in order], numpy.uint8))


def make(source: pathlib.Path, folder: pathlib.Path, count: int = COUNT) -> int:
    """Writes two sets of the same size, whose last fifth is to be held out; how many photographs there
    are. `mixed`: variants of one photograph are on both sides, as they are where one enlarges first and
    splits then. `apart`: photographs whose variants are held out are not trained on."""
    generator = numpy.random.default_rng(SEED)
    found = [(int(digit), binarised(file)) for digit, file in files_of(source)]
    if not found:
        raise SystemExit(f"{source}: holds no photographs in folders named 0 to 5")
    labels, photographs = zip(*found)
    order = generator.permutation(len(found))
    cut = round((1 - HELD_OUT) * len(found))
    held_out = round(HELD_OUT * count)
    mixed = variants(photographs, labels, order, count, generator)
    parts = (variants(photographs, labels, order[:cut], count - held_out, generator),
             variants(photographs, labels, order[cut:], held_out, generator))
    apart = tuple(numpy.concatenate(pair) for pair in zip(*parts))
    for name, (x, y) in (("mixed", mixed), ("apart", apart)):
        numpy.save(folder / f"hands-{name}.npy", x.reshape(-1, HEIGHT, WIDTH))
        numpy.save(folder / f"hands-{name}-labels.npy", y)
    return len(found)
