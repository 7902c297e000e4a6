"""What a command takes: time, processor time and memory, and on which processor."""

import json
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# Started from a small process, because a child's peak of memory begins at the size of the process that forks it.
_LAUNCHER = """
import json, resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


@dataclass(frozen=True, slots=True)
class Usage:
    """Wall seconds, processor seconds of all processes, and the peak resident memory of the largest process in MB."""

    wall: float
    processor: float
    memory: int


def usage_of(command: Sequence[str]) -> Usage:
    """Runs a command; raises CalledProcessError if it fails."""
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", _LAUNCHER, *command], check=True, capture_output=True)
    processor, kilobytes = json.loads(done.stdout)
    return Usage(time.perf_counter() - started, processor, round(kilobytes / 1024))


def processor() -> str:
    """Returns the model of this machine's processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
