"""What the tests of bench share: the modules it is made of, or a visible skip; and files to run it on."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import subprocess
import sys

NEEDED = ("numpy", "scipy", "sklearn", "himalaya", "matplotlib", "PIL")
missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
if missing:
    print(f"skipped: scripts/setup --peers installs what is missing: {', '.join(missing)}")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BENCH = ROOT / "bench"
BUILD = pathlib.Path(os.environ["ARETE_BUILD"])
FASHION_MNIST = pathlib.Path("/usr/share/datasets/fashion-mnist")
sys.path[:0] = [str(BENCH), str(BENCH / "peers"), str(BENCH / "reproduce"), str(BENCH / "results")]


def run(*words: object) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=False)
