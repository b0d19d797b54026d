"""What else runs on the machine while something is timed, as disturbance.cpp notices it; and which
machine and build it is. Shared by the programs here that time processes."""

import os
import pathlib
import platform
import resource
import subprocess
import time

DISTURBED = 0.03  # share of the machine's processor time that others may take


def processor_times():
    """(busy, total, own) seconds, as bench/disturbance.cpp has them; own includes children."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    ticks = [float(field) / os.sysconf("SC_CLK_TCK") for field in fields]
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    own = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks), own


def timed(job):
    """Seconds of job(), what it returned, and the share of the machine that others took."""
    before = processor_times()
    start = time.perf_counter()
    result = job()
    seconds = time.perf_counter() - start
    busy, total, own = (b - a for a, b in zip(before, processor_times()))
    others = min(1.0, max(0.0, (busy - own) / total)) if total > 0 else 0.0
    return seconds, result, others


def mark(others):
    """What stands beside a figure that others disturbed."""
    return f" (disturbed: {others:.0%})" if others > DISTURBED else ""


def star(others):
    """The same where there is no room: the text beside the table says what it means."""
    return "*" if others > DISTURBED else ""


def wait_for_quiet(patience):
    """Returns once others leave the machine alone, or after `patience` seconds."""
    end = time.monotonic() + patience
    while timed(lambda: time.sleep(0.5))[2] > DISTURBED and time.monotonic() < end:
        time.sleep(1)


def processor_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def output_of(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def commit():
    """Of the checkout that this file is part of."""
    here = str(pathlib.Path(__file__).resolve().parent)
    return output_of("git", "-C", here, "rev-parse", "--short=12", "HEAD")
