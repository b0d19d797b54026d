#!/usr/bin/env python3
"""The batch mode: a finished export in, a model and a report out.

  batch.py export result                                  here, on all cores
  batch.py export result --ranks 8                        by mpirun
  batch.py export result --watch 3600                     waits up to an hour for the export's end
  batch.py export result -- --shape 28x28 --folds 5       with options of `arete fit`

Writes result/model.safetensors and result/report.json: what `arete fit` prints, the options, and a
fingerprint of the export. Run again on the same export with the same options it does nothing; a run
that ends early leaves the files of the run before, and is made good by the next.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pathlib
import subprocess
import sys
import time

from arete_spark import command, write_beside

FINISHED = "_SUCCESS"


def wait_for(export: pathlib.Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not (export / FINISHED).exists():
        if time.monotonic() >= deadline:
            raise SystemExit(f"{export}: has no {FINISHED}, with which Spark ends an export; let it "
                             "end, or wait for it by --watch SECONDS")
        time.sleep(min(1.0, seconds))


def fingerprint(export: pathlib.Path) -> str:
    """Of the names, sizes and times of its files: another export has another one."""
    digest = hashlib.sha256()
    for path in sorted(export.rglob("*")):
        if path.is_file() and not path.name.startswith((".", "_")):
            status = path.stat()
            digest.update(f"{path.relative_to(export)}\0{status.st_size}\0{status.st_mtime_ns}\n"
                          .encode())
    return digest.hexdigest()


def is_done(report: pathlib.Path, model: pathlib.Path, job: dict) -> bool:
    try:
        return model.exists() and json.loads(report.read_text())["job"] == job
    except (OSError, ValueError, KeyError):
        return False


def fit_command(arguments: argparse.Namespace, model: pathlib.Path) -> list[str]:
    launcher = ["mpirun", "-n", str(arguments.ranks), *arguments.mpirun_options.split()]
    return [*(launcher if arguments.ranks > 1 else []), command(), "fit", str(arguments.export),
            *arguments.fit_options, "--json", "--out", str(model), "--force"]


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", type=pathlib.Path)
    parser.add_argument("result", type=pathlib.Path, help="a folder; made where there is none")
    parser.add_argument("--ranks", type=int, default=1, metavar="R")
    parser.add_argument("--mpirun-options", default="", metavar="TEXT")
    parser.add_argument("--watch", type=float, default=0, metavar="SECONDS")
    own, fit_options = split_at_dashes(words)
    arguments = parser.parse_args(own)
    arguments.fit_options = fit_options
    wait_for(arguments.export, arguments.watch)
    arguments.result.mkdir(parents=True, exist_ok=True)
    model = arguments.result / "model.safetensors"
    report = arguments.result / "report.json"
    job = {"export": fingerprint(arguments.export), "options": fit_options}
    if is_done(report, model, job):
        print(f"{model}: is of this export already")
        return
    finished = subprocess.run(fit_command(arguments, model), stdout=subprocess.PIPE, check=False)
    if finished.returncode != 0:
        raise SystemExit(finished.returncode)
    content = {"job": job, "fit": json.loads(finished.stdout)}
    write_beside(report, (json.dumps(content, indent=1) + "\n").encode())
    print(f"{model}: lambda {content['fit']['best']['lambda']}")


def split_at_dashes(words: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in words:
        return words, []
    at = words.index("--")
    return words[:at], words[at + 1:]


if __name__ == "__main__":
    main(sys.argv[1:])
