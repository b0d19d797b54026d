#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets, small files of every kind that Arete reads: corpus/<target>/*.

  make-corpus.py ARETE     ARETE: the command, which writes models and moments

Run it with the Python of build/venv (scripts/setup --peers). Seeds are kept in the tree; this says where
they come from.
"""

import gzip
import io
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy
import PIL.Image
import pyarrow
import pyarrow.feather
import pyarrow.parquet

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
COMMANDS = [
    "fit\ndata\n--lambdas\n1e-2:1e6:9\n--out\nm.safetensors",
    "fit\ndata\n--folds\n5\n--select\nmse\n--seed\n7\n--threads\n2\n--memory\n1G\n--solver\neigen",
    "fit\nx.npy\n--labels\ny.npy\n--holdout-last\n0.2\n--shape\n28x28\n--rows\n10:20\n--device\ncuda:1",
    "moments\ndata\n-o\nf.moments\n--first-row\n5\n--holdout\n0.3",
    "merge\na.moments\nb.moments\n-o\nc.moments\n--force",
    "predict\nm\nx.npy\n-o\np.csv\n--scores",
    "report\nm\n-o\np.html", "eval\nm\nx\n--json", "inspect\nm", "info", "--help", "fit\n--help",
    "fit\ntable\n--features-columns\np*\n--label-column\ny\n--row-column\n-\n--unsigned",
]
JOB = '''{
  "rows": "0:60",
  "number of the first row": "0",
  "shape of a row": "6",
  "element type": "uint8"
}'''


def put(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def idx(kind, array):
    return bytes([0, 0, kind, array.ndim]) + b"".join(struct.pack(">I", n) for n in array.shape) + \
        array.tobytes()


def npy(array):
    file = io.BytesIO()
    numpy.save(file, array)
    return file.getvalue()


def image(array, kind, **options):
    file = io.BytesIO()
    PIL.Image.fromarray(array).save(file, kind, **options)
    return file.getvalue()


def main():
    generator = numpy.random.default_rng(1)
    pixels = generator.integers(0, 256, (6, 2, 3), dtype=numpy.uint8)
    labels = numpy.arange(6, dtype=numpy.uint8) % 3
    put("idx", "images", idx(0x08, pixels))
    put("idx", "labels", idx(0x08, labels))
    put("idx", "float", idx(0x0D, pixels[:2].astype(">f4")))
    for name, data in (("images", idx(0x08, pixels)), ("empty", b""), ("text", b"a" * 300)):
        put("gzip", name, gzip.compress(data, mtime=0))
    for kind in ("u1", "i1", "i2", "f2", "f4", "f8"):
        put("npy", kind, npy(pixels.reshape(6, 6).astype(kind)))
    put("npy", "fortran", npy(numpy.asfortranarray(pixels.reshape(6, 6))))
    put("labels", "text", b"cat\ndog\ncat\n")
    put("labels", "numbers", b"3\n1\n-2\n")
    put("labels", "idx", idx(0x08, labels))
    put("labels", "npy", npy(labels.astype(numpy.int64)))
    put("cifar", "one", bytes([3]) + bytes(3072))
    put("image", "grey.png", image(pixels[0], "PNG"))
    put("image", "colour.png", image(numpy.repeat(pixels[0][:, :, None], 3, 2), "PNG"))
    put("image", "palette.png", image(numpy.repeat(pixels[0][:, :, None], 3, 2), "PNG", optimize=True))
    put("image", "grey.jpg", image(pixels[0], "JPEG"))
    put("image", "progressive.jpg", image(numpy.repeat(pixels[0][:, :, None], 3, 2), "JPEG",
                                          progressive=True))
    rows = pixels.reshape(6, 6)
    lists = pyarrow.table({"features": rows.tolist(), "label": labels.tolist()})
    binary = pyarrow.table({"pixels": [row.tobytes() for row in rows], "label": labels.tolist(),
                            "row": list(range(6))})
    for name, table in (("lists", lists), ("binary", binary)):
        file = io.BytesIO()
        pyarrow.parquet.write_table(table, file, compression="none" if name == "lists" else "snappy")
        put("parquet", f"{name}.parquet", file.getvalue())
    file = io.BytesIO()
    pyarrow.feather.write_feather(lists, file, compression="uncompressed")
    put("parquet", "lists.arrow", file.getvalue())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "x.npy").write_bytes(npy(numpy.tile(pixels, (10, 1, 1))))
        (folder / "x-labels.npy").write_bytes(npy(numpy.tile(labels, 10)))
        data = [folder / "x.npy", "--labels", folder / "x-labels.npy"]
        for words in (["fit", *data, "--lambdas", "1,10", "--out", folder / "model"],
                      ["moments", *data, "-o", folder / "one"],
                      ["moments", *data, "--holdout", "0.3", "-o", folder / "two"]):
            subprocess.run([sys.argv[1], *map(str, words)], check=True, stdout=subprocess.DEVNULL)
        put("model", "model", (folder / "model").read_bytes())
        put("moments", "one", (folder / "one").read_bytes())
        put("moments", "two", (folder / "two").read_bytes())
        named = pyarrow.table({**{f"p{j}": rows[:, j] for j in range(6)}, "label": labels.tolist()})
        pyarrow.parquet.write_table(named, folder / "named.parquet")
        data = [folder / "named.parquet", "--features-columns", "p*"]
        for words in (["fit", *data, "--lambdas", "1", "--holdout", "0", "--out", folder / "named model"],
                      ["moments", *data, "-o", folder / "named"]):
            subprocess.run([sys.argv[1], *map(str, words)], check=True, stdout=subprocess.DEVNULL)
        put("model", "named", (folder / "named model").read_bytes())
        put("moments", "named", (folder / "named").read_bytes())
        put("parquet", "named.parquet", (folder / "named.parquet").read_bytes())
        (folder / "flat.npy").write_bytes(npy(numpy.tile(pixels.reshape(6, 6), (10, 1))))
        subprocess.run([sys.argv[1], "moments", folder / "flat.npy", "--labels", folder / "x-labels.npy",
                        "--rows", "0:40", "-o", folder / "piece"], check=True, stdout=subprocess.DEVNULL)
        put("checkpoint", "piece", (folder / "piece").read_bytes())
    put("checkpoint", "job.json", JOB.encode())
    for i, words in enumerate(COMMANDS):
        put("command", f"{i:02}", words.encode())


if __name__ == "__main__":
    main()
